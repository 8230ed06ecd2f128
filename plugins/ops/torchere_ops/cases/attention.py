"""Cases of scaled dot-product attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

inf = float("inf")


def _attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Array:
    if enable_gqa:
        key, value = (np.repeat(x, query.shape[-3] // x.shape[-3], axis=-3) for x in (key, value))
    scores = query @ np.swapaxes(key, -1, -2) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = np.tril(np.ones(scores.shape[-2:], bool))
    if attn_mask is not None:
        scores = np.where(attn_mask, scores, -inf) if attn_mask.dtype == bool else scores + attn_mask
    top = scores.max(axis=-1, keepdims=True, initial=-inf)
    weights = np.exp(scores - np.where(np.isfinite(top), top, 0))
    total = weights.sum(axis=-1, keepdims=True)
    return weights / np.where(total == 0, 1, total) @ value


_MASK = Values([[True, False, True, True], [False, False, False, False], [True, True, True, True]], dtype="bool")
_ADDED = Values([[0.0, -inf, 1.0, 0.5], [0.25, 0.0, -1.0, 0.0], [-inf, -inf, -inf, -inf]], gradient=False)
_QKV = (A(2, 2, 3, 4), A(2, 2, 4, 4), A(2, 2, 4, 5))

CASES = [
    Case("scaled_dot_product_attention", *_QKV, reference=_attention, dtypes=WIDE_FLOATING),
    Case("scaled_dot_product_attention", *_QKV, is_causal=True, reference=_attention, dtypes=WIDE_FLOATING),
    Case("scaled_dot_product_attention", *_QKV, scale=0.7, reference=_attention, dtypes=WIDE_FLOATING),
    Case("scaled_dot_product_attention", *_QKV, attn_mask=_MASK, reference=_attention, dtypes=WIDE_FLOATING),
    Case("scaled_dot_product_attention", *_QKV, attn_mask=_ADDED, reference=_attention, dtypes=WIDE_FLOATING),
    Case("scaled_dot_product_attention", *_QKV, A(3, 4), reference=_attention, dtypes=WIDE_FLOATING),
    Case("scaled_dot_product_attention", A(3, 4), A(4, 4), A(4, 5), reference=_attention, dtypes=WIDE_FLOATING),
    Case(
        "scaled_dot_product_attention",
        A(4, 3, 4),
        A(2, 4, 4),
        A(2, 4, 5),
        enable_gqa=True,
        reference=_attention,
        dtypes=WIDE_FLOATING,
    ),
    Case(
        "scaled_dot_product_attention", A(2, 0, 4), A(2, 4, 4), A(2, 4, 5), reference=_attention, dtypes=WIDE_FLOATING
    ),
    Case(
        "scaled_dot_product_attention",
        *_QKV,
        dropout_p=1.0,
        reference=lambda q, k, v, dropout_p: np.zeros((2, 2, 3, 5)),
        dtypes=WIDE_FLOATING,
    ),
]

ERRORS = [
    ErrorCase(
        "scaled_dot_product_attention", A(8), A(5, 8), A(5, 6), raises=RuntimeError, match="at least 2 dimensional"
    ),
    ErrorCase(
        "scaled_dot_product_attention", A(4, 8), A(5, 6), A(5, 6), raises=RuntimeError, match="query has 8 features"
    ),
    ErrorCase("scaled_dot_product_attention", A(4, 8), A(5, 8), A(3, 6), raises=RuntimeError, match="value has 3"),
    ErrorCase(
        "scaled_dot_product_attention",
        A(4, 8),
        A(5, 8),
        A(5, 6),
        A(4, 5),
        is_causal=True,
        raises=RuntimeError,
        match="attn_mask should not be set",
    ),
    ErrorCase(
        "scaled_dot_product_attention",
        A(4, 8),
        A(5, 8),
        A(5, 6),
        A(4, 5, dtype="int32"),
        raises=RuntimeError,
        match="attn_mask dtype",
    ),
    ErrorCase(
        "scaled_dot_product_attention",
        A(4, 8),
        A(5, 8),
        A(5, 6),
        dropout_p=1.5,
        raises=RuntimeError,
        match="between 0 and 1",
    ),
    ErrorCase(
        "scaled_dot_product_attention",
        A(4, 8),
        A(5, 8, dtype="float64"),
        A(5, 6),
        raises=RuntimeError,
        match="same dtype",
    ),
    ErrorCase(
        "scaled_dot_product_attention",
        A(4, 8),
        A(5, 8),
        A(5, 6),
        raises=RuntimeError,
        match="scalar type Float",
        dtype="int64",
    ),
    ErrorCase(
        "scaled_dot_product_attention",
        A(5, 4, 8),
        A(3, 5, 8),
        A(3, 5, 6),
        enable_gqa=True,
        raises=RuntimeError,
        match="Number of heads",
    ),
]
