"""linear_cross_entropy and its layer: chunks give what the whole gives."""

from __future__ import annotations

import pytest
import torchere.nn.functional as F

import torchere as torch
from torchere import nn

Options = nn.LinearCrossEntropyOptions


def operands(dtype=torch.float64):
    torch.manual_seed(0)
    made = [torch.randn(*shape, dtype=dtype).requires_grad_() for shape in ((7, 4), (5, 4), (5,))]
    return made, torch.tensor([0, 4, 2, 1, 1, 3, 0])


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [1, 3, 7, 20])
def test_chunks_give_what_the_whole_gives(reduction, weighted, rows):
    results = []
    for options in (None, Options(batch_chunk_size=rows)):
        (input, matrix, bias), target = operands()
        weight = torch.arange(1, 6).double() if weighted else None
        loss = F.linear_cross_entropy(
            input, matrix, target, linear_bias=bias, weight=weight, reduction=reduction, ignore_index=1, options=options
        )
        upstream = torch.linspace(1, 2, loss.numel()).double().reshape(loss.shape)
        loss.backward(upstream)
        logits = F.linear(input, matrix, bias)
        torch.testing.assert_close(
            loss, F.cross_entropy(logits, target, weight, ignore_index=1, reduction=reduction).detach()
        )
        results.append((loss.detach(), input.grad, matrix.grad, bias.grad))
    torch.testing.assert_close(results[0], results[1])


def test_sizes_behind_the_classes_and_probabilities():
    (input, _, _), _ = operands()
    matrix = torch.randn(5, 2, 4, dtype=torch.float64)
    target = torch.arange(14).reshape(7, 2) % 5
    logits = torch.einsum("ni,cki->nck", input, matrix)
    torch.testing.assert_close(F.linear_cross_entropy(input, matrix, target), F.cross_entropy(logits, target))
    shares = torch.full((7, 5, 2), 0.2, dtype=torch.float64)
    torch.testing.assert_close(F.linear_cross_entropy(input, matrix, shares), F.cross_entropy(logits, shares))
    with pytest.warns(UserWarning, match="``options`` ignored"):
        F.linear_cross_entropy(input, matrix, target, options=Options())
    with pytest.raises(RuntimeError, match="ignore_index cannot be specified"):
        F.linear_cross_entropy(input, matrix, shares, ignore_index=3)


def test_options_refuse_what_they_cannot_mean():
    for wrong in ({"batch_chunk_size": 0}, {"acc_policy": "z"}, {"chunking_method": "aspect_ratio:x"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Options(**wrong)
    with pytest.raises(ValueError, match="acc_dtype must be one of"):
        Options(acc_dtype=torch.int64)
    assert Options().chunk_size(100, 10, 1000) == 2
    assert Options(chunking_method=None).chunk_size(100, 10, 1000) == 100
    (input, matrix, _), target = operands(torch.float32)
    with pytest.raises(RuntimeError, match="supports float32 acc_dtype"):
        F.linear_cross_entropy(input, matrix, target, options=Options(acc_dtype=torch.float64))


def test_half_precision_sums_in_float32():
    (input, matrix, _), target = operands(torch.bfloat16)
    F.linear_cross_entropy(input, matrix, target, options=Options(batch_chunk_size=1)).backward()
    wide = matrix.detach().float().requires_grad_()
    F.linear_cross_entropy(input.detach().float(), wide, target).backward()
    torch.testing.assert_close(matrix.grad.float(), wide.grad, rtol=2e-2, atol=2e-3)


def test_layer():
    layer = nn.LinearCrossEntropyLoss(4, 5, out_features=(2,), bias=True)
    assert {name: tuple(value.shape) for name, value in layer.state_dict().items()} == {
        "linear.weight": (10, 4),
        "linear.bias": (10,),
    }
    input, target = torch.randn(3, 4), torch.tensor([[0, 1], [2, 3], [4, 0]])
    expected = F.cross_entropy(layer.linear(input).reshape(3, 5, 2), target)
    torch.testing.assert_close(layer(input, target), expected)
