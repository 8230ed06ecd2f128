"""Cases of dropout: what is random is checked by its properties."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]
WIDTH = 2000


def _share(kept: Array, p: float) -> None:
    """The share of kept elements is within five standard deviations of ``1 - p``."""
    assert abs(kept.mean() - (1 - p)) < 5 * np.sqrt(p * (1 - p) / kept.size)


def _check_dropout(result: Array, x: Array, p: float, train: bool) -> None:
    x, result = x.astype(np.float64), result.astype(np.float64)
    kept = result != 0
    _share(kept, p)
    assert np.allclose(result[kept], x[kept] / (1 - p), rtol=0.02)


def _check_channels(result: Array, x: Array, p: float, train: bool, *rest: Any) -> None:
    x, result = x.astype(np.float64), result.astype(np.float64)
    kept = (result != 0).reshape(*result.shape[:2], -1)
    assert (kept.all(2) | ~kept.any(2)).all()
    _share(kept[..., 0], p)
    chosen = result != 0
    assert np.allclose(result[chosen], x[chosen] / (1 - p), rtol=0.02)


def _check_moments(result: Array, x: Array, p: float, train: bool) -> None:
    # x is an equal mixture of -1 and 1: mean 0, variance 1, which alpha dropout keeps.
    result = result.astype(np.float64)
    assert abs(result.mean()) < 0.15
    assert abs(result.std() - 1) < 0.1
    values = np.unique(np.round(result, 1))
    assert len(values) == 3


def _check_mask(result: Array, like: Array, shape: tuple[int, ...], keep: float, scale: float) -> None:
    result = result.astype(np.float64)
    assert result.shape == shape
    assert set(np.unique(result)) == {0.0, scale}
    _share(result != 0, 1 - keep)


SIGNS = Values([[-1.0, 1.0]] * (WIDTH // 2))
CHANNELS = A(20, 50, 3, low=0.5, high=2)
CASES = [
    Case("dropout", A(WIDTH, low=0.5, high=2), 0.3, True, properties=_check_dropout, gradient=False),
    Case("dropout", A(40, 50, low=0.5, high=2), 0.9, True, properties=_check_dropout, gradient=False),
    Case("dropout", A(3, 4), 0.5, False, reference=lambda x, p, train: x),
    Case("dropout", A(3, 4), 0.0, True, reference=lambda x, p, train: x),
    Case("dropout", A(3, 4), 1.0, True, reference=lambda x, p, train: x * 0),
    Case("dropout", A(), 1.0, True, reference=lambda x, p, train: x * 0),
    Case("dropout", A(0), 0.5, True, reference=lambda x, p, train: x),
    Case("feature_dropout", CHANNELS, 0.3, True, properties=_check_channels, gradient=False),
    Case("feature_dropout", A(3, 4), 0.5, False, reference=lambda x, p, train: x),
    Case("feature_dropout", A(3, 4, 2), 1.0, True, reference=lambda x, p, train: x * 0),
    Case("alpha_dropout", SIGNS, 0.3, True, properties=_check_moments, gradient=False),
    Case("alpha_dropout", A(3, 4), 0.5, False, reference=lambda x, p, train: x),
    Case("alpha_dropout", A(3, 4), 1.0, True, reference=lambda x, p, train: x * 0),
    Case("feature_alpha_dropout", SIGNS, 0.3, True, properties=_check_moments, gradient=False),
    Case("feature_alpha_dropout", A(3, 4), 0.5, False, reference=lambda x, p, train: x),
    Case("dropout1d", CHANNELS, 0.3, True, properties=_check_channels, gradient=False),
    Case("dropout1d", A(3, 4), 1.0, reference=lambda x, p: x * 0),
    Case("dropout1d", A(2, 3, 4), 0.5, False, reference=lambda x, p, training: x),
    Case("dropout2d", A(20, 50, 2, 2, low=0.5, high=2), 0.3, True, properties=_check_channels, gradient=False),
    Case("dropout2d", A(2, 3, 4, 2), 0.5, False, reference=lambda x, p, training: x),
    Case("dropout3d", A(20, 50, 2, 2, 1, low=0.5, high=2), 0.3, True, properties=_check_channels, gradient=False),
    Case("dropout3d", A(3, 2, 2, 2), 1.0, reference=lambda x, p: x * 0),
    Case("dropout_mask", A(2), (40, 50), 0.25, 4.0, properties=_check_mask, gradient=False),
]
ERRORS = [
    ErrorCase("dropout", A(2), 1.5, True, raises=RuntimeError, match="has to be between 0 and 1, but got 1.5"),
    ErrorCase("alpha_dropout", A(2), -0.5, True, raises=RuntimeError, match="has to be between 0 and 1, but got -0.5"),
    ErrorCase("feature_dropout", A(2), 0.5, True, raises=RuntimeError, match="requires at least 2 dimensions"),
    ErrorCase("feature_alpha_dropout", A(2), 0.5, True, raises=RuntimeError, match="requires at least 2 dimensions"),
    ErrorCase(
        "dropout1d", A(2), 0.5, raises=RuntimeError, match="dropout1d: Expected 2D or 3D input, but received a 1D"
    ),
    ErrorCase("dropout1d", A(2, 3), 1.5, raises=ValueError, match="has to be between 0 and 1, but got 1.5"),
    ErrorCase("dropout2d", A(2, 3, 4, 5), -1.0, raises=ValueError, match="has to be between 0 and 1"),
    ErrorCase("dropout3d", A(2, 3, 4, 5), 2.0, raises=ValueError, match="has to be between 0 and 1"),
]
