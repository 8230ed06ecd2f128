"""`torchere.testing.assert_close` and its deprecated forerunner: what passes, what fails, and what the error says."""

from collections import OrderedDict

import numpy as np
import pytest

import torchere as torch
from torchere.testing import assert_allclose, assert_close

T = torch.tensor
NAN, INF = float("nan"), float("inf")


def text_of(*arguments, **options):
    with pytest.raises(AssertionError) as caught:
        assert_close(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("actual", "expected", "options"),
    [
        (T([1.0, 2.0]), T([1.0, 2.000002]), {}),
        (T([0.0]), T([1e-5]), {}),
        (T([INF, -INF]), T([INF, -INF]), {}),
        (T([NAN, 1.0]), T([NAN, 1.0]), {"equal_nan": True}),
        (T([1.0]), T([1]), {"check_dtype": False}),
        (T([True]), T([1]), {"check_dtype": False}),
        (T([1.0]), T([1.00001], dtype=torch.float64), {"check_dtype": False}),  # the wider default of the two
        (T([5]), T([6]), {"rtol": 0, "atol": 1}),
        (T([[1.0, 2.0], [3.0, 4.0]]), T([[1.0, 3.0], [2.0, 4.0]]).t(), {}),
        (torch.zeros(0), torch.zeros(0), {}),
        (torch.nn.Parameter(T([1.0])), T([1.0]), {}),
        (T([1 + 1j]), T([1 + 1.000001j]), {}),
        (np.array([1.0]), np.array([1.0]), {}),
        (np.float32(1), 1.0, {}),
        (1.0, 1.0 + 1e-8, {}),
        (1, 1.0, {"check_dtype": False}),
        (NAN, NAN, {"equal_nan": True}),
        (INF, INF, {}),
        (None, None, {}),
        (True, np.True_, {}),
        ([1, 2], (1, 2), {}),
        ([], [], {}),
        (OrderedDict(a=1, b=[None]), {"b": [None], "a": 1}, {}),
        (b"ab", b"ab", {}),
    ],
)
def test_close(actual, expected, options):
    assert_close(actual, expected, **options)


@pytest.mark.parametrize(
    ("dtype", "near", "far"),
    [
        ("float16", 1e-3, 2e-3),
        ("bfloat16", 1.5e-2, 3e-2),
        ("float32", 1e-5, 2e-5),
        ("complex64", 1e-5, 2e-5),
        ("float64", 1.5e-7, 3e-7),
        ("complex128", 1.5e-7, 3e-7),
    ],
)
def test_default_tolerances(dtype, near, far):
    one = torch.ones(2, dtype=getattr(torch, dtype))
    wide = torch.ones(2, dtype=torch.complex128 if one.is_complex() else torch.float64)
    assert_close((wide + near).to(one.dtype), one)
    assert "Mismatched elements: 2 / 2 (100.0%)" in text_of((wide + far).to(one.dtype), one)


def test_tolerances_are_rounded_as_the_values_are():
    assert_close(T([1e-5], dtype=torch.float16), T([0.0], dtype=torch.float16))
    assert "2 / 2" in text_of(T([2e-5, 1.0], dtype=torch.float16), T([0.0, 1.01], dtype=torch.float16))


def test_text_of_mismatches_has_pytorchs_facts():
    text = text_of(T([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), T([[1.0, 2.1, 3.0], [0.0, 0.0, 5.0]]))
    assert "Mismatched elements: 2 / 6 (33.3%)" in text
    assert "Greatest absolute difference: 5.0 at index (1, 2) (up to 1e-05 allowed)" in text
    assert "Greatest relative difference: 1.0 at index (1, 2) (up to 1.3e-06 allowed)" in text
    text = text_of(T([1.0, 2.0, 3.0]), T([1.0, 2.1, 3.0]))
    assert "Greatest absolute difference: 0.09999990463256836 at index (1,)" in text
    assert "Greatest relative difference: 0.04761900380253792 at index (1,)" in text


def test_exact_comparison_names_no_tolerance():
    text = text_of(T([1, 2]), T([1, 3]))
    assert "are not equal" in text
    assert "Greatest absolute difference: 1 at index (1,)" in text
    assert "Greatest relative difference: 0.3333333432674408 at index (1,)" in text
    assert "allowed" not in text
    text = text_of(T([1, 2], dtype=torch.uint8), T([255, 3], dtype=torch.uint8))
    assert "Greatest absolute difference: 254 at index (0,)" in text
    # The distance is exact where int64 arithmetic would wrap around.
    assert f"Greatest absolute difference: {2**64 - 1} at" in text_of(T([-(2**63)]), T([2**63 - 1]))


def test_scalars():
    text = text_of(T(2.0), T(3.0))
    assert "expected 3.0, got 2.0" in text
    assert "Absolute difference: 1.0 (up to 1e-05 allowed)" in text
    assert "Relative difference: 0.3333333333333333 (up to 1.3e-06 allowed)" in text
    assert "Relative difference: inf" in text_of(1.0, 0.0)
    assert "(1+2j)" in text_of(1 + 1j, 1 + 2j)
    assert "True is not False" in text_of(True, False)
    assert "int != float" in text_of(1, 1.0)
    assert "bool != int" in text_of(True, 1)
    assert "inf" in text_of(1.0, INF, rtol=0.5, atol=0.5)
    assert "None" in text_of(None, T(1.0))


@pytest.mark.parametrize(
    ("actual", "expected", "absolute", "relative"),
    [
        ([NAN, 1.0], [NAN, 1.0], "nan at index (0,)", "nan at index (0,)"),
        ([INF, 1.0], [-INF, 1.0], "inf at index (0,)", "nan at index (0,)"),
        ([1.0, INF], [1.0, 1.0], "inf at index (1,)", "inf at index (1,)"),
        ([INF, 5.0], [INF, 0.0], "5.0 at index (1,)", "inf at index (1,)"),
    ],
)
def test_nan_and_infinity(actual, expected, absolute, relative):
    text = text_of(T(actual), T(expected))
    assert "Mismatched elements: 1 / 2" in text
    assert f"absolute difference: {absolute}" in text
    assert f"relative difference: {relative}" in text


def test_an_infinite_expectation_is_not_within_any_tolerance():
    assert "1 / 1" in text_of(T([1.0]), T([INF]), rtol=0.1, atol=0.0)


def test_attributes():
    assert "dtype: torch.float32 != torch.int64" in text_of(T([1.0]), T([1]))
    assert "shape: (2,) != (1,)" in text_of(T([1.0, 2.0]), T([1.0]))
    square = T([[1.0, 2.0], [3.0, 4.0]])
    transposed = square.t().contiguous().t()
    assert "stride(): (2, 1) != (1, 2)" in text_of(square, transposed, check_stride=True)


def test_structures_say_where():
    assert "item [1][0]" in text_of([[T(1.0)], [T(2.0)]], [[T(1.0)], [T(3.0)]])
    assert "item ['a'][0]" in text_of({"a": [T(1.0)]}, {"a": [T(2.0)]})
    assert "1 != 2" in text_of([T(1.0)], [T(1.0), T(3.0)])
    text = text_of({"a": 1, "c": 2}, {"b": 1, "c": 2})
    assert "Missing in the actual one: ['b']" in text
    assert "Additional in the actual one: ['a']" in text
    # The structure comes first: the lengths of what follows are wrong, too.
    assert "length" in text_of([T(1.0), [T(1.0)]], [T(2.0), []])


def test_message():
    assert text_of(T(1.0), T(2.0), msg="mine") == "mine"
    text = text_of([T(1.0)], [T(2.0)], msg=lambda given: f"<{given}>")
    assert text.startswith("<Scalars are not close")
    assert text.endswith("item [0] of what was compared.>")


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (T([1.0]), [1.0]),
        (T(1.0), 1.0),
        (np.array([1.0]), T([1.0])),
        ("a", "a"),
        ({1}, {1}),
        ([1], {0: 1}),
        (object(), object()),
    ],
)
def test_unrelated_types(actual, expected):
    with pytest.raises(TypeError, match="assert_close: cannot compare"):
        assert_close(actual, expected)


def test_wrong_arguments():
    with pytest.raises(TypeError, match=r"item \[1\]"):
        assert_close([1, "a"], [1, "a"])
    with pytest.raises(TypeError, match="Parameter"):
        assert_close(torch.nn.Parameter(T([1.0])), T([1.0]), allow_subclasses=False)
    with pytest.raises(ValueError, match="there is no atol"):
        assert_close(1.0, 1.0, rtol=0.1)
    with pytest.raises(ValueError, match="there is no rtol"):
        assert_close(1.0, 1.0, atol=0.1)
    with pytest.raises(ValueError, match="rtol must be zero or more"):
        assert_close(1.0, 1.0, rtol=-0.1, atol=0.1)


@pytest.mark.skipif(not hasattr(torch.Tensor, "to_sparse"), reason="there are no sparse tensors")
def test_sparse():
    eye = torch.eye(2)
    assert_close(eye.to_sparse(), eye.to_sparse())
    assert_close(eye.to_sparse(), eye, check_layout=False)
    assert "layout" in text_of(eye.to_sparse(), eye)
    assert "Sparse COO values" in text_of(eye.to_sparse(), (2 * eye).to_sparse())
    assert "2 != 4" in text_of(eye.to_sparse(), torch.ones(2, 2).to_sparse())


def test_assert_allclose_is_deprecated_and_looser():
    with pytest.warns(FutureWarning, match="assert_close"):
        assert_allclose(T([1.0]), T([1.00005], dtype=torch.float64))
    with pytest.warns(FutureWarning, match="assert_close"):
        assert_allclose(T([1.0, NAN]), np.array([1.0, NAN]))
    with pytest.warns(FutureWarning, match="assert_close"), pytest.raises(AssertionError, match=r"up to 0\.0001"):
        assert_allclose(T([1.0]), [2.0])
