"""Transforms by forward mode: ``jvp``, ``jacfwd``, ``linearize``, and ``hessian``, which uses both.

A vector-Jacobian product is linear in its vector, so its transpose is the Jacobian-vector product: the backward pass is
recorded for an unknown vector and differentiated with respect to that. Every operator with a gradient that can be
differentiated has forward mode by this, and no rules are needed. A `Function` with a `jvp` of its own uses that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from torchere.autograd.differentiate import grad as _gradients
from torchere.autograd.forward_ad import transposing
from torchere.func.mapping import vmap
from torchere.func.points import Point, point, running, settled
from torchere.func.reverse import basis, checked_outputs, chosen, close, jacrev, points_of, replaced, zeros_like
from torchere.func.trees import flatten, map_leaves, unflatten
from torchere.tensors.tensor import Tensor

__all__ = ["hessian", "jacfwd", "jvp", "linearize"]


class Push:
    """The linear map from tangents at points to tangents of outputs."""

    def __init__(self, outputs: Sequence[Any], nodes: Sequence[Point]) -> None:
        self.outputs = outputs
        self.unknowns: list[tuple[int, Tensor, Point]] = []
        self.back: list[Any] = [None] * len(nodes)
        used = []
        for place, output in enumerate(outputs):
            if isinstance(output, Tensor) and output._requires_grad:
                unknown, node = point(zeros_like(output.detach()))
                self.unknowns.append((place, unknown, node))
                used.append(output)
        if used:
            with transposing():
                self.back = list(
                    _gradients(
                        used,
                        [node.edge() for node in nodes],
                        [unknown for _, unknown, _ in self.unknowns],
                        create_graph=True,
                        allow_unused=True,
                    )
                )
        close([node for _, _, node in self.unknowns])

    def __call__(self, tangents: Sequence[Any], create: bool) -> list[Any]:
        """The tangents of the outputs; zeros for outputs that do not depend on the points."""
        found: list[Any] = [None] * len(self.outputs)
        pairs = [(b, t) for b, t in zip(self.back, tangents, strict=True) if b is not None and b._requires_grad]
        if pairs:
            results = _gradients(
                [b for b, _ in pairs],
                [node.edge() for _, _, node in self.unknowns],
                [t for _, t in pairs],
                create_graph=create,
                retain_graph=True,
                allow_unused=True,
            )
            for (place, _, _), result in zip(self.unknowns, results, strict=True):
                found[place] = result
        return [zeros_like(o.detach()) if f is None else f for o, f in zip(self.outputs, found, strict=True)]


def _checked_tangents(primals: Any, tangents: Any, name: str) -> list[Any]:
    given, given_shape = flatten(tangents)
    leaves, shape = flatten(primals)
    if given_shape != shape:
        raise RuntimeError(
            f"{name}: Expected primals and tangents to have the same python structure. For example, if primals is a "
            f"tuple of 3 tensors, tangents also must be. Got primals with structure {shape} and tangents with "
            f"structure {given_shape}"
        )
    for place, (leaf, tangent) in enumerate(zip(leaves, given, strict=True)):
        if not isinstance(tangent, Tensor):
            raise RuntimeError(f"{name}: Expected tangents to contain only Tensors, got {type(tangent)}")
        if isinstance(leaf, Tensor):
            if leaf.shape != tangent.shape or (tangent.is_complex() and not leaf.is_complex()):
                raise RuntimeError(
                    f"{name}: expected a tangent of shape {tuple(leaf.shape)} and dtype {leaf.dtype} for a primal of "
                    f"that kind, got {tuple(tangent.shape)} and {tangent.dtype}"
                )
            given[place] = tangent.to(leaf.dtype)
    return given


def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """``(func(*primals), derivative in the direction `tangents`)``.

    With `has_aux` `func` returns (output, aux) and the result is ``(output, tangent, aux)``. `strict`: RuntimeError for
    an output that does not depend on the primals.
    """
    if not isinstance(primals, tuple):
        raise RuntimeError(
            "jvp(f, primals, tangents): Expected primals to be a tuple. E.g. it should be valid to call f(*primals). "
            f"Got {type(primals)}"
        )
    if not primals:
        raise RuntimeError("jvp(f, primals, tangents): Expected at least one Tensor in primals")
    directions = _checked_tangents(primals, tangents, "jvp(f, primals, tangents)")
    with running() as recording:
        inside, nodes, _, _ = points_of(primals, "jvp(f, primals, tangents)")
        try:
            output = func(*inside)
            aux = None
            if has_aux:
                if not (isinstance(output, tuple) and len(output) == 2):
                    raise RuntimeError(
                        "jvp(f, primals, tangents): output of function f should be a tuple: (output, aux) if has_aux "
                        "is True"
                    )
                output, aux = output
            outputs, shape = checked_outputs(output, "jvp(f, primals, tangents)")
            if strict and any(not item._requires_grad for item in outputs):
                raise RuntimeError(
                    "jvp(f, primals, tangents, strict=True): an output of f does not depend on the inputs"
                )
            pushed = Push(outputs, nodes)(directions, recording)
        finally:
            close(nodes)
        result = unflatten([settled(item, recording) for item in outputs], shape)
        tangent = unflatten([settled(item, recording) for item in pushed], shape)
        if has_aux:
            return result, tangent, map_leaves(lambda leaf: settled(leaf, recording), aux)
    return result, tangent


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """``(func(*primals), push)``: ``push(*tangents)`` is the derivative there; `func` does not run again."""
    with running() as recording:
        inside, nodes, _, _ = points_of(tuple(primals), "linearize")
        try:
            outputs, shape = checked_outputs(func(*inside), "linearize")
            push = Push(outputs, nodes)
        finally:
            close(nodes)
        result = unflatten([settled(item, recording) for item in outputs], shape)

    def pushed(*tangents: Any) -> Any:
        directions = _checked_tangents(tuple(primals), tuple(tangents), "linearize")
        with running() as again:
            return unflatten([settled(item, again) for item in push(directions, again)], shape)

    return result, pushed


def jacfwd(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """The function that computes the Jacobian of `func` by forward mode: a column for each element of the arguments.

    The results are those of `jacrev`. `func` itself runs once, so `randomness` makes no difference.
    """
    del randomness

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        primals = chosen(args, argnums, "jacfwd")
        values = (primals,) if isinstance(argnums, int) else primals
        kept: list[Any] = []

        def of_chosen(*inner: Any) -> Any:
            result = func(*replaced(args, argnums, inner[0] if isinstance(argnums, int) else inner), **kwargs)
            if not has_aux:
                return result
            if not (isinstance(result, tuple) and len(result) == 2):
                raise RuntimeError("jacfwd: output of function f should be a tuple: (output, aux) if has_aux is True")
            kept.append(result[1])
            return result[0]

        output, push = linearize(of_chosen, *values)
        outputs, out_shape = flatten(output)
        leaves, in_shape = flatten(values)
        columns = basis([leaf.detach() for leaf in leaves])

        def one_column(*column: Any) -> Any:
            return tuple(flatten(push(*unflatten(column, in_shape)))[0])

        counts = [leaf.numel() for leaf in leaves]
        if sum(counts):
            found = vmap(one_column, out_dims=-1)(*columns)
        else:
            found = [item.new_zeros((*item.shape, 0)) for item in outputs]
        results = []
        for item, whole in zip(outputs, found, strict=True):
            begin, parts = 0, []
            for leaf, count in zip(leaves, counts, strict=True):
                parts.append(whole.narrow(-1, begin, count).reshape(*item.shape, *leaf.shape))
                begin += count
            tree = unflatten(parts, in_shape)
            results.append(tree[0] if isinstance(argnums, int) else tree)
        result = unflatten(results, out_shape)
        return (result, map_leaves(lambda leaf: settled(leaf, True), kept[0])) if has_aux else result

    return jacobian


def hessian(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that computes the Hessian of `func`: forward over reverse mode."""
    return jacfwd(jacrev(func, argnums), argnums)
