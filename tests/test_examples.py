"""The programs of the folder examples/, of which only the imports differ from PyTorch's, give PyTorch's numbers.

`programs/examples.json` holds what PyTorch 2.13 gave; `programs/make_golden.py --examples` writes it. Starting weights,
shuffling, dropout, noise and actions come from NumPy, so both frameworks take the same path. In double precision they
agree over a whole training. In single precision rounding may take the paths apart after some steps; there the first
losses must agree, and the last numbers be as good.
"""

import json
import runpy
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import torchere as torch

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "examples"
GOLDEN = json.loads((ROOT / "tests/programs/examples.json").read_text())

#: Files of the folder that are no programs.
SHARED = {"command_line", "numpy_randomness"}


@dataclass
class Proof:
    """What must hold for one program."""

    #: In single precision: so many losses agree to 1e-4.
    steps: int
    #: In double precision: the whole run agrees for so many steps; None means all, and the last numbers, too.
    stable: int | None = None
    #: Result → (least, greatest) after the whole run in single precision.
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)


PROOFS = {
    "lenet": Proof(30, bounds={"accuracy": (0.97, 1)}),
    "resnet": Proof(10, bounds={"accuracy": (0.98, 1), "accuracy of the average": (0.98, 1)}),
    # PyTorch itself, with one weight changed by 1e-15, has losses that differ by 1e-10 after 220 steps, 1e-6 after 325
    # and 1e-4 after 380.
    "lstm_text": Proof(18, stable=250, bounds={"perplexity": (1, 1.6)}),
    "gpt": Proof(20, bounds={"perplexity": (1, 1.02), "lists sorted": (0.97, 1)}),
    "vae": Proof(30, bounds={"negative ELBO": (0, 25.2), "pixel error": (0, 0.18), "dimensions used": (4, 8)}),
    # Two networks that compete amplify what they find: PyTorch itself, with one weight changed by 1e-15, has losses
    # that differ by 1e-12 after 100 steps, 1e-8 after 200 and 1e-2 after 300.
    "dcgan": Proof(8, stable=150, bounds={"distance": (0, 5)}),
    "siamese": Proof(20, bounds={"accuracy on pairs": (0.97, 1), "accuracy of names": (0.96, 1)}),
    "reinforce": Proof(30, stable=55, bounds={"steps balanced": (195, 200)}),
    "ctc": Proof(20, bounds={"error rate": (0, 0.1)}),
}


@pytest.fixture
def run(monkeypatch):
    """Runs a program in a default dtype and returns what its `main` does."""
    monkeypatch.syspath_prepend(str(FOLDER))
    before = torch.get_default_dtype()

    def run(name, *, quick, dtype):
        torch.set_default_dtype(dtype)
        return runpy.run_path(str(FOLDER / f"{name}.py"))["main"](quick)

    yield run
    torch.set_default_dtype(before)


def check_single(name, ours, theirs):
    """The first losses agree with PyTorch's."""
    assert list(ours) == list(theirs)
    for key, curve in theirs.items():
        if isinstance(curve, list):
            steps = PROOFS[name].steps
            assert ours[key][:steps] == pytest.approx(curve[:steps], rel=1e-4, abs=1e-7), key


def check_double(ours, theirs, tolerance, steps=None):
    """Everything agrees with PyTorch's; with `steps`, so much of the curves."""
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        if isinstance(value, list):
            assert ours[key][:steps] == pytest.approx(value[:steps], rel=tolerance, abs=tolerance), key
        elif isinstance(value, str):
            assert steps is not None or ours[key] == value
        else:
            assert steps is not None or ours[key] == pytest.approx(value, rel=tolerance, abs=tolerance), key


@pytest.mark.parametrize("name", PROOFS)
def test_first_losses_are_pytorchs(name, run):
    check_single(name, run(name, quick=True, dtype=torch.float32), GOLDEN[f"{name}, quick, single"])


@pytest.mark.parametrize("name", PROOFS)
def test_a_training_in_double_is_pytorchs(name, run):
    ours = run(name, quick=True, dtype=torch.float64)
    check_double(ours, GOLDEN[f"{name}, quick, double"], 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROOFS)
def test_reaches_its_number(name, run):
    ours, theirs = run(name, quick=False, dtype=torch.float32), GOLDEN[f"{name}, whole, single"]
    check_single(name, ours, theirs)
    for key, (least, greatest) in PROOFS[name].bounds.items():
        assert least <= theirs[key] <= greatest, f"{key} under PyTorch"
        assert least <= ours[key] <= greatest, key


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", PROOFS)
def test_a_whole_training_in_double_is_pytorchs(name, run):
    ours = run(name, quick=False, dtype=torch.float64)
    check_double(ours, GOLDEN[f"{name}, whole, double"], 1e-6, PROOFS[name].stable)


def test_every_example_is_proved_and_documented():
    names = {path.stem for path in FOLDER.glob("*.py")} - SHARED
    assert names == set(PROOFS) == {key.partition(",")[0] for key in GOLDEN} - {"torch"}
    page = (FOLDER / "README.md").read_text()
    assert [name for name in names if f"{name}.py" not in page] == []


def test_only_imports_differ():
    for path in FOLDER.glob("*.py"):
        named = [line for line in path.read_text().splitlines() if "torchere" in line]
        assert all(line.startswith(("import torchere", "from torchere")) for line in named), path.name
