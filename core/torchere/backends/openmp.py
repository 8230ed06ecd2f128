"""``torchere.backends.openmp``: whether NumPy's BLAS runs its threads by OpenMP."""

from __future__ import annotations

__all__ = ["is_available"]


def is_available() -> bool:
    """Whether NumPy's BLAS was built with OpenMP. OpenBLAS, which NumPy's wheels bring, has threads of its own."""
    from torchere.backends.host_libraries import blas

    return "openmp" in blas() or "mkl" in blas()
