"""Comparing results with references: one tolerance per dtype, multiplied by the case's own factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtypes import by_name

__all__ = ["TOLERANCES", "assert_close"]

Array = np.ndarray[Any, Any]

#: dtype → relative and absolute tolerance. References get the rounded inputs, so this is a kernel's own error.
TOLERANCES: dict[str, float] = {
    "float64": 1e-10,
    "complex128": 1e-10,
    "float32": 2e-5,
    "complex64": 2e-5,
    "float16": 4e-3,
    "bfloat16": 3e-2,
    "float8_e4m3fn": 0.13,
    "float8_e4m3fnuz": 0.13,
    "float8_e5m2": 0.26,
    "float8_e5m2fnuz": 0.26,
}


def assert_close(actual: Array, expected: Any, dtype: str, factor: float = 1.0, what: str = "result") -> None:
    """Raise AssertionError unless `actual` (of dtype `dtype`) equals `expected` within the tolerance.

    Shapes must be equal, NaNs and infinities stand at the same places, integers and bools agree exactly.
    """
    expected = np.asarray(expected)
    if actual.shape != expected.shape:
        raise AssertionError(f"{what}: shape {list(actual.shape)}, expected {list(expected.shape)}")
    if not actual.size:
        return
    kind = by_name(dtype)
    if kind.category < 2:
        different = actual != expected.astype(actual.dtype) if expected.dtype.kind in "bui" else actual != expected
        if different.any():
            raise AssertionError(f"{what}: {_first(different, actual, expected)}")
        return
    complex_ = kind.is_complex
    if expected.dtype.kind == "c" and not complex_:
        raise AssertionError(f"{what}: {dtype}, but the reference is complex")
    with np.errstate(all="ignore"):
        # Rounded to the result's dtype: values beyond its range become what the dtype makes of them.
        expected = expected.astype(kind.numpy).astype(np.complex128 if complex_ else np.float64)
        actual = actual.astype(np.complex128 if complex_ else np.float64)
        tolerance = TOLERANCES[dtype] * factor
        parts = ((actual.real, expected.real), (actual.imag, expected.imag)) if complex_ else ((actual, expected),)
        different = np.zeros(actual.shape, dtype=bool)
        for ours, theirs in parts:
            finite = np.isfinite(ours) & np.isfinite(theirs)
            # The size of a complex number, not of its part, is what rounding errors are relative to.
            size = np.where(finite, np.abs(expected if complex_ else theirs), 0)
            size = np.where(np.isfinite(size), size, 0)
            near = np.abs(np.where(finite, ours - theirs, 0)) <= tolerance * (1 + size)
            same = np.isnan(ours) & np.isnan(theirs) | (ours == theirs)
            different |= ~np.where(finite, near, same)
    if different.any():
        raise AssertionError(f"{what}: {_first(different, actual, expected)}")


def _first(different: Array, actual: Array, expected: Array) -> str:
    place = tuple(int(i) for i in np.argwhere(different)[0]) if different.ndim else ()
    count = int(different.sum())
    return (
        f"{count} of {different.size} elements differ, first at {list(place)}: "
        f"{actual[place]!s}, expected {expected[place]!s}"
    )
