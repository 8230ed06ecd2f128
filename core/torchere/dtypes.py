"""Element types: names, sizes, categories and their NumPy equivalents.

bfloat16 and the float8 family come from ml_dtypes, whose scalar types register with NumPy.
"""

from __future__ import annotations

from typing import Final

import ml_dtypes
import numpy as np

__all__ = [
    "DType",
    "bfloat16",
    "bool_",
    "by_name",
    "chalf",
    "complex32",
    "complex64",
    "complex128",
    "float4_e2m1fn_x2",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "float16",
    "float32",
    "float64",
    "from_numpy_dtype",
    "int8",
    "int16",
    "int32",
    "int64",
    "qint8",
    "qint32",
    "quint2x4",
    "quint4x2",
    "quint8",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]

#: Rank of a category in promotion: a higher one wins whatever the sizes.
BOOLEAN: Final = 0
INTEGER: Final = 1
FLOATING: Final = 2
COMPLEX: Final = 3


class DType:
    """An element type such as ``torchere.float32``.

    Instances are singletons, compared by identity. ``itemsize`` is in bytes; ``category`` orders
    bool < integer < floating < complex for type promotion.
    """

    __slots__ = (
        "__weakref__",
        "category",
        "is_complex",
        "is_floating_point",
        "is_signed",
        "itemsize",
        "name",
        "numpy",
        "python_type",
    )

    def __init__(self, name: str, numpy_type: object, category: int, python_type: type, is_signed: bool) -> None:
        self.name = name
        self.numpy: np.dtype[np.generic] = np.dtype(numpy_type)  # type: ignore[call-overload]
        self.category = category
        self.python_type = python_type
        self.itemsize: int = self.numpy.itemsize
        self.is_floating_point = category == FLOATING
        self.is_complex = category == COMPLEX
        self.is_signed = is_signed

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return by_name, (self.name,)

    def __copy__(self) -> DType:
        return self

    def __deepcopy__(self, memo: object) -> DType:
        return self

    def to_real(self) -> DType:
        """The floating dtype of a complex dtype's parts; any other dtype itself."""
        return {complex32: float16, complex64: float32, complex128: float64}.get(self, self)

    def to_complex(self) -> DType:
        """The complex dtype whose parts have this floating dtype's precision."""
        if self.is_complex:
            return self
        return complex128 if self in (float64, int64) else complex64


bool_ = DType("bool", np.bool_, BOOLEAN, bool, False)
uint8 = DType("uint8", np.uint8, INTEGER, int, False)
int8 = DType("int8", np.int8, INTEGER, int, True)
uint16 = DType("uint16", np.uint16, INTEGER, int, False)
int16 = DType("int16", np.int16, INTEGER, int, True)
uint32 = DType("uint32", np.uint32, INTEGER, int, False)
int32 = DType("int32", np.int32, INTEGER, int, True)
uint64 = DType("uint64", np.uint64, INTEGER, int, False)
int64 = DType("int64", np.int64, INTEGER, int, True)
float16 = DType("float16", np.float16, FLOATING, float, True)
bfloat16 = DType("bfloat16", ml_dtypes.bfloat16, FLOATING, float, True)
float32 = DType("float32", np.float32, FLOATING, float, True)
float64 = DType("float64", np.float64, FLOATING, float, True)
float8_e4m3fn = DType("float8_e4m3fn", ml_dtypes.float8_e4m3fn, FLOATING, float, True)
float8_e4m3fnuz = DType("float8_e4m3fnuz", ml_dtypes.float8_e4m3fnuz, FLOATING, float, True)
float8_e5m2 = DType("float8_e5m2", ml_dtypes.float8_e5m2, FLOATING, float, True)
float8_e5m2fnuz = DType("float8_e5m2fnuz", ml_dtypes.float8_e5m2fnuz, FLOATING, float, True)
complex64 = DType("complex64", np.complex64, COMPLEX, complex, True)
complex128 = DType("complex128", np.complex128, COMPLEX, complex, True)

# Formats that files, storages and `finfo` know, and that no array library computes in: there are no tensors of them.
float8_e8m0fnu = DType("float8_e8m0fnu", ml_dtypes.float8_e8m0fnu, FLOATING, float, False)
float4_e2m1fn_x2 = DType("float4_e2m1fn_x2", np.uint8, FLOATING, float, True)
complex32 = DType("complex32", np.dtype([("real", np.float16), ("imag", np.float16)]), COMPLEX, complex, True)
chalf = complex32
quint8 = DType("quint8", np.uint8, INTEGER, int, False)
qint8 = DType("qint8", np.int8, INTEGER, int, True)
qint32 = DType("qint32", np.int32, INTEGER, int, True)
quint4x2 = DType("quint4x2", np.uint8, INTEGER, int, False)
quint2x4 = DType("quint2x4", np.uint8, INTEGER, int, False)

DTYPES: Final = (
    bool_, uint8, int8, uint16, int16, uint32, int32, uint64, int64,
    float16, bfloat16, float32, float64,
    float8_e4m3fn, float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz,
    complex64, complex128,
)  # fmt: skip

_STORED: Final = (float8_e8m0fnu, float4_e2m1fn_x2, complex32, quint8, qint8, qint32, quint4x2, quint2x4)
_BY_NAME = {dtype.name: dtype for dtype in (*DTYPES, *_STORED)}
_BY_NUMPY = {dtype.numpy: dtype for dtype in DTYPES}


def by_name(name: str) -> DType:
    """The dtype called `name` (``"float32"``); KeyError for any other word."""
    return _BY_NAME[name]


def from_numpy_dtype(dtype: np.dtype[np.generic]) -> DType:
    """The torchere dtype of a NumPy dtype in native byte order.

    Raises TypeError, listing the supported ones, for strings, objects, datetimes, longdouble and so on.
    """
    found = _BY_NUMPY.get(dtype)
    if found is None:
        names = ", ".join(item.name for item in DTYPES)
        raise TypeError(
            f"can't convert np.ndarray of type {np.dtype(dtype).type}. The only supported types are: {names}."
        )
    return found
