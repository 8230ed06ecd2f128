"""PyTorch's switches for deterministic algorithms, matrix-product precision and repeated warnings.

What they change here: torchere's cpu kernels give the same result in every run with the same number of threads,
whether or not deterministic algorithms are asked for, and NumPy's products always have float32's full precision; so the
first two switches are kept and reported for programs that read them, and alter no result. `torchere.empty` is not
filled, and sums that CuPy makes by atomic additions on cuda stay as they are.
"""

from __future__ import annotations

import warnings
from typing import Any

from torchere import deprecation

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_warn_always",
    "use_deterministic_algorithms",
]

_MODES = ("default", "warn", "error")
_PRECISIONS = ("highest", "high", "medium")

_debug_mode = 0
_precision = "highest"


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for algorithms that give the same result in every run (`mode` True), or no longer (False).

    No operator refuses, so nothing raises or, with `warn_only`, warns. TypeError for a `mode` or `warn_only` that is
    not a bool.
    """
    global _debug_mode
    for name, value in (("mode", mode), ("warn_only", warn_only)):
        if not isinstance(value, bool):
            raise TypeError(f"use_deterministic_algorithms: {name} must be bool, not {type(value).__name__}")
    _debug_mode = (1 if warn_only else 2) if mode else 0


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was last called with True."""
    return _debug_mode > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether that call had ``warn_only=True``."""
    return _debug_mode == 1


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """The same choice as one value: 0 or ``"default"``, 1 or ``"warn"``, 2 or ``"error"``.

    RuntimeError for another value, TypeError for another type.
    """
    global _debug_mode
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"set_deterministic_debug_mode: expected str or int, got {type(debug_mode).__name__}")
    if isinstance(debug_mode, str):
        if debug_mode not in _MODES:
            raise RuntimeError(f"set_deterministic_debug_mode: {debug_mode!r} is none of {', '.join(_MODES)}")
        debug_mode = _MODES.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"set_deterministic_debug_mode: expected 0, 1 or 2, got {debug_mode}")
    _debug_mode = int(debug_mode)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2: default, warn, error."""
    return _debug_mode


def set_float32_matmul_precision(precision: str) -> None:
    """Allow float32 matrix products a lower precision inside: ``"highest"`` (none), ``"high"`` or ``"medium"``.

    A permission that torchere's devices make no use of. An unknown text is a UserWarning and changes nothing, as in
    PyTorch; RuntimeError for what is not a str.
    """
    global _precision
    if not isinstance(precision, str):
        raise RuntimeError(f"set_float32_matmul_precision: expected a str, got {type(precision).__name__}")
    if precision not in _PRECISIONS:
        warnings.warn(
            f"set_float32_matmul_precision: {precision!r} is none of {', '.join(_PRECISIONS)}; nothing has changed",
            UserWarning,
            stacklevel=2,
        )
        return
    _precision = precision


def get_float32_matmul_precision() -> str:
    """What was last set; ``"highest"`` at first."""
    return _precision


def set_warn_always(b: bool, /) -> None:
    """Give warnings that come once in a process every time (True), or once (False, as at first).

    RuntimeError for what is not a bool.
    """
    if not isinstance(b, bool):
        raise RuntimeError(f"set_warn_always: expected a bool, got {type(b).__name__}")
    deprecation.warn_always = b


def is_warn_always_enabled() -> bool:
    """What was last set."""
    value: Any = deprecation.warn_always
    return bool(value)
