"""Where the user's code called: what warnings should point at."""

from __future__ import annotations

import sys

__all__ = ["stacklevel_outside"]


def stacklevel_outside(prefix: str) -> int:
    """The `stacklevel` with which a warning, given by the caller, names the nearest line outside `prefix`'s packages.

    `import` statements run through frames of importlib, which are passed over.
    """
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if not name.startswith((prefix, "importlib")):
            return level
        frame = frame.f_back
        # The warnings module does not count importlib's own frames.
        level += not frame.f_code.co_filename.startswith("<frozen importlib")
    return level
