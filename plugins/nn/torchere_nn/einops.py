"""einops's layers as modules: `Rearrange`, `Reduce` and `EinMix`, for use in `Sequential` and anywhere else.

``from torchere.nn.einops import Rearrange``, or, where a program has ``einops.layers.torch``,
``einops.layers.torchere`` (after ``import torchere``). Needs the package einops, whose documentation describes the
patterns.
"""

from __future__ import annotations

from typing import Any

try:
    from einops.layers import RearrangeMixin, ReduceMixin
    from einops.layers._einmix import _EinmixMixin
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"torchere.nn.einops needs the package einops: {error}. Install it: pip install einops", name=error.name
    ) from error

import torchere as torch
from torchere import Tensor

from .module import Module
from .parameter import Parameter

__all__ = ["EinMix", "Rearrange", "Reduce"]


class Rearrange(RearrangeMixin, Module):
    """``einops.rearrange`` as a layer: ``Rearrange("b c h w -> b (c h w)")``."""

    def forward(self, input: Tensor) -> Tensor:
        """The rearranged tensor."""
        return self._apply_recipe(input)


class Reduce(ReduceMixin, Module):
    """``einops.reduce`` as a layer: ``Reduce("b c (h 2) (w 2) -> b c h w", "max")``."""

    def forward(self, input: Tensor) -> Tensor:
        """The reduced tensor."""
        return self._apply_recipe(input)


class EinMix(_EinmixMixin, Module):
    """A linear map over the axes a pattern names, with weight and bias of the shapes given.

    ``EinMix("b t c -> b t out", weight_shape="c out", bias_shape="out", c=8, out=4)``. Parameters: ``weight`` and, with
    ``bias_shape``, ``bias``, uniform within einops's bounds.
    """

    def _create_parameters(self, weight_shape: Any, weight_bound: float, bias_shape: Any, bias_bound: float) -> None:
        self.weight = Parameter(torch.empty(weight_shape).uniform_(-weight_bound, weight_bound))
        bias = None if bias_shape is None else Parameter(torch.empty(bias_shape).uniform_(-bias_bound, bias_bound))
        self.register_parameter("bias", bias)

    def _create_rearrange_layers(
        self,
        pre_reshape_pattern: str | None,
        pre_reshape_lengths: dict[str, int] | None,
        post_reshape_pattern: str | None,
        post_reshape_lengths: dict[str, int] | None,
    ) -> None:
        pairs = (pre_reshape_pattern, pre_reshape_lengths), (post_reshape_pattern, post_reshape_lengths)
        self.pre_rearrange, self.post_rearrange = (
            None if pattern is None else Rearrange(pattern, **(lengths or {})) for pattern, lengths in pairs
        )

    def forward(self, input: Tensor) -> Tensor:
        """Rearrange where the pattern asks for it, contract with the weight, add the bias, rearrange back."""
        if self.pre_rearrange is not None:
            input = self.pre_rearrange(input)
        result = torch.einsum(self.einsum_pattern, input, self.weight)
        if self.bias is not None:
            result = result + self.bias
        return result if self.post_rearrange is None else self.post_rearrange(result)
