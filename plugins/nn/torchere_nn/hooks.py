"""Hook handles and the hooks that apply to every module.

A hook table is an ordinary ordered dict ``id -> function``; :class:`RemovableHandle` takes one entry out again.
The tables in this file are the process-wide ones; a module's own tables live on the module.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, ClassVar

from torchere.hook_handles import RemovableHandle

__all__ = [
    "RemovableHandle",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

Hook = Callable[..., Any]


def add_hook(
    table: OrderedDict[int, Hook],
    hook: Hook,
    *,
    prepend: bool = False,
    flags: tuple[tuple[OrderedDict[int, bool], bool], ...] = (),
) -> RemovableHandle:
    """Put ``hook`` in ``table`` (at the front with ``prepend``) and set those ``flags`` that are true for it."""
    handle = RemovableHandle(table, extra_dict=[flag_table for flag_table, _ in flags])
    table[handle.id] = hook
    for flag_table, value in flags:
        if value:
            flag_table[handle.id] = True
    if prepend:
        table.move_to_end(handle.id, last=False)
    return handle


class GlobalHooks:
    """The process-wide hook tables, read by every module call."""

    forward_pre: ClassVar[OrderedDict[int, Hook]] = OrderedDict()
    forward: ClassVar[OrderedDict[int, Hook]] = OrderedDict()
    forward_with_kwargs: ClassVar[OrderedDict[int, bool]] = OrderedDict()
    forward_always_called: ClassVar[OrderedDict[int, bool]] = OrderedDict()
    backward_pre: ClassVar[OrderedDict[int, Hook]] = OrderedDict()
    backward: ClassVar[OrderedDict[int, Hook]] = OrderedDict()
    # None until the first global backward hook decides between the old and the full kind: they exclude each other.
    backward_is_full: bool | None = None
    buffer_registration: ClassVar[OrderedDict[int, Hook]] = OrderedDict()
    module_registration: ClassVar[OrderedDict[int, Hook]] = OrderedDict()
    parameter_registration: ClassVar[OrderedDict[int, Hook]] = OrderedDict()


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` whenever any module registers a buffer; a result other than None replaces
    the buffer."""
    return add_hook(GlobalHooks.buffer_registration, hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` whenever any module registers a submodule; a result other than None
    replaces it."""
    return add_hook(GlobalHooks.module_registration, hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` whenever any module registers a parameter; a result other than None
    replaces it."""
    return add_hook(GlobalHooks.parameter_registration, hook)


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, args)`` before the forward of every module; it may return new arguments."""
    return add_hook(GlobalHooks.forward_pre, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after the forward of every module, before the module's own hooks.

    With ``with_kwargs`` the hook gets ``(module, args, kwargs, output)``; with ``always_call`` it also runs when
    forward raised.
    """
    return add_hook(
        GlobalHooks.forward,
        hook,
        flags=((GlobalHooks.forward_with_kwargs, with_kwargs), (GlobalHooks.forward_always_called, always_call)),
    )


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """Register an old-style backward hook ``hook(module, grad_input, grad_output)`` on all modules.

    It sees only the last operation of the module; prefer :func:`register_module_full_backward_hook`.
    """
    if GlobalHooks.backward_is_full is True:
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook: "
            "use register_module_full_backward_hook only"
        )
    GlobalHooks.backward_is_full = False
    return add_hook(GlobalHooks.backward, hook)


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` before the gradients of every module are computed."""
    return add_hook(GlobalHooks.backward_pre, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` once the gradients by the inputs of any module are known."""
    if GlobalHooks.backward_is_full is False:
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook: "
            "remove the ones of register_module_backward_hook first"
        )
    GlobalHooks.backward_is_full = True
    return add_hook(GlobalHooks.backward, hook)
