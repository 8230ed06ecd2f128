"""Subscription: what is a view, what a copy, errors; gradients."""

from typing import Any


def _x(torch: Any) -> Any:
    return torch.arange(24.0).reshape(2, 3, 4)


_INDICES = {
    "int": lambda t: 1,
    "negative": lambda t: -1,
    "out of range": lambda t: 2,
    "out of range below": lambda t: -3,
    "slice": lambda t: slice(0, 1),
    "slice beyond": lambda t: slice(1, 99),
    "slice reversed": lambda t: slice(2, 1),
    "negative step": lambda t: slice(None, None, -1),
    "zero step": lambda t: slice(None, None, 0),
    "slice of tensor": lambda t: slice(t.tensor(0), t.tensor(1)),
    "slice of float": lambda t: slice(0.5, 1),
    "none": lambda t: None,
    "ellipsis": lambda t: ...,
    "two ellipses": lambda t: (..., 0, ...),
    "ellipsis int": lambda t: (..., 1),
    "int ellipsis int": lambda t: (1, ..., 1),
    "all ints": lambda t: (1, 2, 3),
    "too many": lambda t: (0, 0, 0, 0),
    "empty tuple": lambda t: (),
    "true": lambda t: True,
    "false": lambda t: False,
    "none true": lambda t: (None, True),
    "list": lambda t: [0, 1, 1],
    "empty list": lambda t: [],
    "list of lists": lambda t: [[0, 1], [1, 0]],
    "tuple of lists": lambda t: ([0, 1], [1, 0]),
    "list of bools": lambda t: [True, False],
    "short list of bools": lambda t: [True],
    "tensor": lambda t: t.tensor([1, 0]),
    "0-d tensor": lambda t: t.tensor(1),
    "tensor of int32": lambda t: t.tensor([1, 0], dtype=t.int32),
    "tensor of float": lambda t: t.tensor([1.0]),
    "tensor of uint8": lambda t: t.tensor([1, 0], dtype=t.uint8),
    "tensor out of range": lambda t: t.tensor([2]),
    "tensor negative": lambda t: t.tensor([-1, -2]),
    "matrix": lambda t: t.tensor([[0, 1, 1], [1, 0, 0]]),
    "empty tensor": lambda t: t.tensor([], dtype=t.int64),
    "mask": lambda t: _x(t) > 11,
    "mask of first": lambda t: t.tensor([True, False]),
    "mask of two": lambda t: t.ones(2, 3, dtype=t.bool),
    "mask of last": lambda t: (..., t.tensor([True, False, True, True])),
    "mask of wrong shape": lambda t: t.tensor([True, False, True]),
    "mask of wrong shape 2": lambda t: (slice(None), t.tensor([True])),
    "empty mask": lambda t: t.zeros(2, dtype=t.bool),
    "0-d mask": lambda t: t.tensor(True),
    "0-d mask false": lambda t: t.tensor(False),
    "adjacent": lambda t: (slice(None), [0, 1], [1, 2]),
    "apart": lambda t: ([0, 1], slice(None), [1, 2]),
    "int between": lambda t: ([0, 1], 1, [1, 2]),
    "int and list": lambda t: (0, [1, 2]),
    "list and int": lambda t: ([1, 0], 2),
    "slice and list": lambda t: (slice(0, 1), slice(None), [1, 2]),
    "none and list": lambda t: (None, [1, 0]),
    "list and none": lambda t: ([1, 0], None),
    "list none list": lambda t: ([1, 0], None, [1, 0]),
    "broadcast": lambda t: (t.tensor([[0], [1]]), t.tensor([0, 2])),
    "not broadcast": lambda t: ([0, 1], [0, 1, 2]),
    "mask and list": lambda t: (t.tensor([True, True]), [0, 2]),
    "mask and int": lambda t: (t.tensor([True, False]), 1),
    "mask of two and slice": lambda t: (t.ones(2, 3, dtype=t.bool), slice(0, 2)),
    "0-d tensor and list": lambda t: (t.tensor(1), [0, 1]),
    "0-d tensor and slice": lambda t: (t.tensor(1), slice(0, 2)),
    "range": lambda t: range(2),
    "float": lambda t: 1.0,
    "string": lambda t: "a",
    "tuple in list": lambda t: [(0, 1), (1, 0)],
    "nested tuple": lambda t: ((0, 1), (1, 0)),
    "bool in tuple": lambda t: (True, 1),
    "mask of two and mask": lambda t: (t.eye(2, 3) > 0, t.tensor([True, False, False, True])),
    "mask of two and wrong mask": lambda t: (t.eye(2, 3) > 0, t.tensor([True, False, True])),
    "ellipsis mask": lambda t: (..., t.tensor([[True, False, False, True]] * 3)),
    "zero-size slice and list": lambda t: (slice(0, 0), [0, 1]),
    "trailing ellipsis": lambda t: ([0, 1], ...),
    "list ellipsis list": lambda t: ([0, 1], ..., [0, 1]),
}


def _get(make: Any) -> Any:
    def case(torch):
        x = _x(torch).requires_grad_()
        v = x[make(torch)]
        found = v.detach().clone()
        weights = torch.arange(1.0, 1.0 + v.numel()).reshape(v.shape)
        (v * weights).sum().backward()
        return found, x.grad, v._is_view()

    return case


def _set(make: Any, value: Any) -> Any:
    def case(torch):
        x = _x(torch)
        x[make(torch)] = value(torch) if callable(value) else value
        return x

    return case


def _set_shaped(make: Any) -> Any:
    def case(torch):
        x = _x(torch)
        index = make(torch)
        shape = x[index].shape
        count = 1
        for size in shape:
            count *= size
        x[index] = -torch.arange(1.0, 1.0 + count).reshape(shape)
        return x

    return case


CASES = (
    {f"get {name}": _get(make) for name, make in _INDICES.items()}
    | {f"set {name}": _set(make, -1.0) for name, make in _INDICES.items()}
    | {
        f"set tensor at {name}": _set_shaped(make)
        for name, make in _INDICES.items()
        if name
        not in ("list", "list of lists", "matrix", "tuple in list")  # repeated places: any of the values may win
    }
    | {
        f"set wrong shape at {name}": _set(make, lambda torch: torch.zeros(5, 7))
        for name, make in _INDICES.items()
        if name in ("int", "slice", "ellipsis", "true", "empty tuple", "none")
    }
    | {
        f"set one-element at {name}": _set(make, lambda torch: torch.full((1, 1), 8.0))
        for name, make in _INDICES.items()
    }
)


def scalar_get(torch):
    torch.tensor(1.0)[0]


def scalar_slice(torch):
    torch.tensor(1.0)[:]


def scalar_ellipsis(torch):
    x = torch.tensor(1.0)
    return x[...], x[None], x[()], x[True], x[False], x[None, ...]


def scalar_set(torch):
    x = torch.tensor(1.0)
    x[()] = 3
    x[...] = x + 1
    x[True] = x + 1
    return x


def set_of_other_dtype(torch):
    x = torch.zeros(3, dtype=torch.int64)
    x[0] = 2.7
    x[1] = torch.tensor(3.7)
    x[[2]] = torch.tensor([4.7])
    return x


def set_bool(torch):
    x = torch.zeros(3)
    x[1] = True
    y = torch.zeros(2, dtype=torch.bool)
    y[0] = 5
    return x, y


def set_complex_into_real(torch):
    torch.zeros(3)[0] = 1j


def set_list(torch):
    x = torch.zeros(2, 2)
    x[0] = torch.tensor([1.0, 2.0])
    x[:, 1] = torch.tensor([[9.0, 8.0]])
    return x


def set_string(torch):
    torch.zeros(3)[0] = "a"


def set_uint8_wraps(torch):
    x = torch.zeros(2, dtype=torch.uint8)
    x[0] = 255
    return x


def set_with_index_put_wrong_shape(torch):
    torch.zeros(3)[[0, 1]] = torch.zeros(3)


def set_mask_wrong_count(torch):
    x = torch.zeros(3)
    x[torch.tensor([True, True, False])] = torch.zeros(3)


def delete(torch):
    x = torch.zeros(3)
    del x[0]


def integers_by_mask(torch):
    x = torch.arange(6).reshape(2, 3)
    return x[x % 2 == 0], x[:, x[0] > 0], x[x[:, 0] > 1]


def augmented(torch):
    x = torch.zeros(3)
    x[0] += 1
    x[[0, 0, 1]] += 1
    x[x > 0] *= 10
    return x


def empty_tensors(torch):
    x = torch.zeros(0, 3)
    return x[:, 1], x[[]], x[:, [0, 2]], x[x > 0], x[..., None], x[0:0]


def index_into_empty(torch):
    torch.zeros(0, 3)[0]


def second_order(torch):
    x = torch.arange(1.0, 5.0).requires_grad_()
    (g,) = torch.autograd.grad((x[[0, 0, 2]] ** 3).sum(), x, create_graph=True)
    return g, torch.autograd.grad(g.sum(), x)


def by_numpy(torch):
    import numpy as np

    x = _x(torch)
    return (
        x[np.array([1, 0])],
        x[np.int64(1)],
        x[np.array(1)].shape,
        x[np.array([True, False])],
        x[np.array([[0, 1]]), np.array([1, 2])],
    )


def containment(torch):
    x = torch.arange(3.0)
    return 2 in x, 5 in x, torch.tensor(1.0) in x, True in x


def containment_of_text(torch):
    return "a" in torch.arange(3.0)


def iteration(torch):
    x = torch.arange(4.0).reshape(2, 2).requires_grad_()
    rows = list(x)
    sum(row.sum() * k for k, row in enumerate(rows)).backward()
    return [row.detach() for row in rows], x.grad, len(x), [v.tolist() for v in reversed(x)]


def iteration_of_scalar(torch):
    iter(torch.tensor(1.0))


def length_of_scalar(torch):
    len(torch.tensor(1.0))


def unpacking(torch):
    a, b, c = torch.arange(3)
    return int(a), float(b), c


def as_index(torch):
    items = [10, 20, 30]
    return items[torch.tensor(1)], items[torch.tensor([2])], "ab" * torch.tensor(2)


def float_as_index(torch):
    [1, 2][torch.tensor(1.0)]


def vector_as_index(torch):
    [1, 2][torch.tensor([0, 1])]
