"""In-place writes, outside and inside graphs; version counters; ``out=``."""

from typing import Any


def _a(torch: Any, *shape: int) -> Any:
    count = 1
    for size in shape:
        count *= size
    return torch.arange(1.0, 1.0 + count).reshape(shape)


def _leaf(torch: Any, *shape: int) -> Any:
    return _a(torch, *shape).requires_grad_()


def setitem(torch):
    x = _leaf(torch, 2, 3)
    y = x * 2
    y[0] = 0.0
    y[1, 1] = 5
    (y * _a(torch, 2, 3)).sum().backward()
    return x.grad


def setitem_tensor(torch):
    x, p = _leaf(torch, 2, 3), _leaf(torch, 3)
    y = x * 2
    y[0] = p * 3
    (y * _a(torch, 2, 3)).sum().backward()
    return x.grad, p.grad


def setitem_broadcasts(torch):
    x, p = _leaf(torch, 2, 3), _leaf(torch, 1)
    y = x * 2
    y[:, 1:] = p
    (y * _a(torch, 2, 3)).sum().backward()
    return x.grad, p.grad


def setitem_advanced(torch):
    x, p = _leaf(torch, 3, 3), _leaf(torch, 2)
    y = x * 2
    y[[0, 2], [1, 1]] = p
    (y * _a(torch, 3, 3)).sum().backward()
    return x.grad, p.grad


def setitem_mask(torch):
    x = _leaf(torch, 3)
    y = x * 2
    y[y > 3] = 0
    (y * _a(torch, 3)).sum().backward()
    return x.grad


def setitem_mixed(torch):
    x, p = _leaf(torch, 2, 3, 2), _leaf(torch, 2, 2)
    y = x * 2
    y[:, [0, 2], 1] = p
    (y * _a(torch, 2, 3, 2)).sum().backward()
    return x.grad, p.grad


def into_a_constant(torch):
    x = torch.zeros(4)
    p = torch.ones(2, requires_grad=True)
    x[:2] = p * 3
    (x**2).sum().backward()
    return p.grad, x.requires_grad


def siblings_learn(torch):
    x = torch.zeros(4)
    v, w = x[:2], x[2:]
    p = torch.ones(2, requires_grad=True)
    v.mul_(p)
    return x.requires_grad, v.requires_grad, w.requires_grad, v.grad_fn is not None, w.grad_fn is not None


def leaf(torch):
    _leaf(torch, 3).add_(1)


def leaf_view(torch):
    _leaf(torch, 3)[0].add_(1)


def leaf_setitem(torch):
    _leaf(torch, 3)[0] = 1


def leaf_in_no_grad(torch):
    x = _leaf(torch, 3)
    with torch.no_grad():
        x.add_(1)
        x[0] = 7
    return x, x._version


def no_grad_view_written(torch):
    x = _leaf(torch, 3)
    y = x * 2
    with torch.no_grad():
        v = y[:2]
    v.mul_(2)


def no_grad_view_and_write(torch):
    x = _leaf(torch, 3)
    y = x * 2
    with torch.no_grad():
        y[:2].mul_(2)
    (y * 3).sum().backward()
    return y, x.grad


def multi_output_view_written(torch):
    x = _leaf(torch, 4)
    y = x * 2
    a, _ = y.split(2)
    a.mul_(2)


def unbind_written(torch):
    x = _leaf(torch, 2, 2)
    y = x * 2
    y.unbind(0)[0].mul_(2)


def expanded_written(torch):
    torch.zeros(1).expand(3).add_(1)


def expanded_setitem(torch):
    torch.zeros(1).expand(3)[0] = 1


def view_chain(torch):
    x = _leaf(torch, 2, 2)
    y = x.clone()
    y.t().mul_(_a(torch, 2, 2))
    y.diagonal().zero_()
    y[0][1] += 5
    (y * _a(torch, 2, 2)).sum().backward()
    return x.grad, y


def copy_into_view(torch):
    x, p = _leaf(torch, 3), torch.ones(2, dtype=torch.float64, requires_grad=True)
    y = x * 2
    y[1:].copy_(p)
    (y * _a(torch, 3)).sum().backward()
    return x.grad, p.grad


def copy_broadcasts(torch):
    x, p = _leaf(torch, 2, 3), _leaf(torch, 3)
    y = x * 1
    y.copy_(p)
    (y * _a(torch, 2, 3)).sum().backward()
    return x.grad, p.grad


def copy_wrong_shape(torch):
    torch.zeros(3).copy_(torch.zeros(2))


def copy_too_many_dims(torch):
    torch.zeros(3).copy_(torch.zeros(2, 3))


def fill_with_tensor(torch):
    x, p = _leaf(torch, 2), torch.tensor(3.0, requires_grad=True)
    y = x * 1
    y.fill_(p)
    y.sum().backward()
    return x.grad, p.grad


def fill_with_vector(torch):
    torch.zeros(2).fill_(torch.ones(2))


def fill_complex(torch):
    torch.zeros(2).fill_(1j)


def zero(torch):
    x = _leaf(torch, 3)
    y = x * x
    y.zero_()
    y.sum().backward()
    return x.grad


def own_value_needed(torch):
    x = _leaf(torch, 3)
    y = x * 1
    y.mul_(y)
    y.sum().backward()
    return x.grad


def own_result_needed(torch):
    x = _leaf(torch, 3)
    y = x * 1
    y.exp_()
    y.sum().backward()
    return x.grad


def chain_of_writes(torch):
    x = _leaf(torch, 3)
    y = x * 1
    y.add_(1).mul_(2).pow_(2).sub_(x)
    y.sum().backward()
    return x.grad, y


def number_operators(torch):
    x = _leaf(torch, 3)
    y = x * 1
    y += 1
    y *= x
    y -= 2
    y /= 3
    y **= 2
    y.sum().backward()
    return x.grad, y


def hook_stays_on_the_old_value(torch):
    x = _leaf(torch, 2)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.mul_(10)
    y.register_hook(lambda g: seen.append(("new", g.tolist())))
    y.sum().backward()
    return seen


def retain_grad_follows_the_tensor(torch):
    x = _leaf(torch, 2)
    y = x * 2
    y.retain_grad()
    y.mul_(10)
    (y * 3).sum().backward()
    return y.grad


def retain_grad_of_view_after_write(torch):
    x = _leaf(torch, 3)
    y = x * 2
    v = y[:2]
    y.mul_(10)
    v.retain_grad()
    (v * 3).sum().backward()
    return v.grad


def view_made_leaf_by_requires_grad(torch):
    base = torch.zeros(4)
    v = base[:2].requires_grad_()
    (v * 2).sum().backward()
    return v.grad, base.requires_grad, v.is_leaf


def base_of_views(torch):
    x = torch.zeros(4)
    v = x[:2][1:]
    return v._base is x, x._base, v._is_view(), x._is_view(), v.view(1)._base is x


def versions(torch):
    x = torch.zeros(4)
    v, d, data = x[:2], x.detach(), x.data
    v.add_(1)
    d.add_(1)
    data.add_(1)
    x[0] = 1
    return x._version, v._version, d._version, data._version


def set_data(torch):
    x = _leaf(torch, 2)
    x.data = torch.tensor([5.0, 6.0, 7.0])
    (x * x).sum().backward()
    return x, x.grad


def set_data_no_tensor(torch):
    torch.zeros(2).data = 3


def shape_changes_in_place(torch):
    x = _leaf(torch, 2, 3)
    y = x * 2
    y.t_()
    y.unsqueeze_(0)
    y.squeeze_()
    y.transpose_(0, 1)
    (y * _a(torch, 2, 3)).sum().backward()
    return y.shape, x.grad


def resize_in_graph(torch):
    _leaf(torch, 3).resize_(2)


def resize(torch):
    x = _a(torch, 2, 3)
    y = x.resize_(2, 2)
    return x, y is x


def shape_grows(torch):
    torch.zeros(3).add_(torch.zeros(2, 3))


def dtype_grows(torch):
    torch.tensor([1, 2]).add_(1.5)


def dtype_grows_to_complex(torch):
    torch.ones(2).mul_(1j)


def bool_with_integers(torch):
    torch.tensor([True]).add_(1)


def integers_divided(torch):
    torch.tensor([1, 2]).div_(2)


def wider_operand(torch):
    return torch.ones(2).add_(torch.ones(2, dtype=torch.float64)), torch.ones(2, dtype=torch.int8).add_(
        torch.ones(2, dtype=torch.int64)
    )


def comparison_in_place(torch):
    return _a(torch, 3).gt_(2), torch.tensor([1, 2, 3]).eq_(2)


def out_is_an_operand(torch):
    x = _a(torch, 3)
    torch.add(x, x, out=x)
    return x


def out_is_a_view(torch):
    x = torch.zeros(2, 3)
    torch.add(_a(torch, 3), 1, out=x[1])
    return x


def out_resized(torch):
    out = torch.empty(0)
    return torch.add(_a(torch, 3), 1, out=out), out


def out_of_lower_dtype(torch):
    torch.add(_a(torch, 3), 1, out=torch.empty(3, dtype=torch.int64))


def out_of_other_dtype(torch):
    return torch.add(_a(torch, 3), 1, out=torch.empty(3, dtype=torch.float64))


def out_with_gradient(torch):
    torch.add(_leaf(torch, 3), 1, out=torch.empty(3))


def out_requires_gradient(torch):
    torch.add(_a(torch, 3), 1, out=torch.empty(3, requires_grad=True))


def out_with_gradient_in_no_grad(torch):
    with torch.no_grad():
        return torch.add(_leaf(torch, 3), 1, out=torch.empty(3))


def out_no_tensor(torch):
    torch.add(_a(torch, 3), 1, out=5)


def out_several(torch):
    values, indices = torch.empty(0), torch.empty(0, dtype=torch.int64)
    torch.max(_a(torch, 2, 3), 1, out=(values, indices))
    return values, indices


def out_of_reduction(torch):
    out = torch.empty(2)
    torch.sum(_a(torch, 2, 3), 1, out=out)
    return out


def factory_out(torch):
    out = torch.empty(2, dtype=torch.int64)
    return torch.zeros(2, out=out), torch.arange(3, out=torch.empty(0))


def written_while_saved_in_view(torch):
    x = _leaf(torch, 4)
    y = x * 1
    v = y[:2]
    z = v * v
    y[0] = 3
    z.sum().backward()


def half_written_after_save(torch):
    x = _leaf(torch, 4)
    y = x * 1
    z = y[2:] * y[2:]
    w = z + 1
    z.zero_()
    w.sum().backward()
    return x.grad


def detached_view_shares(torch):
    x = torch.zeros(3)
    d = x.detach()
    d[0] = 1
    return x, d


def requires_grad_through_write_in_no_grad(torch):
    x = torch.zeros(3)
    p = torch.ones(3, requires_grad=True)
    with torch.no_grad():
        x.copy_(p)
    return x.requires_grad


def masked_write(torch):
    x, p = _leaf(torch, 3), torch.tensor(9.0, requires_grad=True)
    y = x * 1
    y.masked_fill_(y > 1.5, p)
    (y * _a(torch, 3)).sum().backward()
    return x.grad, p.grad


def index_put_accumulate(torch):
    x, p = _leaf(torch, 3), _leaf(torch, 3)
    y = x * 1
    y.index_put_((torch.tensor([0, 0, 2]),), p, accumulate=True)
    (y * _a(torch, 3)).sum().backward()
    return x.grad, p.grad, y


def second_order_through_write(torch):
    x = _leaf(torch, 3)
    y = x * x
    y[1:].mul_(x[1:])
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    return g, h


def deep_chain_of_view_writes(torch):
    x = _leaf(torch, 4)
    y = x * 1
    for index in range(4):
        y[index] = y[index - 1] * 2
    y.sum().backward()
    return x.grad, y


def view_of_view_after_writes(torch):
    x = _leaf(torch, 2, 2)
    y = x * 1
    v = y[0]
    w = v[1:]
    y.mul_(2)
    v.mul_(3)
    w.mul_(5)
    (w + v.sum() + y.sum()).sum().backward()
    return x.grad, w


def complex_parts_written(torch):
    x = torch.tensor([1 + 2j, 3 + 4j])
    x.real[0] = 9
    x.imag = torch.tensor([7.0, 8.0])
    return x


def complex_parts_in_graph(torch):
    x = torch.tensor([1 + 2j, 3 + 4j], requires_grad=True)
    y = x * 1
    y.real.mul_(3)
    (y.real + 2 * y.imag).sum().backward()
    return x.grad


def as_real_shares(torch):
    x = torch.tensor([1 + 2j, 3 + 4j])
    torch.view_as_real(x)[0, 1] = 100
    return x


def view_dtype(torch):
    x = torch.tensor([1.0, 2.0])
    v = x.view(torch.int32)
    v[0] = 0
    return x, v


def bad_view(torch):
    _a(torch, 2, 3).t().view(6)


def bad_view_size(torch):
    _a(torch, 2, 3).view(4)


def bad_expand(torch):
    _a(torch, 2, 3).expand(2, 4)
