"""The policy for running an operator on another device, and the count of how often it happened."""

from __future__ import annotations

import threading
import warnings

__all__ = ["FALLBACK_POLICIES", "FallbackCounts", "FallbackWarning", "check_policy"]

FALLBACK_POLICIES = ("error", "warn", "allow")


class FallbackWarning(UserWarning):
    """An operator ran on another device than its tensors', under the policy ``warn``."""


def check_policy(policy: str) -> str:
    """Return ``policy`` if it is one of ``FALLBACK_POLICIES``; raise ``ValueError`` otherwise."""
    if policy not in FALLBACK_POLICIES:
        raise ValueError(f"fallback policy must be one of {', '.join(FALLBACK_POLICIES)}; got {policy!r}.")
    return policy


class FallbackCounts:
    """How often each (operator, from device, to device) fell back. Safe under threads."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], int] = {}
        self._lock = threading.Lock()

    def add(self, op: str, origin: str, target: str, *, warn: bool) -> None:
        """Count one run; with ``warn``, the first run of each kind warns with ``FallbackWarning``."""
        key = (op, origin, target)
        with self._lock:
            seen = self._counts.get(key, 0)
            self._counts[key] = seen + 1
        if warn and not seen:
            warnings.warn(
                f"{op}: device '{origin}' has no kernel for it, so it runs on '{target}', with copies both ways. "
                "torchere.plugins.fallbacks() counts these; set_fallback_policy('error') forbids them.",
                FallbackWarning,
                stacklevel=4,
            )

    def snapshot(self) -> dict[tuple[str, str, str], int]:
        """The counts so far, by (operator, from device, to device), most frequent first."""
        with self._lock:
            return dict(sorted(self._counts.items(), key=lambda item: (-item[1], item[0])))

    def clear(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._counts.clear()
