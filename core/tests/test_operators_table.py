"""Every operator has cases, and every case something to compare with."""

from __future__ import annotations

import pytest

import torchere
from torchere.operators import operators
from torchere.testing import ErrorCase
from torchere.testing.operator_checks import check_error
from torchere.testing.plan import collection


def test_every_operator_has_a_case() -> None:
    assert collection().missing() == []


def test_every_case_has_a_reference_or_properties() -> None:
    assert collection().unjudged() == []


def test_cases_name_operators_that_exist() -> None:
    known = {declared.public_name for declared in operators().values()} | set(operators())
    assert sorted(set(collection().names) - known) == []


def test_the_table_notices_an_operator_without_a_case() -> None:
    cases = collection()
    held = cases.cases.pop("exp")
    try:
        assert "exp" in cases.missing()
    finally:
        cases.cases["exp"] = held


def test_every_public_operator_has_an_error_case() -> None:
    assert collection().unrefused() == []


def test_the_table_notices_an_operator_without_an_error_case() -> None:
    cases = collection()
    held = cases.errors.pop("exp")
    try:
        assert cases.unrefused() == ["exp"]
    finally:
        cases.errors["exp"] = held


def test_error_checks_notice_a_message_that_names_no_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(case for case in collection().errors["softmax"] if case.raises is IndexError)
    check_error(case, "cpu")
    monkeypatch.setattr(operators()["softmax"], "explain", lambda error, values: None)
    with pytest.raises(AssertionError, match=r"does not name softmax\(\)"):
        check_error(case, "cpu")


def test_a_dtype_of_an_error_case_is_passed_on() -> None:
    case = ErrorCase("ones", 2, dtype=torchere.float64, raises=ValueError, match="")
    assert (case.dtype, case.kwargs) == ("float32", {"dtype": torchere.float64})


def test_primitives_are_few() -> None:
    primitives = [name for name, declared in operators().items() if declared.is_primitive]
    assert len(primitives) <= 150
