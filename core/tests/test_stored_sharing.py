"""Files keep what was shared: tied tensors, views of one memory, containers in several places."""

import io
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

import torchere


def from_numpy(array: np.ndarray) -> torchere.Tensor:
    return torchere.from_numpy(array)


def values(tensor: torchere.Tensor) -> np.ndarray:
    return tensor.detach()._array


def round_trip(obj: object, **keywords: object) -> object:
    stream = io.BytesIO()
    torchere.save(obj, stream)
    stream.seek(0)
    return torchere.load(stream, **keywords)


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
