"""Which operators the body of an operator calls, read from its code without running it."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Container, Iterator
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

__all__ = ["operators_called"]


def operators_called(function: Callable[..., Any], known: Container[str]) -> list[str]:
    """Names in `known` that `function`, or a function of its module that it uses, may call, in order of appearance."""
    return list(dict.fromkeys(_names(inspect.unwrap(function), known, set())))


def _names(function: Any, known: Container[str], seen: set[object]) -> Iterator[str]:
    if not isinstance(function, FunctionType) or function in seen:
        return
    seen.add(function)
    foreign = False  # the value on top is a module such as math, whose sqrt is not the operator, or Python's own sum
    for instruction in dis.get_instructions(function):
        if instruction.opname == "LOAD_GLOBAL":
            held = function.__globals__.get(instruction.argval)
            foreign = held is None or isinstance(held, BuiltinFunctionType)
            if isinstance(held, ModuleType):
                foreign = held.__name__ != "torchere"
            if isinstance(held, FunctionType) and held.__module__ == function.__module__:
                if instruction.argval not in known:
                    yield from _names(held, known, seen)
        elif instruction.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
            foreign = False
            continue
        if instruction.argval in known and not foreign:
            yield instruction.argval
