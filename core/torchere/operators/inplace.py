"""In-place forms of operators: what the generated ones leave to others, history, views, promotion and errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from torchere.autograd.modes import state
from torchere.backend import Key
from torchere.errors import DTypeError, ShapeError
from torchere.layouts import strided
from torchere.operators.declaration import Operator
from torchere.operators.general import bind, raise_shape_error, reject
from torchere.promotion import scalar_type_name
from torchere.tensors.overlap import check_apart
from torchere.tensors.tensor import Tensor

__all__ = ["inplace", "recover_inplace"]


def recover_inplace(op: Operator, key: Key, error: Exception, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """After an in-place kernel raised."""
    if isinstance(error, (OverflowError, TypeError)):
        return inplace(op, args, kwargs)
    bound = bind(op, args, kwargs)
    raise_shape_error(op, bound, error)
    target = args[0]
    if isinstance(error, ValueError) and op.promote is not None:
        _check_writable(op, target)
        shapes = [value._array.shape for value in bound.values() if isinstance(value, Tensor)]
        whole = np.broadcast_shapes(*shapes)
        if whole != tuple(target._array.shape):
            raise ShapeError(
                f"output with shape {list(target._array.shape)} doesn't match the broadcast shape {list(whole)} "
                f"({op.name}_())"
            ) from error
    raise error


def _check_writable(op: Operator, target: Tensor) -> None:
    flags = getattr(target._array, "flags", None)
    if flags is not None and not getattr(flags, "writeable", True):
        raise ShapeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory "
            f"location. Please clone() the tensor before performing the operation. ({op.name}_())"
        )


def inplace(op: Operator, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """``op`` written back into its first operand, with history, views, promotion and errors."""
    from torchere.tensors import rewriting

    target = args[0]
    if not isinstance(target, Tensor):
        raise reject(op, op.parameters[0].name, target, "Tensor")
    operands = [
        item
        for value in (*args, *kwargs.values())
        for item in (value if isinstance(value, (list, tuple)) else (value,))
    ]
    recording = state.enabled and any(isinstance(item, Tensor) and item._requires_grad for item in operands)
    rewriting.check_writable(target, op.name + "_", gradients=recording)
    if op.promote is not None and target._view is not None:
        for item in operands:
            check_apart(target, item, op.name + "_")
    if recording:
        source = rewriting.before_write(target, copy=_saves_first(op))
        result = _again(op, (source, *args[1:]), kwargs)
    else:
        if target._key.level:
            # The level below may record this, and save a value that is then overwritten.
            args = (rewriting.before_write(target, copy=_saves_first(op)), *args[1:])
        with rewriting.unrecorded(target):
            result = _again(op, args, kwargs)
    if op.is_multiple:
        result = result[0]
    if result._key.level > target._key.level:
        _refuse_lower(op, target)
    if result._key.dtype.category > target._key.dtype.category:
        raise DTypeError(
            f"result type {scalar_type_name(result._key.dtype)} can't be cast to the desired output type "
            f"{scalar_type_name(target._key.dtype)} ({op.name}_()). Use the out-of-place form, or convert an operand."
        )
    if tuple(result._array.shape) != tuple(target._array.shape):
        raise ShapeError(
            f"output with shape {list(target._array.shape)} doesn't match the broadcast shape "
            f"{list(result._array.shape)} ({op.name}_())"
        )
    if result._key is not target._key:
        if result._key.backend.layout is not strided and target._key.backend.layout is strided:
            result = result.to_dense()
        result = result.to(target.dtype)
    rewriting.write(target, result, recording)
    return target


def _refuse_lower(op: Operator, target: Tensor) -> None:
    from torchere.func.levels import InPlaceError

    raise InPlaceError(
        f"vmap: {op.name}_(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args that "
        "has more elements than `self`: `other` is being vmapped over and `self` is not. Use the out-of-place operator "
        f"{op.name}(), or make `self` with new_zeros() or another method of a mapped tensor."
    )


def _saves_first(op: Operator) -> bool:
    """Whether backward may need the operand's old value (then the write must not reach it)."""
    if not op.has_gradient:
        return True
    name = op.parameters[0].name
    rules = [*op.rules.values(), *([op.joint_rule] if op.joint_rule is not None else [])]
    return any(
        name in rule.__code__.co_varnames[: rule.__code__.co_argcount + rule.__code__.co_kwonlyargcount]
        for rule in rules
    )


def _again(op: Operator, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    positional = [p for p in op.parameters if not p.keyword_only]
    if positional and positional[-1].kind == "shape" and len(args) == len(positional):
        kwargs = {**kwargs, positional[-1].name: args[-1]}
        args = args[:-1]
    return op.entry(*args, **kwargs)
