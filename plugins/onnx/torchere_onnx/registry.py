"""Which operator is written how: a table that this package and others fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

__all__ = ["find", "form", "forms"]

F = TypeVar("F", bound=Callable[..., Any])

_forms: dict[str, Callable[..., Any]] = {}
_state = {"loaded": False}


def form(*names: str) -> Callable[[F], F]:
    """Register a function as the ONNX form of the operators called `names`.

    It is called as ``function(graph, **arguments)`` with the operator's arguments by name (tensors as
    `torchere_onnx.graph.Value` or constant tensors), adds nodes with ``graph.op(...)`` and returns the result (a tuple
    for several). Another package offers a form as an entry point of the group ``torchere.v1.exporter`` named
    ``onnx.OPERATOR``.
    """

    def register(function: F) -> F:
        for name in names:
            _forms[name] = function
        return function

    return register


def _load() -> None:
    if not _state["loaded"]:
        from torchere_onnx.forms import activation, arithmetic, convolution, normalization, reduction, shape

        del activation, arithmetic, convolution, normalization, reduction, shape
        _state["loaded"] = True


def forms() -> Mapping[str, Callable[..., Any]]:
    """All forms registered so far, by operator name."""
    _load()
    return dict(_forms)


def find(name: str) -> Callable[..., Any] | None:
    """The form of an operator: an installed package's, else ours, else None."""
    import torchere

    _load()
    manager = torchere.plugins.manager
    if f"onnx.{name}" in manager.names("exporter"):
        return manager.provide("exporter", f"onnx.{name}")  # type: ignore[no-any-return]
    return _forms.get(name)
