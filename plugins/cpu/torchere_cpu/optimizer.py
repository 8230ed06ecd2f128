"""Optimizer steps on NumPy arrays: in place, a cache-sized block of elements at a time.

Every intermediate result lives in two small buffers that stay in the cache, so a step reads and writes each array
once from memory, however many passes it makes over a block.
"""

from __future__ import annotations

import threading

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")

#: Bytes of each array handled at once: the arrays and both buffers stay in the cache between passes.
_BLOCK = 1 << 18


class _Buffers(threading.local):
    """Two scratch arrays for each thread and dtype."""

    def __init__(self) -> None:
        self.arrays: dict[np.dtype, tuple[np.ndarray, np.ndarray]] = {}

    def of(self, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
        found = self.arrays.get(dtype)
        if found is None:
            found = self.arrays[dtype] = (
                np.empty(_BLOCK // dtype.itemsize, dtype),
                np.empty(_BLOCK // dtype.itemsize, dtype),
            )
        return found


_buffers = _Buffers()


def _flat(arrays: tuple[np.ndarray | None, ...]) -> list[np.ndarray | None] | None:
    """The arrays as vectors over the same memory, or None if some of them are not laid out alike without gaps."""
    if all(x is None or x.flags.c_contiguous for x in arrays):
        return [x if x is None or x.ndim == 1 else x.reshape(-1) for x in arrays]
    if all(x is None or x.flags.f_contiguous for x in arrays):
        return [x if x is None or x.ndim == 1 else x.T.reshape(-1) for x in arrays]
    return None


@table.kernel("fused_sgd_", dtypes=WIDE_FLOATING)
def fused_sgd_(
    param: np.ndarray,
    grad: np.ndarray,
    momentum_buffer: np.ndarray | None,
    lr: float,
    weight_decay: float,
    momentum: float,
    dampening: float,
    nesterov: bool,
    maximize: bool,
    first_step: bool,
) -> None:
    flat = _flat((param, grad, momentum_buffer))
    if flat is None:
        _on_copies(
            fused_sgd_,
            (param, grad, momentum_buffer),
            (lr, weight_decay, momentum, dampening, nesterov, maximize, first_step),
        )
        return
    a, b = _buffers.of(param.dtype)
    size, block = param.size, len(a)
    for start in range(0, size, block):
        stop = min(start + block, size)
        p, g = flat[0][start:stop], flat[1][start:stop]
        scratch, other = a[: stop - start], b[: stop - start]
        if weight_decay:
            np.multiply(p, weight_decay, scratch)
            g = (np.subtract if maximize else np.add)(scratch, g, scratch)
        elif maximize:
            g = np.negative(g, scratch)
        if momentum_buffer is not None:
            buffer = flat[2][start:stop]
            if first_step:
                buffer[...] = g
            else:
                buffer *= momentum
                buffer += g if dampening == 0 else np.multiply(g, 1 - dampening, other)
            if nesterov:
                g = np.add(g, np.multiply(buffer, momentum, other), scratch)
            else:
                g = buffer
        p -= np.multiply(g, lr, other)


@table.kernel("fused_adam_", dtypes=WIDE_FLOATING)
def fused_adam_(
    param: np.ndarray,
    grad: np.ndarray,
    exp_avg: np.ndarray,
    exp_avg_sq: np.ndarray,
    max_exp_avg_sq: np.ndarray | None,
    step: float,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    amsgrad: bool,
    maximize: bool,
    decoupled: bool,
) -> None:
    flat = _flat((param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq))
    if flat is None:
        _on_copies(
            fused_adam_,
            (param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq),
            (step, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled),
        )
        return
    a, b = _buffers.of(param.dtype)
    size, block = param.size, len(a)
    step_size = lr / (1 - beta1**step)
    # sqrt(v / c) + eps = (sqrt(v) + eps * sqrt(c)) / sqrt(c): the root of the correction goes into the step size.
    root = (1 - beta2**step) ** 0.5
    step_size, eps = step_size * root, eps * root
    for start in range(0, size, block):
        stop = min(start + block, size)
        p, g, m, v, largest = (None if x is None else x[start:stop] for x in flat)
        scratch, other = a[: stop - start], b[: stop - start]
        if maximize:
            g = np.negative(g, scratch)
        if weight_decay:
            if decoupled:
                p *= 1 - lr * weight_decay
            else:
                np.multiply(p, weight_decay, other)
                g = np.add(g, other, scratch)
        m *= beta1
        m += np.multiply(g, 1 - beta1, other)
        np.multiply(g, g, other)
        other *= 1 - beta2
        v *= beta2
        v += other
        if amsgrad and largest is not None:
            v = np.maximum(largest, v, out=largest)
        np.sqrt(v, other)
        other += eps
        np.divide(m, other, other)
        other *= step_size
        p -= other


def _on_copies(kernel: object, arrays: tuple[np.ndarray | None, ...], settings: tuple[float | bool, ...]) -> None:
    """Run the step on contiguous copies and write the results back: for transposed and sliced arrays."""
    copies = [None if x is None else np.ascontiguousarray(x) for x in arrays]
    kernel(*copies, *settings)
    for position, (target, copy) in enumerate(zip(arrays, copies, strict=True)):
        if position != 1 and target is not None and copy is not target:
            target[...] = copy
