"""``Requires-Dist`` lines: name, extras, version bounds and environment marker.

Source: https://packaging.python.org/en/latest/specifications/dependency-specifiers/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .version import compare

__all__ = ["Requirement", "evaluate_marker", "normalized", "parse_requirement"]

_HEAD = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*")
_BOUND = re.compile(r"\s*(===|~=|==|!=|<=|>=|<|>)\s*([^\s,;()]+)\s*")
_TOKEN = re.compile(r"""\s*(\(|\)|'[^']*'|"[^"]*"|===|~=|==|!=|<=|>=|<|>|[A-Za-z_][A-Za-z0-9_.]*)""")
_COMPARISONS = {"===", "~=", "==", "!=", "<=", ">=", "<", ">"}


def normalized(name: str) -> str:
    """A distribution name as indexes compare it: lower case, ``-`` for runs of ``-_.``."""
    return re.sub(r"[-_.]+", "-", name).lower()


class Requirement(NamedTuple):
    """One parsed requirement. ``bounds`` holds (comparison, version) pairs, all of which must hold."""

    name: str
    extras: tuple[str, ...]
    bounds: tuple[tuple[str, str], ...]
    url: str
    marker: str

    def applies(self, extra: str = "") -> bool:
        """Whether the marker holds on this interpreter with ``extra`` asked for."""
        return not self.marker or evaluate_marker(self.marker, environment(extra))

    def allows(self, version: str) -> bool:
        """Whether ``version`` satisfies every bound. Raises ``ValueError`` when one cannot be compared."""
        return all(compare(version, operator, bound) for operator, bound in self.bounds)


def parse_requirement(text: str) -> Requirement:
    """Parse one requirement. Raises ``ValueError`` naming what is wrong."""
    head = _HEAD.match(text)
    if head is None:
        raise ValueError(f"requirement {text!r} does not start with a distribution name.")
    name, extras = head.group(1), head.group(2) or ""
    rest, url, marker = text[head.end() :], "", ""
    if rest.startswith("@"):
        # A marker after a URL is set off by " ;": a URL may contain semicolons itself.
        url, _, marker = rest[1:].strip().partition(" ;")
        rest = ""
    else:
        rest, _, marker = rest.partition(";")
    rest = rest.strip()
    if rest.startswith("(") and rest.endswith(")"):
        rest = rest[1:-1].strip()
    bounds = []
    for piece in rest.split(",") if rest else ():
        if not piece.strip():
            continue
        bound = _BOUND.fullmatch(piece)
        if bound is None:
            raise ValueError(f"requirement {text!r}: {piece.strip()!r} is not a version bound.")
        bounds.append((bound.group(1), bound.group(2)))
    extra_names = tuple(extra.strip() for extra in extras.split(",") if extra.strip())
    return Requirement(name, extra_names, tuple(bounds), url.strip(), marker.strip())


def environment(extra: str = "") -> dict[str, str]:
    """The values of marker variables on this interpreter."""
    import os
    import platform
    import sys

    implementation = sys.implementation
    version = ".".join(str(number) for number in implementation.version[:3])
    if implementation.version.releaselevel != "final":
        version += implementation.version.releaselevel[0] + str(implementation.version.serial)
    return {
        "extra": extra,
        "implementation_name": implementation.name,
        "implementation_version": version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def evaluate_marker(marker: str, values: Mapping[str, str]) -> bool:
    """The truth of an environment marker. Raises ``ValueError`` when it is malformed or names an unknown variable."""
    tokens, position = [], 0
    text = marker.rstrip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise ValueError(f"marker {marker!r}: cannot read {text[position:]!r}.")
        tokens.append(token.group(1))
        position = token.end()
    reader = _MarkerReader(tokens, values, marker)
    result = reader.either()
    if reader.tokens:
        raise ValueError(f"marker {marker!r}: unexpected {reader.tokens[-1]!r}.")
    return result


class _MarkerReader:
    """Recursive descent over the tokens of one marker (kept reversed, so that reading is ``pop``)."""

    def __init__(self, tokens: list[str], values: Mapping[str, str], marker: str) -> None:
        self.tokens = tokens[::-1]
        self._values = values
        self._marker = marker

    def either(self) -> bool:
        result = self._both()
        while self._next_is("or"):
            result = self._both() or result
        return result

    def _both(self) -> bool:
        result = self._one()
        while self._next_is("and"):
            result = self._one() and result
        return result

    def _one(self) -> bool:
        if self._next_is("("):
            result = self.either()
            if not self._next_is(")"):
                raise ValueError(f"marker {self._marker!r}: a parenthesis is not closed.")
            return result
        left = self._value()
        operator = self._pop()
        if operator == "not":
            operator += f" {self._pop()}"
        return self._compare(left, operator, self._value())

    def _next_is(self, token: str) -> bool:
        if self.tokens and self.tokens[-1] == token:
            self.tokens.pop()
            return True
        return False

    def _pop(self) -> str:
        if not self.tokens:
            raise ValueError(f"marker {self._marker!r} ends too early.")
        return self.tokens.pop()

    def _value(self) -> tuple[str, str]:
        """(text, variable name or ``""`` for a quoted string)."""
        token = self._pop()
        if token[0] in "'\"":
            return token[1:-1], ""
        variable = token.replace(".", "_")  # os.name and the like are old spellings
        if variable not in self._values:
            raise ValueError(f"marker {self._marker!r}: unknown variable {token!r}.")
        return self._values[variable], variable

    def _compare(self, left: tuple[str, str], operator: str, right: tuple[str, str]) -> bool:
        if operator == "in":
            return left[0] in right[0]
        if operator == "not in":
            return left[0] not in right[0]
        if operator not in _COMPARISONS:
            raise ValueError(f"marker {self._marker!r}: {operator!r} is no comparison.")
        if "extra" in (left[1], right[1]):
            left, right = (normalized(left[0]), ""), (normalized(right[0]), "")
        else:
            try:
                return compare(left[0], operator, right[0])
            except ValueError:
                pass  # not versions: compare as text
        plain: dict[str, Callable[[str, str], bool]] = {
            "==": str.__eq__,
            "===": str.__eq__,
            "!=": str.__ne__,
            "<": str.__lt__,
            "<=": str.__le__,
            ">": str.__gt__,
            ">=": str.__ge__,
        }
        if operator not in plain:
            raise ValueError(f"marker {self._marker!r}: {operator} needs versions.")
        return plain[operator](left[0], right[0])
