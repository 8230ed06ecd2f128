"""Cases of embeddings and one-hot vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]


def _embedding(indices: Array, weight: Array, *rest: Any, **options: Any) -> Array:
    return weight[indices]


def _backward(grad: Array, indices: Array, rows: int, padding_idx: int, scale_grad_by_freq: bool) -> Array:
    found = np.zeros((rows, grad.shape[-1]))
    counts = np.bincount(indices.reshape(-1), minlength=rows)
    for row, index in zip(grad.reshape(-1, grad.shape[-1]), indices.reshape(-1), strict=True):
        if index != padding_idx:
            found[index] += row / counts[index] if scale_grad_by_freq else row
    return found


def _renormalised(weight: Array, indices: Array, max_norm: float, norm_type: float) -> Array:
    found = weight.copy()
    for index in set(indices.reshape(-1).tolist()):
        norm = (np.abs(weight[index]) ** norm_type).sum() ** (1 / norm_type)
        if norm > max_norm:
            found[index] *= max_norm / (norm + 1e-7)
    return found


def _bags(
    indices: Array,
    weight: Array,
    offsets: Array | None = None,
    *,
    mode: str = "mean",
    per_sample_weights: Array | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Array:
    flat = indices.reshape(-1)
    starts = np.arange(0, indices.size, indices.shape[1]) if offsets is None else offsets
    ends = np.append(starts[1:], flat.size)
    if include_last_offset:
        starts, ends = starts[:-1], ends[:-1]
    factors = np.ones(flat.size) if per_sample_weights is None else per_sample_weights.reshape(-1)
    found = np.zeros((len(starts), weight.shape[1]))
    for bag, (start, end) in enumerate(zip(starts, ends, strict=True)):
        places = [i for i in range(start, end) if padding_idx is None or flat[i] != padding_idx % len(weight)]
        if places:
            rows = weight[flat[places]] * factors[places, None]
            found[bag] = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode](rows, axis=0)
    return found


def _one_hot(x: Array, num_classes: int = -1) -> Array:
    return np.eye(num_classes if num_classes > 0 else int(x.max()) + 1, dtype=np.int64)[x]


INDICES = Values([[0, 2, 2], [1, 4, 0]], dtype="int64")
FLAT = Values([0, 2, 2, 1, 4, 0, 3], dtype="int64")
OFFSETS = Values([0, 2, 2, 5], dtype="int64")
TABLE = A(5, 3, distinct=True)

CASES = [
    Case("embedding", INDICES, TABLE, reference=_embedding),
    Case("embedding", Values([1, 0], dtype="int32"), TABLE, reference=_embedding),
    Case("embedding", Values(3, dtype="int64"), TABLE, reference=_embedding),
    Case("embedding", I(0, 2), TABLE, reference=_embedding),
    # Finite differences see the padding row, gradients do not: values only.
    Case("embedding", INDICES, TABLE, 2, sparse=True, reference=_embedding, gradient=False),
    Case("embedding", INDICES, TABLE, -1, scale_grad_by_freq=True, reference=_embedding, gradient=False),
    Case(
        "embedding",
        INDICES,
        A(5, 3, gradient=False),
        max_norm=1.0,
        norm_type=1.5,
        writes=(1,),
        reference=lambda i, w, max_norm, norm_type: _renormalised(w, i, max_norm, norm_type)[i],
    ),
    Case("_embedding", TABLE, INDICES, -1, False, reference=lambda w, i, *rest: w[i]),
    Case("_embedding_sparse", TABLE, INDICES, -1, False, reference=lambda w, i, *rest: w[i], gradient=False),
    Case("_embedding_renorm", TABLE, INDICES, 1.0, 2.0, reference=_renormalised, gradient=False),
    Case("_embedding_backward", A(2, 3, 4), INDICES, 5, -1, False, reference=_backward),
    Case("_embedding_backward", A(2, 3, 4), INDICES, 5, 2, True, reference=_backward),
    Case("_embedding_backward", A(0, 4), I(0), 5, 2, True, reference=_backward, gradient=False),
    *(Case("embedding_bag", INDICES, TABLE, mode=mode, reference=_bags) for mode in ("sum", "mean", "max")),
    *(Case("embedding_bag", FLAT, TABLE, OFFSETS, mode=mode, reference=_bags) for mode in ("sum", "mean", "max")),
    *(
        Case("embedding_bag", FLAT, TABLE, OFFSETS, mode=mode, padding_idx=2, reference=_bags)
        for mode in ("sum", "mean", "max")
    ),
    Case("embedding_bag", FLAT, TABLE, OFFSETS, include_last_offset=True, reference=_bags),
    Case("embedding_bag", INDICES, TABLE, mode="sum", per_sample_weights=A(2, 3), reference=_bags),
    Case("embedding_bag", FLAT, TABLE, OFFSETS, mode="sum", per_sample_weights=A(7), padding_idx=-3, reference=_bags),
    Case("one_hot", INDICES, reference=_one_hot, dtypes=("int64",), gradient=False),
    Case("one_hot", INDICES, 7, reference=_one_hot, dtypes=("int64",), gradient=False),
    Case("one_hot", Values(1, dtype="int64"), 3, reference=_one_hot, dtypes=("int64",), gradient=False),
    Case("one_hot", I(0), 3, reference=_one_hot, dtypes=("int64",), gradient=False),
]

ERRORS = [
    ErrorCase(
        "embedding", Values([0, 5], dtype="int64"), A(5, 3), raises=IndexError, match="index out of range in self"
    ),
    ErrorCase("embedding", Values([-1], dtype="int64"), A(5, 3), raises=IndexError, match="index out of range"),
    ErrorCase(
        "embedding", A(2), A(5, 3), raises=RuntimeError, match="scalar types: Long, Int; but got torch.FloatTensor"
    ),
    ErrorCase("embedding", INDICES, A(5), raises=RuntimeError, match="'weight' must be 2-D"),
    ErrorCase("embedding", INDICES, A(5, 3), 5, raises=AssertionError, match="Padding_idx must be within"),
    ErrorCase("embedding_bag", FLAT, A(5, 3), raises=ValueError, match="offsets has to be a 1D Tensor but got None"),
    ErrorCase("embedding_bag", INDICES, A(5, 3), OFFSETS, raises=ValueError, match="if input is 2D, then offsets"),
    ErrorCase("embedding_bag", INDICES, A(5, 3), mode="min", raises=ValueError, match="mode has to be one of"),
    ErrorCase(
        "embedding_bag",
        INDICES,
        A(5, 3),
        per_sample_weights=A(2, 3),
        raises=NotImplementedError,
        match="only supported",
    ),
    ErrorCase("embedding_bag", INDICES, A(5, 3), mode="max", sparse=True, raises=ValueError, match="sparse weights"),
    ErrorCase("embedding_bag", FLAT, A(5, 3), I(2, low=1), raises=RuntimeError, match=r"offsets\[0\] has to be 0"),
    ErrorCase(
        "embedding_bag", FLAT, A(5, 3), Values([0, 9], dtype="int64"), raises=RuntimeError, match="can not be greater"
    ),
    ErrorCase("embedding_bag", FLAT, A(2, 3), OFFSETS, raises=RuntimeError, match="Index 1 of input takes value 2"),
    ErrorCase("embedding_bag", FLAT, A(5, 3), OFFSETS, padding_idx=5, raises=RuntimeError, match="padding_idx must be"),
    ErrorCase("one_hot", A(2), raises=RuntimeError, match="only applicable to index tensor"),
    ErrorCase("one_hot", Values([-1], dtype="int64"), raises=RuntimeError, match="must be non-negative"),
    ErrorCase("one_hot", INDICES, 2, raises=RuntimeError, match="smaller than num_classes"),
    ErrorCase("one_hot", I(0), raises=RuntimeError, match="Can not infer total number of classes"),
]
