"""`as_sparse_gradcheck`: finite differences with respect to the values of sparse tensors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torchere import Tensor
from torchere.layouts import strided

__all__ = ["as_sparse_gradcheck"]


def as_sparse_gradcheck(gradcheck: Callable[..., Any]) -> Callable[..., Any]:
    """Make `gradcheck` accept functions of sparse tensors.

    Sparse inputs that require gradients are replaced by their values, so that only specified elements vary; sparse
    outputs by their dense equivalents. With ``masked=False`` among the keywords every element of an input varies.
    """

    @functools.wraps(gradcheck)
    def check(func: Callable[..., Any], inputs: Any, **kwargs: Any) -> Any:
        masked = kwargs.pop("masked", True)
        given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        parts: list[Any] = []
        rebuild: list[Callable[[Any], Any]] = []
        for item in given:
            if not isinstance(item, Tensor) or item.layout is strided or not item.requires_grad:
                parts.append(item)
                rebuild.append(lambda value: value)
                continue
            whole: Any = item.detach()
            whole = whole.coalesce() if whole.is_sparse else whole
            if masked:
                parts.append(whole.values().clone().requires_grad_())
                rebuild.append(functools.partial(_with_values, whole))
            else:
                parts.append(whole.to_dense().requires_grad_())
                rebuild.append(functools.partial(_in_layout, whole))

        def dense(value: Any) -> Any:
            if isinstance(value, Tensor) and value.layout is not strided:
                return value.to_dense(masked_grad=masked)
            return value

        def run(*values: Any) -> Any:
            result = func(*(make(value) for make, value in zip(rebuild, values, strict=True)))
            if isinstance(result, (list, tuple)):
                return tuple(dense(item) for item in result)
            return dense(result)

        return gradcheck(run, tuple(parts), **kwargs)

    return check


def _with_values(pattern: Tensor, values: Tensor) -> Tensor:
    from .operators.pattern import with_values

    return with_values(pattern, values)


def _in_layout(like: Tensor, dense: Tensor) -> Tensor:
    from .operators.pattern import as_layout_of

    return as_layout_of(dense, like)
