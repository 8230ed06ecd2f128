"""The conformance kit on every logical device of array-api-strict, on NumPy as CuPy would be, and on JAX.

On every run: all tiers of two devices in the dtypes that matter most, contract and training of the others. The rest is
marked slow.
"""

from pathlib import Path

import pytest

from torchere.testing import DeviceConformance

HERE = Path(__file__).parent
STRICT = ("strict_cpu_device", "strict_device1", "strict_device2", "strict_no_float64", "strict_no_x64")
#: What decides most; gradients are checked in float64 beside these.
CHOSEN = frozenset(("", "bool", "int64", "float32"))
JAX_PARTS = 4


class Chosen(DeviceConformance):
    """Operators in some dtypes only."""

    dtypes = CHOSEN

    def items(self, group):
        return (item for item in super().items(group) if item.tier != 1 or item.dtype in self.dtypes)


class TestStrict(Chosen):
    device = "strict_device1"


class TestNumpyLike(Chosen):
    device = "numpylike"
    dtypes = frozenset(("", "bfloat16"))
    tier = 1
    known_failures = HERE / "numpylike_known_failures.txt"


class ContractAndTraining(DeviceConformance):
    def groups(self):
        return [group for group in super().groups() if not group.startswith("operator/")]


class TestStrictCpu(ContractAndTraining):
    device = "strict_cpu_device"


class TestStrictDevice2(ContractAndTraining):
    device = "strict_device2"


class TestStrictWithoutFloat64(ContractAndTraining):
    device = "strict_no_float64"


class TestStrictWithout64Bits(ContractAndTraining):
    device = "strict_no_x64"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [*STRICT, "numpylike"])
def test_every_tier(name):
    from torchere.testing import check

    report = check(name, known_failures=HERE / f"{name.removeprefix('strict_')}_known_failures.txt")
    assert not report.failed, report.summary()
    assert len(report.passed) > 5000


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("part", range(JAX_PARTS))
def test_jax(part):
    """Contract and training whole, of the operators what each computes: JAX compiles every operator for every shape.

    In parts, so that several processes share them.
    """
    jax = pytest.importorskip("jax", reason="jax is not installed: pip install jax")
    from torchere import plugins
    from torchere.testing import kits
    from torchere.testing.checking import run_items
    from torchere.testing.known_failures import KnownFailures
    from torchere.testing.plan import operator_items
    from torchere.testing.report import Report

    plugins.load_device("jax")
    report, known = Report("jax", "device", 3), KnownFailures.read(HERE / "jax_known_failures.txt")
    if part == 0:
        run_items([*kits.contract_items("jax"), *kits.training_items("jax")], report, known)
    chosen = [
        item
        for item in operator_items("jax", 1)
        if item.check in ("forward", "inplace", "errors") and item.dtype in CHOSEN
    ]
    # Neighbours share shapes, and so compiled programs.
    chosen = chosen[len(chosen) * part // JAX_PARTS : len(chosen) * (part + 1) // JAX_PARTS]
    for start in range(0, len(chosen), 50):
        run_items(chosen[start : start + 50], report, known)
        jax.clear_caches()  # compiled programs of earlier shapes fill gigabytes
    assert not report.failed, report.summary()
    assert len(report.passed) > 100
