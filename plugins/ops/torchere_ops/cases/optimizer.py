"""Cases of the optimizers' steps. References follow the papers' algorithms, one update at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]


def _sgd(
    param: Array,
    grad: Array,
    buffer: Array | None,
    lr: float,
    weight_decay: float,
    momentum: float,
    dampening: float,
    nesterov: bool,
    maximize: bool,
    first_step: bool,
) -> tuple[Array, ...]:
    g = (-1 if maximize else 1) * grad + weight_decay * param
    if buffer is None:
        return (param - lr * g,)
    buffer = g if first_step else momentum * buffer + (1 - dampening) * g
    return param - lr * (g + momentum * buffer if nesterov else buffer), buffer


def _adam(
    param: Array,
    grad: Array,
    mean: Array,
    square: Array,
    largest: Array | None,
    step: float,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    amsgrad: bool,
    maximize: bool,
    decoupled: bool,
) -> tuple[Array, ...]:
    g = -grad if maximize else grad
    if decoupled:
        param = param - lr * weight_decay * param
    else:
        g = g + weight_decay * param
    mean = beta1 * mean + (1 - beta1) * g
    square = beta2 * square + (1 - beta2) * g**2
    top = square if largest is None else np.maximum(largest, square)
    unbiased, spread = mean / (1 - beta1**step), top / (1 - beta2**step)
    param = param - lr * unbiased / (np.sqrt(spread) + eps)
    return (param, mean, square) if largest is None else (param, mean, square, top)


SHAPE = (3, 4)
POSITIVE = A(*SHAPE, low=0.1, high=1)
#: lr, weight_decay, momentum, dampening, nesterov, maximize, first_step.
SGD = (
    (0.1, 0.0, 0.0, 0.0, False, False, True),
    (0.1, 0.3, 0.0, 0.0, False, True, False),
    (0.1, 0.0, 0.9, 0.0, False, False, True),
    (0.1, 0.3, 0.9, 0.2, False, False, False),
    (0.1, 0.3, 0.9, 0.0, True, False, False),
    (0.1, 0.3, 0.9, 0.0, True, True, True),
)
#: step, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled.
ADAM = (
    (1.0, 0.1, 0.9, 0.99, 1e-8, 0.0, False, False, False),
    (5.0, 0.1, 0.8, 0.9, 1e-2, 0.3, False, True, False),
    (5.0, 0.1, 0.8, 0.9, 1e-2, 0.3, False, False, True),
    (5.0, 0.1, 0.8, 0.9, 1e-2, 0.3, True, True, True),
)

CASES = [
    *(
        Case("fused_sgd_", A(*SHAPE), A(*SHAPE), A(*SHAPE) if options[2] else None, *options, reference=_sgd)
        for options in SGD
    ),
    Case("fused_sgd_", A(), A(), A(), *SGD[3], reference=_sgd),
    Case("fused_sgd_", A(0, 3), A(0, 3), None, *SGD[0], reference=_sgd),
    Case("fused_sgd_", A(70000), A(70000), A(70000), *SGD[4], reference=_sgd, dtypes=("float32",)),
    *(
        Case(
            "fused_adam_",
            A(*SHAPE),
            A(*SHAPE),
            A(*SHAPE),
            POSITIVE,
            POSITIVE if options[6] else None,
            *options,
            reference=_adam,
        )
        for options in ADAM
    ),
    Case("fused_adam_", A(), A(), A(), A(low=0.1, high=1), None, *ADAM[1], reference=_adam),
    Case("fused_adam_", A(0), A(0), A(0), A(0), None, *ADAM[0], reference=_adam),
    Case(
        "fused_adam_", *[A(70000)] * 3, A(70000, low=0.1, high=1), None, *ADAM[2], reference=_adam, dtypes=("float32",)
    ),
]

ERRORS = [
    ErrorCase("fused_sgd_", [1.0], A(3), None, *SGD[0], raises=TypeError, match="must be Tensor, not list"),
]
