"""Reductions, order and scans beyond their conformance cases: overloads, named tuples, accuracy, ``out=``."""

import numpy as np
import pytest

import torchere as torch


def test_max_chooses_by_the_type_of_its_argument():
    x = torch.tensor([[1.0, 4.0], [3.0, 2.0]])
    assert torch.max(x).item() == 4
    assert torch.max(x, 1).indices.tolist() == [1, 0]
    assert torch.max(x, dim=0, keepdim=True).values.tolist() == [[3.0, 4.0]]
    assert torch.max(x, torch.full((2,), 2.5)).tolist() == [[2.5, 4.0], [3.0, 2.5]]
    assert torch.min(x, other=torch.zeros(())).tolist() == [[0, 0], [0, 0]]
    assert type(x.max(0)).__name__ == "max"


def test_full_and_indexed_extremes_share_gradients_differently():
    x = torch.tensor([2.0, 5.0, 5.0], requires_grad=True)
    assert torch.autograd.grad(x.max(), x)[0].tolist() == [0, 0.5, 0.5]
    assert torch.autograd.grad(x.amax(), x)[0].tolist() == [0, 0.5, 0.5]
    assert torch.autograd.grad(x.max(0).values, x)[0].tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("shape", "dim"), [((300_000, 3), 0), ((2_000, 700), 0), ((3, 40_000, 2), 1), ((1_000_000,), 0)]
)
def test_long_float32_sums_stay_accurate(shape, dim):
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    np.testing.assert_allclose(torch.tensor(x).sum(dim).numpy(), x.sum(dim, dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(torch.tensor(x).cumsum(dim).numpy(), x.cumsum(dim, dtype=np.float64), rtol=1e-5)


def test_sums_of_transposed_and_strided_arrays():
    x = np.random.default_rng(0).random((60, 70, 30), dtype=np.float32)
    t = torch.tensor(x)
    for axes in ((0,), (2,), (0, 2), (1, 2)):
        np.testing.assert_allclose(
            t.permute(2, 0, 1).sum(axes).numpy(), x.transpose(2, 0, 1).sum(axes, dtype=np.float64), rtol=1e-5
        )
        np.testing.assert_allclose(t[:, ::3].sum(axes).numpy(), x[:, ::3].sum(axes, dtype=np.float64), rtol=1e-5)


def test_results_of_reductions_are_written_into_out():
    x = torch.tensor([[1.0, 4.0], [3.0, 2.0]])
    values, indices = torch.empty(0), torch.empty(0, dtype=torch.int64)
    torch.sort(x, 1, True, out=(values, indices))
    assert values.tolist() == [[4, 1], [3, 2]]
    assert indices.tolist() == [[1, 0], [0, 1]]
    out = torch.empty(2)
    assert torch.sum(x, 0, out=out) is out
    assert out.tolist() == [4, 6]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64, torch.int8])
@pytest.mark.parametrize("descending", [False, True])
def test_large_sorts_are_stable(dtype, descending):
    x = torch.randint(-40, 40, (5000,)).to(dtype)
    values, indices = x.sort(descending=descending, stable=True)
    assert torch.equal(values, x[indices])
    same = values[1:] == values[:-1]
    assert bool((indices[1:] > indices[:-1])[same].all())
    assert bool((values.diff() <= 0).all() if descending else (values.diff() >= 0).all())


def test_topk_with_equal_elements_and_nan_takes_the_first():
    x = torch.full((4, 100), 1.0)
    x[1, 7] = float("nan")
    x[2, 50] = 2.0
    assert x.topk(3).indices.tolist() == [[0, 1, 2], [7, 0, 1], [50, 0, 1], [0, 1, 2]]
    assert x.topk(2, largest=False).indices.tolist() == [[0, 1]] * 4


def test_topk_of_one_where_rows_tie_and_miss():
    """One row without a finite best and one with two: the counts match, the rows do not."""
    x = torch.tensor([[float("nan"), 1.0, 2.0, 0.0, 1.0], [5.0, 5.0, 1.0, 0.0, 2.0]])
    assert x.topk(1).indices.tolist() == [[0], [0]]


def test_products_have_exact_gradients_at_zeros():
    x = torch.tensor([[2.0, 0.0, 3.0], [0.0, 4.0, 0.0]], requires_grad=True)
    assert torch.autograd.grad(x.prod(1).sum(), x)[0].tolist() == [[0, 6, 0], [0, 0, 0]]
    assert torch.autograd.grad(x.cumprod(1).sum(), x)[0].tolist() == [[1, 8, 0], [5, 0, 0]]


def test_large_softmax_matches_small_blocks():
    x = torch.randn(300, 500)
    for dim in (0, 1):
        whole = x.softmax(dim).numpy()
        parts = [x.select(1 - dim, i).softmax(0).numpy() for i in range(x.shape[1 - dim])]
        np.testing.assert_allclose(whole, np.stack(parts, 1 - dim), rtol=1e-5)


def test_variance_refuses_two_ways_of_saying_it():
    with pytest.raises(TypeError, match="either unbiased or correction"):
        torch.var(torch.ones(3), 0, True, correction=1)
