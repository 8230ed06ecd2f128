"""Two of four elements zero: a format of NVIDIA's tensor cores, which no device here computes in."""

from __future__ import annotations

from typing import Any

from torchere import Tensor

__all__ = [
    "SparseSemiStructuredTensor",
    "SparseSemiStructuredTensorCUSPARSELT",
    "SparseSemiStructuredTensorCUTLASS",
    "to_sparse_semi_structured",
]


class SparseSemiStructuredTensor(Tensor):
    """A matrix with at most two of four neighbours not zero. It can be made where a device has kernels for it."""

    _FORCE_CUTLASS = False

    @classmethod
    def from_dense(cls, original_tensor: Tensor) -> SparseSemiStructuredTensor:
        """Compress a matrix. RuntimeError, as PyTorch's for tensors that are not on a CUDA device with cuSPARSELt."""
        _validate(original_tensor)
        raise RuntimeError(
            f"to_sparse_semi_structured: no plugin provides 2:4 kernels for device '{original_tensor.device}'. Use the "
            "dense matrix, or x.to_sparse_bsr(blocksize)."
        )


class SparseSemiStructuredTensorCUTLASS(SparseSemiStructuredTensor):
    """The CUTLASS form."""


class SparseSemiStructuredTensorCUSPARSELT(SparseSemiStructuredTensor):
    """The cuSPARSELt form."""


def _validate(tensor: Tensor) -> None:
    if tensor.device.type != "cuda":
        raise RuntimeError(
            f"Error original_tensor.device= {tensor.device} is not supported! Only CUDA tensors are currently "
            f"supported. "
            "Keep the matrix dense, or use x.to_sparse_bsr(blocksize)."
        )
    if tensor.ndim != 2:
        raise RuntimeError(
            f"Error original_tensor.dim = {tensor.ndim} is not supported! Only 2d tensors are supported."
        )


def to_sparse_semi_structured(original_tensor: Tensor, transposed: Any = False) -> SparseSemiStructuredTensor:
    """`original_tensor` in the 2:4 format; RuntimeError on devices without it."""
    return SparseSemiStructuredTensor.from_dense(original_tensor)
