"""From rows to token ids: the SentencePiece tokenizer, the chat format, and packed sets on disk."""
