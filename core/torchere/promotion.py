"""Type promotion: which dtype holds the result of operands of several dtypes, and the default dtype.

The rules are PyTorch's (https://docs.pytorch.org/docs/2.13/tensor_attributes.html#type-promotion-doc). Between two
dtypes: the higher category wins (bool < integer < floating < complex); inside a category the wider wins, ``uint8``
with a signed integer of no more bytes gives the next wider signed one, ``float16`` with ``bfloat16`` gives
``float32``. ``uint16``, ``uint32``, ``uint64`` combine with floating dtypes and themselves only, float8 dtypes with
themselves only. Among operands of one operator, tensors with dimensions come before tensors without, those before
Python numbers: a lower class matters only when its category is higher.

One difference: there is no ``complex32``, so ``float16`` with a complex number gives ``complex64``.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from torchere import dtypes
from torchere.dtypes import DTYPES, DType
from torchere.errors import DTypeError

__all__ = [
    "can_cast",
    "common_dtype",
    "default_complex_dtype",
    "get_default_dtype",
    "on_default_dtype_change",
    "promote_types",
    "result_type",
    "scalar_type_name",
    "set_default_dtype",
]

_WIDE_UNSIGNED: Final = frozenset((dtypes.uint16, dtypes.uint32, dtypes.uint64))
_FLOAT8: Final = frozenset(item for item in DTYPES if item.name.startswith("float8"))

_SCALAR_TYPE_NAMES: Final = {
    "bool": "Bool",
    "uint8": "Byte",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "uint16": "UInt16",
    "uint32": "UInt32",
    "uint64": "UInt64",
    "float16": "Half",
    "bfloat16": "BFloat16",
    "float32": "Float",
    "float64": "Double",
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
}


def scalar_type_name(dtype: DType) -> str:
    """The name PyTorch's error messages use: ``Long`` for int64, ``Float8_e5m2`` for float8_e5m2."""
    return _SCALAR_TYPE_NAMES.get(dtype.name) or dtype.name.capitalize()


def _promote(a: DType, b: DType) -> DType | None:
    """The promoted dtype of one pair, None where there is none."""
    if a is b:
        return a
    if a in _FLOAT8 or b in _FLOAT8:
        return None
    if a in _WIDE_UNSIGNED or b in _WIDE_UNSIGNED:
        other = b if a in _WIDE_UNSIGNED else a
        return other if other.is_floating_point else None
    low, high = sorted((a, b), key=lambda item: (item.category, item.itemsize, item.is_signed))
    if low.category != high.category:
        # Only float64 has more precision than complex64 keeps.
        return dtypes.complex128 if low is dtypes.float64 and high.is_complex else high
    if low is dtypes.uint8 and high is dtypes.int8:
        return dtypes.int16
    if low.itemsize == high.itemsize:  # float16 and bfloat16: neither holds the other
        return dtypes.float32
    return high


_TABLE: Final = {(a, b): _promote(a, b) for a in DTYPES for b in DTYPES}


def promote_types(type1: DType, type2: DType) -> DType:
    """The smallest dtype that both dtypes convert to without leaving their category or losing range.

    Raises RuntimeError for pairs PyTorch does not combine: float8 with anything else, and uint16, uint32, uint64
    with anything but floating dtypes. TypeError for an argument that is no dtype.
    """
    try:
        promoted = _TABLE[type1, type2]
    except (KeyError, TypeError):
        _require_dtype("promote_types", "type1", 1, type1)
        _require_dtype("promote_types", "type2", 2, type2)
        raise
    if promoted is None:
        family = "Float8 Types" if type1 in _FLOAT8 or type2 in _FLOAT8 else "uint16, uint32, uint64 types"
        raise DTypeError(
            f"Promotion for {family} is not supported, attempted to promote {scalar_type_name(type1)} and "
            f"{scalar_type_name(type2)}. Convert one operand first, e.g. x.to(torch.float32)."
        )
    return promoted


def can_cast(from_: DType, to: DType) -> bool:
    """Whether promotion rules allow storing `from_` in `to`: never to a lower category, nor a sign into unsigned.

    Examples: int64 to int8 and float64 to float16 are allowed; float32 to int64, int8 to uint8, int64 to bool not.
    """
    _require_dtype("can_cast", "from_", 1, from_)
    _require_dtype("can_cast", "to", 2, to)
    return from_.category <= to.category


def _require_dtype(function: str, name: str, position: int, value: object) -> None:
    if not isinstance(value, DType):
        raise TypeError(
            f"{function}(): argument '{name}' (position {position}) must be torch.dtype, not {type(value).__name__}"
        )


# --- default dtype -----------------------------------------------------------------------------------------------

_default_dtype: DType = dtypes.float32
_listeners: list[Callable[[DType], object]] = []


def get_default_dtype() -> DType:
    """The dtype of tensors made from Python floats, and of integers where an operator computes in floating point."""
    return _default_dtype


def default_complex_dtype() -> DType:
    """The dtype of tensors made from Python complex numbers: complex128 if the default is float64, else complex64."""
    return _default_dtype.to_complex()


def set_default_dtype(d: DType) -> None:
    """Set the default dtype to float16, bfloat16, float32 or float64, for all threads.

    Raises TypeError for any other dtype.
    """
    global _default_dtype
    if not isinstance(d, DType):
        raise TypeError(
            "invalid dtype object: only floating-point types are supported as the default type, "
            f"got {type(d).__name__}. Use torch.float32, torch.float64, torch.bfloat16 or torch.float16."
        )
    if not d.is_floating_point or d in _FLOAT8:
        raise TypeError(
            "only floating-point types are supported as the default type, "
            f"got {d!r}. Use torch.float32, torch.float64, torch.bfloat16 or torch.float16."
        )
    if d is _default_dtype:
        return
    _default_dtype = d
    for listener in tuple(_listeners):
        listener(d)


def on_default_dtype_change(callback: Callable[[DType], object]) -> None:
    """Call `callback` with the new default dtype after each change, so that caches that depend on it can be cleared."""
    _listeners.append(callback)


# --- promotion among operands ------------------------------------------------------------------------------------


def _number_dtype(kind: type) -> DType:
    """The dtype a Python or NumPy scalar of this type stands for."""
    if issubclass(kind, (bool, np.bool_)):
        return dtypes.bool_
    if issubclass(kind, numbers.Integral):
        return dtypes.int64
    if issubclass(kind, (numbers.Real, np.floating)):
        return _default_dtype
    if issubclass(kind, numbers.Complex):
        return default_complex_dtype()
    raise TypeError(
        f"expected a number (bool, int, float, complex), got {kind.__name__}. Make a tensor of it: torch.tensor(...)."
    )


def _promote_all(items: Sequence[DType]) -> DType | None:
    promoted: DType | None = None
    for item in items:
        promoted = item if promoted is None else promote_types(promoted, item)
    return promoted


def _combine(higher: DType | None, lower: DType | None) -> DType | None:
    """`higher` comes first; `lower` decides only through a higher category."""
    if higher is None or lower is None:
        return lower if higher is None else higher
    if lower.category <= higher.category:
        return higher
    if lower.is_complex:
        return _complex_of(higher) if higher.is_floating_point else lower
    return promote_types(higher, lower)


def _complex_of(floating: DType) -> DType:
    """A floating dtype's complex partner; its precision is kept, not that of the complex operand."""
    if floating in _FLOAT8:
        raise DTypeError(
            f"Unknown Complex ScalarType for {scalar_type_name(floating)}. Convert first: x.to(torch.complex64)."
        )
    return floating.to_complex()


def common_dtype(dimensioned: Sequence[DType], zero_dim: Sequence[DType], numbers: Sequence[type]) -> DType:
    """The dtype in which operands of one operator are computed.

    `dimensioned` are the dtypes of tensors with one dimension or more, `zero_dim` those of 0-d tensors, `numbers` the
    types of Python numbers. Raises RuntimeError for combinations PyTorch refuses, TypeError for a type that is no
    number.
    """
    lowest = _promote_all([_number_dtype(kind) for kind in numbers])
    common = _combine(_promote_all(dimensioned), _combine(_promote_all(zero_dim), lowest))
    if common is None:
        raise TypeError("common_dtype(): expected at least one operand")
    return common


def result_type(tensor1: object, tensor2: object) -> DType:
    """The dtype an arithmetic operator on the two operands gives; each is a tensor or a number.

    Raises RuntimeError for pairs PyTorch does not promote, TypeError for other objects.
    """
    dimensioned: list[DType] = []
    zero_dim: list[DType] = []
    kinds: list[type] = []
    for operand in (tensor1, tensor2):
        dtype = getattr(operand, "dtype", None)
        if isinstance(dtype, DType):
            (dimensioned if operand.ndim else zero_dim).append(dtype)  # type: ignore[attr-defined]
        elif isinstance(operand, (numbers.Number, np.generic)):
            kinds.append(type(operand))
        else:
            raise TypeError(
                "result_type() received an invalid combination of arguments - got "
                f"({type(tensor1).__name__}, {type(tensor2).__name__}), but expected tensors or numbers"
            )
    return common_dtype(dimensioned, zero_dim, kinds)
