"""`torch.autograd.Function`: contexts, marks, errors, second order."""

from typing import Any


def _leaf(torch: Any, count: int = 3) -> Any:
    return torch.arange(1.0, 1.0 + count).requires_grad_()


def _make(torch: Any, forward: Any, backward: Any, **more: Any) -> Any:
    members = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    members |= {name: staticmethod(value) for name, value in more.items()}
    return type("Mine", (torch.autograd.Function,), members)


def saved_tensors(torch):
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    def backward(ctx, g):
        a, b = ctx.saved_tensors
        return g * b, g * a

    a, b = _leaf(torch), _leaf(torch)
    out = _make(torch, forward, backward).apply(a, b * 2)
    out.sum().backward()
    return a.grad, b.grad, out.grad_fn.name(), out.requires_grad


def saved_output(torch):
    def forward(ctx, a):
        out = a.exp()
        ctx.save_for_backward(out)
        return out

    f = _make(torch, forward, lambda ctx, g: g * ctx.saved_tensors[0])
    a = _leaf(torch)
    (g,) = torch.autograd.grad(f.apply(a).sum(), a, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), a)
    return g, h


def setup_context(torch):
    def setup(ctx, inputs, output):
        ctx.factor = inputs[1]
        ctx.save_for_backward(inputs[0])

    f = _make(
        torch,
        lambda a, k: a**2 * k,
        lambda ctx, g: (2 * g * ctx.saved_tensors[0] * ctx.factor, None),
        setup_context=setup,
    )
    a = _leaf(torch)
    f.apply(a, 3).sum().backward()
    return a.grad


def second_order(torch):
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a**3

    f = _make(torch, forward, lambda ctx, g: g * 3 * ctx.saved_tensors[0] ** 2)
    a = _leaf(torch)
    (g,) = torch.autograd.grad(f.apply(a).sum(), a, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), a)
    return g, h


def several_outputs(torch):
    f = _make(torch, lambda ctx, a: (a * 2, a * 3), lambda ctx, g, h: g * 2 + h * 3)
    a = _leaf(torch)
    p, q = f.apply(a)
    (p + q * 10).sum().backward()
    return a.grad, q.output_nr


def missing_gradient_is_zero(torch):
    seen = []

    def backward(ctx, g, h):
        seen.append(h.tolist())
        return g * 2 + h

    a = _leaf(torch)
    p, _ = _make(torch, lambda ctx, a: (a * 2, a * 3), backward).apply(a)
    p.sum().backward()
    return a.grad, seen


def gradients_not_materialized(torch):
    seen = []

    def forward(ctx, a):
        ctx.set_materialize_grads(False)
        return a * 2, a * 3

    def backward(ctx, g, h):
        seen.append(h)
        return g * 2

    a = _leaf(torch)
    p, _ = _make(torch, forward, backward).apply(a)
    p.sum().backward()
    return a.grad, seen


def needs_input_grad(torch):
    seen = []

    def backward(ctx, g):
        seen.append(ctx.needs_input_grad)
        return g, g, None

    a, b = _leaf(torch), torch.ones(3)
    _make(torch, lambda ctx, a, b, k: a + b, backward).apply(a, b, 5).sum().backward()
    return seen, a.grad


def dirty(torch):
    def forward(ctx, a):
        a.mul_(2)
        ctx.mark_dirty(a)
        return a

    a = _leaf(torch)
    b = a.clone()
    c = _make(torch, forward, lambda ctx, g: g * 2).apply(b)
    c.sum().backward()
    return a.grad, c is b, b.grad_fn.name()


def dirty_leaf(torch):
    def forward(ctx, a):
        a.mul_(2)
        ctx.mark_dirty(a)
        return a

    _make(torch, forward, lambda ctx, g: g * 2).apply(_leaf(torch))


def dirty_view(torch):
    def forward(ctx, a):
        a.mul_(2)
        ctx.mark_dirty(a)
        return a

    a = _leaf(torch)
    b = a.clone()
    _make(torch, forward, lambda ctx, g: g * 2).apply(b[:2])
    b.sum().backward()
    return a.grad


def dirty_not_returned(torch):
    def forward(ctx, a):
        a.mul_(2)
        ctx.mark_dirty(a)
        return a + 1

    _make(torch, forward, lambda ctx, g: g).apply(_leaf(torch) * 1)


def not_differentiable(torch):
    def forward(ctx, a):
        index = a.argmax()
        flag = a * 0
        ctx.mark_non_differentiable(index, flag)
        return a * 2, index, flag

    seen = []

    def backward(ctx, g, *others):
        seen.append([other.tolist() for other in others])
        return g * 2

    a = _leaf(torch)
    p, index, flag = _make(torch, forward, backward).apply(a)
    p.sum().backward()
    return a.grad, index.requires_grad, flag.requires_grad, seen


def no_gradient(torch):
    a, b = _leaf(torch), _leaf(torch)
    _make(torch, lambda ctx, a, b: a + b, lambda ctx, g: (g, None)).apply(a, b).sum().backward()
    return a.grad, b.grad


def too_few_gradients(torch):
    _make(torch, lambda ctx, a, b: a + b, lambda ctx, g: g).apply(_leaf(torch), _leaf(torch)).sum().backward()


def too_many_gradients(torch):
    _make(torch, lambda ctx, a: a * 1, lambda ctx, g: (g, g)).apply(_leaf(torch)).sum().backward()


def surplus_none(torch):
    a = _leaf(torch)
    _make(torch, lambda ctx, a: a * 1, lambda ctx, g: (g, None, None)).apply(a).sum().backward()
    return a.grad


def gradient_for_a_number(torch):
    _make(torch, lambda ctx, a, k: a * k, lambda ctx, g: (g, g)).apply(_leaf(torch), 2).sum().backward()


def gradient_no_tensor(torch):
    _make(torch, lambda ctx, a: a * 1, lambda ctx, g: 3).apply(_leaf(torch)).sum().backward()


def gradient_of_other_shape(torch):
    _make(torch, lambda ctx, a: a * 1, lambda ctx, g: g.reshape(3, 1).expand(3, 2)).apply(_leaf(torch)).sum().backward()


def gradient_that_broadcasts(torch):
    a = torch.ones(3, requires_grad=True)
    _make(torch, lambda ctx, a: a.expand(2, 3) * 1, lambda ctx, g: g).apply(a).sum().backward()
    return a.grad


def gradient_of_other_dtype(torch):
    a = _leaf(torch)
    _make(torch, lambda ctx, a: a * 1, lambda ctx, g: g.double()).apply(a).sum().backward()
    return a.grad


def returns_its_input(torch):
    a = _leaf(torch)
    out = _make(torch, lambda ctx, a: a, lambda ctx, g: g * 5).apply(a)
    out.sum().backward()
    return out is a, a.grad


def returns_a_view(torch):
    a = _leaf(torch, 4)
    out = _make(torch, lambda ctx, a: a.view(2, 2), lambda ctx, g: g.view(4) * 5).apply(a)
    out.sum().backward()
    return out, a.grad


def no_tensor_arguments(torch):
    a = _leaf(torch)
    out = _make(torch, lambda ctx, a, k, s: (a * k, s), lambda ctx, g, s: (g * 2, None, None)).apply(a, 2.0, "text")
    out[0].sum().backward()
    return a.grad, out[1]


def inside_no_grad(torch):
    a = _leaf(torch)
    with torch.no_grad():
        out = _make(torch, lambda ctx, a: a * 2, lambda ctx, g: g).apply(a)
    return out.requires_grad


def forward_is_not_recorded(torch):
    seen = []
    a = _leaf(torch)
    _make(torch, lambda ctx, a: (seen.append(torch.is_grad_enabled()), a * 2)[1], lambda ctx, g: g).apply(a)
    return seen


def once_differentiable(torch):
    from_module = torch.autograd.function.once_differentiable
    a = _leaf(torch)
    f = _make(torch, lambda ctx, a: a**2, from_module(lambda ctx, g: g * 2))
    (g,) = torch.autograd.grad(f.apply(a).sum(), a)
    return g


def once_differentiable_twice(torch):
    decorate = torch.autograd.function.once_differentiable
    a = _leaf(torch)
    f = _make(torch, lambda ctx, a: a**2, decorate(lambda ctx, g: g * 2))
    (g,) = torch.autograd.grad(f.apply(a).sum(), a, create_graph=True)
    g.sum().backward()


def save_what_is_no_tensor(torch):
    def forward(ctx, a):
        ctx.save_for_backward(3)
        return a * 1

    _make(torch, forward, lambda ctx, g: g).apply(_leaf(torch))


def save_none(torch):
    def forward(ctx, a):
        ctx.save_for_backward(None, a)
        return a * 1

    seen = []
    _make(torch, forward, lambda ctx, g: (seen.append(ctx.saved_tensors[0]), g)[1]).apply(_leaf(torch)).sum().backward()
    return seen


def saved_changed_in_place(torch):
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * 2

    a = _leaf(torch)
    b = a * 1
    out = _make(torch, forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(b)
    b.zero_()
    out.sum().backward()


def freed(torch):
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * 2

    out = _make(torch, forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(_leaf(torch)).sum()
    out.backward()
    out.backward()


def no_backward(torch):
    f = type("F", (torch.autograd.Function,), {"forward": staticmethod(lambda ctx, a: a * 2)})
    f.apply(_leaf(torch)).sum().backward()


def no_forward(torch):
    f = type("F", (torch.autograd.Function,), {})
    f.apply(_leaf(torch))


def instance(torch):
    f = type("F", (torch.autograd.Function,), {"forward": staticmethod(lambda ctx, a: a * 2)})
    f()(_leaf(torch))


def attributes_of_the_node(torch):
    def forward(ctx, a):
        ctx.remark = "here"
        ctx.save_for_backward(a)
        return a * 2

    out = _make(torch, forward, lambda ctx, g: g).apply(_leaf(torch))
    return out.grad_fn.remark, out.grad_fn.saved_tensors[0], out.grad_fn.needs_input_grad


def hooks_on_saved(torch):
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * 2

    a = _leaf(torch)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t * 10, lambda t: t):
        out = _make(torch, forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(a)
    out.sum().backward()
    return a.grad


def complex_function(torch):
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return z.real * z.imag

    def backward(ctx, g):
        (z,) = ctx.saved_tensors
        return torch.complex(g * z.imag, g * z.real)

    z = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)
    _make(torch, forward, backward).apply(z).sum().backward()
    return z.grad


def list_result(torch):
    a = _leaf(torch)
    out = _make(torch, lambda ctx, a: (a * 2,), lambda ctx, g: g * 2).apply(a)
    out[0].sum().backward()
    return type(out).__name__, a.grad


def result_no_tensor(torch):
    return _make(torch, lambda ctx, a: 5, lambda ctx, g: g).apply(_leaf(torch))
