"""einops on torchere's tensors: the backend that einops finds among the subclasses of its own base class.

Imported by `torchere.companions` as soon as both libraries are; nobody need import it.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from einops._backends import AbstractBackend

import torchere
from torchere.tensors.tensor import Tensor

__all__ = ["TorchereBackend"]


class TorchereBackend(AbstractBackend):
    """What einops needs of a tensor library, in torchere's operators; all of it can be differentiated."""

    framework_name = "torchere"

    def is_appropriate_type(self, tensor: Any) -> bool:
        """Whether einops should use this backend for `tensor`."""
        return isinstance(tensor, Tensor)

    def from_numpy(self, x: Any) -> Tensor:
        """A tensor of an array's values; floating ones require a gradient, as einops's tests expect."""
        made: Tensor = torchere.from_numpy(x)
        return made.requires_grad_() if self.is_float_type(made) else made

    def to_numpy(self, x: Tensor) -> Any:
        """The values as an array."""
        return x.detach().cpu().numpy()

    def arange(self, start: int, stop: int) -> Tensor:
        """The integers from `start` to `stop`, int64."""
        made: Tensor = torchere.arange(start, stop, dtype=torchere.int64)
        return made

    def reduce(self, x: Tensor, operation: str, axes: Sequence[int]) -> Tensor:
        """min, max, sum, mean, prod, any or all over `axes`; ties of min and max share the gradient."""
        if operation in ("min", "max", "sum", "mean"):
            name = {"min": "amin", "max": "amax"}.get(operation, operation)
            reduced: Tensor = getattr(x, name)(dim=tuple(axes))
            return reduced
        if operation not in ("prod", "any", "all"):
            raise NotImplementedError(f"einops on torchere: there is no reduction {operation!r}")
        for axis in sorted(axes, reverse=True):  # one at a time, the last first: the others keep their places
            x = getattr(x, operation)(dim=axis)
        return x

    def transpose(self, x: Tensor, axes: Sequence[int]) -> Tensor:
        """The axes in another order."""
        turned: Tensor = x.permute(tuple(axes))
        return turned

    def stack_on_zeroth_dimension(self, tensors: list[Tensor]) -> Tensor:
        """The tensors along a new first axis."""
        stacked: Tensor = torchere.stack(tensors)
        return stacked

    def add_axis(self, x: Tensor, new_position: int) -> Tensor:
        """A new axis of length one."""
        longer: Tensor = x.unsqueeze(new_position)
        return longer

    def add_axes(self, x: Tensor, n_axes: int, pos2len: dict[int, int]) -> Tensor:
        """New axes of the lengths given, without copying."""
        sizes = [-1] * n_axes
        for position, length in pos2len.items():
            x = x.unsqueeze(position)
            sizes[position] = length
        expanded: Tensor = x.expand(sizes)
        return expanded

    def tile(self, x: Tensor, repeats: Sequence[int]) -> Tensor:
        """Copies along each axis."""
        copies: Tensor = x.repeat(tuple(repeats))
        return copies

    def concat(self, tensors: list[Tensor], axis: int) -> Tensor:
        """The tensors joined along an axis."""
        joined: Tensor = torchere.cat(tensors, dim=axis)
        return joined

    def is_float_type(self, x: Tensor) -> bool:
        """Whether the dtype is floating."""
        return x.dtype.is_floating_point

    def einsum(self, pattern: str, *x: Tensor) -> Tensor:
        """Einstein's sum."""
        result: Tensor = torchere.einsum(pattern, *x)
        return result

    def layers(self) -> ModuleType:
        """The module of layers, `torchere.nn.einops`."""
        module: ModuleType = torchere.nn.einops
        return module
