"""What a model understands and says, measured on held-out rows beside baselines on the same data and split."""
