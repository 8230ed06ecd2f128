"""``torchere.backends.cusparselt``: a library that torchere does not use."""

from __future__ import annotations

__all__ = ["get_max_alg_id", "is_available", "version"]


def version() -> int | None:
    """None: cuSPARSELt is not used."""
    return None


def is_available() -> bool:
    """False."""
    return False


def get_max_alg_id() -> int | None:
    """None: there is no algorithm to choose."""
    return None
