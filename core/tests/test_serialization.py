"""save and load: round trips, sharing, other programs' files, damaged and hostile files, interruption."""

import io
import json
import math
import os
import signal
import struct
import subprocess
import sys
import time
from collections import OrderedDict, namedtuple
from contextlib import suppress
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torchere
from torchere import dtypes
from torchere.dtypes import DTYPES
from torchere.errors import DeviceError, FileFormatError
from torchere.stored_structure import STRUCTURE_KEY
from torchere.tensors.parameter import Parameter


def from_numpy(array: np.ndarray) -> torchere.Tensor:
    return torchere.from_numpy(array)


def values(tensor: torchere.Tensor) -> np.ndarray:
    return tensor.detach()._array


def example(dtype: dtypes.DType, shape: tuple[int, ...] = (2, 3)) -> np.ndarray:
    count = math.prod(shape)
    return (np.arange(count) % 2 == 0 if dtype is dtypes.bool_ else np.arange(count)).astype(dtype.numpy).reshape(shape)


def round_trip(obj: object, **keywords: object) -> object:
    stream = io.BytesIO()
    torchere.save(obj, stream)
    stream.seek(0)
    return torchere.load(stream, **keywords)


def same(a: object, b: object) -> bool:
    """Equal with equal types, tensors bit by bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, torchere.Tensor):
        return (
            a.dtype is b.dtype
            and a.shape == b.shape
            and a.requires_grad == b.requires_grad
            and values(a).tobytes() == values(b).tobytes()
        )
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return len(a) == len(b) and all(
            same(p, q) and same(a[p], b[q]) for p, q in zip(a.keys(), b.keys(), strict=True)
        )
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b) or (a != a and b != b)
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    return a == b


# --- round trips -------------------------------------------------------------------------------------------------


def test_every_dtype_and_shape(tmp_path: Path) -> None:
    state = {
        f"{dtype.name}{shape}": from_numpy(example(dtype, shape))
        for dtype in DTYPES
        for shape in ((), (0,), (2, 0, 3), (1,), (2, 3), (2, 1, 5))
    }
    path = tmp_path / "all.safetensors"
    torchere.save(state, path)
    for mmap in (False, True):
        loaded = torchere.load(path, mmap=mmap)
        assert same(loaded, state)
        assert all(values(tensor).flags.writeable and values(tensor).flags.aligned for tensor in loaded.values())


def test_plain_values_come_back_exactly() -> None:
    everything = {
        "none": None,
        "numbers": [True, False, 0, -1, 2**63, -(2**63) - 1, 2**300, 10**5000, 0.1, -0.0, 1e308, 5e-324],
        "specials": (float("inf"), float("-inf"), float("nan"), 1j, complex(-0.0, float("nan"))),
        "texts": ["", "é\n\0", "\ud800", '"\\'],
        "bytes": b"\x00\xff",
        1: "int key",
        (1, "a"): "tuple key",
        None: {True: 0, 2.5: {}},
        "size": torchere.Size([2, 3]),
        "dtype": torchere.bfloat16,
        "device": torchere.device("cuda", 1),
        "ranges": [range(1, 9, 2), slice(None, 3)],
        "sets": [{1, 2}, frozenset("ab"), set()],
        "empty": [[], (), {}, OrderedDict(), b""],
        "ordered": OrderedDict([("b", 1), ("a", 2)]),
        "numpy": [np.float64(0.1), np.int8(3), np.bool_(True), np.arange(6).reshape(2, 3), np.array(1.5, ">f4")],
    }
    loaded = round_trip(everything)
    everything["numpy"][4] = np.array(1.5, "f4")
    assert same(loaded, everything)
    assert list(loaded["ordered"]) == ["b", "a"]


def test_single_values() -> None:
    for obj in (from_numpy(example(dtypes.float32)), 3, "text", None, [], Parameter(torchere.tensor([1.0]))):
        assert same(round_trip(obj), obj)


def test_optimizer_state_dict() -> None:
    state = {
        "state": {
            0: {"step": torchere.tensor(3.0), "exp_avg": torchere.tensor([0.5]), "max": None},
            1: {"step": torchere.tensor(3.0), "exp_avg": torchere.tensor([[0.25]]), "max": None},
        },
        "param_groups": [
            {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-08, "amsgrad": False, "maximize": None, "params": [0, 1]}
        ],
    }
    loaded = round_trip(state)
    assert same(loaded, state)
    assert type(loaded["param_groups"][0]["betas"]) is tuple
    assert type(next(iter(loaded["state"]))) is int


def test_state_dict_metadata_and_parameters() -> None:
    state = OrderedDict(weight=Parameter(torchere.tensor([1.0])), bias=Parameter(torchere.tensor([1.0]), False))
    state._metadata = OrderedDict({"": {"version": 1}})
    state["plain"] = torchere.tensor([2.0]).requires_grad_()
    loaded = round_trip(state)
    assert same(loaded, state)
    assert same(loaded._metadata, state._metadata)
    assert [type(value).__name__ for value in loaded.values()] == ["Parameter", "Parameter", "Tensor"]
    assert [value.requires_grad for value in loaded.values()] == [True, False, True]
    state.extra = 3
    with pytest.raises(TypeError, match="attribute 'extra' of the OrderedDict obj"):
        round_trip(state)


def test_several_objects_in_one_stream() -> None:
    stream = io.BytesIO(b"before")
    stream.seek(6)
    for obj in ({"a": torchere.tensor([1.0, 2.0])}, [1, 2], "end"):
        torchere.save(obj, stream)
    stream.seek(6)
    assert values(torchere.load(stream)["a"]).tolist() == [1, 2]
    assert torchere.load(stream) == [1, 2]
    assert torchere.load(stream) == "end"


def test_streams_that_cannot_seek() -> None:
    data = io.BytesIO()
    torchere.save({"a": torchere.tensor([1.0])}, data)
    read_end, write_end = os.pipe()
    with open(write_end, "wb") as stream:
        torchere.save({"a": torchere.tensor([1.0])}, stream)
    with open(read_end, "rb") as stream:
        assert values(torchere.load(stream)["a"]).tolist() == [1]


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    st.sampled_from(DTYPES),
    st.sampled_from(DTYPES).map(lambda dtype: from_numpy(example(dtype))),
)
keys = st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.tuples(st.integers(), st.text()))
nested = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
        st.dictionaries(keys, inner, max_size=4).map(OrderedDict),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nested)
def test_any_nesting_comes_back(obj: object) -> None:
    assert same(round_trip(obj), obj)


# --- sharing and views -------------------------------------------------------------------------------------------


def test_tied_tensors_stay_tied(tmp_path: Path) -> None:
    weight = torchere.tensor([1.0, 2.0, 3.0])
    path = tmp_path / "tied.safetensors"
    torchere.save({"encoder": weight, "decoder": weight.detach(), "again": weight}, path)
    for mmap in (False, True):
        loaded = torchere.load(path, mmap=mmap)
        values(loaded["encoder"])[0] = 7
        assert values(loaded["decoder"])[0] == 7
        assert loaded["again"] is loaded["encoder"]
        assert loaded["decoder"] is not loaded["encoder"]
    assert len(safetensors.numpy.load_file(path)) == 1


def test_overlapping_views_stay_views() -> None:
    base = np.arange(12, dtype=np.float32)
    whole, part, column = from_numpy(base.reshape(3, 4)), from_numpy(base[2:7]), from_numpy(base.reshape(3, 4)[:, 1])
    loaded = round_trip([part, whole, column])
    values(loaded[1])[...] = np.arange(12).reshape(3, 4) + 100
    assert values(loaded[0]).tolist() == [102, 103, 104, 105, 106]
    assert values(loaded[2]).tolist() == [101, 105, 109]


def test_overlapping_views_without_their_base() -> None:
    base = np.arange(1000, dtype=np.int16)
    stream = io.BytesIO()
    torchere.save(
        {"x": from_numpy(base[100:110]), "x.storage": torchere.tensor(1), "y": from_numpy(base[105:120])}, stream
    )
    assert len(stream.getvalue()) < 1000  # the base of 2,000 bytes is not there
    stream.seek(0)
    loaded = torchere.load(stream)
    values(loaded["x"])[5:] = -1
    assert values(loaded["y"])[:6].tolist() == [-1, -1, -1, -1, -1, 110]
    assert loaded["x.storage"].item() == 1


def test_memory_seen_as_two_dtypes() -> None:
    base = np.arange(8, dtype=np.float32)
    loaded = round_trip(
        [from_numpy(base[1:3]), from_numpy(base.view(np.int32)[2:5]), from_numpy(base.view(np.uint8)[9:])]
    )
    values(loaded[0])[1] = 1.0
    assert values(loaded[1])[0] == np.float32(1).view(np.int32)
    pair = np.arange(4, dtype=np.complex128)
    loaded = round_trip([from_numpy(pair), from_numpy(pair.view(np.float64))])
    values(loaded[1])[1] = 5
    assert values(loaded[0])[0] == 5j


def test_views_are_stored_compactly() -> None:
    base = np.arange(100_000, dtype=np.float64)
    for view in (base[:3], base.reshape(10, 10_000)[::3, 0], np.broadcast_to(base[:1], (50_000,)).view()):
        stream = io.BytesIO()
        if not view.flags.writeable:
            view = torchere.exchange.writable_alias(view)
        torchere.save({"v": from_numpy(view)}, stream)
        assert len(stream.getvalue()) < 1200
        stream.seek(0)
        assert (values(torchere.load(stream)["v"]) == view).all()


def test_neighbours_are_not_stored_as_one() -> None:
    base = np.arange(8.0)
    loaded = round_trip({"low": from_numpy(base[:4]), "high": from_numpy(base[4:])})
    assert not np.shares_memory(values(loaded["low"]), values(loaded["high"]))


def test_shared_and_recursive_containers() -> None:
    inner: list[object] = [1]
    loaded = round_trip({"a": inner, "b": inner})
    assert loaded["a"] is loaded["b"]
    inner.append(inner)
    loaded = round_trip(inner)
    assert loaded[1] is loaded


# --- other programs ----------------------------------------------------------------------------------------------


def test_flat_state_dicts_are_plain_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "flat.safetensors"
    state = {f"layer.{dtype.name}": from_numpy(example(dtype)) for dtype in DTYPES if dtype is not dtypes.complex128}
    state["transposed"] = from_numpy(example(dtypes.float32).T)
    torchere.save(state, path)
    found = dict(safetensors.deserialize(path.read_bytes()))
    assert set(found) == set(state)
    for name, record in found.items():
        assert bytes(record["data"]) == values(state[name]).tobytes(), name
        assert record["shape"] == list(state[name].shape)
    # safetensors' own arrays know no float8
    state = {name: tensor for name, tensor in state.items() if "float8" not in name}
    torchere.save(state, path)
    for name, array in safetensors.numpy.load_file(path).items():
        assert array.dtype == values(state.pop(name)).dtype
    assert not state
    with safetensors.safe_open(path, "np") as file:
        assert file.metadata()["format"] == "pt"


def test_plain_safetensors_load_as_a_flat_dict(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    arrays = {"z": np.arange(3, dtype=np.int8), "a.b": np.ones((2, 2)), "h": np.ones(3, ml_dtypes.bfloat16)}
    safetensors.numpy.save_file(arrays, path, metadata={"who": "other"})
    for mmap in (False, True):
        loaded = torchere.load(path, mmap=mmap)
        assert type(loaded) is dict
        assert set(loaded) == set(arrays)
        for name, array in arrays.items():
            assert values(loaded[name]).dtype == array.dtype
            assert values(loaded[name]).tobytes() == array.tobytes()
            assert values(loaded[name]).flags.aligned


def test_mapped_loading_is_lazy_and_private(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    torchere.save({"x": from_numpy(np.ones(2_000_000))}, path)
    before = path.read_bytes()
    loaded = torchere.load(path, mmap=True)["x"]
    owner = values(loaded)
    while owner.base is not None and not isinstance(owner, np.memmap):
        owner = owner.base
    assert type(owner).__name__ in ("mmap", "memmap")
    values(loaded)[:] = 3
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="mmap=True needs a path"):
        torchere.load(io.BytesIO(before), mmap=True)


# --- devices -----------------------------------------------------------------------------------------------------


def stored_on(device: str) -> io.BytesIO:
    """A file whose tensor says it was on `device`."""
    stream = io.BytesIO()
    torchere.save({"w": torchere.tensor([1.0])}, stream)
    return rewritten(stream.getvalue(), lambda document: document["root"]["dict"][0][1].update(device=device))


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


def test_map_location() -> None:
    for location in ("cpu", torchere.device("cpu"), {"nowhere:1": "cpu"}, lambda tensor, place: tensor):
        assert torchere.load(stored_on("nowhere:1"), location)["w"].device.type == "cpu"
    seen = []
    torchere.load(stored_on("nowhere:1"), lambda tensor, place: seen.append((tensor.item(), place)) or "cpu")
    assert seen == [(1.0, "nowhere:1")]
    for location in (None, {"cuda:0": "cpu"}, lambda tensor, place: None):
        with pytest.raises(RuntimeError, match=r"(?s)belongs on device 'nowhere:1'.*map_location='cpu'"):
            torchere.load(stored_on("nowhere:1"), location)
    with pytest.raises(TypeError, match="map_location must be a device, its name, a dict or a function, got int"):
        torchere.load(stored_on("cpu"), 3)

    def fails(tensor: object, place: str) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        torchere.load(stored_on("cpu"), fails)


# --- what cannot be stored ---------------------------------------------------------------------------------------


class Thing:
    pass


class HasState(Thing):
    def state_dict(self) -> dict[str, int]:
        return {}


def test_objects_that_cannot_be_stored() -> None:
    pair = namedtuple("pair", "x y")
    for obj, text in (
        ({"a": [1, Thing()]}, r"cannot store obj\['a'\]\[1\]: it is a .*Thing. Store its numbers"),
        ([HasState()], r"cannot store obj\[0\]: .*HasState. Store its state instead: obj.state_dict\(\)"),
        ({"f": print}, r"obj\['f'\]"),
        ((pair(1, 2),), r"obj\[0\]: .*pair. Convert it: tuple\(x\)"),
        ([np.array(["a"])], r"obj\[0\], a NumPy object of dtype <U1"),
        ([np.ma.array([1])], r"MaskedArray. Convert it: numpy.asarray\(x\)"),
        (bytearray(b"a"), r"cannot store obj: it is a bytearray. Convert it: bytes\(x\)"),
    ):
        with pytest.raises(TypeError, match=text):
            round_trip(obj)
    deep: list[object] = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(TypeError, match="nested more than 150 levels deep"):
        round_trip(deep)


def test_wrong_arguments(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="expected a path or a binary file object with a 'write' method, got int"):
        torchere.save(1, 3)
    with pytest.raises(TypeError, match="expected a path or a binary file object with a 'read' method, got int"):
        torchere.load(3)
    with pytest.raises(TypeError, match="Open it in binary mode"):
        torchere.save(1, io.StringIO())
    with pytest.raises(TypeError, match="Open it in binary mode"):
        torchere.load(io.StringIO("abcdefghijkl"))
    with pytest.raises(FileNotFoundError):
        torchere.load(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match=r"folder .* does not exist"):
        torchere.save(1, tmp_path / "none" / "x")
    with pytest.raises(IsADirectoryError):
        torchere.save(1, tmp_path)
    with pytest.raises(TypeError, match="no pickles"):
        torchere.save(1, tmp_path / "x", pickle_module=json)
    with pytest.raises(TypeError, match="no pickles"):
        torchere.load(tmp_path / "x", pickle_module=json)


# --- damaged and hostile files -----------------------------------------------------------------------------------


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


# --- interruption ------------------------------------------------------------------------------------------------

WRITER = """
import sys
import numpy
import torchere
path = sys.argv[1]
for number in range(2, 10**6):
    torchere.save({"x": torchere.from_numpy(numpy.full(3_000_000, float(number)))}, path)
"""


def test_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
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
        torchere.save({"x": Thing()}, path)

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
