"""Samples of ``torch.nn.functional`` and its twins in ``torch``."""


def each(names: str, samples: list[str]) -> dict[str, list[str]]:
    """The same samples for several operators."""
    return dict.fromkeys(names.split(), samples)


ONE = ["A(2,3)", "A()", "A(0,3)", "A(3,2).mT", "V([nan, inf, -inf, 0.0, -0.0, 3.0, -3.0, 6.0, 30.0])"]
SOFTMAX = [
    "A(2,3), 1",
    "A(2,3), dim=0",
    "A(2,3), 1, dtype=torch.float64",
    "A(), 0",
    "A(0,3), 1",
    "V([[-inf, 0.0], [inf, 1.0], [nan, 1.0], [-inf, -inf]]), 1",
    "A(2,3), 2",
]
PAIR = [
    "A(2,3), A(2,3)",
    "A(2,3), A(2,3), reduction='sum'",
    "A(2,3), A(2,3), reduction='none'",
    "A(0), A(0)",
    "A(2,3), A(2,3), reduction='x'",
    "V([1.0, 0.0]), V([1.0, 0.0])",
]
SIGN = ["A(2,3), V([[1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]])", "A(3), V([1.0, -1.0, 1.0]), reduction='none'"]

TWINS = {
    "relu": ONE,
    "selu": ONE,
    "celu": [*ONE, "A(2,3), 0.5"],
    "hardshrink": [*ONE, "A(2,3), 1.0"],
    "threshold": ["A(2,3), 0.5, 2.0", "A(0), 0.5, 2.0", "V([0.5, nan, 1.0]), 0.5, 2.0", "A(3), 1, 20"],
    "prelu": ["A(2,3), A(3)", "A(2,3), A(1)", "A(2,2,2), A(2)", "A(2,3), A(2)"],
    "softmax": SOFTMAX,
    "log_softmax": SOFTMAX,
    "layer_norm": [
        "A(2,3), (3,)",
        "A(2,3), (3,), A(3), A(3)",
        "A(2,3), (2, 3), eps=0.1",
        "A(2,0), (0,)",
        "A(2,3), (2,)",
    ],
    "rms_norm": ["A(2,3), (3,)", "A(2,3), (3,), A(3), 0.1", "A(2,3), (2,)"],
    "group_norm": ["A(2,4,2), 2", "A(2,4,2), 2, A(4), A(4), 0.1", "A(2,4), 3"],
    "bilinear": ["A(2,3), A(2,2), A(4,3,2)", "A(2,3), A(2,2), A(4,3,2), A(4)"],
    "conv1d": [
        "A(1,2,5), A(3,2,2)",
        "A(2,2,5), A(2,1,3), A(2), 2, 1, 1, 2",
        "A(2,5), A(1,2,2), padding='same'",
        "A(1,2,5), A(3,2,2), dilation=2",
        "A(1,3,5), A(3,2,2)",
    ],
    "conv2d": [
        "A(1,2,4,4), A(2,2,3,2)",
        "A(1,2,4,4), A(2,1,2,2), A(2), (2, 1), (1, 0), 1, 2",
        "A(1,1,4,4), A(1,1,2,2), padding='valid'",
        "A(0,1,4,4), A(1,1,2,2)",
        "A(1,1,2,2), A(1,1,3,3)",
    ],
    "conv3d": ["A(1,1,3,3,3), A(1,1,2,2,2)", "A(1,1,3,3,3), A(2,1,2,2,2), A(2), 2, 1"],
    "conv_transpose1d": ["A(1,2,3), A(2,2,2)", "A(1,2,3), A(2,1,3), A(2), 2, 1, 1, 2"],
    "conv_transpose2d": ["A(1,2,2,2), A(2,1,2,2)", "A(1,2,2,2), A(2,1,2,2), A(1), stride=2, dilation=2"],
    "conv_transpose3d": ["A(1,1,2,2,2), A(1,1,2,2,2)"],
    "avg_pool1d": ["A(1,2,6), 2", "A(2,6), 3, 2, 1", "A(1,2,6), 4, 3, 1, True, False"],
    "max_pool1d": ["A(1,2,6), 2", "A(2,6), 3, 2, 1", "A(1,2,6), 2, 1, 0, 2, True"],
    "max_pool2d": ["A(1,1,4,4), 2", "A(1,4,4), (2, 3), 1, (1, 1)", "V([[[[1.0, 1.0], [1.0, nan]]]]), 2"],
    "max_pool3d": ["A(1,1,2,3,4), 2"],
    "adaptive_avg_pool1d": ["A(1,2,5), 3", "A(2,5), 1"],
    "cosine_similarity": ["A(2,3), A(2,3)", "A(2,3), A(1,3), dim=0", "A(2,3), 0*A(2,3)"],
    "pairwise_distance": ["A(2,3), A(2,3)", "A(2,3), A(3), 1.0, keepdim=True"],
    "pixel_shuffle": ["A(1,4,1,2), 2"],
    "channel_shuffle": ["A(1,4,1,2), 2"],
}
TOP_LEVEL = (
    {
        "pdist": ["A(4,3)"],
        "ctc_loss": [
            "A(4,2,3).log_softmax(-1), torch.tensor([[1, 2], [2, 1]]), torch.tensor([4, 4]), torch.tensor([2, 1])",
            "A(4,2,3).log_softmax(-1), torch.tensor([[1, 2], [2, 1]]), (4, 3), (2, 2), 0, 0, True",
            "A(4,2,3).log_softmax(-1), torch.tensor([[1, 2], [2, 1]]), (4, 3), (2, 2), reduction=2",
        ],
    }
    | {name: samples for name, samples in TWINS.items() if name not in ("pixel_shuffle", "channel_shuffle", "relu")}
    | {
        "batch_norm": [
            "A(3,2), None, None, None, None, True, 0.1, 1e-5, False",
            "A(3,2), A(2), P(2), A(2), A(2), False, 0.1, 1e-5, False",
        ],
        "instance_norm": ["A(2,2,3), None, None, None, None, True, 0.1, 1e-5, False"],
        "embedding": ["A(4,2), I(3, high=4)", "A(4,2), I(2,2, high=4), 1"],
        "convolution": ["A(1,2,5), A(3,2,2), None, (1,), (0,), (1,), False, (0,), 1"],
        "adaptive_avg_pool1d": TWINS["adaptive_avg_pool1d"],
        "max_pool1d_with_indices": ["A(1,2,6), 2"],
    }
)

FUNCTIONAL = TWINS | {
    **each("sigmoid tanh silu mish relu6 hardswish hardsigmoid logsigmoid softsign tanhshrink", ONE),
    "gelu": [*ONE, "A(2,3), approximate='tanh'", "A(3), approximate='x'"],
    "elu": [*ONE, "A(2,3), 0.5"],
    "leaky_relu": [*ONE, "A(2,3), 0.3", "A(2,3), -0.3"],
    "hardtanh": [*ONE, "A(2,3), -0.5, 0.5", "A(3), 1, -1"],
    "softshrink": [*ONE, "A(2,3), 1.0", "A(2), -1.0"],
    "softplus": [*ONE, "A(2,3), 2, 1"],
    "glu": ["A(2,4)", "A(4,2), 0", "A(3)", "A()"],
    "softmin": SOFTMAX[:4],
    "rrelu": ["A(2,3)", "A(2,3), 0.1, 0.3"],
    "dropout": ["A(2,3), 0.5, False", "A(2,3), 0.0", "A(2,3), 1.0", "A(2,3), 1.5"],
    **each(
        "dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout", ["A(2,2,2,2), 0.5, False", "A(2,3), -0.5"]
    ),
    "linear": [
        "A(2,3), A(4,3)",
        "A(2,3), A(4,3), A(4)",
        "A(3), A(3)",
        "A(2,2,3), A(1,3), A(1)",
        "A(2,3), A(4,2)",
        "A(0,3), A(2,3)",
    ],
    "normalize": ["A(2,3)", "A(2,3), 1, 0", "0*A(2,3)"],
    "one_hot": ["I(3, high=4)", "I(2,2, high=3), 5", "A(3)", "I(0), 3", "I(3, high=4), 2"],
    "pad": [
        "A(2,3), (1, 2)",
        "A(1,2,3), (1, 1), 'reflect'",
        "A(1,2,3), (2, 1), 'replicate'",
        "A(1,2,3), (1, 2), 'circular'",
        "A(2,3), (1, -1), 'constant', 1.5",
        "A(1,2,3), (3, 3), 'reflect'",
        "A(1,1,3,3), (1, 0, 2, 1), 'reflect'",
        "A(2,3), (1,)",
    ],
    "unfold": ["A(1,2,3,3), 2", "A(1,1,4,4), (2, 3), 1, 1, 2"],
    "fold": ["A(1,4,4), (3, 3), 2", "A(1,8,2), (3, 3), 2, stride=2, padding=0", "A(1,3,4), (3, 3), 2"],
    "embedding": [
        "I(3, high=4), A(4,2)",
        "I(2,2, high=4), A(4,2), 1",
        "I(3, high=9), A(4,2)",
        "A(3), A(4,2)",
        "torch.tensor([0, 0, 1]), A(4,2), scale_grad_by_freq=True",
    ],
    "pdist": ["A(4,3)", "A(3,2), 1", "A(3,2), inf", "A(3,2), 0", "A(1,3)", "A(3)"],
    "fractional_max_pool2d": [
        "A(1,1,5,5), 2, output_size=2, _random_samples=torch.tensor([[[0.3, 0.6]]], dtype=dt)",
        "A(1,5,5), (2, 3), output_ratio=(0.5, 0.5), _random_samples=torch.tensor([[[0.1, 0.8]]], dtype=dt)",
        "A(1,1,5,5), 2",
    ],
    "fractional_max_pool2d_with_indices": [
        "A(1,1,5,5), 2, output_size=2, _random_samples=torch.tensor([[[0.3, 0.6]]], dtype=dt)"
    ],
    "fractional_max_pool3d": [
        "A(1,1,4,4,4), 2, output_size=2, _random_samples=torch.tensor([[[0.3, 0.6, 0.9]]], dtype=dt)"
    ],
    "fractional_max_pool3d_with_indices": [
        "A(1,1,4,4,4), 2, output_size=2, _random_samples=torch.tensor([[[0.3, 0.6, 0.9]]], dtype=dt)"
    ],
    "embedding_bag": [
        "I(2,3, high=4), A(4,2)",
        "I(4, high=4), A(4,2), torch.tensor([0, 2]), mode='sum'",
        "I(4, high=4), A(4,2), torch.tensor([0, 2]), mode='max'",
        "I(4, high=4), A(4,2), torch.tensor([0, 2]), mode='sum', per_sample_weights=A(4)",
        "I(4, high=4), A(4,2), torch.tensor([0, 4])",
    ],
    "batch_norm": [
        "A(3,2), None, None, None, None, True",
        "A(3,2), A(2), P(2), A(2), A(2)",
        "A(3,2,2), None, None, A(2), A(2), True, 0.1, 0.1",
        "A(1,2), None, None, None, None, True",
    ],
    "instance_norm": ["A(2,2,3)", "A(2,2,3), None, None, A(2), A(2)", "A(1,2,1)"],
    "local_response_norm": ["A(1,3,2), 2", "A(1,3,2,2), 3, 0.1, 0.5, 2.0"],
    **each(
        "avg_pool2d",
        [
            "A(1,1,4,4), 2",
            "A(1,4,4), (2, 3), 1, (1, 1)",
            "A(1,1,4,4), 3, 2, 1, True, False",
            "A(1,1,4,4), 2, divisor_override=3",
        ],
    ),
    "avg_pool3d": ["A(1,1,2,3,4), 2", "A(1,1,2,3,4), 2, 1, 1"],
    **each("lp_pool1d", ["P(1,2,5), 2.0, 2", "P(1,2,5), 3.0, 2, 1"]),
    "lp_pool2d": ["P(1,1,4,4), 2.0, 2"],
    "lp_pool3d": ["P(1,1,2,2,4), 2.0, 2"],
    "max_pool2d_with_indices": ["A(1,1,4,4), 2", "A(1,1,4,4), 3, 1, 1"],
    "max_pool1d_with_indices": ["A(1,2,6), 2"],
    "max_pool3d_with_indices": ["A(1,1,2,3,4), 2"],
    "adaptive_avg_pool2d": ["A(1,1,4,5), (2, 3)", "A(1,4,5), (None, 2)"],
    "adaptive_avg_pool3d": ["A(1,1,2,3,4), (2, 2, 3)"],
    "adaptive_max_pool1d": ["A(1,2,5), 3", "A(2,5), 2, return_indices=True"],
    "adaptive_max_pool2d": ["A(1,1,4,5), (2, 3)", "A(1,4,5), (None, 2), return_indices=True"],
    "adaptive_max_pool3d": ["A(1,1,2,3,4), (2, 2, 3)"],
    "adaptive_max_pool1d_with_indices": ["A(1,2,5), 3"],
    "adaptive_max_pool2d_with_indices": ["A(1,1,4,5), (2, 3)"],
    "adaptive_max_pool3d_with_indices": ["A(1,1,2,3,4), (2, 2, 3)"],
    "max_unpool1d": ["=F.max_unpool1d(*F.max_pool1d(A(1,2,6), 2, return_indices=True), 2)"],
    "max_unpool2d": ["=F.max_unpool2d(*F.max_pool2d(A(1,1,4,4), 2, return_indices=True), 2)"],
    "max_unpool3d": ["=F.max_unpool3d(*F.max_pool3d(A(1,1,2,2,4), 2, return_indices=True), 2)"],
    "interpolate": [
        "A(1,2,3), scale_factor=2",
        "A(1,2,3), 5, mode='linear'",
        "A(1,1,3,3), (4, 5), mode='bilinear'",
        "A(1,1,3,3), (4, 5), mode='bilinear', align_corners=True",
        "A(1,1,3,3), scale_factor=1.5, mode='bicubic'",
        "A(1,1,4,4), (2, 3), mode='area'",
        "A(1,1,3,3), (4, 5), mode='nearest-exact'",
        "A(1,1,4,4), (2, 2), mode='bilinear', antialias=True",
        "A(1,1,2,2,2), (3, 3, 3), mode='trilinear'",
        "A(1,1,3), mode='nearest'",
    ],
    "upsample": ["A(1,1,3), 6", "A(1,1,2,2), scale_factor=2, mode='bilinear'"],
    "upsample_nearest": ["A(1,1,2,2), scale_factor=2"],
    "upsample_bilinear": ["A(1,1,2,2), scale_factor=2"],
    "grid_sample": [
        f"A(1,1,3,3), A(1,2,2,2), mode='{mode}', padding_mode='{padding}', align_corners={corners}"
        for mode in ("bilinear", "nearest", "bicubic")
        for padding in ("zeros", "border", "reflection")
        for corners in (False, True)
    ]
    + ["A(1,1,2,2,2), A(1,1,2,2,3), align_corners=False"],
    "affine_grid": [
        "A(1,2,3), (1, 1, 2, 3), align_corners=False",
        "A(1,2,3), (1, 1, 2, 3), align_corners=True",
        "A(1,3,4), (1, 1, 2, 2, 2), align_corners=False",
    ],
    "pixel_unshuffle": ["A(1,1,2,4), 2"],
    "native_channel_shuffle": ["A(1,4,1,2), 2"],
    **each("mse_loss l1_loss smooth_l1_loss huber_loss", PAIR),
    **each("soft_margin_loss", SIGN),
    "smooth_l1_loss": [*PAIR, "A(2,3), A(2,3), beta=0.5", "A(2,3), A(2,3), beta=0.0"],
    "huber_loss": [*PAIR, "A(2,3), A(2,3), delta=0.5", "A(2,3), A(2,3), delta=0.0"],
    "mse_loss": [*PAIR, "A(2,3), A(3)", "A(2), A(2), weight=P(2)"],
    "hinge_embedding_loss": [*SIGN, "A(2), V([1.0, -1.0]), 2.0"],
    "binary_cross_entropy": [
        "U(2,3), U(2,3)",
        "U(2,3), U(2,3), P(3), reduction='sum'",
        "V([0.0, 1.0]), V([0.0, 0.0]), reduction='none'",
        "A(3) * 3, U(3)",
        "U(2), U(3)",
    ],
    "binary_cross_entropy_with_logits": [
        "A(2,3), U(2,3)",
        "A(2,3), U(2,3), P(3), pos_weight=P(3)",
        "A(2,3), U(2,3), reduction='none'",
        "V([100.0, -100.0]), V([0.0, 1.0])",
        "A(2), U(3)",
    ],
    "cross_entropy": [
        "A(3,4), I(3, high=4)",
        "A(3,4), I(3, high=4), P(4), label_smoothing=0.1",
        "A(2,3,2), I(2,2, high=3), reduction='none'",
        "A(3,4), torch.tensor([0, -100, 1])",
        "A(3,4), U(3,4)",
        "A(4), torch.tensor(1)",
        "A(3,4), I(3, low=5, high=9)",
        "A(3,4), torch.tensor([-100, -100, -100])",
        "A(3,4), I(3, high=4), ignore_index=1, reduction='sum'",
        "A(3,4), I(2, high=4)",
    ],
    "nll_loss": [
        "A(3,4), I(3, high=4)",
        "A(3,4), I(3, high=4), P(4)",
        "A(2,3,2), I(2,2, high=3), reduction='none'",
        "A(3,4), I(3, high=4), ignore_index=1, reduction='sum'",
        "A(4), torch.tensor(1)",
        "A(3,4), I(3, low=5, high=9)",
        "A(0,4), I(0)",
    ],
    "kl_div": [
        "A(2,3), U(2,3)",
        "A(2,3), A(2,3), reduction='batchmean', log_target=True",
        "A(2,3), U(2,3), reduction='none'",
        "V([0.0, 1.0]), V([0.0, 1.0]), reduction='sum'",
    ],
    "poisson_nll_loss": [
        "A(2,3), P(2,3)",
        "P(2,3), P(2,3) + 1, log_input=False, full=True",
        "A(3), P(3), reduction='none'",
    ],
    "gaussian_nll_loss": [
        "A(2,3), A(2,3), P(2,3)",
        "A(2,3), A(2,3), P(2,1), full=True",
        "A(2,3), A(2,3), -P(2,3)",
        "A(2,3), A(2,3), 0.5",
    ],
    "margin_ranking_loss": [
        "A(3), A(3), V([1.0, -1.0, 1.0])",
        "A(3), A(3), V([1.0, -1.0, 1.0]), 0.5, reduction='none'",
    ],
    "cosine_embedding_loss": [
        "A(2,3), A(2,3), V([1.0, -1.0])",
        "A(2,3), A(2,3), V([1.0, -1.0]), 0.3, reduction='none'",
    ],
    "triplet_margin_loss": ["A(2,3), A(2,3), A(2,3)", "A(2,3), A(2,3), A(2,3), 2.0, 1.0, swap=True, reduction='none'"],
    "triplet_margin_with_distance_loss": ["A(2,3), A(2,3), A(2,3)", "A(2,3), A(2,3), A(2,3), swap=True"],
    "multi_margin_loss": ["A(3,4), I(3, high=4)", "A(3,4), I(3, high=4), 2, 0.5, P(4)", "A(4), torch.tensor(1)"],
    "multilabel_margin_loss": [
        "A(2,3), torch.tensor([[0, -1, 1], [2, 1, -1]])",
        "A(3), torch.tensor([1, -1, 0]), reduction='none'",
    ],
    "multilabel_soft_margin_loss": ["A(2,3), U(2,3)", "A(2,3), U(2,3), P(3), reduction='none'"],
    "ctc_loss": [
        "A(4,2,3).log_softmax(-1), torch.tensor([[1, 2], [2, 1]]), torch.tensor([4, 4]), torch.tensor([2, 1])",
        "A(4,2,3).log_softmax(-1), torch.tensor([[1, 2], [2, 1]]), (4, 3), (2, 2), 0, 'none', True",
    ],
    "scaled_dot_product_attention": [
        "A(1,2,3,4), A(1,2,3,4), A(1,2,3,4)",
        "A(1,3,4), A(1,2,4), A(1,2,4), B(3,2)",
        "A(3,4), A(3,4), A(3,4), is_causal=True",
        "A(1,3,4), A(1,2,4), A(1,2,4), A(3,2), scale=0.5",
        "A(1,4,2,4), A(1,2,3,4), A(1,2,3,4), enable_gqa=True",
    ],
    "gumbel_softmax": ["=F.gumbel_softmax(A(2,3), hard=True).sum(-1)"],
    "multi_head_attention_forward": [
        "A(3,1,4), A(3,1,4), A(3,1,4), 4, 2, A(12,4), A(12), None, None, False, 0.0, A(4,4), A(4)"
    ],
    "rms_norm": TWINS["rms_norm"],
}
INPLACE = {
    **each("relu_ selu_ celu_ elu_ leaky_relu_ hardtanh_", ["A(2,3)", "A(3,2).mT"]),
    "threshold_": ["A(2,3), 0.5, 2.0"],
    "rrelu_": ["A(2,3)"],
}

TABLES = [
    {"namespace": "", "cases": TOP_LEVEL},
    {"namespace": "nn.functional", "cases": FUNCTIONAL},
    {"namespace": "nn.functional", "cases": INPLACE},
]
