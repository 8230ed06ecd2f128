"""How loops are compiled: once for each dtype, kept on disk, without the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

__all__ = ["inlined", "loop", "summing"]


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    try:
        return njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    except RuntimeError:  # no folder to keep the machine code in
        return njit(nogil=True, error_model="numpy", **options)(function)


def loop(function: Callable[..., Any]) -> Any:
    """Compile with the arithmetic as written, but products and sums joined."""
    return _compiled(function, fastmath={"contract"})


def summing(function: Callable[..., Any]) -> Any:
    """Compile with sums in any order, so that they use vector instructions. NaN and infinities keep their meaning."""
    return _compiled(function, fastmath={"contract", "reassoc", "nsz"})


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a formula used inside loops as `loop` does.

    Named here, the options are its own: numba hands a caller's to functions that have none, and sums in any order
    would take formulas apart that round on purpose.
    """
    return loop(function)
