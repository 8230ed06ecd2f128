"""Tier 0 of the kit for operators: the declaration itself. A check gets an `Operator` or `Composite`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torchere
from torchere.operators import Composite, Operator, catalogue
from torchere.tensors.tensor import Tensor
from torchere.testing.plan import collection

__all__ = ["SCHEMA_CHECKS"]

Declared = Operator | Composite


def documented(declared: Declared) -> None:
    """A docstring says what is computed."""
    text = (declared.__doc__ or "").strip()
    if len(text) < 10:
        raise AssertionError(f"no docstring ({declared.declared_at})")


def annotated(declared: Declared) -> None:
    """Every parameter and the result have a type; the first line of an operator's parameters are its tensors."""
    code = declared.function.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    notes = declared.function.__annotations__
    bare = [name for name in code.co_varnames[:count] if name not in notes]
    if bare:
        raise AssertionError(f"parameters without a type: {', '.join(bare)} ({declared.declared_at})")
    if "return" not in notes:
        raise AssertionError(f"no type for the result ({declared.declared_at})")


def published(declared: Declared) -> None:
    """Every name it is declared under leads to it."""
    for namespace in declared.namespaces:
        for name in (declared.public_name, *declared.aliases):
            short = name.removeprefix(namespace.rpartition(".")[2] + "_") if namespace else name
            if short not in catalogue.names_of(namespace):
                raise AssertionError(f"torchere.{namespace + '.' if namespace else ''}{short} does not exist")
            # Names with an underscore are operators' own: torchere does not look for them among operators.
            if not namespace and not short.startswith("_") and not callable(getattr(torchere, short, None)):
                raise AssertionError(f"torchere.{short} does not exist")
    names = [declared.public_name, *declared.aliases] if declared.method else []
    if isinstance(declared, Operator) and declared.inplace:
        names += [f"{name}_" for name in (declared.public_name, *declared.aliases)]
    absent = [name for name in (*names, *declared.dunder) if getattr(Tensor, name, None) is None]
    if absent:
        raise AssertionError(f"Tensor has no {', '.join(absent)}")


def generated(declared: Declared) -> None:
    """Its functions and its gradient's node can be generated: rules name parameters and outputs that exist."""
    if isinstance(declared, Composite):
        return
    for rule in declared.rules:
        if rule not in {p.name for p in declared.parameters if p.is_tensor}:
            raise AssertionError(f"gradient for '{rule}', which is no tensor parameter ({declared.declared_at})")
    assert callable(declared.entry)
    if declared.has_gradient:
        declared.generated("node")


def with_cases(declared: Declared) -> None:
    """It has cases, each with a reference or properties."""
    known = collection()
    name = declared.public_name
    listed: list[Any] = [*known.cases.get(name, ()), *known.cases.get(f"{name}()", ())]
    if not listed:
        raise AssertionError("no case: give one from the hook torchere_cases")
    bare = [label for label, case in listed if case.reference is None and case.properties is None]
    if bare:
        raise AssertionError(f"cases without reference and properties: {', '.join(bare)}")


#: name → check.
SCHEMA_CHECKS: dict[str, Callable[[Declared], None]] = {
    "documented": documented,
    "annotated": annotated,
    "published": published,
    "generated": generated,
    "cases": with_cases,
}
