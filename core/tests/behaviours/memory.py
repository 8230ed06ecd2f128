"""Memory of tensors: writes where places coincide, ``.data`` and other setters, ``set_``, ``resize_``, storages."""

from typing import Any


def _parameter(torch: Any) -> Any:
    return torch.tensor(2.0, requires_grad=True)


def _expanded(torch: Any) -> Any:
    return torch.zeros(1).expand(3)


def _own_gradient(torch: Any) -> None:
    x = torch.ones(2)
    x.grad = x


def _after(value: Any, *actions: Any) -> Any:
    for action in actions:
        action(value)
    return value


CASES = {
    "overlap: shifted add_": lambda t: (lambda x: x[1:].add_(x[:-1]))(t.ones(4)),
    "overlap: shifted copy_": lambda t: (lambda x: x[1:].copy_(x[:-1]))(t.ones(4)),
    "overlap: shifted setitem": lambda t: (lambda x: x.__setitem__(slice(1, None), x[:-1]))(t.ones(4)),
    "overlap: transposed copy_": lambda t: (lambda x: x.copy_(x.t()))(t.ones(2, 2)),
    "overlap: itself": lambda t: (lambda x: x.add_(x))(t.ones(2, 2)),
    "overlap: same view": lambda t: (lambda x: x[:1].add_(x[:1]))(t.ones(2, 2)),
    "overlap: interleaved": lambda t: (lambda x: x[::2].add_(x[1::2]))(t.arange(4.0)),
    "overlap: apart": lambda t: (lambda x: x[2:].add_(x[:2]))(t.arange(4.0)),
    "expanded: add_": lambda t: _expanded(t).add_(1),
    "expanded: copy_": lambda t: _expanded(t).copy_(t.ones(3)),
    "expanded: relu_": lambda t: _expanded(t).relu_(),
    "expanded: fill_": lambda t: _expanded(t).fill_(2),
    "expanded: zero_": lambda t: _expanded(t).zero_(),
    "expanded: setitem of all": lambda t: _expanded(t).__setitem__(slice(None), 2),
    "expanded: setitem of one": lambda t: _after(_expanded(t), lambda x: x.__setitem__(0, 2)),
    "expanded: scatter_": lambda t: _expanded(t).scatter_(0, t.tensor([0]), 1.0),
    "expanded: out": lambda t: t.add(t.ones(3), 1, out=_expanded(t)),
    "expanded: in no_grad": lambda t: t.no_grad()(lambda: _expanded(t).add_(1))(),
    "expanded: view of it": lambda t: _expanded(t).view(3, 1).mul_(2),
    "expanded: slice of one": lambda t: _expanded(t)[:1].mul_(2),
    "expanded: detached add_": lambda t: _expanded(t).detach().add_(1),
    "expanded: detached copy_": lambda t: _expanded(t).detach().copy_(t.ones(3)),
    "expanded: detached fill_": lambda t: _expanded(t).detach().fill_(2),
    "expanded: detached twice": lambda t: _expanded(t).detach().detach().mul_(1),
    "expanded: data add_": lambda t: _expanded(t).data.add_(1),
    "expanded: detached read": lambda t: _expanded(t).detach() + 1,
    "expanded: integers": lambda t: t.zeros(1, dtype=t.int64).expand(3).detach().add_(1),
    "data: integers for a parameter": lambda t: setattr(_parameter(t), "data", t.ones(2, dtype=t.int64)),
    "data: another dtype": lambda t: _after(_parameter(t), lambda x: setattr(x, "data", t.ones(3).double())),
    "data: deleted": lambda t: delattr(t.ones(2), "data"),
    "data: None": lambda t: setattr(t.ones(2), "data", None),
    "data: version stays": lambda t: (
        _after(t.ones(2).add_(1), lambda x: setattr(x, "data", t.ones(3).add_(1).add_(1)))._version
    ),
    "grad: text": lambda t: setattr(t.ones(2), "grad", "a"),
    "grad: shape": lambda t: setattr(t.ones(2), "grad", t.ones(3)),
    "grad: dtype": lambda t: setattr(t.ones(2), "grad", t.ones(2).double()),
    "grad: itself": _own_gradient,
    "grad: deleted": lambda t: (
        _after(t.ones(2), lambda x: setattr(x, "grad", x * 1), lambda x: delattr(x, "grad")).grad
    ),
    "requires_grad: text": lambda t: setattr(t.ones(2), "requires_grad", "a"),
    "requires_grad: number": lambda t: setattr(t.ones(2), "requires_grad", 1),
    "requires_grad: deleted": lambda t: delattr(t.ones(2), "requires_grad"),
    "requires_grad: False for a result": lambda t: setattr(_parameter(t) * 2, "requires_grad", False),
    "requires_grad: True for a result": lambda t: setattr(_parameter(t) * 2, "requires_grad", True),
    "requires_grad: integers": lambda t: setattr(t.tensor([1]), "requires_grad", True),
    "detach_ of view": lambda t: t.ones(2)[:1].detach_(),
    "is_set_to": lambda t: (
        lambda x: [x.is_set_to(y) for y in (x.view(3), x[:2], x.clone(), x.view(3, 1), x.detach())]
    )(t.ones(3)),
    "set_: empty": lambda t: t.ones(2).set_(),
    "set_: another dtype": lambda t: t.ones(2).set_(t.ones(3).double()),
    "set_: parameter": lambda t: _parameter(t).set_(t.ones(1)),
    "set_: storage": lambda t: t.zeros(0).set_(t.arange(6.0).untyped_storage(), 1, (2, 2), (2, 1)),
    "set_: tensor": lambda t: t.zeros(0).set_(t.arange(6.0), 1, (2, 2), (2, 1)),
    "set_: shares": lambda t: (lambda x, y: (y.set_(x), x.add_(1), y)[2])(t.arange(3.0), t.zeros(0)),
    "resize_: smaller": lambda t: t.arange(6.0).resize_(2, 2),
    "resize_: view grows into its base": lambda t: (lambda x: (x[1:3].resize_(4), x))(t.arange(6.0)),
    "resize_: transposed": lambda t: t.arange(6.0).view(2, 3).t().resize_(2, 2),
    "resize_: parameter": lambda t: _parameter(t).resize_(2),
    "resize_: grows": lambda t: t.arange(3.0).resize_(5)[:3],
    "resize_: shares while it fits": lambda t: (lambda x: (lambda v: (x.resize_(4), x.add_(1), v)[2])(x[:2]))(
        t.arange(6.0)
    ),
    "resize_: channels last": lambda t: t.arange(16.0).resize_(1, 2, 2, 4, memory_format=t.channels_last).stride(),
    "resize_as_": lambda t: t.arange(4.0).resize_as_(t.zeros(2, 2)),
    "storage: shrinks": lambda t: (
        lambda x: (x.untyped_storage().resize_(0), x.untyped_storage().nbytes(), x.shape)[1:]
    )(t.ones(3)),
    "storage: shrinks and grows back": lambda t: (
        lambda x: (x.untyped_storage().resize_(0), x.untyped_storage().resize_(12), x.zero_())[2]
    )(t.ones(3)),
    "swap_tensors": lambda t: (lambda a, b: (t.utils.swap_tensors(a, b), a, b)[1:])(t.ones(2), t.zeros(3)),
    "swap_tensors: gradients": lambda t: (
        lambda a, b: (t.utils.swap_tensors(a, b), a, b, a.requires_grad, b.requires_grad)[1:]
    )(_parameter(t), t.zeros(3)),
}


def _versions(change: Any, result: Any) -> Any:
    def behaviour(torch: Any) -> Any:
        x = torch.ones(2, 3, requires_grad=True)
        y = result(torch, x)
        change(torch, y)
        y.sum().backward()

    return behaviour


def stale_input(torch):
    x = torch.ones(2, requires_grad=True)
    z = (x * 2).exp()
    w = z * z
    z.add_(1)
    w.sum().backward()


def stale_leaf(torch):
    x, w = torch.ones(2, 3, requires_grad=True), torch.ones(3, 2)
    z = x @ w
    w.add_(1)
    z.sum().backward()


def stale_view(torch):
    y = torch.ones(2, 3, requires_grad=True) * 1
    v = y[0]
    z = v * v
    y.add_(1)
    z.sum().backward()


def stale_indices(torch):
    y, places = torch.ones(2, 3, requires_grad=True, dtype=torch.float64).max(1)
    places.add_(1)
    y.sum().backward()


CASES |= {
    f"stale: {name}": _versions(change, result)
    for name, change, result in (
        ("sigmoid", lambda t, y: y.add_(1), lambda t, x: x.sigmoid()),
        ("exp", lambda t, y: y.mul_(2), lambda t, x: x.exp()),
        ("relu", lambda t, y: y.__setitem__(0, 1), lambda t, x: x.relu()),
        ("softmax", lambda t, y: y.mul_(2), lambda t, x: x.softmax(1)),
        ("tanh", lambda t, y: y.zero_(), lambda t, x: t.cat([x, x]).tanh()),
        ("sqrt", lambda t, y: y[0].zero_(), lambda t, x: x.sqrt()),
        ("saved nothing", lambda t, y: y.mul_(2), lambda t, x: x + 1),
    )
}
