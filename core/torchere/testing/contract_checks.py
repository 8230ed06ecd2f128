"""Tier 0: what a device promises before any operator is looked at. A check gets the device type."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import torchere
from torchere import plugins
from torchere.backend import backend_of, key_for
from torchere.devices import device as Device
from torchere.dtypes import DTYPES, by_name
from torchere.random import Generator
from torchere.tensors.tensor import Tensor
from torchere.testing.report import Skipped
from torchere.testing.values import random_source, tensor_of, to_numpy

__all__ = ["CONTRACT_CHECKS", "DTYPE_CHECKS"]

#: Every kind of shape: 0-d, empty, vector, several axes, an axis of size 1.
SHAPES = ((), (0,), (3,), (2, 0, 3), (2, 3), (4, 1, 5))


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def _sample(shape: tuple[int, ...], dtype: str) -> Any:
    drawn = random_source("contract", shape, dtype).integers(0, 2 if dtype == "bool" else 7, shape)
    return np.asarray(drawn).astype(by_name(dtype).numpy)


# --- for each dtype the device claims --------------------------------------------------------------------------------


def round_trip(device: str, dtype: str) -> None:
    """Values, shape and dtype survive the way from the host to the device and back, bit by bit."""
    for shape in SHAPES:
        array = _sample(shape, dtype)
        tensor = tensor_of(array, device)
        _require(tuple(tensor.shape) == shape, f"shape {list(tensor.shape)} instead of {list(shape)}")
        _require(tensor.dtype.name == dtype, f"dtype {tensor.dtype.name} instead of {dtype}")
        _require(tensor.device.type == device, f"device {tensor.device} instead of {device}")
        _require(tensor.numel() == array.size, f"numel() is {tensor.numel()} for shape {list(shape)}")
        back = to_numpy(tensor)
        _require(
            back.dtype == array.dtype and back.tobytes() == array.tobytes(), f"values of shape {list(shape)} changed"
        )
        host = tensor.cpu()
        _require(host.device.type == "cpu", f".cpu() is on {host.device}")
        _require(to_numpy(host).tobytes() == array.tobytes(), ".cpu() changed values")
        again = host.to(device)
        _require(again.device.type == device, f".to({device!r}) is on {again.device}")
        _require(to_numpy(again).tobytes() == array.tobytes(), f".to({device!r}) changed values")


def copies(device: str, dtype: str) -> None:
    """Making a tensor, `clone` and `copy_` copy: later writes stay on their side."""
    array = _sample((2, 3), dtype)
    tensor = tensor_of(array, device)
    shown = array.copy()
    array[...] = 1 - array if dtype == "bool" else array + 1
    _require(to_numpy(tensor).tobytes() == shown.tobytes(), "a tensor made from a host array shares its memory")
    twin = tensor.clone()
    twin.zero_()
    _require(to_numpy(tensor).tobytes() == shown.tobytes(), "writing a clone changed the original")
    _require(not to_numpy(twin).astype(np.complex128).any(), "zero_() left something")
    twin.copy_(tensor)
    _require(to_numpy(twin).tobytes() == shown.tobytes(), "copy_() did not copy")


def creation(device: str, dtype: str) -> None:
    """`zeros`, `ones`, `full` and `empty` make what they say, on the device."""
    kind = by_name(dtype)
    for shape in SHAPES:
        for name, value in (("zeros", 0), ("ones", 1)):
            made = getattr(torchere, name)(shape, dtype=kind, device=device)
            _require(made.device.type == device and made.dtype is kind, f"{name}: {made.dtype} on {made.device}")
            _require(tuple(made.shape) == shape, f"{name}: shape {list(made.shape)} instead of {list(shape)}")
            _require(bool((to_numpy(made).astype(np.complex128) == value).all()), f"{name}: other values")
        made = torchere.full(shape, 1, dtype=kind, device=device)
        _require(bool((to_numpy(made).astype(np.complex128) == 1).all()), "full: other values")
        _require(tuple(torchere.empty(shape, dtype=kind, device=device).shape) == shape, "empty: other shape")


def conversion(device: str, dtype: str) -> None:
    """`to(dtype)` reaches every dtype the device claims, with the host's values."""
    source = _sample((2, 3), dtype)
    tensor = tensor_of(source, device)
    for name in backend_of(device).dtypes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # complex to real says that it drops a part
            made = tensor.to(by_name(name))
        _require(made.dtype.name == name and made.device.type == device, f"to({name}): {made.dtype} on {made.device}")
        real = source.real if by_name(dtype).is_complex and not by_name(name).is_complex else source
        with np.errstate(all="ignore"):
            wanted = real.astype(by_name(name).numpy)
        _require(to_numpy(made).tobytes() == wanted.tobytes(), f"to({name}): other values")


# --- once for the device ---------------------------------------------------------------------------------------------


def backend(device: str) -> None:
    """The backend has what the core calls, and its dtypes are real ones."""
    found = backend_of(device)
    _require(found.name == device, f"the backend calls itself '{found.name}'")
    _require(bool(found.dtypes), "the backend claims no dtype")
    known = {dtype.name for dtype in DTYPES}
    unknown = sorted({*found.dtypes, *found.compute_casts, *found.compute_casts.values()} - known)
    _require(not unknown, f"unknown dtypes: {', '.join(unknown)}")
    for name in ("bool", "int64", "float32"):
        _require(name in found.dtypes, f"every device needs {name}: comparisons, indices and parameters have it")
    for narrow, wide in found.compute_casts.items():
        _require(wide in found.dtypes, f"compute-cast of {narrow} to {wide}, which the device does not claim")
    _require(found.count() >= 1, f"count() is {found.count()}")
    for name in found.dtypes:
        native = found.native_dtype(by_name(name))
        _require(found.dtype_name(native) == name, f"dtype_name(native_dtype({name})) is {found.dtype_name(native)}")
    found.synchronize()
    found.empty_cache()


def unclaimed_dtypes(device: str) -> None:
    """A dtype the device does not claim raises TypeError that names the device's dtypes."""
    held = backend_of(device).dtypes
    others = [dtype for dtype in DTYPES if dtype.name not in held]
    if not others:
        raise Skipped(f"device '{device}' claims every dtype")
    for dtype in others:
        try:
            torchere.zeros(2, dtype=dtype, device=device)
        except TypeError as error:
            _require(dtype.name in str(error) and held[0] in str(error), f"unhelpful message: {error}")
        else:
            raise AssertionError(f"zeros(dtype={dtype.name}) works, though the device does not claim it")


def _numbers(device: str) -> Tensor:
    return tensor_of(np.arange(24, dtype=np.float32).reshape(2, 3, 4), device)


#: name → a view made in that way.
_VIEWS: dict[str, Callable[[Tensor], Tensor]] = {
    "x[1]": lambda x: x[1],
    "x[:, 1:]": lambda x: x[:, 1:],
    "x[..., ::2]": lambda x: x[..., ::2],
    "x[None]": lambda x: x[None],
    "view": lambda x: x.view(6, 4),
    "reshape": lambda x: x.reshape(-1),
    "permute": lambda x: x.permute(2, 0, 1),
    "transpose": lambda x: x.transpose(0, 2),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x[:1].squeeze(0),
    "select": lambda x: x.select(1, 2),
    "narrow": lambda x: x.narrow(2, 1, 2),
    "diagonal": lambda x: x.diagonal(0, 1, 2),
    "unbind": lambda x: x.unbind(0)[1],
    "split": lambda x: x.split(2, 1)[1],
    "detach": lambda x: x.detach(),
}


def views(device: str) -> None:
    """A write through a view is seen in its base, one into the base in the view, and both count one version."""
    for name, make in _VIEWS.items():
        base = _numbers(device)
        view = make(base)
        place = to_numpy(view).copy()
        version = base._version
        view.add_(100.0)
        wanted = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
        inside = np.isin(wanted, place)
        wanted = np.where(inside, wanted + 100, wanted)
        _require(np.array_equal(to_numpy(base), wanted), f"{name}: a write through the view is not seen in the base")
        _require(base._version > version, f"{name}: a write through the view did not count in the base")
        _require(view._version == base._version, f"{name}: view and base count versions apart")
        base.mul_(0.0)
        _require(not to_numpy(view).any(), f"{name}: a write into the base is not seen in the view")


def assignments(device: str) -> None:
    """Indexed assignment writes where it should, by slices, integers, masks and index tensors."""
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    index = np.array([2, 0])
    for name, place, value in (
        ("x[1]", 1, -1.0),
        ("x[:, 1::2]", (slice(None), slice(1, None, 2)), -2.0),
        ("x[..., 0]", (..., 0), np.array([7.0, 8.0, 9.0], dtype=np.float32)),
        ("x[[2, 0]]", index, -3.0),
        ("x[mask]", array > 5, 0.5),
    ):
        expected = array.copy()
        expected[place] = value
        tensor = tensor_of(array, device)
        key = tensor_of(place, device) if isinstance(place, np.ndarray) else place
        tensor[key] = tensor_of(value, device) if isinstance(value, np.ndarray) else value
        _require(np.array_equal(to_numpy(tensor), expected), f"{name} = … gave other values")


def versions(device: str) -> None:
    """In-place writes count, and backward refuses an operand that was written after it was saved."""
    x = _numbers(device)
    _require(x._version == 0, f"a new tensor has version {x._version}")
    x.add_(1.0)
    x[0] = 2.0
    _require(x._version == 2, f"two writes counted {x._version}")
    y = tensor_of(np.ones(3, dtype=np.float32), device).requires_grad_()
    z = y * 2
    product = (z * z).sum()
    z.add_(1.0)
    try:
        product.backward()
    except RuntimeError as error:
        _require("modified by an inplace operation" in str(error), f"unexpected message: {error}")
    else:
        raise AssertionError("backward used an operand that had been written in place")


def generator(device: str) -> None:
    """The same seed gives the same numbers, another seed others; a state can be taken and set."""

    def draw(**options: Any) -> Any:
        return to_numpy(torchere.rand(100, device=device, **options))

    torchere.manual_seed(3)
    first = draw()
    torchere.manual_seed(3)
    _require(np.array_equal(first, draw()), "manual_seed(3) twice gave different numbers")
    _require(not np.array_equal(first, draw()), "two draws in a row are equal")
    torchere.manual_seed(4)
    _require(not np.array_equal(first, draw()), "manual_seed(3) and manual_seed(4) gave the same numbers")
    own = Generator(device).manual_seed(3)
    _require(np.array_equal(first, draw(generator=own)), "a generator of one's own with seed 3 gave other numbers")
    state = own.get_state()
    second = draw(generator=own)
    own.set_state(state)
    _require(np.array_equal(second, draw(generator=own)), "set_state() did not go back")
    _require(bool((first >= 0).all() and (first < 1).all()), "rand() left [0, 1)")
    many = to_numpy(torchere.randn(10000, device=device))
    _require(abs(float(many.mean())) < 0.06 and abs(float(many.std()) - 1) < 0.06, "randn() is not standard normal")


def autograd(device: str) -> None:
    """Gradients accumulate on the device of their leaf."""
    x = tensor_of(np.array([1.0, 2.0, 3.0], dtype=np.float32), device).requires_grad_()
    for _ in range(2):
        (x * x).sum().backward()
    grad = x.grad
    _require(grad is not None and grad.device.type == device, "the gradient is not on the device of its leaf")
    _require(np.array_equal(to_numpy(x.grad), [4.0, 8.0, 12.0]), "two backward passes did not accumulate")


def wrong_device(device: str) -> None:
    """An unknown device, and an index beyond the last one, raise RuntimeError that says which there are."""
    makers: tuple[Callable[[], object], ...] = (
        lambda: torchere.zeros(2, device="nosuchdevice"),
        lambda: _numbers(device).to("nosuchdevice"),
    )
    for make in makers:
        try:
            make()
        except RuntimeError as error:
            _require("nosuchdevice" in str(error) and "cpu" in str(error), f"unhelpful message: {error}")
        else:
            raise AssertionError("device 'nosuchdevice' was accepted")
    found = backend_of(device)
    if found.numbered:
        try:
            torchere.zeros(2, device=f"{device}:{found.count()}")
        except RuntimeError as error:
            _require("out of range" in str(error), f"unhelpful message: {error}")
        else:
            raise AssertionError(f"device '{device}:{found.count()}' was accepted")


def mixed_devices(device: str) -> None:
    """Operands on two devices raise RuntimeError that names both."""
    if device == "cpu":
        other = next((name for name in plugins.dispatcher.devices if name != "cpu"), None)
        if other is None:
            raise Skipped("the cpu is the only device loaded here: there is nothing to mix it with")
    else:
        other = "cpu"
    a, b = _numbers(device), _numbers(other)
    for name, run in (("add", lambda: a + b), ("matmul", lambda: a[0] @ b[0].T), ("cat", lambda: torchere.cat([a, b]))):
        try:
            run()
        except RuntimeError as error:
            _require(device in str(error) and other in str(error), f"{name}: unhelpful message: {error}")
        else:
            raise AssertionError(f"{name} accepted operands on {device} and {other}")


def printing(device: str) -> None:
    """`repr` shows values, and the device unless it is the cpu."""
    text = repr(tensor_of(np.array([1.5, 2.5], dtype=np.float32), device))
    _require("1.5" in text, f"repr is {text}")
    _require((f"device='{device}" in text) == (device != "cpu"), f"repr is {text}")


def keys(device: str) -> None:
    """Keys are interned: the same device and dtype is the same object."""
    for name in backend_of(device).dtypes:
        first, second = (key_for(Device(device), by_name(name)) for _ in range(2))
        _require(first is second, f"two keys for {name}")


#: name → check, called with the device type.
CONTRACT_CHECKS: dict[str, Callable[[str], None]] = {
    "backend": backend,
    "unclaimed-dtypes": unclaimed_dtypes,
    "views": views,
    "assignments": assignments,
    "versions": versions,
    "generator": generator,
    "autograd": autograd,
    "wrong-device": wrong_device,
    "mixed-devices": mixed_devices,
    "printing": printing,
    "keys": keys,
}
#: name → check, called with the device type and each dtype it claims.
DTYPE_CHECKS: dict[str, Callable[[str, str], None]] = {
    "round-trip": round_trip,
    "copies": copies,
    "creation": creation,
    "conversion": conversion,
}
