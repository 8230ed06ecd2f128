"""What every command does alike: tables for people, JSON for programs, exit codes for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["ExitCode", "JsonFlag", "console", "finish", "print_json", "print_table", "state_text"]

#: The option every command has.
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]

#: How a plugin's state is shown.
_COLOURS = {
    "loaded": "green",
    "available": "green",
    "no-hardware": "yellow",
    "disabled": "dim",
    "missing-dependency": "red",
    "incompatible": "red",
    "failed": "bold red",
}


class ExitCode(IntEnum):
    """What a command's exit code says."""

    FINE = 0
    WARNINGS = 1
    BROKEN = 2


def console(*, stderr: bool = False) -> Console:
    """A rich console on standard output (or error) as it is now. Text piped elsewhere is not wrapped at 80 columns."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 160
    return Console(file=stream, width=width, highlight=False)


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    json.dump(data, sys.stdout, indent=2, default=str, ensure_ascii=False)
    sys.stdout.write("\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> None:
    """A plain table. Cells may hold rich markup; escape what comes from elsewhere with `rich.markup.escape`."""
    from rich import box
    from rich.table import Table

    table = Table(*columns, title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console().print(table)


def state_text(state: str) -> str:
    """A plugin's state with its colour."""
    colour = _COLOURS.get(state)
    return f"[{colour}]{state}[/]" if colour else state


def finish(code: ExitCode) -> None:
    """End the command. Returns for code 0, so that callers may go on."""
    if code:
        raise typer.Exit(int(code))
