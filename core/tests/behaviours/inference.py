"""Inference mode: which tensors are inference tensors, and what they may be used for outside."""

from typing import Any


def _made(torch: Any) -> Any:
    with torch.inference_mode():
        return torch.ones(3)


def _parameter(torch: Any) -> Any:
    return torch.tensor(2.0, requires_grad=True)


def _first(torch: Any, mode: str, x: Any) -> Any:
    with torch.no_grad() if mode == "no_grad" else torch.inference_mode():
        return x[:2]


def which_are(torch):
    x = _made(torch)
    return [
        y.is_inference()
        for y in (x, x[0], x + 1, x.clone(), x.detach(), x.view(3, 1)[0], x.reshape(3), x.data, torch.ones(1), x.exp())
    ], torch.is_inference(x)


def inside(torch):
    x = torch.ones(3)
    with torch.inference_mode():
        made = (x[:2], x + 0, x.add_(1), torch.zeros(2), torch.tensor([1.0]), x.sum(), x.detach(), x.max(0)[0])
        flags = [y.is_inference() for y in made]
        with torch.inference_mode(False):
            flags.append(torch.zeros(2).is_inference())
            flags.append((made[1] + 1).is_inference())
    return flags, x._version, x


def written_inside(torch):
    x = _made(torch)
    with torch.inference_mode():
        x.add_(1)
        x[0] = 5
        x.view(3, 1).mul_(2)
        x.zero_().fill_(3)
    return x


def has_no_version(torch):
    return _made(torch)._version


def has_no_version_inside(torch):
    with torch.inference_mode():
        return torch.ones(2)._version


def requires_grad_inside(torch):
    with torch.inference_mode():
        x = torch.ones(3, requires_grad=True)
        y = x * 2
    return x.requires_grad, y.requires_grad, x.is_inference()


def decorated(torch):
    @torch.inference_mode()
    def f(x):
        return x * 2, torch.is_inference_mode_enabled()

    y, on = f(_parameter(torch))
    return y.is_inference(), y.requires_grad, on, torch.is_inference_mode_enabled()


def used_in_a_graph_unsaved(torch):
    p = _parameter(torch)
    (_made(torch) + p).sum().backward()
    return p.grad


def cloned(torch):
    p = _parameter(torch)
    (_made(torch).clone() * p).sum().backward()
    return p.grad


CASES = {
    "written: add_": lambda t: _made(t).add_(1),
    "written: copy_": lambda t: _made(t).copy_(t.zeros(3)),
    "written: fill_": lambda t: _made(t).fill_(1),
    "written: zero_ of view": lambda t: _made(t)[:2].zero_(),
    "written: setitem": lambda t: _made(t).__setitem__(0, 1),
    "written: setitem with indices": lambda t: _made(t).__setitem__([0, 1], 1.0),
    "written: relu_": lambda t: t.relu_(_made(t)),
    "written: normal_": lambda t: _made(t).normal_(),
    "written: out": lambda t: t.add(t.ones(3), 1, out=_made(t)),
    "written: in no_grad": lambda t: t.no_grad()(lambda: _made(t).add_(1))(),
    "written: detached": lambda t: _made(t).detach().add_(1),
    "saved: mul": lambda t: _made(t) * _parameter(t),
    "saved: matmul": lambda t: _made(t) @ t.ones(3, 3, requires_grad=True),
    "saved: cat": lambda t: t.cat([_made(t), _parameter(t).reshape(1)]),
    "saved: exp needs none": lambda t: _made(t).exp(),
    "saved: in no_grad": lambda t: t.no_grad()(lambda: _made(t) * _parameter(t))(),
    "requires_grad_": lambda t: _made(t).requires_grad_(),
    "requires_grad": lambda t: setattr(_made(t), "requires_grad", True),
    "requires_grad_ False": lambda t: _made(t).requires_grad_(False),
    "view made inside, of a graph": lambda t: _first(t, "inference", t.ones(3) * _parameter(t)).mul_(2),
    "view made inside, gradient enters": lambda t: _first(t, "inference", t.ones(3)).mul_(_parameter(t)),
    "view made inside, no gradients": lambda t: _first(t, "inference", t.ones(3)).mul_(2),
    "view made in no_grad, gradient enters": lambda t: _first(t, "no_grad", t.ones(3)).mul_(_parameter(t)),
    "view made in no_grad, no gradients": lambda t: _first(t, "no_grad", t.ones(3)).mul_(2),
    "view made in no_grad, of a graph": lambda t: _first(t, "no_grad", t.ones(3) * _parameter(t)).mul_(2),
}


def base_of_no_grad_view_written(torch):
    x = torch.ones(3)
    v = _first(torch, "no_grad", x)
    x.mul_(_parameter(torch))
    return v * 2


def base_of_inference_view_written(torch):
    x = torch.ones(3)
    v = _first(torch, "inference", x)
    x.mul_(_parameter(torch))
    return v * 2
