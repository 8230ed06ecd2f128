"""finfo and iinfo; the expected texts were printed by PyTorch 2.13."""

import pytest

from torchere import dtypes
from torchere.dtypes import by_name
from torchere.promotion import set_default_dtype
from torchere.typeinfo import finfo, iinfo

#: resolution, max, eps, smallest_normal as PyTorch prints them
FLOATS = {
    "float16": ("0.001", "65504", "0.000976562", "6.10352e-05"),
    "bfloat16": ("0.01", "3.38953e+38", "0.0078125", "1.17549e-38"),
    "float32": ("1e-06", "3.40282e+38", "1.19209e-07", "1.17549e-38"),
    "float64": ("1e-15", "1.79769e+308", "2.22045e-16", "2.22507e-308"),
    "float8_e4m3fn": ("1", "448", "0.125", "0.015625"),
    "float8_e4m3fnuz": ("1", "240", "0.125", "0.0078125"),
    "float8_e5m2": ("1", "57344", "0.25", "6.10352e-05"),
    "float8_e5m2fnuz": ("1", "57344", "0.125", "3.05176e-05"),
}


def test_finfo() -> None:
    for name, (resolution, high, eps, normal) in FLOATS.items():
        info = finfo(by_name(name))
        assert repr(info) == (
            f"finfo(resolution={resolution}, min=-{high}, max={high}, eps={eps}, "
            f"smallest_normal={normal}, tiny={normal}, dtype={name})"
        )
        assert info.dtype == name
        assert info.bits == by_name(name).itemsize * 8
    assert finfo(dtypes.float16).eps == 0.0009765625
    assert finfo(dtypes.bfloat16).max == 3.3895313892515355e38
    assert finfo(dtypes.complex64) == finfo(dtypes.float32) == finfo()
    assert finfo(dtypes.complex128) != finfo(dtypes.float32)
    with pytest.raises(TypeError, match="unhashable"):
        hash(finfo())


def test_finfo_follows_the_default_dtype() -> None:
    set_default_dtype(dtypes.float64)
    try:
        assert finfo().dtype == "float64"
    finally:
        set_default_dtype(dtypes.float32)


def test_iinfo() -> None:
    for name in "uint8 int8 uint16 int16 uint32 int32 uint64 int64".split():
        info, bits = iinfo(by_name(name)), by_name(name).itemsize * 8
        low, high = (0, 2**bits - 1) if name[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        assert (info.bits, info.min, info.max, info.dtype) == (bits, low, high, name)
    assert repr(iinfo(dtypes.int32)) == "iinfo(min=-2.14748e+09, max=2.14748e+09, dtype=int32)"
    assert repr(iinfo(dtypes.uint8)) == "iinfo(min=0, max=255, dtype=uint8)"
    assert iinfo(dtypes.uint8) == iinfo(dtypes.uint8) != iinfo(dtypes.int8)


def test_wrong_dtypes() -> None:
    with pytest.raises(TypeError, match=r"torch.finfo\(\) requires a floating point input type, got torch.int8"):
        finfo(dtypes.int8)
    with pytest.raises(TypeError, match=r"torch.iinfo\(\) requires an integer input type, got torch.float32"):
        iinfo(dtypes.float32)
    with pytest.raises(TypeError, match=r"torch.bool is not supported by torch.iinfo"):
        iinfo(dtypes.bool_)
    with pytest.raises(TypeError, match=r"must be torch.dtype, not int"):
        finfo(3)
    with pytest.raises(TypeError, match=r"must be torch.dtype, not str"):
        iinfo("int8")
