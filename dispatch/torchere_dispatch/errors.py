"""What registration, resolution and plugin loading raise.

::

    DispatchError                       anything the dispatcher reports
    ├── RegistrationError (ValueError)  a table, operator or device that cannot be registered
    └── NoKernelError (NotImplementedError)   step 7 of resolution: nothing runs this call
    PluginError                         anything the plugin manager reports
    ├── PluginUnavailableError (LookupError)  what was asked for is not provided, with state, reason and remedy
    └── PluginConflictError (RuntimeError)    two distributions provide the same name and nothing decides

``NotImplementedError`` is a ``RuntimeError``, so code written for PyTorch catches ``NoKernelError`` either way.
"""

__all__ = [
    "DispatchError",
    "NoKernelError",
    "PluginConflictError",
    "PluginError",
    "PluginUnavailableError",
    "RegistrationError",
]


class DispatchError(Exception):
    """Base of everything the dispatcher raises."""


class RegistrationError(DispatchError, ValueError):
    """Something that cannot be registered: a duplicate, an empty name, a wrong type."""


class NoKernelError(DispatchError, NotImplementedError):
    """No step of resolution found a way to run ``operator`` on ``device`` with ``dtype`` (all names)."""

    def __init__(self, message: str, *, operator: str, device: str, dtype: str) -> None:
        super().__init__(message)
        self.operator = operator
        self.device = device
        self.dtype = dtype


class PluginError(Exception):
    """Base of everything the plugin manager raises."""


class PluginUnavailableError(PluginError, LookupError):
    """Nothing loaded provides ``name`` of ``kind``; the message says which plugin would, and what stops it."""

    def __init__(self, message: str, *, kind: str, name: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.name = name


class PluginConflictError(PluginError, RuntimeError):
    """Several distributions provide the same name with equal priority, and the user chose none."""
