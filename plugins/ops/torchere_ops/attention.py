"""Scaled dot-product attention."""

from __future__ import annotations

from math import sqrt

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError
from torchere.operators import composite

from .matmul import matmul

__all__ = ["scaled_dot_product_attention"]


def _check_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None,
    dropout_p: float,
    is_causal: bool,
    enable_gqa: bool,
) -> None:
    tensors = (query, key, value)
    if any(tensor.ndim < 2 for tensor in tensors):
        raise ShapeError(
            "Expected query, key, and value to all be at least 2 dimensional, but got query.dim: "
            f"{query.ndim} key.dim: {key.ndim} and value.dim: {value.ndim} instead in scaled_dot_product_attention()."
        )
    if not query.dtype.is_floating_point and not query.dtype.is_complex:
        raise DTypeError(
            f"expected scalar type Float but found {query.dtype}: scaled_dot_product_attention() takes floating point "
            "tensors. Convert first: query.float()."
        )
    if not query.dtype is key.dtype is value.dtype:
        raise DTypeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {query.dtype} key.dtype: "
            f"{key.dtype} and value.dtype: {value.dtype} instead in scaled_dot_product_attention()."
        )
    if attn_mask is not None:
        if is_causal:
            raise ShapeError(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True. "
                "Put the causal part into the mask."
            )
        if attn_mask.dtype not in (torchere.bool, torchere.float32) and attn_mask.dtype is not query.dtype:
            raise DTypeError(
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
                f"{attn_mask.dtype} and query.dtype: {query.dtype} instead."
            )
    if not 0 <= dropout_p <= 1:
        raise ShapeError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")
    if query.shape[-1] != key.shape[-1]:
        raise ShapeError(
            f"scaled_dot_product_attention(): Expected size for first two dimensions of batch2 tensor to be: query has "
            f"{query.shape[-1]} features, key has {key.shape[-1]} (shapes {tuple(query.shape)}, {tuple(key.shape)})."
        )
    if key.shape[-2] != value.shape[-2]:
        raise ShapeError(
            f"scaled_dot_product_attention(): Expected size for first two dimensions of batch2 tensor to be: key has "
            f"{key.shape[-2]} rows, value has {value.shape[-2]} (shapes {tuple(key.shape)}, {tuple(value.shape)})."
        )
    if enable_gqa and (query.ndim < 3 or query.shape[-3] % key.shape[-3] or query.shape[-3] % value.shape[-3]):
        raise ShapeError(
            "Number of heads in key and value must divide the number of heads in query: "
            f"scaled_dot_product_attention(enable_gqa=True) got shapes {tuple(query.shape)}, {tuple(key.shape)}, "
            f"{tuple(value.shape)}."
        )


@composite(namespace="nn.functional")
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """``softmax(query @ key.T * scale + mask) @ value`` over the last two dimensions.

    Shape: query ``(*, l, e)``, key ``(*, s, e)``, value ``(*, s, v)``, result ``(*, l, v)``; leading dimensions
    broadcast, with `enable_gqa` groups of query heads (dimension -3) share the heads of key and value. `attn_mask`
    broadcasts to ``(*, l, s)``: a bool mask keeps what is True, a floating one is added. `is_causal` keeps position
    ``s <= l``. A row with nothing kept gives zeros. `scale` is ``1 / sqrt(e)`` by default. `dropout_p` is applied to
    the weights always: pass 0 in evaluation.
    Source: Vaswani et al., arXiv:1706.03762, equation 1.
    """
    _check_attention(query, key, value, attn_mask, dropout_p, is_causal, enable_gqa)
    if enable_gqa:
        key, value = (
            x.repeat_interleave(query.shape[-3] // x.shape[-3], -3) if x.shape[-3] != query.shape[-3] else x
            for x in (key, value)
        )
    factor = 1 / sqrt(max(query.shape[-1], 1)) if scale is None else scale
    scores = matmul(query * factor, key.transpose(-2, -1))
    masked = attn_mask is not None or is_causal
    if is_causal:
        rows, columns = query.shape[-2], key.shape[-2]
        attn_mask = torchere.ones(rows, columns, dtype=torchere.bool, device=query.device).tril()
    if attn_mask is not None:
        if attn_mask.dtype is torchere.bool:
            scores = torchere.where(attn_mask, scores, -float("inf"))
        else:
            scores = scores + attn_mask.to(scores.dtype)
    if masked and not is_causal:
        # A row of -inf alone is 0/0 in the softmax and its gradient; PyTorch defines both as zero.
        hidden = (scores == -float("inf")).all(-1, keepdim=True)
        weights = scores.masked_fill(hidden, 0.0).softmax(-1).masked_fill(hidden, 0.0)
    else:
        weights = scores.softmax(-1)
    if dropout_p > 0:
        weights = torchere.dropout(weights, dropout_p, True)
    return matmul(weights, value)
