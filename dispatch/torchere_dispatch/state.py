"""What is known about one plugin: its state, the reason and the remedy."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from .discovery import KINDS, Declaration

__all__ = ["PluginRecord", "PluginState"]


class PluginState(StrEnum):
    """The state of a plugin. ``available``: installed and compatible, not loaded yet."""

    LOADED = "loaded"
    AVAILABLE = "available"
    NO_HARDWARE = "no-hardware"
    MISSING_DEPENDENCY = "missing-dependency"
    INCOMPATIBLE = "incompatible"
    FAILED = "failed"
    DISABLED = "disabled"


class PluginRecord:
    """One entry point: what it provides, from which distribution, and what became of it.

    ``kind`` and ``entry`` (the full entry-point name, ``cpu.onednn``) say what it provides; ``name`` is the last
    dotted part of ``entry``, by which users select it; ``handle`` is the text that selects this one alone
    (``distribution:name`` where others have the name). ``reason`` and ``remedy`` are one line each, ``traceback`` is
    the text of the failure; all three are empty while nothing is wrong. ``warnings`` are remarks about a plugin that
    works.
    ``contents`` counts what it registered, ``seconds`` is how long loading took.
    """

    __slots__ = (
        "_outcome",
        "api",
        "contents",
        "disabled_by",
        "distribution",
        "entry",
        "handle",
        "kind",
        "name",
        "reason",
        "remedy",
        "requires",
        "seconds",
        "traceback",
        "value",
        "version",
        "warnings",
    )

    def __init__(self, declaration: Declaration) -> None:
        self.api = declaration.api
        self.kind = declaration.kind
        self.entry = declaration.entry
        self.name = declaration.entry.rpartition(".")[2]
        self.handle = self.name
        self.value = declaration.value
        self.distribution = declaration.origin.name
        self.version = declaration.origin.version
        self.requires = declaration.origin.requires
        self._outcome = PluginState.AVAILABLE
        self.disabled_by = ""
        self.reason = ""
        self.remedy = ""
        self.traceback = ""
        self.warnings: list[str] = []
        self.contents: dict[str, int] = {}
        self.seconds: float | None = None

    @property
    def state(self) -> PluginState:
        """The state now. A selection that leaves the plugin out hides what became of it, except incompatibility."""
        if self.disabled_by and self._outcome is not PluginState.INCOMPATIBLE:
            return PluginState.DISABLED
        return self._outcome

    def settle(self, state: PluginState, reason: str = "", remedy: str = "", traceback: str = "") -> None:
        """Record what became of the plugin."""
        self._outcome = state
        self.reason, self.remedy, self.traceback = reason, remedy, traceback

    @property
    def outcome(self) -> PluginState:
        """The state, whatever the selection."""
        return self._outcome

    @property
    def optional(self) -> bool:
        """Whether it only lacks an extra of its own distribution: something the user need not install."""
        extra = f"pip install '{self.distribution}["
        return self._outcome is PluginState.MISSING_DEPENDENCY and self.remedy.startswith(extra)

    @property
    def reference(self) -> str:
        """The entry-point value without extras and spaces: ``module`` or ``module:object``."""
        return self.value.partition("[")[0].replace(" ", "")

    @property
    def account(self) -> str:
        """State, reason and remedy, as a sentence or two."""
        if self.state is PluginState.DISABLED:
            return f"disabled ({self.disabled_by})."
        text = f"{self.state} ({self.reason})" if self.reason else str(self.state)
        return f"{text}. What to do: {self.remedy}." if self.remedy else f"{text}."

    @property
    def origin(self) -> str:
        """``distribution version`` for messages."""
        return f"{self.distribution} {self.version}".rstrip()

    @property
    def sort_key(self) -> tuple[int, str, str, str]:
        """Kinds in their documented order, then names."""
        order = KINDS.index(self.kind) if self.kind in KINDS else len(KINDS)
        return (order, self.entry, self.distribution, self.value)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON values."""
        return {
            "name": self.name,
            "kind": self.kind,
            "entry": self.entry,
            "state": str(self.state),
            "reason": self.disabled_by if self.state is PluginState.DISABLED else self.reason,
            "remedy": self.remedy,
            "optional": self.optional,
            "traceback": self.traceback,
            "warnings": list(self.warnings),
            "distribution": self.distribution,
            "version": self.version,
            "api": self.api,
            "value": self.value,
            "requires": list(self.requires),
            "contents": dict(self.contents),
            "seconds": self.seconds,
        }

    def __str__(self) -> str:
        text = f"{self.kind} '{self.entry}' from {self.origin}: {self.state}"
        reason = self.disabled_by if self.state is PluginState.DISABLED else self.reason
        if reason:
            text += f": {reason}"
        return text

    def __repr__(self) -> str:
        return f"<PluginRecord {self}>"
