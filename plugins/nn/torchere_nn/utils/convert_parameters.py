"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

import torchere as torch
from torchere import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def _same_device(parameters: list[Tensor]) -> None:
    devices = {str(parameter.device) for parameter in parameters}
    if len(devices) > 1:
        raise TypeError(f"Found parameters on different devices ({', '.join(sorted(devices))}): move them to one first")


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters, one after the other; differentiable. Raises TypeError on several devices."""
    parameters = list(parameters)
    _same_device(parameters)
    return torch.cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Set the parameters to consecutive slices of ``vec``. Raises TypeError unless ``vec`` is a tensor."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    parameters = list(parameters)
    _same_device(parameters)
    start = 0
    for parameter in parameters:
        count = parameter.numel()
        parameter.data = vec[start : start + count].view_as(parameter).data
        start += count
