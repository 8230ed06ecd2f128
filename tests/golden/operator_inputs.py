"""Inputs of the operators' golden samples, and what one call gives, the same for every framework.

A sample is the text of a call's arguments, such as ``A(2,3), 1, keepdim=True``, evaluated once per dtype. A text that
starts with ``=`` is a whole expression instead. The names it may use are those of `Inputs`. Numbers come from NumPy's
frozen ``RandomState``, so inputs are regenerated rather than stored.
"""

from __future__ import annotations

import runpy
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

__all__ = ["DTYPES", "GRADIENT_DTYPES", "Inputs", "Outcome", "gradient_outcome", "operators", "outcome", "resolve"]

DTYPES = "float32 float64 float16 bfloat16 complex64 complex128 int64 int32 uint8 bool".split()
GRADIENT_DTYPES = ["float64", "complex128"]
_ARRAYS = {"float32", "float64", "complex64", "complex128", "int64", "int32", "int16", "int8", "uint8", "bool"}


@dataclass
class Operator:
    """A public name, ``linalg.inv`` or ``Tensor.fill_``, with its samples."""

    name: str
    samples: list[str]
    family: str
    values: bool = True


def operators() -> dict[str, Operator]:
    """Every operator of ``operator_cases/``, by name."""
    found: dict[str, Operator] = {}
    for path in sorted((Path(__file__).parent / "operator_cases").glob("*.py")):
        for table in runpy.run_path(str(path))["TABLES"]:
            prefix = f"{table['namespace']}." if table["namespace"] else ""
            for name, samples in table["cases"].items():
                if prefix + name in found:
                    raise ValueError(f"{prefix + name} stands in two tables, of {found[prefix + name].family} too")
                found[prefix + name] = Operator(prefix + name, samples, path.stem, table.get("values", True))
    return found


def resolve(torch: Any, name: str) -> Any:
    """The function of a name below `torch`."""
    value = torch
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _cast(array: np.ndarray, dtype: str) -> np.ndarray:
    """Real or complex numbers as elements of `dtype`, without anything undefined: infinities become ±100."""
    if dtype.startswith("complex"):
        return array.astype(dtype)
    array = array.real
    if dtype in ("float16", "bfloat16"):
        return array.astype("float32")
    if dtype.startswith("float"):
        return array.astype(dtype)
    if dtype == "bool":
        return array > 0
    whole = np.clip(np.nan_to_num(array, nan=0.0, posinf=100.0, neginf=-100.0), -1e9, 1e9).astype("int64")
    return (np.abs(whole) if dtype == "uint8" else whole).astype(dtype)


@dataclass
class Inputs:
    """The names of a sample: `A` (any numbers), `P` (positive), `U` (inside 0…1), `S` (symmetric, positive definite
    matrices), `I` (int64 indices), `B` (bool), `V` (given values), `X` (the dtype's extremes) and `dt`, its dtype.

    Tensors of the dtype become leaves to differentiate by when `differentiate` is set.
    """

    torch: Any
    dtype: str
    random: np.random.RandomState
    differentiate: bool = False
    leaves: list[Any] = field(default_factory=list)
    made: list[Any] = field(default_factory=list)

    def _keep(self, tensor: Any) -> Any:
        self.made.append(tensor)
        return tensor

    def _tensor(self, array: np.ndarray, dtype: str | None) -> Any:
        own = dtype or self.dtype
        tensor = self.torch.tensor(_cast(array, own))
        if own not in _ARRAYS:
            tensor = tensor.to(getattr(self.torch, own))
        if self.differentiate and own in GRADIENT_DTYPES:
            self.leaves.append(tensor.requires_grad_())
            return self._keep(tensor.clone())
        return self._keep(tensor)

    def _uniform(self, shape: tuple[int, ...], low: float, high: float, scale: float, dtype: str | None) -> Any:
        # Integers spread further than fractions, and neighbouring values differ in bfloat16, too.
        real = self.random.uniform(low, high, shape)
        imaginary = self.random.uniform(low, high, shape)
        whole = (dtype or self.dtype).lstrip("u").startswith(("int", "bool"))
        return self._tensor(np.asarray(np.round(real * scale) if whole else real + 1j * imaginary), dtype)

    def A(self, *shape: int, dtype: str | None = None) -> Any:
        return self._uniform(shape, -2.0, 2.0, 4.0, dtype)

    def P(self, *shape: int, dtype: str | None = None) -> Any:
        return self._uniform(shape, 0.3, 2.0, 3.0, dtype)

    def U(self, *shape: int, dtype: str | None = None) -> Any:
        return self._uniform(shape, 0.05, 0.95, 1.0, dtype)

    def S(self, *shape: int) -> Any:
        size = shape[-1]
        root = self.random.uniform(-1, 1, (*shape, size)) + 1j * self.random.uniform(-1, 1, (*shape, size))
        root = root if self.dtype.startswith("complex") else root.real
        return self._tensor(root @ np.swapaxes(root.conj(), -1, -2) + size * np.eye(size), None)

    def I(self, *shape: int, high: int = 2, low: int = 0, dtype: str = "int64") -> Any:  # noqa: E743 - as in the cases
        return self._keep(self.torch.tensor(np.asarray(self.random.randint(low, high, shape)).astype(dtype)))

    def B(self, *shape: int) -> Any:
        return self._keep(self.torch.tensor(np.asarray(self.random.randint(0, 2, shape)).astype(bool)))

    def V(self, values: Any, dtype: str | None = None) -> Any:
        return self._tensor(np.array(values), dtype)

    def X(self) -> Any:
        if self.dtype == "bool":
            values: Any = np.array([True, False, True, False])
        elif self.dtype in ("int64", "int32", "uint8"):
            info = np.iinfo(self.dtype)
            values = np.array([info.min, info.max, 0, 1], dtype=self.dtype)
        else:
            name = {"float16": "float16", "float64": "float64", "complex128": "float64"}.get(self.dtype, "float32")
            largest, tiny = float(np.finfo(name).max) / 2, float(np.finfo(name).tiny)
            values = np.array([-largest, largest, tiny, 1.0])
            return self._tensor(values, None)
        return self._keep(self.torch.tensor(values))

    def views(self, value: Any) -> bool:
        """Whether a result is a view of an input. Views of what an operator made for itself are nobody's contract."""
        address = value.untyped_storage().data_ptr() if value._is_view() else 0
        return address != 0 and any(address == tensor.untyped_storage().data_ptr() for tensor in self.made)

    def scope(self) -> dict[str, Any]:
        names = {name: getattr(self, name) for name in "APUSIBVX"}
        constants = {"nan": float("nan"), "inf": float("inf"), "torch": self.torch, "F": self.torch.nn.functional}
        return names | constants | {"dt": getattr(self.torch, self.dtype), "dtname": self.dtype}


@dataclass
class Outcome:
    """What a call gave: a description of every part of the result, and the elements of its tensors.

    A part is ``float32[2,3]``, with ``@(1,2)+3`` for the strides and offset of a view of an input; a Python value is
    its repr; an exception is ``!RuntimeError``, the built-in class it belongs to.
    """

    facts: list[str]
    arrays: list[np.ndarray] = field(default_factory=list)
    message: str = ""


def _elements(torch: Any, tensor: Any) -> np.ndarray:
    if tensor.dtype == torch.bfloat16:
        bits = np.ascontiguousarray(tensor.detach().float().numpy()).view(np.uint32) >> 16
        return bits.astype(np.uint16).reshape(tuple(tensor.shape))
    return np.array(tensor.detach().resolve_conj().resolve_neg().numpy())


def _describe(inputs: Inputs, value: Any, found: Outcome, values: bool) -> None:
    torch = inputs.torch
    if isinstance(value, torch.Tensor):
        shape = ",".join(str(int(size)) for size in value.shape)
        text = f"{str(value.dtype).rpartition('.')[2]}[{shape}]"
        if inputs.views(value):
            text += f"@({','.join(map(str, value.stride()))})+{value.storage_offset()}"
        found.facts.append(text)
        if values:
            found.arrays.append(_elements(torch, value))
    elif isinstance(value, torch.Size):
        found.facts.append(repr(tuple(value)))
    elif isinstance(value, (tuple, list)):
        for item in value:
            _describe(inputs, item, found, values)
    elif isinstance(value, torch.dtype):
        found.facts.append(str(value).rpartition(".")[2])
    elif isinstance(value, (float, complex)) and not isinstance(value, bool):
        kind = "float" if isinstance(value, float) else "complex"
        found.facts.append(f"<{kind}>")
        if values:
            found.arrays.append(np.array(value, dtype="float64" if kind == "float" else "complex128"))
    elif value is None or isinstance(value, (bool, int, str)):
        found.facts.append(repr(value))
    else:
        found.facts.append(f"<{type(value).__name__}>")


def _failure(error: Exception) -> Outcome:
    kinds = [cls.__name__ for cls in type(error).__mro__ if cls.__module__ == "builtins"]
    return Outcome([f"!{kinds[0]}"], message=f"{type(error).__name__}: {error}".partition("\n")[0])


def _call(torch: Any, inputs: Inputs, name: str, sample: str) -> Any:
    if sample.startswith("="):
        return eval(sample[1:], inputs.scope())
    return eval(f"function({sample})", inputs.scope() | {"function": resolve(torch, name)})


def _stream(name: str, sample: str) -> np.random.RandomState:
    return np.random.RandomState(crc32(sample.encode()))


def outcome(torch: Any, name: str, sample: str, dtype: str, values: bool = True) -> Outcome:
    """The result of one sample in one dtype."""
    torch.manual_seed(0)
    found = Outcome([])
    inputs = Inputs(torch, dtype, _stream(name, sample))
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            _describe(inputs, _call(torch, inputs, name, sample), found, values)
    except Exception as error:
        return _failure(error)
    return found


def _differentiable(torch: Any, value: Any) -> list[Any]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (tuple, list)):
        return [tensor for item in value for tensor in _differentiable(torch, item)]
    return []


def gradient_outcome(torch: Any, name: str, sample: str, dtype: str) -> Outcome:
    """The gradients by every input, under random upstream gradients; first which results have a history."""
    torch.manual_seed(0)
    random = _stream(name, sample)
    inputs = Inputs(torch, dtype, random, differentiate=True)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            results = _differentiable(torch, _call(torch, inputs, name, sample))
            found = Outcome(["".join("01"[result.requires_grad] for result in results)])
            results = [result for result in results if result.requires_grad]
            if not results:
                return found
            weights = []
            for result in results:
                shape = tuple(result.shape)
                weight = random.uniform(0.5, 1.5, shape) + 1j * random.uniform(0.5, 1.5, shape)
                weights.append(torch.tensor(_cast(np.asarray(weight), str(result.dtype).rpartition(".")[2])))
            weights = [weight.to(result.dtype) for weight, result in zip(weights, results, strict=True)]
            for gradient in torch.autograd.grad(results, inputs.leaves, weights, allow_unused=True):
                _describe(inputs, gradient if gradient is None else gradient.clone(), found, True)
    except Exception as error:
        return _failure(error)
    return found
