"""Tensors to, from and between several devices.

All functions also take the CPU as one of the devices, where PyTorch wants CUDA, and all are differentiable by being
made of ordinary operators.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torchere as torch
from torchere import Tensor

from .devices import device_of, devices_of

__all__ = ["broadcast", "broadcast_coalesced", "gather", "reduce_add", "reduce_add_coalesced", "scatter"]


def _require_one(devices: Any, out: Any) -> None:
    if (devices is None) == (out is None):
        raise RuntimeError(f"Exactly one of 'devices' and 'out' must be specified, but got {devices=} and {out=}")


def broadcast(
    tensor: Tensor, devices: Sequence[Any] | None = None, *, out: Sequence[Tensor] | None = None
) -> tuple[Tensor, ...]:
    """``tensor`` on each of ``devices``, or copied into the tensors of ``out``. On its own device it is itself."""
    _require_one(devices, out)
    if devices is not None:
        return tuple(tensor.to(device) for device in devices_of(devices))
    assert out is not None
    for target in out:
        if target.shape != tensor.shape:
            raise RuntimeError(
                f"Expected all out tensors to have the shape of the tensor, {tuple(tensor.shape)}, but got "
                f"{tuple(target.shape)}"
            )
        if target is not tensor:
            target.copy_(tensor)
    return tuple(out)


def broadcast_coalesced(
    tensors: Sequence[Tensor], devices: Sequence[Any], buffer_size: int = 10485760
) -> list[list[Tensor]]:
    """For each device the list of ``tensors`` on it. ``buffer_size`` is accepted: nothing is copied together."""
    return [[tensor.to(device) for tensor in tensors] for device in devices_of(devices)]


def reduce_add(inputs: Sequence[Tensor], destination: Any = None) -> Tensor:
    """The sum of tensors of one shape from several devices, on ``destination``, by default the first one's device.

    Raises ValueError for shapes that differ.
    """
    target = inputs[0].device if destination is None else device_of(destination)
    for number, tensor in enumerate(inputs):
        if tensor.shape != inputs[0].shape:
            raise ValueError(
                f"input {number} has invalid size: got {'x'.join(map(str, tensor.shape))}, but expected "
                f"{'x'.join(map(str, inputs[0].shape))}"
            )
    total = inputs[0].to(target)
    for tensor in inputs[1:]:
        total = total + tensor.to(target)
    return total


def reduce_add_coalesced(
    inputs: Sequence[Sequence[Tensor]], destination: Any = None, buffer_size: int = 10485760
) -> tuple[Tensor, ...]:
    """``reduce_add`` of the first tensors of all lists, of the second ones, and so on."""
    return tuple(reduce_add(tensors, destination) for tensors in zip(*inputs, strict=True))


def scatter(
    tensor: Tensor,
    devices: Sequence[Any] | None = None,
    chunk_sizes: Sequence[int] | None = None,
    dim: int = 0,
    streams: Any = None,
    *,
    out: Sequence[Tensor] | None = None,
) -> tuple[Tensor, ...]:
    """``tensor`` cut along ``dim``, one part to each device; into equal parts, or of ``chunk_sizes``.

    With ``out`` into the sizes of these tensors, which are written. ``streams`` is accepted.
    """
    _require_one(devices, out)
    if out is not None:
        if chunk_sizes is not None:
            raise RuntimeError(
                f"'chunk_sizes' must not be specified when 'out' is specified, but got chunk_sizes={chunk_sizes}"
            )
        parts = tensor.split([target.shape[dim] for target in out], dim)
        for target, part in zip(out, parts, strict=True):
            target.copy_(part)
        return tuple(out)
    places = devices_of(devices or ())
    if chunk_sizes is None:
        parts = tensor.chunk(len(places), dim)
    else:
        if len(chunk_sizes) != len(places):
            raise ValueError(f"{len(chunk_sizes)} chunk_sizes for {len(places)} devices: give one for each")
        parts = tensor.split(list(chunk_sizes), dim)
    return tuple(part.to(place) for part, place in zip(parts, places, strict=False))


def gather(tensors: Sequence[Tensor], dim: int = 0, destination: Any = None, *, out: Tensor | None = None) -> Tensor:
    """Tensors from several devices joined along ``dim`` on ``destination``, by default the accelerator at hand."""
    if out is not None:
        if destination is not None:
            raise RuntimeError(
                f"'destination' must not be specified when 'out' is specified, but got destination={destination}"
            )
        with torch.no_grad():
            return out.copy_(torch.cat([tensor.to(out.device) for tensor in tensors], dim))
    target = tensors[0].device if destination is None else device_of(destination)
    return torch.cat([tensor.to(target) for tensor in tensors], dim)
