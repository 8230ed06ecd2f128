"""Type promotion against PyTorch's answers for every pair (``golden/make_promotion.py``)."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from torchere import dtypes, promotion
from torchere.dtypes import DType, by_name
from torchere.promotion import can_cast, common_dtype, get_default_dtype, promote_types, result_type, set_default_dtype

GOLDEN = json.loads(Path(__file__).with_name("golden").joinpath("promotion.json").read_text())
NUMBERS = {"bool": True, "int": 3, "float": 2.5, "complex": 1j}


@pytest.fixture(autouse=True)
def _default_dtype() -> Iterator[None]:
    yield
    set_default_dtype(dtypes.float32)


class Operand:
    """What result_type reads of a tensor."""

    def __init__(self, dtype: DType, ndim: int) -> None:
        self.dtype, self.ndim = dtype, ndim


def operand(code: str) -> object:
    kind, name = code.split(":")
    return NUMBERS[name] if kind == "n" else Operand(by_name(name), kind == "d")


def answer(function, *arguments) -> str:
    try:
        return function(*arguments).name
    except RuntimeError as error:
        return "RuntimeError: " + str(error)


def test_promote_types_equals_pytorch() -> None:
    assert len(GOLDEN["promote_types"]) == len(dtypes.DTYPES) ** 2
    for key, place in GOLDEN["promote_types"].items():
        got = answer(promote_types, *map(by_name, key.split()))
        assert got.split(". Convert")[0] == GOLDEN["texts"][place], key


def test_can_cast_equals_pytorch() -> None:
    allowed = {f"{a.name} {b.name}" for a in dtypes.DTYPES for b in dtypes.DTYPES if can_cast(a, b)}
    assert allowed == set(GOLDEN["can_cast"])


def test_result_type_equals_pytorch() -> None:
    for key, place in GOLDEN["result_type"].items():
        default, left, right = key.split()
        set_default_dtype(by_name(default))
        # There is no complex32 here; float16 with complex numbers gives complex64.
        expected = GOLDEN["texts"][place].replace("complex32", "complex64")
        assert answer(result_type, operand(left), operand(right)).split(". Convert")[0] == expected, key


def test_many_operands() -> None:
    f16, f32, f64, i64 = dtypes.float16, dtypes.float32, dtypes.float64, dtypes.int64
    assert common_dtype([f16, i64], [f64], [float]) is f16
    assert common_dtype([i64], [f16], [float]) is f16
    assert common_dtype([dtypes.uint8, dtypes.int8], [], [bool]) is dtypes.int16
    assert common_dtype([dtypes.bool_], [dtypes.uint8], [int]) is dtypes.uint8
    assert common_dtype([], [], [int, float]) is f32
    assert common_dtype([i64], [], [np.float32]) is f32
    with pytest.raises(TypeError, match="at least one operand"):
        common_dtype([], [], [])


def test_wrong_arguments() -> None:
    with pytest.raises(
        TypeError, match=r"promote_types\(\): argument 'type2' \(position 2\) must be torch.dtype, not int"
    ):
        promote_types(dtypes.float32, 3)
    with pytest.raises(TypeError, match=r"argument 'type1' .* not list"):
        promote_types([], dtypes.float32)
    with pytest.raises(TypeError, match=r"can_cast\(\): argument 'to'"):
        can_cast(dtypes.float32, "int8")
    with pytest.raises(TypeError, match=r"result_type\(\) received an invalid combination .* \(int, str\)"):
        result_type(1, "a")


def test_default_dtype_and_listeners(monkeypatch) -> None:
    heard: list[DType] = []
    monkeypatch.setattr(promotion, "_listeners", [])
    promotion.on_default_dtype_change(heard.append)
    set_default_dtype(dtypes.float64)
    set_default_dtype(dtypes.float64)
    assert get_default_dtype() is dtypes.float64
    assert heard == [dtypes.float64]
    assert promotion.default_complex_dtype() is dtypes.complex128
    for wrong in (dtypes.int32, dtypes.complex64, dtypes.float8_e5m2, "float32", None):
        with pytest.raises(TypeError, match="only floating-point types are supported as the default type"):
            set_default_dtype(wrong)
    assert get_default_dtype() is dtypes.float64
