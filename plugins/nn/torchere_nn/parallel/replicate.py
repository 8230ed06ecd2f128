"""Copies of a module on several devices, whose parameters are functions of the module's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchere import Tensor

from .devices import devices_of

__all__ = ["replicate"]


def _on(tensor: Tensor, place: Any, detach: bool) -> Tensor:
    if detach:
        tensor = tensor.detach()
    # Even on the same device not the parameter itself: a replica owns none, its gradients flow to the original.
    return tensor.view_as(tensor) if tensor.device == place else tensor.to(place)


def replicate(network: Any, devices: Sequence[Any], detach: bool = False) -> list[Any]:
    """A copy of ``network`` on each device. Gradients by the copies' parameters add up in the network's own.

    On the device where the network lies, buffers are shared, so running statistics stay up to date. With ``detach`` no
    gradient flows back. Copies are for one forward pass and have no parameters to optimize.
    """
    places = devices_of(devices)
    if not places:
        return []
    modules = list(network.modules())
    numbers = {module: number for number, module in enumerate(modules)}
    copies = []
    for place in places:
        made: dict[Tensor, Tensor] = {}
        replicas = [module._replicate_for_data_parallel() for module in modules]
        for module, replica in zip(modules, replicas, strict=True):
            for name, child in module._modules.items():
                replica._modules[name] = None if child is None else replicas[numbers[child]]
            for name, parameter in module._parameters.items():
                if parameter is None:
                    replica._parameters[name] = None
                    continue
                if parameter not in made:
                    made[parameter] = _on(parameter, place, detach)
                # An ordinary attribute, past the module's own registration.
                replica.__dict__[name] = made[parameter]
                replica._former_parameters[name] = made[parameter]
            for name, buffer in module._buffers.items():
                replica._buffers[name] = None if buffer is None else buffer.to(place)
        copies.append(replicas[0])
    return copies
