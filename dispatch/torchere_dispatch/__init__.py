"""Plugins, the operator registry and the (operator, device, dtype) dispatcher of torchere.

Operators, devices and dtypes are names here: this package knows neither tensors nor NumPy.
"""

from .dispatcher import Dispatcher
from .errors import (
    DispatchError,
    NoKernelError,
    PluginConflictError,
    PluginError,
    PluginUnavailableError,
    RegistrationError,
)
from .fallback import FALLBACK_POLICIES, FallbackWarning
from .hookspecs import hookimpl, hookspec
from .kernel import Kernel, KernelTable, Source
from .registry import Registry
from .resolution import Explanation, Resolution, Step

__all__ = [
    "FALLBACK_POLICIES",
    "DispatchError",
    "Dispatcher",
    "Explanation",
    "FallbackWarning",
    "Kernel",
    "KernelTable",
    "NoKernelError",
    "PluginConflictError",
    "PluginError",
    "PluginUnavailableError",
    "RegistrationError",
    "Registry",
    "Resolution",
    "Source",
    "Step",
    "hookimpl",
    "hookspec",
]
