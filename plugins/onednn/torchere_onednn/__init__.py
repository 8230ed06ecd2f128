"""Kernels of oneDNN for the device ``cpu``, called through ctypes: a model of a plugin that brings kernels only."""
