"""Complex tensors: their parts, their making from parts, conjugates and angles."""

from __future__ import annotations

import math

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError
from torchere.operators import DType, operator, primitive
from torchere_ops.selection import choose

__all__ = [
    "angle",
    "complex",
    "conj",
    "conj_physical",
    "imag",
    "polar",
    "real",
    "view_as_complex",
    "view_as_real",
]


@primitive(method=True, inplace="function")
def conj_physical(input: Tensor) -> Tensor:
    """The complex conjugate; a copy of a real tensor."""
    ...


conj_physical.gradient(input=lambda grad: conj(grad))


@operator(method=True, out=False)
def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself.

    Unlike PyTorch's it is computed at once, not a lazy view: `is_conj()` is never true.
    """
    return conj_physical(input) if input.dtype.is_complex else input


@primitive(view=True, result="real")
def real(input: Tensor) -> Tensor:
    """The real part, as a view; a real tensor itself."""
    ...


real.gradient(input=lambda grad, input_dtype: grad.to(input_dtype))


def _check_imag(input: DType) -> None:
    if not input.is_complex:
        raise DTypeError(
            f"imag is not implemented for tensors with non-complex dtypes. The input is {input}: "
            "its imaginary part is 0, torch.zeros_like(input)."
        )


@primitive(view=True, result="real", check_dtypes=_check_imag)
def imag(input: Tensor) -> Tensor:
    """The imaginary part of a complex tensor, as a view. RuntimeError: a real tensor."""
    ...


imag.gradient(input=lambda grad, input_dtype: (grad * 1j).to(input_dtype))


def _check_parts(input: DType) -> None:
    if not input.is_complex:
        raise DTypeError(f"view_as_real is only supported for complex tensors, not {input}.")


@primitive(view=True, result="real", check_dtypes=_check_parts)
def view_as_real(input: Tensor) -> Tensor:
    """``(*)`` complex to ``(*, 2)`` real, a view: real and imaginary parts along the new last dimension."""
    ...


view_as_real.gradient(input=lambda grad: view_as_complex(grad.contiguous()))


def _check_pairs(input: Tensor) -> None:
    if input.dtype not in (torchere.float32, torchere.float64):
        raise DTypeError(
            f"view_as_complex is only supported for float and double tensors, but got a tensor of "
            f"scalar type: {input.dtype}"
        )
    if input.dim() == 0:
        raise ShapeError("Input tensor must have one or more dimensions")
    if input.shape[-1] != 2:
        raise ShapeError(f"Tensor must have a last dimension of size 2; its shape is {tuple(input.shape)}")
    strides = input.stride()
    if strides[-1] != 1:
        raise ShapeError("Tensor must have a last dimension with stride 1. Call input.contiguous() first.")
    if any(stride % 2 for stride in strides[:-1]):
        raise ShapeError(
            "Tensor must have a stride divisible by 2 for all but last dimension. Call .contiguous() first."
        )


@primitive(view=True, result="array", check=_check_pairs)
def view_as_complex(input: Tensor) -> Tensor:
    """``(*, 2)`` real to ``(*)`` complex, a view: the last dimension holds real and imaginary parts.

    RuntimeError: another last dimension, or strides that no complex array has.
    """
    ...


view_as_complex.gradient(input=lambda grad: view_as_real(grad))


def _check_both(first: DType, second: DType) -> None:
    floating = (torchere.float16, torchere.float32, torchere.float64)
    if first not in floating or second not in floating:
        raise DTypeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {first} and {second}. "
            "Convert first: x.float()."
        )
    if first is not second:
        raise DTypeError(f"Expected object of scalar type {first} but got scalar type {second} for second argument")


@primitive(result="array", promote="same", check_dtypes=_check_both)
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """``real + imag * 1j``, broadcast: complex64 from float32, complex128 from float64 (float16 gives complex64)."""
    ...


complex.gradient(
    real=lambda grad: torchere.real(grad),
    imag=lambda grad: torchere.imag(grad),
)


@operator(result="array", promote="same", check_dtypes=_check_both)
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """``abs * (cos(angle) + sin(angle) * 1j)``, broadcast; the angle in radians."""
    return complex(abs * angle.cos(), abs * angle.sin())


def _angle_gradient(grad: Tensor, input: Tensor) -> Tensor:
    if not input.dtype.is_complex:
        return grad.new_zeros(grad.shape)
    first, second = torchere.real(input), torchere.imag(input)
    size = first * first + second * second
    slope = choose(size == 0, 0, grad / size)
    return complex(-second * slope, first * slope)


@operator(method=True, promote="float", result="real")
def angle(input: Tensor) -> Tensor:
    """The argument of complex numbers in radians, -π … π; of real ones 0, π where negative, nan for nan.

    The gradient at 0 is 0.
    """
    if input.dtype.is_complex:
        return torchere.atan2(torchere.imag(input), torchere.real(input))
    turned = choose(input < 0, math.pi, input * 0)
    return choose(input == math.inf, 0, turned)


angle.gradient(input=_angle_gradient)
