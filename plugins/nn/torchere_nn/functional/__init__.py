"""``torchere.nn.functional``: the operators of this namespace, and functions around them.

Names not defined in this package are the operators declared with ``namespace="nn.functional"``, whichever plugin
declares them. The functions here are those whose signature differs from the operator's: an ``inplace`` flag, an
implicit axis, a choice between one result and two.
"""

from __future__ import annotations

from typing import Any

import torchere as torch

from .activation import (
    celu,
    celu_,
    elu,
    elu_,
    gumbel_softmax,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    log_softmax,
    mish,
    relu,
    relu6,
    relu_,
    rrelu,
    rrelu_,
    selu,
    selu_,
    sigmoid,
    silu,
    softmax,
    softmin,
    tanh,
    threshold,
    threshold_,
)
from .attention import multi_head_attention_forward
from .deprecated_resampling import upsample, upsample_bilinear, upsample_nearest
from .dropout import alpha_dropout, dropout, feature_alpha_dropout
from .linear_cross_entropy import linear_cross_entropy
from .margin_loss import (
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    triplet_margin_with_distance_loss,
)
from .scaled_products import ScalingType, SwizzleType, grouped_mm, scaled_grouped_mm, scaled_mm

#: The functions of this package; the operators of the namespace come on top.
_OWN = (
    ScalingType,
    SwizzleType,
    alpha_dropout,
    celu,
    celu_,
    dropout,
    elu,
    elu_,
    feature_alpha_dropout,
    grouped_mm,
    gumbel_softmax,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    linear_cross_entropy,
    log_softmax,
    mish,
    multi_head_attention_forward,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    relu,
    relu6,
    relu_,
    rrelu,
    rrelu_,
    scaled_grouped_mm,
    scaled_mm,
    selu,
    selu_,
    sigmoid,
    silu,
    softmax,
    softmin,
    tanh,
    threshold,
    threshold_,
    triplet_margin_with_distance_loss,
    upsample,
    upsample_bilinear,
    upsample_nearest,
)


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return sorted({*(function.__name__ for function in _OWN), *torch.operators.names_of("nn.functional")})
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    function = torch.operators.function("nn.functional", name)
    # Operators stay the same object when kernels come and go, so the name is looked up once.
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *torch.operators.names_of("nn.functional")})
