"""gradcheck and gradgradcheck: gradients against finite differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from torchere.autograd.differentiate import grad as _grad
from torchere.tensors.tensor import Tensor

__all__ = [
    "GradcheckError",
    "get_analytical_jacobian",
    "get_numerical_jacobian",
    "get_numerical_jacobian_wrt_specific_input",
    "gradcheck",
    "gradgradcheck",
]


class GradcheckError(RuntimeError):
    """A gradient differs from finite differences, or a function broke gradcheck's assumptions."""


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _differentiable(values: Sequence[Any]) -> list[Tensor]:
    return [item for item in values if isinstance(item, Tensor) and item._requires_grad]


def _outputs(values: Any) -> list[Tensor]:
    return [
        item
        for item in _as_tuple(values)
        if isinstance(item, Tensor) and (item.is_floating_point() or item.is_complex()) and item._requires_grad
    ]


def _numpy(tensor: Tensor) -> np.ndarray[Any, Any]:
    array = tensor._key.backend.to_numpy(tensor._array)
    return array.astype(np.complex128 if tensor.is_complex() else np.float64)


def _set(tensor: Tensor, array: np.ndarray[Any, Any]) -> None:
    backend = tensor._key.backend
    values = array.astype(tensor.dtype.numpy)
    backend.copy_into(tensor._array, backend.from_numpy(values, tensor.device.index))


def get_numerical_jacobian(
    fn: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Tensor], target: Tensor, eps: float
) -> list[np.ndarray[Any, Any]]:
    """By central differences: for each output two matrices (elements of `target`, elements of the output).

    The first is the gradient of the real parts, the second of the imaginary parts. With respect to a complex element
    ``a + ib`` the gradient is ``d/da + i d/db``, PyTorch's convention.
    """
    base = _numpy(target).copy()
    flat = base.reshape(-1)
    found = [np.zeros((2, flat.size, out.numel()), dtype=np.complex128) for out in outputs]

    def evaluate() -> list[np.ndarray[Any, Any]]:
        values = [
            item
            for item in _as_tuple(fn(*inputs))
            if isinstance(item, Tensor) and (item.is_floating_point() or item.is_complex())
        ]
        return [_numpy(item).reshape(-1).copy() for item in values]

    directions: list[complex] = [1.0, 1j] if target.is_complex() else [1.0]
    for position in range(flat.size):
        original = flat[position]
        for direction in directions:
            flat[position] = original + eps * direction
            _set(target, base)
            high = evaluate()
            flat[position] = original - eps * direction
            _set(target, base)
            low = evaluate()
            for matrix, a, b in zip(found, high, low, strict=True):
                derivative = (a - b) / (2 * eps)
                # The gradient of Re f is d/da + i d/db of it, and that of Im f likewise.
                matrix[0, position] += direction * derivative.real
                matrix[1, position] += direction * derivative.imag
        flat[position] = original
        _set(target, base)
    return found


def get_analytical_jacobian(
    inputs: Sequence[Tensor], output: Tensor, imaginary_part: bool = False
) -> tuple[list[np.ndarray[Any, Any]], bool]:
    """For each input the matrix of gradients of each element of `output`; and whether two runs agreed.

    `imaginary_part`: of the imaginary parts of a complex output instead of the real ones.
    """
    matrices = [np.zeros((item.numel(), output.numel()), dtype=np.complex128) for item in inputs]
    same = True
    for column in range(output.numel()):
        seed = np.zeros(output.numel(), dtype=output.dtype.numpy)
        seed[column] = 1j if imaginary_part else 1
        direction = output.detach().clone()
        _set(direction, seed.reshape(tuple(output._array.shape)))
        runs = []
        for _ in range(2):
            grads = _grad([output], list(inputs), [direction], retain_graph=True, allow_unused=True)
            runs.append([None if g is None else _numpy(g).reshape(-1).copy() for g in grads])
        for matrix, first, second in zip(matrices, *runs, strict=True):
            if first is not None and second is not None:
                same = same and np.array_equal(first, second, equal_nan=True)
                matrix[:, column] = first
    return matrices, same


def _check_inputs(values: Sequence[Any], raise_exception: bool) -> bool:
    tensors = _differentiable(values)
    if not tensors:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for index, item in enumerate(values):
        if isinstance(item, Tensor) and item._requires_grad:
            if item.dtype.name not in ("float64", "complex128"):
                warnings.warn(
                    f"Input #{index} requires gradient and is not a double precision floating point or complex. This "
                    "check will likely fail if all the inputs are not of double precision floating point or complex.",
                    stacklevel=4,
                )
            if any(step == 0 and size > 1 for step, size in zip(item.stride(), item._array.shape, strict=True)):
                raise RuntimeError(
                    f"The {index}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                    "non-overlapping to be able to compute the numerical gradients correctly. You should call "
                    ".contiguous on the input before passing it to gradcheck."
                )
    return True


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the gradients of `func` at `inputs` (double precision tensors) agree with central differences.

    `eps` is the step; agreement is ``|a - n| <= atol + rtol * |n|``. GradcheckError (a RuntimeError) names the first
    output and input that differ, with both Jacobians; with ``raise_exception=False`` the result is False instead.
    `check_forward_ad` compares forward mode likewise, `check_backward_ad` turns the comparison of reverse mode off;
    `check_batched_grad` and `check_batched_forward_grad` ask that both may be mapped by `vmap`. ValueError if nothing
    is to be checked.
    """
    if not (check_forward_ad or check_backward_ad):
        raise ValueError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_grad and not check_backward_ad:
        raise ValueError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if check_batched_forward_grad and not check_forward_ad:
        raise ValueError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")
    arguments = _as_tuple(inputs)
    try:
        _check_inputs(arguments, raise_exception)
        if check_forward_ad:
            _compare_forward(func, arguments, eps, atol, rtol)
        if check_backward_ad:
            _compare(func, arguments, eps, atol, rtol)
            if check_undefined_grad:
                _check_undefined(func, arguments)
        if check_batched_grad:
            _check_batched(func, arguments)
        if check_batched_forward_grad:
            _check_batched_forward(func, arguments)
    except (GradcheckError, ValueError):
        if raise_exception:
            raise
        return False
    return True


def _compare(func: Callable[..., Any], arguments: Sequence[Any], eps: float, atol: float, rtol: float) -> None:
    tensors = _differentiable(arguments)
    results = _as_tuple(func(*arguments))
    outputs = _outputs(results)
    everything = [
        item for item in results if isinstance(item, Tensor) and (item.is_floating_point() or item.is_complex())
    ]
    if not outputs:
        # No output depends on an input that requires gradients: numerically it must not, either.
        for item in tensors:
            for matrix in get_numerical_jacobian(func, arguments, everything, item, eps):
                if np.abs(matrix).max(initial=0) > atol:
                    raise GradcheckError("Numerical gradient for function expected to be zero")
        return
    numerical = [get_numerical_jacobian(func, arguments, everything, item, eps) for item in tensors]
    for index, output in enumerate(outputs):
        row = next(i for i, item in enumerate(everything) if item is output)
        for part in (False, True) if output.is_complex() else (False,):
            analytical, same = get_analytical_jacobian(tensors, output, part)
            if not same:
                raise GradcheckError(
                    f"Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                    f"gives different values, although analytical gradient matches numerical gradient (output {index})."
                )
            for place, (item, matrix) in enumerate(zip(tensors, analytical, strict=True)):
                expected = numerical[place][row][int(part)]
                if not item.is_complex():
                    matrix, expected = matrix.real, expected.real
                if not np.allclose(matrix, expected, rtol=rtol, atol=atol, equal_nan=True):
                    raise GradcheckError(
                        f"Jacobian mismatch for output {index} with respect to input {place},\n"
                        f"numerical:{expected}\nanalytical:{matrix}\n"
                    )


def _of_points(func: Callable[..., Any], arguments: Sequence[Any]) -> tuple[Callable[..., Any], list[Tensor]]:
    """`func` as a function of its differentiable arguments alone, and these arguments; results likewise."""
    places = [i for i, item in enumerate(arguments) if isinstance(item, Tensor) and item._requires_grad]

    def inner(*points: Any) -> Any:
        values = list(arguments)
        for place, value in zip(places, points, strict=True):
            # `func` may take gradients with respect to it.
            values[place] = value if value._requires_grad else value.detach().requires_grad_()
        return tuple(
            item
            for item in _as_tuple(func(*values))
            if isinstance(item, Tensor) and (item.is_floating_point() or item.is_complex())
        )

    return inner, [arguments[place].detach() for place in places]


def _compare_forward(func: Callable[..., Any], arguments: Sequence[Any], eps: float, atol: float, rtol: float) -> None:
    """Forward mode in random directions against central differences."""
    from torchere.func.forward import jvp

    inner, points = _of_points(func, arguments)
    generator = np.random.Generator(np.random.Philox(1))
    for place, point in enumerate(points):
        for part in (1.0, 1j) if point.is_complex() else (1.0,):
            for _ in range(2):
                direction = _like(point, part * generator.standard_normal(tuple(point._array.shape)))
                tangents = [direction if i == place else item.new_zeros(item.shape) for i, item in enumerate(points)]
                found = jvp(inner, tuple(points), tuple(tangents))[1]
                shifted = []
                for sign in (eps, -eps):
                    moved = list(points)
                    moved[place] = _like(point, _numpy(point) + sign * _numpy(direction))
                    shifted.append(inner(*moved))
                for index, tangent in enumerate(found):
                    expected = (_numpy(shifted[0][index].detach()) - _numpy(shifted[1][index].detach())) / (2 * eps)
                    if not np.allclose(_numpy(tangent.detach()), expected, rtol=rtol, atol=atol, equal_nan=True):
                        raise GradcheckError(
                            f"Jacobian computed with forward mode mismatch for output {index} with respect to input "
                            f"{place},\nnumerical:{expected}\nanalytical:{_numpy(tangent.detach())}\n"
                        )


def _like(tensor: Tensor, values: Any) -> Tensor:
    made: Tensor = tensor.detach().clone()
    _set(made, np.asarray(values))
    return made


def _check_batched(func: Callable[..., Any], arguments: Sequence[Any]) -> None:
    """A mapped backward pass must give what passes one by one do."""
    outputs = _outputs(func(*arguments))
    tensors = _differentiable(arguments)
    generator = np.random.Generator(np.random.Philox(2))
    for index, output in enumerate(outputs):
        rows = [_like(output, generator.standard_normal(tuple(output._array.shape))) for _ in range(3)]
        expected = [_grad([output], tensors, [row], retain_graph=True, allow_unused=True) for row in rows]
        try:
            found = _grad(
                [output], tensors, [_stack(rows)], retain_graph=True, allow_unused=True, is_grads_batched=True
            )
        except RuntimeError as error:
            raise GradcheckError(
                f"While computing batched gradients, got: {error}\n\ngradcheck or gradgradcheck failed while testing "
                "batched gradient computation."
            ) from error
        for place, column in enumerate(found):
            singles = [row[place] for row in expected]
            if column is None and all(item is None for item in singles):
                continue
            whole = np.stack([_numpy(item) for item in singles])
            if column is None or not np.allclose(_numpy(column), whole, equal_nan=True):
                raise GradcheckError(
                    f"For output {index} and input {place}: the batched gradient computed by vmap differs from the "
                    f"gradients computed one by one,\nGot: {column}\nExpected: {whole}"
                )


def _check_batched_forward(func: Callable[..., Any], arguments: Sequence[Any]) -> None:
    """A mapped forward pass must give what passes one by one do."""
    from torchere.func.forward import jvp
    from torchere.func.mapping import vmap

    inner, points = _of_points(func, arguments)
    generator = np.random.Generator(np.random.Philox(3))
    directions = [[_like(p, generator.standard_normal(tuple(p._array.shape))) for _ in range(3)] for p in points]
    expected = [jvp(inner, tuple(points), tuple(d[row] for d in directions))[1] for row in range(3)]
    try:
        found = vmap(lambda *t: jvp(inner, tuple(points), t)[1])(*[_stack(d) for d in directions])
    except RuntimeError as error:
        raise GradcheckError(f"While computing batched gradients, got: {error}") from error
    for index, column in enumerate(found):
        whole = np.stack([_numpy(row[index].detach()) for row in expected])
        if not np.allclose(_numpy(column.detach()), whole, equal_nan=True):
            raise GradcheckError(f"For output {index}: the batched tangent computed by vmap differs from single ones")


def _stack(rows: Sequence[Any]) -> Any:
    from torchere.operators import operator_named

    return operator_named("stack").entry(list(rows), 0)


def _check_undefined(func: Callable[..., Any], arguments: Sequence[Any]) -> None:
    """Backward must accept outputs without gradient when there are several."""
    outputs = _outputs(func(*arguments))
    tensors = _differentiable(arguments)
    for output in outputs if len(outputs) > 1 else ():
        direction = output.detach().clone()
        try:
            _grad([output], tensors, [direction], retain_graph=True, allow_unused=True)
        except RuntimeError as error:
            raise GradcheckError(
                "Expected backward function to handle undefined output grads. Please look at 'Notes about undefined "
                f"output gradients': {error}"
            ) from error


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the gradient function: second derivatives. `grad_outputs` default to random directions."""
    arguments = _as_tuple(inputs)
    outputs = _outputs(func(*arguments))
    if grad_outputs is None:
        generator = np.random.Generator(np.random.Philox(0))
        directions = []
        for output in outputs:
            made = output.detach().clone()
            shape = tuple(output._array.shape)
            values = generator.standard_normal(shape)
            if output.is_complex():
                values = values + 1j * generator.standard_normal(shape)
            _set(made, np.asarray(values))
            directions.append(made.requires_grad_())
    else:
        directions = list(_as_tuple(grad_outputs))
    count = len(arguments)

    def gradient(*values: Any) -> tuple[Any, ...]:
        inner = tuple(item for item in values[:count])
        results = _outputs(func(*inner))
        targets = _differentiable(inner)
        if not results:
            return ()
        found = _grad(results, targets, list(values[count:]), create_graph=True, allow_unused=True)
        return tuple(item for item in found if item is not None)

    return gradcheck(
        gradient,
        (*arguments, *directions),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=False,
        check_batched_grad=check_batched_grad and check_rev_over_rev,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
    )


def get_numerical_jacobian_wrt_specific_input(
    fn: Callable[..., Any],
    input_idx: int,
    inputs: Sequence[Any],
    outputs: Sequence[Tensor],
    eps: float,
    input: Tensor | None = None,
    is_forward_ad: bool = False,
) -> list[Tensor]:
    """By central differences: for each output the Jacobian with respect to ``inputs[input_idx]``, transposed.

    Shape: ``(elements of the input, elements of the output)``.
    """
    target = inputs[input_idx] if input is None else input
    matrices = get_numerical_jacobian(fn, inputs, outputs, target, eps)
    from torchere.creation import from_numpy

    found = []
    for output, matrix in zip(outputs, matrices, strict=True):
        is_complex = output.is_complex() or target.is_complex()
        values = matrix[0] + (1j * matrix[1].real if output.is_complex() else 0)
        found.append(from_numpy(np.ascontiguousarray(values if is_complex else values.real)))
    return found


# The function stands where PyTorch has a module, too: ``torch.autograd.gradcheck.GradcheckError``.
for _public in (GradcheckError, get_analytical_jacobian, get_numerical_jacobian, gradgradcheck):
    setattr(gradcheck, _public.__name__, _public)
gradcheck.get_numerical_jacobian_wrt_specific_input = get_numerical_jacobian_wrt_specific_input  # type: ignore[attr-defined]
