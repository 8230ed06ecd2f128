"""More golden cases of layers, so that every module has several, with its options.

As in ``nn_cases``: (name, constructor, inputs). Here an input may also be ("eval", text), and a string among the
keyword arguments that begins with "=" is evaluated. ``called(module, *shapes)`` is a module after one call, for lazy
ones; ``wrap(module, function)`` is a module whose forward is ``function(module, *inputs)``, for modules that are not
called with tensors alone.
"""

from __future__ import annotations

from typing import Any

__all__ = ["MORE_LAYERS", "UNTRAINED"]

Case = tuple[str, str, list[Any]]
MORE_LAYERS: list[Case] = []

#: Cases that PyTorch cannot run in training mode on a CPU.
UNTRAINED = frozenset(("sync_batch_norm", "sync_batch_norm_plain"))


def _add(prefix: str, rows: list[tuple[str, list[Any]]]) -> None:
    for number, (text, inputs) in enumerate(rows):
        MORE_LAYERS.append((f"{prefix}_{number}", text, inputs))


# -- losses: every reduction and option --------------------------------------------------------------------------------

_PAIR: list[Any] = [(3, 4), (3, 4)]
_SHARES = [(3, 4), ("unit", (3, 4))]
_SIGNS = [(3, 4), ("sign", (3, 4))]
_TWO_D = [(2, 3, 2, 2), ("int", (2, 2, 2), 3)]
_CLASSES = [(5, 3), ("int", (5,), 3)]
_WEIGHT = "torch.tensor([0.2, 0.3, 0.5])"
_PROBABILITIES = [(2, 3, 4), ("eval", "torch.linspace(-1, 1, 24).double().reshape(2, 3, 4).softmax(1)")]

for _name, _options, _inputs in (
    ("L1Loss", ("",), _PAIR),
    ("MSELoss", ("",), _PAIR),
    ("SmoothL1Loss", ("", "beta=0.0, ", "beta=2.0, "), _PAIR),
    ("HuberLoss", ("", "delta=2.0, "), _PAIR),
    ("NLLLoss", ("", f"weight={_WEIGHT}, ", f"weight={_WEIGHT}, ignore_index=2, "), _CLASSES),
    ("NLLLoss", ("", f"weight={_WEIGHT}, ignore_index=0, "), _TWO_D),
    ("NLLLoss2d", ("",), _TWO_D),
    ("CrossEntropyLoss", ("", f"weight={_WEIGHT}, ", f"weight={_WEIGHT}, label_smoothing=0.3, "), _CLASSES),
    ("CrossEntropyLoss", ("ignore_index=1, ", f"ignore_index=1, weight={_WEIGHT}, label_smoothing=0.2, "), _TWO_D),
    ("CrossEntropyLoss", ("", f"weight={_WEIGHT}, label_smoothing=0.3, "), _PROBABILITIES),
    ("BCELoss", ("", "weight=torch.tensor([1., 2., 3., 4.]), "), [("unit", (3, 4)), ("unit", (3, 4))]),
    ("BCEWithLogitsLoss", ("", "weight=torch.tensor([1., 2., 3., 4.]), pos_weight=torch.tensor(2.0), "), _SHARES),
    ("PoissonNLLLoss", ("", "log_input=False, eps=0.1, "), [("positive", (3, 4)), ("positive", (3, 4))]),
    ("PoissonNLLLoss", ("full=True, ",), [(3, 4), ("eval", "torch.tensor([0., 1., 2., 5.]).double()")]),
    ("GaussianNLLLoss", ("", "full=True, eps=0.5, "), [(3, 4), (3, 4), ("positive", (3, 1))]),
    ("KLDivLoss", ("", "log_target=True, "), _SHARES),
    ("HingeEmbeddingLoss", ("", "margin=0.3, "), _SIGNS),
    ("SoftMarginLoss", ("",), _SIGNS),
    ("CosineEmbeddingLoss", ("", "margin=0.4, "), [(3, 4), (3, 4), ("sign", (3,))]),
    ("MarginRankingLoss", ("", "margin=0.5, "), [(3, 4), (3, 4), ("sign", (3, 4))]),
    ("MultiLabelMarginLoss", ("",), [(2, 4), ("values", [[3, 0, -1, 1], [-1, 2, 0, 0]])]),
    ("MultiLabelSoftMarginLoss", ("", "weight=torch.tensor([1., 2., 3., 4.]), "), _SHARES),
    ("MultiMarginLoss", ("", f"p=2, margin=0.4, weight={_WEIGHT}, "), _CLASSES),
    ("TripletMarginLoss", ("", "margin=2.0, p=1.5, eps=1e-3, ", "swap=True, "), [(3, 4), (3, 4), (3, 4)]),
    (
        "TripletMarginWithDistanceLoss",
        ("", "swap=True, ", "distance_function=lambda a, b: (a - b).abs().sum(-1), "),
        [(3, 4), (3, 4), (3, 4)],
    ),
):
    _shape = "x".join(map(str, _inputs[0][-1] if isinstance(_inputs[0][0], str) else _inputs[0]))
    _kind = _inputs[1][0] if isinstance(_inputs[1][0], str) else "normal"
    _reductions = ("mean", "sum", "none", "batchmean") if _name == "KLDivLoss" else ("mean", "sum", "none")
    for _number, _option in enumerate(_options):
        for _reduction in _reductions:
            _text = f"nn.{_name}({_option}reduction='{_reduction}')"
            MORE_LAYERS.append((f"{_name}_{_shape}_{_kind}_{_number}_{_reduction}", _text, _inputs))

_SCORES = "lambda m, x, y, i, t: m(x.log_softmax(-1), y, i, t)"
for _reduction in ("mean", "sum", "none"):
    _add(
        f"CTCLoss_{_reduction}",
        [
            (
                f"wrap(nn.CTCLoss(reduction='{_reduction}'), {_SCORES})",
                [(6, 2, 4), ("values", [[1, 2, 2], [3, 1, 0]]), ("values", [6, 5]), ("values", [3, 2])],
            ),
            (
                f"wrap(nn.CTCLoss(blank=3, reduction='{_reduction}', zero_infinity=True), {_SCORES})",
                [(4, 3, 4), ("values", [1, 1, 1, 2, 0, 0]), ("values", [4, 4, 2]), ("values", [3, 1, 2])],
            ),
            (
                f"wrap(nn.CTCLoss(reduction='{_reduction}'), {_SCORES})",
                [(5, 4), ("values", [1, 2]), ("eval", "torch.tensor(5)"), ("eval", "torch.tensor(2)")],
            ),
            (
                f"wrap(nn.CTCLoss(reduction='{_reduction}'), {_SCORES})",
                [(4, 2, 3), ("eval", "torch.zeros(2, 0).long()"), ("values", [4, 3]), ("values", [0, 0])],
            ),
        ],
    )
    _add(
        f"LinearCrossEntropyLoss_{_reduction}",
        [
            (f"nn.LinearCrossEntropyLoss(4, 3, reduction='{_reduction}')", [(5, 4), ("int", (5,), 3)]),
            (
                f"nn.LinearCrossEntropyLoss(4, 3, bias=True, out_features=(2,), weight={_WEIGHT}, ignore_index=1, "
                f"label_smoothing=0.1, reduction='{_reduction}')",
                [(5, 4), ("int", (5, 2), 3)],
            ),
            (
                f"nn.LinearCrossEntropyLoss(4, 3, bias=True, reduction='{_reduction}', "
                "options=nn.LinearCrossEntropyOptions(batch_chunk_size=2))",
                [(5, 4), ("int", (5,), 3)],
            ),
        ],
    )

_add(
    "AdaptiveLogSoftmaxWithLoss",
    [
        ("nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], div_value=2.0)", [(12, 8), ("int", (12,), 10)]),
        ("nn.AdaptiveLogSoftmaxWithLoss(8, 5, [2], head_bias=True)", [(8,), ("eval", "torch.tensor(3)")]),
        ("wrap(nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], 2.0), lambda m, x: m.log_prob(x))", [(4, 8)]),
    ],
)

# -- pooling -----------------------------------------------------------------------------------------------------------

for _axes, _shape in ((1, (2, 2, 8)), (2, (2, 2, 6, 8)), (3, (1, 2, 4, 6, 4))):
    _plane = ("positive", _shape)
    _add(
        f"pool{_axes}d",
        [
            (f"nn.MaxPool{_axes}d(3, 2, 1, 1, return_indices=True, ceil_mode=True)", [_shape]),
            (f"nn.AvgPool{_axes}d(2, 1, ceil_mode=True)", [_shape]),
            (f"nn.AvgPool{_axes}d(3, 2, padding=1, count_include_pad=False)", [_shape]),
            (f"nn.AdaptiveMaxPool{_axes}d(2, return_indices=True)", [_shape]),
            (f"nn.AdaptiveAvgPool{_axes}d(1)", [_shape]),
            (f"nn.LPPool{_axes}d(2, 2)", [_plane]),
            (f"nn.LPPool{_axes}d(1, 3, stride=1, ceil_mode=True)", [_plane]),
            (f"nn.LPPool{_axes}d(4.0, 2)", [_plane]),
            (
                f"wrap(nn.MaxUnpool{_axes}d(2), lambda m, x: m(*nn.MaxPool{_axes}d(2, return_indices=True)(x)))",
                [_shape],
            ),
            (
                f"wrap(nn.MaxUnpool{_axes}d(3, stride=2, padding=1), lambda m, x: "
                f"m(*nn.MaxPool{_axes}d(3, 2, 1, return_indices=True)(x), output_size=x.shape))",
                [_shape],
            ),
            (
                f"wrap(nn.MaxUnpool{_axes}d(2, 2), lambda m, x: m(*nn.MaxPool{_axes}d(2, return_indices=True)(x), "
                f"output_size=[n + 1 for n in x.shape[2:]]))",
                [_shape],
            ),
        ],
    )
_SAMPLES = "torch.linspace(0.05, 0.9, {}).double().reshape({})"
_add(
    "FractionalMaxPool",
    [
        (f"nn.FractionalMaxPool2d(2, 3, _random_samples={_SAMPLES.format(12, '2, 3, 2')})", [(2, 3, 7, 8)]),
        (
            f"nn.FractionalMaxPool2d((2, 3), output_ratio=(0.5, 0.4), return_indices=True, "
            f"_random_samples={_SAMPLES.format(6, '1, 3, 2')})",
            [(3, 9, 10)],
        ),
        (f"nn.FractionalMaxPool3d(2, (2, 3, 2), _random_samples={_SAMPLES.format(12, '2, 2, 3')})", [(2, 2, 5, 6, 5)]),
        (
            f"nn.FractionalMaxPool3d((1, 2, 2), output_ratio=0.5, return_indices=True, "
            f"_random_samples={_SAMPLES.format(6, '1, 2, 3')})",
            [(2, 5, 6, 7)],
        ),
    ],
)

# -- convolution and lazy modules --------------------------------------------------------------------------------------

for _axes, _shape in ((1, (2, 4, 7)), (2, (2, 4, 5, 6)), (3, (1, 4, 3, 4, 4))):
    _add(
        f"conv{_axes}d",
        [
            (f"nn.Conv{_axes}d(4, 6, 3, stride=2, padding=1, dilation=1, groups=2, bias=False)", [_shape]),
            (f"nn.Conv{_axes}d(4, 4, 2, padding='same', dilation=2, groups=4)", [_shape]),
            *(
                (f"nn.Conv{_axes}d(4, 2, 3, padding=1, padding_mode='{mode}')", [_shape])
                for mode in ("reflect", "replicate", "circular")
            ),
            (f"nn.Conv{_axes}d(4, 2, 1)", [_shape[1:]]),
            (f"nn.ConvTranspose{_axes}d(4, 6, 3, 2, padding=1, output_padding=1, groups=2, bias=False)", [_shape]),
            (f"nn.ConvTranspose{_axes}d(4, 2, 2, dilation=2)", [_shape[1:]]),
            (f"called(nn.LazyConv{_axes}d(6, 2, padding=1, groups=2), {_shape})", [_shape]),
            (f"called(nn.LazyConv{_axes}d(3, 2, bias=False, padding_mode='circular', padding=1), {_shape})", [_shape]),
            (f"called(nn.LazyConvTranspose{_axes}d(6, 2, stride=2, groups=2), {_shape})", [_shape]),
            (f"called(nn.LazyConvTranspose{_axes}d(3, 2, bias=False), {_shape[1:]})", [_shape[1:]]),
            (f"called(nn.LazyBatchNorm{_axes}d(), {_shape})", [_shape]),
            (f"called(nn.LazyBatchNorm{_axes}d(momentum=None, affine=False), {_shape})", [_shape]),
            (f"called(nn.LazyInstanceNorm{_axes}d(), {_shape})", [_shape]),
            (f"called(nn.LazyInstanceNorm{_axes}d(affine=False, track_running_stats=False), {_shape})", [_shape]),
            (f"nn.BatchNorm{_axes}d(4, momentum=0.3, eps=1e-2)", [_shape]),
            (f"nn.BatchNorm{_axes}d(4, track_running_stats=False)", [_shape]),
            (f"nn.BatchNorm{_axes}d(4, affine=False, momentum=None)", [_shape]),
            (f"nn.InstanceNorm{_axes}d(4, affine=True, track_running_stats=True, momentum=0.3)", [_shape]),
            (f"nn.InstanceNorm{_axes}d(4, eps=1e-2)", [_shape[1:]]),
        ],
    )
_add(
    "linear",
    [
        ("called(nn.LazyLinear(3), (2, 4))", [(2, 4)]),
        ("called(nn.LazyLinear(3, bias=False), (4,))", [(2, 2, 4)]),
        ("nn.Bilinear(2, 3, 4, bias=False)", [(2,), (3,)]),
        ("nn.Linear(4, 3)", [(0, 4)]),
        ("nn.Flatten(0)", [(2, 3)]),
        ("nn.Unflatten(-1, (2, 2, 1))", [(2, 4)]),
        ("nn.Identity()", [()]),
    ],
)
MORE_LAYERS.append(("sync_batch_norm", "nn.SyncBatchNorm(4)", [(3, 4, 2)]))
MORE_LAYERS.append(("sync_batch_norm_plain", "nn.SyncBatchNorm(4, affine=False, eps=1e-2)", [(3, 4)]))
_add(
    "norm",
    [
        ("nn.CrossMapLRN2d(3, alpha=0.5)", [(2, 6, 2, 2)]),
        ("nn.CrossMapLRN2d(4, 0.3, 0.5, 2)", [(1, 5, 2, 2)]),
        ("nn.LocalResponseNorm(4, 0.3, 0.5, 2)", [(2, 6, 2, 2)]),
        ("nn.LayerNorm((2, 3), eps=1e-2, elementwise_affine=False)", [(2, 3)]),
        ("nn.RMSNorm((2, 3))", [(4, 2, 3)]),
        ("nn.GroupNorm(4, 4, eps=1e-2)", [(3, 4, 5)]),
    ],
)

# -- activations: edges of their pieces --------------------------------------------------------------------------------

_EDGES = ("eval", "torch.tensor([[-40., -3., -1., -0.5, -0., 0.2, 0.5, 1., 3., 6., 20.5, 40.]]).double()")
_ACTIVATIONS = """
CELU(2.0)|ELU(alpha=2.0)|GELU()|GELU('tanh')|GLU()|GLU(0)|SELU()|Hardshrink()|Hardsigmoid()|Hardswish()|Hardtanh()
LeakyReLU()|LogSigmoid()|LogSoftmax(0)|Mish()|PReLU(init=0.3)|PReLU(12)|RReLU(0.2, 0.2)|RReLU(0.3, 0.3, inplace=False)
ReLU()|ReLU6()|SiLU()|Sigmoid()|Softmax(-1)|Softmax(0)|Softmin(1)|Softplus()|Softplus(3, 2)|Softshrink()|Softsign()
Tanh()|Tanhshrink()|Threshold(0.3, -2)
"""
for _text in _ACTIVATIONS.strip().replace("\n", "|").split("|"):
    MORE_LAYERS.append((f"edges_{_text}", f"nn.{_text}", [(2, 12) if _text == "GLU(0)" else ("edges", _EDGES[1])]))
_add("softmax2d", [("nn.Softmax2d()", [(3, 2, 2)])])
_DROPPED = {
    "Dropout": (2, 3),
    "Dropout1d": (2, 3, 2),
    "Dropout2d": (2, 3, 2, 2),
    "Dropout3d": (2, 3, 2, 2, 2),
    "AlphaDropout": (2, 3),
    "FeatureAlphaDropout": (2, 3, 2),
}
for _text, _shape in _DROPPED.items():
    MORE_LAYERS.append((f"{_text}_none", f"nn.{_text}(0.0)", [_shape]))
    if "Alpha" not in _text:  # there, dropping everything divides by zero
        MORE_LAYERS.append((f"{_text}_all", f"nn.{_text}(1.0)", [_shape]))

# -- containers --------------------------------------------------------------------------------------------------------

_add(
    "containers",
    [
        ("nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))", [(5, 3)]),
        ("nn.Sequential()", [(5, 3)]),
        ("wrap(nn.ModuleList([nn.Linear(3, 4), nn.Linear(4, 2)]), lambda m, x: m[1](m[0](x)))", [(5, 3)]),
        ("wrap(nn.ModuleDict({'a': nn.Linear(3, 4), 'b': nn.ReLU()}), lambda m, x: m['b'](m['a'](x)))", [(5, 3)]),
        ("wrap(nn.ParameterList([torch.ones(3), torch.ones(3)]), lambda m, x: x * m[0] + m[1])", [(5, 3)]),
        ("wrap(nn.ParameterDict({'a': torch.ones(3), 'b': torch.ones(3)}), lambda m, x: x * m['a'] + m.b)", [(5, 3)]),
        ("nn.DataParallel(nn.Linear(3, 2), device_ids=[])", [(5, 3)]),
        ("nn.DataParallel(nn.Sequential(nn.Linear(3, 2), nn.Tanh()))", [(2, 5, 3)]),
    ],
)

# -- embeddings --------------------------------------------------------------------------------------------------------

_BAGS = [("int", (6,), 5), ("offsets", [0, 2, 2, 5])]
for _mode in ("sum", "mean", "max"):
    _add(
        f"EmbeddingBag_{_mode}",
        [
            (f"nn.EmbeddingBag(5, 3, mode='{_mode}')", [("int", (2, 4), 5)]),
            (f"nn.EmbeddingBag(5, 3, mode='{_mode}', padding_idx=2)", _BAGS),
            (f"nn.EmbeddingBag(5, 3, mode='{_mode}', include_last_offset=True)", [_BAGS[0], ("offsets", [0, 2, 2, 6])]),
            (f"nn.EmbeddingBag(5, 3, mode='{_mode}', max_norm=0.4, norm_type=1.5)", _BAGS),
        ],
    )
_add(
    "EmbeddingBag",
    [
        (
            "nn.EmbeddingBag(5, 3, mode='sum')",
            [*_BAGS, {"per_sample_weights": "=torch.arange(6.).double().requires_grad_()"}],
        ),
        ("nn.EmbeddingBag(5, 3, mode='sum', scale_grad_by_freq=True)", _BAGS),
        ("nn.EmbeddingBag(5, 3, mode='mean', scale_grad_by_freq=True, padding_idx=-1)", [("int", (2, 4), 5)]),
        ("nn.Embedding(5, 3, scale_grad_by_freq=True)", [("int", (3, 4), 5)]),
        ("nn.Embedding(5, 3, max_norm=0.4, norm_type=1.0, padding_idx=1)", [("int", (3, 4), 5)]),
        ("nn.Embedding(5, 3)", [("eval", "torch.tensor(2)")]),
    ],
)

# -- recurrent layers --------------------------------------------------------------------------------------------------

for _name in ("RNN", "LSTM", "GRU"):
    _add(
        f"recurrent_{_name}",
        [
            (f"nn.{_name}(3, 4, num_layers=3, bias=False)", [(4, 2, 3)]),
            (f"nn.{_name}(3, 4, num_layers=2, batch_first=True, bidirectional=True)", [(2, 4, 3)]),
            (f"nn.{_name}(3, 4)", [(4, 3)]),
            (
                f"wrap(nn.{_name}(3, 4, num_layers=2), lambda m, x: "
                "(lambda out: (out[0].data, out[1]))(m(nn.utils.rnn.pack_padded_sequence(x, [4, 2, 3], "
                "enforce_sorted=False))))",
                [(4, 3, 3)],
            ),
            (f"nn.{_name}Cell(3, 4, bias=False)", [(2, 3)]),
            (f"nn.{_name}Cell(3, 4)", [(3,)]),
        ],
    )
_add(
    "LSTM_states",
    [
        ("nn.LSTM(3, 4, proj_size=2, num_layers=2, bidirectional=True)", [(4, 2, 3)]),
        ("wrap(nn.LSTM(3, 4), lambda m, x, h, c: m(x, (h, c)))", [(4, 2, 3), (1, 2, 4), (1, 2, 4)]),
        ("wrap(nn.LSTMCell(3, 4), lambda m, x, h, c: m(x, (h, c)))", [(2, 3), (2, 4), (2, 4)]),
        ("nn.RNN(3, 4, nonlinearity='relu')", [(4, 2, 3), (1, 2, 4)]),
    ],
)

# -- attention ---------------------------------------------------------------------------------------------------------

_SELF = [(2, 4, 6), (2, 4, 6), (2, 4, 6)]
_CAUSAL = "torch.ones(4, 4).bool().triu(1)"
_PADDED = "torch.tensor([[False, False, False, False], [False, False, True, True]])"
_HOLES = "torch.tensor([[False, True, False, False], [False, False, True, False]])"
_add(
    "MultiheadAttention",
    [
        ("nn.MultiheadAttention(6, 2, batch_first=True)", [*_SELF, {"attn_mask": f"={_CAUSAL}"}]),
        ("nn.MultiheadAttention(6, 2, batch_first=True)", [*_SELF, {"attn_mask": f"={_CAUSAL}", "is_causal": True}]),
        (
            "nn.MultiheadAttention(6, 2, batch_first=True)",
            [*_SELF, {"attn_mask": f"={_CAUSAL}", "is_causal": True, "need_weights": False}],
        ),
        ("nn.MultiheadAttention(6, 3, batch_first=True)", [*_SELF, {"key_padding_mask": f"={_PADDED}"}]),
        (
            "nn.MultiheadAttention(6, 3, batch_first=True)",
            [*_SELF, {"key_padding_mask": f"={_HOLES}", "average_attn_weights": False}],
        ),
        (
            "nn.MultiheadAttention(6, 2, batch_first=True, bias=False)",
            [*_SELF, {"key_padding_mask": f"={_PADDED}", "attn_mask": f"={_CAUSAL}", "need_weights": False}],
        ),
        (
            "nn.MultiheadAttention(6, 2, batch_first=True)",
            [*_SELF, {"attn_mask": "=(torch.arange(64).double() / 32 - 1).reshape(4, 4, 4)"}],
        ),
        ("nn.MultiheadAttention(6, 2, kdim=4, vdim=5)", [(4, 2, 6), (3, 2, 4), (3, 2, 5)]),
        (
            "nn.MultiheadAttention(6, 2, add_zero_attn=True, add_bias_kv=True)",
            [(4, 2, 6), (4, 2, 6), (4, 2, 6), {"key_padding_mask": f"={_PADDED}"}],
        ),
        ("wrap(nn.MultiheadAttention(6, 2, batch_first=True), lambda m, x: m(x, x, x))", [(2, 4, 6)]),
        ("wrap(nn.MultiheadAttention(6, 2), lambda m, x: m(x, x, x, need_weights=False))", [(4, 6)]),
    ],
)
_LAYER = "nn.TransformerEncoderLayer(6, 2, 8, dropout=0.0, batch_first=True{})"
_DECODER = "nn.TransformerDecoderLayer(6, 2, 8, dropout=0.0, batch_first=True{})"
_add(
    "TransformerEncoderLayer",
    [
        (_LAYER.format(""), [(2, 4, 6), {"src_key_padding_mask": f"={_PADDED}"}]),
        (_LAYER.format(", activation='gelu'"), [(2, 4, 6), {"src_mask": f"={_CAUSAL}", "is_causal": True}]),
        (_LAYER.format(", norm_first=True, layer_norm_eps=1e-2"), [(2, 4, 6), {"src_mask": f"={_CAUSAL}"}]),
        (_LAYER.format(", bias=False"), [(2, 4, 6)]),
        (_LAYER.format(", activation=torch.tanh"), [(4, 6)]),
    ],
)
_add(
    "TransformerEncoder",
    [
        (f"nn.TransformerEncoder({_LAYER.format('')}, 2)", [(2, 4, 6), {"src_key_padding_mask": f"={_PADDED}"}]),
        (
            f"nn.TransformerEncoder({_LAYER.format('')}, 2, norm=nn.LayerNorm(6))",
            [(2, 4, 6), {"src_key_padding_mask": f"={_PADDED}"}],
        ),
        (f"nn.TransformerEncoder({_LAYER.format('')}, 2)", [(2, 4, 6), {"src_key_padding_mask": f"={_HOLES}"}]),
        (
            f"nn.TransformerEncoder({_LAYER.format('')}, 2, enable_nested_tensor=False)",
            [(2, 4, 6), {"src_key_padding_mask": f"={_PADDED}"}],
        ),
        (
            f"nn.TransformerEncoder({_LAYER.format(', norm_first=True')}, 2)",
            [(2, 4, 6), {"src_key_padding_mask": f"={_PADDED}", "mask": f"={_CAUSAL}"}],
        ),
        (f"nn.TransformerEncoder({_LAYER.format('')}, 1)", [(2, 4, 6), {"mask": f"={_CAUSAL}", "is_causal": True}]),
    ],
)
_add(
    "TransformerDecoder",
    [
        (_DECODER.format(""), [(2, 4, 6), (2, 3, 6), {"tgt_mask": f"={_CAUSAL}", "tgt_is_causal": True}]),
        (
            _DECODER.format(", norm_first=True, activation='gelu'"),
            [(2, 4, 6), (2, 4, 6), {"tgt_key_padding_mask": f"={_PADDED}", "memory_key_padding_mask": f"={_HOLES}"}],
        ),
        (_DECODER.format(", bias=False"), [(4, 6), (3, 6)]),
        (f"nn.TransformerDecoder({_DECODER.format('')}, 2)", [(2, 4, 6), (2, 3, 6), {"tgt_mask": f"={_CAUSAL}"}]),
        (f"nn.TransformerDecoder({_DECODER.format('')}, 1, nn.LayerNorm(6))", [(2, 4, 6), (2, 3, 6)]),
    ],
)
_add(
    "Transformer",
    [
        (
            "nn.Transformer(6, 2, 1, 1, 8, dropout=0.0, batch_first=True)",
            [
                (2, 4, 6),
                (2, 4, 6),
                {
                    "tgt_mask": f"={_CAUSAL}",
                    "src_key_padding_mask": f"={_PADDED}",
                    "memory_key_padding_mask": f"={_PADDED}",
                },
            ],
        ),
        ("nn.Transformer(6, 3, 2, 1, 8, dropout=0.0, norm_first=True, activation='gelu')", [(4, 2, 6), (3, 2, 6)]),
    ],
)

# -- padding, vision and distances -------------------------------------------------------------------------------------

for _axes, _shape in ((1, (2, 4)), (2, (2, 4, 4)), (3, (1, 4, 4, 4))):
    _sides = (1, 2, 0, 1, 2, 1)[: 2 * _axes]
    _add(
        f"pad{_axes}d",
        [
            *(
                (f"nn.{kind}Pad{_axes}d({_sides})", [_shape])
                for kind in ("Zero", "Reflection", "Replication", "Circular")
            ),
            (f"nn.ConstantPad{_axes}d({_sides}, 0.5)", [_shape]),
            (f"nn.ConstantPad{_axes}d(-1, 0.5)", [_shape]),
            (f"nn.ReplicationPad{_axes}d({tuple(-side for side in _sides)})", [_shape]),
        ],
    )
_add(
    "vision",
    [
        ("nn.Upsample(scale_factor=2.5)", [(1, 2, 3, 3)]),
        ("nn.Upsample(6, mode='linear', align_corners=True)", [(1, 2, 4)]),
        ("nn.Upsample(scale_factor=1.7, mode='bilinear', recompute_scale_factor=True)", [(1, 2, 4, 5)]),
        ("nn.Upsample((7, 5), mode='bicubic')", [(1, 2, 4, 4)]),
        ("nn.Upsample(scale_factor=(2, 1, 1.5), mode='trilinear')", [(1, 1, 2, 3, 4)]),
        ("nn.Upsample(5, mode='nearest-exact')", [(1, 2, 3)]),
        ("nn.UpsamplingNearest2d(scale_factor=2)", [(1, 2, 2, 3)]),
        ("nn.UpsamplingBilinear2d((4, 5))", [(1, 2, 2, 3)]),
        ("nn.PixelShuffle(3)", [(9, 2, 2)]),
        ("nn.PixelUnshuffle(3)", [(2, 1, 6, 3)]),
        ("nn.ChannelShuffle(3)", [(2, 6, 2, 2)]),
        ("nn.Unfold(2, dilation=2, stride=(1, 2))", [(2, 2, 5, 6)]),
        ("nn.Fold((5, 6), 2, dilation=2, padding=1, stride=2)", [(1, 8, 9)]),
        ("nn.CosineSimilarity(dim=0, eps=0.5)", [(3, 4), (3, 4)]),
        ("nn.PairwiseDistance(1)", [(3, 4), (4,)]),
        ("nn.PairwiseDistance(float('inf'), eps=0.1, keepdim=True)", [(3, 4), (3, 4)]),
        ("nn.PairwiseDistance()", [(4,), (4,)]),
    ],
)
