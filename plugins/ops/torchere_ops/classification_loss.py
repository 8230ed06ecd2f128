"""Losses of classification: negative log likelihood, cross entropy, binary cross entropy, divergence.

`reduction` is ``"mean"``, ``"sum"`` or ``"none"``; `size_average` and `reduce` are its deprecated forms.
"""

from __future__ import annotations

import warnings

import torchere
from torchere import Tensor
from torchere.dtype_sets import FLOATING
from torchere.errors import ArgumentError, DimensionError, DTypeError, ShapeError
from torchere.operators import operator
from torchere_ops.activation import logsigmoid
from torchere_ops.anywhere import anywhere
from torchere_ops.loss_reduction import chosen_reduction, reduced, require_reduction
from torchere_ops.selection import choose

from .operand_kinds import require_dtypes

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_terms",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "kl_div",
    "nll_loss",
    "pick_class",
    "row_cross_entropy",
    "row_cross_entropy_backward",
    "spread_class",
]


def _safe(target: Tensor, ignore_index: int) -> Tensor:
    """`target` as int64 with ignored classes replaced by class 0."""
    target = target.to(torchere.int64)
    return choose(target == ignore_index, 0, target)


def _check_range(input: Tensor, target: Tensor, ignore_index: int, reduction: str = "mean") -> None:
    """IndexError for a class that does not exist; kernels look for themselves."""
    classes = input.shape[1]
    wrong = (target != ignore_index) & ((target < 0) | (target >= classes))
    if anywhere(wrong):
        found = target[wrong][0].item()
        raise DimensionError(f"Target {found} is out of bounds. There are {classes} classes, counted from 0.")
    require_reduction(reduction)


@operator(namespace=(), out=False, check_late=_check_range)
def pick_class(input: Tensor, target: Tensor, ignore_index: int) -> Tensor:
    """The score of each target class: ``(N, C, *)`` at ``(N, *)`` gives ``(N, *)``, 0 where ignored.

    IndexError: a class outside ``0 … C-1`` that is not `ignore_index`.
    """
    picked = input.gather(1, _safe(target, ignore_index).unsqueeze(1)).squeeze(1)
    return choose(target == ignore_index, 0, picked)


@operator(namespace=(), out=False)
def spread_class(grad: Tensor, target: Tensor, ignore_index: int, classes: int) -> Tensor:
    """The adjoint of `pick_class`: ``(N, *)`` at the target classes of zeros ``(N, C, *)``; ignored ones dropped."""
    kept = choose(target == ignore_index, 0, grad).unsqueeze(1)
    zeros = grad.new_zeros((target.shape[0], classes, *target.shape[1:]))
    return zeros.scatter(1, _safe(target, ignore_index).unsqueeze(1), kept)


pick_class.gradient(
    input=lambda grad, target, ignore_index, input_shape: spread_class(grad, target, ignore_index, input_shape[1])
)
spread_class.gradient(grad=lambda grad, target, ignore_index: pick_class(grad, target, ignore_index))


def _scaled(loss: Tensor, target: Tensor, ignore_index: int, reduction: str) -> Tensor:
    """Reduce one loss per row, the mean over the rows that are not ignored."""
    if reduction == "mean":
        return loss.sum() / (target != ignore_index).sum()
    return reduced(loss, reduction)


@operator(
    namespace=(),
    out=False,
    dtypes=FLOATING,
    outputs=("loss", "log_probabilities"),
    differentiable=(0,),
    check_late=_check_range,
)
def row_cross_entropy(input: Tensor, target: Tensor, ignore_index: int, reduction: str) -> tuple[Tensor, Tensor]:
    """Cross entropy of ``(N, C)`` scores with ``(N,)`` classes, reduced, and the log probabilities ``(N, C)``.

    The case of every classifier, apart so that a device can compute it in one kernel.
    """
    log_probabilities = input.log_softmax(1)
    loss = _scaled(-pick_class(log_probabilities, target, ignore_index), target, ignore_index, reduction)
    return loss, log_probabilities


@operator(namespace=(), out=False)
def row_cross_entropy_backward(
    grad: Tensor, input: Tensor, log_probabilities: Tensor, target: Tensor, ignore_index: int, reduction: str
) -> Tensor:
    """The gradient ``(N, C)`` of `row_cross_entropy`: softmax minus one-hot target, scaled by `grad`."""
    kept = target != ignore_index
    if reduction == "mean":
        grad = grad / kept.sum()
    rows = choose(kept, grad, 0)
    # From input, not from log_probabilities: those are an output, and second derivatives must see the input.
    return input.softmax(1) * rows.unsqueeze(1) - spread_class(rows, target, ignore_index, input.shape[1])


row_cross_entropy.gradient(
    input=lambda grad, input, log_probabilities, target, ignore_index, reduction: row_cross_entropy_backward(
        grad, input, log_probabilities, target, ignore_index, reduction
    )
)


def _check_classes(input: Tensor, target: Tensor, weight: Tensor | None, batched: bool) -> None:
    """PyTorch's errors for scores ``(N, C, *)`` (or ``(C,)``) and classes ``(N, *)`` (or ``()``)."""
    if target.dtype not in (torchere.int64, torchere.uint8):
        raise DTypeError(
            f"expected target dtype to be Long or Byte, but got {target.dtype}. Class indices are int64: target.long()."
        )
    if batched and (target.dim() == 0 or input.shape[0] != target.shape[0]):
        found = target.shape[0] if target.dim() else 1
        raise ArgumentError(
            f"Expected input batch_size ({input.shape[0]}) to match target batch_size ({found}). "
            f"input is {tuple(input.shape)}, target {tuple(target.shape)}."
        )
    if batched and tuple(target.shape) != (input.shape[0], *input.shape[2:]):
        if target.dim() != input.dim() - 1:
            raise ShapeError(
                f"0D or 1D target tensor expected, multi-target not supported: an input of {tuple(input.shape)} "
                f"goes with classes of {(input.shape[0], *input.shape[2:])}, not {tuple(target.shape)}."
            )
        raise ShapeError(
            f"Expected target size {[input.shape[0], *input.shape[2:]]}, got {list(target.shape)}. "
            f"The input is {tuple(input.shape)}: classes are its dimension 1."
        )
    classes = input.shape[1] if batched else input.shape[0]
    if weight is not None:
        if tuple(weight.shape) != (classes,):
            raise ShapeError(
                f"weight tensor should be defined either for all {classes} classes or no classes but got weight "
                f"tensor of shape: {list(weight.shape)}"
            )
        if weight.dtype is not input.dtype:
            raise DTypeError(f"expected scalar type {input.dtype} but found {weight.dtype} for weight.")


def _nll(log_probabilities: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str) -> Tensor:
    """Negative log likelihood of ``(N, C, *)`` at checked targets ``(N, *)``."""
    loss = -pick_class(log_probabilities, target, ignore_index)
    if weight is None:
        return _scaled(loss, target, ignore_index, reduction)
    weights = _class_weights(weight, target, ignore_index)
    loss = loss * weights
    return loss.sum() / weights.sum() if reduction == "mean" else reduced(loss, reduction)


def _class_weights(weight: Tensor, target: Tensor, ignore_index: int) -> Tensor:
    """The weight of each target's class, 0 where ignored."""
    weights = weight.detach().index_select(0, _safe(target, ignore_index).reshape(-1)).reshape(target.shape)
    return choose(target == ignore_index, 0, weights)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log probability ``input[n, target[n], …]`` of each target class, reduced.

    Shape: input ``(N, C, *)`` or ``(C,)``, target ``(N, *)`` or ``()`` of int64. `weight` ``(C,)`` weighs classes,
    also in the mean. Targets equal to `ignore_index` count as nothing; if all are, the mean is nan.
    IndexError: a class that does not exist. ValueError, RuntimeError: shapes or dtypes that do not fit.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    require_reduction(reduction)
    if input.dim() == 0:
        raise ArgumentError(f"Expected 1 or more dimensions (got {input.dim()}): nll_loss() takes (N, C, *) or (C,).")
    batched = input.dim() > 1
    require_dtypes("nll_loss_out_frame", input, FLOATING)
    _check_classes(input, target, weight, batched)
    if batched:
        return _nll(input, target, weight, ignore_index, reduction)
    return _unbatched(_nll(input.unsqueeze(0), target.reshape(1), weight, ignore_index, reduction), reduction)


def _unbatched(loss: Tensor, reduction: str) -> Tensor:
    return loss.reshape(()) if reduction == "none" else loss


@operator(namespace="nn.functional", out=False, same_dtype=False)
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross entropy of scores (logits), reduced: `nll_loss` of their `log_softmax` over the classes.

    Shape: input ``(N, C, *)`` or ``(C,)``; target ``(N, *)`` or ``()`` of int64 classes, or probabilities in the
    input's shape and a floating dtype (the mean is then over ``N * …`` elements, and `ignore_index` must not be set).
    `label_smoothing` in 0 … 1 mixes that share of the uniform distribution into the target (Szegedy et al. 2015).
    Raises as `nll_loss`.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if (
        weight is None
        and label_smoothing == 0
        and target.dtype is torchere.int64
        and len(input.shape) == 2
        and len(target.shape) == 1
        and input.shape[0] == target.shape[0]
    ):
        return row_cross_entropy(input, target, ignore_index, reduction)[0]
    require_reduction(reduction)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if input.dim() == 0:
        raise ArgumentError("Expected 1 or more dimensions (got 0): cross_entropy() takes (N, C, *) or (C,).")
    if input.shape == target.shape and target.dtype.is_floating_point:
        return _cross_entropy_of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    batched = input.dim() > 1
    _check_classes(input, target, weight, batched)
    if not batched:
        input, target = input.unsqueeze(0), target.reshape(1)
    log_probabilities = input.log_softmax(1)
    loss = _nll(log_probabilities, target, weight, ignore_index, reduction)
    if label_smoothing:
        uniform = _uniform_loss(log_probabilities, target, weight, ignore_index, reduction)
        loss = loss * (1 - label_smoothing) + uniform * (label_smoothing / input.shape[1])
    return loss if batched else _unbatched(loss, reduction)


def _along_classes(weight: Tensor, input: Tensor) -> Tensor:
    """`weight` ``(C,)`` shaped to be broadcast along dimension 1 of `input`."""
    return weight.reshape([-1 if i == 1 else 1 for i in range(input.dim())])


def _uniform_loss(
    log_probabilities: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str
) -> Tensor:
    """C times the cross entropy with the uniform distribution over the C classes."""
    weighted = log_probabilities if weight is None else log_probabilities * _along_classes(weight, log_probabilities)
    loss = choose(target == ignore_index, 0, -weighted.sum(1))
    if reduction == "mean" and weight is not None:
        return loss.sum() / _class_weights(weight, target, ignore_index).sum()
    return _scaled(loss, target, ignore_index, reduction)


def _cross_entropy_of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, label_smoothing: float
) -> Tensor:
    if ignore_index >= 0:
        raise RuntimeError(
            f"ignore_index is not supported for floating point target. ignore_index is {ignore_index}; "
            "give ignored positions the probability 0 for every class instead."
        )
    axis = 1 if input.dim() > 1 else 0
    classes = input.shape[axis]
    if weight is not None and tuple(weight.shape) != (classes,):
        raise ShapeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes but got "
            f"weight tensor of shape: {list(weight.shape)}"
        )
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    terms = input.log_softmax(axis) * target
    if weight is not None:
        terms = terms * (_along_classes(weight, input) if axis else weight)
    if reduction == "mean":
        return -terms.sum() / (input.numel() // classes if classes else 0)
    return reduced(-terms.sum(axis), reduction)


def _check_probabilities(input: Tensor, target: Tensor) -> None:
    if not ((input >= 0) & (input <= 1)).all():
        raise RuntimeError("all elements of input should be between 0 and 1. Apply torch.sigmoid first, or use logits.")


@operator(namespace=(), promote="same", dtypes=FLOATING, check_late=_check_probabilities)
def binary_cross_entropy_terms(input: Tensor, target: Tensor) -> Tensor:
    """``-target * log(input) - (1 - target) * log(1 - input)``, each logarithm at least -100.

    RuntimeError: an input outside 0 … 1.
    """
    return (target - 1) * (-input).log1p().clamp_min(-100) - target * input.log().clamp_min(-100)


binary_cross_entropy_terms.gradient(
    input=lambda grad, input, target: grad * (input - target) / ((1 - input) * input).clamp_min(1e-12),
    target=lambda grad, input: grad * ((-input).log1p() - input.log()),
)


def _weighted_mean(loss: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    return reduced(loss if weight is None else loss * weight, reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Cross entropy of probabilities `input` with probabilities `target`, reduced; logarithms are at least -100.

    `weight` broadcasts against the target. ValueError: unequal shapes. RuntimeError: dtypes differ, or an input is
    outside 0 … 1.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ArgumentError(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. "
            "Please ensure they have the same size."
        )
    if target.dtype is not input.dtype:
        raise DTypeError(f"Found dtype {target.dtype} but expected {input.dtype}. Convert: target.to(input.dtype).")
    return _weighted_mean(binary_cross_entropy_terms(input, target), weight, reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """`binary_cross_entropy` of ``sigmoid(input)`` without overflow, reduced.

    `pos_weight` weighs the positive part, `weight` everything; both broadcast. ValueError: unequal shapes.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ArgumentError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    log_sigmoid = logsigmoid(input)
    if pos_weight is not None:
        log_sigmoid = ((pos_weight - 1) * target + 1) * log_sigmoid
    return _weighted_mean((1 - target) * input - log_sigmoid, weight, reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Kullback-Leibler divergence ``target * (log(target) - input)``, `input` being log probabilities; reduced.

    With `log_target` the target is a logarithm, too. ``reduction="batchmean"`` divides the sum by the batch size, which
    is the divergence; ``"mean"`` divides by the number of elements and warns.
    """
    if size_average is not None or reduce is not None:
        reduction = chosen_reduction(reduction, size_average, reduce)
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    if not input.dtype.is_floating_point and not input.dtype.is_complex:
        raise DTypeError("kl_div: Integral inputs not supported. Convert first: input.float().")
    if log_target:
        loss = target.exp() * (target - input)
    else:
        loss = target.xlogy(target) - target * input
    if reduction == "batchmean":
        return loss.sum() / input.shape[0] if input.dim() else loss.sum()
    return reduced(loss, reduction)
