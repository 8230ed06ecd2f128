"""Lazy modules: before, during and after the first call; state dicts of all three."""

from __future__ import annotations

import copy
import pickle

import pytest
from torchere.nn.parameter import is_lazy

import torchere as torch
from torchere import nn

MODULES = [
    ("LazyLinear", lambda: nn.LazyLinear(3), (2, 4), "Linear(in_features=4, out_features=3, bias=True)"),
    (
        "LazyConv1d",
        lambda: nn.LazyConv1d(4, 3, groups=2),
        (2, 6, 5),
        "Conv1d(6, 4, kernel_size=(3,), stride=(1,), groups=2)",
    ),
    ("LazyConv2d", lambda: nn.LazyConv2d(4, 3), (2, 5, 5), "Conv2d(2, 4, kernel_size=(3, 3), stride=(1, 1))"),
    (
        "LazyConv3d",
        lambda: nn.LazyConv3d(4, 2, bias=False),
        (1, 2, 3, 3, 3),
        "Conv3d(2, 4, kernel_size=(2, 2, 2), stride=(1, 1, 1), bias=False)",
    ),
    (
        "LazyConvTranspose1d",
        lambda: nn.LazyConvTranspose1d(4, 3),
        (1, 2, 5),
        "ConvTranspose1d(2, 4, kernel_size=(3,), stride=(1,))",
    ),
    (
        "LazyConvTranspose2d",
        lambda: nn.LazyConvTranspose2d(4, 3),
        (1, 2, 5, 5),
        "ConvTranspose2d(2, 4, kernel_size=(3, 3), stride=(1, 1))",
    ),
    (
        "LazyConvTranspose3d",
        lambda: nn.LazyConvTranspose3d(4, 2),
        (1, 2, 3, 3, 3),
        "ConvTranspose3d(2, 4, kernel_size=(2, 2, 2), stride=(1, 1, 1))",
    ),
    ("LazyBatchNorm1d", lambda: nn.LazyBatchNorm1d(), (3, 2), "BatchNorm1d(2, eps=1e-05, momentum=0.1, affine=True, "),
    (
        "LazyBatchNorm2d",
        lambda: nn.LazyBatchNorm2d(affine=False),
        (3, 2, 2, 2),
        "BatchNorm2d(2, eps=1e-05, momentum=0.1, affine=False, ",
    ),
    (
        "LazyBatchNorm3d",
        lambda: nn.LazyBatchNorm3d(),
        (3, 2, 2, 2, 2),
        "BatchNorm3d(2, eps=1e-05, momentum=0.1, affine=True, ",
    ),
    (
        "LazyInstanceNorm1d",
        lambda: nn.LazyInstanceNorm1d(),
        (3, 2, 4),
        "InstanceNorm1d(2, eps=1e-05, momentum=0.1, affine=True, ",
    ),
    (
        "LazyInstanceNorm2d",
        lambda: nn.LazyInstanceNorm2d(),
        (3, 2, 4, 4),
        "InstanceNorm2d(2, eps=1e-05, momentum=0.1, affine=True, ",
    ),
    (
        "LazyInstanceNorm3d",
        lambda: nn.LazyInstanceNorm3d(),
        (3, 2, 2, 2, 2),
        "InstanceNorm3d(2, eps=1e-05, momentum=0.1, affine=True, ",
    ),
]


@pytest.mark.parametrize(("name", "make", "shape", "printed"), MODULES, ids=[row[0] for row in MODULES])
def test_first_call_makes_an_ordinary_module(name, make, shape, printed):
    module = make()
    assert type(module).__name__ == name
    assert repr(module).startswith(f"{name}(")
    assert module.has_uninitialized_params()
    before = module.state_dict()
    assert any(map(is_lazy, before.values()))
    parameters = list(module.parameters())
    output = module(torch.ones(shape))
    assert repr(module).startswith(printed)
    assert type(module) is getattr(nn, name.removeprefix("Lazy"))
    assert not module._forward_pre_hooks
    assert not module._load_state_dict_pre_hooks
    assert {type(value) for value in module.parameters()} <= {nn.Parameter}
    assert {type(value) for value in module.buffers()} <= {torch.Tensor}
    assert all(a is b for a, b in zip(parameters, module.parameters(), strict=True))
    assert list(module.state_dict()) == list(before)
    torch.testing.assert_close(module.eval()(torch.ones(shape)).shape, output.shape)


@pytest.mark.parametrize(("name", "make", "shape", "printed"), MODULES, ids=[row[0] for row in MODULES])
def test_loading_a_state_dict_gives_shapes(name, make, shape, printed):
    source = make()
    source(torch.ones(shape))
    module = make()
    assert str(module.load_state_dict(source.state_dict())) == "<All keys matched successfully>"
    assert type(module).__name__ == name
    assert not module.has_uninitialized_params()
    input = torch.randn(shape)
    torch.testing.assert_close(module(input), source(input))
    assert repr(module).startswith(printed)


def test_lazy_state_into_lazy_module_and_into_an_ordinary_one():
    assert str(nn.LazyLinear(3).load_state_dict(nn.LazyLinear(3).state_dict())) == "<All keys matched successfully>"
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter"):
        nn.Linear(4, 3).load_state_dict(nn.LazyLinear(3).state_dict())


def test_what_needs_a_shape_is_refused():
    parameter = nn.UninitializedParameter()
    assert repr(parameter) == "<UninitializedParameter>"
    assert is_lazy(parameter)
    assert is_lazy(nn.UninitializedBuffer())
    assert not is_lazy(nn.Parameter(torch.ones(1)))
    for use in (
        lambda: parameter + 1,
        lambda: 1 + parameter,
        lambda: parameter.numel(),
        lambda: parameter.zero_(),
        lambda: parameter.detach(),
        lambda: len(parameter),
        lambda: nn.LazyLinear(3).forward(torch.ones(1, 2)),
    ):
        with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter"):
            use()
    with pytest.raises(RuntimeError, match="Can't access the shape"):
        _ = parameter.shape
    with pytest.raises(RuntimeError, match="Can't share memory"):
        parameter.share_memory_()


def test_materialize_keeps_the_object():
    parameter = nn.UninitializedParameter(requires_grad=False, dtype=torch.float64)
    before = id(parameter)
    parameter.materialize((2, 3))
    assert (type(parameter), parameter.shape, parameter.dtype) == (nn.Parameter, (2, 3), torch.float64)
    assert (id(parameter), parameter.requires_grad) == (before, False)
    buffer = nn.UninitializedBuffer()
    buffer.materialize((2,), dtype=torch.int32)
    assert (type(buffer), buffer.dtype) == (torch.Tensor, torch.int32)


def test_conversion_copy_pickle_and_optimizer_before_the_first_call():
    model = nn.Sequential(nn.LazyLinear(3), nn.ReLU(), nn.LazyLinear(2)).double()
    assert model(torch.ones(5, 4, dtype=torch.float64)).dtype is torch.float64
    norm = nn.LazyBatchNorm1d().double()
    assert [type(value) for value in norm.buffers()][:2] == [nn.UninitializedBuffer] * 2
    assert norm(torch.ones(3, 2, dtype=torch.float64)).dtype is torch.float64
    assert norm.running_mean.dtype is torch.float64
    for copied in (copy.deepcopy(nn.LazyLinear(3)), pickle.loads(pickle.dumps(nn.LazyLinear(3)))):
        assert copied(torch.ones(1, 4)).shape == (1, 3)
        assert type(copied) is nn.Linear
    layer = nn.LazyLinear(3)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    layer(torch.ones(1, 4)).sum().backward()
    old = layer.weight.detach().clone()
    optimizer.step()
    torch.testing.assert_close(layer.weight, old - 0.1)


class Scale(nn.modules.lazy.LazyModuleMixin, nn.Module):
    """A lazy module of a user, without a class to become."""

    def __init__(self):
        super().__init__()
        self.weight = nn.UninitializedParameter()
        self.register_buffer("shift", nn.UninitializedBuffer())

    def initialize_parameters(self, input, *, start=0.0):
        self.weight.materialize(input.shape[1:])
        self.shift.materialize(input.shape[1:])
        with torch.no_grad():
            self.weight.fill_(2.0)
            self.shift.fill_(start)

    def forward(self, input, *, start=0.0):
        return input * self.weight + self.shift


def test_a_users_lazy_module_gets_keyword_arguments():
    module = Scale()
    torch.testing.assert_close(module(torch.ones(2, 3), start=4.0), torch.full((2, 3), 6.0))
    assert type(module) is Scale
    assert not module.has_uninitialized_params()


def test_incomplete_and_missing_initialization():
    class Incomplete(Scale):
        def initialize_parameters(self, input):
            self.weight.materialize(input.shape)

    class Missing(nn.modules.lazy.LazyModuleMixin, nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.UninitializedParameter()

    with pytest.raises(RuntimeError, match="Incomplete has not been fully initialized"):
        Incomplete()(torch.ones(2))
    with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented for Missing"):
        Missing()(torch.ones(2))


def test_inputs_that_do_not_fit():
    with pytest.raises(RuntimeError, match=r"Expected 3D \(unbatched\) or 4D \(batched\) input to LazyConv2d"):
        nn.LazyConv2d(4, 3)(torch.ones(3, 3))
    with pytest.raises(ValueError, match="in_channels must be divisible by groups"):
        nn.LazyConv2d(3, 3, groups=3)(torch.ones(1, 4, 5, 5))
    with pytest.raises(ValueError, match="expected 4D input"):
        nn.LazyBatchNorm2d()(torch.ones(3, 3))
