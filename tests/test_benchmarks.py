"""Every benchmark runs; how fast is measured elsewhere."""

import sys
from pathlib import Path

import pytest

import torchere

FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def workloads(monkeypatch):
    """The module, found as it is when its folder's scripts run."""
    monkeypatch.syspath_prepend(FOLDER)
    before = set(sys.modules)
    import workloads

    yield workloads
    for name in ("workloads", "operator_cost"):
        if name not in before:
            sys.modules.pop(name, None)


def test_operators_are_thirty_and_run(workloads, monkeypatch):
    rows = workloads.SUITES["operator_cost"]
    assert len(rows) == 60
    monkeypatch.setattr(workloads.operator_cost, "REPEAT", 1)
    for setup in rows.values():
        setup(torchere)()


def test_recorded_rows_record(workloads):
    a, b = (torchere.rand(4, 4).requires_grad_() for _ in range(2))
    for name, call in workloads.operator_cost.OPERATORS.items():
        assert call(torchere, a, b).requires_grad, name


def test_training_rows_run(workloads):
    for name, setup in workloads.SUITES["training"].items():
        if name != "digits_cnn_step":  # the slowest; a training step is covered by the other
            setup(torchere)()


def test_table(workloads):
    medians = {"add": 0.5, "add (recorded)": 2.0, "mul": 0.25}
    table = workloads.operator_cost.markdown(medians, lambda values: sum(values) / len(values))
    assert "| add | 0.50 | 2.00 |" in table
    assert "| mul | 0.25 |  |" in table
    assert "| *geometric mean* | 0.38 | 2.00 |" in table
