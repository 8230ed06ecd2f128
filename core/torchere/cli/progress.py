"""A line that tells how far a long command is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .output import console

__all__ = ["counting"]


@contextmanager
def counting(title: str, *, quiet: bool = False) -> Iterator[Callable[[str], None] | None]:
    """Yield a function to call with the name of each thing done; on a terminal it shows a count.

    Yields None with ``quiet``.
    """
    if quiet:
        yield None
        return
    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda what: None
        return
    from rich.markup import escape

    with out.status(title) as status:
        done = 0

        def advance(what: str = "") -> None:
            nonlocal done
            done += 1
            status.update(f"{title}: {done} {escape(str(what))}")

        yield advance
