"""Jacobians, Hessians and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchere.autograd.differentiate import grad as _grad
from torchere.autograd.modes import enable_grad
from torchere.tensors.tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def _as_tuple(value: Any, name: str, function: str) -> tuple[bool, tuple[Any, ...]]:
    single = not isinstance(value, tuple)
    values = (value,) if single else value
    for index, item in enumerate(values):
        if not isinstance(item, Tensor):
            what = f"element {index} of a tuple" if not single else "given"
            raise TypeError(
                f"The {name} given to {function} must be either a Tensor or a tuple of Tensors but {what} has type "
                f"{type(item)}."
            )
    return single, values


def _prepared(inputs: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    found = []
    for item in inputs:
        if create_graph:
            found.append(item.view_as(item) if item._requires_grad else item.detach().requires_grad_())
        else:
            found.append(item.detach().requires_grad_())
    return tuple(found)


def _direction(v: Any, like: tuple[Any, ...], what: str, function: str) -> tuple[Any, ...]:
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single Tensor with a single "
                "element."
            )
        return (like[0].new_ones(like[0].shape),)
    _, values = _as_tuple(v, "v", function)
    if len(values) != len(like):
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(values)}.")
    for index, (item, other) in enumerate(zip(values, like, strict=True)):
        if item.shape != other.shape:
            where = f"Entry {index} in v" if len(like) > 1 else "v"
            raise RuntimeError(f"{where} has invalid size: should be {other.shape} but got {item.shape}.")
    return values


def _outputs(
    func: Callable[..., Any], inputs: tuple[Any, ...], function: str, strict: bool
) -> tuple[bool, tuple[Any, ...]]:
    single, outputs = _as_tuple(func(*inputs), "outputs of the user-provided function", function)
    if strict:
        for index, item in enumerate(outputs):
            if not item._requires_grad:
                raise RuntimeError(
                    f"Output {index} of the user-provided function is independent of the inputs. This is not allowed "
                    "in strict mode."
                )
    return single, outputs


def _gradients(outputs: Any, inputs: Any, directions: Any, create_graph: bool, strict: bool) -> tuple[Any, ...]:
    used = [(o, d) for o, d in zip(outputs, directions, strict=True) if o._requires_grad]
    if used:
        found = _grad(
            [o for o, _ in used],
            inputs,
            [d for _, d in used],
            create_graph=create_graph,
            retain_graph=True,
            allow_unused=True,
        )
    else:
        found = (None,) * len(inputs)
    if strict and any(item is None for item in found):
        place = next(i for i, item in enumerate(found) if item is None)
        raise RuntimeError(
            f"Output of the user-provided function is independent of input {place}. This is not allowed in strict mode."
        )
    return tuple(x.new_zeros(x.shape) if g is None else g for x, g in zip(inputs, found, strict=True))


def _finish(values: Any, create_graph: bool) -> Any:
    if isinstance(values, tuple):
        return tuple(_finish(item, create_graph) for item in values)
    return values if create_graph else values.detach()


def _one(values: tuple[Any, ...], single: bool) -> Any:
    return values[0] if single else values


def vjp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(outputs, product of `v` with the Jacobian): one backward pass."""
    with enable_grad():
        single_in, given = _as_tuple(inputs, "inputs", "vjp")
        points = _prepared(given, create_graph)
        single_out, outputs = _outputs(func, points, "vjp", strict)
        directions = _direction(v, outputs, "outputs", "vjp")
        found = _gradients(outputs, points, directions, create_graph, strict)
    return _finish(_one(outputs, single_out), create_graph), _finish(_one(found, single_in), create_graph)


def jvp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(outputs, product of the Jacobian with `v`): by differentiating the backward pass."""
    with enable_grad():
        _, given = _as_tuple(inputs, "inputs", "jvp")
        points = _prepared(given, create_graph)
        directions = _direction(v, points, "inputs", "jvp")
        single_out, outputs = _outputs(func, points, "jvp", strict)
        helpers = tuple(o.new_zeros(o.shape).requires_grad_() for o in outputs)
        back = _gradients(outputs, points, helpers, True, strict)
        found = _gradients(back, helpers, directions, create_graph, False)
    return _finish(_one(outputs, single_out), create_graph), _finish(_one(found, single_out), create_graph)


def jacobian(
    func: Any,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian: for each output and input a tensor of shape ``output.shape + input.shape``.

    `vectorize` computes all its rows in one mapped backward pass; `strategy` ``"forward-mode"``, which needs it, all
    columns in one forward pass. AssertionError for another `strategy`; RuntimeError and NotImplementedError where they
    do not go together with `strict` or `create_graph`.
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs '
            'than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode":
        return _forward_jacobian(func, inputs, create_graph, strict, vectorize)
    if strict and vectorize:
        raise RuntimeError(
            "torch.autograd.functional.jacobian: `strict=True` and `vectorize=True` are not supported together. Please "
            "either set `strict=False` or `vectorize=False`."
        )
    with enable_grad():
        single_in, given = _as_tuple(inputs, "inputs", "jacobian")
        points = _prepared(given, create_graph)
        single_out, outputs = _outputs(func, points, "jacobian", strict)
        result = []
        for output in outputs:
            if vectorize:
                result.append(_mapped_rows(output, points, create_graph))
                continue
            rows: list[list[Any]] = [[] for _ in points]
            flat = output.reshape(-1)
            for index in range(output.numel()):
                one = flat.detach().new_zeros(flat.shape)
                one[index] = 1
                for column, found in enumerate(_gradients((flat,), points, (one,), create_graph, strict)):
                    rows[column].append(found)
            result.append(tuple(_stacked(row, output, point) for row, point in zip(rows, points, strict=True)))
    values = tuple(_one(_finish(item, create_graph), single_in) for item in result)
    return _one(values, single_out)


def _mapped_rows(output: Any, points: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    """All rows of the Jacobian of one output."""
    from torchere.operators import operator_named

    count = output.numel()
    shapes = [tuple(output.shape) + tuple(point.shape) for point in points]
    if not output._requires_grad or not count:
        return tuple(point.new_zeros(shape) for point, shape in zip(points, shapes, strict=True))
    one_hot = operator_named("eye").entry(count, dtype=output.dtype, device=output.device)
    found = _grad(
        [output],
        points,
        [one_hot.reshape(count, *output.shape)],
        create_graph=create_graph,
        retain_graph=True,
        allow_unused=True,
        is_grads_batched=True,
    )
    return tuple(
        point.new_zeros(shape) if rows is None else rows.reshape(shape)
        for point, rows, shape in zip(points, found, shapes, strict=True)
    )


def _forward_jacobian(func: Any, inputs: Any, create_graph: bool, strict: bool, vectorize: bool) -> Any:
    from torchere.func.forward import jacfwd

    name = "torch.autograd.functional.jacobian"
    if strict:
        raise RuntimeError(
            f'{name}: `strict=True` and `strategy="forward-mode"` are not supported together (yet). Please either set '
            '`strict=False` or `strategy="reverse-mode"`.'
        )
    if not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian is only implemented for "
            "`vectorize=True`."
        )
    if create_graph:
        raise NotImplementedError(
            f"{name}: `create_graph=True` and `strategy='forward-mode'` are not supported together (yet). Use "
            "torch.func.jacfwd, whose results are differentiable."
        )
    single, given = _as_tuple(inputs, "inputs", "jacobian")
    points = tuple(item.detach() for item in given)

    def checked(*values: Any) -> Any:
        output = func(*values)
        _as_tuple(output, "outputs of the user-provided function", "jacobian")
        return output

    found = jacfwd(checked, 0 if single else tuple(range(len(points))))(*points)
    return _detached(found)


def _detached(values: Any) -> Any:
    return tuple(_detached(item) for item in values) if isinstance(values, tuple) else values.detach()


def _stacked(rows: list[Any], output: Any, point: Any) -> Any:
    from torchere.operators import operator_named

    shape = tuple(output.shape) + tuple(point.shape)
    if not rows:
        return point.new_zeros(shape)
    return operator_named("stack").entry(rows, 0).reshape(shape)


def _scalar(func: Any, function: str) -> Callable[..., Any]:
    def checked(*values: Any) -> Any:
        output = func(*values)
        if not isinstance(output, Tensor):
            raise RuntimeError(f"The function given to {function} should return a single Tensor")
        if output.numel() != 1:
            raise RuntimeError(
                f"The Tensor returned by the function given to {function} should contain a single element"
            )
        return output.reshape(())

    return checked


def hessian(
    func: Any,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The Hessian of a scalar function: for each pair of inputs a tensor of shape ``input_i.shape + input_j.shape``.

    `vectorize` and `outer_jacobian_strategy` as in `jacobian`, for the Jacobian of the gradient.
    """
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')
    single_in, given = _as_tuple(inputs, "inputs", "hessian")
    scalar = _scalar(func, "hessian")

    def gradient(*values: Any) -> Any:
        if outer_jacobian_strategy == "forward-mode":
            from torchere.func.reverse import grad

            return grad(scalar, tuple(range(len(values))))(*values)
        return jacobian(scalar, tuple(values), create_graph=True, strict=strict)

    found = jacobian(
        gradient,
        given,
        create_graph=create_graph,
        strict=strict,
        vectorize=vectorize,
        strategy=outer_jacobian_strategy,
    )
    if single_in:
        return found[0][0]
    return found


def vhp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(output, product of `v` with the Hessian of a scalar function)."""
    with enable_grad():
        single_in, given = _as_tuple(inputs, "inputs", "vhp")
        points = _prepared(given, True if create_graph else False)
        directions = _direction(v, points, "inputs", "vhp")
        output = _scalar(func, "vhp")(*points)
        first = _gradients((output,), points, (output.new_ones(()),), True, strict)
        found = _gradients(first, points, directions, create_graph, strict)
    return _finish(output, create_graph), _finish(_one(found, single_in), create_graph)


def hvp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(output, product of the Hessian of a scalar function with `v`). The Hessian is symmetric: the same as `vhp`."""
    with enable_grad():
        single_in, given = _as_tuple(inputs, "inputs", "hvp")
        points = _prepared(given, create_graph)
        directions = _direction(v, points, "inputs", "hvp")
        output = _scalar(func, "hvp")(*points)
        first = _gradients((output,), points, (output.new_ones(()),), True, strict)
        helpers = tuple(x.new_zeros(x.shape).requires_grad_() for x in points)
        second = _gradients(first, points, helpers, True, strict)
        found = _gradients(second, helpers, directions, create_graph, False)
    return _finish(output, create_graph), _finish(_one(found, single_in), create_graph)
