"""Indexing kernels: the ways of adding rows agree, bits are filled as values, addresses are right."""

import numpy as np
import pytest

from torchere.dtype_sets import ALL
from torchere.dtypes import by_name
from torchere.errors import DTypeError, ShapeError
from torchere_cpu import indexing


def repeated(count, size, how):
    source = np.random.default_rng(count)
    if how == "few":  # many values for each row: summed group by group
        return source.integers(0, 3, count)
    if how == "many":  # few values for each row: added in rounds
        return source.permutation(np.arange(count) % size)
    return np.zeros(count, np.int64)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "complex64", "bfloat16", "float16"])
@pytest.mark.parametrize("how", ["few", "many", "one"])
@pytest.mark.parametrize("width", [3, 16, 300])
def test_rows_add_up(how, width, dtype):
    rows = repeated(400, 90, how)
    kind = by_name(dtype).numpy
    source = np.random.default_rng(1)
    values = source.integers(-3, 4, (400, width)).astype(kind)
    table = source.integers(-3, 4, (90, width)).astype(kind)
    expected = table.astype(np.complex128)
    np.add.at(expected, rows, values.astype(np.complex128))
    indexing.accumulate_rows(table, rows, values)
    wide = table.astype(np.complex128 if dtype.startswith("complex") else np.float64)
    tolerance = {"bfloat16": 2e-2, "float16": 2e-3}.get(dtype, 1e-6)
    np.testing.assert_allclose(
        wide, expected.real if wide.dtype.kind == "f" else expected, rtol=tolerance, atol=tolerance
    )


@pytest.mark.parametrize("dtype", [name for name in ALL if by_name(name).itemsize <= 8])
def test_filling_bits_is_filling_values(dtype):
    kind = by_name(dtype).numpy
    source = np.random.default_rng(2)
    x = source.integers(0, 2, (130, 70)).astype(kind)
    mask = source.random((130, 70)) < 0.5
    for value in (0, 1):
        expected = x.copy()
        expected[mask] = value
        for shown in (x, x.T.copy().T):
            assert indexing.masked_fill_value(shown, mask, value).tobytes() == expected.tobytes()


def test_filling_keeps_nan_and_signed_zero():
    x = np.full((80, 80), -0.0, np.float32)
    x[0] = np.nan
    filled = indexing.masked_fill_value(x, np.zeros((80, 80), bool), 3.0)
    assert np.isnan(filled[0]).all()
    assert np.signbit(filled[1:]).all()


def test_value_that_does_not_fit_is_refused():
    with pytest.raises(DTypeError, match="int8 without overflow: 300"):
        indexing.scalar(300, np.dtype(np.int8))
    with pytest.raises(DTypeError, match="float16 without overflow"):
        indexing.scalar(-1e9, np.dtype(np.float16))
    assert indexing.scalar(float("-inf"), np.dtype(np.float16)) == float("-inf")


def test_in_place_does_not_grow():
    with pytest.raises(ShapeError, match=r"output with shape \[3\] doesn't match the broadcast shape \[2, 3\]"):
        indexing.masked_fill_value(np.zeros(3), np.ones((2, 3), bool), 1.0, np.zeros(3))


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_addresses(dim):
    x = np.random.default_rng(3).random((3, 4, 5))
    index = np.random.default_rng(4).integers(0, x.shape[dim], (2, 3, 4))
    picked = x.reshape(-1)[indexing.addresses(x.shape, dim, index)]
    corner = x[tuple(slice(None) if axis == dim else slice(size) for axis, size in enumerate(index.shape))]
    np.testing.assert_array_equal(picked, np.take_along_axis(corner, index, dim))
