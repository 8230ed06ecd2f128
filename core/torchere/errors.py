"""Exceptions of the core. Each also inherits the type PyTorch raises, so programs that catch that still work.

TorchereError
├── ShapeError            (RuntimeError)
├── DTypeError            (RuntimeError)
├── UnsupportedDTypeError (NotImplementedError)
├── DeviceError           (RuntimeError)
├── DimensionError        (IndexError)
├── ArgumentError         (ValueError)
├── GradientError         (RuntimeError)
├── LinAlgError           (RuntimeError)
├── FileFormatError       (RuntimeError)
└── MissingReference      (ImportError)
"""

__all__ = [
    "ArgumentError",
    "DTypeError",
    "DeviceError",
    "DimensionError",
    "FileFormatError",
    "GradientError",
    "LinAlgError",
    "MissingReference",
    "ShapeError",
    "TorchereError",
    "UnsupportedDTypeError",
]


class TorchereError(Exception):
    """Root of every exception torchere raises on purpose."""


class ShapeError(TorchereError, RuntimeError):
    """Operands have shapes the operator cannot combine."""


class DTypeError(TorchereError, RuntimeError):
    """Operands have dtypes the operator cannot combine, or a result cannot be stored in the dtype asked for."""


class UnsupportedDTypeError(TorchereError, NotImplementedError):
    """The operator is not defined for this dtype."""


class DeviceError(TorchereError, RuntimeError):
    """A device is unknown, unavailable, or operands lie on different ones."""


class DimensionError(TorchereError, IndexError):
    """A dimension or index is out of range."""


class ArgumentError(TorchereError, ValueError):
    """An argument's value is outside what the operator accepts."""


class GradientError(TorchereError, RuntimeError):
    """A request to autograd that cannot be met."""


class LinAlgError(TorchereError, RuntimeError):
    """A matrix is singular or not positive definite, or an iteration does not converge (``linalg.LinAlgError``)."""


class FileFormatError(TorchereError, RuntimeError):
    """A file is not what it claims to be."""


class MissingReference(TorchereError, ImportError):
    """The library that the conformance kit compares with is not installed."""
