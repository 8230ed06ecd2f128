"""Adam's and SGD's steps by compiled loops, in place."""

from __future__ import annotations

from typing import Any

from torchere_dispatch import KernelTable

from .arrays import FLOATS, Array
from .late import Loops, is_usable
from .team import spread

__all__ = ["LARGE", "table"]

table = KernelTable(device="cpu", priority=5)
loops = Loops("optimizer")

#: Elements from which on a parameter is worth a loop …
LARGE = 1024
#: … and from which on two threads are worth their meeting.
SPREAD = 65536


def _vectors(arrays: tuple[Array, ...]) -> list[Array] | None:
    """The arrays as vectors over the same memory; None if they are not laid out alike without gaps."""
    if all(x.flags.c_contiguous for x in arrays):
        return [x.reshape(-1) for x in arrays]
    if all(x.flags.f_contiguous for x in arrays):
        return [x.T.reshape(-1) for x in arrays]
    return None


def _run(function: Any, size: int, *args: Any) -> None:
    if size >= SPREAD:
        spread(function, size, *args)
    else:
        function(0, size, *args)


@table.kernel("fused_sgd_", dtypes=FLOATS, yields=True, smallest=LARGE)
def fused_sgd_(
    param: Array,
    grad: Array,
    momentum_buffer: Array | None,
    lr: float,
    weight_decay: float,
    momentum: float,
    dampening: float,
    nesterov: bool,
    maximize: bool,
    first_step: bool,
) -> Any:
    if not is_usable():
        return NotImplemented
    flat = _vectors((param, grad) if momentum_buffer is None else (param, grad, momentum_buffer))
    if flat is None:
        return NotImplemented
    number = param.dtype.type
    settings = (number(-1 if maximize else 1), number(weight_decay), number(lr))
    if momentum_buffer is None:
        _run(loops.sgd, param.size, *flat, *settings)
        return None
    if first_step:
        # What is in the buffer does not count, not even NaN.
        flat[2][...] = 0
    fresh = number(1 if first_step else 1 - dampening)
    _run(
        loops.sgd_with_momentum,
        param.size,
        *flat,
        *settings,
        number(momentum),
        fresh,
        number(momentum if nesterov else 0),
    )
    return None


@table.kernel("fused_adam_", dtypes=FLOATS, yields=True, smallest=LARGE)
def fused_adam_(
    param: Array,
    grad: Array,
    exp_avg: Array,
    exp_avg_sq: Array,
    max_exp_avg_sq: Array | None,
    step: float,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    amsgrad: bool,
    maximize: bool,
    decoupled: bool,
) -> Any:
    if not is_usable():
        return NotImplemented
    most = max_exp_avg_sq if amsgrad else None
    arrays = (param, grad, exp_avg, exp_avg_sq)
    flat = _vectors(arrays if most is None else (*arrays, most))
    if flat is None:
        return NotImplemented
    # sqrt(v / c) + eps = (sqrt(v) + eps * sqrt(c)) / sqrt(c): the root of the correction goes into the step size.
    root = (1 - beta2**step) ** 0.5
    factors = (
        -1 if maximize else 1,
        1 - lr * weight_decay if decoupled else 1,
        0 if decoupled else weight_decay,
        *(beta1, 1 - beta1, beta2, 1 - beta2),
        *(eps * root, lr / (1 - beta1**step) * root),
    )
    numbers = map(param.dtype.type, factors)
    _run(loops.adam if most is None else loops.adam_with_maximum, param.size, *flat, *numbers)
    return None
