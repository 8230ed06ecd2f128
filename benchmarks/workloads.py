"""What is timed: each workload is written once against PyTorch's API and returns the function to call.

Run by `side_by_side.py` in a process per framework:  python workloads.py FRAMEWORK THREADS ROUNDS ROW…
prints one JSON object {row: [seconds per call, …]} with one figure a round.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import data_loading
import operator_cost

Setup = Callable[[Any], Callable[[], object]]


def add_4x4(torch: Any) -> Callable[[], object]:
    """`a + b` on 4 x 4 float32: the cost of one operator."""
    a, b = torch.randn(4, 4), torch.randn(4, 4)

    def run() -> None:
        for _ in range(100):
            a + b

    return run


def add_4x4_recorded(torch: Any) -> Callable[[], object]:
    """`a + b` on 4 x 4 with gradient recording."""
    a, b = torch.randn(4, 4, requires_grad=True), torch.randn(4, 4)

    def run() -> None:
        for _ in range(100):
            a + b

    return run


def small_graph(torch: Any) -> Callable[[], object]:
    """Forward and backward of ``(((a * b) + b).relu() @ b).sum()`` on 8 x 8."""
    a, b = torch.randn(8, 8, requires_grad=True), torch.randn(8, 8, requires_grad=True)

    def run() -> None:
        for _ in range(10):
            (((a * b) + b).relu() @ b).sum().backward()

    return run


def mlp_step(torch: Any) -> Callable[[], object]:
    """A training step of an MLP 64-200-200-10 with Adam, batch 48."""
    nn, functional = torch.nn, torch.nn.functional
    model = nn.Sequential(nn.Linear(64, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    x, y = torch.randn(48, 64), torch.randint(0, 10, (48,))

    def run() -> None:
        optimizer.zero_grad()
        functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return run


def digits_cnn_step(torch: Any) -> Callable[[], object]:
    """A training step of a small CNN on 8 x 8 images with AdamW, batch 64."""
    nn, functional = torch.nn, torch.nn.functional
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 16, 10),
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    x, y = torch.randn(64, 1, 8, 8), torch.randint(0, 10, (64,))

    def run() -> None:
        optimizer.zero_grad()
        functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return run


def view_select(torch: Any) -> Callable[[], object]:
    """`a[0]` on 4 x 4: the cost of a view."""
    a = torch.randn(4, 4)

    def run() -> None:
        for _ in range(100):
            a[0]

    return run


def softmax_rows(torch: Any) -> Callable[[], object]:
    """Softmax over the last axis of 256 x 1024."""
    a = torch.randn(256, 1024)
    return lambda: torch.softmax(a, 1)


def add_large(torch: Any) -> Callable[[], object]:
    """`a + b` on a million float32."""
    a, b = torch.randn(1_000_000), torch.randn(1_000_000)
    return lambda: a + b


WORKLOADS: dict[str, Setup] = {
    function.__name__: function
    for function in (
        add_4x4,
        add_4x4_recorded,
        view_select,
        small_graph,
        mlp_step,
        digits_cnn_step,
        softmax_rows,
        add_large,
    )
}


#: Suite → its rows.
SUITES: dict[str, dict[str, Setup]] = {
    "training": WORKLOADS,
    "operator_cost": operator_cost.ROWS,
    "data": data_loading.ROWS,
}


def measure(run: Callable[[], object], seconds: float) -> float:
    """Seconds per call over about `seconds`."""
    calls = 1
    while True:
        begin = time.perf_counter()
        for _ in range(calls):
            run()
        taken = time.perf_counter() - begin
        if taken >= seconds:
            return taken / calls
        calls = max(calls * 2, int(calls * seconds / max(taken, 1e-9)) + 1)


def main() -> None:
    """Time the rows named on the command line."""
    framework, threads, rounds, *rows = sys.argv[1:]
    torch = import_module(framework)
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    setups = {name: setup for suite in SUITES.values() for name, setup in suite.items()}
    found: dict[str, list[float]] = {}
    for row in rows:
        run = setups[row](torch)
        measure(run, 0.05)
        gc.collect()
        gc.disable()
        found[row] = [measure(run, 0.05) for _ in range(int(rounds))]
        gc.enable()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
