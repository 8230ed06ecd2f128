"""NVIDIA GPUs through CuPy: the device ``cuda``, and the namespace ``torchere.cuda``."""
