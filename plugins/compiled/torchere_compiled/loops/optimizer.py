"""Optimizer steps: one pass over all arrays of a parameter."""

from __future__ import annotations

import numpy as np

from .jit import loop

__all__ = ["adam", "adam_with_maximum", "sgd", "sgd_with_momentum"]


@loop
def adam(start, stop, param, grad, mean, square, sign, shrink, decay, kept, fresh, kept2, fresh2, eps, step_size):
    """Elements ``start … stop``: see `torchere_compiled.optimizer.fused_adam_` for the factors."""
    param, grad, mean, square = param[start:stop], grad[start:stop], mean[start:stop], square[start:stop]
    for i in range(param.size):
        p = param[i] * shrink
        g = grad[i] * sign
        if decay != 0:
            g += p * decay
        m = mean[i] * kept + g * fresh
        v = square[i] * kept2 + g * g * fresh2
        mean[i] = m
        square[i] = v
        param[i] = p - step_size * (m / (np.sqrt(v) + eps))


@loop
def adam_with_maximum(
    start, stop, param, grad, mean, square, most, sign, shrink, decay, kept, fresh, kept2, fresh2, eps, step_size
):
    """`adam` with the largest second moment so far (amsgrad)."""
    param, grad, mean, square = param[start:stop], grad[start:stop], mean[start:stop], square[start:stop]
    most = most[start:stop]
    for i in range(param.size):
        p = param[i] * shrink
        g = grad[i] * sign
        if decay != 0:
            g += p * decay
        m = mean[i] * kept + g * fresh
        v = square[i] * kept2 + g * g * fresh2
        mean[i] = m
        square[i] = v
        v = v if (v > most[i]) | (v != v) else most[i]
        most[i] = v
        param[i] = p - step_size * (m / (np.sqrt(v) + eps))


@loop
def sgd(start, stop, param, grad, sign, decay, lr):
    """``p -= lr * (sign * g + decay * p)``."""
    param, grad = param[start:stop], grad[start:stop]
    for i in range(param.size):
        g = grad[i] * sign
        if decay != 0:
            g += param[i] * decay
        param[i] -= lr * g


@loop
def sgd_with_momentum(start, stop, param, grad, buffer, sign, decay, lr, momentum, fresh, ahead):
    """The buffer becomes ``momentum * buffer + fresh * g``; the step is along it, or along ``g + ahead * buffer``."""
    param, grad, buffer = param[start:stop], grad[start:stop], buffer[start:stop]
    if ahead != 0:
        for i in range(param.size):
            g = grad[i] * sign
            if decay != 0:
                g += param[i] * decay
            b = buffer[i] * momentum + g * fresh
            buffer[i] = b
            param[i] -= lr * (g + ahead * b)
    else:
        for i in range(param.size):
            g = grad[i] * sign
            if decay != 0:
                g += param[i] * decay
            b = buffer[i] * momentum + g * fresh
            buffer[i] = b
            param[i] -= lr * b
