"""Runs one golden case of a layer in training, in evaluation, and without gradients, in either framework."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from golden_inputs import _leaves, array_of, fill, random_state
from layer_cases import MORE_LAYERS, UNTRAINED
from nn_cases import LAYERS

__all__ = ["MODES", "all_cases", "build", "modes_of", "run_mode"]

MODES = ("train", "eval", "inference")


def all_cases() -> list[tuple[str, str, list[Any]]]:
    """Every case of both tables."""
    return [*LAYERS, *MORE_LAYERS]


def modes_of(name: str, text: str) -> tuple[str, ...]:
    """The modes whose results are stored: training of the first table's cases is in ``nn.npz``.

    Without gradients only what has a fast path there can differ.
    """
    train = name in {case[0] for case in MORE_LAYERS} and name not in UNTRAINED
    inference = re.search(r"nn\.(Transformer|MultiheadAttention)", text) is not None
    return tuple(mode for mode, wanted in zip(MODES, (train, True, inference), strict=True) if wanted)


def _called(nn: Any, torch: Any) -> Any:
    def called(module: Any, *shapes: tuple[int, ...]) -> Any:
        module(*(torch.ones(shape) for shape in shapes))
        return module

    return called


def _wrapper(nn: Any) -> Any:
    class Wrapped(nn.Module):
        def __init__(self, module: Any, function: Any) -> None:
            super().__init__()
            self.inner = module
            self.function = function

        def forward(self, *inputs: Any) -> Any:
            return self.function(self.inner, *inputs)

    return Wrapped


def _value(spec: Any, torch: Any, nn: Any, random: np.random.RandomState) -> Any:
    if isinstance(spec[0] if spec else None, str) and spec[0] in ("eval", "edges"):
        return eval(spec[1], {"torch": torch, "nn": nn})
    return torch.tensor(array_of(spec, random) if spec else np.array(random.standard_normal()))


def build(text: str, nn: Any, torch: Any) -> Any:
    """The module of a case."""
    return eval(text, {"nn": nn, "torch": torch, "called": _called(nn, torch), "wrap": _wrapper(nn)})


def run_mode(name: str, text: str, inputs: list[Any], mode: str, nn: Any, torch: Any) -> dict[str, np.ndarray]:
    """Outputs, gradients of inputs and parameters under random upstream gradients, and the buffers afterwards."""
    random = random_state(name)
    module = build(text, nn, torch).double()
    fill(module, torch, random)
    module.train(mode == "train")
    keywords = {
        key: eval(value[1:], {"torch": torch}) if isinstance(value, str) and value.startswith("=") else value
        for item in inputs
        if isinstance(item, dict)
        for key, value in item.items()
    }
    tensors = []
    for spec in inputs:
        if isinstance(spec, dict):
            continue
        tensor = _value(spec, torch, nn, random)
        # Targets are not differentiable in every framework.
        normal = not spec or not isinstance(spec[0], str)
        if tensor.is_floating_point() and (normal or not tensors) and mode != "inference":
            tensor.requires_grad_(True)
        tensors.append(tensor)
    with torch.set_grad_enabled(mode != "inference"):
        outputs = list(_leaves(module(*tensors, **keywords)))
    result = {f"out{i}": output.detach().numpy().copy() for i, output in enumerate(outputs)}
    if mode == "inference":
        return result
    total = sum((output * torch.tensor(random.standard_normal(tuple(output.shape)))).sum() for output in outputs)
    if total.requires_grad:
        total.backward()
    named = [(f"input{i}", tensor) for i, tensor in enumerate(tensors)]
    named += [(f"keyword.{key}", value) for key, value in keywords.items() if hasattr(value, "grad")]
    named += [(f"grad.{key}", value) for key, value in module.named_parameters()]
    for key, tensor in named:
        if tensor.grad is not None:
            result[key] = tensor.grad.numpy().copy()
    for key, buffer in module.named_buffers():
        result[f"buffer.{key}"] = buffer.detach().numpy().copy()
    return result
