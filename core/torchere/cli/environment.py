"""``torchere env``: what a bug report needs."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from typing import Any

from .output import JsonFlag, print_json, print_table, state_text

__all__ = ["collect", "env"]

#: Distributions whose versions matter, whether installed or not.
_LIBRARIES = (
    "numpy",
    "ml_dtypes",
    "safetensors",
    "pluggy",
    "importlib-metadata",
    "typer",
    "rich",
    "scipy",
    "matplotlib",
    "onnx",
    "onnxruntime",
    "array-api-strict",
    "cupy-cuda13x",
    "cupy-cuda12x",
)

#: Environment variables that change how the numbers are computed or what is loaded.
_PREFIXES = ("TORCHERE_", "OMP_", "OPENBLAS_", "MKL_", "GOMP_", "CUDA_")


def collect() -> dict[str, Any]:
    """Everything `env` shows, as JSON values. Loads no plugin."""
    import torchere
    import torchere.plugins

    return {
        "torchere": torchere.__version__,
        "location": os.path.dirname(torchere.__file__ or ""),
        "python": sys.version.replace("\n", " "),
        "executable": sys.executable,
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu": _cpu_name(),
        "cpus": os.cpu_count(),
        "cpus_usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "blas": _blas(),
        "variables": {name: value for name, value in sorted(os.environ.items()) if name.startswith(_PREFIXES)},
        "plugins": [record.to_dict() for record in torchere.plugins.list()],
    }


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:  # not Linux
        pass
    return platform.processor()


def _blas() -> dict[str, Any]:
    """The linear-algebra library NumPy was built with."""
    import numpy

    try:
        built = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    except (KeyError, TypeError):  # a NumPy that tells it otherwise
        return {}
    return {key: built.get(key, "") for key in ("name", "version", "openblas configuration") if built.get(key)}


def env(as_json: JsonFlag = False) -> None:
    """Show versions, platform, CPUs, BLAS and plugin states, for a bug report.

    Example: `torchere env --json > env.json`
    """
    data = collect()
    if as_json:
        print_json(data)
        return
    from rich.markup import escape

    rows = [(key, escape(str(data[key]))) for key in ("torchere", "location", "python", "executable", "platform")]
    rows.append(("cpu", escape(f"{data['cpu']} ({data['cpus_usable']} of {data['cpus']} CPUs usable)")))
    rows.append(("blas", escape(" ".join(str(value) for value in data["blas"].values()))))
    rows += [(name, version or "[dim]not installed[/]") for name, version in data["libraries"].items()]
    rows += [(name, escape(value)) for name, value in data["variables"].items()]
    print_table(("what", "value"), rows)
    print_table(
        ("plugin", "kind", "state", "from"),
        [(escape(item["entry"]), item["kind"], state_text(item["state"]), _origin(item)) for item in data["plugins"]],
    )


def _origin(item: dict[str, Any]) -> str:
    from rich.markup import escape

    return escape(f"{item['distribution']} {item['version']}")
