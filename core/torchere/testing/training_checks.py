"""Tier 3: models train on the device as they do in NumPy float64, with no operator running anywhere else."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import torchere
from torchere import plugins
from torchere.backend import backend_of
from torchere.dtypes import by_name
from torchere.testing import training_reference as reference
from torchere.testing.report import Skipped
from torchere.testing.values import random_source, tensor_of, to_numpy

__all__ = ["TRAINING_CHECKS", "training_dtypes"]

Array = np.ndarray[Any, Any]

STEPS = 6
#: Of the loss at every step, relative; Adam divides by gradients that are nearly zero, which costs digits.
TOLERANCES = {"float64": 1e-6, "float32": 2e-3}


def training_dtypes(device: str) -> tuple[str, ...]:
    """float32, and float64 where the device has it."""
    return tuple(name for name in TOLERANCES if name in backend_of(device).dtypes)


@dataclass(frozen=True)
class Problem:
    """A model, its reference, and a batch of data."""

    make: Callable[[], Any]
    reference: reference.Model
    optimizer: str
    shape: tuple[int, ...]
    classes: int
    target_shape: tuple[int, ...] = ()

    def data(self, name: str) -> tuple[Array, Array]:
        """Inputs, and classes or numbers to reproduce."""
        source = random_source("training", name)
        x = source.standard_normal(self.shape)
        if self.classes:
            return x, np.asarray(source.integers(0, self.classes, self.target_shape))
        return x, source.standard_normal(self.target_shape)


def _mlp() -> Any:
    from torchere import nn

    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3))


def _cnn() -> Any:
    from torchere import nn

    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 4)
    )


def _lstm() -> Any:
    from torchere import nn

    class Recurrent(nn.Module):
        """An LSTM layer and a head on its last state."""

        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(3, 4)
            self.head = nn.Linear(4, 3)

        def forward(self, x: Any) -> Any:
            outputs, _ = self.lstm(x)
            return self.head(outputs[-1])

    return Recurrent()


def _transformer() -> Any:
    from torchere import nn

    return nn.TransformerEncoderLayer(4, 2, dim_feedforward=6, dropout=0.0, batch_first=True)


PROBLEMS = {
    "mlp": Problem(_mlp, reference.mlp, "Adam", (10, 5), 3, (10,)),
    "cnn": Problem(_cnn, reference.cnn, "SGD", (6, 1, 6, 6), 4, (6,)),
    "lstm": Problem(_lstm, reference.lstm, "SGD", (5, 4, 3), 3, (4,)),
    "transformer": Problem(_transformer, reference.transformer, "AdamW", (3, 4, 4), 0, (3, 4, 4)),
}


def _options(optimizer: str) -> dict[str, float]:
    return {
        "SGD": {"lr": 0.1, "momentum": 0.9},
        "Adam": {"lr": 0.01},
        "AdamW": {"lr": 0.01, "weight_decay": 0.1},
    }[optimizer]


def _initial(name: str) -> Any:
    """The model with its initial weights, on the cpu in float32."""
    torchere.manual_seed(11)
    return PROBLEMS[name].make()


@cache
def _curve(name: str) -> tuple[float, ...]:
    problem = PROBLEMS[name]
    parameters = {key: to_numpy(value.detach()) for key, value in _initial(name).named_parameters()}
    x, target = problem.data(name)
    loss = reference.cross_entropy if problem.classes else reference.mean_square
    return tuple(reference.trained(problem.reference, loss, problem.optimizer, parameters, x, target, STEPS))


def _train(name: str, device: str, dtype: str) -> tuple[Any, Any, list[float]]:
    import torchere.nn.functional as F
    from torchere import optim

    problem = PROBLEMS[name]
    model = _initial(name).to(device=device, dtype=by_name(dtype))
    inputs, wanted = problem.data(name)
    x = tensor_of(inputs.astype(by_name(dtype).numpy), device)
    target = tensor_of(wanted if problem.classes else wanted.astype(by_name(dtype).numpy), device)
    optimizer = getattr(optim, problem.optimizer)(model.parameters(), **_options(problem.optimizer))
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        output = model(x)
        loss = F.cross_entropy(output, target) if problem.classes else F.mse_loss(output, target)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.item()))
    return model, x, losses


def parity(name: str, device: str, dtype: str) -> None:
    """The loss of each step is that of the NumPy reference."""
    expected = _curve(name)
    with plugins.fallback_policy("error"):
        _, _, losses = _train(name, device, dtype)
    for step, (mine, other) in enumerate(zip(losses, expected, strict=True)):
        if not abs(mine - other) <= TOLERANCES[dtype] * (1 + abs(other)):
            raise AssertionError(f"loss {mine:.9g} in step {step}, expected {other:.9g} (all: {losses})")
    if not losses[-1] < losses[0]:
        raise AssertionError(f"the loss did not fall: {losses}")


def state_dict(name: str, device: str, dtype: str) -> None:
    """A trained model's weights survive a file: a fresh model that loads them computes the same, bit by bit."""
    with plugins.fallback_policy("error"):
        model, x, _ = _train(name, device, dtype)
        model.eval()
        expected = to_numpy(model(x).detach())
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights"
            torchere.save(model.state_dict(), path)
            loaded = torchere.load(path, map_location=device)
        torchere.manual_seed(12)
        fresh = PROBLEMS[name].make().to(device=device, dtype=by_name(dtype))
        fresh.load_state_dict(loaded)
        fresh.eval()
        if any(value.device.type != device for value in fresh.state_dict().values()):
            raise AssertionError("loaded weights are not on the device")
        if not np.array_equal(to_numpy(fresh(x).detach()), expected):
            raise AssertionError("the model with loaded weights computes something else")


def _for(check: Callable[[str, str, str], None], name: str) -> Callable[[str, str], None]:
    def run(device: str, dtype: str) -> None:
        missing = _unavailable()
        if missing:
            raise Skipped(missing)
        check(name, device, dtype)

    run.__name__ = f"{check.__name__}_{name}"
    run.__doc__ = check.__doc__
    return run


@cache
def _unavailable() -> str:
    """Why models cannot be trained here at all: layers and optimizers are plugins, too. Empty if they can."""
    try:
        import torchere.nn
        import torchere.optim  # noqa: F401
    except ImportError as error:
        return f"training needs the plugins nn and optim: {error}"
    return ""


#: "mlp" and so on → check name → check, called with device and dtype.
TRAINING_CHECKS: dict[str, dict[str, Callable[[str, str], None]]] = {
    name: {"parity": _for(parity, name), "state-dict": _for(state_dict, name)} for name in PROBLEMS
}
