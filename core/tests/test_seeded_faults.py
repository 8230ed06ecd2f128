"""The conformance kit catches broken kernels: at least 95 % of those in ``seeded_faults.py``."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import torchere  # noqa: F401 - registers operators and the cpu
from torchere import plugins
from torchere.testing.plan import forget_runs, operator_items
from torchere.testing.report import Skipped
from torchere_dispatch import Kernel, Source

_spec = importlib.util.spec_from_file_location("seeded_faults", Path(__file__).with_name("seeded_faults.py"))
assert _spec is not None
assert _spec.loader is not None
seeded_faults = importlib.util.module_from_spec(_spec)
__import__("sys").modules["seeded_faults"] = seeded_faults
_spec.loader.exec_module(seeded_faults)


def _quietly(broken: Any, good: Any) -> Any:
    def kernel(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return broken(good, *args)

    return kernel


@contextmanager
def _seeded(op: str, broken: Any) -> Iterator[None]:
    """Every kernel of `op` on the cpu is overridden by its broken twin."""
    plugins.load_device("cpu")
    kernels = [
        Kernel(op, "cpu", kernel.dtype, _quietly(broken, kernel.function), override=True, source=Source("seeded"))
        for kernel in plugins.dispatcher.kernels_of(op, device="cpu")
        if kernel.plugin == "cpu"  # optional plugins have kernels of the same operators
    ]
    assert kernels, f"no kernel of {op} to break"
    forget_runs()
    plugins.dispatcher.add_kernels(kernels)
    try:
        yield
    finally:
        plugins.dispatcher.remove_plugin("seeded")
        forget_runs()


def _first_failure(subjects: tuple[str, ...]) -> str:
    for item in operator_items("cpu", 2, subjects):
        try:
            item.run()
        except Skipped:
            continue
        except AssertionError as error:
            return f"{item.id}: {error}"
    return ""


def test_faults_are_caught(capsys: Any) -> None:
    caught, lines = 0, []
    for item in seeded_faults.FAULTS:
        with _seeded(item.op, item.broken):
            found = _first_failure(item.subjects)
        caught += bool(found)
        lines.append(f"{'caught' if found else 'MISSED'}  {item.op}: {item.what}  [{found[:100]}]")
    total = len(seeded_faults.FAULTS)
    with capsys.disabled():
        print(f"\nseeded faults: {caught} of {total} caught ({caught / total:.0%})")
        print("\n".join(line for line in lines if line.startswith("MISSED")))
    assert total >= 40
    assert caught / total >= 0.95, "\n".join(lines)


def test_the_kernels_themselves_pass() -> None:
    subjects = tuple(dict.fromkeys(name for item in seeded_faults.FAULTS for name in item.subjects))
    forget_runs()
    assert len(list(operator_items("cpu", 2, subjects))) > 1000
    assert _first_failure(subjects) == ""


def test_registering_a_kernel_again_is_no_fault() -> None:
    for op in ("softmax", "convolution", "sum"):
        with _seeded(op, partial(lambda good, *args: good(*args))):
            assert _first_failure((op,)) == ""
