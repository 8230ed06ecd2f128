"""Modes that see every function called within a block: `TorchFunctionMode`.

Generated functions look at `MODES`, an empty list unless a mode is entered in some thread, and then ask `intercepted`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

__all__ = ["MODES", "PASS", "BaseTorchFunctionMode", "TorchFunctionMode", "intercepted", "without_modes"]

#: The modes entered in any thread. Only whether there are some matters: `intercepted` knows those of its thread.
MODES: list[TorchFunctionMode] = []
_lock = threading.Lock()


class _Pass:
    __slots__ = ()


#: What `intercepted` returns when nobody intercepts.
PASS: Final = _Pass()


class _Stack(threading.local):
    def __init__(self) -> None:
        self.modes: list[TorchFunctionMode] = []
        #: The whole stack while a handler runs, for `enable_reentrant_dispatch`.
        self.whole: list[TorchFunctionMode] = []
        #: Whether the next look for overriding arguments finds none (`redispatch_function`).
        self.skips = False


stack = _Stack()


class TorchFunctionMode:
    """Within ``with mode:`` functions of tensors go to the mode's ``__torch_function__(func, types, args, kwargs)``.

    While it runs the mode is off, so ``func(*args, **kwargs)`` there does the work; the modes around it see that call.
    """

    def __init__(self) -> None:
        pass

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Carry out a call: subclasses say how."""
        raise NotImplementedError(f"{type(self).__name__} defines no __torch_function__(func, types, args, kwargs)")

    def __enter__(self) -> TorchFunctionMode:
        stack.modes.append(self)
        with _lock:
            MODES.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        stack.modes.pop()
        with _lock:
            del MODES[next(place for place, mode in enumerate(MODES) if mode is self)]

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> TorchFunctionMode:
        """A mode to enter, made from its arguments."""
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that changes nothing."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Call the function."""
        return func(*args, **(kwargs or {}))


@contextmanager
def _standing(modes: list[TorchFunctionMode], whole: list[TorchFunctionMode]) -> Iterator[None]:
    before, before_whole = stack.modes, stack.whole
    stack.modes, stack.whole = modes, whole
    try:
        yield
    finally:
        stack.modes, stack.whole = before, before_whole


def without_modes() -> Any:
    """A block in which this thread's modes see nothing."""
    return _standing([], stack.whole)


@contextmanager
def enable_reentrant_dispatch() -> Iterator[None]:
    """Within a mode's handler: a block in which that mode sees functions again."""
    with _standing(list(stack.whole or stack.modes), []):
        yield


def given(declared: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments without those that are their parameter's default, as a caller would have written them."""
    defaults = {p.name: p.default for p in declared.parameters}
    positional = [p for p in declared.parameters if not p.keyword_only]
    found = list(args)
    while found and len(found) <= len(positional) and found[-1] is positional[len(found) - 1].default:
        found.pop()
    absent: Final = object()
    return tuple(found), {
        name: value
        for name, value in kwargs.items()
        if value is not defaults.get(name, absent) and not (name not in defaults and (value is None or value is False))
    }


def intercepted(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], declared: Any = None
) -> Any:
    """What the innermost mode of this thread makes of a call; `PASS` if there is none."""
    modes = stack.modes
    if not modes:
        return PASS
    if declared is not None:
        args, kwargs = given(declared, args, kwargs)
    from torchere.operators.general import overriding_types

    types = overriding_types(args, kwargs)
    with _standing(modes[:-1], modes):
        return modes[-1].__torch_function__(function, types, tuple(args), dict(kwargs))
