"""What shares memory: every view operator, written through, and read after its base was written."""

from typing import Any


def _a(torch: Any, *shape: int) -> Any:
    count = 1
    for size in shape:
        count *= size
    return torch.arange(1.0, 1.0 + count).reshape(shape)


def _leaf(torch: Any, *shape: int) -> Any:
    return _a(torch, *shape).requires_grad_()


_VIEWS = {
    "select": lambda x: x.select(0, 1),
    "slice": lambda x: x[:, 1:3],
    "step": lambda x: x[:, ::2],
    "index": lambda x: x[1],
    "t": lambda x: x.t(),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "transpose": lambda x: x.transpose(0, 1),
    "permute": lambda x: x.permute(1, 0),
    "view": lambda x: x.view(-1),
    "view_as": lambda x: x.view_as(x.detach().view(4, 3)),
    "reshape": lambda x: x.reshape(2, 6),
    "flatten": lambda x: x.flatten(),
    "unflatten": lambda x: x.unflatten(1, (2, 2)),
    "squeeze": lambda x: x.unsqueeze(0).squeeze(0),
    "squeeze_all": lambda x: x.unsqueeze(0).squeeze(),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "diagonal": lambda x: x.diagonal(),
    "diagonal_offset": lambda x: x.diagonal(1),
    "unfold": lambda x: x.unfold(1, 2, 2),
    "movedim": lambda x: x.movedim(0, 1),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "split": lambda x: x.split(2, 1)[1],
    "split_sizes": lambda x: x.split([1, 3], 1)[1],
    "chunk": lambda x: x.chunk(2, 1)[0],
    "unbind": lambda x: x.unbind(0)[1],
    "tensor_split": lambda x: x.tensor_split(3, 1)[0],
    "as_strided": lambda x: x.as_strided((2, 2), (4, 1), 1),
    "expand_row": lambda x: x[0].expand(4),
    "ravel": lambda x: x.ravel(),
    "detach": lambda x: x.detach(),
    "data": lambda x: x.data,
    "none": lambda x: x[None],
    "ellipsis": lambda x: x[..., 0],
    "contiguous": lambda x: x.contiguous(),
    "to_same": lambda x: x.to(x.dtype),
    "hsplit": lambda x: x.hsplit(2)[0],
    "nested": lambda x: x[1:].t()[1:, 1],
}

_COPIES = {
    "clone": lambda x: x.clone(),
    "advanced": lambda x: x[[0, 1]],
    "mask": lambda x: x[x > 3],
    "reshape_t": lambda x: x.t().reshape(-1),
    "contiguous_t": lambda x: x.t().contiguous(),
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(1),
    "to_copy": lambda x: x.to(x.dtype, copy=True),
    "flatten_t": lambda x: x.t().flatten(),
    "add": lambda x: x + 0,
    "repeat": lambda x: x.repeat(1, 1),
}


def _aliasing(view: Any, shares: bool) -> Any:
    def case(torch):
        x = torch.arange(12.0).reshape(3, 4)
        v = view(x)
        before = v._version
        with torch.no_grad():
            v.zero_()
        y = torch.arange(12.0).reshape(3, 4)
        w = view(y)
        y.add_(100)
        return x, w, v._version - before, x._version, w._version, shares and v._is_view()

    return case


def _gradient(view: Any) -> Any:
    def case(torch):
        x = _leaf(torch, 3, 4)
        y = x * 1
        v = view(y)
        v.mul_(torch.arange(2.0, 2.0 + v.numel()).reshape(v.shape))
        weights = torch.arange(12.0).reshape(3, 4) + 1
        (y * weights).sum().backward()
        return x.grad, y.detach(), y.grad_fn.name().rpartition("::")[2]

    return case


def _written_base(view: Any) -> Any:
    def case(torch):
        x = _leaf(torch, 3, 4)
        y = x * 1
        v = view(y)
        y.mul_(torch.arange(12.0).reshape(3, 4) + 1)
        (v * torch.arange(1.0, 1.0 + v.numel()).reshape(v.shape)).sum().backward()
        return x.grad, v.detach(), v.requires_grad

    return case


def _not_written_when_expanded(name: str) -> bool:
    return name in ("expand_row", "detach", "data", "contiguous", "to_same")


CASES = (
    {
        f"aliasing {name}": _aliasing(view, name in _VIEWS)
        for name, view in {**_VIEWS, **_COPIES}.items()
        if name != "expand_row"
    }
    | {
        f"write through {name}": _gradient(view)
        for name, view in _VIEWS.items()
        if not _not_written_when_expanded(name)
        and name not in ("split", "split_sizes", "chunk", "unbind", "tensor_split", "hsplit")
    }
    | {
        f"read {name} of a written base": _written_base(view)
        for name, view in _VIEWS.items()
        if name
        not in (
            "detach",
            "data",
            "contiguous",
            "to_same",
            "split",
            "split_sizes",
            "chunk",
            "unbind",
            "tensor_split",
            "hsplit",
        )
    }
)
