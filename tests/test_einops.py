"""einops on torchere's tensors: nothing to register, the same values as on NumPy's arrays, and gradients."""

import copy
import pickle

import numpy as np
import pytest

import torchere as torch

einops = pytest.importorskip("einops")
from einops import EinopsError, einsum, pack, rearrange, reduce, repeat, unpack  # noqa: E402


def values(*shape):
    return torch.arange(int(np.prod(shape)), dtype=torch.float64).reshape(shape).sin()


ORDERS = (
    "import einops, torchere as torch",
    "import torchere as torch\nimport einops",
    "from torchere import *\nimport einops, torchere as torch",
)


@pytest.mark.parametrize("imports", ORDERS)
def test_either_may_be_imported_first(running_environment, imports):
    program = f"{imports}\nprint(list(einops.rearrange(torch.zeros(2, 3), 'a b -> b a 1').shape))"
    assert running_environment.program(program).json == [3, 2, 1]


@pytest.mark.parametrize(
    ("pattern", "lengths"),
    [
        ("a b c d -> d c b a", {}),
        ("a b c d -> (a b) (c d)", {}),
        ("a b (c k) d -> a (k c) b d", {"k": 2}),
        ("a b ... -> b ... a", {}),
        ("a b c d -> a b 1 c d ()", {}),
        ("a (b1 b2) c d -> (c b1) (a d) b2", {"b2": 3}),
    ],
)
def test_rearrange(pattern, lengths):
    x = values(2, 3, 4, 5)
    ours = rearrange(x, pattern, **lengths)
    theirs = rearrange(x.numpy(), pattern, **lengths)
    assert np.array_equal(ours.numpy(), theirs)
    assert torch.autograd.gradcheck(lambda x: rearrange(x, pattern, **lengths), values(2, 3, 4, 5).requires_grad_())


@pytest.mark.parametrize("reduction", ["min", "max", "sum", "mean", "prod"])
@pytest.mark.parametrize("pattern", ["a b c -> ", "a b c -> b", "a (b 3) c -> c b", "... c -> ... 1"])
def test_reduce(reduction, pattern):
    x = values(2, 3, 4)
    ours = reduce(x, pattern, reduction)
    assert np.allclose(ours.numpy(), reduce(x.numpy(), pattern, reduction))
    assert torch.autograd.gradcheck(lambda x: reduce(x, pattern, reduction), values(2, 3, 4).requires_grad_())


def test_reduce_booleans_and_by_a_function():
    x = values(2, 3, 4) > 0
    for reduction in ("any", "all"):
        assert np.array_equal(reduce(x, "a b c -> b", reduction).numpy(), reduce(x.numpy(), "a b c -> b", reduction))
    spread = reduce(values(2, 3, 4), "a b c -> b", lambda x, axes: x.std(dim=axes))
    assert torch.allclose(spread, values(2, 3, 4).std(dim=(0, 2)))


def test_repeat():
    x = values(2, 3)
    for pattern, lengths in (("a b -> a k b", {"k": 2}), ("a b -> (a k) (l b)", {"k": 2, "l": 3})):
        assert np.array_equal(repeat(x, pattern, **lengths).numpy(), repeat(x.numpy(), pattern, **lengths))
    assert torch.autograd.gradcheck(lambda x: repeat(x, "a b -> (a k) b", k=3), values(2, 3).requires_grad_())


def test_einsum_pack_and_the_rest():
    x, y = values(2, 3, 4), values(2, 5, 4)
    ours = einsum(x, y, "batch a c, batch b c -> batch a b")
    assert np.allclose(ours.numpy(), np.einsum("zac,zbc->zab", x.numpy(), y.numpy()))
    packed, shapes = pack([x, y[:, 0]], "batch * c")
    assert packed.shape == (2, 4, 4)
    first, second = unpack(packed, shapes, "batch * c")
    assert torch.equal(first, x)
    assert torch.equal(second, y[:, 0])
    assert einops.parse_shape(x, "a _ c") == {"a": 2, "c": 4}
    assert np.array_equal(einops.asnumpy(x), x.numpy())
    assert rearrange([x[0], x[1]], "list a c -> a list c").shape == (3, 2, 4)
    assert rearrange(torch.nn.Parameter(x), "a b c -> c (a b)").requires_grad


def test_wrong_shapes_are_einopss_errors():
    with pytest.raises(EinopsError, match="can't divide axis of length 3"):
        rearrange(values(2, 3), "a (b c) -> a b c", b=2)


def test_layers():
    from einops.layers.torchere import EinMix, Rearrange, Reduce

    nn = torch.nn
    assert nn.einops.Rearrange is Rearrange
    model = nn.Sequential(
        Rearrange("batch a c -> batch (a c)"),
        nn.Linear(12, 8),
        EinMix("batch (h c) -> batch h d", weight_shape="h c d", bias_shape="h d", h=2, c=4, d=3),
        Reduce("batch h d -> batch d", "mean"),
    )
    assert [name for name, _ in model.named_parameters()] == ["1.weight", "1.bias", "2.weight", "2.bias"]
    x = values(5, 3, 4).float()
    hidden = model[1](x.reshape(5, 12)).reshape(5, 2, 4)
    wanted = (torch.einsum("bhc,hcd->bhd", hidden, model[2].weight) + model[2].bias).mean(dim=1)
    torch.testing.assert_close(model(x), wanted)
    model(x).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    assert "EinMix('batch (h c) -> batch h d'" in repr(model)
    assert torch.equal(copy.deepcopy(model)(x), model(x))
    assert torch.equal(pickle.loads(pickle.dumps(model[0]))(x), model[0](x))


def test_einmix_rearranges_before_and_after():
    from torchere.nn.einops import EinMix

    mix = EinMix("(a b) c -> b (a d)", weight_shape="c d", a=2, c=3, d=5)
    assert mix.bias is None
    x = values(4, 3).float()
    wanted = (x.reshape(2, 2, 3) @ mix.weight).permute(1, 0, 2).reshape(2, 10)
    torch.testing.assert_close(mix(x), wanted)
