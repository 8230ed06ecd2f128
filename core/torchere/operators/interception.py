"""Running a function of one's own around every kernel a thread calls: below autograd, on the device's arrays.

Nothing is paid where nobody intercepts: the tables of resolved kernels are cleared on entering and leaving, and what is
resolved in between is wrapped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Call", "Interceptor", "intercepted", "wrapped"]

Kernel = Callable[..., Any]


class Call:
    """One call of a kernel: operator, key, arguments; `writes`: the last argument is the array to write to, or the
    operator writes to several."""

    __slots__ = ("args", "kernel", "key", "op", "writes")

    def __init__(self, op: Any, key: Any, kernel: Kernel, args: tuple[Any, ...], writes: bool) -> None:
        self.op, self.key, self.kernel, self.args, self.writes = op, key, kernel, args, writes

    def run(self) -> Any:
        """Call the kernel."""
        return self.kernel(*self.args)

    def _each(self, value: Any, function: Callable[[Any], Any]) -> Any:
        if isinstance(value, self.key.array_type):
            return function(value)
        if isinstance(value, (list, tuple)):
            return type(value)(self._each(item, function) for item in value)
        return value

    def as_tensors(self, value: Any) -> Any:
        """The arrays in an argument or result as tensors that share their memory."""
        from torchere.tensors.tensor import wrap

        return self._each(value, lambda array: wrap(array, self.key.of_array(array)))

    def to_host(self, value: Any) -> Any:
        """The arrays in an argument or result as NumPy arrays."""
        return self._each(value, self.key.backend.to_numpy)

    def from_host(self, value: Any) -> Any:
        """Back from `to_host`."""
        import numpy as np

        if isinstance(value, (list, tuple)):
            return type(value)(self.from_host(item) for item in value)
        return self.key.backend.from_numpy(value, self.key.device.index) if isinstance(value, np.ndarray) else value


#: Called instead of the kernel; returns its result, mostly ``call.run()``.
Interceptor = Callable[[Call], Any]


class _Stack(threading.local):
    def __init__(self) -> None:
        self.functions: list[Interceptor] = []


_stack = _Stack()
#: One item for each block any thread is in.
_blocks: list[None] = []


@contextmanager
def intercepted(function: Interceptor) -> Iterator[None]:
    """Within the block every kernel that this thread calls goes through `function`; inner blocks come first."""
    _blocks.append(None)
    _forget()
    _stack.functions.append(function)
    try:
        yield
    finally:
        _stack.functions.remove(function)
        _blocks.pop()
        _forget()


def _forget() -> None:
    """Clear the tables; a resolution under way in another thread is not stored, as the generation has changed."""
    from torchere.operators.resolve import clear_tables
    from torchere.plugins import dispatcher

    with dispatcher.lock:
        dispatcher.generation += 1
        clear_tables()


def wrapped(op: Any, key: Any, kernel: Kernel | None, *, writes: bool) -> Kernel | None:
    """What to call instead of a kernel just resolved: itself, unless somebody intercepts."""
    if not _blocks or kernel is None:
        return kernel
    inner = kernel
    writes = writes or bool(op.mutates)

    def run(*args: Any) -> Any:
        functions = _stack.functions
        if not functions:
            return inner(*args)
        function = functions.pop()  # what the function itself computes is not intercepted by it
        try:
            return function(Call(op, key, run if functions else inner, args, writes))
        finally:
            functions.append(function)

    return run
