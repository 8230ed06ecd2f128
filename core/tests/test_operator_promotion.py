"""The dtype of ``a + b``, ``a / b``, ``a < b`` for all pairs of dtypes, with dimensions, without, and numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import torchere as torch

_GOLDEN = json.loads((Path(__file__).parent / "golden" / "operator_promotion.json").read_text())
_OPERATORS = {"add": lambda a, b: a + b, "div": lambda a, b: a / b, "lt": lambda a, b: a < b}
_NUMBERS: dict[str, Any] = {"bool": True, "int": 1, "float": 1.5, "complex": 1j}


def _operand(text: str) -> Any:
    kind, name = text.split()
    if kind == "n":
        return _NUMBERS[name]
    return torch.ones((2,) if kind == "v" else (), dtype=getattr(torch, name))


#: Pairs for which PyTorch's CPU kernels lack a dtype that ours have.
_WIDER = frozenset(("uint16", "uint32", "uint64"))


def _result(op: str, first: str, second: str) -> str:
    try:
        found = _OPERATORS[op](_operand(first), _operand(second))
    except Exception as error:
        return next(cls.__name__ for cls in type(error).__mro__ if cls.__module__ == "builtins")
    return str(found.dtype).removeprefix("torch.")


@pytest.mark.parametrize("op", sorted(_OPERATORS))
def test_result_dtypes(op: str) -> None:
    wrong = []
    for key, place in _GOLDEN["results"].items():
        name, first, second = key.split("|")
        if name != op:
            continue
        expected, found = _GOLDEN["names"][place], _result(op, first, second)
        names = {first.split()[1], second.split()[1]}
        if "float16" in names and names & {"complex", "complex64", "complex128"}:
            # There is no complex32, and complex numbers are not ordered.
            expected = "NotImplementedError" if op == "lt" else expected if expected == "complex128" else "complex64"
        if found != expected and not (expected.endswith("Error") and _WIDER & names):
            wrong.append(f"{key}: {found}, PyTorch {expected}")
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.parametrize(
    ("target", "operand"),
    [
        (target, operand)
        for target in ("bool", "uint8", "int64", "float16", "float32", "complex64")
        for operand in ("bool", "int64", "float32", "float64", "complex64")
    ],
)
def test_in_place_keeps_the_dtype_or_refuses(target: str, operand: str) -> None:
    a, b = torch.ones(2, dtype=getattr(torch, target)), torch.ones(2, dtype=getattr(torch, operand))
    promoted = torch.promote_types(a.dtype, b.dtype)
    if torch.can_cast(promoted, a.dtype):
        assert a.add_(b).dtype is a.dtype
    else:
        with pytest.raises(RuntimeError, match=r"can't be cast to the desired output type .* \(add_\(\)\)"):
            a.add_(b)
        assert a.tolist() == torch.ones(2, dtype=a.dtype).tolist()
