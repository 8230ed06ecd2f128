"""The backward engine: graphs, hooks, `grad` and `backward` with all their arguments."""

from typing import Any


def _a(torch: Any, *shape: int) -> Any:
    count = 1
    for size in shape:
        count *= size
    return torch.arange(1.0, 1.0 + count).reshape(shape)


def _leaf(torch: Any, *shape: int) -> Any:
    return _a(torch, *shape).requires_grad_()


def diamond(torch):
    x = _leaf(torch, 3)
    y = x * 2
    z = y.exp() + y * y
    (z * y).sum().backward()
    return x.grad


def used_many_times(torch):
    x = _leaf(torch, 2)
    y = x
    for _ in range(10):
        y = y + x * y
    y.sum().backward()
    return x.grad


def two_roots(torch):
    x = _leaf(torch, 3)
    y = x * 2
    torch.autograd.backward([y.sum(), (y * x).sum()])
    return x.grad


def two_roots_one_above_the_other(torch):
    x = _leaf(torch, 3)
    y = x * 2
    z = y * y
    torch.autograd.backward([y, z], [torch.ones(3), torch.full((3,), 0.5)])
    return x.grad


def same_root_twice(torch):
    x = _leaf(torch, 3)
    y = x * 2
    torch.autograd.backward([y, y], [torch.ones(3), torch.ones(3)])
    return x.grad


def leaf_as_root(torch):
    x = _leaf(torch, 3)
    x.backward(torch.ones(3))
    return x.grad


def grad_of_leaf_by_itself(torch):
    x = _leaf(torch, 3)
    return torch.autograd.grad(x.sum(), x)[0], torch.autograd.grad([x], [x], [torch.ones(3)])[0]


def grad_of_inner_tensor(torch):
    x = _leaf(torch, 3)
    y = x * 2
    z = (y * y).sum()
    return torch.autograd.grad(z, [x, y])


def grad_of_the_output_itself(torch):
    x = _leaf(torch, 3)
    y = x * 2
    return torch.autograd.grad(y.sum(), [y, x])


def retained_graph(torch):
    x = _leaf(torch, 3)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad


def freed_graph(torch):
    x = _leaf(torch, 3)
    y = (x * x).sum()
    y.backward()
    y.backward()


def third_order(torch):
    x = _leaf(torch, 2)
    y = (x**4).sum()
    found = []
    for _ in range(3):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        found.append(y)
        y = y.sum()
    return found


def backward_with_create_graph(torch):
    x = _leaf(torch, 2)
    (x**3).sum().backward(create_graph=True)
    first = x.grad.clone()
    x.grad.sum().backward()
    return first, x.grad, x.grad.requires_grad


def gradient_of_a_gradient_norm(torch):
    x = _leaf(torch, 3)
    w = _leaf(torch, 3)
    (g,) = torch.autograd.grad((x * w).sin().sum(), x, create_graph=True)
    g.pow(2).sum().backward()
    return w.grad, x.grad


def inputs_leaf(torch):
    x, y = _leaf(torch, 2), _leaf(torch, 2)
    (x * y).sum().backward(inputs=[x])
    return x.grad, y.grad


def inputs_single_tensor(torch):
    x, y = _leaf(torch, 2), _leaf(torch, 2)
    (x * y).sum().backward(inputs=y)
    return x.grad, y.grad


def inputs_non_leaf(torch):
    x = _leaf(torch, 2)
    y = x * 2
    (y * y).sum().backward(inputs=[y])
    y.retain_grad()
    return x.grad, y.grad


def inputs_empty(torch):
    x = _leaf(torch, 2)
    x.sum().backward(inputs=[])


def unused(torch):
    torch.autograd.grad((_leaf(torch, 2) * 2).sum(), [_leaf(torch, 2)])


def allow_unused(torch):
    x, y = _leaf(torch, 2), _leaf(torch, 3)
    return torch.autograd.grad((x * 2).sum(), [x, y], allow_unused=True)


def materialize_grads(torch):
    x, y = _leaf(torch, 2), _leaf(torch, 3)
    return torch.autograd.grad((x * 2).sum(), [x, y], materialize_grads=True)


def materialize_contradicts(torch):
    x = _leaf(torch, 2)
    torch.autograd.grad((x * 2).sum(), [x], allow_unused=False, materialize_grads=True)


def batched_grads(torch):
    x = _leaf(torch, 3)
    return torch.autograd.grad(x * x, x, torch.eye(3), is_grads_batched=True)


def grad_of_no_grad_input(torch):
    x = _a(torch, 2)
    torch.autograd.grad((_leaf(torch, 2) * x).sum(), x)


def grad_does_not_accumulate(torch):
    x = _leaf(torch, 2)
    torch.autograd.grad((x * x).sum(), x)
    return x.grad


def accumulates(torch):
    x = _leaf(torch, 2)
    for _ in range(3):
        (x * x).sum().backward()
    return x.grad


def accumulates_in_place(torch):
    x = _leaf(torch, 2)
    (x * x).sum().backward()
    kept = x.grad
    (x * x).sum().backward()
    return kept is x.grad, kept


def gradients_are_not_aliased(torch):
    a, b = _leaf(torch, 3), _leaf(torch, 3)
    (a + b).backward(torch.ones(3))
    a.grad.zero_()
    return b.grad, a.grad is b.grad


def given_gradient_is_not_aliased(torch):
    a = _leaf(torch, 3)
    g = torch.ones(3)
    a.backward(g)
    g.zero_()
    return a.grad


def gradient_of_another_dtype(torch):
    x = _leaf(torch, 2)
    (x * 2).backward(torch.ones(2, dtype=torch.float64))
    return x.grad


def gradient_of_another_shape(torch):
    (_leaf(torch, 2) * 2).backward(torch.ones(3))


def no_gradient_for_a_vector(torch):
    (_leaf(torch, 2) * 2).backward()


def one_element_vector(torch):
    x = _leaf(torch, 1)
    (x * 2).backward()
    return x.grad


def complex_output_without_gradient(torch):
    x = torch.tensor([1 + 2j], requires_grad=True)
    (x * 2).sum().backward()


def backward_outside_the_graph(torch):
    _a(torch, 1).backward()


def backward_inside_no_grad(torch):
    x = _leaf(torch, 3)
    y = (x * x).sum()
    with torch.no_grad():
        y.backward()
    return x.grad


def backward_leaves_the_mode_as_it_was(torch):
    x = _leaf(torch, 3)
    y, z = (x * x).sum(), (x * 3).sum()
    with torch.no_grad():
        y.backward()
        inside = torch.is_grad_enabled(), (x * 2).requires_grad
    z.backward(create_graph=True)
    return inside, torch.is_grad_enabled(), (x * 2).requires_grad


def mixed_dtypes(torch):
    x = _leaf(torch, 3)
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    (x * w).sum().backward()
    return x.grad, w.grad


def broadcast(torch):
    x, w, s = _leaf(torch, 2, 3), _leaf(torch, 3), torch.tensor(2.0, requires_grad=True)
    (x * w + s).sum().backward()
    return x.grad, w.grad, s.grad


def gradient_edge(torch):
    x = _leaf(torch, 2)
    y = x * 2
    edge = torch.autograd.graph.get_gradient_edge(y)
    return torch.autograd.grad((y * y).sum(), edge), edge.output_nr


def gradient_edge_of_leaf(torch):
    x = _leaf(torch, 2)
    edge = torch.autograd.graph.get_gradient_edge(x)
    return torch.autograd.grad((x * x).sum(), edge)


def assigned_grad(torch):
    x = _leaf(torch, 2)
    x.grad = torch.ones(2)
    x.sum().backward()
    return x.grad


def assigned_grad_of_other_shape(torch):
    _leaf(torch, 2).grad = torch.ones(3)


def assigned_grad_of_other_dtype(torch):
    _leaf(torch, 2).grad = torch.ones(2, dtype=torch.float64)


def assigned_grad_no_tensor(torch):
    _leaf(torch, 2).grad = 1


def grad_deleted(torch):
    x = _leaf(torch, 2)
    x.sum().backward()
    del x.grad
    return x.grad


def requires_grad_of_integers(torch):
    torch.tensor([1]).requires_grad_()


def requires_grad_switched_off_inside(torch):
    (_leaf(torch, 2) * 2).requires_grad_(False)


def detached(torch):
    x = _leaf(torch, 2)
    y = (x * 2).detach()
    return y.requires_grad, y.is_leaf, y.grad_fn


def detached_in_place(torch):
    x = _leaf(torch, 2)
    y = x * 2
    y.detach_()
    return y.requires_grad, y.is_leaf


def detached_view_in_place(torch):
    x = _leaf(torch, 2)
    (x * 2)[0].detach_()


def leaves(torch):
    x = _leaf(torch, 2)
    y = _a(torch, 2)
    return x.is_leaf, y.is_leaf, (x * 2).is_leaf, (y * 2).is_leaf, (x * 2).requires_grad, (y * 2).requires_grad


def output_numbers(torch):
    x = _leaf(torch, 4)
    values, _ = x.sort()
    parts = x.split(2)
    return values.output_nr, parts[1].output_nr, [g.tolist() for g in torch.autograd.grad(parts[1].sum(), x)]


def unused_output(torch):
    x = _leaf(torch, 4)
    _, b = x.split(2)
    b.sum().backward()
    return x.grad


def complex_gradients(torch):
    z = torch.tensor([1 + 2j, -0.5j], requires_grad=True)
    w = torch.tensor([2.0, 3.0], requires_grad=True)
    ((z * w).abs() ** 2).sum().backward()
    return z.grad, w.grad


def real_and_imaginary(torch):
    z = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)
    (z.real * 2 + z.imag * 3).sum().backward()
    return z.grad


def version_error_of_input(torch):
    x = _leaf(torch, 3)
    y = x * 2
    z = y * y
    y.add_(1)
    z.sum().backward()


def version_error_of_output(torch):
    x = _leaf(torch, 3)
    y = x.exp()
    y.add_(1)
    y.sum().backward()


def version_error_of_leaf(torch):
    x, w = _leaf(torch, 3), _leaf(torch, 3)
    z = (x * w).sum()
    with torch.no_grad():
        w.mul_(2)
    z.backward()


def version_error_through_detached_alias(torch):
    x = _leaf(torch, 3)
    y = x * 2
    z = y * y
    y.detach().zero_()
    z.sum().backward()


def data_is_not_watched(torch):
    x = _leaf(torch, 3)
    y = x * 2
    z = y * y
    y.data.zero_()
    z.sum().backward()
    return x.grad


def unneeded_value_may_change(torch):
    x = _leaf(torch, 3)
    y = x * 2
    z = y + 1
    y.zero_()
    z.sum().backward()
    return x.grad


def functional(torch):
    f = torch.autograd.functional
    x, v = _a(torch, 2), torch.tensor([0.5, -1.0])

    def cubic(t):
        return t**3 + t.flip(0) * 2

    def scalar(t):
        return (t**3).sum() + t[0] * t[1]

    return (
        f.jacobian(cubic, x),
        f.hessian(scalar, x),
        f.vjp(cubic, x, v),
        f.jvp(cubic, x, v),
        f.vhp(scalar, x, v),
        f.hvp(scalar, x, v),
    )


def functional_several_inputs(torch):
    f = torch.autograd.functional
    a, b = _a(torch, 2), _a(torch, 3)

    def both(s, t):
        return s.sum() * t, s * 2

    def scalar(s, t):
        return (s.sum() * t**2).sum()

    return f.jacobian(both, (a, b)), f.hessian(scalar, (a, b))


def functional_strict(torch):
    torch.autograd.functional.jacobian(lambda t: torch.ones(2), _a(torch, 2), strict=True)


def functional_create_graph(torch):
    x = _leaf(torch, 2)
    jac = torch.autograd.functional.jacobian(lambda t: t**3, x, create_graph=True)
    return jac, torch.autograd.grad(jac.sum(), x)


def functional_wrong_vector(torch):
    torch.autograd.functional.vjp(lambda t: t**3, _a(torch, 2), torch.ones(3))


def functional_no_vector(torch):
    torch.autograd.functional.vjp(lambda t: t**3, _a(torch, 2))
