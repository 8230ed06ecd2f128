"""Cases of connectionist temporal classification, compared with a sum over all paths."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]


def _collapsed(path: tuple[int, ...], blank: int) -> tuple[int, ...]:
    """A path without repetitions and blanks."""
    kept = [label for i, label in enumerate(path) if i == 0 or label != path[i - 1]]
    return tuple(label for label in kept if label != blank)


def _ctc(
    log_probs: Array,
    targets: Array,
    input_lengths: tuple[int, ...],
    target_lengths: tuple[int, ...],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    losses = []
    for n, (steps, length) in enumerate(zip(input_lengths, target_lengths, strict=True)):
        wanted = tuple(int(label) for label in targets[n][:length])
        likelihood = sum(
            np.exp(sum(log_probs[t, n, label] for t, label in enumerate(path)))
            for path in product(range(log_probs.shape[2]), repeat=steps)
            if _collapsed(path, blank) == wanted
        )
        loss = -np.log(likelihood) if likelihood else np.inf
        losses.append(0.0 if zero_infinity and np.isinf(loss) else loss)
    if reduction == "none":
        return np.array(losses)
    if reduction == "sum":
        return np.sum(losses)
    return np.mean([loss / max(length, 1) for loss, length in zip(losses, target_lengths, strict=True)])


_LABELS = Values([[1, 2], [2, 2]], dtype="int64")
_WHY = "the gradient is PyTorch's: by the scores of which log_probs are the log softmax"

CASES = [
    Case(
        "ctc_loss",
        A(4, 2, 3, low=-3.0, high=-0.5),
        _LABELS,
        (4, 3),
        (2, 2),
        reference=_ctc,
        dtypes=WIDE_FLOATING,
        gradient=False,
        why=_WHY,
        **more,
    )
    for more in ({}, {"reduction": "sum"}, {"reduction": "none", "zero_infinity": True}, {"reduction": "none"})
]

ERRORS = [
    ErrorCase(
        "ctc_loss", A(4, 1, 3), I(1, 2), (5,), (2,), raises=RuntimeError, match="input_lengths to have value at most 4"
    ),
    ErrorCase("ctc_loss", A(4, 1, 3), I(1, 2), (4,), (2,), blank=3, raises=RuntimeError, match="in label range"),
]
