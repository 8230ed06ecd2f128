"""A third party's distributions, made in a folder: metadata and modules as pip would lay them out."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class Site:
    """A folder of installed distributions, to be put on the path of a new process."""

    folder: Path
    # Our own plugins that load late are not the subject: left out, each run is quicker.
    variables: dict = field(
        default_factory=lambda: {"TORCHERE_PLUGINS": "-cuda,-onednn,-compiled,-onnx,-nn,-optim,-data,-vision"}
    )

    def install(self, distribution, entry_points, modules, requires=()):
        """Lay out a distribution; ``entry_points`` maps group suffixes to lines, ``modules`` names to source."""
        info = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        lines = "".join(f"Requires-Dist: {text}\n" for text in requires)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n{lines}")
        groups = "".join(f"[torchere.{group}]\n{line}\n" for group, line in entry_points.items())
        (info / "entry_points.txt").write_text(groups)
        for name, source in modules.items():
            (self.folder / f"{name}.py").write_text(source)

    def run(self, *arguments, code=0, timeout=120):
        """Run the command line; its standard output. The exit code must be as expected."""
        path = os.pathsep.join([str(self.folder), *filter(None, [os.environ.get("PYTHONPATH", "")])])
        result = subprocess.run(
            [sys.executable, "-m", "torchere.cli.app", *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": path, **self.variables},
            capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip
        assert result.returncode == code, f"exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        self.errors = result.stderr
        return result.stdout


@pytest.fixture
def site(tmp_path):
    """An empty folder for distributions."""
    folder = tmp_path / "site"
    folder.mkdir()
    return Site(folder)
