"""Compares what torchere gives with the operators' golden records."""

from __future__ import annotations

import builtins
import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from golden_records import Record, Records
from operator_departures import DEPARTURES, TOLERANCES, Departure
from operator_inputs import Operator, Outcome, gradient_outcome, operators, outcome

import torchere

__all__ = ["all_operators", "compare", "departure", "difference", "records"]

# Relative, and absolute as a share of the largest element: sums cancel.
_TOLERANCE = {"float64": 1e-9, "float32": 1e-5, "float16": 2e-3, "bfloat16": 1.6e-2}
_PARTS = {"complex128": "float64", "complex64": "float32"}


@functools.cache
def records() -> Records:
    """Both golden files."""
    return Records()


@functools.cache
def all_operators() -> dict[str, Operator]:
    """Every operator with samples, by name."""
    return operators()


def departure(record: Record, found: str | None) -> Departure | None:
    """The deliberate departure of ``operator_departures.py`` that a difference is, if it is one."""
    for one in DEPARTURES:
        if found is not None and _KINDS[one.kind](found) and any(re.fullmatch(call, record.call) for call in one.calls):
            return one
    return None


_KINDS: dict[str, Callable[[str], bool]] = {
    "accepts": lambda text: text.startswith("PyTorch raises") and ", torchere gives " in text,
    "raises": lambda text: text.startswith("PyTorch raises") and ", torchere gives " not in text,
    "refuses": lambda text: text.startswith("PyTorch gives") and ", torchere raises " in text,
    "differs": lambda text: text.startswith("PyTorch gives") and ", torchere raises " not in text,
}


def _raises(text: str) -> type[BaseException]:
    return getattr(builtins, text[1:])


def _close(found: np.ndarray, expected: np.ndarray, dtype: str, factor: float) -> bool:
    if dtype == "bfloat16":
        found, expected = ((array.astype(np.uint32) << 16).view(np.float32) for array in (found, expected))
    if found.dtype.kind == "c":
        kind = _PARTS[found.dtype.name]
        parts = [(found.real, expected.real), (found.imag, expected.imag)]
        # A part that is cancelled to nothing is exact only to the size of the whole.
        scale = _largest(expected)
        # Infinite and NaN numbers are compared as wholes: C leaves their parts open.
        whole = np.isfinite(expected)
        if (np.isfinite(found) != whole).any():
            return False
        return all(_near(a[whole], b[whole], kind, factor, scale) for a, b in parts)
    if found.dtype.kind != "f":
        return bool((found == expected).all())
    return _near(found, expected, dtype if dtype in _TOLERANCE else "float64", factor, _largest(expected))


def _largest(expected: np.ndarray) -> float:
    finite = np.abs(expected[np.isfinite(expected)])
    return float(finite.max()) if finite.size else 0.0


def _near(found: np.ndarray, expected: np.ndarray, dtype: str, factor: float, scale: float) -> bool:
    limit = _TOLERANCE[dtype] * factor
    return bool(np.allclose(found, expected, rtol=limit, atol=limit * min(scale, 1e3) + 1e-30, equal_nan=True))


def difference(expected: Outcome, found: Outcome, factor: float = 1.0) -> str | None:
    """What differs, in words; None if nothing does."""
    theirs, ours = " ".join(expected.facts), " ".join(found.facts)
    if theirs.startswith("!"):
        if not ours.startswith("!"):
            return f"PyTorch raises {theirs[1:]}, torchere gives {ours}"
        if not issubclass(_raises(ours), _raises(theirs)):
            return f"PyTorch raises {theirs[1:]}, torchere {found.message}"
        return None
    if ours.startswith("!"):
        return f"PyTorch gives {theirs}, torchere raises {found.message}"
    if ours != theirs:
        return f"PyTorch gives {theirs}, torchere {ours}"
    kinds = [part for part in expected.facts if part.startswith("<float") or part.startswith("<complex") or "[" in part]
    if len(found.arrays) != len(kinds):
        return None  # only shapes and dtypes are golden (random numbers, uninitialised memory)
    for kind, a, b in zip(kinds, found.arrays, expected.arrays, strict=True):
        name = kind.partition("[")[0].strip("<>")
        if not _close(a, b, {"float": "float64", "complex": "complex128"}.get(name, name), factor):
            if name == "bfloat16":
                a, b = ((array.astype(np.uint32) << 16).view(np.float32) for array in (a, b))
            return f"PyTorch gives {_short(b)}, torchere {_short(a)}"
    return None


def _short(array: np.ndarray) -> str:
    return " ".join(f"{value:.6g}" if array.dtype.kind in "fc" else str(value) for value in array.ravel()[:8])


def compare(operator: Operator, torch: Any = torchere) -> Iterator[tuple[Record, str | None]]:
    """Every record of an operator, with what differs from it."""
    for record in records().of(operator):
        if record.gradient:
            found = gradient_outcome(torch, record.name, record.sample, record.dtype)
        else:
            found = outcome(torch, record.name, record.sample, record.dtype, operator.values)
        factor = TOLERANCES.get(operator.name, 1.0)
        yield record, difference(record.expected, found, factor)
