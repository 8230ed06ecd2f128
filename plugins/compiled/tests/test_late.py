"""numba is imported at the first large call; absent or broken, NumPy serves."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest


def _run(program, **variables):
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, **variables}, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


LATE = """
import sys
import torchere as torch
x = torch.ones(4, 4)
(x + x).relu().softmax(0).sum().exp()
x += x
print("numba" in sys.modules)
torch.ones(200, 200, dtype=torch.float64).softmax(0)
print("numba" in sys.modules)
"""


@pytest.mark.skipif(find_spec("numba") is None, reason="no numba: pip install 'torchere[compiled]'")
def test_small_operators_do_not_import_numba():
    assert _run(LATE) == ["False", "True"]


ABSENT = """
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "numba" else real(name, *rest)
import torchere as torch
print(torch.ones(200, 200, dtype=torch.float64).softmax(0).sum().item())
record = next(item for item in torch.plugins.list() if item.name == "compiled")
print(record.state)
print(record.remedy)
"""


def test_numpy_serves_without_numba():
    value, state, remedy = _run(ABSENT)
    assert float(value) == pytest.approx(200)
    assert state == "missing-dependency"
    assert "torchere[compiled]" in remedy


BROKEN = """
import warnings
import torchere as torch
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    for _ in range(2):
        value = torch.ones(200, 200, dtype=torch.float64).softmax(0).sum().item()
print(value)
print(len(seen), seen[0].message)
"""


def test_a_broken_numba_is_a_warning_with_a_remedy(tmp_path):
    package = tmp_path / "numba"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('Numba needs NumPy 1.5 or less')")
    value, warning = _run(BROKEN, PYTHONPATH=str(tmp_path))
    assert float(value) == pytest.approx(200)
    assert warning.startswith("1 ")
    assert "needs NumPy 1.5" in warning
    assert "torchere[compiled]" in warning
