"""Layouts and memory formats: objects that PyTorch programs pass around."""

from __future__ import annotations

from typing import Any

__all__ = [
    "channels_last",
    "channels_last_3d",
    "contiguous_format",
    "is_contiguous_in",
    "layout",
    "memory_format",
    "preserve_format",
    "sparse_bsc",
    "sparse_bsr",
    "sparse_coo",
    "sparse_csc",
    "sparse_csr",
    "strided",
]


class layout:
    """How a tensor's elements are stored."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class memory_format:
    """In which order a dense tensor's elements lie."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


strided = layout("strided")
sparse_coo = layout("sparse_coo")
sparse_csr = layout("sparse_csr")
sparse_csc = layout("sparse_csc")
sparse_bsr = layout("sparse_bsr")
sparse_bsc = layout("sparse_bsc")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")


def is_contiguous_in(tensor: Any, wanted: memory_format | None) -> bool:
    """Whether the elements lie in the order of a memory format (None: row-major)."""
    backend = tensor._key.backend
    if wanted is None or wanted is contiguous_format or wanted is preserve_format:
        return backend.is_contiguous(tensor._array)  # type: ignore[no-any-return]
    rank = 4 if wanted is channels_last else 5
    if tensor.ndim != rank:
        return False
    order = (0, *range(2, rank), 1)
    return backend.is_contiguous(tensor.detach().permute(order)._array)  # type: ignore[no-any-return]
