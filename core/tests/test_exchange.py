"""NumPy, buffer and DLPack exchange of host arrays."""

import ctypes
import gc
import warnings
import weakref

import ml_dtypes
import numpy as np
import pytest

import torchere
from torchere import dtypes, exchange
from torchere.dtypes import DTYPES
from torchere.exchange import (
    HOST,
    array_from_buffer,
    array_from_dlpack,
    array_from_numpy,
    array_to_dlpack,
    array_to_numpy,
    device_of_dlpack,
    device_to_dlpack,
)


class Producer:
    """An object that exports an array as a tensor would."""

    def __init__(self, array: np.ndarray, **keywords: object) -> None:
        self.array, self.keywords = array, keywords

    def __dlpack__(self, **asked: object) -> object:
        return array_to_dlpack(self.array, **asked, **self.keywords)

    def __dlpack_device__(self) -> tuple[int, int]:
        return HOST


class OldProducer(Producer):
    """A producer from before DLPack 1.0."""

    def __dlpack__(self, *, stream: object = None) -> object:
        return array_to_dlpack(self.array, stream=stream)


def example(dtype: dtypes.DType, shape: tuple[int, ...] = (2, 3)) -> np.ndarray:
    count = int(np.prod(shape))
    return (np.arange(count) % 2 == 0 if dtype is dtypes.bool_ else np.arange(count)).astype(dtype.numpy).reshape(shape)


# --- NumPy -------------------------------------------------------------------------------------------------------


def test_from_numpy_shares_memory() -> None:
    for dtype in DTYPES:
        array = example(dtype)
        taken = array_from_numpy(array)
        assert np.shares_memory(taken, array)
        assert taken.dtype == dtype.numpy
    strided = np.arange(12.0).reshape(3, 4).T[1:]
    assert array_from_numpy(strided).strides == strided.strides
    assert type(array_from_numpy(np.ma.masked_array([1.0, 2.0]))) is np.ndarray
    assert array_from_numpy(np.broadcast_to(np.ones(1), (3,)).copy()).shape == (3,)


def test_from_numpy_errors() -> None:
    for wrong, kind in (([1], "list"), (None, "NoneType"), (np.float64(1), "float64")):
        with pytest.raises(TypeError, match=rf"expected np.ndarray \(got {kind}\)"):
            array_from_numpy(wrong)
    with pytest.raises(ValueError, match="byte order"):
        array_from_numpy(np.arange(3.0).astype(">f8"))
    with pytest.raises(ValueError, match="is negative"):
        array_from_numpy(np.arange(3.0)[::-1])
    with pytest.raises(ValueError, match="not a multiple of the element byte size"):
        array_from_numpy(np.zeros(3, dtype=[("a", "u1"), ("b", "f4")])["b"])
    for values, dtype in ((["a"], "U1"), ([1], object), ([1], "M8[s]"), ([1], np.longdouble), ([1], ml_dtypes.int4)):
        with pytest.raises(TypeError, match=r"can't convert np.ndarray of type .* The only supported types are: bool"):
            array_from_numpy(np.array(values).astype(dtype))


def test_read_only_array_warns_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_warned", set())
    array = np.arange(3.0)
    array.flags.writeable = False
    with pytest.warns(UserWarning, match="not writable"):
        taken = array_from_numpy(array)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        array_from_numpy(array)
    taken[0] = 7
    assert array[0] == 7


def test_to_numpy() -> None:
    array = example(dtypes.bfloat16)
    assert array_to_numpy(array) is array
    expanded = np.broadcast_to(np.zeros(1), (3,))
    assert array_to_numpy(expanded).flags.writeable
    with pytest.raises(RuntimeError, match=r"requires grad. Use tensor.detach\(\).numpy\(\)"):
        array_to_numpy(array, requires_grad=True)


def test_writable_alias_keeps_memory_alive() -> None:
    array = np.arange(4, dtype=ml_dtypes.bfloat16)
    array.flags.writeable = False
    alias = exchange.writable_alias(array[::2])
    assert alias.dtype == ml_dtypes.bfloat16
    del array
    gc.collect()
    assert alias.astype(float).tolist() == [0.0, 2.0]


def test_from_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_warned", set())
    data = bytearray(b"abcdefgh")
    array = array_from_buffer(data, dtypes.int32)
    assert array.tolist() == [1684234849, 1751606885]
    array[0] = 0
    assert data[:4] == b"\0\0\0\0"
    assert array_from_buffer(data, dtypes.int32, 1, 4).tolist() == [1751606885]
    assert array_from_buffer(data, dtypes.uint8, offset=4, count=2).tolist() == list(b"ef")
    with pytest.warns(UserWarning, match="buffer is not writable"):
        array_from_buffer(b"abcd", dtypes.int32)
    for keywords, text in (
        ({"offset": 3}, r"buffer length \(5 bytes\) after offset \(3 bytes\) must be a multiple of element size \(4\)"),
        ({"count": 3}, r"requested buffer length \(3 \* 4 bytes\) .* actual buffer length \(8 bytes\)"),
        ({"count": 0}, r"both buffer length \(8\) and count \(0\) must not be 0"),
        ({"offset": 8}, r"offset \(8 bytes\) must be non-negative"),
        ({"offset": -1}, r"offset \(-1 bytes\) must be non-negative"),
    ):
        with pytest.raises(ValueError, match=text):
            array_from_buffer(data, dtypes.int32, **keywords)
    with pytest.raises(ValueError, match="both buffer length"):
        array_from_buffer(bytearray(), dtypes.int32)
    with pytest.raises(ValueError, match="object does not implement Python buffer protocol"):
        array_from_buffer(3, dtypes.int32)


# --- DLPack ------------------------------------------------------------------------------------------------------


def test_dlpack_round_trip_of_every_dtype_and_layout() -> None:
    for kind in (Producer, OldProducer):
        for dtype in DTYPES:
            for shape in ((), (0,), (2, 0, 3), (5,), (2, 3), (2, 3, 4)):
                array = example(dtype, shape)
                for view in (array, array.T, array[..., ::2] if shape else array):
                    taken = array_from_dlpack(kind(view))
                    assert taken.dtype == dtype.numpy
                    assert taken.shape == view.shape
                    assert taken.tobytes() == view.tobytes()
                    assert taken.flags.writeable
                    if view.size:
                        assert taken.ctypes.data == view.ctypes.data
                        assert taken.strides == view.strides or 1 in view.shape


def test_dlpack_takes_arrays_of_numpy() -> None:
    array = np.arange(6.0)
    taken = array_from_dlpack(array)
    taken[0] = 5
    assert array[0] == 5
    assert not np.shares_memory(array_from_dlpack(array, copy=True), array)
    assert np.shares_memory(array_from_dlpack(array, copy=False), array)
    array.flags.writeable = False
    assert array_from_dlpack(array)[0] == 5
    with pytest.raises(ValueError, match=r"strides \(-1,\) are negative"):
        array_from_dlpack(array[::-1].copy()[::-1])


def test_numpy_takes_our_capsules() -> None:
    array = np.arange(3, dtype=np.float32)
    assert np.shares_memory(np.from_dlpack(Producer(array)), array)
    assert np.from_dlpack(Producer(array)).flags.writeable


def test_copy_keyword() -> None:
    array = example(dtypes.bfloat16)
    copied = array_from_dlpack(Producer(array), copy=True)
    assert not np.shares_memory(copied, array)
    assert copied.tobytes() == array.tobytes()
    assert not np.shares_memory(array_from_dlpack(OldProducer(array), copy=True), array)
    assert not np.shares_memory(array_from_dlpack(array_to_dlpack(array), copy=True), array)


def test_capsule_is_consumed_once_and_memory_released() -> None:
    class Array(np.ndarray):  # an ndarray that can be referred to weakly
        pass

    array = np.arange(4.0).view(Array)
    alive = weakref.ref(array)
    capsule = array_to_dlpack(array)
    taken = array_from_dlpack(capsule)
    with pytest.raises(RuntimeError, match=r"invalid capsule \(used_dltensor\).* once only"):
        array_from_dlpack(capsule)
    del array, capsule
    gc.collect()
    assert taken.tolist() == [0, 1, 2, 3]
    assert alive() is not None
    del taken
    gc.collect()
    assert alive() is None


def test_unused_capsule_releases_memory() -> None:
    class Array(np.ndarray):
        pass

    array = np.arange(4.0).view(Array)
    alive = weakref.ref(array)
    capsule = array_to_dlpack(array, max_version=(1, 0))
    del array
    assert alive() is not None
    del capsule
    gc.collect()
    assert alive() is None


def patched(array: np.ndarray, **fields: int) -> object:
    """A capsule of an array with fields of its structure overwritten."""
    capsule = array_to_dlpack(array, max_version=(1, 0))
    pointer = exchange._capsule_pointer(capsule, b"dltensor_versioned")
    managed = exchange._ManagedVersioned.from_address(pointer)
    for name, value in fields.items():
        setattr(managed if name == "major" else managed.tensor, name, value)
    return capsule


def test_bad_capsules() -> None:
    array = np.arange(4.0)
    with pytest.raises(BufferError, match=r"has DLPack version 2\.\d+, supported is 1.x"):
        array_from_dlpack(patched(array, major=2))
    with pytest.raises(RuntimeError, match=r"unsupported DLPack type \(code 3, 64 bits, 1 lanes\)"):
        array_from_dlpack(patched(array, code=3))
    with pytest.raises(RuntimeError, match=r"2 lanes"):
        array_from_dlpack(patched(array, lanes=2))
    with pytest.raises(BufferError, match=r"DLPack device \(2, 0\), expected host memory"):
        array_from_dlpack(patched(array, device_type=2))
    for wrong in ([1], 3, None):
        with pytest.raises(RuntimeError, match="received an invalid capsule"):
            array_from_dlpack(wrong)
    with pytest.raises(BufferError):  # NumPy's own
        array_from_dlpack(np.array(["a"]))


def test_compact_strides() -> None:
    capsule = array_to_dlpack(np.arange(6.0).reshape(2, 3))
    managed = exchange._Managed.from_address(exchange._capsule_pointer(capsule, b"dltensor"))
    managed.tensor.strides = ctypes.POINTER(ctypes.c_int64)()
    assert array_from_dlpack(capsule).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_export_errors() -> None:
    array = np.ones(2)
    with pytest.raises(BufferError, match=r"require gradient, use tensor.detach\(\)"):
        array_to_dlpack(array, requires_grad=True)
    with pytest.raises(AssertionError, match="stream should be None on cpu"):
        array_to_dlpack(array, stream=1)
    with pytest.raises(TypeError, match="stream must be ``int`` or ``none``"):
        array_to_dlpack(array, stream="a")
    with pytest.raises(BufferError, match=r"as DLPack device \(2, 0\)"):
        array_to_dlpack(array, dl_device=(2, 0))
    assert array_to_dlpack(array, dl_device=(1, 0), stream=None) is not None
    expanded = np.broadcast_to(np.ones(1), (3,))
    assert array_from_dlpack(array_to_dlpack(expanded)).tolist() == [1, 1, 1]


def test_devices() -> None:
    assert device_to_dlpack("cpu", None) == HOST
    assert device_to_dlpack("cuda", 1) == (2, 1)
    with pytest.raises(ValueError, match="Unknown device type meta for Dlpack"):
        device_to_dlpack("meta", None)
    assert device_of_dlpack(np.ones(1)) == ("cpu", 0)
    assert device_of_dlpack(array_to_dlpack(np.ones(1))) == ("cpu", 0)

    class Far:
        def __init__(self, *device: int) -> None:
            self.device = device

        def __dlpack_device__(self) -> tuple[int, ...]:
            return self.device

    assert device_of_dlpack(Far(2, 3)) == ("cuda", 3)
    with pytest.raises(BufferError, match="unknown DLPack device type 99"):
        device_of_dlpack(Far(99, 0))


# --- tensors -----------------------------------------------------------------------------------------------------


def test_tensors_share_memory_through_dlpack() -> None:
    for dtype in DTYPES:
        tensor = torchere.from_numpy(example(dtype))
        taken = torchere.from_dlpack(tensor)
        assert taken.dtype is dtype
        assert taken.data_ptr() == tensor.data_ptr()
        assert torchere.from_dlpack(tensor.__dlpack__()).data_ptr() == tensor.data_ptr()
        assert torchere.from_dlpack(tensor, copy=True).data_ptr() != tensor.data_ptr()
        assert torchere.from_dlpack(tensor, device="cpu", copy=False).data_ptr() == tensor.data_ptr()
    array = np.from_dlpack(torchere.tensor([1.0, 2.0]))
    assert array.tolist() == [1, 2]
    assert torchere.tensor([1.0]).__dlpack_device__() == HOST


def test_dlpack_errors_of_tensors() -> None:
    tensor = torchere.tensor([1.0], requires_grad=True)
    with pytest.raises(BufferError, match=r"require gradient, use tensor.detach\(\)"):
        tensor.__dlpack__()
    tensor = tensor.detach()
    with pytest.raises(ValueError, match=r"cannot move \(i.e. copy=False\) tensor from cpu to cuda:0"):
        tensor.__dlpack__(dl_device=(2, 0), copy=False)
    with pytest.raises(ValueError, match=r"cannot move \(i.e. copy=False\) tensor from cpu to cuda"):
        torchere.from_dlpack(tensor, device="cuda", copy=False)
    with pytest.raises(BufferError, match="unknown DLPack device type 99"):
        tensor.__dlpack__(dl_device=(99, 0))
    assert tensor.__dlpack__(dl_device=(1, 0), max_version=(1, 0)) is not None


def test_expanded_tensors_give_writable_arrays() -> None:
    expanded = torchere.tensor([1.0]).expand(2, 3)
    assert expanded.numpy().flags.writeable
    assert np.from_dlpack(expanded).tolist() == [[1, 1, 1], [1, 1, 1]]


def test_utils_dlpack() -> None:
    from torchere import dlpack

    tensor = torchere.tensor([1.0, 2.0])
    assert dlpack.from_dlpack(dlpack.to_dlpack(tensor)).data_ptr() == tensor.data_ptr()
    assert dlpack.DLDeviceType(tensor.__dlpack_device__()[0]) is dlpack.DLDeviceType.kDLCPU
