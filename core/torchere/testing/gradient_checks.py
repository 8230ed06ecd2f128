"""Tier 2: gradients and second derivatives against finite differences, along random directions.

A random direction costs two evaluations instead of two for each element, and misses a wrong element with probability
zero. The upstream gradient is random, too: with ones, a rule that forgets to multiply by it would go unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere import autograd
from torchere.autograd.modes import no_grad
from torchere.backend import backend_of
from torchere.tensors.tensor import Tensor
from torchere.testing.cases import A, I, Values
from torchere.testing.closeness import TOLERANCES
from torchere.testing.report import Skipped
from torchere.testing.running import Run, flat
from torchere.testing.values import Array, is_inexact, random_source, tensor_of, to_numpy, wide

__all__ = ["GRADIENT_CHECKS", "NARROW_CHECKS", "gradient_dtypes"]

STEP = 1e-6
#: Central differences of float64: truncation about STEP², cancellation about 1e-16 / STEP.
RELATIVE, ABSOLUTE = 2e-5, 2e-7


def gradient_dtypes(device: str) -> tuple[str, ...]:
    """The dtypes gradients are checked in: the widest a device has."""
    dtypes = backend_of(device).dtypes
    real = "float64" if "float64" in dtypes else "float32"
    complex_ = "complex128" if "complex128" in dtypes else "complex64"
    return tuple(name for name in (real, complex_) if name in dtypes)


class Differentiation:
    """A run whose differentiable arguments can be moved along directions."""

    def __init__(self, run: Run, device: str | None = None) -> None:
        self.run = run
        self.device = device or run.device
        self.source = random_source(run.seed, "direction")
        specs = [s for s in flat((run.case.inputs, run.case.kwargs)) if isinstance(s, (A, I, Values))]
        self.arrays: list[Array] = [a for a in flat((run.inputs, run.kwargs)) if isinstance(a, np.ndarray)]
        self.places = [
            place
            for place, (spec, array) in enumerate(zip(specs, self.arrays, strict=True))
            if not isinstance(spec, I) and spec.gradient and is_inexact(array)
        ]

    @property
    def points(self) -> list[Array]:
        """The differentiable arrays."""
        return [self.arrays[place] for place in self.places]

    def tensors(self, points: list[Array]) -> tuple[list[Any], dict[str, Any], list[Tensor]]:
        """Arguments with the differentiable arrays replaced, and the leaves among them."""
        arrays = list(self.arrays)
        for place, point in zip(self.places, points, strict=True):
            arrays[place] = point
        made = [tensor_of(array, self.device) for array in arrays]
        leaves = [made[place].requires_grad_() for place in self.places]
        remaining = iter(made)
        from torchere.testing.values import mapped

        args = mapped(self.run.inputs, lambda _: next(remaining))
        kwargs = mapped(self.run.kwargs, lambda _: next(remaining))
        # What is no array (dtypes by name, a factory's device) as in any other call.
        _, plain = self.run.tensors(device=self.device)
        kwargs = {name: kwargs.get(name, value) if _holds(value) else value for name, value in plain.items()}
        return list(args), kwargs, leaves

    def outputs(self, points: list[Array]) -> tuple[list[Tensor], list[Tensor]]:
        """(inexact results, leaves) of a call at `points`."""
        args, kwargs, leaves = self.tensors(points)
        result = self.run.call(args, kwargs)
        found = [r for r in flat(result) if isinstance(r, Tensor) and (r.is_floating_point() or r.is_complex())]
        return found, leaves

    def direction(self, array: Array) -> Array:
        """Random numbers in the shape and dtype of `array`; zero where a step of `STEP` is too small or too large."""
        size = np.abs(array)
        drawn = self.source.standard_normal(array.shape) * ((size == 0) | (size > 1e-9) & (size < 1e6))
        if array.dtype.kind == "c":
            drawn = drawn + 1j * self.source.standard_normal(array.shape)
        return np.asarray(drawn).astype(array.dtype)


def _holds(value: Any) -> bool:
    return any(isinstance(item, Tensor) for item in flat(value))


def _inner(first: Array, second: Array) -> float:
    """The real inner product."""
    with np.errstate(all="ignore"):
        return float(np.real(np.vdot(first, second)))


def _agree(analytical: float, numerical: float, scale: float, factor: float, what: str) -> None:
    if not np.isfinite(numerical):
        return  # at the edge of the domain there is nothing to compare with
    bound = factor * (ABSOLUTE * (1 + scale) + RELATIVE * max(abs(analytical), abs(numerical)))
    if not abs(analytical - numerical) <= bound:
        raise AssertionError(f"{what}: {analytical:.9g}, by finite differences {numerical:.9g}")


def _check_leaf(leaf: Tensor, grad: Tensor, index: int) -> None:
    if tuple(grad.shape) != tuple(leaf.shape):
        raise AssertionError(f"gradient of argument {index}: shape {list(grad.shape)}, expected {list(leaf.shape)}")
    if grad.dtype is not leaf.dtype or grad.device != leaf.device:
        raise AssertionError(
            f"gradient of argument {index}: {grad.dtype.name} on {grad.device}, "
            f"expected {leaf.dtype.name} on {leaf.device}"
        )


def gradient(run: Run) -> None:
    """The gradient of each argument, for a random upstream gradient, equals finite differences."""
    work = Differentiation(run)
    points = work.points
    results, leaves = work.outputs(points)
    chosen = [index for index, result in enumerate(results) if result.requires_grad]
    upstream = [work.direction(to_numpy(result)) for result in results]
    if chosen:
        grads = autograd.grad(
            [results[index] for index in chosen],
            leaves,
            [tensor_of(upstream[index], work.device) for index in chosen],
            allow_unused=True,
        )
    else:
        grads = (None,) * len(leaves)
        chosen = list(range(len(results)))
    for index, (leaf, grad) in enumerate(zip(leaves, grads, strict=True)):
        if grad is not None:
            _check_leaf(leaf, grad, index)
    if "float64" not in backend_of(run.device).dtypes:
        _compare_with_host(run, grads, upstream, chosen)
        return

    def value(moved: list[Array]) -> tuple[float, float]:
        with no_grad():
            found, _ = work.outputs(moved)
        shown = [to_numpy(found[index]) for index in chosen]
        total = sum(_inner(upstream[index], item) for index, item in zip(chosen, shown, strict=True))
        with np.errstate(all="ignore"):
            return total, sum(float(np.abs(upstream[i] * item).sum()) for i, item in zip(chosen, shown, strict=True))

    for index, (point, grad) in enumerate(zip(points, grads, strict=True)):
        if not point.size:
            continue
        direction = work.direction(point)

        def at(step: float, index: int = index, direction: Array = direction) -> tuple[float, float]:
            moved = list(points)
            moved[index] = points[index] + points[index].dtype.type(step) * direction
            return value(moved)

        (high, scale), (low, _) = at(STEP), at(-STEP)
        analytical = 0.0 if grad is None else _inner(to_numpy(grad), direction)
        _agree(analytical, (high - low) / (2 * STEP), scale, run.case.tolerance, f"gradient of argument {index}")


def _compare_with_host(run: Run, grads: Any, upstream: list[Array], chosen: list[int]) -> None:
    """For devices without float64: the same gradients on the cpu."""
    work = Differentiation(run, device="cpu")
    results, leaves = work.outputs(work.points)
    wanted = autograd.grad(
        [results[index] for index in chosen if results[index].requires_grad],
        leaves,
        [tensor_of(upstream[index], "cpu") for index in chosen if results[index].requires_grad],
        allow_unused=True,
    ) if any(results[index].requires_grad for index in chosen) else (None,) * len(leaves)  # fmt: skip
    tolerance = 20 * TOLERANCES[run.dtype] * run.case.tolerance
    for index, (mine, other) in enumerate(zip(grads, wanted, strict=True)):
        if (mine is None) != (other is None):
            raise AssertionError(f"gradient of argument {index}: {'missing' if mine is None else 'unexpected'}")
        if mine is None:
            continue
        a, b = to_numpy(mine), to_numpy(other)
        size = float(np.abs(b[np.isfinite(b)]).max(initial=0.0))
        if not np.allclose(a, b, rtol=tolerance, atol=tolerance * (1 + size), equal_nan=True):
            raise AssertionError(f"gradient of argument {index} differs from that of the cpu")


def second(run: Run) -> None:
    """The gradient of the gradient, with respect to the arguments and the upstream gradient, equals differences."""
    if "float64" not in backend_of(run.device).dtypes:
        raise Skipped(f"device '{run.device}' has no float64: finite differences of gradients need it")
    work = Differentiation(run)
    points = work.points
    results, _ = work.outputs(points)
    chosen = [index for index, result in enumerate(results) if result.requires_grad]
    if not chosen:
        return
    upstream = [work.direction(to_numpy(results[index])) for index in chosen]
    first_grads, _ = _gradients(work, points, upstream, chosen, create_graph=True)
    present = [index for index, item in enumerate(first_grads) if item is not None]
    weights = {index: work.direction(to_numpy(first_grads[index])) for index in present}
    grads, leaves, tops = _second_gradients(work, points, upstream, chosen, weights)

    def value(moved: list[Array], tops_moved: list[Array]) -> tuple[float, float]:
        found, _ = _gradients(work, moved, tops_moved, chosen, create_graph=False)
        shown = {index: to_numpy(found[index]) for index in present if found[index] is not None}
        with np.errstate(all="ignore"):
            return (
                sum(_inner(weights[index], item) for index, item in shown.items()),
                sum(float(np.abs(weights[index] * item).sum()) for index, item in shown.items()),
            )

    directions = [work.direction(item) for item in [*points, *upstream]]
    split = len(points)
    for what, moving in (("arguments", range(split)), ("upstream gradient", range(split, len(directions)))):
        analytical = sum(_inner(to_numpy(grads[i]), directions[i]) for i in moving if grads[i] is not None)

        def at(step: float, moving: range = moving) -> tuple[float, float]:
            moved = [
                item + item.dtype.type(step) * directions[i] if i in moving else item
                for i, item in enumerate([*points, *upstream])
            ]
            return value(moved[:split], moved[split:])

        (high, scale), (low, _) = at(STEP), at(-STEP)
        _agree(analytical, (high - low) / (2 * STEP), scale, run.case.tolerance, f"second derivative by the {what}")
    del leaves, tops


#: Backward chains operators, each rounding to the narrow dtype: a multiple of the dtype's tolerance.
NARROW_FACTOR = 8.0


def narrow(run: Run) -> None:
    """Gradients in the dtype of the run have its shape and dtype, and are near those in float64."""
    work = Differentiation(run)
    results, leaves = work.outputs(work.points)
    chosen = [index for index, result in enumerate(results) if result.requires_grad]
    if not chosen:
        return
    upstream = [work.direction(to_numpy(results[index])) for index in chosen]
    tops = [tensor_of(item, work.device) for item in upstream]
    grads = autograd.grad([results[index] for index in chosen], leaves, tops, allow_unused=True)
    for index, (leaf, grad) in enumerate(zip(leaves, grads, strict=True)):
        if grad is not None:
            _check_leaf(leaf, grad, index)
    held = backend_of(run.device).dtypes
    if "float64" not in held or "complex128" not in held or run.subject.is_random:
        return
    exact = Differentiation(run)
    exact.arrays = [wide(item) if is_inexact(item) else item for item in exact.arrays]
    wide_results, wide_leaves = exact.outputs(exact.points)
    if any(not wide_results[index].requires_grad for index in chosen):
        return
    wide_tops = [tensor_of(wide(item), work.device) for item in upstream]
    wanted = autograd.grad([wide_results[index] for index in chosen], wide_leaves, wide_tops, allow_unused=True)
    tolerance = NARROW_FACTOR * TOLERANCES[run.dtype] * run.case.tolerance
    for index, (mine, other) in enumerate(zip(grads, wanted, strict=True)):
        if mine is None or other is None:
            continue
        ours, theirs = wide(to_numpy(mine)), to_numpy(other)
        size = float(np.abs(theirs[np.isfinite(theirs)]).max(initial=0.0))
        both = np.isfinite(ours) & np.isfinite(theirs)
        if not np.allclose(ours[both], theirs[both], rtol=tolerance, atol=tolerance * (1 + size)):
            worst = float(np.abs(ours[both] - theirs[both]).max())
            raise AssertionError(f"gradient of argument {index} is off by {worst:.3g} from that in float64")


def _gradients(
    work: Differentiation, points: list[Array], upstream: list[Array], chosen: list[int], *, create_graph: bool
) -> tuple[list[Any], list[Tensor]]:
    results, leaves = work.outputs(points)
    tops = [tensor_of(item, work.device) for item in upstream]
    if create_graph:
        tops = [item.requires_grad_() for item in tops]
    grads = autograd.grad(
        [results[index] for index in chosen], leaves, tops, allow_unused=True, create_graph=create_graph
    )
    return list(grads), [*leaves, *tops]


def _second_gradients(
    work: Differentiation, points: list[Array], upstream: list[Array], chosen: list[int], weights: dict[int, Array]
) -> tuple[list[Any], list[Tensor], list[Tensor]]:
    grads, variables = _gradients(work, points, upstream, chosen, create_graph=True)
    used = [index for index in weights if grads[index] is not None and grads[index].requires_grad]
    if not used:
        return [None] * len(variables), variables, []
    found = autograd.grad(
        [grads[index] for index in used],
        variables,
        [tensor_of(weights[index], work.device) for index in used],
        allow_unused=True,
    )
    return list(found), variables, []


def _differentiable(run: Run) -> bool:
    mutates = run.subject.operator is not None and bool(run.subject.operator.mutates)
    return run.case.gradient and not mutates and bool(Differentiation(run).places)


def _twice(run: Run) -> bool:
    return run.case.second and _differentiable(run) and sum(p.size for p in Differentiation(run).points) > 0


#: name → (the check, the runs it is for).
GRADIENT_CHECKS: dict[str, tuple[Callable[[Run], None], Callable[[Run], bool]]] = {
    "gradient": (gradient, _differentiable),
    "second": (second, _twice),
}
#: Likewise, for the dtypes below the widest.
NARROW_CHECKS: dict[str, tuple[Callable[[Run], None], Callable[[Run], bool]]] = {"narrow": (narrow, _differentiable)}
