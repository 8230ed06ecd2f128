"""A line that tells how far a long command is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .output import console

__all__ = ["Advance", "counting"]


Advance = Callable[[int, int, str], None]


@contextmanager
def counting(title: str, *, quiet: bool = False) -> Iterator[Advance | None]:
    """Yield a function to call as ``advance(done, total, what)``; on a terminal it shows a bar.

    Yields None with ``quiet``, or where nobody looks.
    """
    out = console(stderr=True)
    if quiet or not out.is_terminal:
        yield None
        return
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
    )
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(escape(title), total=None, what="")

        def advance(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, what=escape(what))

        yield advance
