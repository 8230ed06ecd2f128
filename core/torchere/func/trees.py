"""Nested containers of tensors: flattened to their leaves, and rebuilt."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Shape", "broadcast_prefix", "flatten", "map_leaves", "unflatten"]


class Shape:
    """What `flatten` takes away: the containers around the leaves. Equal shapes hold leaves at the same places."""

    __slots__ = ("children", "context", "kind")

    def __init__(self, kind: Any, context: Any, children: Sequence[Shape]) -> None:
        self.kind = kind
        self.context = context
        self.children = tuple(children)

    @property
    def count(self) -> int:
        """How many leaves there are."""
        return 1 if self.kind is None else sum(child.count for child in self.children)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Shape)
            and self.kind is other.kind
            and self.context == other.context
            and self.children == other.children
        )

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        if self.kind is None:
            return "*"
        inner = ", ".join(map(repr, self.children))
        return f"{self.kind.__name__}({inner})"


LEAF = Shape(None, None, ())


def _parts(tree: Any) -> tuple[Any, list[Any]] | None:
    """(context, children) of a container; None for a leaf."""
    kind = type(tree)
    if kind in (tuple, list, deque):
        return (tree.maxlen if kind is deque else None), list(tree)
    if kind in (dict, OrderedDict, defaultdict):
        factory = tree.default_factory if kind is defaultdict else None
        return (list(tree), factory), list(tree.values())
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return None, list(tree)
    return None


def flatten(tree: Any) -> tuple[list[Any], Shape]:
    """The leaves from left to right, and the containers. Tuples, lists, dicts, deques, named tuples; else a leaf."""
    parts = _parts(tree)
    if parts is None:
        return [tree], LEAF
    context, children = parts
    leaves: list[Any] = []
    shapes = []
    for child in children:
        below, shape = flatten(child)
        leaves += below
        shapes.append(shape)
    return leaves, Shape(type(tree), context, shapes)


def unflatten(leaves: Sequence[Any], shape: Shape) -> Any:
    """The inverse of `flatten`."""
    iterator = iter(leaves)

    def build(node: Shape) -> Any:
        if node.kind is None:
            return next(iterator)
        children = [build(child) for child in node.children]
        kind = node.kind
        if kind in (tuple, list):
            return kind(children)
        if kind is deque:
            return deque(children, maxlen=node.context)
        if kind in (dict, OrderedDict):
            return kind(zip(node.context[0], children, strict=True))
        if kind is defaultdict:
            return defaultdict(node.context[1], zip(node.context[0], children, strict=True))
        return kind(*children)

    return build(shape)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same containers around ``function(leaf)``."""
    leaves, shape = flatten(tree)
    return unflatten([function(leaf) for leaf in leaves], shape)


def broadcast_prefix(prefix: Any, shape: Shape) -> list[Any] | None:
    """One value for each leaf of `shape`: a leaf of `prefix` stands for all leaves below it. None if they disagree."""
    parts = _parts(prefix)
    if parts is None:
        return [prefix] * shape.count
    if type(prefix) is not shape.kind:
        return None
    context, children = parts
    if len(children) != len(shape.children):
        return None
    if isinstance(prefix, dict):
        if set(context[0]) != set(shape.context[0]):
            return None
        children = [prefix[name] for name in shape.context[0]]
    found: list[Any] = []
    for child, below in zip(children, shape.children, strict=True):
        part = broadcast_prefix(child, below)
        if part is None:
            return None
        found += part
    return found
