"""save and load: round trips, streams, arguments, what cannot be stored."""

import io
import json
import math
import os
import struct
from collections import OrderedDict, namedtuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torchere
from torchere import dtypes
from torchere.dtypes import DTYPES
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
