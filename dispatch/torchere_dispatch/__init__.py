"""Plugins, the operator registry and the (operator, device, dtype) dispatcher of torchere.

Operators, devices and dtypes are names here: this package knows neither tensors nor NumPy.
"""

from .discovery import HOOK_KINDS, KINDS
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
from .manager import PluginManager
from .registry import Registry
from .resolution import Explanation, Resolution, Step
from .selection import Selection
from .state import PluginRecord, PluginState

__all__ = [
    "FALLBACK_POLICIES",
    "HOOK_KINDS",
    "KINDS",
    "DispatchError",
    "Dispatcher",
    "Explanation",
    "FallbackWarning",
    "Kernel",
    "KernelTable",
    "NoKernelError",
    "PluginConflictError",
    "PluginError",
    "PluginManager",
    "PluginRecord",
    "PluginState",
    "PluginUnavailableError",
    "RegistrationError",
    "Registry",
    "Resolution",
    "Selection",
    "Source",
    "Step",
    "hookimpl",
    "hookspec",
]
