"""Storages: the memory behind tensors."""

import copy
import gc
import pickle
from pathlib import Path

import numpy as np
import pytest

import torchere
import torchere as torch
from torchere import dtypes
from torchere.exchange import writable_alias
from torchere.storages import (
    UntypedStorage,
    array_in_storage,
    data_ptr,
    storage_offset,
    strides_in_elements,
    untyped_storage_of,
)
from torchere.typed_storage import FloatStorage, IntStorage, TypedStorage


def tensor(values: object, dtype: type = np.float32) -> torchere.Tensor:
    return torchere.from_numpy(np.array(values, dtype))


def test_where_an_array_lies() -> None:
    base = np.arange(24, dtype=np.int32).reshape(4, 6)
    view = base[1:, 2::2]
    assert storage_offset(view) == 8
    assert strides_in_elements(view) == (6, 2)
    assert data_ptr(view) == data_ptr(base) + 32
    assert storage_offset(base.T) == 0
    empty = np.zeros((2, 0, 3))
    assert (storage_offset(empty), data_ptr(empty), strides_in_elements(empty)) == (0, 0, (3, 3, 1))
    assert strides_in_elements(np.float32(1)[...]) == ()


def test_storage_of_a_tensor_is_its_memory() -> None:
    base = np.arange(10, dtype=np.float32)
    whole, part = torchere.from_numpy(base), torchere.from_numpy(base[2:8:2])
    storage = whole.untyped_storage()
    assert storage is part.untyped_storage()
    assert (len(storage), storage.size(), storage.nbytes(), storage.element_size()) == (40, 40, 40, 1)
    assert storage.data_ptr() == whole.data_ptr()
    assert storage.device == torchere.device("cpu")
    storage[0:4] = 0
    part.untyped_storage().fill_(0)
    assert base.tolist() == [0] * 10
    base[0] = 1
    assert storage.tolist()[:4] == list(np.float32(1).tobytes())
    assert whole.storage().tolist() == base.tolist()
    assert not storage.resizable()
    with pytest.raises(RuntimeError, match=r"not resizable: .*storage.clone\(\)"):
        storage.resize_(100)


def test_storage_keeps_memory_alive_and_is_forgotten() -> None:
    storage = tensor([1.0, 2.0]).untyped_storage()
    gc.collect()
    assert TypedStorage(wrap_storage=storage, dtype=dtypes.float32).tolist() == [1, 2]
    assert torchere.from_numpy(np.zeros((2, 0))).untyped_storage().data_ptr() == 0
    alias = torchere.from_numpy(writable_alias(np.arange(6.0)[::2]))
    assert alias.untyped_storage().nbytes() == 40


def test_items() -> None:
    storage = UntypedStorage([1, 2, 3, 300])
    assert storage.tolist() == list(storage) == [1, 2, 3, 44]
    assert (storage[-1], storage[np.int64(0)]) == (44, 1)
    part = storage[1:3]
    part[0] = -1
    assert storage.tolist() == [1, 255, 3, 44]
    storage[2:] = 7
    assert storage.tolist() == [1, 255, 7, 7]
    for index in (4, -5):
        with pytest.raises(IndexError, match=f"index {index} out of range for storage of size 4"):
            storage[index]
    with pytest.raises(RuntimeError, match="step of 2, but only a step of 1"):
        storage[::2]
    with pytest.raises(TypeError, match=r"can't index a torch.UntypedStorage with str"):
        storage["a"]
    with pytest.raises(RuntimeError, match="with a int types, but got float instead"):
        storage[0] = 1.5
    with pytest.raises(RuntimeError, match=r"sequence \(str\), but one of the items was of type str instead of int"):
        UntypedStorage("a")


def test_resize_copy_clone() -> None:
    storage = UntypedStorage([1, 2, 3])
    assert storage.resize_(5).size() == 5
    assert storage.resize_(2).tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="0 or more bytes"):
        storage.resize_(-1)
    with pytest.raises(RuntimeError, match="0 or more bytes"):
        UntypedStorage(-1)
    copied = storage.clone().copy_(UntypedStorage([4, 5]))
    assert (copied.tolist(), storage.tolist()) == ([4, 5], [1, 2])
    with pytest.raises(RuntimeError, match="self was 2 bytes but src was 3 bytes"):
        storage.copy_(UntypedStorage(3))
    for twin in (copy.deepcopy(storage), copy.copy(storage), pickle.loads(pickle.dumps(storage))):
        assert twin.tolist() == [1, 2]
        twin[0] = 9
    assert storage.tolist() == [1, 2]
    first, second = copy.deepcopy([storage, storage])
    assert first is second
    assert storage.cpu() is storage.to(device="cpu") is storage.untyped() is storage
    assert UntypedStorage().size() == storage.new().size() == 0


def test_byteswap_buffers_and_files(tmp_path: Path) -> None:
    storage = tensor([1, 2], np.int16).untyped_storage()
    storage.byteswap(dtypes.int16)
    assert storage.tolist() == [0, 1, 0, 2]
    pair = tensor([1 + 2j], np.complex64).untyped_storage()
    pair.byteswap(dtypes.complex64)
    assert pair.tolist() == list(np.array([1, 2], ">f4").tobytes())
    assert UntypedStorage.from_buffer(b"abcd", byte_order="big", dtype=dtypes.int16).tolist() == list(b"badc")
    assert FloatStorage.from_buffer(b"abcd", byte_order="little").tolist() == [1.6777999408082104e22]
    with pytest.raises(ValueError, match="invalid byte_order 'middle'"):
        UntypedStorage.from_buffer(b"ab", byte_order="middle")
    path = tmp_path / "memory"
    UntypedStorage.from_file(path, shared=True, nbytes=4)[1] = 5
    assert path.read_bytes() == b"\0\5\0\0"
    private = UntypedStorage.from_file(path, nbytes=2)
    private[0] = 1
    assert path.read_bytes()[0] == 0


def test_typed() -> None:
    storage = TypedStorage([1, 2, 3], dtype=dtypes.float32)
    assert repr(storage) == " 1.0\n 2.0\n 3.0\n[torch.storage.TypedStorage(dtype=torch.float32, device=cpu) of size 3]"
    assert (len(storage), storage.nbytes(), storage.element_size(), storage[1]) == (3, 12, 4, 2.0)
    assert storage.type() == "torch.FloatStorage"
    storage[0] = 5
    storage[1:] = 7
    assert storage.tolist() == [5, 7, 7]
    assert storage.copy_(IntStorage([1, 2, 3])).tolist() == [1, 2, 3]
    assert storage.double().dtype is dtypes.float64
    assert storage.int().tolist() == [1, 2, 3]
    assert storage.untyped().int().tolist()[:4] == [0, 0, 128, 63]
    storage.resize_(1)
    assert storage.tolist() == [1]
    assert copy.deepcopy(storage).tolist() == pickle.loads(pickle.dumps(storage)).tolist() == [1]
    assert TypedStorage(2, dtype=dtypes.bfloat16).fill_(1.5).tolist() == [1.5, 1.5]
    with pytest.raises(RuntimeError, match="slices are only supported in UntypedStorage"):
        storage[0:1]
    with pytest.raises(IndexError, match="index 6 out of range for storage of size 1"):
        storage[6]
    with pytest.raises(RuntimeError, match="self has 1 elements but src has 2"):
        storage.copy_(IntStorage(2))
    with pytest.raises(RuntimeError, match="'dtype' must be given"):
        TypedStorage(wrap_storage=UntypedStorage(4))


def test_old_names() -> None:
    storage = IntStorage([1, 2])
    assert type(storage) is TypedStorage
    assert isinstance(storage, IntStorage)
    assert not isinstance(storage, FloatStorage)
    assert repr(storage) == " 1\n 2\n[torch.storage.TypedStorage(dtype=torch.int32, device=cpu) of size 2]"
    assert repr(UntypedStorage([7])) == " 7\n[torch.storage.UntypedStorage(device=cpu) of size 1]"


def test_array_in_storage() -> None:
    storage = UntypedStorage(24)
    array = array_in_storage(storage, dtypes.int32, 1, (2, 2), (2, 1))
    array[...] = [[1, 2], [3, 4]]
    assert storage.int().size() == 24
    assert TypedStorage(wrap_storage=storage, dtype=dtypes.int32).tolist()[1:5] == [1, 2, 3, 4]
    assert untyped_storage_of(torchere.from_numpy(array)) is storage
    assert array_in_storage(storage, dtypes.int32, 99, (0,), (1,)).shape == (0,)
    with pytest.raises(RuntimeError, match="not resizable"):
        storage.resize_(48)
    assert storage.resize_(8).nbytes() == 8
    assert storage.resize_(24).nbytes() == 24
    assert array.tolist() == [[1, 2], [3, 4]]  # the tensor's memory was there all the time
    with pytest.raises(RuntimeError, match=r"requiring a storage size of 28 are out of bounds for storage of size 24"):
        array_in_storage(storage, dtypes.int32, 1, (6,), (1,))


def test_tensors_set_on_storages() -> None:
    storage = torchere.arange(6, dtype=torchere.float32).untyped_storage()
    tensor = torchere.empty(0).set_(storage, 1, (2, 2), (2, 1))
    assert tensor.tolist() == [[1, 2], [3, 4]]
    assert torchere.empty(0).set_(storage, 1, (2, 2)).tolist() == [[1, 2], [3, 4]]
    assert torchere.empty(0).set_(storage).tolist() == [0, 1, 2, 3, 4, 5]
    assert tensor.untyped_storage() is storage
    tensor[0, 0] = 9
    assert torchere.FloatStorage([1, 2]).size() == 2
    assert TypedStorage(wrap_storage=storage, dtype=dtypes.float32)[1] == 9
    base = torchere.arange(4.0)
    assert torchere.empty(0).set_(base, 1, (2,), (2,)).tolist() == [1, 3]
    assert torchere.empty(0).set_(source=base).data_ptr() == base.data_ptr()
    with pytest.raises(RuntimeError, match="Could not set tensor of type int32 to a tensor of type float32"):
        torchere.empty(0).set_(IntStorage([1]))
    with pytest.raises(RuntimeError, match="out of bounds for storage of size 24"):
        torchere.empty(0).set_(storage, 5, (2,), (1,))
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        torchere.ones(2, requires_grad=True).set_(storage)


def test_files_are_mapped(tmp_path):
    path = str(tmp_path / "elements.bin")
    storage = torch.FloatStorage.from_file(path, True, 3)
    storage.fill_(2.5)
    assert storage.filename == path
    assert torch.FloatStorage(2).filename is None
    mapped = torch.from_file(path, shared=True, size=3)
    assert mapped.tolist() == [2.5] * 3
    mapped[1] = 7
    del storage
    assert torch.from_file(path, size=2).tolist() == [2.5, 7.0]
    with pytest.raises(RuntimeError, match="smaller than the required mapping size"):
        torch.from_file(path, size=4)


def test_quantized_elements_have_storages():
    storage = torch.QUInt8Storage([1, 2])
    assert storage.dtype is torch.quint8
    assert storage.tolist() == [1, 2]
    assert torch.Storage is torch.FloatStorage
