"""The memory layout of convolutions' weights."""

from __future__ import annotations

from typing import Any

from torchere_nn.conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d
from torchere_nn.module import Module

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]


def _convert(module: Module, kinds: tuple[type, ...], memory_format: Any) -> Module:
    for layer in module.modules():
        if isinstance(layer, kinds):
            layer.weight.data = layer.weight.detach().clone().contiguous(memory_format=memory_format)
    return module


def convert_conv2d_weight_memory_format(module: Module, memory_format: Any) -> Module:
    """Lay out the weights of all 2-d convolutions of the tree in ``memory_format``; returns the module.

    Values and shapes stay; with ``torchere.channels_last`` convolutions of such inputs need no rearranging.
    """
    return _convert(module, (Conv2d, ConvTranspose2d), memory_format)


def convert_conv3d_weight_memory_format(module: Module, memory_format: Any) -> Module:
    """Lay out the weights of all 3-d convolutions of the tree in ``memory_format``; returns the module."""
    return _convert(module, (Conv3d, ConvTranspose3d), memory_format)
