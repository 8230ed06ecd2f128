"""Layers beyond the golden vectors: errors, masks, modes, old checkpoints."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torchere.nn.functional as F

import torchere as torch
from torchere import nn


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: nn.Conv2d(4, 4, 3, stride=2, padding="same"), ValueError, "not supported for strided"),
        (lambda: nn.Conv2d(4, 4, 3, padding="foo"), ValueError, "Invalid padding string 'foo'"),
        (lambda: nn.Conv2d(4, 4, 3, padding_mode="foo"), ValueError, "padding_mode must be one of"),
        (lambda: nn.Conv2d(4, 6, 3, groups=3), ValueError, "in_channels must be divisible by groups"),
        (lambda: nn.Conv2d(4, 6, 3, groups=4), ValueError, "out_channels must be divisible by groups"),
        (lambda: nn.Conv2d(4, 6, 3, groups=0), ValueError, "groups must be a positive integer"),
        (lambda: nn.ConvTranspose2d(4, 6, 3, padding_mode="reflect"), ValueError, 'Only "zeros" padding mode'),
        (
            lambda: nn.ConvTranspose2d(4, 4, 3, stride=2)(torch.zeros(1, 4, 5, 5), output_size=[40, 40]),
            ValueError,
            r"valid sizes range from \[11, 11\] to \[12, 12\]",
        ),
        (
            lambda: nn.ConvTranspose2d(4, 4, 3)(torch.zeros(1, 4, 5, 5), output_size=[40]),
            ValueError,
            r"must have 2 or 4 elements \(got 1\)",
        ),
        (lambda: nn.Unflatten(1, 3), TypeError, "must be a tuple of ints, but found type int"),
        (lambda: nn.Unflatten(1, (2, "a")), TypeError, "found element of type str at pos 1"),
        (lambda: nn.Bilinear(0, 2, 3), ValueError, "in1_features must be > 0"),
        (lambda: nn.GroupNorm(3, 4), ValueError, r"num_channels \(4\) must be divisible by num_groups \(3\)"),
        (lambda: nn.BatchNorm1d(3)(torch.zeros(3)), ValueError, r"expected 2D or 3D input \(got 1D input\)"),
        (lambda: nn.BatchNorm2d(3)(torch.zeros(3, 3)), ValueError, r"expected 4D input \(got 2D input\)"),
        (lambda: nn.BatchNorm3d(3)(torch.zeros(3, 3)), ValueError, r"expected 5D input \(got 2D input\)"),
        (lambda: nn.BatchNorm1d(3)(torch.zeros(1, 3)), ValueError, "more than 1 value per channel"),
        (lambda: nn.InstanceNorm1d(3)(torch.zeros(3)), ValueError, r"expected 2D or 3D input \(got 1D input\)"),
        (
            lambda: nn.InstanceNorm2d(3, affine=True)(torch.zeros(2, 4, 3, 3)),
            ValueError,
            r"dim=1 to match num_features \(3\), but got: 4",
        ),
        (lambda: nn.Dropout(1.5), ValueError, "between 0 and 1, but got 1.5"),
        (lambda: nn.Hardtanh(2, 1), AssertionError, r"max_val \(1\) must be greater than min_val \(2\)"),
        (lambda: nn.Embedding(3, 4, padding_idx=3), AssertionError, "Padding_idx must be within num_embeddings"),
        (lambda: nn.Embedding(3, 4, _weight=torch.zeros(2, 2)), AssertionError, "Shape of weight does not match"),
        (lambda: nn.Embedding.from_pretrained(torch.zeros(3)), AssertionError, "expected to be 2-dimensional"),
        (lambda: nn.EmbeddingBag(3, 4, padding_idx=8), AssertionError, "padding_idx must be within"),
        (lambda: nn.MultiheadAttention(5, 2), AssertionError, "embed_dim must be divisible by num_heads"),
        (lambda: nn.MultiheadAttention(0, 2), ValueError, "must be greater than 0"),
        (lambda: nn.RNN(3, 4, nonlinearity="foo"), ValueError, "Unknown nonlinearity 'foo'"),
        (lambda: nn.RNN(3, 0), ValueError, "hidden_size must be greater than zero"),
        (lambda: nn.RNN(3, 4, 0), ValueError, "num_layers must be greater than zero"),
        (lambda: nn.RNN(3, 4, dropout=2), ValueError, r"range \[0, 1\]"),
        (lambda: nn.RNN(3, "a"), TypeError, "hidden_size should be of type int, got: str"),
        (lambda: nn.LSTM(3, 4, proj_size=4), ValueError, "smaller than hidden_size"),
        (lambda: nn.LSTM(3, 4, proj_size=-1), ValueError, "positive integer or zero"),
        (lambda: nn.GRU(3, 4, proj_size=2), ValueError, "only supported for LSTM"),
        (lambda: nn.LSTM(3, 4)(torch.zeros(2, 3, 4, 5)), ValueError, "to be 2D or 3D, got 4D"),
        (lambda: nn.LSTM(3, 4)(torch.zeros(2, 5)), RuntimeError, "Expected 3, got 5"),
        (lambda: nn.LSTM(3, 4)(torch.zeros(2, 3).double()), ValueError, "does not match weight dtype"),
        (
            lambda: nn.LSTM(3, 4)(torch.zeros(2, 1, 3), (torch.zeros(1, 4), torch.zeros(1, 4))),
            RuntimeError,
            r"should also be 3-D but got \(2-D, 2-D\)",
        ),
        (
            lambda: nn.LSTM(3, 4)(torch.zeros(2, 1, 3), (torch.zeros(1, 2, 4), torch.zeros(1, 1, 4))),
            RuntimeError,
            r"Expected hidden\[0\] size \(1, 1, 4\), got \[1, 2, 4\]",
        ),
        (lambda: nn.GRU(3, 4)(torch.zeros(2, 3), torch.zeros(1, 1, 5)), RuntimeError, "should also be 2-D but got 3-D"),
        (lambda: nn.GRU(3, 4)(torch.zeros(2, 1, 3), torch.zeros(1, 1, 5)), RuntimeError, "Expected hidden size"),
        (lambda: nn.RNNCell(3, 4, nonlinearity="foo")(torch.zeros(2, 3)), RuntimeError, "Unknown nonlinearity: foo"),
        (lambda: nn.LSTMCell(3, 4)(torch.zeros(2, 5)), RuntimeError, "got 5 expected 3"),
        (lambda: nn.LSTMCell(3, 4)(torch.zeros(2, 1, 3)), ValueError, "to be 1D or 2D, got 3D"),
        (lambda: nn.GRUCell(3, 4)(torch.zeros(2, 3), torch.zeros(3, 4)), RuntimeError, "doesn't match hidden0 batch"),
        (lambda: nn.TransformerEncoderLayer(4, 2, activation="foo"), RuntimeError, "should be relu/gelu, not foo"),
        (
            lambda: nn.Transformer(4, 2, 1, 1, 8)(torch.zeros(3, 2, 4), torch.zeros(3, 1, 4)),
            RuntimeError,
            "batch number of src and tgt must be equal",
        ),
        (
            lambda: nn.Transformer(4, 2, 1, 1, 8)(torch.zeros(3, 2, 5), torch.zeros(3, 2, 4)),
            RuntimeError,
            "feature number of src and tgt must be equal to d_model",
        ),
        (lambda: nn.Softmax2d()(torch.zeros(2)), ValueError, "to be 3D or 4D, got 1D"),
        (lambda: nn.TripletMarginLoss(margin=0), ValueError, "greater than 0"),
        (lambda: nn.MultiMarginLoss(p=3), ValueError, "only p == 1 and p == 2"),
        (lambda: F.multi_margin_loss(torch.zeros(3, 4), torch.tensor([0, 1])), RuntimeError, "target size"),
        (lambda: F.multi_margin_loss(torch.zeros(1, 4), torch.tensor([9])), RuntimeError, "target out of range"),
        (lambda: F.multi_margin_loss(torch.zeros(1, 4), torch.tensor([0.0])), RuntimeError, "Long"),
        (lambda: F.multilabel_margin_loss(torch.zeros(3, 4), torch.zeros(2, 4)), RuntimeError, "inconsistent target"),
        (lambda: F.multilabel_soft_margin_loss(torch.zeros(2), torch.zeros(2), reduction="x"), ValueError, "x is not"),
        (lambda: F.hardtanh(torch.zeros(1), 1, -1), ValueError, "cannot be greater than max_val"),
        (lambda: F.dropout(torch.zeros(1), -0.1), ValueError, "between 0 and 1"),
    ],
)
def test_errors(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call()


def test_warnings() -> None:
    with pytest.warns(UserWarning, match="num_layers greater than 1"):
        nn.LSTM(3, 4, dropout=0.5)
    with pytest.warns(FutureWarning, match="`min_value` is deprecated"):
        assert nn.Hardtanh(min_value=-3).min_val == -3
    with pytest.warns(UserWarning, match="does not match num_features"):
        nn.InstanceNorm1d(3)(torch.randn(2, 4, 5))
    with pytest.warns(UserWarning, match="reduction='sum'"):
        assert nn.MSELoss(size_average=False).reduction == "sum"
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        assert F.softmax(torch.zeros(2, 4)).tolist() == [[0.25] * 4] * 2
    with pytest.warns(UserWarning, match="Implicit dimension choice for log_softmax"):
        F.log_softmax(torch.zeros(2, 4, 3))
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmin"):
        nn.Softmin()(torch.zeros(2))


INPLACE = [
    ("relu", ()),
    ("relu6", ()),
    ("elu", (0.7,)),
    ("selu", ()),
    ("celu", (0.7,)),
    ("leaky_relu", (0.2,)),
    ("hardtanh", (-0.5, 0.5)),
    ("hardswish", ()),
    ("hardsigmoid", ()),
    ("silu", ()),
    ("mish", ()),
    ("threshold", (0.1, 20.0)),
    ("rrelu", (0.1, 0.3, False)),
]


@pytest.mark.parametrize(("name", "arguments"), INPLACE, ids=[name for name, _ in INPLACE])
def test_inplace_activations_write_and_differentiate(name: str, arguments: tuple[Any, ...]) -> None:
    function = getattr(F, name)
    x = torch.randn(20, dtype=torch.float64, requires_grad=True)
    upstream = torch.randn(20, dtype=torch.float64)
    function(x, *arguments).backward(upstream)
    expected, x.grad = x.grad, None
    middle = x * 1
    result = function(middle, *arguments, inplace=True)
    assert result is middle
    assert torch.equal(result, function(x, *arguments))
    result.backward(upstream)
    assert torch.allclose(x.grad, expected)


@pytest.mark.parametrize("name", ["relu_", "elu_", "selu_", "celu_", "leaky_relu_", "hardtanh_", "rrelu_"])
def test_functions_that_are_in_place(name: str) -> None:
    x = torch.randn(20)
    expected = getattr(F, name[:-1])(x)
    assert getattr(F, name)(x) is x
    assert torch.equal(x, expected)


def test_dropout_statistics_and_modes() -> None:
    x = torch.ones(100, 100)
    out = F.dropout(x, 0.3)
    assert abs(float((out == 0).float().mean()) - 0.3) < 0.02
    assert abs(float(out.mean()) - 1) < 0.03
    layer = nn.Dropout(0.5)
    assert float((layer(x) == 0).sum()) > 0
    assert torch.equal(layer.eval()(x), x)
    y = x.clone()
    assert F.dropout(y, 0.5, True, True) is y
    assert float((y == 0).sum()) > 0
    channels = nn.Dropout2d(0.5)(torch.ones(8, 16, 3, 3))
    assert set(channels.sum((2, 3)).reshape(-1).tolist()) == {0.0, 18.0}
    assert float(nn.Dropout(1.0)(x).abs().sum()) == 0
    normal = nn.AlphaDropout(0.2)(torch.randn(300, 300))
    assert abs(float(normal.mean())) < 0.02
    assert abs(float(normal.std()) - 1) < 0.02


def test_gumbel_softmax() -> None:
    logits = torch.log(torch.tensor([0.2, 0.3, 0.5])).expand(4000, 3).clone().requires_grad_()
    hard = F.gumbel_softmax(logits, tau=0.5, hard=True)
    assert torch.allclose(hard.sum(-1), torch.ones(4000))
    assert torch.allclose(hard.detach().mean(0), torch.tensor([0.2, 0.3, 0.5]), atol=0.04)
    (hard * torch.randn(4000, 3)).sum().backward()
    assert float(logits.grad.abs().sum()) > 0
    assert torch.allclose(F.gumbel_softmax(logits, dim=0).sum(0), torch.ones(3), atol=1e-4)


def test_batch_norm_tracks_statistics() -> None:
    layer = nn.BatchNorm1d(2, momentum=None)
    batches = [torch.randn(10, 2) for _ in range(3)]
    for batch in batches:
        layer(batch)
    assert int(layer.num_batches_tracked) == 3
    assert torch.allclose(layer.running_mean, torch.stack([b.mean(0) for b in batches]).mean(0), atol=1e-6)
    assert torch.allclose(layer.running_var, torch.stack([b.var(0) for b in batches]).mean(0), atol=1e-6)
    layer.eval()
    layer(batches[0])
    assert int(layer.num_batches_tracked) == 3
    layer.reset_running_stats()
    assert int(layer.num_batches_tracked) == 0
    assert layer.running_var.tolist() == [1.0, 1.0]


def test_sync_batch_norm_takes_the_tensors_over() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).eval()
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    assert isinstance(converted[1], nn.SyncBatchNorm)
    assert not converted[1].training
    x = torch.randn(4, 2)
    assert torch.equal(converted(x), model(x))


def test_attention_masks() -> None:
    attention = nn.MultiheadAttention(8, 2, batch_first=True).double()
    x = torch.randn(3, 5, 8, dtype=torch.float64)
    causal = nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    slow, weights = attention(x, x, x, attn_mask=causal)
    assert weights.shape == (3, 5, 5)
    assert float(weights.detach().triu(1).abs().sum()) == 0
    fast, nothing = attention(x, x, x, attn_mask=causal, is_causal=True, need_weights=False)
    assert nothing is None
    assert torch.allclose(fast, slow)
    padding = torch.zeros(3, 5, dtype=torch.bool)
    padding[:, 4] = True
    short, _ = attention(x[:, :4], x[:, :4], x[:, :4])
    masked, weights = attention(x, x, x, key_padding_mask=padding, average_attn_weights=False)
    assert weights.shape == (3, 2, 5, 5)
    assert torch.allclose(masked[:, :4], short)
    per_head = causal.expand(6, 5, 5)
    both, _ = attention(x, x, x, attn_mask=per_head, need_weights=False)
    assert torch.allclose(both, slow)
    single, _ = attention(x[0], x[0], x[0], attn_mask=causal)
    assert torch.allclose(single, slow[0])


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"attn_mask": torch.zeros(4, 4)}, RuntimeError, r"should be \(5, 5\)"),
        ({"attn_mask": torch.zeros(4, 4, 4, 4)}, AssertionError, "2-D or 3-D but found 4-D"),
        ({"attn_mask": torch.zeros(5, 5, dtype=torch.int64)}, AssertionError, "only bool and floating types"),
        ({"key_padding_mask": torch.zeros(3)}, AssertionError, "to be `None` or 2-D"),
        ({"key_padding_mask": torch.zeros(3, 4)}, AssertionError, "key_padding_mask shape"),
        ({"is_causal": True}, RuntimeError, "Need attn_mask"),
    ],
)
def test_attention_errors(arguments: dict[str, Any], error: type[Exception], match: str) -> None:
    x = torch.randn(3, 5, 8)
    with pytest.raises(error, match=match):
        nn.MultiheadAttention(8, 2, batch_first=True)(x, x, x, **arguments)


def test_transformer_sees_no_future() -> None:
    model = nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True).eval()
    src, tgt = torch.randn(2, 4, 8), torch.randn(2, 5, 8)
    mask = model.generate_square_subsequent_mask(5)
    before = model(src, tgt, tgt_mask=mask)
    tgt[:, 4] += 1
    after = model(src, tgt, tgt_mask=mask)
    assert torch.allclose(before[:, :4], after[:, :4], atol=1e-6)
    assert not torch.allclose(before[:, 4], after[:, 4])


def test_encoder_layer_reads_padding_and_masks_alike() -> None:
    layer = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), 2).eval()
    x = torch.randn(2, 5, 8)
    padding = torch.tensor([[False] * 4 + [True]] * 2)
    masked = layer(x, src_key_padding_mask=padding)
    assert torch.allclose(masked[:, :4], layer(x[:, :4]), atol=1e-6)
    causal = torch.ones(5, 5, dtype=torch.bool).triu(1)
    assert torch.allclose(layer(x, mask=causal)[:, :1], layer(x[:, :1]), atol=1e-6)


def test_recurrent_states_continue_a_sequence() -> None:
    for layer in (nn.LSTM(3, 4, 2), nn.GRU(3, 4, 2), nn.RNN(3, 4, 2)):
        x = torch.randn(6, 2, 3)
        whole, _ = layer(x)
        first, state = layer(x[:4])
        second, _ = layer(x[4:], state)
        assert torch.allclose(whole, torch.cat([first, second]), atol=1e-6)
        assert layer.flatten_parameters() is None
        assert len(layer.all_weights) == 2


def test_recurrent_dropout_lies_between_layers() -> None:
    layer = nn.GRU(3, 4, 2, dropout=1.0)
    with torch.no_grad():
        layer.weight_ih_l1.fill_(9.0)
    x = torch.randn(6, 2, 3)
    trained, _ = layer(x)
    x2, _ = layer(torch.randn(6, 2, 3))
    assert torch.equal(trained, x2)
    assert not torch.equal(layer.eval()(x)[0], trained)


def test_layers_take_device_and_dtype() -> None:
    for layer in (
        nn.Linear(2, 3, device="cpu", dtype=torch.float64),
        nn.Conv2d(1, 2, 3, dtype=torch.float64),
        nn.BatchNorm2d(3, dtype=torch.float64),
        nn.LayerNorm(3, dtype=torch.float64),
        nn.LSTM(2, 3, dtype=torch.float64),
        nn.MultiheadAttention(4, 2, dtype=torch.float64),
        nn.Embedding(3, 2, dtype=torch.float64),
        nn.Transformer(4, 2, 1, 1, 8, dtype=torch.float64),
        nn.PReLU(dtype=torch.float64),
    ):
        assert {p.dtype for p in layer.parameters()} == {torch.float64}


def test_embedding_from_pretrained() -> None:
    table = nn.Embedding.from_pretrained(torch.arange(6.0).reshape(3, 2), padding_idx=0)
    assert not table.weight.requires_grad
    assert table(torch.tensor([2, 0])).tolist() == [[4.0, 5.0], [0.0, 1.0]]
    bag = nn.EmbeddingBag.from_pretrained(torch.arange(6.0).reshape(3, 2), mode="sum", freeze=False)
    assert bag.weight.requires_grad
    assert bag(torch.tensor([[0, 2]])).tolist() == [[4.0, 6.0]]


def test_max_unpool_puts_maxima_back() -> None:
    x = torch.randn(1, 2, 4, 4)
    values, indices = nn.MaxPool2d(2, return_indices=True)(x)
    restored = nn.MaxUnpool2d(2)(values, indices)
    assert restored.shape == x.shape
    assert int((restored != 0).sum()) == 8
    assert torch.equal(nn.MaxPool2d(2)(restored).clamp(min=0), values.clamp(min=0))


def all_alignments(log_probs: Any, target: list[int], blank: int) -> float:
    """CTC by brute force: sum over all paths that collapse to the target."""
    steps, classes = log_probs.shape
    total = 0.0
    for path in itertools.product(range(classes), repeat=steps):
        collapsed = [label for label, _ in itertools.groupby(path) if label != blank]
        if collapsed == target:
            total += math.exp(sum(float(log_probs[t, label]) for t, label in enumerate(path)))
    return -math.log(total) if total else math.inf


@pytest.mark.parametrize("target", [[1], [1, 1], [1, 2], [], [2, 0, 2]])
def test_ctc_against_brute_force(target: list[int]) -> None:
    blank = 3
    log_probs = torch.randn(5, 1, 4, dtype=torch.float64).log_softmax(-1)
    expected = all_alignments(log_probs[:, 0], target, blank)
    targets = torch.tensor([target]).reshape(1, -1).to(torch.int64)
    loss = F.ctc_loss(log_probs, targets, (5,), (len(target),), blank=blank, reduction="sum")
    assert abs(float(loss) - expected) < 1e-9


def test_ctc_lengths_gradients_and_errors() -> None:
    scores = torch.randn(6, 2, 4, dtype=torch.float64, requires_grad=True)
    log_probs = scores.log_softmax(-1)
    targets = torch.tensor([[1, 1, 3], [2, 3, 0]])
    both = F.ctc_loss(log_probs, targets, (6, 5), torch.tensor([3, 2]), reduction="none")
    row = F.ctc_loss(log_probs, torch.tensor([1, 1, 3, 2, 3]), (6, 5), (3, 2), reduction="none")
    one = F.ctc_loss(log_probs[:5, 1], targets[1, :2], (5,), (2,), reduction="none")
    assert torch.equal(both, row)
    assert torch.allclose(both[1], one)
    mean = nn.CTCLoss()(log_probs, targets, (6, 5), (3, 2))
    assert torch.allclose(mean, (both / torch.tensor([3.0, 2.0])).mean())
    mean.backward()
    assert bool(torch.isfinite(scores.grad).all())
    assert float(scores.grad[5, 1].abs().sum()) == 0
    short = F.ctc_loss(log_probs.detach(), targets, (6, 1), (3, 2), reduction="none")
    assert short[1] == float("inf")
    safe = F.ctc_loss(log_probs.detach(), targets, (6, 1), (3, 2), reduction="none", zero_infinity=True)
    assert safe[1] == 0
    for arguments, match in (
        ((targets, (6, 7), (3, 2)), "at most 6, but got value 7"),
        ((targets, (6, 5), (4, 2)), "size at least 4 at dimension 1"),
        ((targets, (6,), (3, 2)), "input_lengths must be of size batch_size"),
        ((targets, (6, 5), (3,)), "target_lengths must be of size batch_size"),
        ((targets.reshape(-1), (6, 5), (3, 2)), "size 5 at dimension 0, but got size 6"),
        ((targets, (6, 5), (3, 2), 9), "blank must be in label range"),
    ):
        with pytest.raises(RuntimeError, match=match):
            F.ctc_loss(log_probs, *arguments)


def test_ctc_gradient_is_the_one_by_the_scores() -> None:
    scores = torch.randn(4, 2, 3, dtype=torch.float64)
    log_probs = scores.log_softmax(2).requires_grad_()
    targets = torch.tensor([[1, 1, 2], [2, 1, 1]])
    for zero_infinity in (False, True):
        log_probs.grad = None
        loss = F.ctc_loss(log_probs, targets, (3, 4), (3, 3), reduction="none", zero_infinity=zero_infinity)
        loss.sum().backward()
        # Softmax less occupation: sums to nothing over the classes; nothing beyond the input's length.
        torch.testing.assert_close(log_probs.grad[:, 1].sum(1), torch.zeros(4, dtype=torch.float64))
        assert not log_probs.grad[3, 0].any()
        unexplained = log_probs.grad[:3, 0]
        assert bool((unexplained == 0).all()) if zero_infinity else bool(unexplained.isnan().all())
    through = scores.clone().requires_grad_()
    F.ctc_loss(through.log_softmax(2), targets, (3, 4), (3, 3), reduction="none", zero_infinity=True).sum().backward()
    torch.testing.assert_close(through.grad, log_probs.grad)
    torch.testing.assert_close(
        torch.ctc_loss(log_probs, targets, (3, 4), (3, 3), 0, 2, True),
        F.ctc_loss(log_probs, targets, (3, 4), (3, 3), reduction="sum", zero_infinity=True),
    )
