"""`torchere.testing.make_tensor`: intervals, layouts and errors for every dtype."""

import pytest

import torchere as torch
from torchere.testing import make_tensor

INTEGERS = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
FLOATS = ("float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "float8_e5m2")


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def drawn(*shape, dtype, **options):
    made = make_tensor(*shape, dtype=getattr(torch, dtype), device="cpu", **options)
    assert str(made.dtype) == f"torch.{dtype}"
    return made


@pytest.mark.parametrize("dtype", INTEGERS)
def test_default_interval_of_integers(dtype):
    values = drawn(2000, dtype=dtype).to(torch.int64)
    assert (values.min().item(), values.max().item()) == (0 if dtype.startswith("u") else -9, 9)


@pytest.mark.parametrize("dtype", FLOATS)
def test_interval_of_floats_is_open_above(dtype):
    values = drawn(5000, dtype=dtype).double()
    assert -9 <= values.min() <= -8
    assert 7 < values.max() < 9
    values = drawn(5000, dtype=dtype, low=1, high=2).double()
    assert values.min() >= 1
    assert values.max() < 2


def test_bools_and_complex_numbers():
    assert drawn(100, dtype="bool").unique().tolist() == [False, True]
    assert not drawn(100, dtype="bool", high=1).any()
    values = torch.view_as_real(drawn(2000, dtype="complex64", low=1, high=3))
    assert values.min() >= 1
    assert values.max() < 3
    assert values.std(dim=0).min() > 0.5


def test_limits_are_clamped():
    assert drawn(500, dtype="uint8", low=-5, high=300).max() > 200
    assert drawn(500, dtype="float16", low=-1e9, high=1e9).isfinite().all()
    huge = drawn(500, dtype="float64", low=float("-inf"), high=float("inf"))
    assert huge.isfinite().all()
    assert huge.abs().max() > 1e308
    assert drawn(500, dtype="uint64", low=2**63, high=2**64).ge(2**63).all()


def test_shapes_and_layouts():
    assert drawn(dtype="float32").shape == drawn((), dtype="float32").shape == ()
    assert drawn(2, 3, dtype="float32").shape == drawn([2, 3], dtype="float32").shape == (2, 3)
    spread = drawn(4, 4, dtype="float32", noncontiguous=True)
    assert (spread.shape, spread.stride()) == ((4, 4), (8, 2))
    for shape in ((), (1,), (0,)):
        assert drawn(shape, dtype="float32", noncontiguous=True).is_contiguous()
    assert drawn(2, 3, 4, 5, dtype="float32", memory_format=torch.channels_last).stride() == (60, 1, 15, 3)
    wanted = drawn(4, dtype="float32", requires_grad=True, noncontiguous=True)
    assert wanted.requires_grad
    assert wanted.is_leaf


def test_excluded_zeros():
    assert drawn(100, dtype="int64", low=0, high=2, exclude_zero=True).unique().tolist() == [1]
    tiny = torch.finfo(torch.float16).tiny
    assert drawn(100, dtype="float16", low=0, high=1e-8, exclude_zero=True).unique().tolist() == [tiny]
    assert drawn(100, dtype="complex64", low=0, high=1e-46, exclude_zero=True).real.min() > 0
    assert drawn(100, dtype="bool", exclude_zero=True).all()


@pytest.mark.parametrize(
    ("error", "match", "options"),
    [
        (ValueError, "low must be less than high", {"low": 6, "high": 5}),
        (ValueError, "low must be less than high", {"low": 20}),
        (ValueError, "low must be less than high", {"dtype": torch.int64, "low": 5, "high": 5}),
        (ValueError, "NaN", {"low": float("nan")}),
        (ValueError, "outside torch.uint8", {"dtype": torch.uint8, "low": 256, "high": 300}),
        (ValueError, "outside torch.float32", {"low": 1e39, "high": 1e40}),
        (ValueError, "integers have no gradient", {"dtype": torch.int64, "requires_grad": True}),
        (ValueError, "exclude each other", {"noncontiguous": True, "memory_format": torch.channels_last}),
        (RuntimeError, "empty after rounding", {"dtype": torch.int64, "low": 0.5, "high": 0.9}),
        (RuntimeError, "rank 4", {"memory_format": torch.channels_last}),
        (RuntimeError, "nope", {"device": "nope"}),
        (TypeError, "dtype must be", {"dtype": "float32"}),
    ],
)
def test_errors(error, match, options):
    with pytest.raises(error, match=match):
        make_tensor(3, **{"dtype": torch.float32, "device": "cpu", **options})


def test_equal_limits_warn():
    with pytest.warns(FutureWarning, match="full"):
        assert drawn(2, dtype="float32", low=5, high=5).tolist() == [5, 5]
