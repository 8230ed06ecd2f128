"""The kit for exporters: a tiny model goes out to a file, and what runs the file computes the same.

An exporter is called as ``export(model, inputs, path)`` with a tuple of tensors. Where the file can be run here, the
object has ``run(path, inputs)``, which takes NumPy arrays and returns a list of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import torchere
from torchere.testing.report import Skipped
from torchere.testing.values import random_source, tensor_of, to_numpy

__all__ = ["EXPORTER_CHECKS", "Exporter"]


class Exporter:
    """An exporter under test: what writes a file and what runs it."""

    def __init__(self, export: Callable[..., Any], run: Callable[..., Any] | None = None) -> None:
        self.export = export
        self.run = run

    @classmethod
    def of(cls, thing: Any) -> Exporter:
        """From what an ``exporter`` entry point provides: a function, or an object with `export` and `run`."""
        if isinstance(thing, type):
            thing = thing()
        export = getattr(thing, "export", thing)
        if not callable(export):
            raise AssertionError("an exporter is a function export(model, inputs, path), or an object with one")
        return cls(export, getattr(thing, "run", None))


def _model() -> tuple[Any, Any]:
    from torchere import nn

    torchere.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)).eval()
    return model, random_source("exporter").standard_normal((2, 4)).astype(np.float32)


def _exported(kit: Exporter, folder: str) -> tuple[Any, Any, Path]:
    model, array = _model()
    path = Path(folder) / "model"
    kit.export(model, (tensor_of(array, "cpu"),), path)
    return model, array, path


def writes(kit: Exporter) -> None:
    """A file is written, and the model's weights and mode stay as they were."""
    with tempfile.TemporaryDirectory() as folder:
        model, _, path = _exported(kit, folder)
        if not any(item.is_file() and item.stat().st_size for item in [path, *Path(folder).iterdir()]):
            raise AssertionError("nothing was written")
    fresh, _ = _model()
    if model.training:
        raise AssertionError("the exporter left the model in training mode")
    for mine, other in zip(model.parameters(), fresh.parameters(), strict=True):
        if not np.array_equal(to_numpy(mine.detach()), to_numpy(other.detach())):
            raise AssertionError("the exporter changed the model's weights")


def computes(kit: Exporter) -> None:
    """What runs the file computes what the model does."""
    if kit.run is None:
        raise Skipped("the exporter has no run(path, inputs): its file cannot be compared with the model")
    with tempfile.TemporaryDirectory() as folder:
        model, array, path = _exported(kit, folder)
        found = np.asarray(next(iter(kit.run(path, [array]))))
    expected = to_numpy(model(tensor_of(array, "cpu")).detach())
    if found.shape != expected.shape or not np.allclose(found, expected, rtol=1e-4, atol=1e-5):
        raise AssertionError("the exported model computes something else")


#: name → check.
EXPORTER_CHECKS: dict[str, Callable[[Exporter], None]] = {"writes": writes, "computes": computes}
