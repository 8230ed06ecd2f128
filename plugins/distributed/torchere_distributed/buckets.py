"""What a communication hook of ``DistributedDataParallel`` is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchere import Tensor

__all__ = ["GradBucket"]


class GradBucket:
    """The gradients of some parameters, one after another in the vector ``buffer()``."""

    def __init__(self, index: int, buffer: Tensor, parameters: Sequence[Any], is_last: bool) -> None:
        self._index = index
        self._buffer = buffer
        self._parameters = list(parameters)
        self._is_last = is_last

    def index(self) -> int:
        """The bucket's place in the order of communication."""
        return self._index

    def buffer(self) -> Tensor:
        """The vector of all gradients."""
        return self._buffer

    def gradients(self) -> list[Tensor]:
        """The gradients as views of the vector, in the shapes of their parameters."""
        parts = self._buffer.split([parameter.numel() for parameter in self._parameters])
        return [part.view(parameter.shape) for part, parameter in zip(parts, self._parameters, strict=True)]

    def parameters(self) -> list[Any]:
        """The parameters."""
        return list(self._parameters)

    def is_last(self) -> bool:
        """Whether no bucket follows in this backward pass."""
        return self._is_last

    def set_buffer(self, buffer: Tensor) -> None:
        """Replace the vector."""
        self._buffer = buffer
