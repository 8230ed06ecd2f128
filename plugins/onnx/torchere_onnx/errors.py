"""What can go wrong in an export.

OnnxExporterError           (RuntimeError)
└── UnsupportedOperatorError
"""

__all__ = ["OnnxExporterError", "UnsupportedOperatorError"]


class OnnxExporterError(RuntimeError):
    """The model cannot be written as ONNX."""


class UnsupportedOperatorError(OnnxExporterError):
    """An operator has neither an ONNX form nor a decomposition into operators that have one."""
