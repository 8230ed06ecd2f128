"""`tensor`, `as_tensor`, `asarray`, legacy constructors, default dtype and device."""

from typing import Any

import numpy as np

_DATA = {
    "int": 3,
    "float": 2.5,
    "bool": True,
    "complex": 1 + 2j,
    "ints": [1, 2],
    "mixed numbers": [1, 2.5, True],
    "bool and int": [True, 2],
    "with complex": [1, 2j],
    "nested": [[1, 2], [3, 4]],
    "tuples": ((1.0, 2.0), (3.0, 4.0)),
    "range": range(3),
    "empty": [],
    "empty rows": [[], []],
    "ragged": [[1, 2], [3]],
    "ragged deeper": [[1, 2], 3],
    "ragged shallower": [1, [2]],
    "none": None,
    "none inside": [1, None],
    "text": "a",
    "text inside": ["a"],
    "bytes": b"a",
    "dict": {1: 2},
    "too large": 2**63,
    "much too large": [2**70],
    "array": np.array([1.5, 2.5]),
    "array of int8": np.array([1, 2], dtype=np.int8),
    "array 0-d": np.array(3),
    "array of text": np.array(["a"]),
    "array big-endian": np.array([1.0], dtype=">f4"),
    "numpy float32": np.float32(1.5),
    "numpy bool": np.bool_(True),
    "numpy scalars": [np.float32(1), np.float32(2)],
    "numpy int8 scalars": [np.int8(1), np.int8(2)],
    "numpy scalars nested": [[np.float64(1)], [np.int64(2)]],
    "numpy scalars and numbers": [np.float32(1), 2.0],
    "numpy half and int": [np.float16(1), 2],
    "numpy complex": [np.complex128(1j)],
    "numpy bools": [np.bool_(True), np.bool_(False)],
    "list of arrays": [np.array([1, 2]), np.array([3, 4])],
    "infinite": [float("inf"), float("nan")],
    "bytearray": bytearray(b"ab"),
}

_CONVERSIONS = {
    "float to int64": (2.7, "int64"),
    "negative float to int": (-2.7, "int32"),
    "large float to uint8": (300.0, "uint8"),
    "nan to int64": (float("nan"), "int64"),
    "nan to bool": (float("nan"), "bool"),
    "large int to uint8": (300, "uint8"),
    "negative to uint8": (-1, "uint8"),
    "too negative to uint8": (-256, "uint8"),
    "negative and too large to uint8": ([-1, 256], "uint8"),
    "too negative to int8": ([-129], "int8"),
    "large to uint64": (2**63, "uint64"),
    "too large to uint64": (2**64, "uint64"),
    "large to float": (2**70, "float32"),
    "float overflow": (1e40, "float32"),
    "half overflow": (1e6, "float16"),
    "complex to float": (1j, "float32"),
    "float to complex": (1.5, "complex64"),
    "int to bool": ([0, 2], "bool"),
    "array narrowed": (np.array([300]), "uint8"),
    "complex array to float": (np.array([1 + 1j]), "float32"),
    "bfloat16": ([1.001, 2.0], "bfloat16"),
    "float8": ([1.1, 300.0], "float8_e4m3fn"),
}


def _from(data: Any) -> Any:
    return lambda torch: torch.tensor(data)


def _as(data: Any) -> Any:
    return lambda torch: torch.as_tensor(data)


def _converted(data: Any, dtype: str) -> Any:
    return lambda torch: torch.tensor(data, dtype=getattr(torch, dtype)).to(torch.complex128)


_LEGACY = {
    "sizes": lambda t: t.Tensor(2, 3).shape,
    "size": lambda t: t.Tensor(t.Size([2, 3])).shape,
    "list": lambda t: t.Tensor([1, 2]),
    "nothing": lambda t: t.Tensor(),
    "one size": lambda t: t.Tensor(2).shape,
    "tensor": lambda t: t.Tensor(t.ones(2)),
    "array": lambda t: t.Tensor(np.array([1, 2])),
    "nested list": lambda t: t.Tensor([[1, 2], [3, 4]]),
    "wrong keyword": lambda t: t.Tensor(2, size=3),
    "float": lambda t: t.Tensor(1.5),
    "text": lambda t: t.Tensor("a"),
}

CASES = (
    {f"tensor of {name}": _from(data) for name, data in _DATA.items()}
    | {f"as_tensor of {name}": _as(data) for name, data in _DATA.items()}
    | {f"convert {name}": _converted(*pair) for name, pair in _CONVERSIONS.items()}
    | {f"legacy {name}": make for name, make in _LEGACY.items()}
)


def tensor_of_tensors(torch):
    return torch.tensor([torch.tensor(1), torch.tensor(2.5)]), torch.tensor([[torch.tensor(3), 4]])


def tensor_of_vectors(torch):
    torch.tensor([torch.ones(2), torch.ones(2)])


def tensor_of_a_tensor(torch):
    x = torch.ones(2, requires_grad=True)
    y = torch.tensor(x)
    y.add_(1)
    return y, y.requires_grad, x


def tensor_with_gradient(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    return x.requires_grad, x.is_leaf


def integer_tensor_with_gradient(torch):
    torch.tensor([1], requires_grad=True)


def wrong_dtype(torch):
    torch.tensor([1], dtype="float32")


def python_dtype(torch):
    return torch.tensor([1], dtype=float), torch.tensor([1.5], dtype=int), torch.zeros(1, dtype=bool)


def as_tensor_shares(torch):
    a = np.ones(2, dtype=np.float32)
    x = torch.as_tensor(a)
    a[0] = 5
    return x, torch.as_tensor(x) is x, torch.as_tensor(a, dtype=torch.float64)


def from_numpy_shares(torch):
    a = np.arange(6.0).reshape(2, 3)[:, ::2]
    x = torch.from_numpy(a)
    x[0, 0] = 9
    return a.tolist(), x.stride(), x


def from_numpy_of_a_list(torch):
    torch.from_numpy([1])


def from_numpy_reversed(torch):
    torch.from_numpy(np.arange(3)[::-1])


def asarray_copies(torch):
    a = np.ones(2)
    x, y = torch.asarray(a), torch.asarray(a, copy=True)
    a[0] = 3
    return x, y, torch.asarray([1, 2], dtype=torch.float32), torch.asarray(3)


def asarray_cannot_share(torch):
    torch.asarray([1, 2], copy=False)


def asarray_of_tensor(torch):
    x = torch.ones(2, requires_grad=True)
    y = torch.asarray(x)
    z = torch.asarray(x, requires_grad=True)
    return y.requires_grad, z.requires_grad


def scalar_tensor(torch):
    return torch.scalar_tensor(3), torch.scalar_tensor(3, dtype=torch.int64)


def frombuffer(torch):
    data = bytearray(np.arange(4, dtype=np.int16).tobytes())
    x = torch.frombuffer(data, dtype=torch.int16, count=2, offset=2)
    data[2] = 9
    return x


def new_tensors(torch):
    x = torch.ones(2, dtype=torch.float64)
    return (
        x.new_tensor([1, 2]),
        x.new_zeros(2, 1),
        x.new_ones((3,)),
        x.new_full((2,), 7),
        x.new_empty(0),
        x.new_zeros(1, dtype=torch.int64),
    )


def default_dtype(torch):
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return torch.tensor(1.5), torch.tensor(1j), torch.zeros(1), torch.tensor([1, 2]) / 2, torch.tensor([1]) + 1.5
    finally:
        torch.set_default_dtype(before)


def default_dtype_wrong(torch):
    torch.set_default_dtype(torch.int64)


def default_device_context(torch):
    with torch.device("cpu"):
        x = torch.zeros(2)
    return x.device, torch.get_default_device()


def unknown_device(torch):
    torch.zeros(2, device="nonsense")


def wrong_device_type(torch):
    torch.zeros(2, device=3.5)


def wrong_device_string(torch):
    torch.device("cpu:x")


def devices(torch):
    d = torch.device("cuda", 1)
    return str(d), d.type, d.index, d == torch.device("cuda:1"), torch.device("cpu") == "cpu", repr(torch.device("cpu"))


def generators(torch):
    g = torch.Generator().manual_seed(3)
    a = torch.rand(2, generator=g)
    state = g.get_state()
    b = torch.rand(2, generator=g)
    g.set_state(state)
    c = torch.rand(2, generator=g)
    g.manual_seed(3)
    d = torch.rand(2, generator=g)
    return bool((b == c).all()), bool((a == d).all()), bool((a == b).all()), g.initial_seed(), state.dtype


def seeds(torch):
    torch.manual_seed(5)
    a = torch.rand(3)
    with torch.random.fork_rng():
        torch.rand(10)
    b = torch.rand(3)
    torch.manual_seed(5)
    c, d = torch.rand(3), torch.rand(3)
    return bool((a == c).all()), bool((b == d).all()), torch.initial_seed()


def seed_too_large(torch):
    torch.manual_seed(2**64)


def seed_negative(torch):
    torch.manual_seed(-1)
    return torch.initial_seed()


def rng_state(torch):
    state = torch.get_rng_state()
    a = torch.rand(2)
    torch.set_rng_state(state)
    return bool((a == torch.rand(2)).all())


def rng_state_wrong(torch):
    torch.set_rng_state([1, 2])
