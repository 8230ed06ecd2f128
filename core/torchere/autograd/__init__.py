"""Automatic differentiation: ``backward``, ``grad``, modes, functions of one's own."""

from __future__ import annotations

from typing import Any

from torchere.autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)

#: Loaded on first touch: these modules need the Tensor class, which needs this package.
_LAZY = {
    "backward": "differentiate",
    "grad": "differentiate",
    "Function": "function",
    "once_differentiable": "function",
    "set_detect_anomaly": "anomaly",
    "detect_anomaly": "anomaly",
    "gradcheck": "numerical",
    "gradgradcheck": "numerical",
    "Node": "node",
    "FunctionCtx": "function",
    "NestedIOFunction": "function",
    "is_anomaly_enabled": "anomaly",
    "set_multithreading_enabled": "grad_mode",
    "enforce_grad_layout_policy": "grad_mode",
    "is_multithreading_enabled": "grad_mode",
}
_MODULES = frozenset(("forward_ad", "grad_mode", "functional", "function", "graph"))

__all__ = [
    "Function",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "forward_ad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _LAZY:
        value = getattr(import_module(f"torchere.autograd.{_LAZY[name]}"), name)
    elif name in _MODULES:
        return import_module(f"torchere.autograd.{name}")
    elif name == "Variable":
        value = import_module("torchere.autograd.variable").Variable
    else:
        raise AttributeError(f"module 'torchere.autograd' has no attribute '{name}'")
    globals()[name] = value
    return value
