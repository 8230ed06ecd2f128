"""Damaged and hostile safetensors files: clear errors, whatever the bytes."""

import io
import json
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torchere
from torchere.errors import DeviceError, FileFormatError
from torchere.stored_structure import STRUCTURE_KEY


def from_numpy(array: np.ndarray) -> torchere.Tensor:
    return torchere.from_numpy(array)


def rewritten(data: bytes, change) -> io.BytesIO:
    """A file with its structure changed."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    document = json.loads(header["__metadata__"][STRUCTURE_KEY])
    changed = change(document)
    document = document if changed is None else changed
    header["__metadata__"][STRUCTURE_KEY] = document if isinstance(document, str) else json.dumps(document)
    text = json.dumps(header).encode()
    return io.BytesIO(struct.pack("<Q", len(text)) + text + data[8 + length :])


def sample() -> bytes:
    stream = io.BytesIO()
    base = np.arange(6, dtype=np.float32)
    state = {
        "w": from_numpy(base.reshape(2, 3)),
        "v": from_numpy(base[1:4]),
        "c": torchere.tensor([1j], dtype=torchere.complex128),
        "flag": torchere.tensor([True]),
        "n": [1, (2.5, "x"), {1: float("inf")}, np.int8(1), b"ab"],
    }
    torchere.save(state, stream)
    return stream.getvalue()


SAMPLE = sample()


def test_every_truncation_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.safetensors"
    for length in range(0, len(SAMPLE), 7):
        with pytest.raises(FileFormatError):
            torchere.load(io.BytesIO(SAMPLE[:length]))
        path.write_bytes(SAMPLE[:length])
        for mmap in (False, True):
            with pytest.raises(FileFormatError):
                torchere.load(path, mmap=mmap)
    path.write_bytes(SAMPLE + b"x")
    with pytest.raises(FileFormatError, match="bytes follow its end"):
        torchere.load(path)


def test_foreign_formats_are_named() -> None:
    for start, text in ((b"\x93NUMPY\x01", "npy"), (b"GGUF", "GGUF")):
        with pytest.raises(FileFormatError, match=rf"is .*{text}.*safetensors.torch.save_file"):
            torchere.load(io.BytesIO(start + b"\0" * 100))
    with pytest.raises(FileFormatError, match="too few"):
        torchere.load(io.BytesIO(b""))
    with pytest.raises(FileFormatError, match=r"a header of .* bytes is announced"):
        torchere.load(io.BytesIO(b"\xff" * 100))


def with_header(header: object, data: bytes = b"") -> io.BytesIO:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return io.BytesIO(struct.pack("<Q", len(text)) + text + data)


@pytest.mark.parametrize(
    ("header", "data"),
    [
        (b"\xff\xff", b""),
        (b"[1]", b""),
        (b"[" * 100_000, b""),
        (b'{"a":' * 50_000, b""),
        (b'{"a":1,"a":2}', b""),
        (b'{"a": NaN}', b""),
        (b'{"a": ' + b"9" * 5000 + b"}", b""),
        ({"__metadata__": 3}, b""),
        ({"__metadata__": {"a": 3}}, b""),
        ({"a": 3}, b""),
        ({"a": {"dtype": "F32", "shape": [1]}}, b"1234"),
        ({"a": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}}, b"1234"),
        ({"a": {"dtype": ["F32"], "shape": [1], "data_offsets": [0, 4]}}, b"1234"),
        ({"a": {"dtype": "F32", "shape": [-1, -1], "data_offsets": [0, 4]}}, b"1234"),
        ({"a": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}, b"1234"),
        ({"a": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}}, b"1234"),
        ({"a": {"dtype": "F32", "shape": 1, "data_offsets": [0, 4]}}, b"1234"),
        ({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0]}}, b"1234"),
        ({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}, b"1234"),
        ({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, b"12345678"),
        ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, b"1234"),
        ({"a": {"dtype": "F32", "shape": [10**15], "data_offsets": [0, 4 * 10**15]}}, b"1234"),
        ({"a": {"dtype": "F32", "shape": [2**62, 2**62, 0], "data_offsets": [0, 0]}}, b""),
        ({"a": {"dtype": "F32", "shape": [1] * 65, "data_offsets": [0, 4]}}, b"1234"),
        ({"a": {"dtype": "BOOL", "shape": [1], "data_offsets": [0, 1]}}, b"\x02"),
        (
            {
                "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
                "b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
            },
            b"1234",
        ),
    ],
)
def test_wrong_headers(header: object, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "wrong.safetensors"
    path.write_bytes(with_header(header, data).getvalue())
    for mmap in (False, True):
        with pytest.raises(FileFormatError):
            torchere.load(path, mmap=mmap)


NODES = [
    [1],
    {},
    {"unknown": 1},
    {"list": 3},
    {"list": {"a": 1}},
    {"dict": [[1]]},
    {"dict": [[{"list": []}, 1]]},
    {"dict": "ab"},
    {"same": 99},
    {"same": -1},
    {"same": True},
    {"tensor": "none"},
    {"tensor": 3},
    {"tensor": ["w"]},
    {"tensor": "flag", "grad": True},
    {"tensor": "w", "device": 3},
    {"tensor": "w", "dtype": "complex128"},
    {"tensor": "w", "dtype": "nothing"},
    {"tensor": "w", "dtype": "float32", "view": [0, [7], [4]]},
    {"tensor": "w", "dtype": "float32", "view": [24, [1], [4]]},
    {"tensor": "w", "dtype": "float32", "view": [-4, [1], [4]]},
    {"tensor": "w", "dtype": "float32", "view": [20, [2], [-4]]},
    {"tensor": "w", "dtype": "float32", "view": [1, [1], [4]]},
    {"tensor": "w", "dtype": "float32", "view": [0, [1, 1], [4]]},
    {"tensor": "w", "dtype": "float32", "view": [0, [2**62], [2**62]]},
    {"tensor": "w", "dtype": "float32", "view": [0, [2**70], [0]]},
    {"tensor": "w", "dtype": "float32", "view": [0, [2**40, 2**40], [0, 0]]},
    {"tensor": "w", "dtype": "float32", "view": 3},
    {"int": "zz"},
    {"int": 3},
    {"float": "1e5"},
    {"complex": [1]},
    {"complex": ["a", "b"]},
    {"bytes": "*"},
    {"range": [1, 2, 0]},
    {"slice": []},
    {"size": ["a"]},
    {"dtype": "float99"},
    {"device": "?!"},
    {"set": [{"list": []}]},
    {"ordered": [], "metadata": {"same": 99}},
]


@pytest.mark.parametrize("node", NODES, ids=lambda node: json.dumps(node)[:60])
def test_wrong_structures(node: object) -> None:
    def change(document: dict[str, object]) -> None:
        document["root"]["dict"][4][1] = node

    with pytest.raises(FileFormatError, match=r"^<BytesIO>: .*(damaged|not in the file)"):
        torchere.load(rewritten(SAMPLE, change))


def test_wrong_structure_documents() -> None:
    for document in ("", "[", "3", '{"root": 1}', '{"version": 1}', '{"version": 1, "root": ' + "[" * 10**5):
        with pytest.raises(FileFormatError, match="structure is invalid"):
            torchere.load(rewritten(SAMPLE, lambda _, document=document: document))
    with pytest.raises(FileFormatError, match=r"structure version 2, this torchere reads 1\. Install a newer"):
        torchere.load(rewritten(SAMPLE, lambda _: {"version": 2, "root": 1}))
    nested = '{"list":[' * 50_000
    with pytest.raises(FileFormatError, match="structure is invalid"):
        torchere.load(rewritten(SAMPLE, lambda _: '{"version":1,"root":' + nested))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damaged_bytes_never_crash(data: st.DataObject) -> None:
    damaged = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        if data.draw(st.booleans()):
            damaged[place] = data.draw(st.integers(0, 255))
        else:
            del damaged[place : place + data.draw(st.integers(1, 20))]
            if not damaged:
                break
    with suppress(FileFormatError, DeviceError):  # nothing else may come out
        torchere.load(io.BytesIO(bytes(damaged)))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_noise_never_crashes(noise: bytes) -> None:
    for data in (noise, struct.pack("<Q", len(noise)) + noise):
        with pytest.raises(FileFormatError):
            torchere.load(io.BytesIO(data + b"\0"))
