"""AdaptiveLogSoftmaxWithLoss: consistent with itself and with a plain softmax where that is possible."""

from __future__ import annotations

import pytest

import torchere as torch
from torchere import nn


def made(head_bias=False):
    torch.manual_seed(1)
    return nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], div_value=2.0, head_bias=head_bias)


@pytest.mark.parametrize("head_bias", [False, True])
def test_output_is_the_log_probability_of_the_target(head_bias):
    layer = made(head_bias)
    input = torch.randn(20, 8)
    target = torch.arange(20) % 10
    output, loss = layer(input, target)
    log_probs = layer.log_prob(input)
    torch.testing.assert_close(log_probs.exp().sum(1), torch.ones(20))
    torch.testing.assert_close(output, log_probs.gather(1, target.unsqueeze(1)).squeeze(1))
    torch.testing.assert_close(loss, -output.mean())
    assert torch.equal(layer.predict(input), log_probs.argmax(1))
    single = layer(input[3], target[3])
    torch.testing.assert_close(single.output, output[3])
    assert single.output.shape == ()


def test_predict_where_all_and_where_no_rows_are_rare():
    layer = made(head_bias=True)
    input = torch.randn(6, 8)
    for cluster in (0, 3, 4):
        with torch.no_grad():
            layer.head.bias.zero_()
            layer.head.bias[cluster] = 50.0
        assert torch.equal(layer.predict(input), layer.log_prob(input).argmax(1))


@pytest.mark.parametrize("cutoffs", [[], [5, 2], [2, 10], [0, 5], [2, 2], [2.5, 3]])
def test_cutoffs_that_make_no_clusters(cutoffs):
    with pytest.raises(ValueError, match="cutoffs should be a sequence"):
        nn.AdaptiveLogSoftmaxWithLoss(8, 10, cutoffs)


def test_targets_that_do_not_fit():
    layer = made()
    input = torch.ones(2, 8)
    for target, words in (
        (torch.tensor([1, 10]), r"in \[0, 9\], but values in range \[1, 10\]"),
        (torch.tensor([1, 1, 1]), "same size in the batch dimension"),
        (torch.tensor(1), "0D target tensor expects 1D input"),
        (torch.ones(2, 2).long(), "multi-target not supported"),
    ):
        with pytest.raises(RuntimeError, match=words):
            layer(input, target)
