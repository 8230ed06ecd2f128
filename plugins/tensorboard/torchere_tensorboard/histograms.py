"""Histograms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary

from .arrays import Data, make_np

__all__ = ["default_bins", "histogram", "histogram_raw", "make_histogram"]


@cache
def default_bins() -> tuple[float, ...]:
    """TensorFlow's limits: 1e-12 to 1e20 in steps of 10 %, their negatives, and 0."""
    positive = []
    limit = 1e-12
    while limit < 1e20:
        positive.append(limit)
        limit *= 1.1
    return (*(-limit for limit in reversed(positive)), 0.0, *positive)


def histogram_raw(
    name: str,
    min: Data,
    max: Data,
    num: int,
    sum: Data,
    sum_squares: Data,
    bucket_limits: Sequence[float] | Data,
    bucket_counts: Sequence[float] | Data,
) -> Summary:
    """The summary of a histogram that is already counted: ``bucket_limits`` are the right edges of the buckets."""
    message = HistogramProto(
        min=float(min),
        max=float(max),
        num=float(num),
        sum=float(sum),
        sum_squares=float(sum_squares),
        bucket_limit=_numbers(bucket_limits),
        bucket=_numbers(bucket_counts),
    )
    return Summary(value=[Summary.Value(tag=name, histo=message)])


def _numbers(values: Sequence[float] | Data) -> list[float]:
    if isinstance(values, Sequence):
        return [float(value) for value in values]
    return make_np(values).astype(np.float64).reshape(-1).tolist()


def histogram(name: str, values: Data, bins: str | int | Sequence[float], max_bins: int | None = None) -> Summary:
    """The summary of the histogram of all elements of ``values``; ``bins`` is `numpy.histogram`'s."""
    message = make_histogram(make_np(values).astype(np.float64), bins, max_bins)
    return Summary(value=[Summary.Value(tag=name, histo=message)])


def make_histogram(
    values: np.ndarray, bins: str | int | Sequence[float], max_bins: int | None = None
) -> HistogramProto:
    """Count values into buckets; neighbours are merged until there are about ``max_bins``, and empty ends cut off.

    Raises:
        ValueError: no values, or none within the bins.
    """
    if values.size == 0:
        raise ValueError("cannot make a histogram: the input has no element")
    flat = values.reshape(-1)
    counts, limits = np.histogram(flat, bins=bins)
    if max_bins is not None and len(counts) > max_bins:
        counts, limits = _merged(counts, limits, len(counts) // max_bins)
    filled = np.flatnonzero(counts)
    if filled.size == 0:
        raise ValueError(
            f"cannot make a histogram: no value of [{flat.min()}, {flat.max()}] lies in the bins "
            f"[{limits[0]}, {limits[-1]}]. Pass other bins=, such as 'auto'."
        )
    first, end = filled[0], filled[-1] + 1
    # Only right edges are stored, so an empty bucket in front keeps the left edge of the first one.
    return HistogramProto(
        min=flat.min(),
        max=flat.max(),
        num=len(flat),
        sum=flat.sum(),
        sum_squares=flat.dot(flat),
        bucket_limit=limits[first : end + 1].tolist(),
        bucket=[0, *counts[first:end].tolist()],
    )


def _merged(counts: np.ndarray, limits: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Every ``step`` neighbouring buckets as one; the last one may have fewer."""
    starts = np.arange(0, len(counts), step)
    return np.add.reduceat(counts, starts), np.append(limits[:-1][starts], limits[-1])
