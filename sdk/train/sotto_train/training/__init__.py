"""Training over megatron.core on torch. Importing this package imports neither."""
