"""How a level of `vmap` carries out an operator: by a rule, by the operator's decomposition, or example by example.

`kernel_for` gives the function an operator's table holds for a `LevelKey`. It receives kernel arguments with `Batched`
arrays and computes on the tensors these hold with ordinary operators, which record the graph of the level below and may
be at a level themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from torchere.backend import Key
from torchere.func.levels import (
    Batched,
    DataDependentError,
    InPlaceError,
    LevelKey,
    at_depth,
    batched,
    frame_of,
)
from torchere.operators import operator_named
from torchere.operators.declaration import Operator
from torchere.promotion import get_default_dtype
from torchere.tensors.tensor import Tensor

__all__ = ["Call", "aligned", "expanded", "flattened", "kernel_for", "rule", "wrapped"]


class Call:
    """One call of an operator at a level: kernel arguments by name, and the operator's entry a level below."""

    __slots__ = ("arguments", "key", "op", "size")

    def __init__(self, op: Operator, key: LevelKey, arguments: dict[str, Any]) -> None:
        self.op = op
        self.key = key
        self.size = frame_of(key.level).size
        self.arguments = arguments

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    def arrays(self) -> list[Batched]:
        """The tensor arguments, those in lists too."""
        found = []
        for value in self.arguments.values():
            if value.__class__ is Batched:
                found.append(value)
            elif value.__class__ is list:
                found += [item for item in value if item.__class__ is Batched]
        return found

    def below(self, **changed: Any) -> Any:
        """Call the operator on the tensors below; `changed` arguments replace this call's."""
        arguments = {**self.arguments, **changed}
        keywords = {}
        for p in self.op.parameters:
            if p.name not in arguments:
                continue
            value = arguments[p.name]
            if value.__class__ is Batched:
                value = value.tensor
            elif value.__class__ is list:
                value = [item.tensor if item.__class__ is Batched else item for item in value]
            keywords[p.name] = value
        if self.op.factory:
            keywords["dtype"], keywords["device"] = arguments["dtype"], arguments["device"]
        return self.op.entry(**keywords)


Rule = Callable[[Call], Any]
_rules: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register the batching rule of operators. It returns Batched or tensors whose first axis is the batch."""

    def register(function: Rule) -> Rule:
        for name in names:
            _rules[name] = function
        return function

    return register


# --- axes ----------------------------------------------------------------------------------------------------------


def aligned(array: Batched, ndim: int) -> Tensor:
    """The tensor held, with axes of size 1 after the batch so that an example has `ndim` dimensions."""
    tensor = array.tensor
    if not array.is_batched:
        return tensor
    shape = tensor._array.shape
    missing = ndim + 1 - len(shape)
    if missing <= 0:
        return tensor
    return operator_named("index_view").entry(tensor, (slice(None), *([None] * missing), ...))  # type: ignore[no-any-return]


def expanded(array: Batched, size: int) -> Tensor:
    """The tensor held, with the batch as its first axis: one value for all is repeated without copying."""
    tensor = array.tensor
    if array.is_batched:
        return tensor
    return operator_named("expand").entry(tensor, (size, *tensor._array.shape))  # type: ignore[no-any-return]


def flattened(tensor: Tensor) -> Tensor:
    """Every example as a vector."""
    shape = tensor._array.shape
    return tensor.reshape(shape[0], math.prod(shape[1:]))  # type: ignore[no-any-return]


def wrapped(results: Any) -> Any:
    """Tensors with a batch axis, or tuples of them, as arrays."""
    if isinstance(results, Tensor):
        return Batched(results, True)
    if isinstance(results, (tuple, list)):
        return tuple(wrapped(item) for item in results)
    return results


def _constant(results: Any) -> Any:
    if isinstance(results, Tensor):
        return Batched(results, False)
    if isinstance(results, (tuple, list)):
        return tuple(_constant(item) for item in results)
    return results


# --- the three ways --------------------------------------------------------------------------------------------------


def _by_body(op: Operator, key: LevelKey, arguments: dict[str, Any]) -> Any:
    """Run the decomposition at this level on tensors without history here; the level below records."""

    def tensor(value: Any) -> Any:
        if value.__class__ is Batched:
            return batched(value.tensor, key.level, value.is_batched)
        if value.__class__ is list:
            return [tensor(item) for item in value]
        return value

    args = [tensor(arguments[p.name]) for p in op.parameters if not p.keyword_only and p.name in arguments]
    keywords = {p.name: tensor(arguments[p.name]) for p in op.parameters if p.keyword_only and p.name in arguments}
    with at_depth(key.level):
        if op.promote == "float" and key.dtype.category < 2:
            # The body must not compute with integers what kernels receive as floating numbers.
            default = get_default_dtype()
            args = [_floating(value, default) for value in args]
        result = op.function(*args, **keywords)

    def array(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value._array if value._key.level == key.level else Batched(value, False)
        return tuple(array(item) for item in value) if isinstance(value, (tuple, list)) else value

    return array(result)


def _floating(value: Any, dtype: Any) -> Any:
    return value.to(dtype) if isinstance(value, Tensor) and value._key.dtype.category < 2 else value


def _one_by_one(call: Call) -> Any:
    """Run the operator for each example and stack the results."""
    select = operator_named("index_view").entry

    def example(value: Any, index: int) -> Any:
        if value.__class__ is Batched:
            return select(value.tensor, (index,)) if value.is_batched else value.tensor
        if value.__class__ is list:
            return [example(item, index) for item in value]
        return value

    rows = [
        call.below(**{name: example(value, index) for name, value in call.arguments.items()})
        for index in range(call.size)
    ]
    if not rows:
        raise RuntimeError(f"vmap: {call.op.name}() has no batching rule, so it cannot be mapped over an empty axis")
    return _stacked(rows, call.op.name)


def _stacked(rows: Sequence[Any], name: str) -> Any:
    first = rows[0]
    if isinstance(first, (tuple, list)):
        return tuple(_stacked(parts, name) for parts in zip(*rows, strict=True))
    if not isinstance(first, Tensor):
        if any(row != first for row in rows):
            raise DataDependentError(f"vmap: {name}() returns another Python value for each example")
        return first
    if any(row._array.shape != first._array.shape for row in rows):
        raise DataDependentError(
            f"vmap: It looks like you're attempting to use an operation ({name}) that returns an output of dynamic "
            "shape: examples have results of different shapes. Rewrite it, for instance with where()."
        )
    return operator_named("stack").entry(list(rows), 0)


#: Operators that return a tensor or a tuple, as their arguments are.
_VARIED = frozenset(("max", "min", "median", "nanmedian", "unique", "unique_consecutive"))

#: Operators whose result's shape depends on values.
_DYNAMIC = frozenset(("nonzero", "masked_select", "_unique_flat", "_unique_slices", "bincount", "_bincount"))


def kernel_for(op: Operator, key: LevelKey) -> tuple[Callable[..., Any] | None, Key | None]:
    """What an operator's table holds for `key`: (function of kernel arguments, key of the result or None).

    (None, …): run the decomposition at this level; for operators that write into their arguments or return what no
    schema describes.
    """
    import torchere.func.rules  # noqa: F401 - registers them

    found = _rules.get(op.name)
    if found is None and (op.mutates or op.name in _VARIED):
        return None, None
    names = [p.name for p in op.parameters if p.name not in op.neutral]
    depth = key.level - 1

    def run(*values: Any) -> Any:
        arguments = dict(zip(names, values, strict=False))
        if op.factory:
            arguments["dtype"], arguments["device"] = values[-1], key.device
        call = Call(op, key, arguments)
        arrays = call.arrays()
        if not op.random and not any(array.is_batched for array in arrays):
            with at_depth(depth):
                return _constant(call.below())
        if found is not None:
            with at_depth(depth):
                result = found(call)
            if result is not NotImplemented:
                return result if result.__class__ is Batched else wrapped(result)
        elif op.random:
            _check_randomness(key, op.name)
        if op.name in _DYNAMIC:
            raise DataDependentError(
                f"vmap: It looks like you're attempting to use an operation ({op.name}) that returns an output of "
                "dynamic shape. Each example would have a result of its own shape. Rewrite it, for instance with "
                "where()."
            )
        if op.has_decomposition:
            try:
                return _by_body(op, key, arguments)
            except (DataDependentError, InPlaceError):
                pass
        with at_depth(depth):
            return wrapped(_one_by_one(call))

    return run, None


def _check_randomness(key: LevelKey, name: str) -> str:
    chosen = frame_of(key.level).randomness
    if chosen == "error":
        raise RuntimeError(
            f"vmap: called random operation ({name}) while in randomness error mode. Pass randomness='same' or "
            "'different' to vmap, or draw the numbers outside of it."
        )
    return chosen
