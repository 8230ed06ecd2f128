"""Tensors that a module owns: parameters, which are trained, and buffers, which are not."""

from __future__ import annotations

from torchere.tensors.parameter import Buffer, Parameter

from .uninitialized import UninitializedBuffer, UninitializedParameter, UninitializedTensorMixin, is_lazy

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "UninitializedTensorMixin",
    "is_lazy",
]
