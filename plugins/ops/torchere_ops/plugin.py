"""Registers the standard operators, and gives the conformance kit their cases."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import torchere_ops
from torchere.operators import Composite, Operator
from torchere_dispatch import Registry, hookimpl

_NOT_FAMILIES = frozenset(("plugin", "cases"))


def families() -> list[str]:
    """Names of the modules that declare operators."""
    return sorted(item.name for item in iter_modules(torchere_ops.__path__) if item.name not in _NOT_FAMILIES)


@hookimpl
def torchere_register(registry: Registry) -> None:
    """Register every operator declared in this package."""
    found: dict[str, Operator | Composite] = {}
    for name in families():
        module = import_module(f"torchere_ops.{name}")
        for item in vars(module).values():
            declared = getattr(item, "composite", None) or getattr(item, "operator", item)
            if isinstance(declared, (Operator, Composite)) and declared.function.__module__ == module.__name__:
                found[declared.name] = declared
    registry.operators(found.values())


@hookimpl
def torchere_cases() -> Iterator[Any]:
    """Cases and error cases of every operator."""
    from torchere_ops import cases

    for item in sorted(iter_modules(cases.__path__), key=lambda item: item.name):
        module = import_module(f"torchere_ops.cases.{item.name}")
        yield from module.CASES
        yield from getattr(module, "ERRORS", ())
