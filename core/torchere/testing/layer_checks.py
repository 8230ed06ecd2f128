"""The kit for layers. A check gets `make` (a fresh layer at each call), its inputs, and the documented output shape."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

import torchere
from torchere.dtypes import by_name
from torchere.tensors.tensor import Tensor
from torchere.testing.cases import Sample
from torchere.testing.running import flat
from torchere.testing.samples import GUESSES, guessed, made
from torchere.testing.values import arrays_of, is_inexact, random_source, tensor_of, to_numpy

__all__ = ["LAYER_CHECKS", "Layer"]


class Layer:
    """A layer under test: its class or factory and a sample of how to use it."""

    def __init__(self, factory: Callable[..., Any], sample: Sample | None = None) -> None:
        self.factory = factory
        self._sample = sample

    @property
    def sample(self) -> Sample:
        """How it is made and called; guessed from the signature if nothing says so."""
        if self._sample is None:

            def works(sample: Sample) -> None:
                self._sample = sample
                self.make()(*self.inputs())

            try:
                self._sample = guessed(self.factory, 4, GUESSES, works)
            except BaseException:
                self._sample = None
                raise
        return self._sample

    @property
    def name(self) -> str:
        """The class's name."""
        return type(self.make()).__name__

    def make(self, seed: int = 0) -> Any:
        """A fresh layer; its random weights depend on `seed`."""
        sample = self.sample
        torchere.manual_seed(seed)
        return made(self.factory, sample)

    def inputs(self, dtype: str = "float32") -> list[Any]:
        """Its inputs, the same at each call."""
        arrays = arrays_of(self.sample.inputs, dtype, random_source("layer"))
        return [tensor_of(item, "cpu") if isinstance(item, np.ndarray) else item for item in arrays]

    def output(self, layer: Any, dtype: str = "float32") -> list[Tensor]:
        """Its results in a flat list."""
        torchere.manual_seed(1)
        return [item for item in flat(layer(*self.inputs(dtype))) if isinstance(item, Tensor)]


def _same(first: list[Tensor], second: list[Tensor], what: str) -> None:
    for a, b in zip(first, second, strict=True):
        if not np.array_equal(to_numpy(a.detach()), to_numpy(b.detach()), equal_nan=True):
            raise AssertionError(what)


def shapes(layer: Layer) -> None:
    """The result has the documented shape and is finite."""
    results = layer.output(layer.make())
    if not results:
        raise AssertionError("forward returned no tensor")
    wanted = layer.sample.output
    if wanted is not None and tuple(results[0].shape) != wanted:
        raise AssertionError(f"output has shape {list(results[0].shape)}, documented is {list(wanted)}")
    for item in results:
        values = to_numpy(item.detach())
        if is_inexact(values) and not np.isfinite(values.astype(np.complex128)).all():
            raise AssertionError("output is not finite")


def state_dict(layer: Layer) -> None:
    """A layer that loads another's state dict computes the same; keys are those of parameters and buffers."""
    first, second = layer.make(0).eval(), layer.make(5).eval()
    state = first.state_dict()
    names = {name for name, _ in first.named_parameters()} | {name for name, _ in first.named_buffers()}
    extra = {name for name in state if name not in names and not name.endswith("_extra_state")}
    if extra:
        raise AssertionError(f"state_dict has keys that are no parameter or buffer: {sorted(extra)}")
    result = second.load_state_dict(copy.deepcopy(state))
    if result.missing_keys or result.unexpected_keys:
        raise AssertionError(f"load_state_dict of its own state dict: {result}")
    _same(layer.output(first), layer.output(second), "after load_state_dict the outputs differ")


def representation(layer: Layer) -> None:
    """`repr` starts with the class's name."""
    module = layer.make()
    if not repr(module).startswith(f"{type(module).__name__}("):
        raise AssertionError(f"repr is {repr(module)!r}")


def modes(layer: Layer) -> None:
    """`train` and `eval` reach every submodule, and evaluation is deterministic."""
    module = layer.make()
    for mode in (False, True):
        if module.train(mode) is not module or any(item.training is not mode for item in module.modules()):
            raise AssertionError(f"train({mode}) did not reach every submodule, or does not return the module")
    module.eval()
    first = layer.output(module)
    _same(first, layer.output(module), "two calls in eval mode differ")


def deep_copy(layer: Layer) -> None:
    """A deep copy computes the same and shares nothing."""
    module = layer.make().eval()
    twin = copy.deepcopy(module)
    before = layer.output(module)
    _same(before, layer.output(twin), "a deep copy computes something else")
    with torchere.no_grad():
        for parameter in twin.parameters():
            parameter.add_(1.0)
    _same(before, layer.output(module), "writing a deep copy's parameters changed the original")


def dtypes(layer: Layer) -> None:
    """`to(float64)` converts parameters and floating buffers, and the layer then computes in float64."""
    module = layer.make().to(by_name("float64")).eval()
    held = [*module.named_parameters(), *module.named_buffers()]
    wrong = [name for name, item in held if item.is_floating_point() and item.dtype.name != "float64"]
    if wrong:
        raise AssertionError(f"to(float64) left {', '.join(wrong)}")
    for item in layer.output(module, "float64"):
        if item.is_floating_point() and item.dtype.name != "float64":
            raise AssertionError(f"after to(float64) the output is {item.dtype.name}")


def gradients(layer: Layer) -> None:
    """Gradients reach every parameter that requires them and every floating input, and are finite."""
    module = layer.make()
    inputs = [
        item.requires_grad_() if isinstance(item, Tensor) and item.is_floating_point() else item
        for item in layer.inputs()
    ]
    torchere.manual_seed(1)
    results = [item for item in flat(module(*inputs)) if isinstance(item, Tensor) and item.requires_grad]
    if not results:
        if any(True for _ in module.parameters()):
            raise AssertionError("it has parameters, but its output requires no gradient")
        return
    source = random_source("upstream")
    tops = [tensor_of(source.standard_normal(tuple(r.shape)).astype(r.dtype.numpy), "cpu") for r in results]
    torchere.autograd.backward(results, tops)
    held = [*module.named_parameters(), *((f"input {i}", item) for i, item in enumerate(inputs))]
    for name, item in held:
        if not isinstance(item, Tensor) or not item.requires_grad:
            continue
        if item.grad is None:
            raise AssertionError(f"no gradient reaches {name}")
        if not np.isfinite(to_numpy(item.grad)).all():
            raise AssertionError(f"the gradient of {name} is not finite")


#: name → check.
LAYER_CHECKS: dict[str, Callable[[Layer], None]] = {
    "shapes": shapes,
    "state-dict": state_dict,
    "repr": representation,
    "modes": modes,
    "deepcopy": deep_copy,
    "dtypes": dtypes,
    "gradients": gradients,
}
