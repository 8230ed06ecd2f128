"""Prints how torchere does against the operators' golden vectors.

    python tests/golden/operator_report.py [--differences] [NAME ...]

``--differences`` lists what differs beyond the deliberate departures of ``operator_departures.py``.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from golden_comparison import all_operators, compare, departure, records
from operator_departures import DEPARTURES, Departure


def main(arguments: list[str]) -> int:
    """Compare and print; 1 if there are differences nobody meant."""
    wanted = [argument for argument in arguments if not argument.startswith("-")]
    passed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    deliberate, wrong, samples = 0, [], 0
    used: set[tuple[Departure, str]] = set()
    names = [name for name in records().names if not wanted or name in wanted]
    for name in names:
        operator = all_operators()[name]
        samples += len(operator.samples)
        for record, found in compare(operator):
            column = ("gradient " if record.gradient else "") + record.dtype
            total[column] += 1
            passed[column] += found is None
            meant = departure(record, found)
            if meant is not None:
                deliberate += 1
                used |= {(meant, call) for call in meant.calls if re.fullmatch(call, record.call)}
            elif found is not None:
                wrong.append(record.key)
                if "--differences" in arguments:
                    print(f"{record.key}  {name}({record.sample})\n    {found}")
    print(f"{len(names)} operators, {samples} samples, PyTorch {records().version}")
    for column, count in total.items():
        print(f"{column:>20}  {passed[column]:>5} of {count:>5} as PyTorch")
    print(f"{'all':>20}  {passed.total():>5} of {total.total():>5} as PyTorch")
    print(f"{deliberate} deliberate departures (operator_departures.py), {len(wrong)} other differences")
    unused = [call for one in DEPARTURES for call in one.calls if (one, call) not in used and not wanted]
    for call in unused:
        print(f"no call departs like this any more: {call}")
    return 1 if wrong or unused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
