"""Sets of dtype names for kernel tables, operator declarations and cases.

Each is a tuple of names (``"float32"``), because the dispatcher knows dtypes by name only.
"""

__all__ = ["ALL", "BOOL", "COMPLEX", "FLOAT8", "FLOATING", "INTEGRAL", "NUMERIC", "REAL", "WIDE", "WIDE_FLOATING"]

BOOL = ("bool",)
INTEGRAL = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
FLOAT8 = ("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz")
#: Floating dtypes a user computes in; the 16-bit ones usually arrive through a compute-cast.
FLOATING = ("float16", "bfloat16", "float32", "float64")
#: Floating dtypes in which CPU kernels really compute.
WIDE_FLOATING = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
#: What NumPy kernels of smooth functions compute in.
WIDE = WIDE_FLOATING + COMPLEX
REAL = INTEGRAL + FLOATING
NUMERIC = REAL + COMPLEX
ALL = BOOL + NUMERIC + FLOAT8
