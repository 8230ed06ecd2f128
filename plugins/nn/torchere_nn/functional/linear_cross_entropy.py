"""Cross entropy of a linear map's output, also without ever holding all logits."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

import torchere as torch
from torchere import Tensor

__all__ = ["LinearCrossEntropyOptions", "linear_cross_entropy"]

_METHOD = re.compile(r"auto|aspect_ratio:[1-9][0-9]*")
_POLICIES = ("accurate", "balanced", "compact", "auto")


@dataclass(frozen=True)
class LinearCrossEntropyOptions:
    """How :func:`linear_cross_entropy` goes through the batch in chunks, so that ``(N, C)`` logits never exist at once.

    ``batch_chunk_size`` is the number of rows of a chunk. Without it ``chunking_method`` chooses:
    ``"aspect_ratio:R"`` takes as many rows as make the logits of a chunk ``R`` times as large as the input, ``"auto"``
    is ``"aspect_ratio:2"``, None is one chunk. ``acc_dtype`` is the dtype that half-precision gradients of the weight
    are summed in (float32 unless ``acc_policy="compact"``). ``allow_retain_graph`` is accepted: logits are recomputed
    in every backward pass, so the graph can be kept anyway.

    Raises ValueError for values out of range.
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None

    def __post_init__(self) -> None:
        size = self.batch_chunk_size
        if size is not None and (not isinstance(size, int) or size <= 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size}")
        if self.chunking_method is not None and not _METHOD.fullmatch(str(self.chunking_method)):
            raise ValueError(
                f"invalid chunking_method: {self.chunking_method!r}. It is 'auto', 'aspect_ratio:R' with a positive "
                "number R, or None"
            )
        if self.acc_policy not in _POLICIES:
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}. It is one of {', '.join(_POLICIES)}")
        dtypes = (None, torch.float16, torch.bfloat16, torch.float32, torch.float64)
        if self.acc_dtype not in dtypes:
            raise ValueError(
                f"acc_dtype must be one of {{None, torch.float16, torch.bfloat16, torch.float32, torch.float64}}, got "
                f"{self.acc_dtype}. Pass acc_dtype=None to let the op pick automatically."
            )

    def chunk_size(self, batch: int, features: int, classes: int) -> int:
        """Rows of one chunk for an input ``(batch, features)``."""
        if self.batch_chunk_size is not None:
            return self.batch_chunk_size
        if self.chunking_method is None:
            return max(1, batch)
        ratio = 2 if self.chunking_method == "auto" else int(self.chunking_method.partition(":")[2])
        return max(1, -(-batch * features * ratio // max(1, classes)))

    def accumulator(self, dtype: Any) -> Any:
        """The dtype in which gradients of a weight of `dtype` are summed."""
        half = dtype in (torch.float16, torch.bfloat16)
        if self.acc_dtype is None:
            return torch.float32 if half and self.acc_policy != "compact" else dtype
        if self.acc_dtype is not dtype and not (half and self.acc_dtype is torch.float32):
            raise RuntimeError(
                f"linear_cross_entropy supports float32 acc_dtype with float16/bfloat16 inputs, but got "
                f"{self.acc_dtype} acc_dtype and {dtype} inputs."
            )
        return self.acc_dtype


class _Chunked(torch.autograd.Function):
    """The loss over chunks of the batch; backward computes each chunk's logits again."""

    @staticmethod
    def forward(
        ctx: Any,
        input: Tensor,
        linear_weight: Tensor,
        linear_bias: Tensor | None,
        target: Tensor,
        weight: Tensor | None,
        reduction: str,
        ignore_index: int,
        rows: int,
        accumulator: Any,
    ) -> Tensor:
        losses = [
            torch.nn.functional.cross_entropy(
                torch.nn.functional.linear(part, linear_weight, linear_bias),
                part_target,
                weight,
                ignore_index=ignore_index,
                reduction="none",
            )
            for part, part_target in zip(input.split(rows), target.split(rows), strict=True)
        ]
        loss = torch.cat(losses)
        kept = target != ignore_index
        scale = None
        if reduction == "mean":
            counts = kept if weight is None else weight[target.masked_fill(~kept, 0)].masked_fill(~kept, 0.0)
            scale = counts.sum().to(loss.dtype)
        ctx.save_for_backward(input, linear_weight, linear_bias, target, weight, scale)
        ctx.settings = (reduction, ignore_index, rows, accumulator)
        if reduction == "none":
            return loss
        return loss.sum() if scale is None else loss.sum() / scale

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        input, linear_weight, linear_bias, target, weight, scale = ctx.saved_tensors
        _, ignore_index, rows, accumulator = ctx.settings
        grads = (grad if scale is None else grad / scale).expand(target.shape)
        weight_grad = torch.zeros_like(linear_weight, dtype=accumulator)
        bias_grad = None if linear_bias is None else torch.zeros_like(linear_bias, dtype=accumulator)
        input_grads = []
        for part, part_target, part_grad in zip(input.split(rows), target.split(rows), grads.split(rows), strict=True):
            logits = torch.nn.functional.linear(part, linear_weight, linear_bias)
            kept = part_target != ignore_index
            classes = part_target.masked_fill(~kept, 0)
            factor = part_grad if weight is None else part_grad * weight[classes]
            factor = factor.masked_fill(~kept, 0.0).unsqueeze(1)
            by_logits = logits.softmax(1) * factor
            by_logits = by_logits.scatter_add(1, classes.unsqueeze(1), -factor)
            input_grads.append(by_logits @ linear_weight)
            weight_grad += by_logits.T.to(accumulator) @ part.to(accumulator)
            if bias_grad is not None:
                bias_grad += by_logits.sum(0).to(accumulator)
        return (
            torch.cat(input_grads),
            weight_grad.to(linear_weight.dtype),
            None if bias_grad is None else bias_grad.to(linear_bias.dtype),
            *(None,) * 6,
        )


def _check(input: Tensor, linear_weight: Tensor, linear_bias: Tensor | None) -> None:
    if linear_weight.dim() < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {linear_weight.dim()}")
    if input.dim() not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.dim()}")
    if input.shape[-1] != linear_weight.shape[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{input.shape[-1]} and {linear_weight.shape[-1]}, respectively"
        )
    if linear_weight.dim() > 2 and input.dim() == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires batched input, "
            f"(N, {input.shape[0]}), got unbatched input with shape {tuple(input.shape)}"
        )
    if linear_bias is not None and linear_bias.shape != linear_weight.shape[:-1]:
        raise RuntimeError(
            f"expected linear_bias shape {tuple(linear_weight.shape[:-1])}, got {tuple(linear_bias.shape)}"
        )


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> Tensor:
    """``cross_entropy(linear(input, linear_weight, linear_bias), target, weight, …)``.

    Shape: input ``(N, in)`` or ``(in,)``, linear_weight ``(C, *d, in)`` and linear_bias ``(C, *d)``; target as in
    ``cross_entropy`` for logits ``(N, C, *d)``. ``ignore_index`` None is -100 for classes, and the only value allowed
    for probabilities. With ``options`` the batch is gone through in chunks and second derivatives are not defined;
    what chunks do not support (label smoothing, probabilities, ``*d``) is computed at once, with a warning.

    Raises RuntimeError for shapes and dtypes that do not fit, ValueError for an unknown reduction.
    """
    _check(input, linear_weight, linear_bias)
    classes = not target.is_floating_point()
    if ignore_index is not None and not classes and ignore_index >= 0:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    ignored = -100 if ignore_index is None else ignore_index
    more = tuple(linear_weight.shape[1:-1])
    if options is not None:
        accumulator = options.accumulator(linear_weight.dtype)
        chunkable = (
            reduction in ("mean", "sum", "none") and not label_smoothing and target.dtype is torch.int64 and not more
        )
        if chunkable and input.dim() == 2 and target.shape == input.shape[:1] and input.shape[0] > 0:
            rows = options.chunk_size(*input.shape, linear_weight.shape[0])
            return _Chunked.apply(
                input, linear_weight, linear_bias, target, weight, reduction, ignored, rows, accumulator
            )
        if not chunkable:
            warnings.warn(
                "linear_cross_entropy: ``options`` ignored; chunked path needs reduction in {'mean','sum','none'}, "
                "label_smoothing == 0, target.dtype == int64, out_features == (). Got "
                f"reduction={reduction!r}, label_smoothing={label_smoothing}, target.dtype={target.dtype}, "
                f"out_features={more}",
                stacklevel=2,
            )
    flat_bias = None if linear_bias is None else linear_bias.reshape(-1)
    logits = torch.nn.functional.linear(input, linear_weight.reshape(-1, linear_weight.shape[-1]), flat_bias)
    if more:
        logits = logits.reshape(input.shape[0], linear_weight.shape[0], *more)
    return torch.nn.functional.cross_entropy(
        logits, target, weight, ignore_index=ignored, reduction=reduction, label_smoothing=label_smoothing
    )
