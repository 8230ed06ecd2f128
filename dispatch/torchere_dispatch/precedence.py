"""Operators and devices by name, when several sources provide one: the highest source priority counts, a tie raises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .errors import RegistrationError
from .kernel import Source

__all__ = ["merged", "removed_from"]


def merged(
    present: Mapping[str, tuple[tuple[Source, Any], ...]], added: Iterable[Any], source: Source, what: str
) -> dict[str, tuple[tuple[Source, Any], ...]]:
    """The entries that change by adding named things; of several with one name the highest source priority is first."""
    changed: dict[str, tuple[tuple[Source, Any], ...]] = {}
    for thing in added:
        name = getattr(thing, "name", None)
        if not name or not isinstance(name, str):
            raise RegistrationError(f"a {what} needs a .name that is a non-empty string; {thing!r} has {name!r}.")
        held = changed.get(name, present.get(name, ()))
        if any(other is thing for _, other in held):
            continue
        for owner, other in held:
            if owner.priority == source.priority:
                raise RegistrationError(_duplicate_name(what, name, owner, other, source, thing))
        changed[name] = tuple(sorted((*held, (source, thing)), key=lambda pair: pair[0].priority, reverse=True))
    return changed


def removed_from(table: dict[str, tuple[tuple[Source, Any], ...]], plugin: str) -> int:
    removed = 0
    for name in list(table):
        kept = tuple(pair for pair in table[name] if not pair[0].matches(plugin))
        removed += len(table[name]) - len(kept)
        if kept:
            table[name] = kept
        else:
            del table[name]
    return removed


def _duplicate_name(what: str, name: str, owner: Source, other: Any, source: Source, thing: Any) -> str:
    places = [f" ({at})" if (at := getattr(item, "declared_at", None)) else "" for item in (other, thing)]
    return (
        f"two {what}s named '{name}' of equal priority {source.priority}: {owner}{places[0]} and {source}{places[1]}. "
        "Switch one of the plugins off, or let one module declare another torchere_priority."
    )
