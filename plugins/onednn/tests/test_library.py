"""A library that is absent, broken or no oneDNN is a state of the plugin with a remedy, never a crash."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import torchere as torch
x = torch.nn.functional.conv2d(torch.ones(1, 1, 40, 40), torch.ones(16, 1, 5, 5))
print(x.sum().item())
record = next(item for item in torch.plugins.list() if item.name == "onednn")
print(record.state)
print(record.reason)
print(record.remedy)
"""


@pytest.mark.parametrize("kind", ["absent", "no library", "another library"])
def test_numpy_serves_without_the_library(kind, tmp_path):
    path = tmp_path / "libdnnl.so.3"
    if kind == "no library":
        path.write_bytes(b"\\x7fELF and then nothing")
    elif kind == "another library":
        from ctypes.util import find_library

        name = find_library("m")
        if name is None:
            pytest.skip("no libm to stand in")
        path = name
    program = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        program, capture_output=True, text=True, env={**os.environ, "TORCHERE_ONEDNN": str(path)}, timeout=60
    )
    assert done.returncode == 0, done.stderr
    value, state, *rest = done.stdout.splitlines()
    assert float(value) == 16 * 36 * 36 * 25
    assert state == "missing-dependency"
    assert str(path) in done.stdout
    assert "torchere[onednn]" in rest[-1]
