"""Whether operations are recorded: per-thread state and the context managers that change it."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import numpy as np

__all__ = [
    "INFERENCE",
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_grad_enabled",
]

#: One item for each thread inside `inference_mode`: what operators look at before they ask which thread it is.
INFERENCE: list[None] = []

F = TypeVar("F", bound=Callable[..., Any])


class GradState(threading.local):
    """Per-thread recording state.

    `enabled` is what operators read: False, True, or a `Watch` when something must happen at each recording
    (saved-tensor hooks, anomaly mode). It is derived from the other fields by `refresh`.
    """

    def __init__(self) -> None:
        self.grad = True
        self.inference = False
        self.pack_hooks: list[Any] = []
        self.anomaly: Any = None
        #: One item for each backward pass under way: whether it serves only certain inputs.
        self.passes: list[bool] = []
        self.enabled: Any = True
        #: How many `vmap` calls are around what runs now.
        self.depth = 0
        #: Whether a level of dual tensors is entered: their graphs are recorded in `no_grad`, too.
        self.duals = False
        # NumPy keeps its floating-point warnings per thread; PyTorch never warns of overflow or 0/0.
        np.seterr(all="ignore")

    def refresh(self) -> None:
        """Recompute `enabled`."""
        if not self.grad and not self.duals:
            self.enabled = False
        elif self.pack_hooks or self.anomaly is not None:
            self.enabled = Watch(self.pack_hooks[-1] if self.pack_hooks else None, self.anomaly)
        else:
            self.enabled = True


class Watch:
    """What to do with each node recorded: transform what it saved, remember where it was made."""

    __slots__ = ("anomaly", "hooks")

    def __init__(self, hooks: Any, anomaly: Any) -> None:
        self.hooks = hooks
        self.anomaly = anomaly

    def recorded(self, node: Any) -> None:
        """Called by operators with a node just recorded."""
        if self.hooks is not None:
            node.pack(*self.hooks)
        if self.anomaly is not None:
            self.anomaly.recorded(node)


state = GradState()


def thread_state() -> dict[str, Any]:
    """The fields of `state` for this thread, as a dict: one look-up for several fields."""
    state.grad  # noqa: B018 - makes the fields if this thread has none yet
    return state.__dict__


def is_grad_enabled() -> bool:
    """Whether operations on this thread are recorded."""
    return state.grad


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`."""
    return state.inference


class _Mode:
    """A context manager that also decorates functions and generator functions."""

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, *_: object) -> None:
        raise NotImplementedError

    def clone(self) -> _Mode:
        """A fresh manager with the same settings; each call of a decorated function gets its own."""
        return type(self)()

    def __call__(self, function: F) -> F:
        if inspect.isclass(function):
            setattr(function, "__init__", self(vars(function).get("__init__", function.__init__)))  # noqa: B010
            return function
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                inner = function(*args, **kwargs)
                try:
                    with self.clone():
                        item = next(inner)
                    while True:
                        try:
                            sent = yield item
                        except GeneratorExit:
                            with self.clone():
                                inner.close()
                            raise
                        except BaseException as error:
                            with self.clone():
                                item = inner.throw(error)
                        else:
                            with self.clone():
                                item = inner.send(sent)
                except StopIteration as stop:
                    return stop.value

            return generator  # type: ignore[return-value]

        @functools.wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return decorated  # type: ignore[return-value]


class _GradMode(_Mode):
    def __init__(self, grad: bool) -> None:
        self._grad = grad
        self._previous: list[bool] = []

    def __enter__(self) -> None:
        self._previous.append(state.grad)
        state.grad = self._grad
        state.refresh()

    def __exit__(self, *_: object) -> None:
        state.grad = self._previous.pop()
        state.refresh()


class no_grad(_GradMode):
    """Operations inside are not recorded: ``with no_grad():`` or ``@no_grad()`` or ``@no_grad``."""

    def __new__(cls, function: Any = None) -> Any:
        made = object.__new__(cls)
        if function is None:
            return made
        made.__init__()  # type: ignore[misc]
        return made(function)

    def __init__(self, function: Any = None) -> None:
        super().__init__(False)


class enable_grad(_GradMode):
    """Operations inside are recorded, also within `no_grad`."""

    def __new__(cls, function: Any = None) -> Any:
        made = object.__new__(cls)
        if function is None:
            return made
        made.__init__()  # type: ignore[misc]
        return made(function)

    def __init__(self, function: Any = None) -> None:
        super().__init__(True)


class set_grad_enabled(_Mode):
    """Turn recording on or off: at once when called as a function, until the block ends as a context manager."""

    def __init__(self, mode: bool) -> None:
        self._previous = state.grad
        self._mode = bool(mode)
        state.grad = self._mode
        state.refresh()

    def __call__(self, function: F) -> F:
        state.grad = self._previous
        state.refresh()
        return super().__call__(function)

    def __enter__(self) -> None:
        state.grad = self._mode
        state.refresh()

    def __exit__(self, *_: object) -> None:
        state.grad = self._previous
        state.refresh()

    def clone(self) -> set_grad_enabled:
        return set_grad_enabled(self._mode)


class inference_mode(_Mode):
    """Like `no_grad`, for code that will have nothing to do with autograd; ``inference_mode(False)`` suspends it.

    Tensors made inside are inference tensors (`is_inference`): outside they can be computed with, but RuntimeError
    is raised where autograd would save them for backward, and where they are written to.
    """

    def __new__(cls, mode: Any = True) -> Any:
        made = object.__new__(cls)
        if isinstance(mode, bool):
            return made
        made.__init__(True)  # type: ignore[misc]
        return made(mode)

    def __init__(self, mode: bool = True) -> None:
        self._mode = mode
        self._previous: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._previous.append((state.inference, state.grad))
        INFERENCE.append(None)
        state.inference = self._mode
        state.grad = not self._mode
        state.refresh()

    def __exit__(self, *_: object) -> None:
        state.inference, state.grad = self._previous.pop()
        INFERENCE.pop()
        state.refresh()

    def clone(self) -> inference_mode:
        return inference_mode(self._mode)
