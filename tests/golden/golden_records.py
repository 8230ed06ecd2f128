"""How the operators' golden results lie in ``operators.json`` and ``operators.npz``, and how they are read back.

The elements of one operator follow one another in the order of samples, dtypes and results; the descriptions say how
many bytes each takes. Elements of bfloat16 are kept as their 16 bits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from operator_inputs import DTYPES, GRADIENT_DTYPES, Operator, Outcome

__all__ = ["Record", "Records", "pack"]

HERE = Path(__file__).parent
_TENSOR = re.compile(r"([a-z]+[0-9]*)\[([0-9,]*)\]")
_PYTHON = {"<float>": "float64", "<complex>": "complex128"}


def pack(found: Outcome) -> bytes:
    """The elements of a result, one after another."""
    return b"".join(np.ascontiguousarray(array).tobytes() for array in found.arrays)


def _layout(part: str) -> tuple[np.dtype, tuple[int, ...]] | None:
    """Storage dtype and shape of the elements that a description announces."""
    if part in _PYTHON:
        return np.dtype(_PYTHON[part]), ()
    match = _TENSOR.match(part)
    if match is None:
        return None
    shape = tuple(int(size) for size in match[2].split(",")) if match[2] else ()
    return np.dtype("uint16" if match[1] == "bfloat16" else match[1]), shape


@dataclass
class Record:
    """What PyTorch gives for one sample in one dtype; for its gradients when `gradient` is set."""

    name: str
    sample: str
    number: int
    dtype: str
    gradient: bool
    expected: Outcome

    @property
    def key(self) -> str:
        """How the lists of differences call it: ``sum/3 float32``, or ``sum/3 d/float64`` for gradients."""
        return f"{self.name}/{self.number} {'d/' if self.gradient else ''}{self.dtype}"

    @property
    def call(self) -> str:
        """The call, as ``operator_departures.py`` names it: ``sum(A(2,3), 1) float32``."""
        return f"{self.name}({self.sample}) {'d/' if self.gradient else ''}{self.dtype}"


class Records:
    """Both files, opened."""

    def __init__(self) -> None:
        facts = json.loads((HERE / "operators.json").read_text())
        self.version: str = facts["torch"]
        self._facts: dict[str, dict[str, dict[str, list[str]]]] = facts["operators"]
        self._arrays = np.load(HERE / "operators.npz")

    @property
    def names(self) -> list[str]:
        """The operators recorded."""
        return list(self._facts)

    def of(self, operator: Operator) -> Iterator[Record]:
        """The records of one operator, in the order they were written."""
        content = self._arrays[operator.name].tobytes()
        position = 0
        for number, (sample, rows) in enumerate(self._facts[operator.name].items()):
            found = {run: text for text, runs in rows.items() for run in runs}
            for run in [*DTYPES, *(f"d/{dtype}" for dtype in GRADIENT_DTYPES if operator.values)]:
                dtype = run.removeprefix("d/")
                outcome = Outcome([part for part in found[run].replace("=", dtype).split(" ") if part])
                for part in outcome.facts if operator.values else []:
                    layout = _layout(part)
                    if layout is not None:
                        kind, shape = layout
                        size = kind.itemsize * prod(shape)
                        elements = np.frombuffer(content[position : position + size], dtype=kind)
                        outcome.arrays.append(elements.reshape(shape))
                        position += size
                yield Record(operator.name, sample, number, dtype, run != dtype, outcome)
        if position != len(content):
            raise ValueError(f"{operator.name}: operators.npz has {len(content) - position} bytes too many")
