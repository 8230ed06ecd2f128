"""Random tensors.

Four primitives draw numbers (uniform, normal, integers, a permutation) from the Philox stream of the device, or of the
`generator` given; every other distribution is a transformation of them. The same seed gives the same numbers on the
same device and version.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torchere
from torchere import Tensor
from torchere.dtype_sets import COMPLEX, FLOATING
from torchere.dtypes import DType
from torchere.errors import DTypeError, ShapeError, UnsupportedDTypeError
from torchere.operators import Number, Shape, composite, operator, primitive
from torchere.operators.arguments import shape_tuple
from torchere.promotion import scalar_type_name

from .broadcast_shape import broadcast_shape
from .creation import check_size, placed

if TYPE_CHECKING:
    from torchere import Generator

__all__ = [
    "bernoulli",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "random_integers",
    "random_normal",
    "random_permutation",
    "random_uniform",
    "randperm",
]


# --- primitives --------------------------------------------------------------------------------------------------


@primitive(factory=True, random=True, namespace=(), out=False, dtypes=FLOATING + COMPLEX)
def random_uniform(size: Shape, low: float, high: float, *, generator: Generator | None = None) -> Tensor:
    """Uniform numbers, ``low ≤ x < high``; complex dtypes draw both parts."""
    ...


@primitive(factory=True, random=True, namespace=(), out=False, dtypes=FLOATING + COMPLEX)
def random_normal(size: Shape, mean: Number, std: float, *, generator: Generator | None = None) -> Tensor:
    """Normal numbers; in complex dtypes each part has half the variance."""
    ...


@primitive(factory=True, random=True, namespace=(), out=False)
def random_integers(size: Shape, low: int, high: int, *, generator: Generator | None = None) -> Tensor:
    """Uniform integers, ``low ≤ n < high``, in any dtype."""
    ...


@primitive(factory=True, random=True, namespace=(), out=False)
def random_permutation(n: int, *, generator: Generator | None = None) -> Tensor:
    """The integers below `n` in random order, in any dtype."""
    ...


# --- factories ---------------------------------------------------------------------------------------------------


def _sizes(args: tuple[Any, ...], size: Any, name: str) -> tuple[int, ...]:
    sizes = shape_tuple(args if size is None else size, name)
    check_size(sizes)
    return sizes


@composite()
def rand(
    *args: Any,
    size: Any = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    names: Any = None,
) -> Tensor:
    """Uniform numbers in ``[0, 1)``. ``rand(2, 3)`` or ``rand((2, 3))``."""
    if names is not None:
        made = rand(*args, size=size, generator=generator, dtype=dtype, device=device, requires_grad=requires_grad)
        return made.refine_names(*names)
    if dtype is None and out is not None:
        dtype = out.dtype
    result = random_uniform(
        _sizes(args, size, "rand"),
        0.0,
        1.0,
        generator=generator,
        dtype=dtype,
        device=device,
        requires_grad=requires_grad,
    )
    return placed(result, out)


@composite()
def randn(
    *args: Any,
    size: Any = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    names: Any = None,
) -> Tensor:
    """Standard normal numbers. ``randn(2, 3)`` or ``randn((2, 3))``."""
    if names is not None:
        made = randn(*args, size=size, generator=generator, dtype=dtype, device=device, requires_grad=requires_grad)
        return made.refine_names(*names)
    if dtype is None and out is not None:
        dtype = out.dtype
    result = random_normal(
        _sizes(args, size, "randn"),
        0.0,
        1.0,
        generator=generator,
        dtype=dtype,
        device=device,
        requires_grad=requires_grad,
    )
    return placed(result, out)


def _largest(dtype: DType) -> int:
    """The largest integer `random_` may draw: that of the dtype, or up to which it holds every integer."""
    if dtype.is_complex:
        raise UnsupportedDTypeError(f"\"random_from_to\" not implemented for '{scalar_type_name(dtype)}'")
    if dtype.is_floating_point:
        return 1 << {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}.get(dtype.name, 2)
    return 1 if dtype is torchere.bool else int(torchere.iinfo(dtype).max)


def _check_integers(low: int, high: int, dtype: DType) -> None:
    largest = _largest(dtype)
    if low >= high:
        raise ShapeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if dtype.is_floating_point:
        return
    smallest = 0 if dtype is torchere.bool else int(torchere.iinfo(dtype).min)
    for name, value in (("from", low), ("to - 1", high - 1)):
        if not smallest <= value <= largest:
            raise ShapeError(f"{name} is out of bounds for {dtype.name}: {value}. Choose a wider dtype.")


@composite()
def randint(
    *args: Any,
    low: int | None = None,
    high: int | None = None,
    size: Sequence[int] | None = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform integers, ``low ≤ n < high``. ``randint(high, size)``, ``randint(low, high, size)``; int64 by default."""
    values = list(args)
    if size is None and values and isinstance(values[-1], (tuple, list)):
        size = values.pop()
    if size is None or isinstance(size, int):
        given = ", ".join(type(value).__name__ for value in args)
        raise TypeError(
            f"randint() received an invalid combination of arguments - got ({given}), but expected "
            "(int high, tuple of ints size) or (int low, int high, tuple of ints size)"
        )
    if len(values) == 2:
        low, high = values
    elif len(values) == 1 and high is None:
        high = values[0]
    elif len(values) == 1:
        low = values[0]
    if high is None:
        raise TypeError("randint() missing its upper bound: randint(high, size) or randint(low, high, size)")
    low = 0 if low is None else int(low)
    dtype = (torchere.int64 if out is None else out.dtype) if dtype is None else dtype
    _check_integers(low, int(high), dtype)
    result = random_integers(
        _sizes((), size, "randint"),
        low,
        int(high),
        generator=generator,
        dtype=dtype,
        device=device,
        requires_grad=requires_grad,
    )
    return placed(result, out)


@composite()
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The integers ``0 … n - 1`` in random order; int64 by default. RuntimeError if the dtype cannot hold them."""
    if n < 0:
        raise ShapeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    dtype = (torchere.int64 if out is None else out.dtype) if dtype is None else dtype
    if dtype is torchere.bool:
        raise UnsupportedDTypeError("\"randperm\" not implemented for 'Bool'. Choose an integer dtype.")
    if n - 1 > _largest(dtype):
        raise DTypeError(f"value cannot be converted to type {dtype.name} without overflow: {n - 1}")
    result = random_permutation(n, generator=generator, dtype=dtype, device=device, requires_grad=requires_grad)
    return placed(result, out)


@composite()
def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`rand` with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    return rand(
        size=input.shape,
        generator=generator,
        dtype=input.dtype if dtype is None else dtype,
        device=input.device if device is None else device,
        requires_grad=requires_grad,
    )


@composite()
def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`randn` with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    return randn(
        size=input.shape,
        generator=generator,
        dtype=input.dtype if dtype is None else dtype,
        device=input.device if device is None else device,
        requires_grad=requires_grad,
    )


@composite()
def randint_like(
    input: Tensor,
    *bounds: int,
    low: int = 0,
    high: int | None = None,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`randint` with the shape, dtype and device of `input`: ``randint_like(x, high)`` or ``(x, low, high)``."""
    if len(bounds) == 2:
        low, high = bounds
    elif bounds:
        low, high = (low, bounds[0]) if high is None else (bounds[0], high)
    if high is None:
        raise TypeError("randint_like() missing its upper bound: randint_like(x, high) or randint_like(x, low, high)")
    return randint(
        low=int(low),
        high=int(high),
        size=tuple(input.shape),
        generator=generator,
        dtype=input.dtype if dtype is None else dtype,
        device=input.device if device is None else device,
        requires_grad=requires_grad,
    )


# --- distributions with parameters -------------------------------------------------------------------------------


def _check_std(std: float) -> None:
    if std < 0:
        raise ShapeError(f"normal expects std >= 0.0, but found std {std}")


@composite()
def normal(
    mean: Tensor | float = 0.0,
    std: Tensor | float = 1.0,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Normal numbers. `mean` and `std` may be tensors, which broadcast; otherwise `size` is needed.

    RuntimeError for a negative standard deviation. Parameters receive a zero gradient.
    """
    given = next((value for value in (mean, std) if isinstance(value, Tensor)), None)
    if given is None:
        if size is None:
            raise TypeError(
                f"normal() received an invalid combination of arguments - got ({type(mean).__name__}, "
                f"{type(std).__name__}), but expected a tensor as mean or std, or a size"
            )
        _check_std(std)
        if dtype is None and out is not None:
            dtype = out.dtype
        result = random_normal(
            _sizes((), size, "normal"),
            mean,
            std,
            generator=generator,
            dtype=dtype,
            device=device,
            requires_grad=requires_grad,
        )
        return placed(result, out)
    if isinstance(std, Tensor):
        if bool((std < 0).any()):
            raise ShapeError("normal expects all elements of std >= 0.0")
    else:
        _check_std(std)
    if not (given.dtype.is_floating_point or given.dtype.is_complex):
        raise UnsupportedDTypeError(f"\"normal_kernel_cpu\" not implemented for '{scalar_type_name(given.dtype)}'")
    shape = given.shape
    if isinstance(mean, Tensor) and isinstance(std, Tensor):
        shape = broadcast_shape(mean.shape, std.shape)
    draws = random_normal(shape, 0.0, 1.0, generator=generator, dtype=given.dtype, device=given.device)
    # 0 * parameter keeps the parameters in the graph, with the zero gradient PyTorch gives them.
    mean = mean.detach() + (mean - mean.detach()) * 0 if isinstance(mean, Tensor) and mean.requires_grad else mean
    std = std.detach() + (std - std.detach()) * 0 if isinstance(std, Tensor) and std.requires_grad else std
    return placed(draws * std + mean, out)


@operator(name="bernoulli", namespace=(), random=True, dtypes=FLOATING)
def bernoulli_of(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability each element of `input` gives, else 0."""
    # Narrow floats hold too few values to compare small probabilities with.
    dtype = torchere.float64 if input.dtype is torchere.float64 else torchere.float32
    draws = random_uniform(input.shape, 0.0, 1.0, generator=generator, dtype=dtype, device=input.device)
    return (draws < input).to(input.dtype)


bernoulli_of.gradient(input=lambda grad: grad.new_zeros(grad.shape))


def _check_probability(p: float, what: str) -> None:
    if not 0 <= p <= 1:
        raise ShapeError(f"{what} expects p to be in [0, 1], but got p={p}")


@composite(method=True)
def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:
    """1 or 0 in the shape and dtype of `input`: with its elements as probabilities, or with probability `p`.

    RuntimeError for probabilities outside 0 … 1; NotImplementedError for integers as probabilities.
    """
    if p is not None:
        return placed(input.detach().clone().bernoulli_(p, generator=generator), out)
    if not input.dtype.is_floating_point:
        raise UnsupportedDTypeError(
            f"\"bernoulli_tensor_cpu_p_\" not implemented for '{scalar_type_name(input.dtype)}'"
        )
    if not bool(((input >= 0) & (input <= 1)).all()):
        raise ShapeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false: bernoulli() takes probabilities.")
    return placed(bernoulli_of(input, generator=generator), out)


def _check_multinomial(input: Tensor, num_samples: int, replacement: bool, generator: Any) -> None:
    if not input.dtype.is_floating_point:
        raise DTypeError(
            f"multinomial only supports floating-point dtypes for input, got: {scalar_type_name(input.dtype)}"
        )
    if input.ndim not in (1, 2):
        raise ShapeError(f"prob_dist must be 1 or 2 dim, got shape {list(input.shape)}")
    if num_samples <= 0:
        raise ShapeError(f"cannot sample n_sample <= 0 samples, got {num_samples}")
    if not replacement and num_samples > input.shape[-1]:
        raise ShapeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement: "
            f"{num_samples} > {input.shape[-1]}"
        )
    if not bool(((input >= 0) & (input < math.inf)).all()):
        raise ShapeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not bool((input.sum(-1) > 0).all()):
        raise ShapeError("invalid multinomial distribution (sum of probabilities <= 0)")


@operator(method=True, random=True, result="int64", check=_check_multinomial)
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Positions drawn from each row with probability proportional to its elements.

    Shape: ``(n,)`` or ``(rows, n)`` to ``(num_samples,)`` or ``(rows, num_samples)``. Without replacement a position
    occurs once. RuntimeError for negative, infinite or vanishing weights and for more samples than positions.
    """
    weights = input.to(torchere.float32) if input.dtype.itemsize < 4 else input
    if replacement:
        shape = (*weights.shape[:-1], num_samples, 1)
        draws = random_uniform(shape, 0.0, 1.0, generator=generator, dtype=weights.dtype, device=input.device)
        totals = weights.cumsum(-1).unsqueeze(-2)
        # How many categories end at or below the draw; the last sum, which rounding may keep below it, does not count.
        return (totals[..., :-1] <= draws * totals[..., -1:]).sum(-1)
    # The smallest of weight-scaled exponentials: drawing one after the other without replacement
    # (Efraimidis and Spirakis 2006, "Weighted random sampling with a reservoir").
    draws = random_uniform(weights.shape, 0.0, 1.0, generator=generator, dtype=weights.dtype, device=input.device)
    keys = -torchere.log1p(-draws) / weights
    return keys.masked_fill(weights == 0, math.inf).argsort(-1)[..., :num_samples]


def _check_rate(input: Tensor, generator: Any) -> None:
    if input.dtype.is_floating_point and bool((input < 0).any()):
        raise ShapeError("invalid Poisson rate, expected rate to be non-negative")


@operator(random=True, dtypes=FLOATING, check=_check_rate)
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Counts drawn from Poisson distributions with rates `input`; RuntimeError if one is negative."""
    # Arrivals of unit rate, one more in each round, until every time is used up; rates are few hundreds in practice.
    left = input.to(torchere.float64) if input.dtype is torchere.float64 else input.to(torchere.float32)
    count = torchere.zeros(left.shape, dtype=left.dtype, device=left.device) - 1
    while bool((left >= 0).any()):
        count = count + (left >= 0).to(left.dtype)
        draws = random_uniform(left.shape, 0.0, 1.0, generator=generator, dtype=left.dtype, device=left.device)
        left = left + torchere.log1p(-draws)
    return count.to(input.dtype)


poisson.gradient(input=lambda grad: grad.new_zeros(grad.shape))
