"""The operator library ``capping``: `softcap`."""

from collections.abc import Iterator
from typing import Any

from torchere import Tensor
from torchere.operators import operator
from torchere_dispatch import Registry, hookimpl

__all__ = ["softcap"]


def _check_cap(input: Tensor, cap: float = 30.0) -> None:
    if not cap > 0:
        raise ValueError(f"softcap: cap should be positive, got {cap}")


@operator(promote="float", check=_check_cap)
def softcap(input: Tensor, cap: float = 30.0) -> Tensor:
    """``cap * tanh(input / cap)``: nearly `input` where it is small, never beyond ``±cap``.

    Shape: ``(*)``, kept. Integers become the default float dtype.
    Raises: ValueError for a `cap` that is not positive.
    Source: Gemma 2, Google DeepMind 2024, section 2 (logit soft-capping).
    """
    return (input / cap).tanh() * cap


# Written in operators, so second derivatives follow, and any device has it.
softcap.gradient(input=lambda grad, out, cap: grad * (1 - (out / cap).square()))


@hookimpl
def torchere_register(registry: Registry) -> None:
    """Called once, when a name of ``torchere`` is touched that the standard operators do not have."""
    registry.operators([softcap])


@hookimpl
def torchere_cases() -> Iterator[Any]:
    """Called by the conformance kit only."""
    from torchere_example.cases import CASES, ERRORS

    yield from CASES
    yield from ERRORS
