"""Pickles put together from opcodes, code-running names and damaged tensors: errors alone, nothing executed.

Every generated pickle is loaded as an archive and as a bare stream. Whatever it does, either a plain object comes out
or one of the documented errors, in bounded memory.
"""

from __future__ import annotations

import copyreg
import io
import os
import pickle
import struct
import subprocess
import tracemalloc
import zipfile
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torchere as torch

#: Names that run code, reach attributes, read files or reserve memory.
NAMES = [
    ("os", "system"), ("posix", "system"), ("nt", "system"), ("builtins", "eval"), ("builtins", "exec"),
    ("__builtin__", "getattr"), ("builtins", "open"), ("builtins", "__import__"), ("subprocess", "Popen"),
    ("torch", "load"), ("torch.serialization", "load"), ("torch", "Tensor"), ("torch.storage", "UntypedStorage"),
    ("torch", "FloatStorage"), ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_parameter"),
    ("torch._utils", "_rebuild_tensor_v3"), ("torch._tensor", "_rebuild_from_type_v2"), ("torch", "device"),
    ("torch", "Size"), ("torch", "float32"), ("collections", "OrderedDict"), ("collections", "Counter"),
    ("builtins", "set"), ("builtins", "bytearray"), ("builtins", "range"), ("builtins", "slice"),
    ("builtins", "complex"), ("_codecs", "encode"), ("numpy", "dtype"), ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"), ("numpy.core.multiarray", "scalar"), ("numpy", "load"),
    ("torchere", "load"), ("torchere.tensors.tensor", "wrap"), ("operator", "attrgetter"), ("runpy", "run_path"),
    ("torch.nn.parameter", "Parameter"), ("torch", "Size.__class__"), ("builtins", "dict.__init__.__globals__"),
]  # fmt: skip

_TEXTS = st.sampled_from(
    [*{part for name in NAMES for part in name}, "__import__('os').system('x')", "storage", "0", "cpu"]
)
_NUMBERS = st.sampled_from([0, 1, 2, 3, -1, -2, 255, 2**31 - 1, -(2**31)])


def _text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


_PIECES = st.one_of(
    st.sampled_from(NAMES).map(lambda name: f"c{name[0]}\n{name[1]}\n".encode()),
    st.sampled_from(NAMES).map(lambda name: b"(" + f"i{name[0]}\n{name[1]}\n".encode()),
    st.sampled_from(NAMES).map(lambda name: _text(name[0]) + _text(name[1]) + b"\x93"),
    _TEXTS.map(_text),
    _NUMBERS.map(lambda number: b"J" + struct.pack("<i", number)),
    st.integers(0, 255).map(lambda number: b"K" + bytes([number])),
    st.integers(0, 3).map(lambda number: b"q" + bytes([number])),
    st.integers(0, 3).map(lambda number: b"h" + bytes([number])),
    st.sampled_from([b"\x82\x01", b"\x83\x01\x00", b"\x84\x01\x00\x00\x00"]),
    st.sampled_from([b"\x8a\x08" + b"\xff" * 7 + b"\x7f", b"\x8b" + struct.pack("<i", 2**30), b"\x8e" + b"\xff" * 8]),
    st.sampled_from(
        [bytes([code]) for code in b"(.012NRabdelopstu})]\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94Q"]
    ),
    st.sampled_from(
        [b"Pevil\n", b"I01\n", b"F1e999\n", b"L99999999999999999999L\n", b"S'x'\n", b"Vx\n", b"p1\n", b"g1\n"]
    ),
)

_ARGUMENTS = st.lists(
    st.one_of(_TEXTS.map(_text), _NUMBERS.map(lambda number: b"J" + struct.pack("<i", number))), max_size=3
).map(b"".join)


def _call(name: tuple[str, str], arguments: bytes, way: str) -> bytes:
    """A whole call of a name, in one of the ways a pickle has."""
    module, attribute = name
    plain = f"c{module}\n{attribute}\n".encode()
    return {
        "reduce": plain + b"(" + arguments + b"tR",
        "stack global": _text(module) + _text(attribute) + b"\x93(" + arguments + b"tR",
        "instance": b"(" + arguments + f"i{module}\n{attribute}\n".encode(),
        "object": b"(" + plain + arguments + b"o",
        "new": plain + b"(" + arguments + b"t\x81",
        "new with keywords": plain + b"(" + arguments + b"t}\x92",
        "build": plain + b")R}" + _text("__setstate__") + plain + b"sb" + arguments,
        "state": plain + b"}" + _text("restore_state") + plain + b"sb",
        "extension": b"\x82\x01(" + arguments + b"tR",
        "persistent": b"(" + plain + arguments + b"tQ",
    }[way]


_WAYS = (
    "reduce", "stack global", "instance", "object", "new", "new with keywords", "build", "state", "extension",
    "persistent",
)  # fmt: skip
_CALLS = st.builds(_call, st.sampled_from(NAMES), _ARGUMENTS, st.sampled_from(_WAYS))

_ERRORS = (RuntimeError, ValueError, pickle.UnpicklingError, OSError)
ran: list[Any] = []


def trap(*args: Any, **_: Any) -> Any:
    ran.append(args)


@pytest.fixture(autouse=True)
def traps(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the names and texts would run is noted instead."""
    for module, name in ((os, "system"), (subprocess, "Popen"), (os, "popen")):
        monkeypatch.setattr(module, name, trap)
    copyreg.add_extension("os", "system", 1)
    ran.clear()
    yield
    copyreg.remove_extension("os", "system", 1)


def as_archive(pickled: bytes) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as written:
        written.writestr("archive/data.pkl", pickled)
        written.writestr("archive/data/0", b"\0" * 32)
    stream.seek(0)
    return stream


def attempt(stream: io.BytesIO) -> None:
    tracemalloc.start()
    try:
        torch.load(stream)
    except _ERRORS:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert ran == []
    assert peak < 20_000_000


@settings(max_examples=250, deadline=None)
@given(pieces=st.lists(st.one_of(_CALLS, _PIECES), max_size=24), protocol=st.sampled_from([2, 4]))
def test_any_opcodes(pieces: list[bytes], protocol: int) -> None:
    pickled = bytes([0x80, protocol]) + b"".join(pieces) + b"."
    attempt(as_archive(pickled))
    attempt(io.BytesIO(pickled))


@settings(max_examples=400, deadline=None)
@given(call=_CALLS)
def test_any_call(call: bytes) -> None:
    attempt(as_archive(b"\x80\x02" + call + b"."))
    attempt(io.BytesIO(b"\x80\x02" + call + b"."))


@pytest.mark.parametrize("way", _WAYS)
def test_system_is_never_called(way: str) -> None:
    attempt(as_archive(b"\x80\x02" + _call(("os", "system"), _text("x"), way) + b"."))


_SIZES = st.lists(
    st.sampled_from([0, 1, 2, 3, -1, 2**31, 2**62, 2**63 - 1, 2**64, 1.5, None, "2", True]), max_size=4
).map(tuple)


@settings(max_examples=150, deadline=None)
@given(
    size=_SIZES,
    stride=_SIZES,
    offset=st.sampled_from([0, 1, 7, 8, -1, 2**62, 2**64, None]),
    count=st.sampled_from([8, 0, 1, 9, -8, 2**61, 2**64, None]),
)
def test_any_geometry(size: tuple[Any, ...], stride: tuple[Any, ...], offset: Any, count: Any) -> None:
    """Sizes, strides, offsets and element counts that do not fit the storage never show memory beyond it."""

    class Writer(pickle._Pickler):  # type: ignore[name-defined, misc]
        def persistent_id(self, obj: Any) -> Any:
            return obj.identity if isinstance(obj, Storage) else None

        def save_global(self, obj: Any, name: Any = None) -> None:
            self.write(f"c{obj.module}\n{obj.name}\n".encode())

        dispatch: ClassVar[Any] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    class Name:
        def __init__(self, module: str, name: str) -> None:
            self.module, self.name = module, name

    class Storage:
        identity = ("storage", Name("torch", "FloatStorage"), "0", "cpu", count)

    class Call:
        def __reduce__(self) -> Any:
            return Name("torch._utils", "_rebuild_tensor_v2"), (Storage(), offset, size, stride, False, None)

    Writer.dispatch[Name] = lambda self, obj: self.save_global(obj)
    Name.__call__ = lambda self: None  # type: ignore[attr-defined]
    stream = io.BytesIO()
    Writer(stream, 2).dump(Call())
    file = as_archive(stream.getvalue())
    try:
        made = torch.load(file)
    except _ERRORS:
        return
    assert made.numel() == 0 or int(offset) + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) < 8
    made.sum().item()


def test_these_geometries_can_be_right() -> None:
    """The generator above makes loadable tensors: a check that it does not always fail earlier."""
    test_any_geometry.hypothesis.inner_test((2, 2), (2, 1), 1, 8)


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "archive/../../x", "C:\\evil", "a" * 5000])
def test_record_names_lead_nowhere(name: str, tmp_path: Any) -> None:
    path = tmp_path / "inner" / "file.pt"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as written:
        written.writestr("archive/data.pkl", pickle.dumps({"a": 1}, protocol=2))
        written.writestr(name, b"overwritten")
    assert torch.load(path) == {"a": 1}
    assert [item.name for item in tmp_path.rglob("*")] == ["inner", "file.pt"]
