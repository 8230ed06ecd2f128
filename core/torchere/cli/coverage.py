"""What of PyTorch's API the installation lacks: the work of ``torchere plugins ops --missing``."""

from __future__ import annotations

import difflib

import typer

from .output import ExitCode, console, finish, print_json, print_table

__all__ = ["show_missing"]


def show_missing(area: str | None, *, as_json: bool) -> None:
    """Compare the live namespace with the inventory, whole or in one area. Exit code 1 when a name is missing."""
    from torchere import inventory

    areas = inventory.areas()
    if area is not None and area not in areas:
        near = difflib.get_close_matches(area, areas) or areas
        raise typer.BadParameter(f"there is no area {area!r}; known: {', '.join(near)}")
    chosen = [row for row in inventory.rows() if area in (None, row.area)]
    total = dict.fromkeys((row.area for row in chosen), 0)
    present = dict(total)
    lacking = []
    for row, problem in inventory.compare(chosen):
        total[row.area] += 1
        present[row.area] += not problem
        if problem:
            lacking.append((row, problem))
    if as_json:
        print_json(
            {
                "present": sum(present.values()),
                "total": sum(total.values()),
                "areas": [{"area": name, "present": present[name], "total": total[name]} for name in total],
                "missing": [
                    {"area": row.area, "name": row.name, "kind": row.kind, "note": row.note, "problem": problem}
                    for row, problem in lacking
                ],
            }
        )
    else:
        _print(total, present, [(row.area, row.name, row.kind, problem) for row, problem in lacking], area)
    finish(ExitCode.WARNINGS if lacking else ExitCode.FINE)


def _print(
    total: dict[str, int], present: dict[str, int], lacking: list[tuple[str, str, str, str]], area: str | None
) -> None:
    from rich.markup import escape

    if area is None:
        print_table(("area", "present", "of"), [(name, str(present[name]), str(of)) for name, of in total.items()])
    if lacking:
        columns = ("area", "missing", "kind", "why")
        print_table(columns, [tuple(escape(cell) for cell in row) for row in lacking])
    console().print(f"{sum(present.values())} of {sum(total.values())} names of PyTorch's API are present.")
