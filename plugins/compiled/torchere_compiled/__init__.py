"""Loops compiled with numba, and NumPy's own spread over threads, for the device `cpu`."""
