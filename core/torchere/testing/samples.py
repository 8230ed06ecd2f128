"""How a third party's class is made and called: from its samples, or from its signature."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torchere.testing.cases import A, I, Sample
from torchere.testing.report import Skipped

__all__ = ["REMEDY", "declared_samples", "made", "required_arguments"]

REMEDY = "Give the class (or its module) a function `torchere_samples` that returns torchere.testing.Sample objects."


def declared_samples(thing: Any) -> list[Sample]:
    """The samples a class or its module declares; empty if none."""
    for owner in (thing, sys.modules.get(getattr(thing, "__module__", ""))):
        function = vars(owner).get("torchere_samples") if owner is not None and hasattr(owner, "__dict__") else None
        if function is not None:
            function = getattr(function, "__func__", function)
            given: Iterable[Any] = function() if callable(function) else function
            return [item for item in given if isinstance(item, Sample)]
    return []


def required_arguments(thing: Callable[..., Any], value: int, *, after: int = 0) -> tuple[Any, ...]:
    """`value` for each required positional parameter beyond the first `after`."""
    try:
        parameters = list(inspect.signature(thing).parameters.values())
    except (TypeError, ValueError):
        return ()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [p for p in parameters if p.default is inspect.Parameter.empty and p.kind in kinds]
    return (value,) * max(len(required) - after, 0)


#: Inputs tried in turn on a layer without samples.
GUESSES: Sequence[tuple[Any, ...]] = (
    (A(2, 4),),
    (A(2, 4, 4),),
    (A(2, 4, 8, 8),),
    (I(2, 4, high=4),),
    (A(2, 4), A(2, 4)),
)


def made(thing: Callable[..., Any], sample: Sample) -> Any:
    """The object a sample describes."""
    return thing(*sample.args, **sample.kwargs)


def guessed(
    thing: Callable[..., Any], value: int, inputs: Sequence[tuple[Any, ...]], works: Callable[[Sample], None]
) -> Sample:
    """The first guess for which `works` raises nothing. `Skipped` if none does."""
    args = required_arguments(thing, value)
    problem: Exception | None = None
    for chosen in inputs:
        sample = Sample(*args, inputs=chosen)
        try:
            works(sample)
        except Exception as error:
            problem = error
            continue
        return sample
    name = getattr(thing, "__name__", str(thing))
    raise Skipped(f"{name}: cannot guess its arguments ({problem}). {REMEDY}")
