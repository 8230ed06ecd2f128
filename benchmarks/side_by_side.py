"""Times torchere beside PyTorch in one run, a process a framework, in alternation.

    python benchmarks/side_by_side.py --peer /path/to/python-with-torch [--threads 2] [--rounds 5] [--json FILE] [ROW …]

Prints, for each row, the ratio of torchere's time to PyTorch's (median over rounds; smallest and largest beside it)
and the geometric mean; times themselves depend on the machine and are left out. Also the ratio of import times.
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

from workloads import WORKLOADS

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


def main() -> int:
    """Run and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"one of {', '.join(WORKLOADS)}; default all")
    parser.add_argument("--peer", default=os.environ.get("PEER", sys.executable), help="python that has PyTorch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    if os.getloadavg()[0] > 1.0:
        print(
            f"warning: the machine is busy (load {os.getloadavg()[0]:.1f}); ratios will be unreliable", file=sys.stderr
        )
    rows = options.rows or list(WORKLOADS)
    ratios: dict[str, list[float]] = {row: [] for row in [*rows, "import"]}
    for _ in range(options.rounds):
        ours = times(sys.executable, "torchere", options.threads, rows)
        theirs = times(options.peer, "torch", options.threads, rows)
        for row in rows:
            ratios[row].append(ours[row] / theirs[row])
        ratios["import"].append(import_seconds(sys.executable, "torchere") / import_seconds(options.peer, "torch"))
    print(f"time of torchere / time of PyTorch, {options.threads} threads, median of {options.rounds} rounds\n")
    medians = {row: statistics.median(values) for row, values in ratios.items()}
    for row, values in ratios.items():
        print(f"  {row:20s} {medians[row]:6.2f} ×   ({min(values):.2f} … {max(values):.2f})")
    mean = math.exp(statistics.fmean(math.log(value) for value in medians.values()))
    print(f"  {'geometric mean':20s} {mean:6.2f} ×")
    if options.json:
        Path(options.json).write_text(json.dumps({"threads": options.threads, "ratios": ratios, "medians": medians}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
