"""Tools for ``__torch_function__``, and the one class of hook handles."""

import pickle
from collections import OrderedDict

import pytest

import torchere as torch
from torchere import overrides
from torchere.hook_handles import RemovableHandle


class Diagonal:
    """Looks like a tensor, takes part in a few functions."""

    def __init__(self, value):
        self.value = value

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func not in (torch.add, scale):
            return NotImplemented
        return func.__name__, types, args, kwargs or {}


class Narrow(Diagonal):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return "narrow"


@overrides.wrap_torch_function(lambda x, factor=1: (x,))
def scale(x, factor=1):
    return x * factor


def test_functions_of_users_take_part():
    diagonal = Diagonal(3)
    assert scale(torch.ones(2), 3).tolist() == [3, 3]
    assert scale(diagonal, factor=2) == ("scale", (Diagonal,), (diagonal,), {"factor": 2})
    assert torch.add(diagonal, 1)[0] == "add"
    with pytest.raises(TypeError, match=r"no implementation found.*Diagonal"):
        overrides.handle_torch_function(torch.sub, (diagonal,), diagonal, 1)


def test_subclasses_are_asked_first():
    values = (torch.ones(1), Diagonal(1), Narrow(2), Diagonal(3))
    assert overrides.handle_torch_function(torch.sub, values, *values) == "narrow"


def test_questions():
    class Sub(torch.Tensor):
        pass

    sub = torch.ones(1).as_subclass(Sub)
    assert overrides.has_torch_function((torch.ones(1), Diagonal(1)))
    assert overrides.has_torch_function((sub,))
    assert not overrides.has_torch_function((torch.ones(1), torch.nn.Parameter(torch.ones(1)), 1, None))
    assert overrides.is_tensor_like(torch.ones(1))
    assert overrides.is_tensor_like(Diagonal(1))
    assert not overrides.is_tensor_like(1)


def test_lists_of_functions():
    functions = overrides.get_overridable_functions()
    assert torch.add in functions[torch]
    assert torch.Tensor.matmul in functions[torch.Tensor]
    assert torch.nn.functional.relu in functions[torch.nn.functional]
    assert overrides.resolve_name(torch.add) == "torch.add"
    assert overrides.resolve_name(torch.Tensor.shape.__get__) == "torch.Tensor.shape.__get__"
    assert overrides.resolve_name(print) is None
    assert overrides.is_tensor_method_or_property(torch.Tensor.add)
    assert overrides.is_tensor_method_or_property(torch.Tensor.shape.__get__)
    assert not overrides.is_tensor_method_or_property(print)
    assert torch.tensor in overrides.get_ignored_functions()
    tested = overrides.get_testing_overrides()
    assert torch.tensor not in tested
    assert tested[torch.add](torch.ones(1), 1) == -1
    assert all(name.__name__ == "__get__" for name in overrides.get_default_nowrap_functions())


def test_every_hook_gives_the_same_kind_of_handle():
    x = torch.ones(2, requires_grad=True)
    linear = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(linear.parameters(), lr=0.1)
    seen = []
    handles = [
        x.register_hook(lambda grad: seen.append("tensor")),
        linear.register_forward_hook(lambda *_: seen.append("module")),
        optimizer.register_step_post_hook(lambda *_: seen.append("optimizer")),
    ]
    assert all(isinstance(handle, RemovableHandle) for handle in handles)
    for _ in range(2):
        linear(x).sum().backward()
        optimizer.step()
        for handle in handles:
            handle.remove()
    assert sorted(seen) == ["module", "optimizer", "tensor"]


def test_handle():
    table, flags = OrderedDict(), OrderedDict()
    with RemovableHandle(table, extra_dict=flags) as handle:
        table[handle.id] = flags[handle.id] = 1
        copy = pickle.loads(pickle.dumps(handle))
        assert copy.id == handle.id
    assert not table
    assert not flags
    handle.remove()
    del table
    handle.remove()
