"""safetensors files of other programs, both ways; mapped loading; devices."""

import io
import json
import math
import struct
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import safetensors
import safetensors.numpy

import torchere
from torchere import dtypes
from torchere.dtypes import DTYPES
from torchere.stored_structure import STRUCTURE_KEY


def from_numpy(array: np.ndarray) -> torchere.Tensor:
    return torchere.from_numpy(array)


def values(tensor: torchere.Tensor) -> np.ndarray:
    return tensor.detach()._array


def example(dtype: dtypes.DType, shape: tuple[int, ...] = (2, 3)) -> np.ndarray:
    count = math.prod(shape)
    return (np.arange(count) % 2 == 0 if dtype is dtypes.bool_ else np.arange(count)).astype(dtype.numpy).reshape(shape)


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
