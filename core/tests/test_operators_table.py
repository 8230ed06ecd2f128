"""Every operator has cases, and every case something to compare with."""

from __future__ import annotations

import torchere  # noqa: F401 - registers the operators
from torchere.operators import operators
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


def test_primitives_are_few() -> None:
    primitives = [name for name, declared in operators().items() if declared.is_primitive]
    assert len(primitives) <= 150
