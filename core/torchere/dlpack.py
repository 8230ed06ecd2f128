"""``torchere.utils.dlpack``: exchange of tensors with other array libraries without copying.

>>> import numpy
>>> import torchere.utils.dlpack as dlpack
>>> dlpack.from_dlpack(numpy.arange(3))
tensor([0, 1, 2])
"""

from __future__ import annotations

from enum import IntEnum

from torchere.creation import from_dlpack
from torchere.tensors.tensor import Tensor

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]


class DLDeviceType(IntEnum):
    """DLPack's numbers of device types."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14


def to_dlpack(tensor: Tensor) -> object:
    """A DLPack capsule of the tensor's memory, which one consumer may take once; BufferError if it needs gradients."""
    return tensor.__dlpack__()
