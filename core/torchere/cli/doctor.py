"""Examination of plugins, each in a process of its own: whatever it does, only its own process suffers."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torchere_dispatch import PluginRecord

from .output import ExitCode
from .probe import MARK
from .progress import Advance

__all__ = ["Finding", "examine", "verdict"]

#: How bad each state is.
_SEVERITY = {
    "loaded": ExitCode.FINE,
    "available": ExitCode.FINE,
    "no-hardware": ExitCode.FINE,
    "disabled": ExitCode.FINE,
    "missing-dependency": ExitCode.WARNINGS,
    "incompatible": ExitCode.WARNINGS,
    "failed": ExitCode.BROKEN,
}


@dataclass
class Finding:
    """What the examination of one plugin found."""

    kind: str
    entry: str
    name: str
    distribution: str
    version: str
    state: str
    reason: str = ""
    remedy: str = ""
    traceback: str = ""
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    optional: bool = False

    @property
    def origin(self) -> str:
        """Distribution and version."""
        return f"{self.distribution} {self.version}".rstrip()

    @property
    def severity(self) -> ExitCode:
        """How bad it is."""
        worst = ExitCode.FINE if self.optional else _SEVERITY.get(self.state, ExitCode.BROKEN)
        return max(worst, ExitCode.WARNINGS) if self.warnings else worst

    def complaints(self) -> list[str]:
        """What to tell the user, line by line; empty when all is well."""
        state = "an extra that is not installed" if self.optional else self.state
        lines = [f"{state}: {self.reason}"] if self.reason and self.state != "disabled" else []
        return lines + [f"warning: {warning}" for warning in self.warnings]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {**asdict(self), "severity": self.severity.name.lower()}


def examine(records: Sequence[PluginRecord], *, timeout: float, progress: Advance | None = None) -> list[Finding]:
    """Examine the plugins that are neither disabled nor incompatible, a few at a time; the others as they stand."""

    done = itertools.count(1)

    def one(record: PluginRecord) -> Finding:
        finding = _examine(record, timeout)
        if progress is not None:
            progress(next(done), len(records), record.entry)
        return finding

    with ThreadPoolExecutor(max_workers=max(1, min(4, os.cpu_count() or 1))) as executor:
        return list(executor.map(one, records))


def verdict(findings: Sequence[Finding]) -> ExitCode:
    """The worst of them."""
    return max((finding.severity for finding in findings), default=ExitCode.FINE)


def _examine(record: PluginRecord, timeout: float) -> Finding:
    finding = Finding(
        record.kind, record.entry, record.name, record.distribution, record.version,
        state=str(record.state), reason=record.disabled_by or record.reason, remedy=record.remedy,
        warnings=list(record.warnings),
    )  # fmt: skip
    if finding.state in ("disabled", "incompatible"):
        return finding
    off = f"report it to the authors of {finding.origin}, or switch it off with TORCHERE_PLUGINS=-{record.handle}"
    with tempfile.TemporaryDirectory(prefix="torchere-doctor-") as folder:
        result = Path(folder) / "result.json"
        started = time.perf_counter()
        code, output = _run(record, result, timeout)
        finding.seconds = time.perf_counter() - started
        if code is None:
            finding.state = "failed"
            finding.reason = f"it did not finish loading within {timeout:g} s (it hangs)"
            finding.remedy = off
        elif not result.exists():
            finding.state = "failed"
            finding.reason = f"it {_ending(code)} while loading"
            finding.remedy = off
            finding.traceback = output.rpartition(MARK)[2]
        else:
            found = json.loads(result.read_text(encoding="utf-8"))
            for key in ("state", "reason", "remedy", "traceback", "warnings", "optional"):
                setattr(finding, key, found[key])
            printed = output.rpartition(MARK)[2].strip()
            if printed:
                finding.warnings.append(f"it prints while loading: {printed.splitlines()[0][:100]!r}")
    return finding


def _run(record: PluginRecord, result: Path, timeout: float) -> tuple[int | None, str]:
    """Exit code (None: still running after ``timeout``) and output of the process that loads ``record``."""
    command = [
        sys.executable, "-m", "torchere.cli.probe", str(result),
        record.kind, record.entry, record.distribution,
    ]  # fmt: skip
    # Its own session: what the plugin may have started ends with it.
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            code: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
        output.seek(0)
        return code, output.read().decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all it started."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        elif process.poll() is None:
            process.kill()
    except ProcessLookupError:
        pass
    process.wait()


def _ending(code: int) -> str:
    if code < 0:
        try:
            return f"killed the process ({signal.Signals(-code).name})"
        except ValueError:
            return f"killed the process (signal {-code})"
    return f"ended the process with exit code {code}"
