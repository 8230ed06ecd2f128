"""A line search for the strong Wolfe conditions.

Source: Nocedal and Wright, *Numerical Optimization*, 2006, algorithms 3.5 and 3.6, with the cubic interpolation and the
safeguards of M. Schmidt's minFunc.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

from torchere import Tensor

__all__ = ["Point", "strong_wolfe"]

#: Sufficient decrease and curvature; the usual constants of quasi-Newton methods.
_DECREASE, _CURVATURE = 1e-4, 0.9
_LONGEST = 25


class Point(NamedTuple):
    """A place on the line: step length, loss, gradient, and the gradient's slope along the line."""

    t: float
    loss: float
    gradient: Tensor
    slope: float


def cubic_minimum(first: Point, second: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points and their slopes is least within `bounds` (default: between them)."""
    if bounds is None:
        bounds = (min(first.t, second.t), max(first.t, second.t))
    lowest, highest = bounds
    left, right = (first, second) if first.t <= second.t else (second, first)
    bend = first.slope + second.slope - 3 * (first.loss - second.loss) / (first.t - second.t)
    square = bend * bend - first.slope * second.slope
    if square < 0:
        return (lowest + highest) / 2
    root = sqrt(square)
    part = (right.slope + root - bend) / (right.slope - left.slope + 2 * root)
    return min(max(right.t - (right.t - left.t) * part, lowest), highest)


def strong_wolfe(
    evaluate: Callable[[float], tuple[float, Tensor]],
    direction: Tensor,
    start: Point,
    t: float,
    tolerance_change: float = 1e-9,
) -> tuple[Point, int]:
    """A point that satisfies the strong Wolfe conditions, and how often `evaluate` (step → loss, gradient) was called.

    After 25 tries, or when the bracket shrinks below `tolerance_change`, the best point found.
    """
    largest = float(direction.abs().max())
    calls = 0

    def at(step: float) -> Point:
        nonlocal calls
        calls += 1
        loss, gradient = evaluate(step)
        return Point(step, loss, gradient.clone(), float(gradient.dot(direction)))

    def decreases_enough(point: Point) -> bool:
        return point.loss <= start.loss + _DECREASE * point.t * start.slope

    def is_flat(point: Point) -> bool:
        return abs(point.slope) <= -_CURVATURE * start.slope

    # First: step on until a bracket holds an acceptable point.
    before, now = start, at(t)
    tries = 0
    bracket: list[Point] | None = None
    while tries < _LONGEST:
        if not decreases_enough(now) or (tries > 1 and now.loss >= before.loss):
            bracket = [before, now]
            break
        if is_flat(now):
            return now, calls
        if now.slope >= 0:
            bracket = [before, now]
            break
        following = cubic_minimum(before, now, (now.t + 0.01 * (now.t - before.t), now.t * 10))
        before, now = now, at(following)
        tries += 1
    if bracket is None:
        bracket = [start, now]

    # Then: narrow the bracket.
    low = 0 if bracket[0].loss <= bracket[-1].loss else 1
    stalled = False
    while tries < _LONGEST and abs(bracket[1].t - bracket[0].t) * largest >= tolerance_change:
        least, most = sorted((bracket[0].t, bracket[1].t))
        t = cubic_minimum(bracket[0], bracket[1])
        margin = 0.1 * (most - least)
        if min(most - t, t - least) < margin:
            # Too near an end twice, or outside: a tenth of the bracket away from that end.
            if stalled or t >= most or t <= least:
                t = most - margin if abs(t - most) < abs(t - least) else least + margin
                stalled = False
            else:
                stalled = True
        else:
            stalled = False
        now = at(t)
        tries += 1
        if not decreases_enough(now) or now.loss >= bracket[low].loss:
            bracket[1 - low] = now
            low = 0 if bracket[0].loss <= bracket[1].loss else 1
            continue
        if is_flat(now):
            bracket[low] = now
            break
        if now.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = now
    return bracket[low], calls
