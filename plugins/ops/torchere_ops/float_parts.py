"""What floating-point numbers are made of: mantissas and exponents, and their neighbours."""

from __future__ import annotations

from torchere import Tensor
from torchere.dtype_sets import FLOATING
from torchere.errors import DTypeError
from torchere.operators import primitive
from torchere.promotion import scalar_type_name

from .operand_kinds import tensors_only
from .selection import choose

__all__ = ["frexp", "nextafter"]


def _check_floating(input: Tensor) -> None:
    if not input.dtype.is_floating_point:
        raise DTypeError(
            f"torch.frexp() only supports floating-point dtypes, not {scalar_type_name(input.dtype)}. "
            "Convert first: input.float()."
        )


@primitive(method=True, check=_check_floating, outputs=("mantissa", "exponent"), differentiable=(0,))
def frexp(input: Tensor) -> tuple[Tensor, Tensor]:
    """Mantissas in ``[0.5, 1)`` and int32 exponents such that ``mantissa * 2**exponent`` is the input.

    Zeros, infinities and NaN are their own mantissa. Raises: RuntimeError for other than floating dtypes.
    Source: https://pytorch.org/docs/stable/generated/torch.frexp.html
    """
    ...


frexp.gradient(input=lambda grad, exponent: grad * (-exponent.to(grad.dtype)).exp2())


@primitive(
    method=True,
    promote="same",
    inplace=True,
    dtypes=FLOATING,
    check=tensors_only("nextafter"),
)
def nextafter(input: Tensor, other: Tensor) -> Tensor:
    """The next number of the dtype after `input` towards `other`.

    Raises: NotImplementedError for integers.
    Source: https://pytorch.org/docs/stable/generated/torch.nextafter.html
    """
    ...


nextafter.gradient(
    input=lambda grad, input, other: choose(input == other, 0, grad),
    other=lambda grad: grad.new_zeros(grad.shape),
)
