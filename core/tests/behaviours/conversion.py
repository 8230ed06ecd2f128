"""`to` and its kin, Python and NumPy protocols, copies and pickles, subclasses."""

import copy
import pickle
from typing import Any, ClassVar

import numpy as np


def _a(torch: Any, *shape: int) -> Any:
    count = 1
    for size in shape:
        count *= size
    return torch.arange(1.0, 1.0 + count).reshape(shape)


_TO = {
    "dtype": lambda t, x: x.to(t.float64),
    "device": lambda t, x: x.to("cpu"),
    "device object": lambda t, x: x.to(t.device("cpu")),
    "device and dtype": lambda t, x: x.to("cpu", t.int32),
    "other": lambda t, x: x.to(t.zeros(1, dtype=t.int8)),
    "keywords": lambda t, x: x.to(dtype=t.float16, device="cpu", non_blocking=True),
    "copy": lambda t, x: x.to(t.float32, copy=True),
    "positional copy": lambda t, x: x.to(t.float64, False, True),
    "nothing": lambda t, x: x.to(),
    "unknown keyword": lambda t, x: x.to(t.float32, nonsense=1),
    "two dtypes": lambda t, x: x.to(t.float32, t.float64),
    "wrong dtype": lambda t, x: x.to("cpu", "float32"),
    "unknown device": lambda t, x: x.to("nonsense"),
    "complex to real": lambda t, x: (x + 1j).to(t.float32),
    "to bool": lambda t, x: (x - 1).to(t.bool),
    "to bfloat16": lambda t, x: (x / 3).to(t.bfloat16),
    "type name": lambda t, x: x.type(),
    "type by name": lambda t, x: x.type("torch.DoubleTensor"),
    "type by dtype": lambda t, x: x.type(t.int64),
    "type of nonsense": lambda t, x: x.type("torch.NonsenseTensor"),
    "type_as": lambda t, x: x.type_as(t.zeros(1, dtype=t.float64)),
    "short forms": lambda t, x: [
        x.double(), x.half(), x.int(), x.long(), x.short(), x.byte(), x.char(), x.bool(), x.bfloat16(), x.cfloat()
    ],
    "cpu": lambda t, x: x.cpu() is x,
    "to itself": lambda t, x: (x.to(t.float32) is x, x.to("cpu") is x, x.float() is x, x.type(t.float32) is x),
}  # fmt: skip


def _to(convert: Any) -> Any:
    return lambda torch: convert(torch, _a(torch, 2, 2))


CASES = {f"to {name}": _to(convert) for name, convert in _TO.items()}


def to_in_graph(torch):
    x = _a(torch, 3).requires_grad_()
    y = x.to(torch.float64).to(torch.float16).float()
    (y * y).sum().backward()
    return x.grad


def to_integers_in_graph(torch):
    x = _a(torch, 3).requires_grad_()
    return x.to(torch.int64).requires_grad, x.bool().requires_grad


def numbers(torch):
    return (
        int(torch.tensor(2.7)),
        float(torch.tensor([3])),
        complex(torch.tensor(1j)),
        bool(torch.tensor([0.0])),
        torch.tensor(5).__index__(),
        torch.tensor(True).item(),
        torch.tensor(1.5, dtype=torch.bfloat16).item(),
        round(torch.tensor(2.567), 1),
    )


def bool_of_many(torch):
    bool(_a(torch, 2))


def bool_of_none(torch):
    bool(torch.zeros(0))


def item_of_many(torch):
    _a(torch, 2).item()


def float_of_complex(torch):
    float(torch.tensor(1j))


def int_of_many(torch):
    int(_a(torch, 2))


def index_of_float(torch):
    range(torch.tensor(2.0))


def lists(torch):
    return (
        _a(torch, 2, 2).tolist(),
        torch.tensor(3).tolist(),
        torch.zeros(0, 2).tolist(),
        torch.tensor([1j]).tolist(),
        torch.tensor([True]).tolist(),
        torch.tensor([1.5], dtype=torch.bfloat16).tolist(),
    )


def formats(torch):
    return f"{torch.tensor(1.5):.3f}", f"{torch.tensor(3):>4}", f"{torch.tensor([1, 2])}"


def format_of_many(torch):
    return f"{_a(torch, 2):.3f}"


def hashes(torch):
    x, y = _a(torch, 2), _a(torch, 2)
    return hash(x) == hash(x), len({x, y, x}), {x: 1}[x]


def equality_with_others(torch):
    x = _a(torch, 2)
    return x == None, x != "a", x == 1, x.eq(1)  # noqa: E711


def numpy_shares(torch):
    x = torch.zeros(3)
    a = x.numpy()
    a[0] = 1
    x[1] = 2
    return x, a.tolist(), str(a.dtype)


def numpy_of_gradient(torch):
    torch.ones(2, requires_grad=True).numpy()


def numpy_forced(torch):
    return torch.ones(2, requires_grad=True).numpy(force=True).tolist()


def numpy_functions(torch):
    x = _a(torch, 3)
    return np.asarray(x).tolist(), float(np.sum(np.asarray(x))), np.array(x, dtype=np.int64).tolist()


def array_of_gradient(torch):
    np.asarray(torch.ones(2, requires_grad=True))


def ufunc_of_tensor(torch):
    return np.exp(torch.zeros(2)), np.add(torch.ones(2), torch.ones(2))


def numpy_scalars_on_the_left(torch):
    x = _a(torch, 2)
    return np.float32(2) * x, np.float64(3) + x, np.int64(2) - x, np.float32(1) / x


def numpy_scalars_on_the_right(torch):
    x = _a(torch, 2)
    return x * np.float64(2), x + np.int64(1), x / np.float32(2), x ** np.int64(2), x > np.float32(1)


def reflected_numbers(torch):
    x = _a(torch, 3)
    i = torch.tensor([1, 2, 3])
    return 2 - x, 2 / x, 2**x, 7 // i, 7 % i, 1 << i, 2 + i, 2 * x, 6 & i, 6 | i, 6 ^ i


def reflected_text(torch):
    "a" + _a(torch, 2)


def list_on_the_left(torch):
    return [1, 2] + _a(torch, 2)  # noqa: RUF005 - the operator is the point


def unsupported_operand(torch):
    _a(torch, 2) @ 3


def deepcopy(torch):
    x = _a(torch, 2).requires_grad_()
    x.sum().backward()
    x.remark = [1]
    y = copy.deepcopy(x)
    y.data[0] = 9
    return x, y, y.requires_grad, y.grad, y.grad is x.grad, y.remark, y.remark is x.remark


def deepcopy_of_inner(torch):
    copy.deepcopy(_a(torch, 2).requires_grad_() * 2)


def deepcopy_shares_inside(torch):
    x = _a(torch, 2)
    a, b = copy.deepcopy([x, x])
    return a is b


def shallow_copy(torch):
    x = _a(torch, 2)
    y = copy.copy(x)
    y[0] = 7
    return x, y is x


def pickles(torch):
    x = _a(torch, 2).requires_grad_()
    y = pickle.loads(pickle.dumps(x))
    z = pickle.loads(pickle.dumps(_a(torch, 2, 3).t()))
    return y, y.requires_grad, z, pickle.loads(pickle.dumps([torch.float32, torch.device("cpu"), torch.Size([1])]))


def pickle_of_inner(torch):
    pickle.dumps(_a(torch, 2).requires_grad_() * 2)


def dlpack(torch):
    x = _a(torch, 3)
    y = torch.from_dlpack(x)
    y[0] = 9
    a = np.from_dlpack(x)
    return x, float(a[0]), torch.from_dlpack(np.arange(3.0)), x.__dlpack_device__()[1]


def dlpack_of_gradient(torch):
    torch.from_dlpack(torch.ones(2, requires_grad=True))


def sizes(torch):
    x = torch.zeros(2, 3)
    return (
        x.size(),
        x.size(-1),
        x.shape[0],
        x.dim(),
        x.numel(),
        x.element_size(),
        x.nbytes,
        x.stride(),
        x.stride(0),
        x.is_contiguous(),
        x.t().is_contiguous(),
        x.ndim,
        x.itemsize,
        x.get_device(),
    )


def size_out_of_range(torch):
    torch.zeros(2).size(3)


def predicates(torch):
    x, z = torch.zeros(2), torch.zeros(2, dtype=torch.complex64)
    return (
        torch.is_tensor(x),
        torch.is_tensor(3),
        torch.is_floating_point(x),
        torch.is_complex(z),
        x.is_signed(),
        torch.zeros(1, dtype=torch.uint8).is_signed(),
        torch.is_nonzero(torch.tensor([1])),
        torch.numel(x),
        torch.result_type(x, 1j),
        torch.broadcast_shapes((2, 1), (3,)),
    )


def broadcast_shapes_misfit(torch):
    torch.broadcast_shapes((2,), (3,))


def subclass_results(torch):
    class Mine(torch.Tensor):
        pass

    x = _a(torch, 3).as_subclass(Mine)
    found = [x + 1, 1 + x, x.exp(), x[0], torch.cat([x, x]), x.sum(), x.view(3, 1), x.clone(), x.detach(), -x, x @ x]
    return [type(item).__name__ for item in found], type(x.max(0).values).__name__, (x + 1).tolist()


def subclass_in_place(torch):
    class Mine(torch.Tensor):
        pass

    x = _a(torch, 3).as_subclass(Mine)
    y = x.add_(1)
    x[0] = 9
    return y is x, type(y).__name__, x.tolist()


def subclass_gradient(torch):
    class Mine(torch.Tensor):
        pass

    x = _a(torch, 3).requires_grad_()
    (x.as_subclass(Mine) * 2).sum().backward()
    return x.grad


def subclass_leaf_gradient(torch):
    class Mine(torch.Tensor):
        pass

    x = _a(torch, 3).as_subclass(Mine).requires_grad_()
    (x * 2).sum().backward()
    return x.grad, type(x.grad).__name__, x.is_leaf


def numpy_matrices(torch):
    m = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32)
    return _a(torch, 2) @ m, _a(torch, 2) * np.array([1.0, 2.0]), np.float32(2) * _a(torch, 2)


def subclass_torch_function(torch):
    class Logged(torch.Tensor):
        seen: ClassVar = []

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            cls.seen.append(func.__name__.strip("_"))
            return super().__torch_function__(func, types, args, kwargs or {})

    x = _a(torch, 3).as_subclass(Logged)
    y = torch.add(x, 1)
    z = torch.exp(y)
    w = torch.sum(z)
    return Logged.seen, type(w).__name__


def other_torch_function(torch):
    class Duck:
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return func.__name__, len(types), len(args)

    return torch.add(Duck(), _a(torch, 2)), torch.add(_a(torch, 2), Duck())


def torch_function_declines(torch):
    class Duck:
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return NotImplemented

    torch.add(Duck(), _a(torch, 2))


def two_subclasses(torch):
    class First(torch.Tensor):
        pass

    class Second(First):
        pass

    x, y = _a(torch, 2).as_subclass(First), _a(torch, 2).as_subclass(Second)
    return type(x + y).__name__, type(y + x).__name__


def parameter(torch):
    p = torch.nn.Parameter(_a(torch, 2))
    return p.requires_grad, type(p + 1).__name__, isinstance(p, torch.nn.Parameter), copy.deepcopy(p).requires_grad
