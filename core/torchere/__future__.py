"""``torchere.__future__``: how `Module.to` and its like replace parameters. Two switches, both off at first."""

from __future__ import annotations

__all__ = [
    "get_overwrite_module_params_on_conversion",
    "get_swap_module_params_on_conversion",
    "set_overwrite_module_params_on_conversion",
    "set_swap_module_params_on_conversion",
]

_overwrite = False
_swap = False


def set_overwrite_module_params_on_conversion(value: bool) -> None:
    """True: a conversion gives a module new parameters. False: it gives the parameters it has new contents."""
    global _overwrite
    _overwrite = value


def get_overwrite_module_params_on_conversion() -> bool:
    """What was last set."""
    return _overwrite


def set_swap_module_params_on_conversion(value: bool) -> None:
    """Kept for PyTorch's programs. Here the parameter object stays the same on every conversion, as True asks for."""
    global _swap
    _swap = value


def get_swap_module_params_on_conversion() -> bool:
    """What was last set."""
    return _swap
