"""Writes docs/coverage.md: how much of PyTorch's API this project has, area by area, and every name it lacks.

    python scripts/make_coverage_table.py [--check]

Compares the live namespace with core/torchere/inventory.csv, as ``torchere plugins ops --missing`` does. With
``--check`` nothing is written; exit status 1 if the page is out of date.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from torchere import inventory

TARGET = Path(__file__).parent.parent / "docs" / "coverage.md"
HEAD = """# Coverage of PyTorch's API

Written by `scripts/make_coverage_table.py` from `core/torchere/inventory.csv`, the list of names of PyTorch 2.13 and
the libraries beside it. A name counts as present if it resolves to a function, class, method, attribute, context
manager or module, whichever it should be; what it computes is the tests' affair. `torchere plugins ops --missing`
compares an installation with the same list.

"""


def text() -> str:
    """The whole page."""
    total: dict[str, int] = dict.fromkeys(inventory.areas(), 0)
    missing: dict[str, list[str]] = {area: [] for area in total}
    for row, problem in inventory.compare(inventory.rows()):
        total[row.area] += 1
        if problem:
            missing[row.area].append(row.name.removeprefix("torchere."))
    count, lacking = sum(total.values()), sum(map(len, missing.values()))
    parts = [
        HEAD,
        f"{count - lacking} of {count} names are present.\n\n",
        "| area | present | of | share |\n|---|---:|---:|---:|\n",
        *(_line(area, missing[area], of) for area, of in total.items()),
        "\n## Missing\n",
    ]
    for area, names in missing.items():
        if names:
            listed = textwrap.fill(", ".join(f"`{name}`" for name in names), 118, break_on_hyphens=False)
            parts.append(f"\n### {area}\n\n{listed}\n")
    return "".join(parts)


def _line(area: str, missing: list[str], of: int) -> str:
    present = of - len(missing)
    link = f"[{area}](#{area})" if missing else area
    # Rounded down: 100 % means all of them.
    return f"| {link} | {present} | {of} | {100 * present // of} % |\n"


def main() -> int:
    """Write or check."""
    page = text()
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text() != page:
            print(f"{TARGET} is out of date. Run: python scripts/make_coverage_table.py")
            return 1
        return 0
    TARGET.write_text(page)
    print(f"wrote {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
