"""What a run of the kit found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Outcome", "Report", "Skipped", "Unvaried"]


class Skipped(Exception):
    """Raised by a check that cannot run here; the message is the reason, which is required."""

    def __init__(self, reason: str) -> None:
        if not reason:
            raise ValueError("a skip needs a reason")
        super().__init__(reason)
        self.reason = reason


class Unvaried(Exception):
    """Raised for a case whose result does not depend on the seed; one of an operator's cases must.

    Without a message: it has too few numbers to tell.
    """


@dataclass(frozen=True)
class Outcome:
    """One item: its id (``T1/softmax/forward/float32``), and the message of a failure or the reason of a skip."""

    id: str
    message: str = ""

    @property
    def reason(self) -> str:
        """The message, as a skip calls it."""
        return self.message

    def to_dict(self) -> dict[str, str]:
        """The item as JSON values."""
        return {"id": self.id, "message": self.message} if self.message else {"id": self.id}

    def __str__(self) -> str:
        return f"{self.id}: {self.message}" if self.message else self.id


@dataclass
class Report:
    """The outcomes of `check`, by kind. `passed`, `failed` and `skipped` are lists of `Outcome`.

    `known` counts the failures that a known-failures file expects; they are among `skipped`, with their reason.
    """

    name: str
    kind: str
    tier: int
    passed: list[Outcome] = field(default_factory=list)
    failed: list[Outcome] = field(default_factory=list)
    skipped: list[Outcome] = field(default_factory=list)
    known: int = 0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether something ran and nothing failed."""
        return bool(self.passed) and not self.failed

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            "name": self.name,
            "kind": self.kind,
            "tier": self.tier,
            "seconds": round(self.seconds, 3),
            "counts": {"passed": len(self.passed), "failed": len(self.failed), "skipped": len(self.skipped)},
            "known_failures": self.known,
            "passed": [item.id for item in self.passed],
            "failed": [item.to_dict() for item in self.failed],
            "skipped": [item.to_dict() for item in self.skipped],
        }

    def summary(self) -> str:
        """One line, and a line for each failure."""
        known = f" ({self.known} of them known failures)" if self.known else ""
        lines = [
            f"{self.kind} {self.name}, tiers 0 to {self.tier}: {len(self.passed)} passed, {len(self.failed)} failed, "
            f"{len(self.skipped)} skipped{known} in {self.seconds:.1f} s"
        ]
        return "\n".join([*lines, *(f"FAILED {item}" for item in self.failed)])
