"""Known failures of a device: a text file with one item and its reason a line. Strict: what passes again, fails.

    # item                                   reason
    T1/erfinv/forward/float32                the library's erfinv is off by 3e-4 near 1
    T2/cumprod/*                             no second derivative at zeros yet

An item may hold ``*`` and ``?``; such a line fails when nothing it matches fails any more.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

__all__ = ["KnownFailures"]


class KnownFailures:
    """Patterns of items that are expected to fail, with their reasons."""

    def __init__(self, reasons: dict[str, str] | None = None) -> None:
        self.reasons = dict(reasons or {})
        self.used: set[str] = set()
        self.touched: set[str] = set()

    @classmethod
    def read(cls, path: str | Path | None) -> KnownFailures:
        """Read a file; None or a missing one has no failures. ValueError for a line without a reason."""
        if path is None or not Path(path).is_file():
            return cls()
        reasons = {}
        for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            item, _, reason = line.partition(" ")
            if not reason.strip():
                raise ValueError(f"{path}:{number}: the known failure '{item}' needs a reason behind it.")
            reasons[item] = reason.strip()
        return cls(reasons)

    def pattern(self, item: str) -> str | None:
        """The first pattern that matches an item, or None."""
        found = next((name for name in self.reasons if name == item or fnmatchcase(item, name)), None)
        if found is not None:
            self.touched.add(found)
        return found

    def expects(self, item: str) -> str | None:
        """The reason why an item that failed was expected to, or None; remembers that its line is still true."""
        found = self.pattern(item)
        if found is None:
            return None
        self.used.add(found)
        return self.reasons[found]

    def stale(self) -> list[str]:
        """Patterns whose items ran, all of them without failing."""
        return sorted(self.touched - self.used)
