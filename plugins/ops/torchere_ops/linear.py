"""Affine and bilinear maps of the last dimension."""

from __future__ import annotations

from math import prod

from torchere import Tensor
from torchere.dtype_sets import NUMERIC
from torchere.errors import ShapeError
from torchere.operators import operator

from .matmul import conjugate_of, matmul, matmul_tn, summed_to

__all__ = ["bilinear", "linear"]


def _check_linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> None:
    shape, matrix = input.shape, weight.shape
    if len(matrix) == 2 and shape and shape[-1] == matrix[1]:
        if bias is None:
            return
        target = (*shape[:-1], matrix[0])
        wanted = tuple(bias.shape)
        if wanted == target[-1:] or _expands(wanted, target):
            return
        raise ShapeError(
            f"The expanded size of the tensor ({matrix[0]}) must match the existing size "
            f"({wanted[-1] if wanted else 1}) at non-singleton dimension {len(target) - 1}.  Target sizes: "
            f"{list(target)}.  Tensor sizes: {list(wanted)}. linear() adds the bias to its output: give it "
            f"{matrix[0]} elements."
        )
    if not shape or not matrix:
        raise ShapeError(
            f"both arguments to linear need to be at least 1D, but they are {len(shape)}D and {len(matrix)}D"
        )
    if len(matrix) > 2:
        raise ShapeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {len(matrix)}D: linear() got weight of shape "
            f"{tuple(matrix)}, it takes (out_features, in_features)."
        )
    if shape[-1] != matrix[-1]:
        rows = prod(shape[:-1])
        columns = matrix[0] if len(matrix) == 2 else 1
        raise ShapeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{shape[-1]} and {matrix[-1]}x{columns}): linear() got "
            f"input of {shape[-1]} features (shape {tuple(shape)}), weight expects {matrix[-1]} (shape "
            f"{tuple(matrix)}). Make the last axis of input {matrix[-1]}, or build the layer with "
            f"in_features={shape[-1]}."
        )
    if bias is not None and bias.ndim:
        raise ShapeError(
            f"mat2 must be a matrix, got 1-D tensor: linear() with a weight vector {tuple(matrix)} takes a 0-d bias, "
            f"got shape {tuple(bias.shape)}."
        )


def _expands(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    return len(shape) <= len(target) and all(
        a in (1, b) for a, b in zip(reversed(shape), reversed(target), strict=False)
    )


@operator(namespace="nn.functional", dtypes=NUMERIC, same_dtype="strict", check_late=_check_linear)
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Affine map of the last dimension: ``input @ weight.T + bias``.

    Shape: input ``(*, in_features)``, weight ``(out_features, in_features)``, bias ``(out_features,)`` or None;
    the result is ``(*, out_features)``. A weight vector ``(in_features,)`` drops the last dimension.
    Raises RuntimeError when the features do not match.
    """
    product = matmul(input, weight.transpose(0, 1) if weight.ndim == 2 else weight)
    return product if bias is None else product + bias


def _weight_gradient(grad: Tensor, input: Tensor, weight_shape: tuple[int, ...]) -> Tensor:
    if len(weight_shape) == 1:
        return summed_to(grad.unsqueeze(-1) * conjugate_of(input), weight_shape)
    if input.ndim == 1:
        return grad.unsqueeze(-1) * conjugate_of(input)
    if input.ndim > 2:
        rows = prod(input.shape[:-1])
        input = input.reshape(rows, weight_shape[1])
        grad = grad.reshape(rows, weight_shape[0])
    return conjugate_of(matmul_tn(grad, input))


def _input_gradient(grad: Tensor, weight: Tensor) -> Tensor:
    weight = conjugate_of(weight)
    return grad.unsqueeze(-1) * weight if weight.ndim == 1 else matmul(grad, weight)


linear.gradient(
    input=_input_gradient,
    weight=_weight_gradient,
    bias=lambda grad, bias_shape: summed_to(grad, bias_shape),
)


def _check_bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> None:
    if input1.ndim != input2.ndim:
        raise ShapeError(
            f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim} (shapes "
            f"{tuple(input1.shape)} and {tuple(input2.shape)})."
        )
    for axis in range(input1.ndim - 1):
        if input1.shape[axis] != input2.shape[axis]:
            raise ShapeError(
                f"bilinear(): input batch dimensions do not match at dim {axis}: got {input1.shape[axis]} and "
                f"{input2.shape[axis]}"
            )
    if weight.ndim != 3:
        raise ShapeError(
            f"bilinear(): weight must be (out_features, in1_features, in2_features), got shape {tuple(weight.shape)}."
        )
    for number, tensor in ((1, input1), (2, input2)):
        if tensor.shape[-1] != weight.shape[number]:
            raise ShapeError(
                f"bilinear(): input{number} size does not match weight size: got {tensor.shape[-1]} but expected "
                f"{weight.shape[number]}"
            )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise ShapeError(
            f"bilinear(): bias size does not match weight size: got {list(bias.shape)} but expected {weight.shape[0]}"
        )


@operator(namespace=("", "nn.functional"), dtypes=NUMERIC, same_dtype="strict", check=_check_bilinear)
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``y[o] = sum over i, j of input1[i] * weight[o, i, j] * input2[j] + bias[o]`` for the last dimensions.

    Shape: ``(*, in1)``, ``(*, in2)``, weight ``(out, in1, in2)``, bias ``(out,)`` or None; the result is ``(*, out)``.
    Raises RuntimeError when sizes do not match.
    """
    lead = tuple(input1.shape[:-1])
    outputs, first, second = weight.shape
    rows = prod(lead)
    # (rows, in1) @ (in1, out * in2), then one small product with input2 for each row.
    left = matmul(input1.reshape(rows, first), weight.transpose(0, 1).reshape(first, outputs * second))
    y = matmul(left.reshape(rows, outputs, second), input2.reshape(rows, second, 1)).reshape(*lead, outputs)
    return y if bias is None else y + bias
