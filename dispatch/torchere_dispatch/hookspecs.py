"""Every hook a plugin may implement. Hooks run at loading and at life-cycle events, never per operator.

A plugin implements a hook by decorating a module-level function with ``torchere_dispatch.hookimpl``. It may take fewer
parameters than listed, by name. Each plugin is called by itself: one that raises affects no other. A function whose
name starts with ``torchere_`` and is not listed here, or lacks the decorator, makes its plugin's state ``failed``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pluggy import HookimplMarker, HookspecMarker

if TYPE_CHECKING:
    from .registry import Registry

__all__ = ["hookimpl", "hookspec"]

hookspec = HookspecMarker("torchere")
hookimpl = HookimplMarker("torchere")


@hookspec
def torchere_register(registry: Registry) -> None:
    """Declare the plugin's devices, layouts, operators and kernels on ``registry``.

    Called once, when something the plugin provides is first asked for. Required for the kinds ``device``,
    ``layout``, ``operators`` and ``kernels``. What it declared takes effect when it returns, and is dropped whole when
    it raises. The return value is ignored.
    """


@hookspec
def torchere_cases() -> Iterable[Any]:  # type: ignore[empty-body]
    """Return the conformance cases of an operator library (``torchere.testing.Case`` objects, any iterable).

    Called only by the conformance kit, so it is the place to import them.
    """


@hookspec
def torchere_plugin_loaded(name: str, kind: str) -> None:
    """Called on every loaded plugin after plugin ``name`` of ``kind`` has been loaded (itself included)."""


@hookspec
def torchere_plugin_failed(name: str, kind: str, reason: str) -> None:
    """Called on every loaded plugin after ``name`` of ``kind`` could not be loaded; ``reason`` is one line."""


@hookspec
def torchere_shutdown() -> None:
    """Called when the interpreter exits, or at ``PluginManager.shutdown()``: release handles, threads, devices."""
