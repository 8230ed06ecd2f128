"""Four small models in plain NumPy float64, trained with gradients by central differences.

No automatic differentiation, no kernel, no layer of ours takes part: that is what makes the loss curves a reference.
Parameters go by the names of the state dict of the model they stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["OPTIMIZERS", "cnn", "cross_entropy", "lstm", "mean_square", "mlp", "trained", "transformer"]

Array = np.ndarray[Any, Any]
Parameters = dict[str, Array]
Model = Callable[[Parameters, Array], Array]

STEP = 1e-5


def mlp(p: Parameters, x: Array) -> Array:
    """Linear, tanh, Linear, ReLU, Linear."""
    x = np.tanh(x @ p["0.weight"].T + p["0.bias"])
    x = np.maximum(x @ p["2.weight"].T + p["2.bias"], 0)
    return x @ p["4.weight"].T + p["4.bias"]


def cnn(p: Parameters, x: Array) -> Array:
    """3×3 convolution with padding 1, batch norm, ReLU, 2×2 max pooling, Linear."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    x = np.einsum("nchwij,ocij->nohw", windows, p["0.weight"]) + p["0.bias"][:, None, None]
    mean, var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    x = (x - mean) / np.sqrt(var + 1e-5) * p["1.weight"][:, None, None] + p["1.bias"][:, None, None]
    x = np.maximum(x, 0)
    n, c, h, w = x.shape
    x = x.reshape(n, c, h // 2, 2, w // 2, 2).max((3, 5)).reshape(n, -1)
    return x @ p["5.weight"].T + p["5.bias"]


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def lstm(p: Parameters, x: Array) -> Array:
    """One LSTM layer over (time, batch, features); Linear on the last state."""
    size = p["lstm.weight_hh_l0"].shape[1]
    h = c = np.zeros((x.shape[1], size))
    for step in x:
        gates = step @ p["lstm.weight_ih_l0"].T + p["lstm.bias_ih_l0"]
        gates = gates + h @ p["lstm.weight_hh_l0"].T + p["lstm.bias_hh_l0"]
        i, f, g, o = np.split(gates, 4, axis=1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
    return h @ p["head.weight"].T + p["head.bias"]


def _layer_norm(x: Array, weight: Array, bias: Array) -> Array:
    return np.asarray((x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * weight + bias)


def transformer(p: Parameters, x: Array, heads: int = 2) -> Array:
    """A post-norm encoder block over (batch, time, features): self-attention and a ReLU MLP, each with a shortcut."""
    n, t, d = x.shape
    projected = x @ p["self_attn.in_proj_weight"].T + p["self_attn.in_proj_bias"]
    q, k, v = (part.reshape(n, t, heads, d // heads).swapaxes(1, 2) for part in np.split(projected, 3, axis=-1))
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(d // heads)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights = weights / weights.sum(-1, keepdims=True)
    mixed = (weights @ v).swapaxes(1, 2).reshape(n, t, d)
    x = x + mixed @ p["self_attn.out_proj.weight"].T + p["self_attn.out_proj.bias"]
    x = _layer_norm(x, p["norm1.weight"], p["norm1.bias"])
    hidden = np.maximum(x @ p["linear1.weight"].T + p["linear1.bias"], 0)
    x = x + hidden @ p["linear2.weight"].T + p["linear2.bias"]
    return _layer_norm(x, p["norm2.weight"], p["norm2.bias"])


def cross_entropy(scores: Array, target: Array) -> float:
    """The mean negative log-likelihood of classes `target`."""
    shifted = scores - scores.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return float(-logs[np.arange(len(target)), target].mean())


def mean_square(output: Array, target: Array) -> float:
    """The mean of squared differences."""
    return float(((output - target) ** 2).mean())


Update = Callable[[Array, Array, dict[str, Array], int], Array]


def _sgd(p: Array, g: Array, state: dict[str, Array], step: int) -> Array:
    """lr 0.1, momentum 0.9."""
    state["momentum"] = 0.9 * state["momentum"] + g if "momentum" in state else g
    return p - 0.1 * state["momentum"]


def _adam(p: Array, g: Array, state: dict[str, Array], step: int, decay: float = 0.0) -> Array:
    """lr 0.01, betas 0.9 and 0.999, eps 1e-8; `decay` as AdamW applies it."""
    p = p * (1 - 0.01 * decay)
    state["m"] = 0.9 * state.get("m", np.zeros_like(g)) + 0.1 * g
    state["v"] = 0.999 * state.get("v", np.zeros_like(g)) + 0.001 * g * g
    return p - 0.01 * (state["m"] / (1 - 0.9**step)) / (np.sqrt(state["v"] / (1 - 0.999**step)) + 1e-8)


def _adamw(p: Array, g: Array, state: dict[str, Array], step: int) -> Array:
    """As Adam, with weight decay 0.1."""
    return _adam(p, g, state, step, decay=0.1)


OPTIMIZERS: dict[str, Update] = {"SGD": _sgd, "Adam": _adam, "AdamW": _adamw}


def trained(
    model: Model,
    loss: Callable[[Array, Array], float],
    optimizer: str,
    parameters: Parameters,
    x: Array,
    target: Array,
    steps: int,
) -> list[float]:
    """The losses of `steps` steps on one batch, each measured before its update."""
    parameters = {name: value.astype(np.float64) for name, value in parameters.items()}
    states: dict[str, dict[str, Array]] = {name: {} for name in parameters}
    update = OPTIMIZERS[optimizer]
    losses = []
    for step in range(1, steps + 1):
        losses.append(loss(model(parameters, x), target))
        grads = {name: _difference(model, loss, parameters, name, x, target) for name in parameters}
        for name, grad in grads.items():
            parameters[name] = update(parameters[name], grad, states[name], step)
    return losses


def _difference(
    model: Model, loss: Callable[[Array, Array], float], parameters: Parameters, name: str, x: Array, target: Array
) -> Array:
    point = parameters[name]
    grad = np.zeros_like(point)
    moved = point.copy()
    for place in np.ndindex(*point.shape):
        values = []
        for sign in (1, -1):
            moved[place] = point[place] + sign * STEP
            values.append(loss(model({**parameters, name: moved}, x), target))
        moved[place] = point[place]
        grad[place] = (values[0] - values[1]) / (2 * STEP)
    return grad
