"""The suite `operator_cost`: what thirty common operators cost on 4 x 4 inputs, plainly and with gradient recording.

Timed by ``side_by_side.py --suite operator_cost``. A recorded call makes its node and throws it away; nothing is run
backward. Every call goes through the same loop and lambda in both frameworks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Call = Callable[[Any, Any, Any], object]
Setup = Callable[[Any], Callable[[], object]]

#: Calls in one timed run: enough to make the loop around them cheap.
REPEAT = 50

#: Operator → a call of it on (torch, a, b); a and b are 4 x 4 with values between 0.5 and 1.5.
OPERATORS: dict[str, Call] = {
    "add": lambda torch, a, b: a + b,
    "sub": lambda torch, a, b: a - b,
    "mul": lambda torch, a, b: a * b,
    "div": lambda torch, a, b: a / b,
    "mul by a number": lambda torch, a, b: a * 2.0,
    "pow": lambda torch, a, b: a**2,
    "neg": lambda torch, a, b: -a,
    "exp": lambda torch, a, b: a.exp(),
    "log": lambda torch, a, b: a.log(),
    "sqrt": lambda torch, a, b: a.sqrt(),
    "tanh": lambda torch, a, b: a.tanh(),
    "sigmoid": lambda torch, a, b: a.sigmoid(),
    "relu": lambda torch, a, b: a.relu(),
    "abs": lambda torch, a, b: a.abs(),
    "clamp": lambda torch, a, b: a.clamp(0.7, 1.2),
    "maximum": lambda torch, a, b: torch.maximum(a, b),
    "where": lambda torch, a, b: torch.where(a.detach() > 1, a, b),
    "matmul": lambda torch, a, b: a @ b,
    "linear": lambda torch, a, b: torch.nn.functional.linear(a, b),
    "sum": lambda torch, a, b: a.sum(),
    "sum over a dimension": lambda torch, a, b: a.sum(1),
    "mean": lambda torch, a, b: a.mean(),
    "amax over a dimension": lambda torch, a, b: a.amax(1),
    "softmax": lambda torch, a, b: torch.softmax(a, 1),
    "log_softmax": lambda torch, a, b: torch.log_softmax(a, 1),
    "cat": lambda torch, a, b: torch.cat((a, b)),
    "reshape": lambda torch, a, b: a.reshape(2, 8),
    "transpose": lambda torch, a, b: a.transpose(0, 1),
    "index": lambda torch, a, b: a[0],
    "clone": lambda torch, a, b: a.clone(),
}

RECORDED = " (recorded)"


def _setup(call: Call, *, recorded: bool) -> Setup:
    def setup(torch: Any) -> Callable[[], object]:
        a, b = (torch.rand(4, 4).add_(0.5).requires_grad_(recorded) for _ in range(2))

        def run() -> None:
            for _ in range(REPEAT):
                call(torch, a, b)

        return run

    return setup


#: Row → its setup: each operator, and each with recording.
ROWS: dict[str, Setup] = {
    name + suffix: _setup(call, recorded=bool(suffix)) for suffix in ("", RECORDED) for name, call in OPERATORS.items()
}


def markdown(medians: dict[str, float], mean: Callable[[list[float]], float]) -> str:
    """A table of ratios, an operator a line, with their means."""
    lines = ["| operator on 4 × 4 | forward | recorded |\n|---|---:|---:|\n"]
    columns: tuple[list[float], list[float]] = ([], [])
    for name in OPERATORS:
        cells = []
        for column, row in zip(columns, (name, name + RECORDED), strict=True):
            if row in medians:
                column.append(medians[row])
            cells.append(f"{medians[row]:.2f}" if row in medians else "")
        if any(cells):
            lines.append(f"| {name} | {cells[0]} | {cells[1]} |\n")
    means = [f"{mean(column):.2f}" if column else "" for column in columns]
    lines.append(f"| *geometric mean* | {means[0]} | {means[1]} |\n")
    return "".join(lines)
