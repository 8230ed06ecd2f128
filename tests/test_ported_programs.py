"""Programs written for PyTorch, of which only the import differs, give PyTorch's numbers.

`programs/golden.json` holds what PyTorch 2.13 gave for the same files; `programs/make_golden.py` writes it.
"""

import json
import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "programs"
GOLDEN = json.loads((FOLDER / "golden.json").read_text())

#: Program → relative and absolute tolerance; most compute in double.
TOLERANCES = {
    "tensors_and_autograd": (1e-5, 1e-6),
    "polynomial_fit": (2e-4, 1e-5),  # 1500 steps in float32
    "maml_step": (1e-9, 1e-12),
    "hessian_vector": (1e-8, 1e-12),
    "einops_attention": (1e-9, 1e-12),
}


def compare(ours, theirs, where, rtol, atol):
    """Numbers within the tolerance; everything else equal, and of the same type."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs), where
        for key in theirs:
            compare(ours[key], theirs[key], f"{where}[{key!r}]", rtol, atol)
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), where
        for index, item in enumerate(theirs):
            compare(ours[index], item, f"{where}[{index}]", rtol, atol)
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, rel=rtol, abs=atol), where
    else:
        assert (ours, type(ours)) == (theirs, type(theirs)), where


@pytest.mark.parametrize("name", list(TOLERANCES))
def test_gives_pytorchs_numbers(name):
    if name == "einops_attention":
        pytest.importorskip("einops")
    ours = runpy.run_path(str(FOLDER / f"{name}.py"))["main"]()
    compare(ours, GOLDEN[name], name, *TOLERANCES[name])


def test_every_program_is_run():
    programs = {path.stem for path in FOLDER.glob("*.py")} - {"make_golden"}
    assert programs == set(TOLERANCES) == set(GOLDEN) - {"torch"}


def test_only_the_import_differs():
    for name in TOLERANCES:
        lines = (FOLDER / f"{name}.py").read_text().splitlines()
        named = [line for line in lines if "torchere" in line]
        assert all(line.startswith("import torchere") for line in named), name
