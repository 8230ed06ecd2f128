"""How long the scan of entry points takes with 200 distributions installed, in milliseconds.

Run ``python benchmarks/entry_point_scan.py [--plugins N] [--repeat R]``. Every run is a fresh interpreter; the fake
distributions come on top of those of this environment. Aim: 50 ms or less at 200 distributions.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

DISTRIBUTIONS = 200
MEASURE = """
import time
import torchere_dispatch
manager = torchere_dispatch.PluginManager()
started = time.perf_counter()
records = manager.records()
print((time.perf_counter() - started) * 1e3, len(records))
"""


def install(folder: Path, index: int, *, plugin: bool) -> None:
    """A distribution with metadata of usual size (a README of 10 kB) and entry points."""
    info = folder / f"fake_{index:03}-1.{index}.dist-info"
    info.mkdir()
    requires = "".join(f"Requires-Dist: package-{number}>=1.0\n" for number in range(12))
    own = "Requires-Dist: torchere>=0.1,<99\n" if plugin else ""
    description = "A line of the description, as long as such lines are.\n" * 200
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: fake-{index:03}\nVersion: 1.{index}\n{requires}{own}\n{description}"
    )
    (info / "RECORD").write_text("")
    group = "torchere.v1.optimizer" if plugin else "console_scripts"
    (info / "entry_points.txt").write_text(f"[{group}]\nFake{index:03} = fake_{index:03}:Fake\n")


def measure(plugins: int, repeat: int) -> tuple[list[float], int]:
    """Milliseconds of each run, and the number of plugins found."""
    milliseconds, found = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for index in range(DISTRIBUTIONS):
            install(Path(folder), index, plugin=index < plugins)
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *sys.path[1:]]), "TORCHERE_PLUGINS": ""}
        for _ in range(repeat):
            output = subprocess.check_output([sys.executable, "-c", MEASURE], env=environ, text=True).split()
            milliseconds.append(float(output[0]))
            found = int(output[1])
    return milliseconds, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plugins", type=int, nargs="*", default=[20, 200], help="how many of the 200 are plugins")
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    for plugins in options.plugins:
        times, found = measure(plugins, options.repeat)
        print(
            f"{DISTRIBUTIONS} distributions, {plugins} of them plugins ({found} entry points found): "
            f"median {statistics.median(times):.1f} ms, best {min(times):.1f} ms, worst {max(times):.1f} ms"
        )


if __name__ == "__main__":
    main()
