"""``rearrange``: reshape and permute by a pattern of names."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from torchere.operators import operator_named
from torchere.tensors.tensor import Tensor

__all__ = ["rearrange"]

_TOKEN = re.compile(r"\s*(\.\.\.|\(|\)|[A-Za-z_][A-Za-z0-9_]*|1)\s*")


def _parsed(text: str, pattern: str) -> list[list[str]]:
    """The axes of one side: a list of names for each; ``1`` is an empty one."""
    groups: list[list[str]] = []
    inside: list[str] | None = None
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            if not text[place:].strip():
                break
            raise ValueError(f"rearrange: invalid identifier at {text[place:]!r} in pattern {pattern!r}")
        token = match.group(1)
        place = match.end()
        if token == "(":
            if inside is not None:
                raise ValueError(f"rearrange: nested parentheses in pattern {pattern!r}")
            inside = []
        elif token == ")":
            if inside is None:
                raise ValueError(f"rearrange: unbalanced parentheses in pattern {pattern!r}")
            groups.append(inside)
            inside = None
        elif inside is not None:
            inside += [] if token == "1" else [token]
        else:
            groups.append([] if token == "1" else [token])
    if inside is not None:
        raise ValueError(f"rearrange: unbalanced parentheses in pattern {pattern!r}")
    names = [name for group in groups for name in group]
    if len(set(names)) != len(names):
        raise ValueError(f"rearrange: a name appears twice on one side of pattern {pattern!r}")
    return groups


def rearrange(tensor: Tensor | Sequence[Tensor], pattern: str, **axes_lengths: int) -> Tensor:
    """`tensor` with its axes split, moved and joined: ``rearrange(x, "b (h w) c -> b c h w", h=4)``.

    Each side of ``->`` names axes; a group in parentheses is one axis made of several, ``...`` all that have no name,
    and ``1`` an axis of size 1. Both sides have the same names; `axes_lengths` gives sizes that cannot be inferred. A
    sequence of tensors is stacked along a first axis. ValueError for patterns that do not fit.
    Source: Rogozhnikov, "Einops", ICLR 2022.
    """
    whole: Tensor = tensor if isinstance(tensor, Tensor) else operator_named("stack").entry(list(tensor), 0)
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ValueError(f"rearrange: a pattern has one '->', got {pattern!r}")
    left, right = _parsed(sides[0], pattern), _parsed(sides[1], pattern)
    if {n for g in left for n in g} != {n for g in right for n in g}:
        raise ValueError(f"rearrange: both sides of the pattern must have the same names, got {pattern!r}")
    dots = ["..."]
    named = sum(group != dots for group in left)
    rest = whole.dim() - named
    if rest < 0 or (rest and dots not in left):
        raise ValueError(f"rearrange: pattern {pattern!r} names {named} axes, the tensor has {whole.dim()}")
    sizes: dict[str, list[int]] = {name: [int(size)] for name, size in axes_lengths.items()}
    place, order = 0, []
    split: list[int] = []
    for group in left:
        if group == dots:
            sizes["..."] = [int(size) for size in whole.shape[place : place + rest]]
            place += rest
        else:
            _infer(group, int(whole.shape[place]), sizes, pattern)
            place += 1
        order += group
        split += [size for name in group for size in sizes[name]]
    unknown = set(axes_lengths) - set(order)
    if unknown:
        raise ValueError(f"rearrange: sizes given for {sorted(unknown)}, which pattern {pattern!r} does not name")
    begins, count = {}, 0
    for name in order:
        begins[name] = count
        count += len(sizes[name])
    wanted = [begins[name] + i for group in right for name in group for i in range(len(sizes[name]))]
    shape: list[int] = []
    for group in right:
        parts = [size for name in group for size in sizes[name]]
        shape += parts if group == dots else [math.prod(parts)]
    return whole.reshape(split).permute(wanted).reshape(shape)  # type: ignore[no-any-return]


def _infer(group: Sequence[str], size: int, sizes: dict[str, list[int]], pattern: str) -> None:
    """Fill in the one size of a group that is not known."""
    unknown = [name for name in group if name not in sizes]
    known = math.prod(sizes[name][0] for name in group if name in sizes)
    if len(unknown) > 1:
        raise ValueError(
            f"rearrange: sizes of {unknown} cannot be inferred from an axis of size {size}: pass all but one"
        )
    if unknown:
        if not known or size % known:
            raise ValueError(f"rearrange: an axis of size {size} cannot be split by {known} ({pattern!r})")
        sizes[unknown[0]] = [size // known]
    elif known != size:
        raise ValueError(f"rearrange: {list(group)} has size {known}, the axis {size} ({pattern!r})")
