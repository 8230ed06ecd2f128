"""Cases of the losses of comparison and of the distances they are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values
from torchere_ops.cases.loss import reduced

Array = np.ndarray[Any, Any]
inf = float("inf")


def _cosine(x: Array, y: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    x, y = np.broadcast_arrays(x, y)
    first = np.maximum(np.linalg.norm(x, axis=dim), eps)
    return (x * y).sum(dim) / (first * np.maximum(np.linalg.norm(y, axis=dim), eps))


def _distance(x: Array, y: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Array:
    return np.linalg.norm(x - y + eps, ord=p, axis=-1, keepdims=keepdim)


def _hinge(x: Array, y: Array, margin: float = 1.0, reduction: str = "mean") -> Any:
    return reduced(np.where(y != 1, np.maximum(0, margin - x), 0) + np.where(y != -1, x, 0), reduction)


def _ranking(x: Array, y: Array, target: Array, margin: float = 0, reduction: str = "mean") -> Any:
    return reduced(np.maximum(0, -target * (x - y) + margin), reduction)


def _embedding(x: Array, y: Array, target: Array, margin: float = 0, reduction: str = "mean") -> Any:
    cosine = _cosine(x, y, dim=-1)
    return reduced(np.where(target == 1, 1 - cosine, np.maximum(0, cosine - margin)), reduction)


def _soft_margin(x: Array, y: Array, reduction: str = "mean") -> Any:
    return reduced(np.log1p(np.exp(-y * x)), reduction)


def _triplet(
    a: Array,
    p_: Array,
    n: Array,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    far = _distance(a, n, p, eps)
    if swap:
        far = np.minimum(far, _distance(p_, n, p, eps))
    return reduced(np.maximum(0, _distance(a, p_, p, eps) - far + margin), reduction)


SIGNS = Values([1.0, -1.0, 1.0, -1.0, -1.0], gradient=False)
CASES = [
    Case("cosine_similarity", A(3, 4), A(3, 4), reference=_cosine),
    Case("cosine_similarity", A(3, 4), A(4), -1, reference=_cosine),
    Case("cosine_similarity", A(2, 4, 3), A(4, 1), reference=_cosine),
    Case("cosine_similarity", A(3, 4), A(3, 4), dim=0, reference=_cosine),
    Case("cosine_similarity", A(3, 4), A(3, 4), eps=9.0, reference=_cosine, gradient=False),
    Case("cosine_similarity", Values([[0.0, 0.0]]), A(1, 2), reference=_cosine, dtypes=WIDE_FLOATING, gradient=False),
]
for p in (2.0, 1.0, 3.0, inf):
    CASES.append(Case("pairwise_distance", A(3, 4), A(3, 4), p, reference=_distance))
CASES += [
    Case("pairwise_distance", A(4), A(3, 4), reference=_distance),
    Case("pairwise_distance", A(3, 4), A(3, 4), keepdim=True, reference=_distance),
    Case("pairwise_distance", A(4), A(4), eps=0.1, reference=_distance),
    Case("cosine_embedding_loss", A(4), A(4), Values(1.0, gradient=False), reference=_embedding),
    Case("hinge_embedding_loss", A(3), Values([1.0, -1.0, 2.0], gradient=False), reference=_hinge),
]
for reduction in ("mean", "sum", "none"):
    CASES += [
        Case("hinge_embedding_loss", A(5), SIGNS, margin=0.5, reduction=reduction, reference=_hinge),
        Case("margin_ranking_loss", A(5), A(5), SIGNS, margin=0.5, reduction=reduction, reference=_ranking),
        Case("cosine_embedding_loss", A(5, 3), A(5, 3), SIGNS, margin=0.1, reduction=reduction, reference=_embedding),
        Case("soft_margin_loss", A(5), SIGNS, reduction=reduction, reference=_soft_margin),
        Case("triplet_margin_loss", A(5, 3), A(5, 3), A(5, 3), reduction=reduction, reference=_triplet),
        Case(
            "triplet_margin_loss", A(5, 3), A(5, 3), A(5, 3), swap=True, p=1.0, reduction=reduction, reference=_triplet
        ),
    ]
ERRORS = [
    ErrorCase("cosine_similarity", A(2, 3), A(2, 3), dtype="int64", raises=RuntimeError, match="to be floating point"),
    ErrorCase("cosine_similarity", A(2, 3), A(2, 4), raises=RuntimeError, match="size"),
    ErrorCase("pairwise_distance", A(2, 3), A(2, 4), raises=RuntimeError, match="must match the size of tensor b"),
    ErrorCase("hinge_embedding_loss", A(3), A(3), reduction="x", raises=ValueError, match="not a valid value for"),
    ErrorCase("margin_ranking_loss", A(3), A(3), A(3, 3), raises=RuntimeError, match="should have same dimension"),
    ErrorCase(
        "cosine_embedding_loss", A(3), A(3), A(1), raises=RuntimeError, match="1D target tensor expects 2D input"
    ),
    ErrorCase(
        "cosine_embedding_loss", A(2, 3), A(2, 3), A(2, 3), raises=RuntimeError, match="multi-target not supported"
    ),
    ErrorCase("soft_margin_loss", A(2), A(3), raises=RuntimeError, match="must match the size of tensor b"),
    ErrorCase(
        "triplet_margin_loss", A(3), A(3), A(3), margin=0.0, raises=ValueError, match="margin must be greater than 0"
    ),
    ErrorCase("triplet_margin_loss", A(2, 3), A(3), A(2, 3), raises=RuntimeError, match="same number of dimensions"),
]
