"""The ONNX exporter passes the conformance kit; onnxruntime runs what it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torchere.onnx

from torchere.testing import ExporterConformance


class Onnx:
    """Export, and run in onnxruntime."""

    @staticmethod
    def export(model: Any, inputs: tuple[Any, ...], path: Path) -> None:
        torchere.onnx.export(model, inputs, path)

    @staticmethod
    def run(path: Path, inputs: list[np.ndarray[Any, Any]]) -> list[Any]:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        names = [item.name for item in session.get_inputs()]
        return list(session.run(None, dict(zip(names, inputs, strict=True))))


class TestOnnx(ExporterConformance):
    exporter = Onnx
