"""What PyTorch's API holds, as data, and how much of it this installation has.

``inventory.csv`` lists names of PyTorch 2.13 and of the libraries beside it (area, name, kind, note). `compare` looks
names up in the live namespace, loading what they need, and checks that each is the kind of thing it should be.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from inspect import getattr_static
from types import ModuleType
from typing import Any

import torchere

__all__ = ["Row", "absence", "areas", "compare", "rows"]


@dataclass(frozen=True, slots=True)
class Row:
    """One name of the inventory. `kind`: function, class, method, attribute, context (manager), module or cli."""

    area: str
    name: str
    kind: str
    note: str


@cache
def rows() -> tuple[Row, ...]:
    """The whole inventory, in its order."""
    from importlib.resources import files

    text = files("torchere").joinpath("inventory.csv").read_text(encoding="utf-8")
    return tuple(Row(**fields) for fields in csv.DictReader(io.StringIO(text)))


def areas() -> list[str]:
    """The names of the areas, in the inventory's order."""
    return list(dict.fromkeys(row.area for row in rows()))


def compare(chosen: Iterable[Row]) -> Iterator[tuple[Row, str]]:
    """Each row with what is wrong with it in this installation; empty text if it is present."""
    with _quiet():
        for row in chosen:
            yield row, absence(row)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Looking at a deprecated name is not using it."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def absence(row: Row) -> str:
    """Why `row` does not count as present; empty if it does.

    A name is present if it resolves, by attributes and imports, to something of its kind: a callable for a function or
    method, a class for a class, a module for a module; a context manager's class or function; for an attribute
    anything, also one that only objects of the class have. A module that runs as a program counts as a cli,
    and so does another package's command.
    """
    if row.kind == "cli":
        return _absent_program(row.name)
    try:
        value = _resolve(row.name)
    except _Unresolved as error:
        return str(error)
    except Exception as error:  # a namespace that breaks when touched is no use either
        return f"{type(error).__name__}: {error}".splitlines()[0]
    if row.kind == "module":
        return "" if isinstance(value, ModuleType) else f"a {type(value).__name__}, not a module"
    if row.kind == "class":
        return "" if isinstance(value, type) or _is_alias(value) else f"a {type(value).__name__}, not a class"
    if row.kind in ("function", "method", "context"):
        return "" if callable(value) else f"a {type(value).__name__}, not callable"
    return ""


class _Unresolved(Exception):
    pass


def _absent_program(name: str) -> str:
    if not name.startswith("torchere."):  # another package's, such as the viewer of files written here
        program = name.split()[0]
        return "" if entry_points(group="console_scripts", name=program) else f"no program '{program}' is installed"
    try:
        return "" if find_spec(name) is not None else "no such module"
    except ImportError as error:
        return str(error).splitlines()[0]


def _is_alias(value: Any) -> bool:
    """A type written as an expression (``Callable[...]``, ``int | str``) stands where PyTorch has a type alias."""
    return hasattr(value, "__origin__") or hasattr(value, "__args__") or type(value).__name__ == "NewType"


def _resolve(name: str) -> Any:
    """The value of a dotted name that starts at ``torchere``; `_Unresolved` says which part is missing."""
    value: Any = torchere
    path = "torchere"
    for part in name.split(".")[1:]:
        try:
            found = getattr(value, part)
        except AttributeError:
            found = _elsewhere(value, path, part)
        value, path = found, f"{path}.{part}"
    return value


def _elsewhere(value: Any, path: str, part: str) -> Any:
    """A submodule nobody has imported yet, or an attribute that the objects of a class have."""
    if isinstance(value, ModuleType):
        try:
            return import_module(f"{path}.{part}")
        except ModuleNotFoundError:
            raise _Unresolved(f"{path} has no {part}") from None
    if isinstance(value, type):
        declared = any(part in vars(base).get("__annotations__", ()) for base in value.__mro__)
        slot = getattr_static(value, part, None)
        if declared or slot is not None:
            return slot
        example = _EXAMPLES.get(path)
        if example is not None and hasattr(example(), part):
            return getattr(example(), part)
    raise _Unresolved(f"{path} has no {part}")


def _optimizer() -> Any:
    return torchere.optim.SGD([torchere.zeros(1, requires_grad=True)], lr=0.1)


#: Class → makes one of its objects, where attributes are set by ``__init__``.
_EXAMPLES: dict[str, Any] = {"torchere.optim.Optimizer": _optimizer}
