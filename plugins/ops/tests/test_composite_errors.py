"""Wrong inputs of every function composed of operators: PyTorch's exception, and a message that names the function.

``composite_errors.txt`` has one call a line after the function's name and the exception that PyTorch 2.13 raises.
"""

from __future__ import annotations

from builtins import __dict__ as builtins
from math import inf, nan
from pathlib import Path

import pytest

import torchere
from torchere.operators import Composite, composite, operators
from torchere.operators.guard import guarded, is_named

LINES = [line.split(maxsplit=2) for line in Path(__file__).with_name("composite_errors.txt").read_text().splitlines()]
NAMES = {"torch": torchere, "inf": inf, "nan": nan}


def test_every_composite_is_in_the_table() -> None:
    composites = {
        declared.public_name
        for declared in operators().values()
        if isinstance(declared, Composite) and declared.function.__module__.startswith("torchere_ops.")
    }
    missing = sorted(composites - {name for name, _, _ in LINES})
    assert missing == [], "give each a line in composite_errors.txt"


@pytest.mark.filterwarnings("ignore:.* is deprecated:UserWarning")
@pytest.mark.parametrize(("name", "kind", "call"), LINES, ids=[call for _, _, call in LINES])
def test_wrong_input(name: str, kind: str, call: str) -> None:
    with pytest.raises(builtins[kind]) as caught:
        eval(call, NAMES)
    assert is_named(operators()[f"{name}()"], str(caught.value)), caught.value


def _area(width: float, height: float, *rest: torchere.Tensor, scale: int | None = None) -> float:
    if width < 0:
        raise ValueError("width is negative")
    return width * height + sum(item.sum() for item in rest)


composite(_area)
area = guarded(_area.composite)  # type: ignore[attr-defined]


def test_a_guard_leaves_results_and_signature_alone() -> None:
    assert area(2, height=3) == 6
    assert (area.__name__, area.__kwdefaults__, area.__wrapped__) == ("_area", {"scale": None}, _area)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: area(-1, 2), ValueError, r"width is negative \[_area\(width: -1, height: 2, rest: \(\)\)\]"),
        (lambda: area("a", 2), TypeError, r"_area\(\): argument 'width' \(position 1\) must be float, not str"),
        (lambda: area(1, 2, 3), TypeError, r"_area\(\): argument 'rest' must be all Tensor, but got int"),
        (lambda: area(1), TypeError, r"_area\(\) missing 1 required positional argument: 'height'"),
    ],
)
def test_what_a_guard_says(call: object, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()  # type: ignore[operator]


def test_composites_know_the_spellings_of_numpy() -> None:
    x = torchere.arange(6.0).reshape(2, 3)
    assert torchere.flatten(x=x).tolist() == x.flatten().tolist()
    assert [piece.tolist() for piece in torchere.unbind(x, axis=1)] == x.t().tolist()
    assert x.narrow(axis=1, start=0, length=1).tolist() == [[0.0], [3.0]]
    assert torchere.split(tensor=x, split_size_or_sections=1)[1].tolist() == [[3.0, 4.0, 5.0]]
    with pytest.raises(TypeError, match=r"flatten\(\) got multiple values for argument 'input' \(as 'x'\)"):
        torchere.flatten(x, x=x)
    with pytest.raises(TypeError, match=r'flatten\(\) missing 1 required positional argument: "input"'):
        torchere.flatten()
    with pytest.raises(TypeError, match=r"unbind\(\) got an unexpected keyword argument 'foo'"):
        torchere.unbind(x, foo=1)


def test_exceptions_of_a_stranger_stay_as_they_are() -> None:
    class Odd(torchere.Tensor):
        @classmethod
        def __torch_function__(cls, function: object, types: object, args: object = (), kwargs: object = None) -> None:
            raise ValueError("no")

    with pytest.raises(ValueError, match=r"^no$"):
        torchere.relu(torchere.ones(2).as_subclass(Odd))
