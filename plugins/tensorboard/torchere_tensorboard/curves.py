"""Precision and recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.pr_curve.plugin_data_pb2 import PrCurvePluginData

from .arrays import Data, make_np
from .plugin_values import owned_by, shape_proto, tensor_summary

__all__ = ["compute_curve", "pr_curve", "pr_curve_raw"]

#: TensorBoard's page shows no more.
_MOST_THRESHOLDS: Final = 127
_SMALL: Final = 1e-7


def pr_curve_raw(
    tag: str,
    tp: Sequence[float] | Data,
    fp: Sequence[float] | Data,
    tn: Sequence[float] | Data,
    fn: Sequence[float] | Data,
    precision: Sequence[float] | Data,
    recall: Sequence[float] | Data,
    num_thresholds: int = 127,
    weights: object = None,
) -> Summary:
    """The summary of counts, precision and recall at each threshold; ``weights`` is accepted and unused."""
    rows = [
        np.asarray(row) if isinstance(row, Sequence) else make_np(row) for row in (tp, fp, tn, fn, precision, recall)
    ]
    return _curve(tag, np.stack(rows), num_thresholds)


def pr_curve(
    tag: str,
    labels: np.ndarray,
    predictions: np.ndarray,
    num_thresholds: int = 127,
    weights: Data | None = None,
) -> Summary:
    """The summary of the curve of binary ``labels`` and ``predictions`` in 0..1."""
    thresholds = min(num_thresholds, _MOST_THRESHOLDS)
    return _curve(tag, compute_curve(labels, predictions, thresholds, weights), thresholds)


def _curve(tag: str, data: np.ndarray, thresholds: int) -> Summary:
    content = PrCurvePluginData(version=0, num_thresholds=min(thresholds, _MOST_THRESHOLDS)).SerializeToString()
    message = TensorProto(dtype="DT_FLOAT", float_val=data.reshape(-1).tolist(), tensor_shape=shape_proto(data.shape))
    return tensor_summary(tag, message, owned_by("pr_curves", content))


def compute_curve(
    labels: np.ndarray, predictions: np.ndarray, num_thresholds: int = 127, weights: Data | None = None
) -> np.ndarray:
    """True and false positives, true and false negatives, precision and recall: ``(6, num_thresholds)``.

    A prediction counts as positive at the thresholds ``k / (num_thresholds - 1)`` up to its own value.
    """
    scale = num_thresholds - 1
    weight = np.float64(1) if weights is None else make_np(weights)
    buckets = np.floor(predictions * scale).astype(np.int32).reshape(-1)
    positive = labels.astype(np.float64)

    def at_least(amounts: np.ndarray) -> np.ndarray:
        found, _ = np.histogram(buckets, num_thresholds, (0, scale), weights=amounts.reshape(-1))
        return found[::-1].cumsum()[::-1]

    tp = at_least(positive * weight)
    fp = at_least((1.0 - positive) * weight)
    tn, fn = fp[0] - fp, tp[0] - tp
    precision = tp / np.maximum(_SMALL, tp + fp)
    recall = tp / np.maximum(_SMALL, tp + fn)
    return np.stack((tp, fp, tn, fn, precision, recall))
