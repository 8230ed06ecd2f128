"""The ONNX graph while it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torchere as torch
from torchere_onnx.errors import OnnxExporterError

__all__ = ["Graph", "Value", "require_onnx"]


def require_onnx() -> Any:
    """The package ``onnx``; ImportError with what to install if it is missing."""
    try:
        import onnx
    except ImportError as error:
        raise ImportError("torchere.onnx needs the package onnx: pip install 'torchere[onnx]'") from error
    return onnx


class Value:
    """A tensor of the graph: its ONNX name, and the example tensor (shape and dtype) it stands for."""

    __slots__ = ("example", "name")

    def __init__(self, name: str, example: torch.Tensor) -> None:
        self.name = name
        self.example = example

    @property
    def shape(self) -> tuple[int, ...]:
        """The example's shape."""
        return tuple(self.example.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.example.ndim

    @property
    def dtype(self) -> torch.dtype:
        """The element type."""
        return self.example.dtype


class Graph:
    """Collects nodes, initializers and names. `opset` is the version of the standard operator set."""

    def __init__(self, opset: int, example_dtype: torch.dtype = torch.float32) -> None:
        self.onnx = require_onnx()
        self.opset = opset
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        #: id of a constant tensor → its name; the tensor itself is kept so that the id stays taken.
        self._constants: dict[int, tuple[str, Any]] = {}
        self._names: dict[str, int] = {}
        #: Sizes of input axes declared dynamic: shapes that repeat them are written as such.
        self.dynamic_sizes: dict[int, int] = {}
        self.parameter_names: dict[int, str] = {}

    def fresh(self, stem: str) -> str:
        """A name not used yet."""
        count = self._names.get(stem, 0)
        self._names[stem] = count + 1
        return stem if not count else f"{stem}_{count}"

    def constant(self, value: Any, dtype: torch.dtype | None = None) -> str:
        """The name of an initializer with the value of a tensor, number or nested list."""
        if not isinstance(value, torch.Tensor):
            value = torch.tensor(value, dtype=dtype)
        elif dtype is not None and value.dtype != dtype:
            value = value.to(dtype)
        known = self._constants.get(id(value))
        if known is not None:
            return known[0]
        name = self.parameter_names.get(id(value)) or self.fresh("constant")
        if id(value) in self.parameter_names:
            name = self.fresh(name)
        array = value.detach().cpu().contiguous().numpy()
        self.initializers.append(self.onnx.numpy_helper.from_array(array, name))
        self._constants[id(value)] = (name, value)
        return name

    def name_of(self, value: Any, like: Value | None = None) -> str:
        """The ONNX name of an operand: a value's own, a constant's, ``""`` for None. Numbers take `like`'s dtype."""
        if value is None:
            return ""
        if isinstance(value, Value):
            return value.name
        if isinstance(value, str):
            return value
        if isinstance(value, torch.Tensor):
            return self.constant(value)
        return self.constant(value, like.dtype if like is not None else None)

    def op(self, kind: str, *operands: Any, outputs: int = 1, like: Value | None = None, **attributes: Any) -> Any:
        """Add a node; returns the name of its output (a tuple of names for several)."""
        if like is None:
            like = next((item for item in operands if isinstance(item, Value)), None)
        names = [self.name_of(item, like) for item in operands]
        while names and not names[-1]:
            names.pop()
        results = [self.fresh(kind.lower()) for _ in range(outputs)]
        kept = {name: value for name, value in attributes.items() if value is not None}
        self.nodes.append(self.onnx.helper.make_node(kind, names, results, name=self.fresh(f"node_{kind}"), **kept))
        return results[0] if outputs == 1 else tuple(results)

    def axes(self, dims: Sequence[int] | None) -> str:
        """The operand for a list of axes; ``""`` for all."""
        return "" if dims is None else self.constant(list(dims), torch.int64)

    def element_type(self, dtype: torch.dtype) -> int:
        """ONNX's number of a dtype. OnnxExporterError for one it does not have."""
        helper = self.onnx.helper
        try:
            return int(helper.np_dtype_to_tensor_dtype(torch.zeros(0, dtype=dtype).numpy().dtype))
        except (KeyError, ValueError, TypeError) as error:
            raise OnnxExporterError(f"ONNX has no element type for {dtype}") from error
