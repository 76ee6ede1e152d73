"""Data preparation, training and evaluation of Megatron GPT models for Sotto devices."""
