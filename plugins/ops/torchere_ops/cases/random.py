"""Cases of random operators: shapes, ranges, and moments of samples large enough to tell a wrong distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.dtype_sets import FLOATING
from torchere.dtypes import complex64, float32, int8, int64
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

ONE = ("float32",)
COUNT = 20_000


def moments(mean: complex, std: float, shape: tuple[int, ...] = (COUNT,), deviations: float = 6) -> Callable[..., None]:
    """A check of a sample's shape, mean and standard deviation, within six standard errors."""

    def check(result: Array, *_: Any, **__: Any) -> None:
        assert result.shape == shape, f"shape {result.shape}, expected {shape}"
        if not result.size:
            return
        values = result.astype(np.complex128 if result.dtype.kind == "c" else np.float64)
        error = deviations * std / np.sqrt(values.size)
        assert abs(values.mean() - mean) <= error + 1e-9, f"mean {values.mean()}, expected {mean} ± {error}"
        assert abs(values.std() - std) <= 3 * error + 1e-9, f"std {values.std()}, expected {std}"

    return check


def within(low: float, high: float, inner: Callable[..., None]) -> Callable[..., None]:
    """The check `inner`, and every number in ``low ≤ x < high``."""

    def check(result: Array, *arguments: Any, **keywords: Any) -> None:
        values = result.astype(np.float64)
        assert np.all((values >= low) & (values < high)), f"numbers outside [{low}, {high})"
        inner(result, *arguments, **keywords)

    return check


def _permutation(result: Array, n: int, **_: Any) -> None:
    assert sorted(result.tolist()) == list(range(n))
    assert n < 20 or result.tolist() != list(range(n)), "not shuffled"


def _broadcast_normal(result: Array, mean: Array, std: Array) -> None:
    np.testing.assert_array_equal(result[:, 0], mean[:, 0], err_msg="standard deviation 0 gives the mean")
    moments(0, 2)(result[:, 1] - mean[:, 0])


def _bits(result: Array, p: Array, **_: Any) -> None:
    assert result.shape == p.shape
    assert set(np.unique(result).tolist()) <= {0, 1}
    assert np.all(result[p == 0] == 0)
    assert np.all(result[p == 1] == 1)


def _counts(result: Array, rate: Array) -> None:
    assert np.all(result[rate == 0] == 0)
    assert np.all(result == np.round(result))
    assert np.all(abs(result - rate) <= 8 * np.sqrt(rate))


def _frequencies(weights: Array, num_samples: int, replacement: bool) -> Callable[..., None]:
    def check(result: Array, *_: Any, **__: Any) -> None:
        assert result.shape == (*weights.shape[:-1], num_samples)
        assert result.dtype == np.int64
        for row, chosen in zip(weights.reshape(-1, weights.shape[-1]), result.reshape(-1, num_samples), strict=True):
            assert np.all(row[chosen] > 0), "a position of weight 0 was drawn"
            if not replacement:
                assert len(set(chosen.tolist())) == num_samples, "a position was drawn twice"
            if num_samples > 1000:
                expected = row / row.sum()
                found = np.bincount(chosen, minlength=len(row)) / num_samples
                assert np.all(abs(found - expected) <= 6 * np.sqrt(expected / num_samples) + 1e-9)

    return check


HALF = 0.5 / 3**0.5 * 1  # standard deviation of uniform numbers in [0, 1): 1 / sqrt(12)
WEIGHTS = [[0.1, 0.0, 0.4, 0.5], [1.0, 2.0, 3.0, 0.0]]

CASES = [
    Case("random_uniform", (COUNT,), 0.0, 1.0, properties=within(0, 1, moments(0.5, HALF)), dtypes=ONE),
    Case("random_uniform", (COUNT,), -3.0, 1.0, properties=within(-3, 1, moments(-1, 4 * HALF)), dtypes=ONE),
    Case("random_normal", (COUNT,), 0.0, 1.0, properties=moments(0, 1), dtypes=ONE),
    Case("random_normal", (COUNT,), 5.0, 0.5, properties=moments(5, 0.5), dtypes=ONE),
    Case("random_integers", (COUNT,), -2, 4, dtype=int8, properties=within(-2, 4, moments(0.5, 1.7078)), dtypes=ONE),
    Case("random_permutation", 50, dtype=int64, properties=_permutation, dtypes=ONE),
    Case("rand", 100, 200, properties=within(0, 1, moments(0.5, HALF, (100, 200))), dtypes=ONE),
    Case("rand", (), properties=within(0, 1, moments(0.5, 1, ())), dtypes=ONE),
    Case("rand", (0, 3), properties=moments(0, 0, (0, 3)), dtypes=ONE),
    Case("rand", COUNT, dtype=complex64, properties=moments(0.5 + 0.5j, HALF * 2**0.5), dtypes=ONE),
    Case("randn", 100, 200, properties=moments(0, 1, (100, 200)), dtypes=ONE),
    Case("randn", 500, properties=moments(0, 1, (500,)), dtypes=ONE),
    Case("randn", COUNT, dtype=complex64, properties=moments(0, 1), dtypes=ONE),
    Case("randint", 6, (COUNT,), properties=within(0, 6, moments(2.5, 1.7078)), dtypes=ONE),
    Case("randint", -3, 3, (COUNT,), dtype=float32, properties=within(-3, 3, moments(-0.5, 1.7078)), dtypes=ONE),
    Case("randperm", 50, properties=_permutation, dtypes=ONE),
    Case("randperm", 0, properties=_permutation, dtypes=ONE),
    Case("rand_like", A(COUNT), properties=within(0, 1.001, moments(0.5, HALF)), gradient=False, dtypes=FLOATING),
    Case("randn_like", A(COUNT), properties=moments(0, 1), gradient=False, dtypes=FLOATING),
    Case("randint_like", A(COUNT), 2, 8, properties=within(2, 8, moments(4.5, 1.7078)), gradient=False),
    Case("normal", 2.0, 3.0, (COUNT,), properties=moments(2, 3), dtypes=ONE),
    Case("normal", A(COUNT), 2.0, properties=lambda r, mean, std: moments(0, 2)(r - mean), gradient=False, dtypes=ONE),
    Case("normal", 1.0, A(COUNT, low=2.0, high=2.0), properties=moments(1, 2), gradient=False, dtypes=ONE),
    Case("normal", A(COUNT, 1), Values([0.0, 2.0]), properties=_broadcast_normal, gradient=False, dtypes=ONE),
    Case("bernoulli", Values([[0.0, 1.0], [0.5, 0.25]]), properties=_bits, gradient=False),
    Case("bernoulli", A(COUNT), 0.3, properties=moments(0.3, 0.4583), gradient=False, dtypes=ONE),
    *[
        Case(
            "multinomial",
            Values(weights),
            count,
            replacement,
            properties=_frequencies(np.array(weights), count, replacement),
            gradient=False,
        )
        for weights, count, replacement in (
            (WEIGHTS, 3, False),
            (WEIGHTS[0], 1, False),
            (WEIGHTS, 5000, True),
            (WEIGHTS[1], 2, True),
        )
    ],
    Case("poisson", A(COUNT, low=3.0, high=3.0), properties=moments(3, 3**0.5), gradient=False, dtypes=ONE),
    Case("poisson", Values([[0.0] * 9, [40.0] * 9]), properties=_counts, gradient=False),
    Case("uniform_", A(COUNT), -1.0, 1.0, properties=within(-1, 1.001, moments(0, 2 * HALF)), gradient=False),
    Case("normal_", A(COUNT), 2.0, 0.5, properties=moments(2, 0.5), gradient=False, dtypes=ONE),
    Case("bernoulli_", A(COUNT), 0.25, properties=moments(0.25, 0.4330), gradient=False, dtypes=ONE),
    Case("random_", I(COUNT, high=5), 3, 7, properties=within(3, 7, moments(4.5, 1.1180)), dtypes=ONE),
    Case("exponential_", A(COUNT), 2.0, properties=within(0, 1e9, moments(0.5, 0.5)), gradient=False, dtypes=ONE),
    Case("geometric_", A(COUNT), 0.4, properties=within(1, 1e9, moments(2.5, 1.9365)), gradient=False, dtypes=ONE),
    Case(
        "cauchy_",
        A(COUNT),
        1.0,
        0.5,
        properties=lambda result, *_: np.testing.assert_allclose(
            np.quantile(result.astype(np.float64), [0.25, 0.5, 0.75]), [0.5, 1.0, 1.5], atol=0.08
        ),
        gradient=False,
        dtypes=ONE,
    ),
    Case(
        "log_normal_",
        A(COUNT),
        1.0,
        0.5,
        properties=lambda result, *_: moments(1, 0.5)(np.log(result.astype(np.float64))),
        gradient=False,
        dtypes=ONE,
    ),
]

ERRORS = [
    ErrorCase("rand", -1, raises=RuntimeError, match="negative dimension"),
    ErrorCase("randn", (2, -1), raises=RuntimeError, match="negative dimension"),
    ErrorCase("randint", 5, 5, (2,), raises=RuntimeError, match="expects 'from' to be less than 'to'"),
    ErrorCase("randint", 5, 3, raises=TypeError, match="invalid combination of arguments"),
    ErrorCase("randperm", -1, raises=RuntimeError, match="negative dimension"),
    ErrorCase("normal", 0.0, 1.0, raises=TypeError, match="invalid combination of arguments"),
    ErrorCase("normal", A(3), -1.0, raises=RuntimeError, match="normal expects std >= 0.0, but found std -1"),
    ErrorCase("bernoulli", Values([1.5]), raises=RuntimeError, match="p_in >= 0 && p_in <= 1"),
    ErrorCase("bernoulli", Values([1], dtype="int64"), raises=NotImplementedError, match="not implemented for 'Long'"),
    ErrorCase("bernoulli", A(3), 2.0, raises=RuntimeError, match="expects p to be in"),
    ErrorCase("multinomial", Values(WEIGHTS), 5, raises=RuntimeError, match="cannot sample n_sample > prob_dist.size"),
    ErrorCase("multinomial", Values([-1.0, 2.0]), 1, raises=RuntimeError, match="element < 0"),
    ErrorCase("multinomial", Values([0.0, 0.0]), 1, raises=RuntimeError, match="sum of probabilities <= 0"),
    ErrorCase("multinomial", Values([1.0]), 0, raises=RuntimeError, match="n_sample <= 0"),
    ErrorCase("multinomial", A(2, 2, 2), 1, raises=RuntimeError, match="prob_dist must be 1 or 2 dim"),
    ErrorCase("poisson", Values([-1.0]), raises=RuntimeError, match="invalid Poisson rate"),
    ErrorCase("uniform_", A(3), 2.0, 1.0, raises=RuntimeError, match="found from=2"),
    ErrorCase("uniform_", I(3), raises=NotImplementedError, match="not implemented for 'Long'"),
    ErrorCase("normal_", A(3), 0.0, -1.0, raises=RuntimeError, match="normal expects std >= 0.0"),
    ErrorCase("bernoulli_", A(3), 1.5, raises=RuntimeError, match="expects p to be in"),
    ErrorCase("random_", A(3), 5, 5, raises=RuntimeError, match="expects 'from' to be less than 'to'"),
    ErrorCase("exponential_", A(3), -1.0, raises=RuntimeError, match="expects lambda > 0.0"),
    ErrorCase("geometric_", A(3), 1.0, raises=RuntimeError, match="expects p to be in"),
    ErrorCase("cauchy_", A(3), 0.0, -1.0, raises=RuntimeError, match="expects sigma > 0.0"),
    ErrorCase("log_normal_", A(3), 1.0, -2.0, raises=RuntimeError, match="expects std > 0.0"),
]
