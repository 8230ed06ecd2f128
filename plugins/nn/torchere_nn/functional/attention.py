"""Multi-head attention as a function of its weights."""

from __future__ import annotations

import math
import warnings
from typing import Any

import torchere as torch
from torchere import Tensor

from .dropout import dropout
from .lookup import operator_function

__all__ = ["additive_mask", "multi_head_attention_forward"]


def additive_mask(
    mask: Tensor | None,
    name: str,
    other: Tensor | None,
    other_name: str,
    dtype: Any,
    check_other: bool = True,
) -> Tensor | None:
    """``mask`` in the form that is added to scores: a boolean one becomes -inf where True, 0 elsewhere.

    Raises AssertionError for an integer mask; warns if ``other`` is of the other kind.
    """
    if mask is None:
        return None
    if mask.dtype != torch.bool and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {name} are supported, got {mask.dtype}")
    if check_other and other is not None and other.dtype != mask.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=3,
        )
    if mask.is_floating_point():
        return mask
    return torch.zeros_like(mask, dtype=dtype).masked_fill_(mask, float("-inf"))


def _check_shapes(
    query: Tensor, key: Tensor, value: Tensor, padding: Tensor | None, mask: Tensor | None, heads: int
) -> bool:
    """Whether the operands have a batch axis. Raises AssertionError for dimensions that do not go together."""
    dimensions = query.dim()
    if dimensions not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {dimensions}-D query tensor"
        )
    if key.dim() != dimensions or value.dim() != dimensions:
        raise AssertionError(
            f"For {'batched (3-D)' if dimensions == 3 else 'unbatched (2-D)'} `query`, expected `key` and `value` to "
            f"be {dimensions}-D but found {key.dim()}-D and {value.dim()}-D tensors respectively"
        )
    if padding is not None and padding.dim() != dimensions - 1:
        raise AssertionError(
            f"expected `key_padding_mask` to be `None` or {dimensions - 1}-D but found {padding.dim()}-D tensor instead"
        )
    if mask is not None and mask.dim() not in (2, 3):
        raise AssertionError(f"expected `attn_mask` to be `None`, 2-D or 3-D but found {mask.dim()}-D tensor instead")
    if dimensions == 2 and mask is not None and mask.dim() == 3:
        wanted = (heads, query.shape[0], key.shape[0])
        if tuple(mask.shape) != wanted:
            raise AssertionError(f"Expected `attn_mask` shape to be {wanted} but got {tuple(mask.shape)}")
    return dimensions == 3


def _project_packed(
    query: Tensor, key: Tensor, value: Tensor, weight: Tensor, bias: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Query, key and value times their thirds of the packed weight, in as few products as they are tensors."""
    linear = operator_function("linear")
    size = query.size(-1)
    if query is key and key is value:
        return linear(query, weight, bias).chunk(3, -1)
    if key is value:
        biases = (None, None) if bias is None else (bias[:size], bias[size:])
        q = linear(query, weight[:size], biases[0])
        k, v = linear(key, weight[size:], biases[1]).chunk(2, -1)
        return q, k, v
    weights = weight.chunk(3)
    parts = (None, None, None) if bias is None else bias.chunk(3)
    return tuple(linear(x, w, b) for x, w, b in zip((query, key, value), weights, parts, strict=True))


def _project_separately(
    operands: tuple[Tensor, Tensor, Tensor], weights: tuple[Tensor | None, ...], bias: Tensor | None
) -> tuple[Tensor, ...]:
    linear = operator_function("linear")
    for weight, name in zip(weights, "qkv", strict=True):
        if weight is None:
            raise AssertionError(f"use_separate_proj_weight is True but {name}_proj_weight is None")
    parts = (None, None, None) if bias is None else bias.chunk(3)
    return tuple(linear(x, w, b) for x, w, b in zip(operands, weights, parts, strict=True))


def _by_head(tensor: Tensor, batch: int, heads: int, head_dim: int) -> Tensor:
    """``(length, batch, heads · head_dim)`` to ``(batch · heads, length, head_dim)``."""
    return tensor.reshape(tensor.shape[0], batch * heads, head_dim).transpose(0, 1)


def _given(static: Tensor, name: str, rows: int, head_dim: int) -> Tensor:
    if static.size(0) != rows or static.size(2) != head_dim:
        raise AssertionError(f"expecting {name} of shape ({rows}, S, {head_dim}), but got {tuple(static.shape)}")
    return static


def _pad_one(mask: Tensor | None) -> Tensor | None:
    """A mask with one more key, which is allowed."""
    return None if mask is None else operator_function("pad")(mask, (0, 1))


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Multi-head attention; see :class:`torchere.nn.MultiheadAttention` for the meaning of the arguments.

    Shape: query ``(L, N, E)``, key and value ``(S, N, ·)``, or without ``N``; result ``(L, N, E)`` and, with
    ``need_weights``, the weights ``(N, L, S)`` (``(N, heads, L, S)`` without ``average_attn_weights``).
    Raises AssertionError or RuntimeError for shapes that do not go together. Source: Vaswani et al. 2017.
    """
    batched = _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        same_kv, same_qk = value is key, key is query
        query = query.unsqueeze(1)
        key = query if same_qk else key.unsqueeze(1)
        value = key if same_kv else value.unsqueeze(1)
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    target, batch, embed_dim = query.shape
    if embed_dim != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {embed_dim}")
    head_dim = embed_dim // num_heads
    if head_dim * num_heads != embed_dim:
        raise AssertionError(f"embed_dim {embed_dim} not divisible by num_heads {num_heads}")
    if use_separate_proj_weight:
        if key.shape[:2] != value.shape[:2]:
            raise AssertionError(
                f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}"
            )
    elif key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")

    key_padding_mask = additive_mask(key_padding_mask, "key_padding_mask", attn_mask, "attn_mask", query.dtype)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint: pass the causal mask too, see "
            "Transformer.generate_square_subsequent_mask"
        )
    if is_causal and key_padding_mask is None and not need_weights:
        # The fused kernel makes the causal mask itself.
        attn_mask = None
    else:
        attn_mask = additive_mask(attn_mask, "attn_mask", None, "", query.dtype, check_other=False)
        is_causal = is_causal and key_padding_mask is None and attn_mask is None
    if attn_mask is not None:
        wanted = (target, key.shape[0]) if attn_mask.dim() == 2 else (batch * num_heads, target, key.shape[0])
        if tuple(attn_mask.shape) != wanted:
            raise RuntimeError(
                f"The shape of the {attn_mask.dim()}D attn_mask is {tuple(attn_mask.shape)}, but should be {wanted}."
            )
        if attn_mask.dim() == 2:
            attn_mask = attn_mask.unsqueeze(0)

    if use_separate_proj_weight:
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
        q, k, v = _project_separately((query, key, value), weights, in_proj_bias)
    else:
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        q, k, v = _project_packed(query, key, value, in_proj_weight, in_proj_bias)

    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            raise AssertionError("bias_k and bias_v cannot be added to static key or value.")
        k = torch.cat([k, bias_k.repeat(1, batch, 1)])
        v = torch.cat([v, bias_v.repeat(1, batch, 1)])
        attn_mask, key_padding_mask = _pad_one(attn_mask), _pad_one(key_padding_mask)
    elif bias_k is not None or bias_v is not None:
        raise AssertionError("bias_k and bias_v must be given together")

    rows = batch * num_heads
    q = _by_head(q, batch, num_heads, head_dim)
    k = _by_head(k, batch, num_heads, head_dim) if static_k is None else _given(static_k, "static_k", rows, head_dim)
    v = _by_head(v, batch, num_heads, head_dim) if static_v is None else _given(static_v, "static_v", rows, head_dim)
    if add_zero_attn:
        zeros = torch.zeros((rows, 1, head_dim), dtype=k.dtype, device=k.device)
        k, v = torch.cat([k, zeros], dim=1), torch.cat([v, zeros], dim=1)
        attn_mask, key_padding_mask = _pad_one(attn_mask), _pad_one(key_padding_mask)
    source = k.size(1)

    if key_padding_mask is not None:
        if tuple(key_padding_mask.shape) != (batch, source):
            raise AssertionError(
                f"expecting key_padding_mask shape of {(batch, source)}, but got {tuple(key_padding_mask.shape)}"
            )
        padding = key_padding_mask.reshape(batch, 1, 1, source).expand(batch, num_heads, 1, source)
        padding = padding.reshape(rows, 1, source)
        attn_mask = padding if attn_mask is None else attn_mask + padding
    if not training:
        dropout_p = 0.0

    if need_weights:
        scores = (q * math.sqrt(1.0 / head_dim)).bmm(k.transpose(-2, -1))
        if attn_mask is not None:
            scores = scores + attn_mask
        attention = scores.softmax(-1)
        if dropout_p > 0.0:
            attention = dropout(attention, p=dropout_p)
        output = attention.bmm(v)
    else:
        if attn_mask is not None:
            if attn_mask.size(0) == 1:
                attn_mask = attn_mask.unsqueeze(0)
            else:
                attn_mask = attn_mask.reshape(batch, num_heads, -1, source)
        output = operator_function("scaled_dot_product_attention")(
            q.reshape(batch, num_heads, target, head_dim),
            k.reshape(batch, num_heads, source, head_dim),
            v.reshape(batch, num_heads, source, head_dim),
            attn_mask,
            dropout_p,
            is_causal,
        ).reshape(rows, target, head_dim)
    output = output.transpose(0, 1).reshape(target, batch, embed_dim)
    output = operator_function("linear")(output, out_proj_weight, out_proj_bias)
    if not batched:
        output = output.squeeze(1)
    if not need_weights:
        return output, None
    attention = attention.reshape(batch, num_heads, target, source)
    if average_attn_weights:
        attention = attention.mean(dim=1)
    return output, attention if batched else attention.squeeze(0)
