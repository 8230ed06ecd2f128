"""One pass over installed distributions: which plugins are declared, by name, without importing any of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import importlib_metadata

__all__ = ["BACKEND_KINDS", "HOOK_KINDS", "KINDS", "Declaration", "Origin", "Scan", "scan_distributions"]

#: Kinds whose entry point promises a backend of its name.
BACKEND_KINDS = ("device", "layout")
# In the order in which `plugins list` shows them. The first ones register through torchere_register.
HOOK_KINDS = (*BACKEND_KINDS, "operators", "kernels")
KINDS = (
    *HOOK_KINDS,
    "namespace",
    "layer",
    "optimizer",
    "scheduler",
    "dataset",
    "transform",
    "model",
    "exporter",
    "collective",
)


class Origin(NamedTuple):
    """The distribution a plugin came with."""

    name: str
    version: str
    requires: tuple[str, ...]


class Declaration(NamedTuple):
    """One entry point: ``kind`` and ``entry`` say what it provides, ``value`` where (``module`` or ``module:name``)."""

    api: int
    kind: str
    entry: str
    value: str
    origin: Origin


class Scan(NamedTuple):
    """What one pass found: declarations in sorted order, and distributions whose metadata could not be read."""

    declarations: tuple[Declaration, ...]
    problems: tuple[str, ...]
    version: str | None


def scan_distributions(prefix: str) -> Scan:
    """Read every distribution's entry points of the groups ``<prefix>.v<N>.<kind>``.

    Of several distributions with one (normalised) name the first on ``sys.path`` counts, as for imports. One with
    unreadable metadata is reported, and does not disturb the others. ``version`` is that of distribution ``prefix``.
    """
    declarations: list[Declaration] = []
    problems: list[str] = []
    version = None
    for name, distributions in _by_name().items():
        distribution = _first_valid(distributions)
        try:
            text = distribution.read_text("entry_points.txt") or ""
            marked = f"[{prefix}.v" in text.replace(" ", "")
            if not marked and name != prefix:
                continue
            origin = _origin(distribution, name)
            if name == prefix:
                version = origin.version
            if marked:
                declarations += _declarations(text, prefix, origin)
        except Exception as error:  # a broken installation is not ours to judge
            problems.append(f"{name}: {type(error).__name__}: {error}")
    # Sorted, so that nothing depends on the order of folders.
    return Scan(tuple(sorted(declarations)), tuple(sorted(problems)), version)


def _by_name() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for distribution in importlib_metadata.distributions():
        try:
            # From the folder's name where possible; .name would parse the metadata of every distribution.
            name = getattr(distribution, "_normalized_name", None) or distribution.name
        except Exception:  # no name, no plugin
            continue
        if isinstance(name, str):
            found.setdefault(name.lower().replace("-", "_").replace(".", "_"), []).append(distribution)
    return found


def _first_valid(distributions: list[Any]) -> Any:
    """The first that has metadata: an uninstalled one may leave an empty folder behind, which must not hide another."""
    if len(distributions) > 1:
        for distribution in distributions:
            if distribution.read_text("METADATA") or distribution.read_text("PKG-INFO"):
                return distribution
    return distributions[0]


def _origin(distribution: Any, fallback_name: str) -> Origin:
    """Name, version and requirements from the header of the metadata (parsed here: the email parser is slow)."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    name, version, requires = fallback_name, "", []
    for line in text.partition("\n\n")[0].splitlines():  # a long description follows
        field, colon, value = line.partition(":")
        if not colon:
            continue
        match field.lower():
            case "name":
                name = value.strip()
            case "version":
                version = value.strip()
            case "requires-dist":
                requires.append(value.strip())
    return Origin(name, version, tuple(requires))


def _declarations(text: str, prefix: str, origin: Origin) -> Iterable[Declaration]:
    start = f"{prefix}.v"
    api, kind = 0, ""
    for line in map(str.strip, text.splitlines()):
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and line[-1] == "]":
            group = line[1:-1].strip()
            number, _, kind = group[len(start) :].partition(".")
            if group.startswith(start) and number.isdigit():
                api = int(number)
            else:
                kind = ""
        elif kind and "=" in line:
            entry, _, value = line.partition("=")
            if entry.strip():
                yield Declaration(api, kind, entry.strip(), value.strip(), origin)
