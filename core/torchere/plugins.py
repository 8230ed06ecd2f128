"""``torchere.plugins``: what is installed, what is used, and why.

The two objects behind it, ``manager`` and ``dispatcher``, belong to ``torchere_dispatch``; importing this module scans
nothing and loads nothing. Environment: ``TORCHERE_PLUGINS`` (a selection, grammar at ``use``),
``TORCHERE_STRICT_PLUGINS=1`` (raise what a plugin raises), ``TORCHERE_FALLBACK`` (initial fallback policy).
"""

from __future__ import annotations

import builtins
import os
import warnings
from contextlib import AbstractContextManager
from typing import Any

from torchere_dispatch import (
    FALLBACK_POLICIES,
    Dispatcher,
    Explanation,
    PluginManager,
    PluginRecord,
    PluginState,
    PluginUnavailableError,
)

from .errors import DeviceError

__all__ = [
    "PluginRecord",
    "PluginState",
    "dispatcher",
    "fallback_policy",
    "fallbacks",
    "list",
    "load",
    "load_backend",
    "load_device",
    "load_kernels",
    "load_layout",
    "manager",
    "prefer",
    "provide",
    "reset_fallbacks",
    "set_fallback_policy",
    "show",
    "use",
    "why",
]

dispatcher = Dispatcher()
manager = PluginManager(dispatcher=dispatcher)


def _apply_environment() -> None:
    policy = os.environ.get("TORCHERE_FALLBACK", "")
    if policy in FALLBACK_POLICIES:
        dispatcher.set_fallback_policy(policy)
    elif policy:
        # Not an error: a stray variable must not stop `import torchere`.
        warnings.warn(f"TORCHERE_FALLBACK={policy!r} is none of {', '.join(FALLBACK_POLICIES)}.", stacklevel=3)


_apply_environment()

if hasattr(os, "register_at_fork"):
    # A forked DataLoader worker must not inherit the lock in the hands of a thread that does not exist there.
    os.register_at_fork(
        before=dispatcher.lock.acquire,
        after_in_parent=dispatcher.lock.release,
        after_in_child=dispatcher.lock.release,
    )


def show(name: str) -> dict[str, Any]:
    """Everything about plugin ``name`` (or ``distribution:name``) as JSON values, without loading it.

    Keys: ``records`` (one for each entry point of that name), ``devices``, ``layouts``, ``operators`` and ``kernels``
    that are registered in its name now. Raises ``LookupError`` if no plugin is so named.
    """
    records = manager.find(name) or [manager.record(name)]
    filed = manager.plugin_of(name)
    owns = {
        kind: [item for item in known if (source := dispatcher.source_of(kind, item)) and source.matches(filed)]
        for kind, known in (("device", [*dispatcher.devices, *dispatcher.layouts]), ("operator", dispatcher.operators))
    }
    kernels = [kernel.to_dict() for kernel in dispatcher.kernels_of() if kernel.source.matches(filed)]
    return {
        "name": name,
        "records": [record.to_dict() for record in records],
        "devices": [item for item in owns["device"] if item in dispatcher.devices],
        "layouts": [item for item in owns["device"] if item in dispatcher.layouts],
        "operators": owns["operator"],
        "kernels": kernels,
    }


def use(*items: str) -> AbstractContextManager[object]:
    """Choose plugins, for the whole process, in place of ``TORCHERE_PLUGINS``; in a ``with`` statement for a block.

    ``use("cpu", "nn")`` only these, ``use("-onednn")`` all but this, ``use("none")``, ``use("all")``,
    ``use("dist:Lion")`` the ``Lion`` of this distribution. The standard operators and the cpu stay in any case (the cpu
    unless ``"-cpu"``). Kernels of plugins left out are passed over, modules already imported stay imported.
    Raises ``ValueError`` for an item that cannot be read or a name that no plugin has.
    """
    return manager.use(*items)


def prefer(name: str) -> AbstractContextManager[object]:
    """Context manager: where plugin ``name`` has a kernel, it runs, whatever the priorities; for the whole process.

    Raises ``LookupError`` if there is no such plugin, or it cannot be used (with state, reason and remedy).
    """
    record = manager.record(name)
    if record.state not in (PluginState.LOADED, PluginState.AVAILABLE):
        message = manager.unavailable_message(record.kind, record.entry)
        raise PluginUnavailableError(message, kind=record.kind, name=name)
    return dispatcher.prefer(manager.plugin_of(name))


def why(op: str, device: str = "cpu", dtype: str = "float32") -> Explanation:
    """How operator ``op`` resolves on ``device`` for ``dtype`` (names): the seven steps, as text or ``to_dict()``.

    Loads the device's (or layout's) plugin. Raises ``RuntimeError`` for a device that cannot be used.
    """
    load_backend(device)
    explanation = dispatcher.why(op, device, dtype)
    chosen, declared = explanation.resolution, dispatcher.operator(op)
    if chosen is not None and chosen.kind == "decomposition" and hasattr(declared, "function"):
        from .operators.body import operators_called

        inner = [name for name in operators_called(declared.function, dispatcher.operators) if name != op]
        if inner:
            explanation.remark = f"its body may call {', '.join(inner)}: ask `why` for these, too"
    return explanation


def fallbacks() -> dict[tuple[str, str, str], int]:
    """How often each (operator, from device, to device) ran on another device, most frequent first."""
    return dispatcher.fallbacks()


def reset_fallbacks() -> None:
    """Count fallbacks anew."""
    dispatcher.reset_fallbacks()


def set_fallback_policy(policy: str) -> None:
    """What to do when a device lacks an operator: ``"error"`` (default), or run it elsewhere: ``"warn"``, ``"allow"``.

    For the whole process. Raises ``ValueError`` for any other word.
    """
    dispatcher.set_fallback_policy(policy)


def fallback_policy(policy: str) -> AbstractContextManager[object]:
    """Context manager: ``set_fallback_policy`` for a block."""
    return dispatcher.fallback_policy(policy)


def load(name: str, *, retry: bool = True) -> PluginRecord:
    """Load plugin ``name`` (or ``distribution:name``) now; return its record, whose ``state`` says how it went.

    With ``retry`` one that failed before is tried again. Raises ``LookupError`` if no plugin is so named.
    """
    record = manager.record(name)
    if record.outcome in (PluginState.FAILED, PluginState.MISSING_DEPENDENCY, PluginState.NO_HARDWARE):
        from .backend import forget_backends

        forget_backends()
    return manager.load(record.kind, record.entry, retry=retry)


def load_device(name: str) -> Any:
    """The backend of device ``name``, loading its plugin if needed.

    Raises ``DeviceError`` (a RuntimeError) that says which devices exist and what stops the plugin that would bring it.
    """
    backend = dispatcher.devices.get(name)
    if backend is not None:
        return backend
    if name in manager.names("layout"):
        raise DeviceError(f"'{name}' is a layout, not a device. Pass layout=torch.{name} instead.")
    return _load_backend("device", name)


def load_layout(name: str) -> Any:
    """The backend of layout ``name``, loading its plugin if needed. Raises ``DeviceError`` as ``load_device``."""
    return _load_backend("layout", name)


def load_backend(name: str) -> Any:
    """The backend of the device or layout ``name``. Raises ``DeviceError`` as ``load_device``."""
    return _load_backend("layout" if name in manager.names("layout") else "device", name)


def _load_backend(kind: str, name: str) -> Any:
    backend = dispatcher.device(name)
    if backend is not None:
        return backend
    try:
        record = manager.load(kind, name)
    except PluginUnavailableError as error:
        raise DeviceError(str(error)) from None
    backend = dispatcher.device(name)
    if backend is None or record.state is not PluginState.LOADED:
        raise DeviceError(manager.unavailable_message(kind, name))
    return backend


def load_kernels(device: str) -> None:
    """Load the kernel plugins of ``device``, once. Resolution does this by itself."""
    dispatcher.prepare(device)


def provide(kind: str, name: str) -> Any:
    """What a plugin provides under ``name``: the module of a ``namespace``, the class of a ``layer``, …

    Raises ``LookupError`` with state, reason and remedy.
    """
    return manager.provide(kind, name)


def list() -> builtins.list[PluginRecord]:
    """Every installed plugin, by kind and name, whatever its state; loads none."""
    return manager.records()
