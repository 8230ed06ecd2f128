"""Matrix and vector products: matmul, mm, bmm, mv, dot, outer and the fused multiply-adds built on them.

All of them rest on one primitive, `matmul`; the rest are decompositions with gradients of their own where that saves
work in the backward pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torchere
from torchere import Tensor
from torchere.dtype_sets import NUMERIC
from torchere.errors import DTypeError, ShapeError
from torchere.operators import Number, operator, primitive

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "adjoint_of",
    "baddbmm",
    "bmm",
    "conjugate_of",
    "dot",
    "inner",
    "matmul",
    "matmul_nt",
    "matmul_tn",
    "mm",
    "mv",
    "outer",
    "summed_to",
    "vdot",
]


def conjugate_of(x: Tensor) -> Tensor:
    """`x` itself when real, its complex conjugate otherwise: gradients multiply by conjugates."""
    return x.conj() if x.dtype.is_complex else x


def adjoint_of(x: Tensor) -> Tensor:
    """The conjugate transpose of the last two dimensions."""
    return conjugate_of(x.transpose(-2, -1))


def summed_to(grad: Tensor, shape: Sequence[int]) -> Tensor:
    """`grad` summed over the axes along which a tensor of `shape` was broadcast to it."""
    if tuple(grad.shape) == tuple(shape):
        return grad
    extra = grad.ndim - len(shape)
    wide = [extra + axis for axis, size in enumerate(shape) if size == 1 and grad.shape[extra + axis] != 1]
    axes = (*range(extra), *wide)
    if not axes:
        return grad
    summed = grad.sum(axes)
    # Without axes of length one the shape is right: no view of the sum is needed.
    return summed.reshape(tuple(shape)) if wide else summed


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape)


def _columns_error(operator_name: str, a: tuple[int, ...], b: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        f"mat1 and mat2 shapes cannot be multiplied ({_by(a)} and {_by(b)}): {operator_name}() needs the last "
        f"size of the first operand ({a[-1]}) to equal the rows of the second ({b[-2]}). "
        "Transpose one of them or check which axis holds the features."
    )


# ---------------------------------------------------------------------------------------------------------- matmul


def check_matmul(input: Tensor, other: Tensor) -> None:
    """Raise ShapeError (a RuntimeError) unless the operands can be multiplied by the rules of `matmul`."""
    a, b = input.shape, other.shape
    if not a or not b:
        raise ShapeError(
            f"both arguments to matmul need to be at least 1D, but they are {len(a)}D and {len(b)}D. "
            "Multiply a 0-d tensor with `*`."
        )
    rows = b[0] if len(b) == 1 else b[-2]
    if a[-1] != rows:
        if len(a) == 1 and len(b) == 1:
            raise _lengths_error("matmul", a, b)
        if len(a) >= 3 and len(b) >= 3:
            raise ShapeError(
                f"Expected size for first two dimensions of batch2 tensor to be: [{b[0]}, {a[-1]}] but got: "
                f"[{b[0]}, {rows}]. matmul() of shapes {tuple(a)} and {tuple(b)} contracts the last axis of the first "
                "operand with the second last of the other."
            )
        if len(b) == 1:
            lead = prod(a[:-1])
            raise ShapeError(
                f"size mismatch, got input ({lead}), mat ({lead}x{a[-1]}), vec ({b[0]}): matmul() needs the vector to "
                f"have {a[-1]} elements."
            )
        left = (1, a[0]) if len(a) == 1 else a
        raise _columns_error("matmul", left, b)
    for i in range(1, min(len(a), len(b)) - 1):
        x, y = a[-2 - i], b[-2 - i]
        if x != y and x != 1 and y != 1:
            at = max(len(a), len(b)) - 2 - i
            raise ShapeError(
                f"The size of tensor a ({x}) must match the size of tensor b ({y}) at non-singleton dimension {at}: "
                f"matmul() broadcasts the leading axes of {tuple(a)} and {tuple(b)}."
            )


@primitive(
    method=True, dtypes=NUMERIC, same_dtype="strict", dunder=("__matmul__", "__rmatmul__"), check_late=check_matmul
)
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Matrix product over the last axes, leading axes broadcast.

    Shape: ``(*, m, k)`` and ``(*, k, n)`` to ``(*, m, n)``. A 1-d first operand counts as a row, a 1-d second one as a
    column, and the axis added for it is dropped from the result; two 1-d operands give a 0-d result.
    Raises RuntimeError when the contracted sizes differ or the leading axes do not broadcast.
    """
    ...


@operator(namespace=(), dtypes=NUMERIC)
def matmul_nt(input: Tensor, other: Tensor) -> Tensor:
    """``input @ other.H`` of two matrices, ``(m, k)`` and ``(n, k)`` to ``(m, n)``; gradients of products need it."""
    return matmul(input, adjoint_of(other))


matmul_nt.gradient(
    input=lambda grad, other: matmul(grad, other),
    other=lambda grad, input: matmul_tn(grad, input),
)


@operator(namespace=(), dtypes=NUMERIC)
def matmul_tn(input: Tensor, other: Tensor) -> Tensor:
    """``input.H @ other`` of two matrices, ``(k, m)`` and ``(k, n)`` to ``(m, n)``; gradients of products need it."""
    return matmul(adjoint_of(input), other)


matmul_tn.gradient(
    input=lambda grad, other: matmul_nt(other, grad),
    other=lambda grad, input: matmul(input, grad),
)


def _matmul_input_gradient(
    grad: Tensor, other: Tensor, input_shape: tuple[int, ...], other_shape: tuple[int, ...]
) -> Tensor:
    if len(input_shape) == 2 and len(other_shape) == 2:
        return matmul_nt(grad, other)
    other = conjugate_of(other)
    if other.ndim == 1:
        return grad.unsqueeze(-1) * other
    if len(input_shape) == 1:
        return summed_to(matmul(other, grad.unsqueeze(-1)).squeeze(-1), input_shape)
    return summed_to(matmul(grad, other.transpose(-2, -1)), input_shape)


def _matmul_other_gradient(
    grad: Tensor, input: Tensor, input_shape: tuple[int, ...], other_shape: tuple[int, ...]
) -> Tensor:
    if len(input_shape) == 2 and len(other_shape) == 2:
        return matmul_tn(input, grad)
    input = conjugate_of(input)
    if input.ndim == 1:
        if len(other_shape) == 1:
            return grad * input
        return input.unsqueeze(-1) * grad.unsqueeze(-2)
    if len(other_shape) == 1:
        return summed_to(matmul(input.transpose(-2, -1), grad.unsqueeze(-1)).squeeze(-1), other_shape)
    if len(other_shape) == 2 and input.ndim > 2:
        # One product over all leading axes instead of a batch of products summed afterwards.
        rows, columns = other_shape
        count = prod(input.shape[:-1])
        return matmul(input.reshape(count, rows).transpose(0, 1), grad.reshape(count, columns))
    return summed_to(matmul(input.transpose(-2, -1), grad), other_shape)


matmul.gradient(input=_matmul_input_gradient, other=_matmul_other_gradient)


# ------------------------------------------------------------------------------------------------- mm, bmm, mv, dot


def _check_mm(input: Tensor, mat2: Tensor) -> None:
    a, b = input.shape, mat2.shape
    if len(a) != 2:
        raise ShapeError(f"self must be a matrix: mm() got input of shape {tuple(a)}. Use matmul() for other ranks.")
    if len(b) != 2:
        raise ShapeError(f"mat2 must be a matrix: mm() got mat2 of shape {tuple(b)}. Use matmul() for other ranks.")
    if a[1] != b[0]:
        raise _columns_error("mm", a, b)


@operator(method=True, dtypes=NUMERIC, same_dtype="strict", check_late=_check_mm, out="exact")
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Product of two matrices, ``(n, m)`` and ``(m, p)`` to ``(n, p)``, without broadcasting."""
    return matmul(input, mat2)


mm.gradient(
    input=lambda grad, mat2: mm(grad, adjoint_of(mat2)),
    mat2=lambda grad, input: mm(adjoint_of(input), grad),
)


def _check_bmm(input: Tensor, mat2: Tensor) -> None:
    a, b = input.shape, mat2.shape
    for name, shape in (("batch1", a), ("batch2", b)):
        if len(shape) != 3:
            raise ShapeError(f"{name} must be a 3D tensor: bmm() got shapes {tuple(a)} and {tuple(b)}.")
    if a[0] != b[0] or a[2] != b[1]:
        raise ShapeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[2]}] but got: "
            f"[{b[0]}, {b[1]}]. bmm() takes (b, n, m) and (b, m, p); matmul() broadcasts the batch axis."
        )


@operator(method=True, dtypes=NUMERIC, same_dtype="strict", check_late=_check_bmm, out="exact")
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Batch of matrix products, ``(b, n, m)`` and ``(b, m, p)`` to ``(b, n, p)``, without broadcasting."""
    return matmul(input, mat2)


bmm.gradient(
    input=lambda grad, mat2: bmm(grad, adjoint_of(mat2)),
    mat2=lambda grad, input: bmm(adjoint_of(input), grad),
)


def _check_mv(input: Tensor, vec: Tensor) -> None:
    a, b = input.shape, vec.shape
    if len(a) != 2 or len(b) != 1:
        raise ShapeError(
            f"vector + matrix @ vector expected, got 1, {len(a)}, {len(b)}: mv() takes (n, m) and (m,), not "
            f"{tuple(a)} and {tuple(b)}."
        )
    if a[1] != b[0]:
        raise ShapeError(
            f"size mismatch, got input ({a[0]}), mat ({a[0]}x{a[1]}), vec ({b[0]}): mv() needs a vector of {a[1]}."
        )


@operator(method=True, dtypes=NUMERIC, same_dtype="strict", check_late=_check_mv)
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Product of a matrix ``(n, m)`` and a vector ``(m,)``: ``(n,)``."""
    return matmul(input, vec)


def _lengths_error(operator_name: str, a: tuple[int, ...], b: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        f"inconsistent tensor size, expected tensor [{a[0]}] and src [{b[0]}] to have the same number of elements, "
        f"but got {a[0]} and {b[0]} elements respectively: {operator_name}() multiplies vectors of one length."
    )


def _vectors_check(operator_name: str, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    if len(a) != 1 or len(b) != 1:
        raise ShapeError(
            f"1D tensors expected, but got {len(a)}D and {len(b)}D tensors: {operator_name}() got shapes {tuple(a)} "
            f"and {tuple(b)}. Flatten them first, or use matmul()."
        )
    if a != b:
        raise _lengths_error(operator_name, a, b)


def _check_dot(input: Tensor, tensor: Tensor) -> None:
    _vectors_check("dot", input.shape, tensor.shape)


@operator(method=True, dtypes=NUMERIC, same_dtype="strict", check_late=_check_dot, out="exact")
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Sum of products of two vectors of one length (no conjugation): a 0-d tensor."""
    _check_dot(input, tensor)  # a matrix product of other shapes may exist
    return matmul(input, tensor)


def _check_vdot(input: Tensor, other: Tensor) -> None:
    _vectors_check("vdot", input.shape, other.shape)


@operator(method=True, dtypes=NUMERIC, same_dtype="strict", check_late=_check_vdot)
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """Sum of ``conj(input) * other`` over two vectors of one length: a 0-d tensor."""
    return matmul(conjugate_of(input), other)


# --------------------------------------------------------------------------------------------------- inner and outer


def _check_inner(input: Tensor, other: Tensor) -> None:
    a, b = input.shape, other.shape
    if a and b and a[-1] != b[-1]:
        raise ShapeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(a)} and {list(b)}. Transpose the last two axes of one, or use matmul()."
        )


@operator(method=True, same_dtype="strict", check=_check_inner)
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sum of products over the last axis of both: ``(*a, k)`` and ``(*b, k)`` to ``(*a, *b)``.

    A 0-d operand multiplies the other elementwise.
    """
    if input.ndim == 0 or other.ndim == 0:
        return input * other
    rows, columns, length = tuple(input.shape[:-1]), tuple(other.shape[:-1]), input.shape[-1]
    left, right = input.reshape(prod(rows), length), other.reshape(prod(columns), length)
    return matmul(left, right.transpose(0, 1)).reshape(rows + columns)


def _one_dimensional(operator_name: str, **tensors: Tensor) -> None:
    for name, tensor in tensors.items():
        if tensor.ndim != 1:
            raise ShapeError(
                f"{operator_name}: Expected 1-D argument {name}, but got {tensor.ndim}-D of shape "
                f"{tuple(tensor.shape)}. Flatten it first."
            )


def _check_outer(input: Tensor, vec2: Tensor) -> None:
    _one_dimensional("outer", self=input, vec2=vec2)


@operator(method=True, promote="same", aliases=("ger",), check=_check_outer)
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of two vectors: ``(n,)`` and ``(m,)`` to ``(n, m)``."""
    return input.unsqueeze(1) * vec2


# ----------------------------------------------------------------------------------------------- fused multiply-adds


def _blend(input: Tensor, product: Tensor, beta: Number, alpha: Number) -> Tensor:
    """``beta * input + alpha * product`` where ``beta == 0`` ignores `input` altogether, NaN and all.

    Integer tensors take integer factors: a fraction is cut off, as in a cast.
    """
    if not (product.dtype.is_floating_point or product.dtype.is_complex):
        beta, alpha = int(beta), int(alpha)
    if alpha != 1:
        product = product * alpha
    if beta == 0:
        return product
    return product + (input if beta == 1 else input * beta)


def _check_expand(operator_name: str, input: Tensor, target: tuple[int, ...]) -> None:
    """Raise ShapeError unless `input` broadcasts to the product's shape."""
    shape = tuple(input.shape)
    if len(shape) > len(target):
        raise ShapeError(
            f"{operator_name}(): the number of sizes provided ({len(target)}) must be greater or equal to the number "
            f"of dimensions in the tensor ({len(shape)}): input {shape} does not broadcast to {target}."
        )
    for i in range(1, len(shape) + 1):
        if shape[-i] not in (1, target[-i]):
            raise ShapeError(
                f"The expanded size of the tensor ({target[-i]}) must match the existing size ({shape[-i]}) at "
                f"non-singleton dimension {len(target) - i}.  Target sizes: {list(target)}.  Tensor sizes: "
                f"{list(shape)}. {operator_name}() adds the input to the product, so it must broadcast to its shape."
            )


def _check_addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> None:
    for name, tensor in (("mat1", mat1), ("mat2", mat2)):
        if tensor.ndim != 2:
            raise ShapeError(
                f"{name} must be a matrix, got {tensor.ndim}-D tensor: addmm() got shape {tuple(tensor.shape)}."
            )
    if mat1.shape[1] != mat2.shape[0]:
        raise _columns_error("addmm", mat1.shape, mat2.shape)
    _check_expand("addmm", input, (mat1.shape[0], mat2.shape[1]))


@operator(method=True, inplace=True, dtypes=NUMERIC, same_dtype="strict", check=_check_addmm, out="exact")
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """``beta * input + alpha * (mat1 @ mat2)``; `input` broadcasts to ``(n, p)``.

    With ``beta=0`` the values of `input` are ignored, so NaN and inf in it do not spread.
    """
    return _blend(input, matmul(mat1, mat2), beta, alpha)


def _scaled(value: Tensor, factor: Number) -> Tensor:
    return value if factor == 1 else value * factor.conjugate()


addmm.gradient(
    input=lambda grad, beta, input_shape: summed_to(_scaled(grad, beta), input_shape),
    mat1=lambda grad, mat2, alpha: _scaled(mm(grad, adjoint_of(mat2)), alpha),
    mat2=lambda grad, mat1, alpha: _scaled(mm(adjoint_of(mat1), grad), alpha),
)


def _check_addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1) -> None:
    if mat.ndim != 2 or vec.ndim != 1 or input.ndim > 1:
        raise ShapeError(
            f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}: addmv() takes (n,), (n, m) "
            f"and (m,), not {tuple(input.shape)}, {tuple(mat.shape)} and {tuple(vec.shape)}."
        )
    rows, columns = mat.shape
    if columns != vec.shape[0] or (input.ndim == 1 and input.shape[0] not in (1, rows)):
        length = input.shape[0] if input.ndim else rows
        raise ShapeError(
            f"size mismatch, got input ({length}), mat ({rows}x{columns}), vec ({vec.shape[0]}): addmv() needs a "
            f"vector of {columns} and an input of {rows}."
        )


@operator(method=True, inplace="function", dtypes=NUMERIC, same_dtype="strict", check=_check_addmv)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """``beta * input + alpha * (mat @ vec)``; `input` ``(n,)`` or anything that broadcasts to it."""
    return _blend(input, matmul(mat, vec), beta, alpha)


def _check_batches(operator_name: str, batch1: Tensor, batch2: Tensor) -> None:
    for name, tensor in (("batch1", batch1), ("batch2", batch2)):
        if tensor.ndim != 3:
            raise ShapeError(
                f"{name} must be a 3D tensor: {operator_name}() got shapes {tuple(batch1.shape)} and "
                f"{tuple(batch2.shape)}."
            )


def _check_addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> None:
    _check_batches("addbmm", batch1, batch2)
    (count, rows, inner_size), (other_count, other_inner, columns) = batch1.shape, batch2.shape
    if count != other_count:
        raise ShapeError(
            f"batch1 and batch2 must have same number of batches, got {count} and {other_count}: addbmm() sums one "
            "product for each."
        )
    if inner_size != other_inner:
        raise ShapeError(
            f"Incompatible matrix sizes for bmm ({rows}x{inner_size} and {other_inner}x{columns}) in addbmm()."
        )
    _check_expand("addbmm", input, (rows, columns))


@operator(method=True, inplace=True, dtypes=NUMERIC, same_dtype="strict", check=_check_addbmm)
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """``beta * input + alpha * sum over b of (batch1[b] @ batch2[b])``: ``(n, p)``."""
    count, rows, inner_size = batch1.shape
    # The sum over the batch is part of one contraction of length batch * inner_size.
    left = batch1.transpose(0, 1).reshape(rows, count * inner_size)
    right = batch2.reshape(count * inner_size, batch2.shape[2])
    return _blend(input, matmul(left, right), beta, alpha)


def _check_baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> None:
    _check_batches("baddbmm", batch1, batch2)
    a, b = batch1.shape, batch2.shape
    if a[0] != b[0] or a[2] != b[1]:
        raise ShapeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[2]}] but got: "
            f"[{b[0]}, {b[1]}]. baddbmm() takes (b, n, m) and (b, m, p)."
        )
    _check_expand("baddbmm", input, (a[0], a[1], b[2]))


@operator(method=True, inplace=True, dtypes=NUMERIC, same_dtype="strict", check=_check_baddbmm)
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """``beta * input + alpha * bmm(batch1, batch2)``; `input` broadcasts to ``(b, n, p)``."""
    return _blend(input, matmul(batch1, batch2), beta, alpha)


def _check_addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> None:
    _one_dimensional("addr", vec1=vec1, vec2=vec2)
    _check_expand("addr", input, (vec1.shape[0], vec2.shape[0]))
    if not any(tensor.dtype.is_floating_point or tensor.dtype.is_complex for tensor in (input, vec1, vec2)):
        for name, value in (("beta", beta), ("alpha", alpha)):
            if isinstance(value, float | complex):
                raise DTypeError(
                    f"For integral input tensors, argument {name} must not be a floating point number: addr() got "
                    f"{name}={value}."
                )


@operator(method=True, inplace=True, promote="same", check=_check_addr)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """``beta * input + alpha * outer(vec1, vec2)``; `input` broadcasts to ``(n, m)``."""
    product = vec1.unsqueeze(1) * vec2
    if product.dtype is torchere.bool:
        product = product if alpha else torchere.zeros_like(product)
        return product | input if beta else product
    return _blend(input, product, beta, alpha)
