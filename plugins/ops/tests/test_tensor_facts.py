"""How tensors lie in memory, and deprecated functions' warnings."""

from __future__ import annotations

import pytest

import torchere as torch
from torchere import deprecation


def test_dim_order_is_that_of_the_strides():
    assert torch.zeros(2, 3, 4, 5).contiguous(memory_format=torch.channels_last).dim_order() == (0, 2, 3, 1)
    assert torch.zeros(2, 3).t().dim_order() == (1, 0)
    assert torch.zeros(2, 1, 3).dim_order() == (0, 1, 2)
    assert torch.zeros(1, 3).t().dim_order() == (0, 1)
    assert torch.zeros(2, 3).expand(4, 2, 3).dim_order() == (0, 1, 2)
    assert torch.zeros(()).dim_order() == ()
    assert torch.zeros(2, 3).dim_order(ambiguity_check=True) == (0, 1)


def test_const_data_ptr_is_the_address():
    x = torch.zeros(4)
    assert x[1:].const_data_ptr() == x.data_ptr() + 4


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("cholesky", lambda: torch.cholesky(torch.eye(2))),
        ("qr", lambda: torch.qr(torch.eye(2))),
        ("range", lambda: torch.range(0, 2)),
        ("chain_matmul", lambda: torch.chain_matmul(torch.eye(2), torch.eye(2))),
        ("lu", lambda: torch.lu(torch.eye(2))),
    ],
)
def test_deprecated_functions_warn_once(name, call, monkeypatch):
    monkeypatch.setattr(deprecation, "_warned", set())
    with pytest.warns(UserWarning, match=f"torch.{name} is deprecated"):
        call()
    call()  # a second warning would be an error


@pytest.mark.parametrize("name", ["eig", "solve", "lstsq", "matrix_rank", "symeig"])
def test_removed_functions_name_their_successor(name):
    with pytest.raises(RuntimeError, match=r"torch\.linalg\."):
        getattr(torch, name)(torch.eye(2))


def test_to_with_a_memory_format_alone() -> None:
    x = torch.zeros(2, 3, 4, 5)
    last = x.to(memory_format=torch.channels_last)
    assert last.stride() == (60, 1, 15, 3)
    assert last.to(memory_format=torch.channels_last) is last
    assert last.to(memory_format=torch.preserve_format) is last
    assert last.to(memory_format=torch.contiguous_format).stride() == x.stride()
    assert last.to(torch.float64, memory_format=torch.preserve_format).stride() == last.stride()
