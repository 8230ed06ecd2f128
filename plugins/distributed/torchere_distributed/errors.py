"""What goes wrong between processes: a tree below RuntimeError, as in PyTorch.

``DistError`` ← ``DistBackendError``, ``DistNetworkError``, ``DistStoreError`` (← ``QueueEmptyError``).
"""

from __future__ import annotations

__all__ = ["DistBackendError", "DistError", "DistNetworkError", "DistStoreError", "QueueEmptyError"]


class DistError(RuntimeError):
    """Base of the errors of ``torchere.distributed``."""


class DistBackendError(DistError):
    """A collective failed: a peer took too long, or its message does not fit."""


class DistNetworkError(DistError):
    """A connection could not be made, or was lost: the other process has ended or cannot be reached."""


class DistStoreError(DistError):
    """A store did not have a key in time, or a rendezvous is incomplete."""


class QueueEmptyError(DistStoreError):
    """``queue_pop(key, block=False)`` found nothing."""
