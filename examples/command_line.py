"""How every example is started: `python examples/NAME.py`, or with `--quick` for a few seconds' worth of it."""

import argparse
import time
from collections.abc import Callable


def run(main: Callable[[bool], dict[str, object]]) -> None:
    """Call `main(quick)` and print what it returns: curves by their ends, everything else whole."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a shorter run")
    quick = parser.parse_args().quick
    start = time.perf_counter()
    results = main(quick)
    print(f"{time.perf_counter() - start:.1f} s")
    for name, value in results.items():
        if isinstance(value, list):
            print(f"{name}: {value[0]:.6g} … {value[-1]:.6g} ({len(value)} values)")
        else:
            print(f"{name}: {value:.6g}" if isinstance(value, float) else f"{name}: {value}")
