"""Kernels and the tables in which plugins declare them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from .errors import RegistrationError

__all__ = ["NO_SOURCE", "Kernel", "KernelTable", "Source"]

KernelFunction = TypeVar("KernelFunction", bound=Callable[..., Any])


class Source(NamedTuple):
    """Who registered something: plugin name, distribution, its version, and the plugin's declared priority.

    The default stands for code that registers directly, without a plugin (tests, notebooks).
    """

    plugin: str = ""
    distribution: str = ""
    version: str = ""
    priority: int = 0

    def __str__(self) -> str:
        if not self.plugin:
            return "code outside any plugin"
        if not self.distribution:
            return f"plugin '{self.plugin}'"
        return f"plugin '{self.plugin}' of distribution {self.distribution} {self.version}".rstrip()

    def matches(self, name: str) -> bool:
        """Whether ``name`` means this source: its plugin name, or ``distribution:plugin``."""
        distribution, colon, plugin = name.rpartition(":")
        return self.plugin == plugin and (not colon or self.distribution == distribution)


NO_SOURCE = Source()


class Kernel:
    """One function that computes one operator on one device for one dtype (``dtype=None``: for any)."""

    __slots__ = (
        "_declared_at",
        "device",
        "distribution",
        "dtype",
        "function",
        "op",
        "override",
        "plugin",
        "priority",
        "smallest",
        "version",
        "writes_out",
        "yields",
    )

    def __init__(
        self,
        op: str,
        device: str,
        dtype: str | None,
        function: Callable[..., Any],
        *,
        writes_out: bool = False,
        yields: bool = False,
        smallest: int = 0,
        priority: int = 0,
        override: bool = False,
        declared_at: tuple[str, int] = ("", 0),
        source: Source = NO_SOURCE,
    ) -> None:
        self.op = op
        self.device = device
        self.dtype = dtype
        self.function = function
        self.writes_out = writes_out
        self.yields = yields
        self.smallest = smallest
        self.priority = priority
        self.override = override
        self.plugin = source.plugin
        self.distribution = source.distribution
        self.version = source.version
        self._declared_at = declared_at

    @property
    def rank(self) -> tuple[bool, int]:
        """What decides between kernels for the same key: ``override`` first, then priority; higher wins."""
        return (self.override, self.priority)

    @property
    def source(self) -> Source:
        """The plugin, distribution and version this kernel came with."""
        return Source(self.plugin, self.distribution, self.version)

    @property
    def location(self) -> str:
        """``file:line`` of the function; for compiled functions (ufuncs) the line that put it into the table."""
        function = self.function
        while True:  # unwrap functools.partial and functools.wraps
            inner = getattr(function, "__wrapped__", None) or getattr(function, "func", None)
            if not callable(inner):
                break
            function = inner
        code = getattr(function, "__code__", None)
        if code is not None:
            return f"{_short_path(code.co_filename)}:{code.co_firstlineno}"
        file, line = self._declared_at
        return f"{_short_path(file)}:{line}" if file else repr(self.function)

    def describe(self) -> str:
        """One line for people: what it computes, and plugin, distribution, version, place and priority."""
        dtype = "any dtype" if self.dtype is None else self.dtype
        name = getattr(self.function, "__qualname__", None) or getattr(self.function, "__name__", "kernel")
        details = [f"priority {self.priority}"]
        if self.override:
            details.append("override")
        if self.writes_out:
            details.append("writes out")
        if self.yields:
            size = f" and those below {self.smallest} elements" if self.smallest else ""
            details.append(f"yields calls it does not do{size}")
        return (
            f"{self.op} on {self.device} for {dtype}: {name} at {self.location}, {self.source} ({', '.join(details)})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything ``describe`` says, as JSON values."""
        return {
            "op": self.op,
            "device": self.device,
            "dtype": self.dtype,
            "plugin": self.plugin,
            "distribution": self.distribution,
            "version": self.version,
            "location": self.location,
            "priority": self.priority,
            "override": self.override,
            "writes_out": self.writes_out,
            "yields": self.yields,
            "smallest": self.smallest,
        }

    def __repr__(self) -> str:
        return f"<Kernel {self.describe()}>"


class _Entry(NamedTuple):
    """One line of a table: a function for several dtypes."""

    op: str
    function: Callable[..., Any]
    dtypes: tuple[str | None, ...]
    priority: int
    writes_out: bool
    yields: bool
    smallest: int
    override: bool
    declared_at: tuple[str, int]


class KernelTable:
    """Kernels of one device, declared at import of a plugin's modules and registered with ``registry.kernels``.

    ``priority`` is the default of every entry; ``override=True`` puts every entry above all kernels without it,
    which is how a plugin replaces a kernel of the same key and priority on purpose.

    Iterating yields one ``Kernel`` per operator and dtype.
    """

    def __init__(self, device: str, priority: int = 0, *, override: bool = False) -> None:
        if not device or not isinstance(device, str):
            raise RegistrationError(f"KernelTable: device must be a non-empty name such as 'cpu', got {device!r}.")
        self.device = device
        self.priority = priority
        self.override = override
        self._entries: list[_Entry] = []

    def ufuncs(
        self, dtypes: Iterable[str] | None, *, priority: int | None = None, **functions: Callable[..., Any]
    ) -> None:
        """Register ``op=function`` pairs that may be called with the output array as last positional argument."""
        declared_at = _caller()
        names = _dtype_names(dtypes)
        for op, function in functions.items():
            self._append(op, function, names, priority, True, False, 0, None, declared_at)

    def kernel(
        self,
        op: str,
        dtypes: Iterable[str] | None = None,
        priority: int | None = None,
        writes_out: bool = False,
        *,
        yields: bool = False,
        smallest: int = 0,
        override: bool | None = None,
    ) -> Callable[[KernelFunction], KernelFunction]:
        """Decorator: register the function for ``op`` (``dtypes=None``: any dtype) and return it unchanged.

        With ``yields=True`` the function may return ``NotImplemented`` for a call it leaves to the next candidate;
        calls whose first array has fewer than `smallest` elements go there without being offered to it.
        """
        declared_at = _caller()
        names = _dtype_names(dtypes)

        def register(function: KernelFunction) -> KernelFunction:
            self._append(op, function, names, priority, writes_out, yields, smallest, override, declared_at)
            return function

        return register

    def add(
        self,
        op: str,
        function: Callable[..., Any],
        dtypes: Iterable[str] | None = None,
        priority: int | None = None,
        writes_out: bool = False,
        *,
        yields: bool = False,
        smallest: int = 0,
        override: bool | None = None,
    ) -> None:
        """Register ``function`` for ``op``, as ``kernel`` does for a function that exists already."""
        self._append(op, function, _dtype_names(dtypes), priority, writes_out, yields, smallest, override, _caller())

    def kernels(self, source: Source = NO_SOURCE) -> Iterator[Kernel]:
        """Yield a fresh ``Kernel`` for every operator and dtype, marked as coming from ``source``."""
        for op, function, dtypes, priority, writes_out, yields, smallest, override, declared_at in self._entries:
            for dtype in dtypes:
                yield Kernel(
                    op,
                    self.device,
                    dtype,
                    function,
                    writes_out=writes_out,
                    yields=yields,
                    smallest=smallest,
                    priority=priority,
                    override=override,
                    declared_at=declared_at,
                    source=source,
                )

    def __iter__(self) -> Iterator[Kernel]:
        return self.kernels()

    def __len__(self) -> int:
        return sum(len(entry.dtypes) for entry in self._entries)

    def __repr__(self) -> str:
        return f"KernelTable(device={self.device!r}, priority={self.priority}, kernels={len(self)})"

    def _append(
        self,
        op: str,
        function: Callable[..., Any],
        dtypes: tuple[str | None, ...],
        priority: int | None,
        writes_out: bool,
        yields: bool,
        smallest: int,
        override: bool | None,
        declared_at: tuple[str, int],
    ) -> None:
        if not op or not isinstance(op, str):
            raise RegistrationError(f"KernelTable for '{self.device}': the operator must be a name, got {op!r}.")
        if not callable(function):
            raise RegistrationError(
                f"KernelTable for '{self.device}': kernel of '{op}' must be callable, got {type(function).__name__}."
            )
        if smallest and not yields:
            raise RegistrationError(f"KernelTable: smallest={smallest} of '{op}' needs yields=True.")
        self._entries.append(
            _Entry(
                op,
                function,
                dtypes,
                self.priority if priority is None else priority,
                writes_out,
                yields,
                smallest,
                self.override if override is None else override,
                declared_at,
            )
        )


def _dtype_names(dtypes: Iterable[str] | None) -> tuple[str | None, ...]:
    """Normalise a ``dtypes`` argument; ``None`` (any dtype) becomes the single key ``None``."""
    if dtypes is None:
        return (None,)
    if isinstance(dtypes, str):
        raise RegistrationError(
            f"dtypes must be a tuple of dtype names, got the string {dtypes!r}: write ({dtypes!r},)."
        )
    names = tuple(dtypes)
    for name in names:
        if not isinstance(name, str):
            raise RegistrationError(f"dtypes must be names such as 'float32', got {name!r}.")
    if not names:
        raise RegistrationError("dtypes is empty: such a kernel would never run. Pass None for any dtype.")
    return tuple(dict.fromkeys(names))


def _caller() -> tuple[str, int]:
    """File and line of the code that called a table method."""
    frame = sys._getframe(2)
    return frame.f_code.co_filename, frame.f_lineno


def _short_path(file: str) -> str:
    """``file`` relative to the import path it came from: ``torchere_cpu/pointwise.py`` instead of a long path."""
    best = ""
    for folder in sys.path:
        folder = os.path.abspath(folder)
        if len(folder) > len(best) and file.startswith(folder + os.sep):
            best = folder
    return file[len(best) + 1 :] if best else file
