"""In-place random fills: `Tensor.uniform_`, `normal_` and the other distributions.

Each draws a fresh tensor from the primitives of `random` and copies it in, so views and version counters are those of
`copy_`. Gradients of the old values are zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torchere
from torchere import Tensor
from torchere.dtype_sets import BOOL, FLOATING, INTEGRAL
from torchere.dtypes import DType
from torchere.errors import DTypeError, ShapeError, UnsupportedDTypeError
from torchere.operators import composite
from torchere.promotion import scalar_type_name

from .random import (
    _check_integers,
    _check_probability,
    _check_std,
    _largest,
    random_integers,
    random_normal,
    random_uniform,
)

if TYPE_CHECKING:
    from torchere import Generator
from .operand_kinds import require_dtypes

__all__ = [
    "bernoulli_",
    "cauchy_",
    "exponential_",
    "geometric_",
    "log_normal_",
    "normal_",
    "random_",
    "uniform_",
]


def _require_floating(input: Tensor, kernel: str) -> None:
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise UnsupportedDTypeError(
            f"\"{kernel}\" not implemented for '{scalar_type_name(input.dtype)}'. Use a floating dtype, e.g. x.float()."
        )


def _wide(input: Tensor) -> DType:
    """The dtype to transform draws in: at least float32."""
    return torchere.float64 if input.dtype is torchere.float64 else torchere.float32


def _positive_uniform(input: Tensor, generator: Any) -> Tensor:
    """Uniform numbers in ``(0, 1]``, whose logarithm is finite."""
    draws = random_uniform(input.shape, 0.0, 1.0, generator=generator, dtype=_wide(input), device=input.device)
    return 1 - draws


def _lower(bounds: Mapping[str, Any], given: Any, name: str) -> Any:
    """The lower bound: PyTorch calls it ``from``, which no Python signature can."""
    unknown = [word for word in bounds if word != "from"]
    if unknown:
        raise TypeError(f"{name}() got an unexpected keyword argument '{unknown[0]}'")
    return bounds.get("from", given)


@composite(method="only")
def uniform_(
    input: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None, **bounds: float
) -> Tensor:
    """Fill with uniform numbers, ``from ≤ x < to``. RuntimeError if the bounds are reversed or beyond the dtype."""
    from_ = _lower(bounds, from_, "uniform_")
    _require_floating(input, "check_uniform_bounds")
    if not input.dtype.is_complex:
        limit = torchere.finfo(input.dtype).max
        for name, bound in (("from", from_), ("to", to)):
            if not -limit <= bound <= limit:
                raise ShapeError(f"{name} is out of bounds for {input.dtype.name}: {bound}")
    if from_ > to:
        raise ShapeError(f"uniform_ expects to return a [from, to) range, but found from={from_} > to={to}")
    return input.copy_(
        random_uniform(input.shape, from_, to, generator=generator, dtype=input.dtype, device=input.device)
    )


@composite(method="only")
def normal_(input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers. RuntimeError for a negative standard deviation."""
    _check_std(std)
    _require_floating(input, "normal_kernel_cpu")
    return input.copy_(
        random_normal(input.shape, mean, std, generator=generator, dtype=input.dtype, device=input.device)
    )


@composite(method="only")
def bernoulli_(input: Tensor, p: float | Tensor = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1 (with probability `p`, a number or a tensor that broadcasts) and 0, in any dtype."""
    if isinstance(p, Tensor):
        if not bool(((p >= 0) & (p <= 1)).all()):
            raise ShapeError("bernoulli_ expects p to be in [0, 1]")
        require_dtypes("bernoulli_tensor_cpu_", input, FLOATING)
        p = p.expand(input.shape)
        dtype = torchere.float64 if p.dtype is torchere.float64 else torchere.float32
    else:
        _check_probability(p, "bernoulli_")
        dtype = _wide(input)
    require_dtypes("bernoulli_scalar_cpu_", input, BOOL + INTEGRAL + FLOATING)
    draws = random_uniform(input.shape, 0.0, 1.0, generator=generator, dtype=dtype, device=input.device)
    return input.copy_(draws < p)


@composite(method="only")
def random_(
    input: Tensor, from_: int | None = None, to: int | None = None, *, generator: Generator | None = None, **bounds: int
) -> Tensor:
    """Fill with integers: ``random_()`` from 0 up to what the dtype holds, ``random_(to)``, ``random_(from, to)``."""
    from_ = _lower(bounds, from_, "random_")
    require_dtypes("random_cpu", input, BOOL + INTEGRAL + FLOATING)
    if from_ is None:
        low, high = 0, (_largest(input.dtype) + 1 if to is None else to)
    elif to is None:
        low, high = 0, from_
    else:
        low, high = from_, to
    _check_integers(low, high, input.dtype)
    return input.copy_(
        random_integers(input.shape, low, high, generator=generator, dtype=input.dtype, device=input.device)
    )


@composite(method="only")
def exponential_(input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with ``-log(u) / lambd``, exponential numbers of rate `lambd`. RuntimeError unless it is positive."""
    if lambd <= 0:
        raise ShapeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
    if not input.dtype.is_floating_point:
        raise DTypeError(
            "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {scalar_type_name(input.dtype)}"
        )
    return input.copy_(_positive_uniform(input, generator).log() * (-1 / lambd))


@composite(method="only")
def geometric_(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with the number of trials up to the first success, each of probability `p`, ``0 < p < 1``."""
    if not 0 < p < 1:
        raise ShapeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
    require_dtypes("geometric_cpu", input, FLOATING + INTEGRAL)
    trials = torchere.ceil(_positive_uniform(input, generator).log() / math.log1p(-p))
    return input.copy_(trials.clamp(min=1))


@composite(method="only")
def cauchy_(input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with ``median + sigma * tan(pi * (u - 1/2))``, Cauchy numbers. RuntimeError unless `sigma` is positive."""
    if sigma <= 0:
        raise ShapeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    if not input.dtype.is_floating_point:
        raise DTypeError(
            "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {scalar_type_name(input.dtype)}"
        )
    draws = random_uniform(input.shape, 0.0, 1.0, generator=generator, dtype=_wide(input), device=input.device)
    return input.copy_(torchere.tan((draws - 0.5) * math.pi) * sigma + median)


@composite(method="only")
def log_normal_(input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with ``exp`` of normal numbers. RuntimeError unless the standard deviation is positive."""
    if std <= 0:
        raise ShapeError(f"log_normal_ expects std > 0.0, but found std={std}")
    require_dtypes("log_normal_cpu", input, FLOATING)
    draws = random_normal(input.shape, mean, std, generator=generator, dtype=_wide(input), device=input.device)
    return input.copy_(draws.exp())
