"""Deliberately broken kernels: each is what a tired author might write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Kernel = Callable[..., Any]


@dataclass(frozen=True)
class Fault:
    """`broken(good, *args)` runs in place of the kernel of `op`; `subjects` are the operators whose checks run."""

    what: str
    op: str
    broken: Callable[..., Any]
    subjects: tuple[str, ...]


FAULTS: list[Fault] = []


def fault(what: str, op: str, *subjects: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: file a broken kernel."""

    def file(function: Callable[..., Any]) -> Callable[..., Any]:
        FAULTS.append(Fault(what, op, function, subjects or (op,)))
        return function

    return file


def replaced(what: str, op: str, place: int, value: Any, *subjects: str) -> None:
    """File a kernel that ignores its argument at `place`: it always sees `value` there."""

    def broken(good: Kernel, *args: Any) -> Any:
        return good(*args[:place], value, *args[place + 1 :])

    FAULTS.append(Fault(what, op, broken, subjects or (op,)))


# --- keywords ignored ------------------------------------------------------------------------------------------------

replaced("keepdim ignored", "sum", 2, False)
replaced("keepdim ignored", "argmax", 2, False)
replaced("dim ignored: the last axis", "softmax", 1, -1)
replaced("correction ignored", "_var", 2, 1, "var")
replaced("padding_idx ignored", "_embedding_backward", 3, -1, "_embedding_backward", "embedding")
replaced("descending ignored", "sort", 2, False)
replaced("largest ignored", "topk", 3, True)
replaced("diagonal ignored", "tril", 1, 0)
replaced("offset ignored", "diagonal", 1, 0)
replaced("dilation ignored", "extract_windows", 3, (1, 1), "extract_windows")
replaced("eps missing", "_layer_norm", 4, 0.0, "_layer_norm", "layer_norm")
replaced("approximate ignored", "gelu", 1, "none")
replaced("include_self ignored", "scatter_reduce", 5, True)
replaced("accumulate ignored", "index_put", 3, False)
replaced("maximum ignored", "clamp", 2, None)


@fault("padding ignored", "convolution", "conv1d", "conv2d", "conv3d", "convolution")
def _(good: Kernel, *args: Any) -> Any:
    return good(*args[:4], tuple(0 for _ in args[4]), *args[5:])


@fault("dilation ignored", "convolution", "conv1d", "conv2d", "conv3d", "convolution")
def _(good: Kernel, *args: Any) -> Any:
    return good(*args[:5], tuple(1 for _ in args[5]), *args[6:])


@fault("groups in the wrong order", "convolution", "conv1d", "conv2d", "conv3d", "convolution")
def _(good: Kernel, input: Array, weight: Array, *rest: Any) -> Any:
    groups = rest[-1]
    if groups == 1:
        return good(input, weight, *rest)
    shape = (groups, weight.shape[0] // groups, *weight.shape[1:])
    return good(input, np.ascontiguousarray(weight.reshape(shape)[::-1]).reshape(weight.shape), *rest)


@fault("generator ignored", "random_uniform", "rand", "uniform_")
def _(good: Kernel, size: Any, low: Any, high: Any, generator: Any, dtype: Any) -> Any:
    return good(size, low, high, np.random.default_rng(), dtype)


@fault("generator replaced by a fixed one", "random_normal", "randn", "normal")
def _(good: Kernel, size: Any, mean: Any, std: Any, generator: Any, dtype: Any) -> Any:
    return good(size, mean, std, np.random.Generator(np.random.Philox(1)), dtype)


# --- axes, windows, order --------------------------------------------------------------------------------------------


@fault("wrong axis", "cumsum")
def _(good: Kernel, x: Array, dim: int, dtype: Any) -> Any:
    return good(x, 0, dtype)


@fault("exclusive instead of inclusive", "cumprod")
def _(good: Kernel, x: Array, dim: int, dtype: Any) -> Any:
    found = good(x, dim, dtype)
    return np.roll(found, 1, dim) if found.ndim else found


@fault("off by one in a window", "window_sum", "avg_pool1d", "avg_pool2d", "avg_pool3d", "window_sum")
def _(good: Kernel, x: Array, sizes: Any, *rest: Any) -> Any:
    return good(x, tuple(max(1, size - 1) for size in sizes), *rest)


@fault("padding with zeros instead of -inf", "max_pool", "max_pool", "max_pool1d", "max_pool2d", "max_pool3d")
def _(good: Kernel, x: Array, *rest: Any) -> Any:
    values, winners = good(x, *rest)
    return np.maximum(values, 0) if any(rest[2]) else values, winners


@fault("last instead of first of equal values", "argmax")
def _(good: Kernel, x: Array, dim: Any, keepdim: bool) -> Any:
    if dim is None or not x.ndim:
        return x.size - 1 - good(x.reshape(-1)[::-1], None, False) + np.zeros((1,) * x.ndim if keepdim else (), int)
    return x.shape[dim] - 1 - good(np.flip(x, dim), dim, keepdim)


@fault("transposed operand", "matmul")
def _(good: Kernel, a: Array, b: Array) -> Any:
    return good(a, b.T) if b.ndim == 2 and b.shape[0] == b.shape[1] else good(a, b)


@fault("transposed result", "mm")
def _(good: Kernel, a: Array, b: Array) -> Any:
    return good(a, b).T


@fault("joined in reverse", "cat", "cat")
def _(good: Kernel, tensors: list[Array], dim: int) -> Any:
    return good(tensors[::-1], dim)


@fault("shifted the other way", "roll")
def _(good: Kernel, x: Array, shifts: Any, dims: Any) -> Any:
    return good(x, tuple(-shift for shift in shifts), dims)


@fault("branches exchanged", "where")
def _(good: Kernel, condition: Array, a: Any, b: Any) -> Any:
    return good(condition, b, a)


@fault("index of the neighbour", "gather")
def _(good: Kernel, x: Array, dim: int, index: Array, *rest: Any) -> Any:
    return good(x, dim, (index + 1) % max(x.shape[dim] if x.ndim else 1, 1), *rest)


# --- dtypes ----------------------------------------------------------------------------------------------------------


@fault("wrong dtype: always float64", "mean")
def _(good: Kernel, *args: Any) -> Any:
    return np.asarray(good(*args)).astype(np.float64)


@fault("wrong dtype: int8 instead of bool", "eq")
def _(good: Kernel, a: Any, b: Any) -> Any:
    return np.equal(a, b).astype(np.int8)


@fault("integers stay small in a sum", "sum")
def _(good: Kernel, x: Array, dim: Any, keepdim: bool, dtype: Any) -> Any:
    found = np.asarray(good(x, dim, keepdim, dtype))
    return found.astype(x.dtype) if dtype is None else found


@fault("computed in half precision", "erf")
def _(good: Kernel, x: Array) -> Any:
    return good(x.astype(np.float32).astype(np.float16).astype(np.float32)).astype(x.dtype)


@fault("division by zero gives zero", "div")
def _(good: Kernel, a: Any, b: Any) -> Any:
    return np.where(np.equal(b, 0), 0, good(a, b)).astype(getattr(good(a, b), "dtype", None))


@fault("conjugate forgotten", "vdot")
def _(good: Kernel, a: Array, b: Array) -> Any:
    return np.dot(a, b)


# --- special values --------------------------------------------------------------------------------------------------


@fault("NaN ignored", "maximum")
def _(good: Kernel, a: Any, b: Any) -> Any:
    return np.fmax(a, b)


@fault("NaN ignored", "amax")
def _(good: Kernel, x: Array, dim: Any, keepdim: bool) -> Any:
    return good(np.where(np.isnan(x), -np.inf, x).astype(x.dtype) if x.dtype.kind == "f" else x, dim, keepdim)


@fault("overflow for large inputs", "softmax")
def _(good: Kernel, x: Array, dim: int, dtype: Any) -> Any:
    found = np.exp(x if dtype is None else x.astype(dtype))
    return found / found.sum(axis=dim if x.ndim else None, keepdims=bool(x.ndim))


@fault("-inf gives NaN", "logsumexp")
def _(good: Kernel, x: Array, dim: Any, keepdim: bool) -> Any:
    top = x.max(axis=dim, keepdims=True, initial=-np.inf)
    found = np.log(np.exp(x - top).sum(axis=dim, keepdims=True)) + top
    return found if keepdim else np.asarray(good(x, dim, keepdim)) * 0 + found.reshape(np.shape(good(x, dim, keepdim)))


@fault("sign of C instead of Python", "remainder")
def _(good: Kernel, a: Any, b: Any) -> Any:
    return np.fmod(a, b)


@fault("halves rounded away from zero", "round")
def _(good: Kernel, x: Array, *rest: Any) -> Any:
    return (np.sign(x) * np.floor(np.abs(x) + 0.5)).astype(x.dtype)


@fault("truncated instead of floored", "floor_divide")
def _(good: Kernel, a: Any, b: Any) -> Any:
    return np.trunc(np.true_divide(a, b)).astype(np.result_type(a, b) if hasattr(a, "dtype") else b.dtype)


@fault("empty gives NaN", "sum")
def _(good: Kernel, x: Array, dim: Any, keepdim: bool, dtype: Any) -> Any:
    found = np.asarray(good(x, dim, keepdim, dtype))
    return found * np.nan if not x.size and found.dtype.kind == "f" else found


@fault("empty mishandled", "any")
def _(good: Kernel, x: Array, dim: Any, keepdim: bool) -> Any:
    found = np.asarray(good(x, dim, keepdim))
    return ~found if not x.size else found


@fault("wrong sign", "sub")
def _(good: Kernel, a: Any, b: Any) -> Any:
    return good(b, a)


# --- memory ----------------------------------------------------------------------------------------------------------


@fault("returns its input", "clone")
def _(good: Kernel, x: Array, *rest: Any) -> Any:
    return x


@fault("returns a view", "flip", "flip")
def _(good: Kernel, x: Array, dims: Any) -> Any:
    return np.flip(x, dims)


@fault("writes into its input", "exp")
def _(good: Kernel, x: Array) -> Any:
    np.exp(x, out=x)
    return x.copy()


@fault("writes into its input", "add")
def _(good: Kernel, a: Any, b: Any) -> Any:
    found = good(a, b)
    if isinstance(a, np.ndarray) and a.size and a.flags.writeable:
        a[(0,) * a.ndim] = 0
    return found


_buffers: dict[Any, Array] = {}


@fault("buffer reused by the next call", "relu")
def _(good: Kernel, x: Array) -> Any:
    buffer = _buffers.setdefault((x.shape, x.dtype), np.empty(x.shape, x.dtype))
    buffer[...] = good(x)
    return buffer


@fault("buffer not cleared between calls", "index_add")
def _(good: Kernel, x: Array, *rest: Any) -> Any:
    found = np.asarray(good(x, *rest))
    stale = _buffers.get(("index_add", found.shape, found.dtype))
    _buffers["index_add", found.shape, found.dtype] = found.copy()
    return found if stale is None else (found + stale).astype(found.dtype)


@fault("strides ignored", "neg")
def _(good: Kernel, x: Array) -> Any:
    owner = x
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    flat = owner.reshape(-1)
    return good(flat[: x.size].reshape(x.shape)) if flat.size >= x.size else good(x)


@fault("only the first operand's shape", "mul")
def _(good: Kernel, a: Any, b: Any) -> Any:
    found = np.asarray(good(a, b))
    if isinstance(a, np.ndarray) and found.shape != a.shape:
        return found.reshape(-1)[: a.size].reshape(a.shape) if found.size >= a.size else found
    return found


# --- gradients -------------------------------------------------------------------------------------------------------


@fault("gradient misses a term", "_softmax_backward_data", "softmax")
def _(good: Kernel, grad: Array, output: Array, dim: int) -> Any:
    return grad * output


@fault("gradient without the upstream one", "threshold_backward", "relu", "threshold_backward")
def _(good: Kernel, grad: Array, x: Array, threshold: float) -> Any:
    return (x > threshold).astype(x.dtype) * np.ones_like(grad)


@fault("gradient misses the mean's term", "_layer_norm_backward", "layer_norm", "_layer_norm")
def _(good: Kernel, grad: Array, *rest: Any) -> Any:
    found = good(grad, *rest)
    return (found[0] + 0.01 * grad, *found[1:])


@fault("gradient of a wrong window", "max_pool_gradient", "max_pool", "max_pool2d", "max_pool_gradient")
def _(good: Kernel, *args: Any) -> Any:
    found = good(*args)
    return np.roll(found, 1, -1)
