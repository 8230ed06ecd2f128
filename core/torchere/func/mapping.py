"""``vmap``: a function of one example becomes a function of a batch of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from torchere.func.levels import at_depth, batched, mapped
from torchere.func.trees import Shape, broadcast_prefix, flatten, unflatten
from torchere.operators import operator_named
from torchere.tensors.tensor import Tensor

__all__ = ["vmap"]

_RANDOMNESS = ("error", "same", "different")


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that applies `func` to each example along an axis of its arguments, all at once.

    `in_dims` says which axis, for all arguments or in their nesting (None: the same value for every example);
    `out_dims` where the axis is in the results. Inside `func` tensors have the shape of one example. `randomness` is
    what random operators do: ``"error"``, ``"same"`` numbers for every example, or ``"different"`` ones.
    `chunk_size`: that many examples at a time. Keyword arguments are the same for every example.

    Raises ValueError for arguments, `in_dims` or results that do not fit; RuntimeError where the course of `func`
    depends on values (``.item()``, ``if tensor:``).
    """
    if randomness not in _RANDOMNESS:
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def mapping(*args: Any, **kwargs: Any) -> Any:
        size, leaves, dims, shape = _prepared(func, in_dims, args)
        if chunk_size is None or chunk_size >= size:
            return _whole(func, size, leaves, dims, shape, kwargs, out_dims, randomness)
        return _in_chunks(func, size, leaves, dims, shape, kwargs, out_dims, randomness, chunk_size)

    return mapping


def _name(function: Any) -> str:
    return getattr(function, "__name__", repr(function))


def _prepared(func: Any, in_dims: Any, args: Sequence[Any]) -> tuple[int, list[Any], list[int | None], Shape]:
    """(batch size, leaves of the arguments, the mapped axis of each, their nesting)."""
    name = f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, (int, tuple, list)):
        raise ValueError(
            f"{name}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, "
            f"got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({_name(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap "
            "over a function with no inputs. The latter is unsupported."
        )
    leaves, shape = flatten(tuple(args))
    dims = broadcast_prefix(in_dims, shape)
    if dims is None:
        raise ValueError(
            f"{name}: in_dims is not compatible with the structure of inputs. in_dims has structure "
            f"{flatten(in_dims)[1]} but inputs has structure {shape}."
        )
    sizes: dict[int, None] = {}
    for place, (leaf, dim) in enumerate(zip(leaves, dims, strict=True)):
        if dim is None:
            continue
        if not isinstance(dim, int) or isinstance(dim, bool):
            raise ValueError(
                f"{name}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None."
            )
        if not isinstance(leaf, Tensor):
            raise ValueError(
                f"{name}: Got in_dim={dim} for an input but the input is of type {type(leaf)}. We cannot vmap over "
                "non-Tensor arguments, please use None as the respective in_dim"
            )
        if not -leaf.dim() <= dim < leaf.dim():
            raise ValueError(
                f"{name}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {leaf.dim()} "
                f"so expected in_dim to satisfy -{leaf.dim()} <= in_dim < {leaf.dim()}."
            )
        dims[place] = dim % leaf.dim()
        sizes[int(leaf.shape[dim])] = None
    if not sizes:
        raise ValueError(f"{name}: at least one input must be mapped: every in_dim is None, or there are no Tensors.")
    if len(sizes) > 1:
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {list(sizes)} for "
            "the mapped dimension"
        )
    return next(iter(sizes)), leaves, dims, shape


def _whole(
    func: Any,
    size: int,
    leaves: Sequence[Any],
    dims: Sequence[int | None],
    shape: Shape,
    kwargs: dict[str, Any],
    out_dims: Any,
    randomness: str,
) -> Any:
    with mapped(size, randomness) as level:
        inside = [
            leaf if dim is None else batched(_to_front(leaf, dim, level), level)
            for leaf, dim in zip(leaves, dims, strict=True)
        ]
        result = func(*unflatten(inside, shape), **kwargs)
        outputs, out_shape = flatten(result)
        places = _output_dims(func, out_dims, outputs, out_shape)
        with at_depth(level - 1):
            found = [_outside(func, leaf, dim, size, level) for leaf, dim in zip(outputs, places, strict=True)]
    return unflatten(found, out_shape)


def _to_front(tensor: Tensor, dim: int, level: int) -> Tensor:
    if not dim:
        return tensor
    with at_depth(level - 1):
        return tensor.movedim(dim, 0)  # type: ignore[no-any-return]


def _output_dims(func: Any, out_dims: Any, outputs: Sequence[Any], shape: Shape) -> list[Any]:
    if isinstance(out_dims, int) and not isinstance(out_dims, bool):
        return [out_dims] * len(outputs)
    dims = broadcast_prefix(out_dims, shape)
    if dims is None and shape.kind is None and isinstance(out_dims, tuple) and len(out_dims) == 1:
        dims = list(out_dims)
    if dims is None or any(not (dim is None or isinstance(dim, int)) for dim in dims):
        raise ValueError(
            f"vmap({_name(func)}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure "
            f"of outputs. out_dims has structure {flatten(out_dims)[1]} but outputs has structure {shape}."
        )
    return dims


def _outside(func: Any, leaf: Any, dim: int | None, size: int, level: int) -> Any:
    """A result with its batch at `dim`."""
    if not isinstance(leaf, Tensor):
        if dim is None:
            return leaf
        raise ValueError(
            f"vmap({_name(func)}, ...): `{_name(func)}` must only return Tensors, got type {type(leaf)} as a return."
        )
    is_batched = False
    if leaf._key.level >= level:
        is_batched = leaf._array.is_batched
        leaf = leaf._array.tensor
    if dim is None:
        if is_batched:
            raise ValueError(
                f"vmap({_name(func)}, ...): `{_name(func)}` can not return a BatchedTensor when out_dim is None"
            )
        return leaf
    if not is_batched:
        leaf = leaf.expand(size, *leaf.shape)
    if not -leaf.dim() <= dim < leaf.dim():
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-leaf.dim()}, {leaf.dim() - 1}], but got {dim})"
        )
    return leaf.movedim(0, dim) if dim else leaf


def _in_chunks(
    func: Any,
    size: int,
    leaves: Sequence[Any],
    dims: Sequence[int | None],
    shape: Shape,
    kwargs: dict[str, Any],
    out_dims: Any,
    randomness: str,
    chunk_size: int,
) -> Any:
    parts: list[list[Any]] = []
    out_shape: Shape | None = None
    for begin in range(0, size, chunk_size):
        count = min(chunk_size, size - begin)
        some = [leaf if dim is None else leaf.narrow(dim, begin, count) for leaf, dim in zip(leaves, dims, strict=True)]
        result = _whole(func, count, some, dims, shape, kwargs, out_dims, randomness)
        found, out_shape = flatten(result)
        parts.append(found)
    assert out_shape is not None
    places = _output_dims(func, out_dims, parts[0], out_shape)
    join = operator_named("cat").entry
    joined = [
        pieces[0] if dim is None else join(list(pieces), dim)
        for pieces, dim in zip(zip(*parts, strict=True), places, strict=True)
    ]
    return unflatten(joined, out_shape)
