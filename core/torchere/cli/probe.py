"""Run by ``plugins doctor`` as ``python -m torchere.cli.probe RESULT KIND ENTRY DISTRIBUTION``: loads one plugin.

The result is written as JSON to the file RESULT, so that what the plugin prints is told apart; what is printed before
`MARK`, such as a warning about a misspelt ``TORCHERE_PLUGINS``, is not the plugin's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["MARK", "main"]

#: Printed when the plugin is about to be loaded.
MARK = "--- torchere loads the plugin ---"


def main(arguments: list[str]) -> None:
    """Load the plugin, try its device if it brings one, write the result."""
    result, kind, entry, distribution = arguments
    import torchere.plugins

    manager = torchere.plugins.manager
    chosen = [r for r in manager.find(entry.rpartition(".")[2], kind) if r.entry == entry]
    record = next((r for r in chosen if r.distribution == distribution), None)
    if record is None:
        raise SystemExit(f"{kind} '{entry}' of {distribution} is not installed any more")
    sys.stderr.flush()
    print(MARK, flush=True)
    try:
        # Without other third parties' plugins: kernels that crash would be laid at this one's door.
        with torchere.plugins.use(*_alone(record, shared=len(chosen) > 1)):
            manager.load(kind, entry, retry=len(chosen) > 1)
            complaints = _try_device(entry) if kind == "device" and record.state == "loaded" else []
    except Exception as error:  # strict mode, a conflict
        data: dict[str, Any] = {
            "state": "failed",
            "reason": f"{type(error).__name__}: {' '.join(str(error).split())}",
            "remedy": f"uninstall {distribution} or the other, or choose with TORCHERE_PLUGINS",
            "traceback": "",
            "warnings": [],
            "optional": False,
        }
    else:
        data = record.to_dict()
        if len(chosen) > 1:
            others = ", ".join(sorted({r.origin for r in chosen if r is not record}))
            data["warnings"].append(f"{kind} '{entry}' is also provided by {others}")
        data["warnings"] += complaints
    Path(result).write_text(json.dumps(data), encoding="utf-8")


def _alone(record: Any, *, shared: bool) -> list[str]:
    """The selection in force, without the plugins of other third parties; ``shared``: others have the same name."""
    import torchere.plugins

    records = torchere.plugins.list()
    others = {item.distribution for item in records} - {record.distribution, "torchere"}
    left_out = {f"-{item.distribution}:{item.name}" for item in records if item.disabled_by}
    chosen = [f"{record.distribution}:{record.name}"] if shared else []
    return ["all", *sorted(left_out), *(f"-{name}:*" for name in sorted(others)), *chosen]


def _try_device(name: str) -> list[str]:
    """One addition there and back; complaints about it."""
    import torchere

    try:
        total = (torchere.ones(2, device=name) + torchere.ones(2, device=name)).to("cpu").tolist()
    except Exception as error:
        return [f"an addition on device '{name}' raised {type(error).__name__}: {' '.join(str(error).split())}"]
    return [] if total == [2.0, 2.0] else [f"on device '{name}' 1 + 1 gave {total[0]}"]


if __name__ == "__main__":
    main(sys.argv[1:])
