"""``torchere.onnx``: models as ONNX files.

`export` runs a module once on example inputs and writes down the operators it called. Each operator's ONNX form is a
registered function (`form`); an operator without one is written as its decomposition. Needs the package ``onnx``
(``pip install 'torchere[onnx]'``), imported on first use.
"""

from __future__ import annotations

from torchere_onnx.errors import OnnxExporterError, UnsupportedOperatorError
from torchere_onnx.exporting import ONNXProgram, export
from torchere_onnx.registry import form, forms

__all__ = [
    "ONNXProgram",
    "OnnxExporterError",
    "UnsupportedOperatorError",
    "export",
    "form",
    "forms",
    "is_in_onnx_export",
]


def is_in_onnx_export() -> bool:
    """Whether an export is running on this thread."""
    from torchere_onnx.tracing import active

    return active()
