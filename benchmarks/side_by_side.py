"""Times torchere beside PyTorch in one run, a process a framework, in alternation.

    python benchmarks/side_by_side.py --peer /path/to/python-with-torch [--suite SUITE] [--threads 2] [--rounds 5]
        [--json FILE] [--markdown FILE] [ROW …]

The suites are `training` (the default: workloads.py), `operator_cost` (thirty operators on 4 x 4 inputs, plainly and
with recording) and `data` (epochs of a DataLoader; both pythons need Pillow). Prints, for each row, the ratio of
torchere's time to PyTorch's (median over rounds; smallest and largest beside it) and the geometric mean; times
themselves depend on the machine and are left out. With `training` also the ratio of import times.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import operator_cost
from workloads import SUITES

HERE = Path(__file__).parent


def environment(threads: int) -> dict[str, str]:
    """The environment of a timed process: as many threads as asked for, pools that do not spin against each other."""
    count = str(threads)
    return {
        **os.environ,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "PYTHONDONTWRITEBYTECODE": "",
    }


def times(python: str, framework: str, threads: int, rows: list[str]) -> dict[str, float]:
    """Seconds per call of each row, one round in a fresh process."""
    command = [python, str(HERE / "workloads.py"), framework, str(threads), "3", *rows]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment(threads))
    return {row: min(values) for row, values in json.loads(done.stdout.splitlines()[-1]).items()}


def import_seconds(python: str, framework: str) -> float:
    """Seconds from process start to the end of ``import framework``, less those of an empty program."""

    def program(text: str) -> float:
        begin = time.perf_counter()
        subprocess.run([python, "-c", text], check=True, env=environment(2))
        return time.perf_counter() - begin

    return program(f"import {framework}") - program("pass")


def geometric_mean(values: list[float]) -> float:
    """The mean of ratios."""
    return math.exp(statistics.fmean(math.log(value) for value in values))


def main() -> int:
    """Run and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="rows of the suite; default all")
    parser.add_argument("--suite", choices=list(SUITES), default="training")
    parser.add_argument("--peer", default=os.environ.get("PEER", sys.executable), help="python that has PyTorch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--markdown", metavar="FILE", help="write the table there, too (suite operator_cost)")
    options = parser.parse_args()
    suite = SUITES[options.suite]
    unknown = [row for row in options.rows if row not in suite]
    if unknown:
        parser.error(f"no rows {unknown} in suite {options.suite}; it has {', '.join(suite)}")
    if options.markdown and options.suite != "operator_cost":
        parser.error("--markdown goes with --suite operator_cost")
    if os.getloadavg()[0] > 1.0:
        print(
            f"warning: the machine is busy (load {os.getloadavg()[0]:.1f}); ratios will be unreliable", file=sys.stderr
        )
    rows = options.rows or list(suite)
    ratios: dict[str, list[float]] = {row: [] for row in rows}
    with_import = options.suite == "training"
    if with_import:
        ratios["import"] = []
    for _ in range(options.rounds):
        ours = times(sys.executable, "torchere", options.threads, rows)
        theirs = times(options.peer, "torch", options.threads, rows)
        for row in rows:
            ratios[row].append(ours[row] / theirs[row])
        if with_import:
            ratios["import"].append(import_seconds(sys.executable, "torchere") / import_seconds(options.peer, "torch"))
    print(f"time of torchere / time of PyTorch, {options.threads} threads, median of {options.rounds} rounds\n")
    medians = {row: statistics.median(values) for row, values in ratios.items()}
    width = max(20, *map(len, ratios))
    for row, values in ratios.items():
        print(f"  {row:{width}s} {medians[row]:6.2f} ×   ({min(values):.2f} … {max(values):.2f})")
    print(f"  {'geometric mean':{width}s} {geometric_mean(list(medians.values())):6.2f} ×")
    if options.json:
        found = {"suite": options.suite, "threads": options.threads, "ratios": ratios, "medians": medians}
        Path(options.json).write_text(json.dumps(found, indent=1) + "\n")
    if options.markdown:
        Path(options.markdown).write_text(operator_cost.markdown(medians, geometric_mean))
    return 0


if __name__ == "__main__":
    sys.exit(main())
