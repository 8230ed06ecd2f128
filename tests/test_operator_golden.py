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


#: Public operators without samples: what they take or give is no array, or is random to start with.
NOT_SAMPLED = {
    "align_tensors", "get_device", "lobpcg",
    *(f"Tensor.{name}" for name in (
        "align_as", "align_to", "apply_", "const_data_ptr", "dim_order", "has_names", "index", "index_view", "map2_",
        "map_", "module_load", "record_stream", "refine_names", "rename", "rename_", "storage_type", "to_dtype",
        "to_mkldnn",
    )),
}  # fmt: skip


def public_names() -> set[str]:
    """Every operator and composed function of the namespaces, and the methods that are no function."""
    names = set()
    for key, operator in torchere.operators.operators().items():
        if key.startswith("_") or not operator.function.__module__.startswith("torchere_ops."):
            continue  # other libraries', which other tests of this process may have loaded, are not in the golden files
        for space in operator.namespaces:
            prefix = f"{space.rpartition('.')[2]}_" if space else ""
            names.add(f"{space}.{operator.public_name.removeprefix(prefix)}".removeprefix("."))
        if operator.method and not operator.namespaces:
            names.add(f"Tensor.{operator.public_name}")
    return names


def test_every_operator_has_samples() -> None:
    sampled = set(all_operators())
    missing = public_names() - sampled - {f"Tensor.{name}" for name in sampled} - NOT_SAMPLED
    assert not missing, f"add samples to tests/golden/operator_cases: {sorted(missing)}"


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
