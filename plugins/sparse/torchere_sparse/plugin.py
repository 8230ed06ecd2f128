"""Registers the sparse layouts, their operators and kernels."""

from __future__ import annotations

from importlib import import_module

from torchere.operators import Composite, Operator
from torchere_dispatch import Registry, hookimpl

__all__ = ["torchere_register"]

_FAMILIES = ("construction", "methods", "pattern", "products", "reductions")


@hookimpl
def torchere_register(registry: Registry) -> None:
    """Register the backends of the five layouts, what is declared in `operators`, and the kernels."""
    from .backend import BACKENDS
    from .kernels import tables

    for backend in BACKENDS.values():
        registry.layout(backend)
    found: dict[str, Operator | Composite] = {}
    for name in _FAMILIES:
        module = import_module(f"torchere_sparse.operators.{name}")
        for item in vars(module).values():
            declared = getattr(item, "composite", None) or getattr(item, "operator", item)
            if isinstance(declared, (Operator, Composite)) and declared.function.__module__ == module.__name__:
                found[declared.name] = declared
    registry.operators(found.values())
    for table in tables():
        registry.kernels(table)
