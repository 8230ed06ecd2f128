"""Scratch environments into which a third party's packages are installed, and processes that run there.

The environment of the tests is never changed. A scratch environment has its packages beside the running one's, so
torchere itself need not be installed again, however it is installed here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


@dataclass
class Finished:
    """A process that has ended."""

    code: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.output)


@dataclass
class Environment:
    """A Python executable and the variables its processes get in addition."""

    python: str
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: object, code: int | None = 0, timeout: float = 120, **variables: str) -> Finished:
        """Run ``python *arguments``; its exit code must be ``code`` (None: whichever)."""
        process = subprocess.run(
            [self.python, *map(str, arguments)],
            env={**os.environ, "PYTHONSAFEPATH": "1", **self.variables, **variables},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip
        assert code in (None, process.returncode), f"exit {process.returncode}\n{process.stdout}\n{process.stderr}"
        return Finished(process.returncode, process.stdout, process.stderr)

    def torchere(self, *arguments: object, code: int | None = 0, timeout: float = 120, **variables: str) -> Finished:
        """Run the command line."""
        return self.run("-m", "torchere.cli.app", *arguments, code=code, timeout=timeout, **variables)

    def program(self, source: str, *, code: int | None = 0, timeout: float = 120, **variables: str) -> Finished:
        """Run a program given as text, with warnings as errors."""
        return self.run("-W", "error", "-c", dedent(source), code=code, timeout=timeout, **variables)

    def install(self, *folders: Path) -> None:
        """Install packages by pip, which needs no network: what they require must be here already."""
        options = ("--no-index", "--no-build-isolation", "--disable-pip-version-check", "--quiet")
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", self.python, "install", *options, *map(str, folders)], check=True
        )


def _create(folder: Path) -> Environment:
    """A new virtual environment that also sees the packages of the running one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    packages = next(folder.glob("lib/python*/site-packages"), folder / "Lib/site-packages")
    shared = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    # addsitedir, not a bare path: an editable installation is a .pth file in there.
    lines = [f"import site; site.addsitedir({path!r})" for path in sorted(shared)]
    (packages / "running_environment.pth").write_text("\n".join(lines) + "\n")
    return Environment(str(python))


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold a file lock that the other pytest-xdist workers respect."""
    with file.open("w") as handle:
        if os.name == "posix":
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all pytest-xdist workers of this run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def template_environment(shared_folder: Path) -> Environment:
    """A scratch environment with ``examples/plugin_template`` installed, made once for all workers."""
    folder = shared_folder / "template_environment"
    with _locked(shared_folder / "template_environment.lock"):
        if not (folder / "ready").exists():
            environment = _create(folder)
            environment.install(_copied(ROOT / "examples" / "plugin_template", shared_folder / "plugin_template"))
            (folder / "ready").write_text(environment.python)
    return Environment((folder / "ready").read_text())


@pytest.fixture(scope="session")
def running_environment() -> Environment:
    """The environment the tests run in."""
    return Environment(sys.executable)


@pytest.fixture(scope="session")
def make_environment() -> Callable[[Path], Environment]:
    """Make an empty scratch environment in a folder."""
    return _create


def _copied(source: Path, target: Path) -> Path:
    """A copy of what is to be installed: a build may write into its folder."""
    import shutil

    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "dist", ".*")
    return shutil.copytree(source, target, ignore=ignored)


@dataclass
class Site:
    """A folder of distributions as pip would lay them out, on the path of an environment's processes."""

    folder: Path

    @property
    def environment(self) -> Environment:
        """The running environment with these distributions installed."""
        path = [str(self.folder), *filter(None, [os.environ.get("PYTHONPATH", "")])]
        return Environment(sys.executable, {"PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"})

    def install(
        self,
        distribution: str,
        entry_points: Mapping[str, str | Sequence[str]],
        modules: Mapping[str, str],
        requires: Sequence[str] = (),
    ) -> None:
        """Lay out a distribution: ``entry_points`` maps groups (``v1.device``) to lines, ``modules`` names to text."""
        info = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        needs = "".join(f"Requires-Dist: {text}\n" for text in requires)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n{needs}")
        groups = ""
        for group, lines in entry_points.items():
            groups += "\n".join([f"[torchere.{group}]", *([lines] if isinstance(lines, str) else lines), ""])
        (info / "entry_points.txt").write_text(groups)
        for name, source in modules.items():
            (self.folder / f"{name}.py").write_text(dedent(source))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site without distributions."""
    folder = tmp_path / "site"
    folder.mkdir()
    return Site(folder)
