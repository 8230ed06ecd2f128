"""Every operator gives what PyTorch 2.13 gave for its golden samples: elements, dtypes, shapes, strides of views,
exceptions and gradients. See ``golden/operator_inputs.py``; ``golden/operator_report.py`` prints the figures.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import torchere

sys.path.insert(0, str(Path(__file__).parent / "golden"))

from golden_comparison import (
    all_operators,
    compare,
    departure,
    difference,
    records,
)
from operator_departures import DEPARTURES, TOLERANCES
from operator_inputs import Outcome, outcome

# PyTorch's numbers are golden only as far as they were computed for the samples that stand in the tables.
NAMES = records().names


def test_records_are_of_the_samples() -> None:
    recorded = {
        (record.name, record.sample) for operator in all_operators().values() for record in records().of(operator)
    }
    written = {(operator.name, sample) for operator in all_operators().values() for sample in operator.samples}
    assert recorded == written, "run tests/golden/make_operator_golden.py"


@pytest.mark.parametrize("name", NAMES)
def test_operator_agrees_with_pytorch(name: str) -> None:
    wrong = []
    for record, found in compare(all_operators()[name]):
        if found is not None and departure(record, found) is None:
            wrong.append(f"{record.key}: {name}({record.sample}): {found}")
    assert not wrong, "\n".join(wrong)


def test_every_departure_is_of_recorded_calls() -> None:
    calls = {record.call for name in NAMES for record in records().of(all_operators()[name])}
    assert set(TOLERANCES) <= set(NAMES)
    for one in DEPARTURES:
        for pattern in one.calls:
            assert any(re.fullmatch(pattern, call) for call in calls), pattern


@pytest.mark.parametrize(
    "found",
    [
        Outcome(["float64[2]"], [np.array([1.0, 2.0])]),
        Outcome(["float32[2,1]"], [np.array([[1.0], [2.0]], dtype=np.float32)]),
        Outcome(["float32[2]@(2)+0"], [np.array([1.0, 2.0], dtype=np.float32)]),
        Outcome(["float32[2]"], [np.array([1.0, 2.001], dtype=np.float32)]),
        Outcome(["float32[2]"], [np.array([1.0, np.nan], dtype=np.float32)]),
        Outcome(["!RuntimeError"]),
    ],
)
def test_comparison_notices_a_difference(found: Outcome) -> None:
    expected = Outcome(["float32[2]"], [np.array([1.0, 2.0], dtype=np.float32)])
    assert difference(expected, found) is not None
    assert difference(expected, expected) is None


def test_comparison_notices_another_exception() -> None:
    assert difference(Outcome(["!IndexError"]), Outcome(["!RuntimeError"])) is not None
    assert difference(Outcome(["!RuntimeError"]), Outcome(["!NotImplementedError"])) is None


def test_inputs_are_the_same_at_every_call() -> None:
    first, second = (outcome(torchere, "add", "A(2,3), P(3)", "float32").arrays[0] for _ in range(2))
    assert (first == second).all()
