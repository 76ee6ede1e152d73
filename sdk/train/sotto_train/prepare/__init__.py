"""From logs and public sets to clean rows: cleaning, language, duplicates, de-identification, segmentation, augmentation."""
