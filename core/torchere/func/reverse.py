"""Transforms by reverse mode: ``grad``, ``grad_and_value``, ``vjp``, ``jacrev``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from torchere.autograd.differentiate import grad as _gradients
from torchere.func.mapping import vmap
from torchere.func.points import Point, is_inside, leads_out, point, running, settled
from torchere.func.trees import Shape, flatten, map_leaves, unflatten
from torchere.operators import operator_named
from torchere.tensors.tensor import Tensor

__all__ = ["grad", "grad_and_value", "jacrev", "vjp"]


def chosen(args: Sequence[Any], argnums: int | tuple[int, ...], name: str) -> Any:
    """The argument, or tuple of arguments, named by `argnums`."""
    for number in (argnums,) if isinstance(argnums, int) else argnums:
        if not isinstance(number, int):
            raise RuntimeError(f"argnum or argnums must be int or Tuple[int, ...], got {type(argnums)}")
        if not -len(args) <= number < len(args):
            raise RuntimeError(
                f"{name}: Got argnum={number}, but only {len(args)} positional inputs. Arguments passed by keyword are "
                "not counted."
            )
    if isinstance(argnums, int):
        return args[argnums]
    if not argnums:
        raise RuntimeError(f"{name}: argnums must not be empty")
    if len({number % len(args) for number in argnums}) != len(argnums):
        raise RuntimeError(f"{name}: argnums must be unique, got {argnums}")
    return tuple(args[number] for number in argnums)


def replaced(args: Sequence[Any], argnums: int | tuple[int, ...], values: Any) -> list[Any]:
    """`args` with those named by `argnums` exchanged."""
    found = list(args)
    if isinstance(argnums, int):
        found[argnums] = values
    else:
        for number, value in zip(argnums, values, strict=True):
            found[number] = value
    return found


def points_of(tree: Any, name: str) -> tuple[Any, list[Point], list[Tensor], Shape]:
    """(the same containers around points, their nodes, the points, the nesting)."""
    leaves, shape = flatten(tree)
    nodes, inputs = [], []
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise (RuntimeError if name.startswith("jvp") else ValueError)(
                f"{name}: Expected all leaves of the differentiated arguments to be Tensors, got {type(leaf)}. Pass "
                "other values in arguments outside of argnums."
            )
        alias, node = point(leaf)
        inputs.append(alias)
        nodes.append(node)
    return unflatten(inputs, shape), nodes, inputs, shape


def close(nodes: Sequence[Point]) -> None:
    """The transform of these points has ended."""
    for node in nodes:
        node.is_open = False


def zeros_like(tensor: Tensor) -> Any:
    """Zeros of the same shape, dtype and device."""
    return operator_named("zeros_like()").entry(tensor)


def pulled(
    outputs: Sequence[Tensor], cotangents: Sequence[Any], nodes: Sequence[Point], inputs: Sequence[Tensor], create: bool
) -> list[Any]:
    """Gradients at points; zeros where nothing arrives."""
    used = [(o, c) for o, c in zip(outputs, cotangents, strict=True) if isinstance(o, Tensor) and o._requires_grad]
    if not used:
        return [zeros_like(item.detach()) for item in inputs]
    found = _gradients(
        [o for o, _ in used],
        [node.edge() for node in nodes],
        [c for _, c in used],
        create_graph=create,
        retain_graph=True,
        allow_unused=True,
    )
    return [zeros_like(item.detach()) if g is None else g for g, item in zip(found, inputs, strict=True)]


def grad(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the gradient of `func` with respect to the arguments `argnums`.

    `func` returns a tensor with one element; with `has_aux` a pair of it and anything else, which is then returned
    beside the gradient. Arguments may be nested; the gradient is nested likewise. RuntimeError for other results.
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """As `grad`; the function returns ``(gradient, value)``, with `has_aux` ``(gradient, (value, aux))``."""

    @functools.wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        with running() as recording:
            inside, nodes, inputs, shape = points_of(chosen(args, argnums, "grad"), "grad")
            try:
                output = func(*replaced(args, argnums, inside), **kwargs)
                aux = None
                if has_aux:
                    if not (isinstance(output, tuple) and len(output) == 2):
                        raise RuntimeError(
                            "grad_and_value(f)(*args): output of function f should be a tuple: (output, aux) if "
                            "has_aux is True"
                        )
                    output, aux = output
                if not isinstance(output, Tensor):
                    raise RuntimeError(
                        f"Expected f(*args) for grad(f)(*args) to return a tensor, got tensor of type {type(output)}"
                    )
                if output.dim():
                    raise RuntimeError(
                        "Expected f(*args) for grad(f)(*args) to return a scalar tensor, got tensor with "
                        f"{output.dim()} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
                    )
                if output.is_complex():
                    raise RuntimeError(
                        "grad can be computed only for real scalar outputs but got "
                        f"{output.dtype}. Return its real part or absolute value."
                    )
                close(nodes)
                create = recording and (is_inside() or leads_out([output]))
                one = operator_named("ones_like()").entry(output.detach())
                found = pulled([output], [one], nodes, inputs, create)
            finally:
                close(nodes)
            gradient = unflatten([settled(item, recording) for item in found], shape)
            value = settled(output, recording)
            if has_aux:
                return gradient, (value, map_leaves(lambda leaf: settled(leaf, recording), aux))
        return gradient, value

    return both


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """``(func(*primals), pull)``: ``pull(cotangents)`` is a tuple of the gradients of the primals.

    `pull` may be called any number of times. With `has_aux` `func` returns (output, aux) and the result is
    ``(output, pull, aux)``.
    """
    with running() as recording:
        inside, nodes, inputs, shape = points_of(tuple(primals), "vjp(f, *primals)")
        try:
            output = func(*inside)
            aux = None
            if has_aux:
                if not (isinstance(output, tuple) and len(output) == 2):
                    raise RuntimeError(
                        "vjp(f, *primals): output of function f should be a tuple: (output, aux) if has_aux is True"
                    )
                output, aux = output
        finally:
            close(nodes)
        outputs, out_shape = checked_outputs(output, "vjp(f, *primals)")
        result = unflatten([settled(item, recording) for item in outputs], out_shape)

    def pull(*cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        tree = cotangents[0] if len(cotangents) == 1 else cotangents
        given, given_shape = flatten(tree)
        if given_shape != out_shape:
            raise RuntimeError(
                f"Expected pytree structure of cotangents to be the same as pytree structure of outputs to the "
                f"function. cotangents: {given_shape}, primal output: {out_shape}"
            )
        with running() as again:
            create = again if create_graph is None else create_graph
            found = pulled(outputs, given, nodes, inputs, create)
            gradients = [settled(item, again) for item in found]
        back = unflatten(gradients, shape)
        return back

    if has_aux:
        return result, pull, map_leaves(lambda leaf: settled(leaf, recording), aux)
    return result, pull


def checked_outputs(output: Any, name: str) -> tuple[list[Any], Shape]:
    """The leaves of a function's results, which must be tensors."""
    outputs, shape = flatten(output)
    if not outputs:
        raise RuntimeError(f"{name}: Expected f to be a function that has non-empty output (got output = {output})")
    for leaf in outputs:
        if not isinstance(leaf, Tensor):
            raise RuntimeError(f"{name}: expected f(*args) to return only tensors, got unsupported type {type(leaf)}")
    return outputs, shape


def basis(tensors: Sequence[Tensor]) -> list[Any]:
    """For each tensor the one-hot tensors of all its elements, and zeros for those of the others, stacked."""
    counts = [tensor.numel() for tensor in tensors]
    total = sum(counts)
    found = []
    begin = 0
    for tensor, count in zip(tensors, counts, strict=True):
        eye = operator_named("eye").entry(count, dtype=tensor.dtype, device=tensor.device)
        pad = operator_named("zeros").entry
        parts = [
            pad((begin, count), dtype=tensor.dtype, device=tensor.device),
            eye,
            pad((total - begin - count, count), dtype=tensor.dtype, device=tensor.device),
        ]
        rows = operator_named("cat").entry(parts, 0)
        found.append(rows.reshape(total, *tensor.shape))
        begin += count
    return found


def jacrev(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """The function that computes the Jacobian of `func` by reverse mode: a row for each element of the results.

    For each result, nested as they are, and each argument a tensor of shape ``result.shape + argument.shape``. All
    rows are computed at once, or `chunk_size` at a time. With `has_aux` the result is ``(jacobian, aux)``.
    """
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        primals = chosen(args, argnums, "jacrev")
        values = (primals,) if isinstance(argnums, int) else primals

        def of_chosen(*inner: Any) -> Any:
            return func(*replaced(args, argnums, inner[0] if isinstance(argnums, int) else inner), **kwargs)

        found = vjp(of_chosen, *values, has_aux=has_aux)
        output, pull = found[:2]
        outputs, out_shape = flatten(output)
        leaves, in_shape = flatten(values)
        rows = basis([item.detach() for item in outputs])

        def one_row(*row: Any) -> Any:
            return tuple(flatten(pull(unflatten(row, out_shape)))[0])

        columns = vmap(one_row, chunk_size=chunk_size)(*rows) if rows[0].shape[0] else _no_rows(rows, leaves)
        counts = [item.numel() for item in outputs]
        results = []
        begin = 0
        for item, count in zip(outputs, counts, strict=True):
            parts = [
                column.narrow(0, begin, count).reshape(*item.shape, *leaf.shape)
                for column, leaf in zip(columns, leaves, strict=True)
            ]
            begin += count
            tree = unflatten(parts, in_shape)
            results.append(tree[0] if isinstance(argnums, int) else tree)
        result = unflatten(results, out_shape)
        return (result, found[2]) if has_aux else result

    return jacobian


def _no_rows(rows: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
    return [leaf.new_zeros((0, *leaf.shape)) for leaf in leaves]
