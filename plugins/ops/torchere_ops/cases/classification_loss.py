"""Cases of the losses of classification."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from torchere.testing import A, Case, ErrorCase, I, Values
from torchere_ops.cases.loss import reduced

Array = np.ndarray[Any, Any]
inf = float("inf")


def _nll(
    x: Array,
    target: Array,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """One element at a time."""
    if x.ndim == 1:
        loss = _nll(x[None], target[None], weight, ignore_index, reduction)
        return loss.reshape(()) if reduction == "none" else loss
    loss, weights = np.zeros(target.shape), np.zeros(target.shape)
    for place in np.ndindex(*target.shape):
        c = int(target[place])
        if c != ignore_index:
            weights[place] = 1.0 if weight is None else weight[c]
            loss[place] = -x[(place[0], c, *place[1:])] * weights[place]
    if reduction == "mean":
        with np.errstate(all="ignore"):
            return loss.sum() / weights.sum()
    return reduced(loss, reduction)


def _cross_entropy(
    x: Array,
    target: Array,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    axis = 1 if x.ndim > 1 else 0
    classes = x.shape[axis]
    logs = x - special.logsumexp(x, axis=axis, keepdims=True) if x.size else x
    along = np.ones(classes) if weight is None else weight
    along = along.reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    if target.dtype.kind == "f":
        target = target * (1 - label_smoothing) + label_smoothing / classes
        loss = -(logs * target * along).sum(axis)
        return loss.sum() / max(loss.size, 1) if reduction == "mean" else reduced(loss, reduction)
    hard = _nll(logs, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return hard
    kept = target != ignore_index
    uniform = np.where(kept, -(logs * along).sum(axis) / classes, 0)
    if reduction == "mean":
        total = kept.sum() if weight is None else weight[np.where(kept, target, 0)][kept].sum()
        uniform = uniform.sum() / total
    else:
        uniform = reduced(uniform, reduction)
    return (1 - label_smoothing) * hard + label_smoothing * uniform


def _bce(x: Array, y: Array, weight: Array | None = None, reduction: str = "mean") -> Any:
    with np.errstate(all="ignore"):
        loss = -(y * np.maximum(np.log(x), -100) + (1 - y) * np.maximum(np.log1p(-x), -100))
    return reduced(loss if weight is None else loss * weight, reduction)


def _bce_logits(
    x: Array, y: Array, weight: Array | None = None, reduction: str = "mean", pos_weight: Array | None = None
) -> Any:
    positive = 1 if pos_weight is None else pos_weight
    loss = positive * y * np.logaddexp(0, -x) + (1 - y) * np.logaddexp(0, x)
    return reduced(loss if weight is None else loss * weight, reduction)


def _kl(x: Array, y: Array, reduction: str = "mean", log_target: bool = False) -> Any:
    loss = np.exp(y) * (y - x) if log_target else special.xlogy(y, y) - y * x
    return loss.sum() / x.shape[0] if reduction == "batchmean" else reduced(loss, reduction)


def _rows(x: Array, target: Array, ignore_index: int, reduction: str) -> tuple[Any, Array]:
    return _cross_entropy(x, target, None, ignore_index, reduction), special.log_softmax(x, axis=1)


def _rows_backward(grad: Array, x: Array, logs: Array, target: Array, ignore_index: int, reduction: str) -> Array:
    slope = special.softmax(x, axis=1)
    slope[np.arange(len(target)), np.where(target == ignore_index, 0, target)] -= 1
    slope[target == ignore_index] = 0
    if reduction == "mean":
        slope = slope / (target != ignore_index).sum()
    return slope * (grad[:, None] if reduction == "none" else grad)


def _pick(x: Array, target: Array, ignore_index: int) -> Array:
    return -_nll(x, target, None, ignore_index, "none")


def _spread(grad: Array, target: Array, ignore_index: int, classes: int) -> Array:
    result = np.zeros((target.shape[0], classes, *target.shape[1:]))
    for place in np.ndindex(*target.shape):
        if target[place] != ignore_index:
            result[(place[0], int(target[place]), *place[1:])] = grad[place]
    return result


WEIGHT = A(4, low=0.2, gradient=False)
SOME = Values([0, -100, 3], dtype="int64")
SCORES = np.random.default_rng(3).uniform(-2, 2, (3, 4))
CASES = []
for reduction in ("mean", "sum", "none"):
    for name, function in (("nll_loss", _nll), ("cross_entropy", _cross_entropy)):
        CASES += [
            Case(name, A(3, 4), I(3, high=4), reduction=reduction, reference=function),
            Case(name, A(3, 4), SOME, reduction=reduction, reference=function),
            Case(name, A(3, 4), I(3, high=4), weight=WEIGHT, reduction=reduction, reference=function),
            Case(name, A(2, 4, 3), I(2, 3, high=4), reduction=reduction, reference=function),
            Case(
                name,
                A(2, 4, 3),
                I(2, 3, high=4),
                weight=WEIGHT,
                ignore_index=2,
                reduction=reduction,
                reference=function,
            ),
            Case(name, A(4), I(high=4), reduction=reduction, reference=function),
        ]
    CASES += [
        Case(
            "cross_entropy", A(3, 4), I(3, high=4), label_smoothing=0.2, reduction=reduction, reference=_cross_entropy
        ),
        Case(
            "cross_entropy",
            A(3, 4),
            SOME,
            weight=WEIGHT,
            label_smoothing=0.2,
            reduction=reduction,
            reference=_cross_entropy,
        ),
        Case("cross_entropy", A(3, 4), A(3, 4, low=0, high=1), reduction=reduction, reference=_cross_entropy),
        Case(
            "cross_entropy",
            A(2, 4, 3),
            A(2, 4, 3, low=0, high=1),
            weight=WEIGHT,
            label_smoothing=0.3,
            reduction=reduction,
            reference=_cross_entropy,
        ),
        Case("row_cross_entropy", A(3, 4), I(3, high=4), -100, reduction, reference=_rows),
        Case("row_cross_entropy", A(3, 4), SOME, -100, reduction, reference=_rows),
        Case(
            "row_cross_entropy_backward",
            A(*((3,) if reduction == "none" else ())),
            Values(SCORES.tolist()),
            # The kernel reads them, the decomposition computes them again: they have to fit the scores.
            Values(special.log_softmax(SCORES, axis=1).tolist(), gradient=False),
            SOME,
            -100,
            reduction,
            reference=_rows_backward,
            dtypes=("float32", "float64"),
            gradient=False,
        ),
        Case(
            "binary_cross_entropy",
            A(3, 4, low=0.05, high=0.95),
            A(3, 4, low=0, high=1),
            reduction=reduction,
            reference=_bce,
        ),
        Case(
            "binary_cross_entropy",
            A(3, 4, low=0.05, high=0.95),
            A(3, 4, low=0, high=1),
            weight=A(4, low=0.1),
            reduction=reduction,
            reference=_bce,
        ),
        Case(
            "binary_cross_entropy_with_logits",
            A(3, 4, low=-9, high=9),
            A(3, 4, low=0, high=1),
            reduction=reduction,
            reference=_bce_logits,
        ),
        Case(
            "binary_cross_entropy_with_logits",
            A(3, 4),
            A(3, 4, low=0, high=1),
            weight=A(4, low=0.1),
            pos_weight=A(4, low=0.1),
            reduction=reduction,
            reference=_bce_logits,
        ),
    ]
for reduction in ("sum", "none", "batchmean"):
    CASES += [
        Case("kl_div", A(3, 4), A(3, 4, low=0.1), reduction=reduction, reference=_kl),
        Case("kl_div", A(3, 4), A(3, 4), reduction=reduction, log_target=True, reference=_kl),
    ]
CASES += [
    Case("kl_div", A(4), Values([0.0, 0.5, 1.0, 2.0]), reduction="none", reference=_kl, gradient=False),
    Case("cross_entropy", A(3, 4, low=-900, high=900), I(3, high=4), reference=_cross_entropy, gradient=False),
    Case("cross_entropy", A(0, 4), I(0), reference=_cross_entropy, gradient=False),
    Case("cross_entropy", A(0, 4), I(0), reduction="sum", reference=_cross_entropy, gradient=False),
    Case("cross_entropy", A(3, 4), I(3, high=4, dtype="uint8"), reference=_cross_entropy),
    Case("cross_entropy", A(2, 4), Values([-100, -100], dtype="int64"), reference=_cross_entropy, gradient=False),
    Case("cross_entropy", A(3, 4), I(3, high=4), ignore_index=1, reference=_cross_entropy),
    Case("nll_loss", A(0, 4), I(0), reference=_nll, gradient=False),
    Case("nll_loss", A(3, 4), I(3, high=4, dtype="uint8"), reference=_nll),
    Case("pick_class", A(3, 4), SOME, -100, reference=_pick),
    Case("pick_class", A(2, 4, 3, 2), I(2, 3, 2, high=4), 1, reference=_pick),
    Case("spread_class", A(3), SOME, -100, 5, reference=_spread),
    Case("spread_class", A(2, 3, 2), I(2, 3, 2, high=4), 1, 4, reference=_spread),
    Case(
        "binary_cross_entropy",
        Values([0.0, 1.0, 0.0, 1.0]),
        Values([1.0, 0.0, 0.0, 1.0]),
        reduction="none",
        reference=_bce,
        gradient=False,
    ),
    Case(
        "binary_cross_entropy_terms",
        A(3, 4, low=0.05, high=0.95),
        A(3, 4, low=0, high=1),
        reference=lambda x, y: _bce(x, y, reduction="none"),
    ),
]
ERRORS = [
    ErrorCase("nll_loss", A(), I(), raises=ValueError, match="Expected 1 or more dimensions"),
    ErrorCase("nll_loss", A(2, 3), A(2), raises=RuntimeError, match="expected target dtype to be Long or Byte"),
    ErrorCase(
        "nll_loss", A(2, 3), I(3), raises=ValueError, match=r"input batch_size \(2\) to match target batch_size \(3\)"
    ),
    ErrorCase(
        "nll_loss", A(2, 3, 4), I(2, 1), raises=RuntimeError, match=r"Expected target size \[2, 4\], got \[2, 1\]"
    ),
    ErrorCase("nll_loss", A(2, 3), I(2), weight=A(2), raises=RuntimeError, match="for all 3 classes or no classes"),
    ErrorCase("nll_loss", A(2, 3), Values([0, 3], dtype="int64"), raises=IndexError, match="Target 3 is out of bounds"),
    ErrorCase(
        "nll_loss", A(2, 3), Values([0, -1], dtype="int64"), raises=IndexError, match="Target -1 is out of bounds"
    ),
    ErrorCase("nll_loss", A(2, 3), I(2), reduction="x", raises=ValueError, match="not a valid value for reduction"),
    ErrorCase("cross_entropy", A(2, 3), Values([0, 5], dtype="int64"), raises=IndexError, match="Target 5 is out of"),
    ErrorCase("cross_entropy", A(2, 3), I(3), raises=ValueError, match="to match target batch_size"),
    ErrorCase("cross_entropy", A(2, 3), I(2, dtype="int32"), raises=RuntimeError, match="to be Long or Byte"),
    ErrorCase(
        "cross_entropy", A(2, 3), I(2), weight=A(2), raises=RuntimeError, match="for all 3 classes or no classes"
    ),
    ErrorCase("cross_entropy", A(2, 3), I(2), label_smoothing=1.5, raises=RuntimeError, match="between 0.0 and 1.0"),
    ErrorCase("cross_entropy", A(2, 3), A(2, 3), ignore_index=1, raises=RuntimeError, match="floating point target"),
    ErrorCase(
        "cross_entropy", A(2, 3), I(2), reduction="x", raises=ValueError, match="not a valid value for reduction"
    ),
    ErrorCase("cross_entropy", A(2, 3), I(2), dtype="int64", raises=RuntimeError, match="not implemented for 'Long'"),
    ErrorCase("binary_cross_entropy", A(3, 1), A(3), raises=ValueError, match="different to the input size"),
    ErrorCase("binary_cross_entropy", A(3), A(3, dtype="float64"), raises=RuntimeError, match="Found dtype"),
    ErrorCase("binary_cross_entropy", A(3, low=1.5), A(3), raises=RuntimeError, match="should be between 0 and 1"),
    ErrorCase(
        "binary_cross_entropy_with_logits", A(3, 1), A(3), raises=ValueError, match="must be the same as input size"
    ),
    ErrorCase("kl_div", A(3), A(3), reduction="x", raises=ValueError, match="not a valid value for reduction"),
]
