"""Products of narrow matrices with scales, and of groups."""

from __future__ import annotations

import pytest
import torchere.nn.functional as F

import torchere as torch

Recipe = F.ScalingType


def narrow():
    torch.manual_seed(0)
    return torch.randn(6, 64).to(torch.float8_e4m3fn), torch.randn(5, 64).to(torch.float8_e4m3fn).t()


def test_tensorwise_and_rowwise_scales():
    a, b = narrow()
    two, three = torch.tensor(2.0), torch.tensor(3.0)
    wide = a.float() @ b.float()
    found = F.scaled_mm(a, b, two, Recipe.TensorWise, three, Recipe.TensorWise, output_dtype=torch.float32)
    torch.testing.assert_close(found, 6 * wide)
    rows, columns = torch.rand(6, 1), torch.rand(1, 5)
    bias = torch.randn(5)
    found = F.scaled_mm(a, b, rows, Recipe.RowWise, columns, Recipe.RowWise, bias=bias, output_dtype=torch.float32)
    torch.testing.assert_close(found, wide * rows * columns + bias)
    assert F.scaled_mm(a, b, two, Recipe.TensorWise, three, Recipe.TensorWise).dtype is torch.bfloat16
    assert F.scaled_mm(a, b, two, Recipe.TensorWise, two, Recipe.TensorWise, output_dtype=None).dtype is a.dtype


@pytest.mark.parametrize(("recipe", "width"), [(Recipe.BlockWise1x16, 16), (Recipe.BlockWise1x32, 32)])
@pytest.mark.parametrize("swizzled", [False, True])
def test_blocks_of_a_row(recipe, width, swizzled):
    a, b = narrow()
    first, second = torch.rand(6, 64 // width), torch.rand(5, 64 // width)
    expected = (a.float() * first.repeat_interleave(width, 1)) @ (
        b.t().float() * second.repeat_interleave(width, 1)
    ).t()
    scales, swizzle = [first, second], None
    if swizzled:
        swizzle = F.SwizzleType.SWIZZLE_32_4_4
        for place, scale in enumerate(scales):
            tile = torch.zeros(128, 4)
            tile[: scale.shape[0], : scale.shape[1]] = scale
            # Row r of a tile is stored at (r % 32, r // 32).
            scales[place] = tile.reshape(4, 32, 4).transpose(0, 1).reshape(-1)
    found = F.scaled_mm(
        a, b, scales[0], recipe, scales[1], recipe, swizzle_a=swizzle, swizzle_b=swizzle, output_dtype=torch.float32
    )
    torch.testing.assert_close(found, expected)


def test_two_levels_and_square_blocks():
    a, b = narrow()
    ones = torch.ones(6, 4)
    found = F.scaled_mm(
        a,
        b,
        [ones, torch.tensor(4.0)],
        [Recipe.BlockWise1x16, Recipe.TensorWise],
        torch.full((1, 1), 0.5),
        Recipe.BlockWise128x128,
        output_dtype=torch.float32,
    )
    torch.testing.assert_close(found, 2 * (a.float() @ b.float()))


def test_scales_that_do_not_fit():
    a, b = narrow()
    one = torch.tensor(1.0)
    for arguments, words in (
        ((a.float(), b, one, Recipe.TensorWise, one, Recipe.TensorWise), "float8 matrices"),
        ((a, b, torch.ones(2), Recipe.TensorWise, one, Recipe.TensorWise), "must have 1 Float element"),
        ((a, b, one, Recipe.RowWise, one, Recipe.TensorWise), "Invalid scaling configuration"),
        ((a[0], b, one, Recipe.TensorWise, one, Recipe.TensorWise), "mat_a must be a matrix"),
        ((a, b.t(), one, Recipe.TensorWise, one, Recipe.TensorWise), "cannot be multiplied"),
    ):
        with pytest.raises(ValueError, match=words):
            F.scaled_mm(*arguments)


ENDS = torch.tensor([2, 6], dtype=torch.int32)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_groups_of_rows_columns_contraction_and_batches(dtype):
    torch.manual_seed(0)
    rows, many, both = torch.randn(6, 3).to(dtype), torch.randn(2, 3, 4).to(dtype), torch.randn(2, 5, 3).to(dtype)
    tall = torch.randn(3, 6).to(dtype)
    torch.testing.assert_close(F.grouped_mm(rows, many, offs=ENDS), torch.cat([rows[:2] @ many[0], rows[2:] @ many[1]]))
    torch.testing.assert_close(
        F.grouped_mm(both, tall, offs=ENDS), torch.cat([both[0] @ tall[:, :2], both[1] @ tall[:, 2:]], 1)
    )
    torch.testing.assert_close(
        F.grouped_mm(tall, rows, offs=ENDS), torch.stack([tall[:, :2] @ rows[:2], tall[:, 2:] @ rows[2:]])
    )
    torch.testing.assert_close(F.grouped_mm(both, many), torch.bmm(both, many))


def test_grouped_gradients_and_the_rest():
    torch.manual_seed(0)
    rows, many = torch.randn(8, 3).double().float().requires_grad_(), torch.randn(2, 3, 4).requires_grad_()
    found = F.grouped_mm(rows, many, offs=ENDS)
    assert not found[6:].any()
    (found * torch.arange(32.0).reshape(8, 4)).sum().backward()
    upstream = torch.arange(32.0).reshape(8, 4)
    torch.testing.assert_close(rows.grad[:2], upstream[:2] @ many[0].detach().T)
    torch.testing.assert_close(many.grad[1], rows[2:6].detach().T @ upstream[2:6])
    assert not rows.grad[6:].any()


def test_scaled_groups():
    a, b = narrow()
    matrices = torch.stack([b.t(), b.t()]).transpose(1, 2)
    rows, columns = torch.rand(6), torch.rand(2, 5)
    found = F.scaled_grouped_mm(
        a, matrices, rows, Recipe.RowWise, columns, Recipe.RowWise, offs=ENDS, output_dtype=torch.float32
    )
    wide = (a.float() @ b.float()) * rows.unsqueeze(1)
    torch.testing.assert_close(found, torch.cat([wide[:2] * columns[0], wide[2:] * columns[1]]))


def test_groups_that_do_not_fit():
    rows, many = torch.ones(6, 3), torch.ones(2, 3, 4)
    for arguments, words in (
        ({}, "Have to provide offsets"),
        ({"offs": ENDS.long()}, "Offsets have to be int32"),
        ({"offs": torch.tensor([1, 2, 3], dtype=torch.int32)}, "batch sizes have to match"),
        ({"offs": ENDS, "bias": torch.ones(4)}, "Bias not supported"),
        ({"offs": ENDS, "out_dtype": torch.bfloat16}, "output dtype must match"),
    ):
        with pytest.raises(RuntimeError, match=words):
            F.grouped_mm(rows, many, **arguments)
