"""Behaviours in ``behaviours/`` have the outcome PyTorch has (``golden/core.json``), or depart with a reason."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

import torchere

GOLDEN = Path(__file__).parent / "golden"
_OUTCOMES = runpy.run_path(str(GOLDEN / "outcomes.py"))
BEHAVIOURS = _OUTCOMES["behaviours"]()
EXPECTED = json.loads((GOLDEN / "core.json").read_text())

#: Behaviours that differ on purpose; the reason, and what happens instead (an exception's builtin class, or None).
_EMPTY_PLACE = ("an empty view has no place in memory here: NumPy does not move to where it would begin", None)
_AXIS_OF_ONE = ("the stride of a dimension of size 1 is never used; NumPy chooses another", None)
DEPARTURES = {
    "aliasing/geometry: expand of empty": _EMPTY_PLACE,
    "aliasing/geometry: narrow nothing": _EMPTY_PLACE,
    "aliasing/geometry: as_strided empty": _EMPTY_PLACE,
    "aliasing/geometry: index empty slice": _EMPTY_PLACE,
    "aliasing/geometry: unsqueeze last of transposed": _AXIS_OF_ONE,
    "aliasing/geometry: unsqueeze of stepped": _AXIS_OF_ONE,
    "aliasing/geometry: index none inside": _AXIS_OF_ONE,
    "inference/written: detached": (
        "an alias of an inference tensor is not written to outside, either",
        "RuntimeError",
    ),
    "engine/output_numbers": ("split is made of slices, each a node of its own", None),
    "indexing/set one-element at tensor of uint8": ("a uint8 mask is a mask when written through, too", None),
    "indexing/set tensor of uint8": ("a uint8 mask is a mask when written through, too", None),
    "inplace/out_no_tensor": ("TypeError, as for other arguments that are no tensors", "TypeError"),
}

#: Errors of PyTorch's type that say it in other words.
OWN_WORDS = frozenset(
    (
        "conversion/broadcast_shapes_misfit",
        "modes/gradcheck_finds_missing_conjugate",
        "conversion/to unknown device",
        "creation/as_tensor of array big-endian",
        "creation/unknown_device",
        "creation/wrong_device_type",
        "indexing/set wrong shape at true",
    )
)


def _close(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, (bool, str)) or theirs is None:
        return type(ours) is type(theirs) and ours == theirs
    if isinstance(theirs, (int, float)):
        return (
            isinstance(ours, (int, float))
            and not isinstance(ours, bool)
            and abs(ours - theirs) <= 1e-5 * max(1, abs(theirs))
        )
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(_close, ours, theirs))
    return (
        isinstance(ours, dict)
        and ours.keys() == theirs.keys()
        and all(_close(ours[name], value) for name, value in theirs.items())
    )


def test_golden_file_is_complete() -> None:
    assert sorted(EXPECTED) == sorted(BEHAVIOURS)
    assert not (set(DEPARTURES) | OWN_WORDS) - set(BEHAVIOURS)


@pytest.mark.parametrize("name", sorted(BEHAVIOURS))
def test_behaves_like_pytorch(name: str) -> None:
    expected = EXPECTED[name]
    found = _OUTCOMES["outcome"](torchere, BEHAVIOURS[name])
    if name in DEPARTURES:
        _, error = DEPARTURES[name]
        assert found.get("raises") == error, found
        assert found != expected, "no departure any more: take it off the list"
        return
    if "raises" in expected:
        assert found.get("raises") == expected["raises"], found
        if name not in OWN_WORDS:
            start = expected["message"][:25].lower()
            assert found["message"].lower().startswith(start), found
        return
    assert "returns" in found, found
    assert _close(found["returns"], expected["returns"]), f"\nfound    {found}\nexpected {expected}"
