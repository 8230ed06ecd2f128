"""Saving to a path: whatever interrupts it, the old file stays whole."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import torchere


def from_numpy(array: np.ndarray) -> torchere.Tensor:
    return torchere.from_numpy(array)


def values(tensor: torchere.Tensor) -> np.ndarray:
    return tensor.detach()._array


WRITER = """
import sys
import numpy
import torchere
path = sys.argv[1]
for number in range(2, 10**6):
    torchere.save({"x": torchere.from_numpy(numpy.full(3_000_000, float(number)))}, path)
"""


@pytest.mark.parametrize("name", ["model.safetensors", "model.pt"])
def test_killed_writer_leaves_a_whole_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    torchere.save({"x": from_numpy(np.full(3_000_000, 1.0))}, path)
    interrupted = 0
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], env=os.environ) as writer:
            deadline = time.monotonic() + 60
            while writer.poll() is None and time.monotonic() < deadline:
                unfinished = [item.stat().st_size for item in tmp_path.glob(".*.tmp")]
                if any(0 < size < 24_000_000 for size in unfinished):
                    break
            writer.send_signal(signal.SIGKILL)
        left = list(tmp_path.glob(".*.tmp"))
        interrupted += bool(left)
        for item in left:
            item.unlink()
        loaded = values(torchere.load(path)["x"])
        assert loaded.shape == (3_000_000,)
        assert (loaded == loaded[0]).all()
    assert interrupted


def test_failed_save_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.safetensors"
    torchere.save({"x": torchere.tensor([1.0])}, path)
    with pytest.raises(TypeError):
        torchere.save({"x": object()}, path)

    def full_disk(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        torchere.save({"x": torchere.tensor([2.0])}, path)
    monkeypatch.undo()
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
    assert torchere.load(path)["x"].item() == 1


def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    path, link = tmp_path / "model.safetensors", tmp_path / "link"
    torchere.save(1, path)
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask
    path.chmod(0o640)
    link.symlink_to(path)
    torchere.save(2, link)
    assert link.is_symlink()
    assert torchere.load(path) == 2
    assert path.stat().st_mode & 0o777 == 0o640
    torchere.save({"x": torchere.tensor([1.0])}, "/dev/null")
