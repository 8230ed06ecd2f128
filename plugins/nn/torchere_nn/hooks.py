"""Hook handles and the hooks that apply to every module.

A hook table is an ordinary ordered dict ``id -> function``; :class:`RemovableHandle` takes one entry out again.
The tables in this file are the process-wide ones; a module's own tables live on the module.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, ClassVar

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
HookTable = MutableMapping[int, Hook]


class RemovableHandle:
    """Removes one hook again: ``handle.remove()``, or leave its ``with`` block.

    It holds its tables weakly, so a handle keeps no module alive. ``extra`` tables (flags kept beside the hooks under
    the same id) are cleaned together with the hook.
    """

    next_id: int = 0

    def __init__(self, hooks: HookTable, *, extra_dict: HookTable | list[HookTable] | None = None) -> None:
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        extra = [] if extra_dict is None else extra_dict if isinstance(extra_dict, list) else [extra_dict]
        self._tables = tuple(weakref.ref(table) for table in (hooks, *extra))

    def remove(self) -> None:
        """Take the hook out of its table; a second call does nothing."""
        for reference in self._tables:
            table = reference()
            if table is not None:
                table.pop(self.id, None)

    def __getstate__(self) -> tuple[tuple[HookTable | None, ...], int]:
        return tuple(reference() for reference in self._tables), self.id

    def __setstate__(self, state: tuple[tuple[HookTable | None, ...], int]) -> None:
        tables, self.id = state
        # A table that died before pickling is replaced by an empty one: removing from it does nothing.
        self._tables = tuple(weakref.ref(OrderedDict() if table is None else table) for table in tables)
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


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
