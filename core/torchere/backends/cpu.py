"""``torchere.backends.cpu``: the vector instructions that NumPy finds."""

from __future__ import annotations

from importlib import import_module

__all__ = ["get_cpu_capability"]

_LEVELS = (("AVX512_SKX", "AVX512"), ("AVX2", "AVX2"), ("SVE", "SVE256"), ("VSX", "VSX"), ("VX", "Z VECTOR"))


def get_cpu_capability() -> str:
    """``"AVX512"``, ``"AVX2"``, ``"SVE256"``, ``"VSX"``, ``"Z VECTOR"``, or ``"DEFAULT"`` for none of these."""
    # What `numpy.show_runtime` prints; NumPy has no public function that returns it.
    found = getattr(import_module("numpy._core._multiarray_umath"), "__cpu_features__", {})
    return next((name for feature, name in _LEVELS if found.get(feature)), "DEFAULT")
