"""The device ``cpu``: NumPy arrays and NumPy kernels."""
