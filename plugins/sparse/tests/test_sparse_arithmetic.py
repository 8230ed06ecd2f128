"""Operators of sparse tensors against the same operators of their dense equivalents, and against SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse

import torchere as torch

LAYOUTS = ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc")


def dense(rows: int = 4, columns: int = 6, seed: int = 0, dtype: Any = torch.float64) -> Any:
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, columns)) * (random.random((rows, columns)) < 0.5)
    return torch.from_numpy(values).to(dtype)


def sparse(source: Any, layout: str = "sparse_coo") -> Any:
    blocksize = (2, 2) if layout in ("sparse_bsr", "sparse_bsc") else None
    return source.to_sparse(layout=getattr(torch, layout), blocksize=blocksize)


def uncoalesced() -> Any:
    return torch.sparse_coo_tensor([[0, 1, 1, 0], [2, 0, 2, 2]], torch.tensor([3.0, 4.0, 5.0, -1.0]), (2, 3))


def assert_same(found: Any, wanted: Any) -> None:
    if found.layout is not torch.strided:
        found = found.to_dense()
    assert found.shape == wanted.shape
    assert found.dtype is wanted.dtype
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=1e-12, atol=1e-12)


UNARY = (
    "abs asin asinh atan atanh ceil deg2rad erf expm1 floor frac neg rad2deg relu round sgn sign sin sinh square tan "
    "tanh trunc isnan isinf signbit nan_to_num"
).split()


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_functions_that_keep_zero(name: str, layout: str) -> None:
    source = dense() * 0.3
    result = getattr(sparse(source, layout), name)()
    assert result.layout is getattr(torch, layout)
    wanted = getattr(source, name)()
    np.testing.assert_allclose(result.to_dense().numpy(), np.where(source.numpy() == 0, 0, wanted.numpy()))


@pytest.mark.parametrize("name", ["square", "sin", "sqrt", "log1p"])
def test_uncoalesced_values_are_summed_before_a_function(name: str) -> None:
    s = uncoalesced()
    assert_same(getattr(s, name)(), getattr(s.to_dense(), name)())


BINARY = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "add alpha": lambda x, y: torch.add(x, y, alpha=3),
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_sparse_with_sparse(name: str, layout: str) -> None:
    x, y = dense(seed=1), dense(seed=2)
    result = BINARY[name](sparse(x, layout), sparse(y, layout))
    assert result.layout is getattr(torch, layout)
    assert_same(result, BINARY[name](x, y))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sparse_with_dense_and_numbers(layout: str) -> None:
    x, y = dense(seed=1), dense(seed=2)
    s = sparse(x, layout)
    assert_same(y + s, y + x)
    assert_same(y - s, y - x)
    for product in (s * y, y * s, s * y[0]):
        assert product.layout is s.layout
    assert_same(s * y, x * y)
    assert_same(s * y[0], x * y[0])
    assert_same(s * 2, x * 2)
    assert_same(3 * s, 3 * x)
    assert_same(s / 4, x / 4)
    assert_same(s / torch.tensor(4.0), x / 4)
    assert_same(s**2, x**2)
    assert_same(s // 0.25, x // 0.25)


def test_addition_keeps_duplicates_of_uncoalesced_tensors() -> None:
    s = uncoalesced()
    assert (s + s)._nnz() == 8
    assert not (s + s).is_coalesced()
    c = s.coalesce()
    assert (c + c)._nnz() == c._nnz() == 3
    assert (c + c).is_coalesced()
    assert_same(s + s, s.to_dense() * 2)


def test_hybrid_tensors() -> None:
    h = torch.sparse_coo_tensor([[0, 2, 2]], torch.arange(6.0, dtype=torch.float64).reshape(3, 2), (3, 2))
    assert (h.sparse_dim(), h.dense_dim()) == (1, 1)
    d = h.to_dense()
    assert_same(h + h, d + d)
    assert_same(h * d, d * d)
    assert_same(h.coalesce(), d)
    assert_same(h.sum(0), d.sum(0))
    assert_same(h.sum(1), d.sum(1))
    assert_same(h[2], d[2])
    assert_same(h.index_select(1, torch.tensor([1, 0])), d[:, [1, 0]])
    assert_same(torch.cat([h, h], 1), torch.cat([d, d], 1))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_products_against_scipy(layout: str) -> None:
    x, y, z = dense(4, 6, 1), dense(6, 2, 2), dense(2, 4, 3)
    s = sparse(x, layout)
    reference = scipy.sparse.csr_array(x.numpy())
    np.testing.assert_allclose((s @ y).numpy(), reference @ y.numpy())
    np.testing.assert_allclose((z @ s).numpy(), z.numpy() @ x.numpy())
    np.testing.assert_allclose(torch.mv(s, y[:, 0]).numpy(), reference @ y[:, 0].numpy())
    np.testing.assert_allclose((z[0] @ s).numpy(), z[0].numpy() @ x.numpy())
    product = torch.sparse.mm(s, sparse(y, layout))
    assert product.layout is s.layout
    np.testing.assert_allclose(product.to_dense().numpy(), (reference @ scipy.sparse.csr_array(y.numpy())).toarray())
    base = torch.ones(4, 2, dtype=torch.float64)
    assert_same(torch.addmm(base, s, y, beta=2, alpha=3), 2 * base + 3 * (x @ y))
    assert_same(torch.sparse.addmm(base, s, y, beta=2, alpha=3), 2 * base + 3 * (x @ y))
    assert_same(s.t(), x.t())
    assert_same(s.t() @ x, x.t() @ x)


def test_batched_products() -> None:
    x = torch.stack([dense(3, 4, k) for k in range(3)])
    y = torch.stack([dense(4, 2, k + 5) for k in range(3)])
    assert_same(torch.bmm(x.to_sparse(), y), torch.bmm(x, y))
    assert_same(x.to_sparse() @ y[0, :, 0], x @ y[0, :, 0])
    assert_same(dense(5, 3).to_sparse() @ x, dense(5, 3) @ x)
    assert_same(x @ dense(4, 2).to_sparse(), x @ dense(4, 2))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.int32, torch.complex64])
def test_dtypes_of_products(dtype: Any) -> None:
    x = torch.tensor([[0, 2, 0], [1, 0, 3]], dtype=dtype)
    result = x.to_sparse() @ x.t()
    assert result.dtype is dtype
    assert result.to(torch.complex64).tolist() == [[4, 0], [0, 10]]


def test_elder_products() -> None:
    x, y, e = dense(2, 3, 1), dense(3, 2, 2), torch.eye(2, dtype=torch.float64)
    for result in (torch.smm(x.to_sparse(), y), x.to_sparse().smm(y), torch.hspmm(x.to_sparse(), y)):
        assert result.is_sparse
        assert_same(result, x @ y)
    assert torch.hspmm(x.to_sparse(), y).dense_dim() == 1
    assert_same(torch.sspaddmm(e.to_sparse(), x.to_sparse(), y, beta=2, alpha=3), 2 * e + 3 * (x @ y))


def test_sampled_addmm() -> None:
    x, a, b = dense(3, 4, 1), dense(3, 2, 2), dense(2, 4, 3)
    result = torch.sparse.sampled_addmm(x.to_sparse_csr(), a, b, beta=0.5, alpha=2)
    assert result.layout is torch.sparse_csr
    assert_same(result, (0.5 * x + 2 * (a @ b)) * (x != 0))


@pytest.mark.parametrize("reduce", ["mean", "amax", "amin"])
def test_products_with_other_reductions(reduce: str) -> None:
    x, y = torch.tensor([[1.0, 0, 2], [0, 3, 0], [0, 0, 0]]), torch.tensor([[1.0, -2], [3, 4], [-5, 6]])
    result = torch.sparse.mm(x.to_sparse_csr(), y, reduce)
    wanted = {
        "mean": [[-4.5, 5.0], [9.0, 12.0], [0.0, 0.0]],
        "amax": [[1.0, 12.0], [9.0, 12.0], [0.0, 0.0]],
        "amin": [[-10.0, -2.0], [9.0, 12.0], [0.0, 0.0]],
    }[reduce]
    assert result.tolist() == wanted


def test_spsolve() -> None:
    a = dense(5, 5, 4) + 5 * torch.eye(5, dtype=torch.float64)
    b = dense(5, 2, 5)
    np.testing.assert_allclose(
        torch.sparse.spsolve(a.to_sparse_csr(), b).numpy(), np.linalg.solve(a.numpy(), b.numpy()), atol=1e-12
    )
    with pytest.raises(RuntimeError, match="singular"):
        torch.sparse.spsolve(torch.zeros(2, 2).to_sparse_csr(), torch.ones(2))


def test_spdiags() -> None:
    diagonals = torch.arange(1.0, 13, dtype=torch.float64).reshape(3, 4)
    for shape in ((4, 4), (3, 5), (5, 3)):
        offsets = [0, -1, 2]
        wanted = scipy.sparse.spdiags(diagonals.numpy(), offsets, *shape).toarray()
        result = torch.sparse.spdiags(diagonals, torch.tensor(offsets), shape)
        np.testing.assert_array_equal(result.to_dense().numpy(), wanted)
    assert torch.sparse.spdiags(diagonals[0], torch.tensor(0), (4, 4), torch.sparse_csc).layout is torch.sparse_csc
    with pytest.raises(RuntimeError, match="duplicate"):
        torch.sparse.spdiags(diagonals[:2], torch.tensor([1, 1]), (4, 4))


@pytest.mark.parametrize("dim", [None, 0, 1, 2, (0, 1), (0, 2), (1, 2), (0, 1, 2)])
def test_sparse_sum(dim: Any) -> None:
    x = torch.from_numpy(np.random.default_rng(3).integers(-1, 2, (3, 4, 2)).astype(float))
    h = x.to_sparse(2)
    assert_same(torch.sparse.sum(h, dim), x.sum() if dim is None else x.sum(dim))
    assert_same(h.sum(dim) if dim is not None else h.sum(), x.sum() if dim is None else x.sum(dim))


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_softmax_over_specified_elements(dim: int) -> None:
    x = torch.from_numpy(np.random.default_rng(3).normal(size=(3, 4, 2)))
    x[0, 1] = 0
    x[2, 3] = 0
    h = x.to_sparse(2)
    masked = x.clone()
    masked[0, 1] = -torch.inf
    masked[2, 3] = -torch.inf
    if dim == 2:
        masked = x
    wanted = torch.softmax(masked, dim)
    wanted[0, 1] = 0
    wanted[2, 3] = 0
    assert_same(torch.sparse.softmax(h, dim), wanted)
    logarithm = torch.sparse.log_softmax(h, dim)
    np.testing.assert_allclose(logarithm.values().exp().numpy(), torch.sparse.softmax(h, dim).values().numpy())


def test_reductions() -> None:
    s = uncoalesced()
    assert s.sum().item() == 11
    assert s.norm().item() == pytest.approx(s.to_dense().norm().item())
    assert s.any().item() is True
    assert torch.sparse_coo_tensor((2, 3)).any().item() is False
    assert torch.sparse_coo_tensor([[0]], torch.tensor([True]), (2,)).sum().item() == 1


def test_in_place() -> None:
    s = uncoalesced()
    alias, version = s.detach(), s._version
    s.mul_(2)
    assert s._version == version + 1
    assert_same(alias, uncoalesced().to_dense() * 2)
    s.add_(uncoalesced()).sub_(uncoalesced()).div_(2).neg_()
    assert_same(s, -uncoalesced().to_dense())
    s.zero_()
    assert s._nnz() == 0
    d = torch.ones(2, 3)
    d.add_(uncoalesced(), alpha=2)
    assert_same(d, 1 + 2 * uncoalesced().to_dense())
    d.mul_(uncoalesced())
    assert d.layout is torch.strided
    s.copy_(uncoalesced())
    assert s._nnz() == 4


def test_selection_and_joining() -> None:
    x = dense(4, 6, 1)
    s = x.to_sparse()
    for index in (0, -1, slice(1, 3), (slice(None), 2), (slice(None), slice(1, None)), (..., 1), None):
        assert_same(s[index], x[index])
    assert s[0, 0].layout is torch.strided
    assert_same(s.narrow(1, 2, 3), x.narrow(1, 2, 3))
    assert_same(s.index_select(0, torch.tensor([2, 2, 0])), x[[2, 2, 0]])
    assert_same(torch.stack([s, s], 1), torch.stack([x, x], 1))
    assert_same(torch.cat([s, s], 0), torch.cat([x, x], 0))
    assert_same(s.unsqueeze(1), x.unsqueeze(1))
    assert_same(s.unsqueeze(0).squeeze(0), x)
    assert_same(s.unsqueeze(0).permute(2, 0, 1), x.unsqueeze(0).permute(2, 0, 1))
    assert_same(torch.zeros_like(s), torch.zeros_like(x))
    assert torch.zeros_like(s).is_sparse


def test_conversions_of_dtype() -> None:
    s = uncoalesced()
    for name in ("double", "half", "int", "bool"):
        assert_same(getattr(s, name)() if name != "bool" else s.coalesce().bool(), getattr(s.to_dense(), name)())
    assert s.to(torch.float64).is_sparse
    assert (s + s.double()).dtype is torch.float64
    assert s.type() == "torch.sparse.FloatTensor"
