"""Making sparse tensors, their parts, conversion between layouts, invariants."""

from __future__ import annotations

import copy
import io
import itertools
import pickle
from typing import Any

import numpy as np
import pytest

import torchere as torch

LAYOUTS = ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc")
X = torch.tensor([[0.0, 1, 0, 2], [3, 0, 0, 0]])


def held(layout: str, source: Any = X) -> Any:
    blocksize = (1, 2) if layout in ("sparse_bsr", "sparse_bsc") else None
    return source.to_sparse(layout=getattr(torch, layout), blocksize=blocksize)


def test_parts_of_coo() -> None:
    s = held("sparse_coo")
    assert s.indices().tolist() == [[0, 0, 1], [1, 3, 0]]
    assert s.values().tolist() == [1, 2, 3]
    assert (s._nnz(), s.sparse_dim(), s.dense_dim(), s.is_sparse, s.is_sparse_csr) == (3, 2, 0, True, False)
    assert str(s.device) == "cpu"
    s.values().fill_(7)  # the memory is the tensor's
    assert s.to_dense()[0, 1] == 7


def test_parts_of_compressed() -> None:
    r = held("sparse_csr")
    assert r.crow_indices().tolist() == [0, 2, 3]
    assert r.col_indices().tolist() == [1, 3, 0]
    assert (r.is_sparse, r.is_sparse_csr, r.layout) == (False, True, torch.sparse_csr)
    c = held("sparse_csc")
    assert c.ccol_indices().tolist() == [0, 1, 2, 2, 3]
    assert c.row_indices().tolist() == [1, 0, 0]
    b = held("sparse_bsr")
    assert b.values().tolist() == [[[0, 1]], [[0, 2]], [[3, 0]]]
    assert b._nnz() == 3


@pytest.mark.parametrize(("first", "second"), list(itertools.product(LAYOUTS, LAYOUTS)))
def test_every_layout_becomes_every_other(first: str, second: str) -> None:
    result = held(second, held(first))
    assert result.layout is getattr(torch, second)
    assert torch.equal(result.to_dense(), X)


def test_batches_and_dense_dimensions() -> None:
    batch = torch.stack([X, X.flip(0)])
    for layout in LAYOUTS[1:]:
        s = held(layout, batch)
        assert torch.equal(s.to_dense(), batch)
        assert torch.equal(s.to_sparse_coo().to_dense(), batch)
    tail = torch.stack([X, X], -1)
    assert torch.equal(tail.to_sparse_csr(dense_dim=1).to_dense(), tail)
    assert tail.to_sparse_csr(dense_dim=1).dense_dim() == 1
    with pytest.raises(RuntimeError, match="same number of specified elements"):
        torch.stack([X, X * 0]).to_sparse_csr()


def test_constructors_share_forms() -> None:
    values = torch.tensor([1.0, 2.0, 3.0])
    wanted = X
    made = [
        torch.sparse_coo_tensor(torch.tensor([[0, 0, 1], [1, 3, 0]]), values, (2, 4)),
        torch.sparse_coo_tensor([[0, 0, 1], [1, 3, 0]], [1.0, 2, 3], size=(2, 4)),
        torch.sparse_coo_tensor(indices=[[0, 0, 1], [1, 3, 0]], values=values),
        torch.sparse_csr_tensor([0, 2, 3], [1, 3, 0], values, (2, 4)),
        torch.sparse_csr_tensor(crow_indices=[0, 2, 3], col_indices=[1, 3, 0], values=values),
        torch.sparse_csc_tensor([0, 1, 2, 2, 3], [1, 0, 0], torch.tensor([3.0, 1, 2]), (2, 4)),
        torch.sparse_bsr_tensor([0, 2, 3], [0, 1, 0], [[[0.0, 1]], [[0, 2]], [[3, 0]]], (2, 4)),
        torch.sparse_bsc_tensor([0, 2, 3], [0, 1, 0], [[[0.0, 1]], [[3, 0]], [[0, 2]]], (2, 4)),
        torch.sparse_compressed_tensor([0, 2, 3], [1, 3, 0], values, (2, 4), layout=torch.sparse_csr),
    ]
    for tensor in made:
        assert torch.equal(tensor.to_dense(), wanted)
    assert torch.sparse_coo_tensor((2, 3)).shape == (2, 3)
    assert torch.sparse_coo_tensor((2, 3), dtype=torch.int32).dtype is torch.int32
    assert torch.sparse_coo_tensor([[0], [1]], 5.0, (2, 2)).to_dense().tolist() == [[0, 5], [0, 0]]
    assert torch.zeros(2, 3, layout=torch.sparse_coo).is_sparse
    assert torch.zeros(2, 3, layout=torch.sparse_csr).layout is torch.sparse_csr


BROKEN = {
    "index beyond": (lambda: torch.sparse_coo_tensor([[0, 2]], [1.0, 2], (2,)), "found index 2"),
    "negative index": (lambda: torch.sparse_coo_tensor([[0, -1]], [1.0, 2]), "found negative index -1"),
    "counts": (lambda: torch.sparse_coo_tensor([[0, 1]], [1.0], (2,)), "must have same nnz"),
    "size": (lambda: torch.sparse_coo_tensor([[0, 1]], [1.0, 2], (2, 2)), "sparse_dim"),
    "dense size": (lambda: torch.sparse_coo_tensor([[0]], [[1.0, 2]], (2, 3)), "values has incorrect size"),
    "crow end": (lambda: torch.sparse_csr_tensor([0, 1, 3], [0, 0], [1.0, 2], (2, 3)), r"\[..., -1\] == nnz"),
    "crow start": (lambda: torch.sparse_csr_tensor([1, 1, 2], [0, 1], [1.0, 2], (2, 3)), r"\[..., 0\] == 0"),
    "crow falls": (lambda: torch.sparse_csr_tensor([0, 2, 1, 2], [0, 1], [1.0, 2], (3, 3)), "<= crow_indices"),
    "column": (lambda: torch.sparse_csr_tensor([0, 1, 2], [0, 5], [1.0, 2], (2, 3)), "0 <= col_indices < ncols"),
    "unsorted": (lambda: torch.sparse_csr_tensor([0, 2, 2], [1, 0], [1.0, 2], (2, 3)), "sorted and distinct"),
    "rows": (lambda: torch.sparse_csr_tensor([0, 1, 2], [0, 1], [1.0, 2], (3, 3)), "number of rows"),
    "blocks": (lambda: torch.sparse_bsr_tensor([0, 1], [0], [[[1.0, 2]]], (1, 3)), "divisible"),
    "row index": (lambda: torch.sparse_csc_tensor([0, 1, 2], [0, 5], [1.0, 2], (3, 2)), "row_indices < nrows"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_parts_that_do_not_fit(name: str) -> None:
    make, message = BROKEN[name]
    with pytest.raises(RuntimeError, match=message):
        make()


ERRORS = {
    "indices of uncoalesced": (lambda: torch.sparse_coo_tensor([[0, 0]], [1.0, 2]).indices(), RuntimeError, "coalesce"),
    "indices of dense": (lambda: X.indices(), RuntimeError, "got Strided"),
    "indices of csr": (lambda: held("sparse_csr").indices(), RuntimeError, "got SparseCsr"),
    "crow of coo": (lambda: held("sparse_coo").crow_indices(), RuntimeError, "sparse row compressed"),
    "ccol of csr": (lambda: held("sparse_csr").ccol_indices(), RuntimeError, "sparse column compressed"),
    "coalesce dense": (lambda: X.coalesce(), RuntimeError, "got Strided"),
    "nnz of dense": (lambda: X._nnz(), NotImplementedError, "to_sparse"),
    "sparse plus number": (lambda: held("sparse_coo") + 1, RuntimeError, "add.sparse, dense. is not supported"),
    "sparse plus dense": (lambda: held("sparse_coo") + X, RuntimeError, "add.sparse, dense. is not supported"),
    "sparse by sparse": (lambda: held("sparse_coo") / held("sparse_coo"), RuntimeError, "scalar or zero-dim"),
    "number by sparse": (lambda: 2 / held("sparse_coo"), NotImplementedError, "to_dense"),
    "other size": (lambda: held("sparse_coo") + X[:, :2].to_sparse(), RuntimeError, "same size"),
    "exp": (lambda: held("sparse_coo").exp(), NotImplementedError, r"x.to_dense\(\)"),
    "sort": (lambda: held("sparse_csr").sort(), NotImplementedError, "layout torch.sparse_csr"),
    "reshape": (lambda: held("sparse_coo").reshape(4, 2), RuntimeError, "reshape is not implemented"),
    "expand": (lambda: held("sparse_coo").expand(3, 2, 4), RuntimeError, "expand is unsupported"),
    "cat with dense": (lambda: torch.cat([held("sparse_coo"), X]), RuntimeError, "found at position 1"),
    "numpy": (lambda: held("sparse_coo").numpy(), TypeError, "can't convert Sparse layout"),
    "numpy of csr": (lambda: held("sparse_csr").numpy(), TypeError, "can't convert SparseCsr layout"),
    "storage": (lambda: held("sparse_coo").untyped_storage(), NotImplementedError, "_values"),
    "copy": (lambda: torch.zeros(2, 4).copy_(held("sparse_coo")), RuntimeError, "between dense and sparse"),
    "fill": (lambda: held("sparse_coo").fill_(1), NotImplementedError, "to_dense"),
    "sparse_dim": (lambda: X.to_sparse(3), RuntimeError, "range, but got 3"),
    "block size": (lambda: X.to_sparse_bsr((2, 3)), RuntimeError, "divisible"),
    "to_dense dtype": (lambda: held("sparse_coo").to_dense(dtype=torch.float64), RuntimeError, "dtype"),
    "mask size": (lambda: X[:, :2].sparse_mask(held("sparse_coo")), RuntimeError, "incompatible sizes"),
    "dense mask": (lambda: X.sparse_mask(X), RuntimeError, "sparse layout"),
    "product sizes": (lambda: held("sparse_coo") @ X, RuntimeError, r"cannot be multiplied \(2x4 and 2x4\)"),
    "device": (lambda: torch.zeros(2, device="sparse_coo"), RuntimeError, "layout=torch.sparse_coo"),
    "shrink": (lambda: held("sparse_coo").sparse_resize_((1, 1), 2, 0), RuntimeError, "shrinking"),
    "more dimensions": (lambda: held("sparse_coo").sparse_resize_((2, 4, 1), 3, 0), RuntimeError, "from 2 to 3"),
    "semi-structured": (lambda: torch.sparse.to_sparse_semi_structured(X), RuntimeError, "Only CUDA"),
    "zeroth power": (lambda: held("sparse_coo") ** 0, RuntimeError, "zeroth power"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    call, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        call()


def test_switch_of_invariant_checks() -> None:
    checks = torch.sparse.check_sparse_tensor_invariants
    assert not checks.is_enabled()
    with checks(enable=True):
        assert checks.is_enabled()
        with checks(enable=False):
            assert not checks.is_enabled()
        assert checks.is_enabled()
    checks.enable()
    assert checks.is_enabled()
    checks.disable()
    assert not checks.is_enabled()
    assert checks()(checks.is_enabled)()


def test_resizing() -> None:
    s = held("sparse_coo")
    assert s.sparse_resize_((3, 5), 2, 0) is s
    assert s.to_dense().tolist() == [[0, 1, 0, 2, 0], [3, 0, 0, 0, 0], [0] * 5]
    s.sparse_resize_and_clear_((2, 2, 2), 1, 2)
    assert (s._nnz(), s.sparse_dim(), s.dense_dim(), s.shape) == (0, 1, 2, (2, 2, 2))


def test_legacy_constructors() -> None:
    made = torch.sparse.FloatTensor([[0, 1], [1, 0]], torch.tensor([1, 2]), (2, 3))
    assert made.dtype is torch.float32
    assert made.to_dense().tolist() == [[0, 1, 0], [2, 0, 0]]
    assert torch.sparse.LongTensor(2, 3).shape == (2, 3)
    assert torch.sparse.DoubleTensor().dtype is torch.float64


def test_sparse_mask() -> None:
    d = torch.arange(8.0).reshape(2, 4)
    for layout in LAYOUTS:
        mask = held(layout)
        result = d.sparse_mask(mask)
        assert result.layout is mask.layout
        assert torch.equal(result.to_dense() != 0, (mask.to_dense() != 0) & (d != 0)) or layout[7] == "b"
        assert torch.equal(result.values(), d.to_sparse(2).sparse_mask(mask).values())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_copies_and_files(layout: str) -> None:
    s = held(layout).requires_grad_()
    for copied in (copy.deepcopy(s), pickle.loads(pickle.dumps(s))):
        assert copied.layout is s.layout
        assert copied.requires_grad
        assert torch.equal(copied.detach().to_dense(), X)
    stream = io.BytesIO()
    torch.save({"s": s.detach(), "again": [s.detach()]}, stream, format="pytorch")
    stream.seek(0)
    loaded = torch.load(stream)
    assert loaded["s"].layout is s.layout
    assert torch.equal(loaded["again"][0].to_dense(), X)
    with pytest.raises(TypeError, match="to_dense"):
        torch.save(s.detach(), io.BytesIO(), format="safetensors")


def test_plugin_explains_its_kernels() -> None:
    assert "sparse" in str(torch.plugins.why("matmul", "sparse_coo", "float32"))


def test_empty_and_scalar() -> None:
    empty = torch.zeros(0, 3).to_sparse()
    assert empty._nnz() == 0
    assert (empty @ torch.ones(3, 2)).shape == (0, 2)
    number = torch.tensor(4.0).to_sparse()
    assert (number.sparse_dim(), number.to_dense().item()) == (0, 4.0)
    assert torch.zeros(0, 3).to_sparse_csr().to_dense().shape == (0, 3)
    assert (number + number).to_dense().item() == 8
    large = torch.sparse_coo_tensor(
        np.array([[0, 2**40, 0], [1, 2**41, 1]]), torch.tensor([1.0, 2, 3]), (2**41, 2**42)
    ).coalesce()
    assert large.values().tolist() == [4, 2]
