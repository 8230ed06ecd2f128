"""Suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest"]


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name closest to ``name``, or ``""`` when none is close."""
    import difflib  # late: error messages alone need it

    close = difflib.get_close_matches(name, list(known), n=1)
    return close[0] if close else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` to append to a message, or ``""``."""
    close = nearest(name, known)
    return f"; did you mean '{close}'?" if close else ""
