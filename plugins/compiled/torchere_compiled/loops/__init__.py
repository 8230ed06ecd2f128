"""The loops themselves. Only this package imports numba; kernels reach it through `torchere_compiled.late`.

Each loop does the items ``start … stop`` of its work and lets other Python threads run meanwhile.
"""
