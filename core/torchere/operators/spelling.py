"""Other spellings of parameters: NumPy's (``axis``, ``keepdims``, ``x1``), and PyTorch's own undocumented ones.

PyTorch's parser takes ``torch.sum(x=t, axis=0)``, and calls the first parameter of ``torch.linalg.cholesky`` `input`
where its documentation says `A`. Generated functions gather keywords they do not know and come here with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["ABSENT", "missing", "respelled"]


class _Absent:
    """The type of `ABSENT`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<required>"


#: Default of a required parameter in a generated function, which may also arrive under another name.
ABSENT: Final = _Absent()

_RENAMED = {"axis": ("dim",), "keepdims": ("keepdim",), "b": ("B",)}
#: Spellings of the first, second and third tensor.
_PLACES = (("input", "x", "a", "x1", "tensor"), ("other", "x2", "input2"), ("input3",))


def respelled(
    name: str, spelled: Mapping[str, Any], given: Mapping[str, Any], tensors: Sequence[str]
) -> dict[str, Any]:
    """The keywords `given` with those in `spelled` under the parameters' own names.

    `tensors` are the names of the parameters that take tensors. Raises TypeError for words that are no spelling of a
    parameter, and for parameters given twice.
    """
    found = {key: value for key, value in given.items() if value is not ABSENT}
    for word, value in spelled.items():
        own = next((key for key in _RENAMED.get(word, ()) if key in given), None)
        if own is None:
            place = next((i for i, words in enumerate(_PLACES) if word in words), None)
            if place is not None and place < len(tensors):
                own = tensors[place]
        if own is None:
            raise TypeError(f"{name}() got an unexpected keyword argument '{word}'")
        if own in found and word not in _RENAMED:
            raise TypeError(f"{name}() got multiple values for argument '{own}' (as '{word}')")
        found[own] = value
    return found


def missing(name: str, given: Mapping[str, Any]) -> TypeError:
    """The error for a call without these required arguments."""
    absent = [key for key, value in given.items() if value is ABSENT]
    words = ", ".join(f'"{key}"' for key in absent)
    return TypeError(f"{name}() missing {len(absent)} required positional argument{'s'[: len(absent) > 1]}: {words}")
