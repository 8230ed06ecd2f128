"""Settings of loading and saving: byte order, checksums, shared mapping, files without elements, names in a file."""

from __future__ import annotations

import io
import mmap
import pickle
import struct
import zipfile
from collections import Counter
from pathlib import Path

import pytest

import torchere as torch
from torchere import serialization


class Thing:
    """A class that no file may name without being vouched for."""


def archive(pickled: bytes, **records: bytes) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as written:
        written.writestr("archive/data.pkl", pickled)
        for name, data in records.items():
            written.writestr(f"archive/{name}", data)
    stream.seek(0)
    return stream


def stored(obj: object) -> io.BytesIO:
    stream = io.BytesIO()
    torch.save(obj, stream, format="pytorch")
    stream.seek(0)
    return stream


def rewritten(stream: io.BytesIO, change) -> io.BytesIO:
    """The same records after ``change(name, data)``, which drops a record by returning None."""
    made = io.BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(made, "w") as new:
        for info in old.infolist():
            data = change(info.filename.partition("/")[2], old.read(info))
            if data is not None:
                new.writestr(info.filename, data)
    made.seek(0)
    return made


def test_byte_order_of_files_that_do_not_say_theirs() -> None:
    big = struct.pack(">2f", 1, 2)
    change = {"byteorder": lambda _: None, "data/0": lambda _: big}
    file = rewritten(stored(torch.zeros(2)), lambda name, data: change.get(name, lambda same: same)(data))
    assert serialization.get_default_load_endianness() is None
    try:
        serialization.set_default_load_endianness(serialization.LoadEndianness.BIG)
        assert torch.load(file).tolist() == [1, 2]
        serialization.set_default_load_endianness(serialization.LoadEndianness.LITTLE)
        file.seek(0)
        assert torch.load(file).tolist() != [1, 2]
    finally:
        serialization.set_default_load_endianness(None)
    with pytest.raises(TypeError, match="Invalid argument type in function set_default_load_endianness"):
        serialization.set_default_load_endianness("big")


def test_checksums_can_be_ignored() -> None:
    data = stored(torch.arange(4.0)).getvalue()
    place = data.index(struct.pack("<f", 3.0))
    damaged = data[:place] + struct.pack("<f", 7.0) + data[place + 4 :]
    with pytest.raises(RuntimeError, match="checksum differs"):
        torch.load(io.BytesIO(damaged))
    try:
        serialization.set_crc32_options(False)
        assert not serialization.get_crc32_options()
        assert torch.load(io.BytesIO(damaged)).tolist() == [0, 1, 2, 7]
    finally:
        serialization.set_crc32_options(True)


def test_mapping_private_and_shared(tmp_path: Path) -> None:
    path = tmp_path / "mapped.pt"
    torch.save({"a": torch.zeros(3)}, path)
    torch.load(path, mmap=True)["a"].fill_(5)
    assert torch.load(path)["a"].tolist() == [0, 0, 0]
    with serialization.set_default_mmap_options(mmap.MAP_SHARED):
        assert serialization.get_default_mmap_options() == mmap.MAP_SHARED
        torch.load(path, mmap=True)["a"].fill_(5)
    assert serialization.get_default_mmap_options() == mmap.MAP_PRIVATE
    try:
        serialization.set_crc32_options(False)
        assert torch.load(path)["a"].tolist() == [5, 5, 5]
    finally:
        serialization.set_crc32_options(True)
    with pytest.raises(ValueError, match=r"expected mmap\.MAP_PRIVATE or mmap\.MAP_SHARED, but got 99"):
        serialization.set_default_mmap_options(99)


def test_skip_data() -> None:
    whole = stored({"a": torch.ones(3), "n": 2})
    with serialization.skip_data():
        hollow = stored({"a": torch.ones(3), "n": 2})
        assert torch.load(whole)["a"].tolist() == [0, 0, 0]
    loaded = torch.load(hollow)
    assert loaded["a"].tolist() == [0, 0, 0]
    assert loaded["n"] == 2
    assert len(hollow.getvalue()) == len(whole.getvalue())
    whole.seek(0)
    assert torch.load(whole)["a"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("protocol", [2, 4])
def test_names_in_a_file(protocol: int, tmp_path: Path) -> None:
    names = serialization.get_unsafe_globals_in_checkpoint
    file = archive(pickle.dumps({"c": Counter("aab"), "t": Thing(), "p": Path}, protocol=protocol))
    own = f"{__name__}.Thing"
    assert names(file) == sorted([own, "pathlib.Path"])
    with serialization.safe_globals([Thing]):
        assert names(file) == ["pathlib.Path"]
    path = tmp_path / "checkpoint.pt"
    torch.save({"a": torch.ones(2)}, path)
    assert names(path) == []
    torch.save({"a": torch.ones(2)}, path, format="pytorch-legacy")
    with pytest.raises(ValueError, match=r"Expected input to be a checkpoint returned by torch.save"):
        names(path)
    for bad in (b"c", b"\x80\x04\x93.", b"\x80"):
        with pytest.raises(ValueError, match="Expected input"):
            names(archive(bad))
