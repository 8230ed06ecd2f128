"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_onnx import is_in_onnx_export as is_in_onnx_export
from torchere_onnx.errors import OnnxExporterError as OnnxExporterError
from torchere_onnx.errors import UnsupportedOperatorError as UnsupportedOperatorError
from torchere_onnx.exporting import ONNXProgram as ONNXProgram
from torchere_onnx.exporting import export as export
from torchere_onnx.registry import form as form
from torchere_onnx.registry import forms as forms

def __getattr__(name: str) -> Any: ...
