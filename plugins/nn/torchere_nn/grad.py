"""``torchere.nn.grad``: the gradients of convolutions by themselves, without an output to differentiate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torchere.nn import functional as F

import torchere as torch
from torchere import Tensor

__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]


def _gradient(
    convolve: Callable[..., Tensor], by: int, tensors: list[Tensor], grad_output: Tensor, options: dict[str, Any]
) -> Tensor:
    """The gradient by ``tensors[by]``, of which only shape, dtype and device matter: a convolution is linear in it."""
    with torch.enable_grad():
        tensors[by] = tensors[by].detach().requires_grad_()
        out = convolve(tensors[0], tensors[1], None, **options)
        return torch.autograd.grad(out, tensors[by], grad_output)[0]


def _pair(name: str) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    convolve = getattr(F, name)

    def by_input(
        input_size: Sequence[int],
        weight: Tensor,
        grad_output: Tensor,
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
    ) -> Tensor:
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        place = grad_output.new_empty(1).expand(tuple(input_size))
        return _gradient(convolve, 0, [place, weight], grad_output, options)

    def by_weight(
        input: Tensor,
        weight_size: Sequence[int],
        grad_output: Tensor,
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
    ) -> Tensor:
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        place = grad_output.new_empty(1).expand(tuple(weight_size))
        return _gradient(convolve, 1, [input, place], grad_output, options)

    for function, what in ((by_input, "input"), (by_weight, "weight")):
        function.__name__ = function.__qualname__ = f"{name}_{what}"
        function.__doc__ = (
            f"The gradient of ``{name}`` by its {what}, of shape ``{what}_size``, for the gradient ``grad_output`` of "
            "its output.\n\n    Raises what the convolution raises for shapes that do not fit."
        )
    return by_input, by_weight


conv1d_input, conv1d_weight = _pair("conv1d")
conv2d_input, conv2d_weight = _pair("conv2d")
conv3d_input, conv3d_weight = _pair("conv3d")
