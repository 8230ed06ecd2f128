"""Version numbers as PyPI orders them (PEP 440), and the comparisons a requirement is made of.

Only what deciding ``Requires-Dist: torchere>=1.2,<2`` takes, so that no further dependency is needed for it.
Source: https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

__all__ = ["Version", "compare", "parse_version"]

_PATTERN = r"""
    v?
    (?:(?P<epoch>[0-9]+)!)?
    (?P<release>[0-9]+(?:\.[0-9]+)*)
    (?:[-_.]?(?P<stage>alpha|beta|preview|pre|a|b|c|rc)[-_.]?(?P<stage_number>[0-9]*))?
    (?P<post>-(?P<bare_post>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>[0-9]*))?
    (?P<dev>[-_.]?dev[-_.]?(?P<dev_number>[0-9]*))?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?
"""

_STAGES = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}


class Version(NamedTuple):
    """A parsed version; absent parts are None, ``local`` an empty tuple."""

    epoch: int
    release: tuple[int, ...]
    stage: tuple[str, int] | None
    post: int | None
    dev: int | None
    local: tuple[int | str, ...]

    @property
    def base(self) -> tuple[int, tuple[int, ...]]:
        """Epoch and release without trailing zeros: equal for 1.0 and 1.0.0rc1."""
        release = self.release
        while len(release) > 1 and release[-1] == 0:
            release = release[:-1]
        return self.epoch, release

    @property
    def is_prerelease(self) -> bool:
        return self.stage is not None or self.dev is not None

    @property
    def key(self) -> tuple[object, ...]:
        """Sorts as versions do: dev < a < b < rc < final < post, and 1.0 < 1.0+local."""
        stage: tuple[object, ...]
        if self.stage is not None:
            stage = (0, *self.stage)
        elif self.post is None and self.dev is not None:
            stage = (-1,)  # 1.0.dev1 comes before 1.0a1
        else:
            stage = (1,)
        post = -1 if self.post is None else self.post
        dev = (1, 0) if self.dev is None else (0, self.dev)
        local = tuple((1, part, "") if isinstance(part, int) else (0, 0, part) for part in self.local)
        return (self.base, stage, post, dev, local)

    @property
    def public(self) -> Version:
        """The version without its local part."""
        return self._replace(local=())


@cache
def parse_version(text: str) -> Version:
    """Parse ``text``. Raises ``ValueError`` when it is no version."""
    match = re.fullmatch(_PATTERN, text.strip().lower(), re.VERBOSE)
    if match is None:
        raise ValueError(f"{text!r} is not a version number.")
    part = match.groupdict()
    stage = part["stage"]
    local = re.split(r"[-_.]", part["local"]) if part["local"] else []
    return Version(
        epoch=int(part["epoch"] or 0),
        release=tuple(int(number) for number in part["release"].split(".")),
        stage=None if stage is None else (_STAGES.get(stage, stage), int(part["stage_number"] or 0)),
        post=None if part["post"] is None else int(part["bare_post"] or part["post_number"] or 0),
        dev=None if part["dev"] is None else int(part["dev_number"] or 0),
        local=tuple(int(piece) if piece.isdigit() else piece for piece in local),
    )


def compare(candidate: str, operator: str, bound: str) -> bool:
    """Whether ``candidate`` satisfies ``operator bound``, e.g. ``compare("1.4.2", "~=", "1.4")``.

    Pre-releases are compared like any other version: the question is about one that is installed.
    Raises ``ValueError`` for an unknown operator or a malformed version.
    """
    bound = bound.strip()
    if operator == "===":
        return candidate.strip().lower() == bound.lower()
    version = parse_version(candidate)
    if bound.endswith(".*"):
        if operator not in ("==", "!="):
            raise ValueError(f"'.*' goes with == and !=, not with {operator!r}.")
        return _has_prefix(version, parse_version(bound[:-2])) == (operator == "==")
    limit = parse_version(bound)
    if operator in ("==", "!="):
        return ((version if limit.local else version.public).key == limit.key) == (operator == "==")
    if operator == ">=":
        return version.public.key >= limit.key
    if operator == "<=":
        return version.public.key <= limit.key
    if operator == "<":  # pre-releases of the bound are not meant: 1.0rc1 is not "<1.0"
        return version.key < (limit if limit.is_prerelease else limit._replace(dev=0)).key
    if operator == ">":  # nor its post-releases and local versions: 1.0.post1 and 1.0+local are not ">1.0"
        post = limit.post is None and version._replace(post=None, dev=None, local=()).key == limit.key
        return version.key > limit.key and not post and version.public.key != limit.key
    if operator == "~=":
        if len(limit.release) < 2:
            raise ValueError(f"~= needs at least two numbers, got {bound!r}.")
        series = limit._replace(release=limit.release[:-1], stage=None, post=None, dev=None)
        return version.public.key >= limit.key and _has_prefix(version, series)
    raise ValueError(f"unknown comparison {operator!r}.")


def _has_prefix(version: Version, prefix: Version) -> bool:
    length = len(prefix.release)
    padded = version.release + (0,) * (length - len(version.release))
    return version.epoch == prefix.epoch and padded[:length] == prefix.release
