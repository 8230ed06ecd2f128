"""Whether CuPy and a GPU are there, and what to do if not."""

from __future__ import annotations

from typing import Any

__all__ = ["REMEDY_HARDWARE", "REMEDY_PACKAGE", "NoDeviceError", "find", "require"]

REMEDY_PACKAGE = "pip install 'torchere[cuda]' (CUDA 13; for CUDA 12 install cupy-cuda12x instead)"
REMEDY_HARDWARE = "use a machine with an NVIDIA GPU and its driver, and see what `nvidia-smi` says; or device='cpu'"


class NoDeviceError(RuntimeError):
    """CuPy is installed, but finds no GPU it can use."""


def find() -> Any:
    """The module ``cupy``, with at least one usable GPU. ImportError without CuPy, `NoDeviceError` without a GPU."""
    import cupy  # importable is not usable: the driver is asked below

    try:
        count = int(cupy.cuda.runtime.getDeviceCount())
    except Exception as error:
        raise NoDeviceError(f"CuPy {cupy.__version__} finds no usable GPU: {error}") from error
    if count == 0:
        raise NoDeviceError(f"CuPy {cupy.__version__} finds no GPU")
    return cupy


def require() -> Any:
    """The module ``cupy``; RuntimeError in the words PyTorch users know, with the reason and the remedy."""
    try:
        return find()
    except ImportError as error:
        raise RuntimeError(f"Torch not compiled with CUDA enabled: {error}. What to do: {REMEDY_PACKAGE}.") from error
    except NoDeviceError as error:
        raise RuntimeError(f"No CUDA GPUs are available: {error}. What to do: {REMEDY_HARDWARE}.") from error
