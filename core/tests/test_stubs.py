"""What type checkers see: the stubs are up to date, and mypy understands a user's program through them."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "make_stubs.py"

PROGRAM = """
import torchere as torch
import torchere.nn as nn
import torchere.nn.functional as F
from torchere import Tensor, optim
from torchere.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
        self.head = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        return F.log_softmax(self.head(self.body(x)), dim=1)


net = Net()
optimizer = optim.SGD(net.parameters(), lr=0.1)
data = TensorDataset(torch.randn(20, 4), torch.randint(0, 2, (20,)))
for inputs, labels in DataLoader(data, batch_size=5, shuffle=True):
    optimizer.zero_grad()
    loss = F.nll_loss(net(inputs), labels)
    loss.backward()
    optimizer.step()
x = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
y: Tensor = (2 * x + 1).sin().sum(dim=0, keepdim=True)
values, indices = torch.sort(y)
print(y.shape[0] + 1, y.dtype, torch.where(y > 0, y, -y), y.t().add_(3), torch.sort(y).values.max())
with torch.no_grad():
    torch.save(net.state_dict(), "net.safetensors")
"""

#: Wrong statement → what mypy must say about it.
MISTAKES = {
    "x.no_such_method()": '"Tensor" has no attribute "no_such_method"',
    'torch.add(x, x, alpha="two")': 'Argument "alpha" to "add" has incompatible type "str"',
    "z: int = x.sum()": "Incompatible types in assignment",
    'nn.Linear("a", 3)': 'Argument 1 to "Linear" has incompatible type "str"',
    "torch.sort(x).nothing": 'has no attribute "nothing"',
}


def test_stubs_are_up_to_date() -> None:
    # Another process: plugins that other tests register would show in the stubs.
    found = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert found.returncode == 0, f"{found.stdout}{found.stderr}\nRun: python scripts/make_stubs.py"


def mypy(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """mypy's report on a program, from outside the repository, as users run it."""
    (folder / "program.py").write_text(program)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed (extra 'dev')")
def test_mypy_accepts_a_program_and_finds_its_mistakes(tmp_path: Path) -> None:
    report = mypy(PROGRAM, tmp_path)
    assert report.returncode == 0, report.stdout
    report = mypy(PROGRAM + "\n".join(MISTAKES), tmp_path)
    for message in MISTAKES.values():
        assert message in report.stdout
    assert f"Found {len(MISTAKES)} errors" in report.stdout
