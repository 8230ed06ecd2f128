"""Memory shared with NumPy, buffers and DLPack: what is shared, what copied, which errors are raised."""

from typing import Any

import numpy as np


def _shared(torch: Any, source: Any, made: Any) -> Any:
    """Whether writing to `made` shows in `source`, an array or a tensor."""
    before = source.tolist()
    with torch.no_grad():
        made.detach().fill_(77)
    return source.tolist() != before, list(made.shape), list(made.stride()), str(made.dtype).rpartition(".")[2]


def _array() -> Any:
    return np.arange(6.0, dtype=np.float32).reshape(2, 3)


def _read_only() -> Any:
    array = _array()
    array.flags.writeable = False
    return array


def _source(torch: Any) -> Any:
    return torch.arange(6.0).reshape(2, 3)


_FROM_ARRAY = {
    "as_tensor": lambda t, a: t.as_tensor(a),
    "as_tensor dtype": lambda t, a: t.as_tensor(a, dtype=t.float64),
    "asarray": lambda t, a: t.asarray(a),
    "asarray copy": lambda t, a: t.asarray(a, copy=True),
    "asarray no copy": lambda t, a: t.asarray(a, copy=False),
    "asarray no copy dtype": lambda t, a: t.asarray(a, dtype=t.float64, copy=False),
    "asarray same dtype": lambda t, a: t.asarray(a, dtype=t.float32, copy=False),
    "asarray device": lambda t, a: t.asarray(a, device="cpu"),
    "asarray requires_grad": lambda t, a: t.asarray(a, requires_grad=True),
    "from_numpy": lambda t, a: t.from_numpy(a),
    "tensor": lambda t, a: t.tensor(a),
    "from_dlpack": lambda t, a: t.from_dlpack(a),
    "from_dlpack copy": lambda t, a: t.from_dlpack(a, copy=True),
    "from_dlpack no copy": lambda t, a: t.from_dlpack(a, copy=False),
}
_ARRAYS = {
    "array": _array,
    "transposed": lambda: _array().T,
    "stepped": lambda: _array()[:, ::2],
    "0-d": lambda: np.array(5.0, dtype=np.float32),
    "big-endian": lambda: _array().astype(">f4"),
    "negative strides": lambda: _array()[::-1],
    "int64": lambda: np.arange(3),
    "bool": lambda: np.array([True, False]),
    "complex": lambda: np.array([1 + 2j]),
    "text": lambda: np.array(["a"]),
    "object": lambda: np.array([None]),
}

CASES = {
    f"{way}: {name}": lambda torch, take=take, make=make: (lambda a: _shared(torch, a, take(torch, a)))(make())
    for way, take in _FROM_ARRAY.items()
    for name, make in _ARRAYS.items()
    # With the first PyTorch ends the process, or copies where torchere shares.
    if not (name == "negative strides" and ("dlpack" in way or way == "tensor"))
    and not (name == "0-d" and "asarray" in way)
}
CASES |= {
    f"{way} of tensor": lambda torch, take=take: (lambda x: _shared(torch, x, take(torch, x)))(_source(torch))
    for way, take in _FROM_ARRAY.items()
    if way != "from_numpy"
}
CASES |= {
    "asarray: list": lambda t: t.asarray([1, 2.5]),
    "asarray: list, no copy": lambda t: t.asarray([1, 2], copy=False),
    "asarray: number": lambda t: t.asarray(3),
    "asarray: number, dtype": lambda t: t.asarray(3, dtype=t.float64),
    "asarray: NumPy number": lambda t: t.asarray(np.float64(3)),
    "asarray: bytes": lambda t: t.asarray(bytearray(b"\0\0\x80?"), dtype=t.float32),
    "asarray: None": lambda t: t.asarray(None),
    "asarray: text": lambda t: t.asarray("a"),
    "asarray: tensors in a list": lambda t: t.asarray([t.tensor(1), t.tensor(2)]),
    "asarray: graph ends": lambda t: t.asarray(t.ones(2, requires_grad=True) * 2).requires_grad,
    "asarray: graph goes on": lambda t: t.asarray(t.ones(2, requires_grad=True) * 2, requires_grad=True).requires_grad,
    "asarray: leaf is itself": lambda t: (lambda x: t.asarray(x, requires_grad=True) is x)(
        t.ones(2, requires_grad=True)
    ),
    "asarray: integers require": lambda t: t.asarray([1, 2], requires_grad=True),
    "frombuffer": lambda t: t.frombuffer(bytearray(b"\0\0\x80?\0\0\0@"), dtype=t.float32),
    "frombuffer: part": lambda t: t.frombuffer(bytearray(range(8)), dtype=t.uint8, count=3, offset=2),
    "frombuffer: empty": lambda t: t.frombuffer(bytearray(), dtype=t.uint8),
    "frombuffer: no elements": lambda t: t.frombuffer(bytearray(4), dtype=t.uint8, count=0),
    "frombuffer: offset": lambda t: t.frombuffer(bytearray(4), dtype=t.uint8, offset=4),
    "frombuffer: negative offset": lambda t: t.frombuffer(bytearray(4), dtype=t.uint8, offset=-1),
    "frombuffer: no multiple": lambda t: t.frombuffer(bytearray(6), dtype=t.float32),
    "frombuffer: too many": lambda t: t.frombuffer(bytearray(8), dtype=t.float32, count=3),
    "frombuffer: no buffer": lambda t: t.frombuffer([1], dtype=t.float32),
    "frombuffer: no dtype": lambda t: t.frombuffer(bytearray(8)),
    "frombuffer: requires_grad": lambda t: (
        t.frombuffer(bytearray(8), dtype=t.float32, requires_grad=True).requires_grad
    ),
    "numpy: shares": lambda t: (lambda x: (x.numpy().fill(3), x)[1])(_source(t)),
    "numpy: of parameter": lambda t: t.ones(1, requires_grad=True).numpy(),
    "numpy: forced": lambda t: t.ones(1, requires_grad=True).numpy(force=True).tolist(),
    "numpy: strides": lambda t: list(_source(t).t().numpy().strides),
    "numpy: expanded": lambda t: list(t.zeros(1).expand(3).numpy().strides),
    "numpy: dtype names": lambda t: [
        t.zeros(1, dtype=d).numpy().dtype.name
        for d in (t.bool, t.uint8, t.int8, t.int16, t.int32, t.int64, t.float16, t.float64, t.complex64, t.complex128)
    ],
    "__array__": lambda t: np.asarray(_source(t)).tolist(),
    "__array__: dtype": lambda t: np.asarray(_source(t), dtype=np.int64).dtype.name,
    "__array__: shares": lambda t: (lambda x: (np.asarray(x).fill(3), x)[1])(_source(t)),
    "__array__: copy": lambda t: (lambda x: (np.array(x).fill(3), x)[1])(_source(t)),
    "__array__: parameter": lambda t: np.asarray(t.ones(1, requires_grad=True)),
    "__array_priority__": lambda t: t.Tensor.__array_priority__,
    "NumPy function": lambda t: type(np.sin(t.ones(2))).__name__,
    "dlpack: to NumPy shares": lambda t: (lambda x: (np.from_dlpack(x).__setitem__(0, 9), x)[1])(t.zeros(2)),
    "dlpack: of parameter": lambda t: t.ones(1, requires_grad=True).__dlpack__(),
    "dlpack: device": lambda t: [int(part) for part in t.ones(1).__dlpack_device__()],
    "dlpack: capsule": lambda t: t.utils.dlpack.from_dlpack(t.utils.dlpack.to_dlpack(_source(t))),
    "dlpack: no producer": lambda t: t.from_dlpack([1]),
    "dlpack: transposed": lambda t: t.from_dlpack(_source(t).t()).stride(),
    "dlpack: empty": lambda t: t.from_dlpack(t.zeros(0, 3)).shape,
    "dlpack: 0-d": lambda t: t.from_dlpack(t.tensor(3)),
    "dlpack: expanded": lambda t: t.from_dlpack(t.zeros(1).expand(3)).stride(),
    "dlpack: bool": lambda t: t.from_dlpack(t.tensor([True])),
    "dlpack: bfloat16": lambda t: t.from_dlpack(t.ones(2, dtype=t.bfloat16)),
    "dlpack: read-only array": lambda t: t.from_dlpack(_read_only()),
    "from_numpy: no array": lambda t: t.from_numpy([1]),
}
