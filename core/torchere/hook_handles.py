"""``torchere.utils.hooks``: the handle that takes a hook out of its table again, one class for the whole house."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, Self

__all__ = ["RemovableHandle"]

Hook = Callable[..., Any]
HookTable = MutableMapping[int, Any]


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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()
