"""Sums, products, truth reductions, extremes and scans on arrays of any namespace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, INTEGRAL, WIDE, WIDE_FLOATING

from .library import Library
from .rawkernel import RawTable

__all__ = ["table"]

Array = Any
Axes = tuple[int, ...] | None
DType = np.dtype[Any] | None

EVERY = BOOL + INTEGRAL + WIDE
ORDERED = BOOL + INTEGRAL + WIDE_FLOATING

table = RawTable()


def _axes(x: Array, dim: Axes) -> Axes:
    """What the standard calls `dim`: None for all axes, also for an empty tuple and for a 0-d array."""
    return tuple(dim) if dim and x.ndim else None


def _prepared(library: Library, x: Array, dtype: DType) -> Array:
    """`x` in the dtype it is summed in. The cast comes first, as PyTorch's: fractions are cut off one by one."""
    if dtype is not None:
        wanted = library.dtype(dtype)
    else:
        wanted = library.int64 if library.kind(x) in "biu" else x.dtype
    if library.kind(x) == "c" and not (dtype is None or dtype.kind == "c"):
        return library.asarray(library.to_numpy(x).real.astype(dtype))
    return library.astype(x, wanted)


@table.kernel("sum", EVERY, "accumulated")
def sum(library: Library, x: Array, dim: Axes, keepdim: bool, dtype: DType) -> Array:
    x = _prepared(library, x, dtype)
    if library.kind(x) == "b":  # asked for: whether any is true
        return library.xp.any(x, axis=_axes(x, dim), keepdims=keepdim)
    return library.xp.sum(x, axis=_axes(x, dim), dtype=x.dtype, keepdims=keepdim)


@table.kernel("prod", EVERY, "accumulated")
def prod(library: Library, x: Array, dim: int | None, keepdim: bool, dtype: DType) -> Array:
    x = _prepared(library, x, dtype)
    axis = dim if x.ndim else None
    if library.kind(x) == "b":
        return library.xp.all(x, axis=axis, keepdims=keepdim)
    return library.xp.prod(x, axis=axis, dtype=x.dtype, keepdims=keepdim)


def _flags(name: str) -> Callable[[Library, Array, Axes, bool], Array]:
    def run(library: Library, x: Array, dim: Axes, keepdim: bool) -> Array:
        truth = library.truth(x)
        if dim is None or dim:
            axes = tuple(dim) if dim is not None and x.ndim else None
            truth = getattr(library.xp, name)(truth, axis=axes, keepdims=keepdim)
        elif truth is x:
            truth = library.copy(x)
        return library.astype(truth, x.dtype) if library.host_dtype_of(x) == np.uint8 else truth

    run.__name__ = run.__qualname__ = name
    return run


table.add("all", _flags("all"), EVERY, "flag")
table.add("any", _flags("any"), EVERY, "flag")


# --- extremes ----------------------------------------------------------------------------------------------------


def _extreme(name: str, truth: str) -> Callable[[Library, Array, Axes, bool], Array]:
    def run(library: Library, x: Array, dim: Axes, keepdim: bool) -> Array:
        axes = _axes(x, dim)
        if library.kind(x) != "b":
            return getattr(library.xp, name)(x, axis=axes, keepdims=keepdim)
        sizes = x.shape if axes is None else [x.shape[axis] for axis in axes]
        if 0 in sizes:  # any() of nothing is false, a maximum of nothing is an error
            raise ValueError(f"a{name} of an array of shape {list(x.shape)} has no elements to choose from")
        return getattr(library.xp, truth)(x, axis=axes, keepdims=keepdim)

    run.__name__ = run.__qualname__ = f"a{name}"
    return run


table.add("amax", _extreme("max", "any"), ORDERED)
table.add("amin", _extreme("min", "all"), ORDERED)


def _position(name: str) -> Callable[[Library, Array, int | None, bool], Array]:
    def run(library: Library, x: Array, dim: int | None, keepdim: bool) -> Array:
        xp = library.xp
        if x.ndim == 0:
            return library.full((), 0, library.int64)

        def find(which: str, values: Array) -> Array:
            found = library.index_function(which)(values, axis=dim, keepdims=keepdim)
            return library.astype(found, library.int64)

        if library.kind(x) == "f" and 0 not in x.shape:
            absent = xp.isnan(x)
            if bool(xp.any(absent)):
                # The standard leaves NaN open; PyTorch takes the first one.
                first = find("argmax", library.astype(absent, library.dtype(np.dtype(np.uint8))))
                plain = find(name, xp.where(absent, library.scalar(0, x), x))
                return xp.where(xp.any(absent, axis=dim, keepdims=keepdim), first, plain)
        return find(name, x)

    run.__name__ = run.__qualname__ = name
    return run


table.add("argmax", _position("argmax"), INTEGRAL + WIDE_FLOATING, "int64")
table.add("argmin", _position("argmin"), INTEGRAL + WIDE_FLOATING, "int64")


# --- scans -------------------------------------------------------------------------------------------------------


def _scan(standard: str, host: Callable[..., Any]) -> Callable[[Library, Array, int, DType], Array]:
    def run(library: Library, x: Array, dim: int, dtype: DType) -> Array:
        x = _prepared(library, x, dtype)
        if not x.ndim:
            return library.copy(x)
        native = x.dtype
        if library.kind(x) == "b":
            x = library.astype(x, library.dtype(np.dtype(np.uint8)))
        scan = getattr(library.xp, standard, None)
        if scan is None:
            found = library.on_host(lambda values: host(values, axis=dim, dtype=values.dtype))(x)
        else:
            found = scan(x, axis=dim, dtype=x.dtype)
        return library.astype(found, native)

    run.__name__ = run.__qualname__ = standard
    return run


table.add("cumsum", _scan("cumulative_sum", np.cumsum), EVERY, "accumulated")
table.add("cumprod", _scan("cumulative_prod", np.cumprod), EVERY, "accumulated")
