"""Fused optimizer steps: against the published formulas, kernel against body, and what they write into."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchere as torch
from torchere.operators import operator_named
from torchere_ops.optimizer import fused_adam_, fused_sgd_

STEPS = 20


def _start(layout: str = "plain") -> tuple[torch.Tensor, list[torch.Tensor]]:
    source = np.random.default_rng(0)
    shape = {"plain": (7, 5), "transposed": (7, 5), "sliced": (7, 5), "scalar": (), "empty": (0,), "long": (100_003,)}
    wanted = shape[layout]

    def make() -> torch.Tensor:
        if layout == "transposed":
            return torch.tensor(source.standard_normal((5, 7))).t()
        if layout == "sliced":
            return torch.tensor(source.standard_normal((7, 10)))[:, ::2]
        return torch.tensor(source.standard_normal(wanted))

    return make(), [make() for _ in range(STEPS)]


def _adam(param: Any, grads: list[Any], **options: Any) -> Any:
    """Adam as in the papers, in NumPy."""
    lr, (beta1, beta2), eps = options["lr"], options["betas"], options["eps"]
    decay = options["weight_decay"]
    m, v, largest = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for step, g in enumerate(grads, 1):
        g = -g if options["maximize"] else g
        if options["decoupled"]:
            param = param - lr * decay * param
        else:
            g = g + decay * param
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        largest = np.maximum(largest, v)
        second = (largest if options["amsgrad"] else v) / (1 - beta2**step)
        param = param - lr * (m / (1 - beta1**step)) / (np.sqrt(second) + eps)
    return param


def _run_adam(param: torch.Tensor, grads: list[torch.Tensor], **options: Any) -> None:
    m, v = torch.zeros_like(param), torch.zeros_like(param)
    largest = torch.zeros_like(param) if options["amsgrad"] else None
    for step, g in enumerate(grads, 1):
        fused_adam_(
            param, g, m, v, largest, float(step), options["lr"], *options["betas"], options["eps"],
            options["weight_decay"], options["amsgrad"], options["maximize"], options["decoupled"],
        )  # fmt: skip


def _options(**changed: Any) -> dict[str, Any]:
    plain = {
        "lr": 0.01,
        "betas": (0.9, 0.99),
        "eps": 1e-8,
        "weight_decay": 0.0,
        "amsgrad": False,
        "maximize": False,
        "decoupled": False,
    }
    return plain | changed


@pytest.mark.parametrize("layout", ["plain", "transposed", "sliced", "scalar", "empty", "long"])
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "decoupled": True},
        {"amsgrad": True, "maximize": True},
        {"amsgrad": True, "weight_decay": 0.1, "maximize": True, "decoupled": True, "eps": 0.1},
    ],
    ids=str,
)
def test_adam_follows_the_formula(layout, changed):
    param, grads = _start(layout)
    expected = _adam(param.numpy().copy(), [g.numpy() for g in grads], **_options(**changed))
    _run_adam(param, grads, **_options(**changed))
    np.testing.assert_allclose(param.numpy(), expected, rtol=1e-10, atol=1e-12)


def _sgd(param: Any, grads: list[Any], **options: Any) -> Any:
    buffer = None
    for g in grads:
        g = (-g if options["maximize"] else g) + options["weight_decay"] * param
        if options["momentum"]:
            buffer = g if buffer is None else options["momentum"] * buffer + (1 - options["dampening"]) * g
            g = g + options["momentum"] * buffer if options["nesterov"] else buffer
        param = param - options["lr"] * g
    return param


def _run_sgd(param: torch.Tensor, grads: list[torch.Tensor], **options: Any) -> None:
    buffer = torch.zeros_like(param) if options["momentum"] else None
    for step, g in enumerate(grads):
        fused_sgd_(
            param, g, buffer, options["lr"], options["weight_decay"], options["momentum"], options["dampening"],
            options["nesterov"], options["maximize"], step == 0,
        )  # fmt: skip


def _sgd_options(**changed: Any) -> dict[str, Any]:
    plain = {"lr": 0.1, "weight_decay": 0.0, "momentum": 0.0, "dampening": 0.0, "nesterov": False, "maximize": False}
    return plain | changed


SGD_OPTIONS = [
    {},
    {"weight_decay": 0.1, "maximize": True},
    {"maximize": True},
    {"momentum": 0.9},
    {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1},
    {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    {"momentum": 0.9, "nesterov": True, "maximize": True},
]


@pytest.mark.parametrize("layout", ["plain", "transposed", "sliced", "scalar", "empty", "long"])
@pytest.mark.parametrize("changed", SGD_OPTIONS, ids=str)
def test_sgd_follows_the_formula(layout, changed):
    param, grads = _start(layout)
    expected = _sgd(param.numpy().copy(), [g.numpy() for g in grads], **_sgd_options(**changed))
    _run_sgd(param, grads, **_sgd_options(**changed))
    np.testing.assert_allclose(param.numpy(), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("changed", SGD_OPTIONS, ids=str)
def test_body_of_sgd_equals_its_kernel(changed):
    """Devices without a kernel run the body."""
    (first, grads), (second, _) = _start(), _start()
    body, options = operator_named("fused_sgd_").function, _sgd_options(**changed)
    _run_sgd(first, grads, **options)
    buffer = torch.zeros_like(second) if options["momentum"] else None
    for step, g in enumerate(grads):
        body(second, g, buffer, *list(options.values())[:1], options["weight_decay"], options["momentum"],
             options["dampening"], options["nesterov"], options["maximize"], step == 0)  # fmt: skip
    np.testing.assert_allclose(second.numpy(), first.numpy(), rtol=1e-10)


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("maximize", [False, True])
def test_body_of_adam_equals_its_kernel(amsgrad, decoupled, maximize):
    (first, grads), (second, _) = _start(), _start()
    options = _options(amsgrad=amsgrad, decoupled=decoupled, maximize=maximize, weight_decay=0.1)
    _run_adam(first, grads, **options)
    body = operator_named("fused_adam_").function
    m, v = torch.zeros_like(second), torch.zeros_like(second)
    largest = torch.zeros_like(second) if amsgrad else None
    for step, g in enumerate(grads, 1):
        body(second, g, m, v, largest, float(step), options["lr"], *options["betas"], options["eps"],
             options["weight_decay"], amsgrad, maximize, decoupled)  # fmt: skip
    np.testing.assert_allclose(second.numpy(), first.numpy(), rtol=1e-10)


def test_gradient_is_left_alone_and_versions_advance():
    param, (grad, *_) = _start()
    m, v = torch.zeros_like(param), torch.zeros_like(param)
    before, version = grad.clone(), param._version
    fused_adam_(param, grad, m, v, None, 1.0, 0.1, 0.9, 0.99, 1e-8, 0.1, False, True, False)
    assert torch.equal(grad, before)
    assert param._version > version
    assert m._version > 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_other_dtypes(dtype):
    param, grads = _start()
    expected = _adam(param.numpy().copy(), [g.numpy() for g in grads], **_options())
    low = param.to(dtype)
    _run_adam(low, [g.to(dtype) for g in grads], **_options())
    tolerance = 1e-5 if dtype is torch.float32 else 0.1
    np.testing.assert_allclose(low.double().numpy(), expected, atol=tolerance)
