"""The aliasing table: what every view operator shares, and what writing through it or beside it does to gradients."""

from typing import Any


def _grid(torch: Any, *shape: int, dtype: Any = None) -> Any:
    count = 1
    for size in shape:
        count *= size
    return torch.arange(1.0, 1.0 + count, dtype=dtype).reshape(shape).clone()


def _real(*shape: int) -> Any:
    return lambda torch: _grid(torch, *shape)


def _complex(*shape: int) -> Any:
    return lambda torch: torch.complex(_grid(torch, *shape), -_grid(torch, *shape))


_CUBE = _real(2, 3, 4)
_MATRIX = _real(3, 4)
_LINE = _real(6)
_ONES = _real(2, 1, 3, 1)
_SCALAR = lambda torch: torch.tensor(5.0)  # noqa: E731
_EMPTY = lambda torch: torch.zeros(2, 0, 3)  # noqa: E731
_TRANSPOSED = lambda torch: _grid(torch, 3, 4).t()  # noqa: E731
_STEPPED = lambda torch: _grid(torch, 4, 6)[1:, ::2]  # noqa: E731

#: name → (maker of the operand, view of it). A view that gives several tensors names the one looked at.
_VIEWS = {
    "view": (_CUBE, lambda t, x: x.view(6, 4)),
    "view -1": (_CUBE, lambda t, x: x.view(4, -1)),
    "view of 0-d": (_SCALAR, lambda t, x: x.view(1, 1)),
    "view of empty": (_EMPTY, lambda t, x: x.view(3, 0)),
    "view of transposed": (_TRANSPOSED, lambda t, x: x.view(2, 2, 3)),
    "view_as": (_CUBE, lambda t, x: x.view_as(t.zeros(4, 6))),
    "view same shape": (_CUBE, lambda t, x: x.view(2, 3, 4)),
    "reshape": (_CUBE, lambda t, x: x.reshape(6, 4)),
    "reshape same shape": (_CUBE, lambda t, x: x.reshape(2, 3, 4)),
    "reshape copies": (_TRANSPOSED, lambda t, x: x.reshape(-1)),
    "reshape of stepped": (_STEPPED, lambda t, x: x.reshape(3, 3, 1)),
    "reshape of stepped copies": (_STEPPED, lambda t, x: x.reshape(9)),
    "reshape_as": (_CUBE, lambda t, x: x.reshape_as(t.zeros(4, 6))),
    "reshape of empty": (_EMPTY, lambda t, x: x.reshape(0, 5)),
    "expand": (_ONES, lambda t, x: x.expand(2, 4, 3, 2)),
    "expand leading": (_LINE, lambda t, x: x.expand(3, 6)),
    "expand -1": (_ONES, lambda t, x: x.expand(-1, 2, -1, -1)),
    "expand same": (_LINE, lambda t, x: x.expand(6)),
    "expand of 0-d": (_SCALAR, lambda t, x: x.expand(2, 2)),
    "expand of stepped": (_STEPPED, lambda t, x: x.expand(2, 3, 3)),
    "expand of empty": (_EMPTY, lambda t, x: x.expand(2, 2, 0, 3)),
    "expand_as": (_ONES, lambda t, x: x.expand_as(t.zeros(2, 4, 3, 2))),
    "broadcast_to": (_ONES, lambda t, x: t.broadcast_to(x, (2, 2, 3, 1))),
    "broadcast_tensors": (_ONES, lambda t, x: t.broadcast_tensors(x, t.zeros(2, 2, 1, 1))[0]),
    "select": (_CUBE, lambda t, x: x.select(1, 2)),
    "select negative": (_CUBE, lambda t, x: t.select(x, -1, -2)),
    "select of vector": (_LINE, lambda t, x: x.select(0, 4)),
    "narrow": (_CUBE, lambda t, x: x.narrow(2, 1, 2)),
    "narrow nothing": (_CUBE, lambda t, x: x.narrow(1, 1, 0)),
    "diagonal": (_MATRIX, lambda t, x: x.diagonal()),
    "diagonal above": (_MATRIX, lambda t, x: x.diagonal(1)),
    "diagonal below": (_CUBE, lambda t, x: x.diagonal(-1, 1, 2)),
    "diagonal beyond": (_MATRIX, lambda t, x: x.diagonal(9)),
    "diag of matrix copies": (_MATRIX, lambda t, x: x.diag()),
    "unfold": (_LINE, lambda t, x: x.unfold(0, 2, 2)),
    "unfold overlapping": (_LINE, lambda t, x: x.unfold(0, 3, 1)),
    "unfold of cube": (_CUBE, lambda t, x: x.unfold(1, 2, 1)),
    "unfold of 0-d": (_SCALAR, lambda t, x: x.unfold(0, 1, 1)),
    "as_strided": (_LINE, lambda t, x: x.as_strided((2, 2), (3, 1), 1)),
    "as_strided overlapping": (_LINE, lambda t, x: x.as_strided((2, 3), (1, 1))),
    "as_strided of stepped": (_STEPPED, lambda t, x: t.as_strided(x, (2, 2), (6, 1), 2)),
    "as_strided of stepped own offset": (_STEPPED, lambda t, x: x.as_strided((2,), (1,))),
    "as_strided empty": (_LINE, lambda t, x: x.as_strided((0, 2), (5, 1), 3)),
    "real": (_complex(2, 3), lambda t, x: x.real),
    "imag": (_complex(2, 3), lambda t, x: x.imag),
    "real of real": (_LINE, lambda t, x: x.real),
    "torch.real": (_complex(3), lambda t, x: t.real(x)),
    "view_as_real": (_complex(2, 3), lambda t, x: t.view_as_real(x)),
    "view_as_complex": (_real(3, 2), lambda t, x: t.view_as_complex(x)),
    "view float64": (_MATRIX, lambda t, x: x.view(t.float64)),
    "view complex64": (_MATRIX, lambda t, x: x.view(t.complex64)),
    "view int32": (_MATRIX, lambda t, x: x.view(t.int32)),
    "view uint8": (_LINE, lambda t, x: x.view(t.uint8)),
    "view same dtype": (_LINE, lambda t, x: x.view(t.float32)),
    "split": (_LINE, lambda t, x: x.split(4)[1]),
    "split along 1": (_CUBE, lambda t, x: x.split(2, 1)[0]),
    "split into sizes": (_LINE, lambda t, x: x.split([1, 3, 2])[1]),
    "split_with_sizes": (_LINE, lambda t, x: x.split_with_sizes([2, 4])[1]),
    "split whole": (_LINE, lambda t, x: x.split(6)[0]),
    "chunk": (_CUBE, lambda t, x: x.chunk(2, 2)[1]),
    "chunk whole": (_LINE, lambda t, x: t.chunk(x, 1)[0]),
    "tensor_split": (_LINE, lambda t, x: x.tensor_split(4)[1]),
    "tensor_split at": (_LINE, lambda t, x: t.tensor_split(x, (1, 4))[1]),
    "hsplit": (_MATRIX, lambda t, x: x.hsplit(2)[1]),
    "vsplit": (_MATRIX, lambda t, x: x.vsplit(3)[1]),
    "dsplit": (_CUBE, lambda t, x: x.dsplit(2)[1]),
    "unbind": (_CUBE, lambda t, x: x.unbind(1)[2]),
    "iteration": (_MATRIX, lambda t, x: list(x)[1]),
    "unsafe_split": (_LINE, lambda t, x: x.unsafe_split(4)[1]),
    "unsafe_chunk": (_LINE, lambda t, x: x.unsafe_chunk(2)[1]),
    "T": (_MATRIX, lambda t, x: x.T),
    "T of vector": (_LINE, lambda t, x: x.T),
    "mT": (_CUBE, lambda t, x: x.mT),
    "H": (_MATRIX, lambda t, x: x.H),
    "mH": (_CUBE, lambda t, x: x.mH),
    "adjoint": (_CUBE, lambda t, x: x.adjoint()),
    "t": (_MATRIX, lambda t, x: x.t()),
    "t of vector": (_LINE, lambda t, x: x.t()),
    "transpose": (_CUBE, lambda t, x: x.transpose(0, 2)),
    "transpose itself": (_CUBE, lambda t, x: x.transpose(1, 1)),
    "movedim": (_CUBE, lambda t, x: x.movedim(0, -1)),
    "movedim two": (_CUBE, lambda t, x: x.movedim((0, 1), (1, 2))),
    "moveaxis": (_CUBE, lambda t, x: t.moveaxis(x, 2, 0)),
    "swapaxes": (_CUBE, lambda t, x: x.swapaxes(0, 1)),
    "swapdims": (_CUBE, lambda t, x: x.swapdims(0, 1)),
    "permute": (_CUBE, lambda t, x: x.permute(2, 0, 1)),
    "permute identity": (_CUBE, lambda t, x: x.permute(0, 1, 2)),
    "permute of 0-d": (_SCALAR, lambda t, x: x.permute()),
    "squeeze": (_ONES, lambda t, x: x.squeeze()),
    "squeeze one": (_ONES, lambda t, x: x.squeeze(1)),
    "squeeze not one": (_ONES, lambda t, x: x.squeeze(0)),
    "squeeze several": (_ONES, lambda t, x: x.squeeze((1, 2, 3))),
    "squeeze of 0-d": (_SCALAR, lambda t, x: x.squeeze(0)),
    "squeeze of transposed": (_TRANSPOSED, lambda t, x: x[:, :1].squeeze(1)),
    "unsqueeze": (_LINE, lambda t, x: x.unsqueeze(0)),
    "unsqueeze last": (_CUBE, lambda t, x: x.unsqueeze(-1)),
    "unsqueeze of transposed": (_TRANSPOSED, lambda t, x: x.unsqueeze(1)),
    "unsqueeze first of transposed": (_TRANSPOSED, lambda t, x: x.unsqueeze(0)),
    "unsqueeze last of transposed": (_TRANSPOSED, lambda t, x: x.unsqueeze(2)),
    "unsqueeze of stepped": (_STEPPED, lambda t, x: x.unsqueeze(2)),
    "unsqueeze of 0-d": (_SCALAR, lambda t, x: x.unsqueeze(0)),
    "flatten": (_CUBE, lambda t, x: x.flatten()),
    "flatten part": (_CUBE, lambda t, x: x.flatten(1)),
    "flatten nothing": (_LINE, lambda t, x: x.flatten()),
    "flatten of 0-d": (_SCALAR, lambda t, x: x.flatten()),
    "flatten copies": (_TRANSPOSED, lambda t, x: x.flatten()),
    "unflatten": (_LINE, lambda t, x: x.unflatten(0, (2, -1))),
    "ravel": (_CUBE, lambda t, x: x.ravel()),
    "ravel of vector": (_LINE, lambda t, x: x.ravel()),
    "ravel copies": (_TRANSPOSED, lambda t, x: x.ravel()),
    "contiguous": (_CUBE, lambda t, x: x.contiguous()),
    "contiguous copies": (_TRANSPOSED, lambda t, x: x.contiguous()),
    "detach": (_CUBE, lambda t, x: x.detach()),
    "data": (_CUBE, lambda t, x: x.data),
    "clone": (_CUBE, lambda t, x: x.clone()),
    "clone of transposed": (_TRANSPOSED, lambda t, x: x.clone()),
    "clone of stepped": (_STEPPED, lambda t, x: x.clone()),
    "to same": (_CUBE, lambda t, x: x.to(t.float32)),
    "to copy": (_CUBE, lambda t, x: x.to(t.float32, copy=True)),
    "conj of real": (_CUBE, lambda t, x: x.conj()),
    "positive": (_LINE, lambda t, x: +x),
    "atleast_1d": (_SCALAR, lambda t, x: t.atleast_1d(x)),
    "atleast_2d": (_LINE, lambda t, x: t.atleast_2d(x)),
    "atleast_3d": (_LINE, lambda t, x: t.atleast_3d(x)),
    "atleast_3d of matrix": (_MATRIX, lambda t, x: t.atleast_3d(x)),
    "index int": (_CUBE, lambda t, x: x[1]),
    "index ints": (_CUBE, lambda t, x: x[1, 2, 3]),
    "index slice": (_CUBE, lambda t, x: x[:, 1:]),
    "index slice whole": (_CUBE, lambda t, x: x[:]),
    "index step": (_CUBE, lambda t, x: x[..., 1::2]),
    "index step beyond": (_LINE, lambda t, x: x[1::100]),
    "index none": (_CUBE, lambda t, x: x[None]),
    "index none inside": (_CUBE, lambda t, x: x[:, None, 1]),
    "index none last": (_MATRIX, lambda t, x: x[..., None]),
    "index none of transposed": (_TRANSPOSED, lambda t, x: x[:, None]),
    "index none of stepped": (_STEPPED, lambda t, x: x[None, :, None]),
    "index none of 0-d": (_SCALAR, lambda t, x: x[None]),
    "index ellipsis": (_CUBE, lambda t, x: x[...]),
    "index ellipsis of 0-d": (_SCALAR, lambda t, x: x[...]),
    "index empty tuple": (_CUBE, lambda t, x: x[()]),
    "index empty slice": (_CUBE, lambda t, x: x[1:1]),
    "index 0-d tensor": (_CUBE, lambda t, x: x[t.tensor(1)]),
    "index list copies": (_LINE, lambda t, x: x[[0, 2]]),
    "index mask copies": (_LINE, lambda t, x: x[x > 3]),
    "index true": (_LINE, lambda t, x: x[True]),
    "view of view": (_CUBE, lambda t, x: x[1:].transpose(1, 2)[0, 2:]),
    "numpy": (_MATRIX, lambda t, x: t.from_numpy(x.detach().numpy())),
    "dlpack": (_STEPPED, lambda t, x: t.from_dlpack(x.detach())),
    "as_tensor": (_LINE, lambda t, x: t.as_tensor(x)),
    "asarray": (_LINE, lambda t, x: t.asarray(x)),
}


def _shares(first: Any, second: Any) -> bool:
    return first.untyped_storage().data_ptr() == second.untyped_storage().data_ptr()


def _geometry(make: Any, view: Any) -> Any:
    def behaviour(torch: Any) -> Any:
        x = make(torch)
        v = view(torch, x)
        before = x._version
        shared = None
        if v.numel():
            with torch.no_grad():
                x.add_(0)
            shared = v._version != 0 and v._version == x._version
        return {
            "is": v is x,
            "shape": list(v.shape),
            "stride": list(v.stride()),
            "offset": v.storage_offset(),
            "contiguous": v.is_contiguous(),
            "shares": _shares(x, v) if v.numel() else None,
            "storage": v.untyped_storage().nbytes() if v.numel() else None,
            "is_view": v._is_view(),
            "base": None if v._base is None else ("operand" if v._base is x else "other"),
            "version": shared,
            "before": before,
        }

    return behaviour


def _weights(torch: Any, x: Any) -> Any:
    w = torch.arange(1.0, 1.0 + x.numel()).reshape(x.shape) * 0.5
    return w.to(x.dtype)


def _loss(torch: Any, *parts: Any) -> Any:
    total: Any = 0
    for part in parts:
        scored = part * _weights(torch, part)
        total = total + (scored.real.sum() + 2 * scored.imag.sum() if part.is_complex() else scored.sum())
    return total


def _write_base(make: Any, view: Any) -> Any:
    def behaviour(torch: Any) -> Any:
        x = make(torch).requires_grad_()
        y = x * 1
        v = view(torch, y)
        y.mul_(3)
        _loss(torch, y, v).backward()
        return x.grad, v.requires_grad, v

    return behaviour


def _write_view(make: Any, view: Any) -> Any:
    def behaviour(torch: Any) -> Any:
        x = make(torch).requires_grad_()
        y = x * 1
        v = view(torch, y)
        v.mul_(3)
        _loss(torch, y, v).backward()
        return x.grad, y.detach()

    return behaviour


def _write_leaf(make: Any, view: Any) -> Any:
    def behaviour(torch: Any) -> Any:
        x = make(torch).requires_grad_()
        view(torch, x).mul_(3)
        return x.detach()

    return behaviour


def _write_no_grad_view(make: Any, view: Any) -> Any:
    def behaviour(torch: Any) -> Any:
        x = make(torch).requires_grad_()
        y = x * 1
        with torch.no_grad():
            v = view(torch, y)
        v.mul_(3)
        return y.detach()

    return behaviour


def _write_plain(make: Any, view: Any) -> Any:
    def behaviour(torch: Any) -> Any:
        x = make(torch)
        v = view(torch, x)
        v.mul_(3)
        return x, x._version

    return behaviour


def _with_gradient_operand(make: Any, view: Any) -> Any:
    """A tensor that needs a gradient written into a view of one that does not."""

    def behaviour(torch: Any) -> Any:
        x = make(torch)
        v = view(torch, x)
        p = torch.tensor(2.0, requires_grad=True)
        v.mul_(p)
        if not x.requires_grad:
            return False
        _loss(torch, x).backward()
        return p.grad, x.requires_grad, v.requires_grad

    return behaviour


_KINDS = {
    "geometry": _geometry,
    "written base": _write_base,
    "written view": _write_view,
    "leaf": _write_leaf,
    "view in no_grad": _write_no_grad_view,
    "no gradients": _write_plain,
    "gradient enters": _with_gradient_operand,
}

#: Several elements at one place: what an elementwise write leaves there is undefined.
_UNDEFINED = frozenset(("unfold overlapping", "unfold of cube", "as_strided overlapping"))

CASES = {
    f"{kind}: {name}": make_case(*row)
    for kind, make_case in _KINDS.items()
    for name, row in _VIEWS.items()
    if kind in ("geometry", "leaf", "view in no_grad") or name not in _UNDEFINED
}
