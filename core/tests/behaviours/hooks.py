"""Hooks on tensors, nodes, leaves and saved tensors; anomaly mode; the graph's nodes."""

from typing import Any


def _a(torch: Any, *shape: int) -> Any:
    count = 1
    for size in shape:
        count *= size
    return torch.arange(1.0, 1.0 + count).reshape(shape)


def _leaf(torch: Any, *shape: int) -> Any:
    return _a(torch, *shape).requires_grad_()


def freed_graph_without_saved_tensors(torch):
    x = _leaf(torch, 3)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    return x.grad


def tensor_hook_replaces(torch):
    x = _leaf(torch, 3)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    return x.grad


def tensor_hooks_run_in_order(torch):
    x = _leaf(torch, 2)
    seen = []
    y = x * 2
    y.register_hook(lambda g: seen.append(("first", g.tolist())) or g + 1)
    y.register_hook(lambda g: seen.append(("second", g.tolist())))
    y.sum().backward()
    return seen, x.grad


def leaf_hook(torch):
    x = _leaf(torch, 2)
    x.register_hook(lambda g: g * 3)
    x.sum().backward()
    x.sum().backward()
    return x.grad


def removed_hook(torch):
    x = _leaf(torch, 2)
    handle = x.register_hook(lambda g: g * 3)
    handle.remove()
    handle.remove()
    x.sum().backward()
    return x.grad


def hook_on_tensor_outside_the_graph(torch):
    _a(torch, 2).register_hook(lambda g: g)


def hook_returns_no_tensor(torch):
    x = _leaf(torch, 2)
    x.register_hook(lambda g: 1)
    x.sum().backward()


def hook_changes_the_shape(torch):
    x = _leaf(torch, 2)
    x.register_hook(lambda g: g.sum())
    x.sum().backward()


def retain_grad(torch):
    x = _leaf(torch, 2)
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    (y * y).sum().backward()
    return y.grad, y.retains_grad, x.retains_grad


def retain_grad_sees_what_hooks_leave(torch):
    x = _leaf(torch, 2)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    return y.grad, x.grad


def retain_grad_of_view_before_its_base_is_written(torch):
    x = _leaf(torch, 3)
    y = x * 2
    v = y[:2]
    v.retain_grad()
    y.mul_(10)
    (v * 3).sum().backward()
    return v.grad, x.grad


def retain_grad_outside_the_graph(torch):
    _a(torch, 2).retain_grad()


def node_hook(torch):
    x = _leaf(torch, 2)
    y = x * 2
    seen = []
    y.grad_fn.register_hook(lambda gi, go: seen.append((len(gi), go[0].tolist())) or (gi[0] * 5, *gi[1:]))
    y.sum().backward()
    return [item[1] for item in seen], x.grad


def node_prehook(torch):
    x = _leaf(torch, 2)
    y = x * 2
    y.grad_fn.register_prehook(lambda go: (go[0] * 7,))
    y.sum().backward()
    return x.grad


def node_of_several_outputs_prehook(torch):
    x = _leaf(torch, 4)
    values, _ = x.sort()
    seen = []
    values.grad_fn.register_prehook(lambda go: seen.append([None if g is None else g.tolist() for g in go]))
    values.sum().backward()
    return [row[0] for row in seen], x.grad


def post_accumulate_hook(torch):
    x = _leaf(torch, 2)
    seen = []

    def hook(tensor):
        seen.append(tensor.grad.tolist())
        tensor.grad = None

    x.register_post_accumulate_grad_hook(hook)
    (x * 2).sum().backward()
    return seen, x.grad


def post_accumulate_hook_on_inner_tensor(torch):
    (_leaf(torch, 2) * 2).register_post_accumulate_grad_hook(lambda t: None)


def accumulate_node(torch):
    x = _leaf(torch, 2)
    node = (x * 2).grad_fn.next_functions[0][0]
    return node.name().rpartition("::")[2], node.variable is x, node.next_functions


def accumulate_node_hooks(torch):
    x = _leaf(torch, 2)
    y = x * 2
    seen = []
    node = y.grad_fn.next_functions[0][0]
    node.register_hook(lambda gi, go: seen.append((gi, go[0].tolist())))
    node.register_prehook(lambda go: (go[0] * 2,))
    y.sum().backward()
    return [len(item) for item in seen], x.grad


def names_of_nodes(torch):
    x = _leaf(torch, 2, 2)
    found = [x + 1, x * x, x.exp(), x.sum(), x.view(4), x.reshape(4), x.clone(), -x, x / 2, x - 1]
    return [item.grad_fn.name() for item in found]


def next_functions(torch):
    x, y = _leaf(torch, 2), _a(torch, 2)
    z = (x * 2) * y
    return [(None if node is None else node.name(), number) for node, number in z.grad_fn.next_functions]


def multi_grad_hook_all(torch):
    x, y, z = _leaf(torch, 2), _leaf(torch, 2), _leaf(torch, 2)
    seen = []
    handle = torch.autograd.graph.register_multi_grad_hook(
        [x, y, z], lambda gs: seen.append([None if g is None else g.tolist() for g in gs])
    )
    (x * y).sum().backward()
    (x * y * z).sum().backward()
    handle.remove()
    (x * y).sum().backward()
    return seen


def multi_grad_hook_any(torch):
    x, y = _leaf(torch, 2), _leaf(torch, 2)
    seen = []
    torch.autograd.graph.register_multi_grad_hook([x, y], lambda g: seen.append(g.tolist()), mode="any")
    (x + y).sum().backward()
    (x + y).sum().backward()
    return seen


def saved_tensors_hooks(torch):
    x = _leaf(torch, 3)
    seen = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(t.tolist()) or t * 10, lambda t: t):
        y = x.exp() * x
    y.sum().backward()
    return len(seen), x.grad


def saved_tensors_hooks_second_order(torch):
    x = _leaf(torch, 3)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.detach().clone(), lambda t: t):
        y = (x**3).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    return g, h


def saved_tensors_hooks_second_order_inner(torch):
    x = _leaf(torch, 3)
    y = x * 2
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda v: torch.tensor(v)):
        z = (y * y * y).sum()
    (g,) = torch.autograd.grad(z, x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    return g, h


def unpack_hook_returns_no_tensor(torch):
    x = _leaf(torch, 3)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: 1):
        y = (x * x).sum()
    y.backward()


def save_on_cpu(torch):
    x = _leaf(torch, 3)
    with torch.autograd.graph.save_on_cpu():
        y = (x.exp() * x).sum()
    y.backward()
    return x.grad


def disabled_saved_tensors_hooks(torch):
    with torch.autograd.graph.disable_saved_tensors_hooks("not here"):
        with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
            pass


def anomaly_nan(torch):
    x = torch.zeros(2, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        y = (x.sqrt() * 0).sum()
        y.backward()


def anomaly_passes(torch):
    x = _leaf(torch, 2)
    with torch.autograd.detect_anomaly():
        (x * x).sum().backward()
    return x.grad, torch.is_anomaly_enabled() if hasattr(torch, "is_anomaly_enabled") else False


def queue_of_functions_after_backward(torch):
    x = _leaf(torch, 2)
    seen = []
    y = x * 2
    y.register_hook(
        lambda g: torch.autograd.Variable._execution_engine.queue_callback(lambda: seen.append(x.grad.tolist()))
    )
    y.sum().backward()
    return seen


def is_grad_enabled_inside_backward(torch):
    x = _leaf(torch, 2)
    seen = []
    y = x * 2
    y.register_hook(lambda g: seen.append((torch.is_grad_enabled(), g.requires_grad)))
    y.sum().backward(retain_graph=True)
    y.sum().backward(create_graph=True)
    return seen


def backward_inside_a_hook(torch):
    x, w = _leaf(torch, 2), _leaf(torch, 2)
    y = x * 2

    def hook(g):
        with torch.enable_grad():
            (w * 3).sum().backward()

    y.register_hook(hook)
    y.sum().backward()
    return x.grad, w.grad
