"""Forms of ``where`` and of complex views that cases do not reach."""

from __future__ import annotations

import torchere as torch


def test_where_with_one_argument_lists_indices() -> None:
    rows, columns = torch.where(torch.tensor([[False, True], [True, False]]))
    assert rows.tolist() == [0, 1]
    assert columns.tolist() == [1, 0]


def test_where_method_takes_self_as_input() -> None:
    x = torch.tensor([1.0, -2.0])
    assert x.where(x > 0, 0.5).tolist() == [1.0, 0.5]


def test_where_writes_out() -> None:
    out = torch.empty(2)
    result = torch.where(torch.tensor([True, False]), torch.tensor([1.0, 2.0]), 7.0, out=out)
    assert result is out
    assert out.tolist() == [1.0, 7.0]


def test_where_gives_the_other_side_no_gradient() -> None:
    x = torch.tensor([1.0, 0.0], requires_grad=True)
    torch.where(x > 0, x.log(), x).sum().backward()
    assert torch.isnan(x.grad).tolist() == [False, True]
    y = torch.tensor([1.0, 4.0], requires_grad=True)
    torch.where(y > 2, y, torch.zeros(2)).sum().backward()
    assert y.grad.tolist() == [0.0, 1.0]


def test_parts_of_complex_tensors_share_memory() -> None:
    z = torch.tensor([1 + 2j, 3 + 4j])
    z.real.zero_()
    z.imag[1] = 9
    assert z.tolist() == [2j, 9j]
    torch.view_as_real(z)[0, 0] = 7
    assert z.tolist() == [7 + 2j, 9j]


def test_view_as_real_of_a_transposed_tensor() -> None:
    z = torch.arange(6).to(torch.complex64).reshape(2, 3)
    view = torch.view_as_real(z.t())
    assert view.shape == (3, 2, 2)
    view[2, 0, 1] = 5
    assert z[0, 2].item() == 2 + 5j
