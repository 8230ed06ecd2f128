"""``torchere.func``: functions that transform functions.

`vmap` adds a batch axis; `grad`, `vjp`, `jvp` and what is made of them differentiate. They nest in any order and depth.
"""

from __future__ import annotations

from typing import Any

#: Loaded on first touch: a tensor of a `vmap` makes the operators import `levels` alone.
_LAZY = {
    "debug_unwrap": "functionalization",
    "functional_call": "modules",
    "functionalize": "functionalization",
    "grad": "reverse",
    "grad_and_value": "reverse",
    "hessian": "forward",
    "jacfwd": "forward",
    "jacrev": "reverse",
    "jvp": "forward",
    "linearize": "forward",
    "rearrange": "rearranging",
    "replace_all_batch_norm_modules_": "modules",
    "stack_module_state": "modules",
    "vjp": "reverse",
    "vmap": "mapping",
}

__all__ = [
    "debug_unwrap",
    "functional_call",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "rearrange",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "vjp",
    "vmap",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'torchere.func' has no attribute '{name}'")
    from importlib import import_module

    value = getattr(import_module(f"torchere.func.{_LAZY[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
