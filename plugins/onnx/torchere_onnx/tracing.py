"""Records the operators a function calls: tensors of a subclass report each call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import torchere as torch
from torchere_onnx.errors import OnnxExporterError, UnsupportedOperatorError
from torchere_onnx.graph import Graph, Value
from torchere_onnx.registry import find

__all__ = ["Traced", "active", "trace"]


class _Current(threading.local):
    graph: Graph | None = None


_current = _Current()


def active() -> bool:
    """Whether this thread is tracing."""
    return _current.graph is not None


class Traced(torch.Tensor):
    """A tensor that stands for a value of the graph being written."""

    value: Value

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Write the operator down, and compute it on the example."""
        return _record(func, args, dict(kwargs or {}))


def _map(value: Any, function: Callable[[Any], Any]) -> Any:
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, (list, tuple)):
        parts = [_map(item, function) for item in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def _plain(value: torch.Tensor) -> torch.Tensor:
    return value.as_subclass(torch.Tensor) if isinstance(value, Traced) else value


def _symbol(value: torch.Tensor) -> Any:
    return value.value if isinstance(value, Traced) else value


def _traced(example: torch.Tensor, name: str) -> Traced:
    made = example.as_subclass(Traced)
    made.value = Value(name, example)
    return made


def _record(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    graph = _current.graph
    op = getattr(func, "operator", None)
    if graph is None or op is None:
        raise OnnxExporterError(f"{getattr(func, '__name__', func)} was called on a traced tensor outside an export")
    function = find(op.name)
    if function is None:
        if not op.has_decomposition:
            raise UnsupportedOperatorError(
                f"operator '{op.name}' has no ONNX form and no decomposition. Register one: "
                f"@torchere.onnx.form({op.name!r})"
            )
        return op.function(*args, **kwargs)
    plain_args, plain_kwargs = _map(list(args), _plain), {name: _map(item, _plain) for name, item in kwargs.items()}
    result = func(*plain_args, **plain_kwargs)
    bound = dict(zip((p.name for p in op.parameters if not p.keyword_only), args, strict=False)) | kwargs
    symbols = {name: _map(item, _symbol) for name, item in bound.items()}
    names = function(graph, **symbols)
    if isinstance(result, torch.Tensor):
        return _traced(result, names)
    parts = [item if name is None else _traced(item, name) for item, name in zip(result, names, strict=True)]
    return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)


def trace(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], graph: Graph, names: list[str]
) -> tuple[list[tuple[str, torch.Tensor]], list[Any]]:
    """Run `function`, recording into `graph`: ([(input name, example), …], results).

    Tensors among `args` and `kwargs`, nested ones too, become inputs named by `names`, then ``input``, ``input_1`` …
    """
    inputs: list[tuple[str, torch.Tensor]] = []

    def enter(tensor: torch.Tensor) -> Traced:
        stem = names[len(inputs)] if len(inputs) < len(names) else "input"
        name = graph.fresh(stem)
        example = tensor.detach()
        inputs.append((name, example))
        return _traced(example, name)

    previous = _current.graph
    _current.graph = graph
    try:
        with torch.no_grad():
            traced = [_map(item, enter) for item in args]
            traced_kwargs = {name: _map(item, enter) for name, item in kwargs.items()}
            result = function(*traced, **traced_kwargs)
    finally:
        _current.graph = previous
    results: list[Any] = []
    _map(_listed(result), results.append)
    return inputs, results


def _listed(value: Any) -> Any:
    """Containers of results as lists: mappings by their values."""
    if isinstance(value, Mapping):
        return [_listed(item) for item in value.values()]
    if isinstance(value, (list, tuple)):
        return [_listed(item) for item in value]
    return value
