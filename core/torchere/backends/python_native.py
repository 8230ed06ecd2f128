"""``torchere.backends.python_native``: kernels written in a language inside Python (Triton, CuTe).

torchere has none. What is disabled is remembered, so that programs can ask again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "DSLController",
    "all_dsls",
    "available_dsls",
    "cutedsl",
    "disable_dispatch_keys",
    "disable_operations",
    "enable_dispatch_keys",
    "enable_operations",
    "get_dsl_operations",
    "is_dsl_disabled",
    "is_operation_disabled",
    "operations_disabled",
    "triton",
]


class DSLController:
    """One language: whether it is there (never here), and whether it may be used."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.enabled = True

    @property
    def available(self) -> bool:
        """False."""
        return False

    @property
    def version(self) -> str | None:
        """None."""
        return None

    def enable(self) -> None:
        """Allow its kernels."""
        self.enabled = True

    def disable(self) -> None:
        """Forbid its kernels."""
        self.enabled = False

    @contextmanager
    def disabled(self) -> Iterator[None]:
        """A block without its kernels."""
        before, self.enabled = self.enabled, False
        try:
            yield
        finally:
            self.enabled = before

    def __repr__(self) -> str:
        return f"DSLController({self.name}, unavailable, {'enabled' if self.enabled else 'disabled'})"


cutedsl, triton = DSLController("cutedsl"), DSLController("triton")
all_dsls = ["cutedsl", "triton"]
available_dsls: list[str] = []
_operations: set[str] = set()
_keys: set[str] = set()


def get_dsl_operations(dsl_name: str) -> list[str]:
    """Operators with a kernel in that language: none."""
    return []


def is_dsl_disabled(dsl_name: str) -> bool:
    """Whether the language's kernels are forbidden."""
    return any(dsl.name == dsl_name and not dsl.enabled for dsl in (cutedsl, triton))


def is_operation_disabled(op_symbol: str) -> bool:
    """Whether kernels of that operator are forbidden."""
    return op_symbol in _operations


def disable_operations(*op_symbols: str) -> None:
    """Forbid kernels of these operators."""
    _operations.update(op_symbols)


def enable_operations(*op_symbols: str) -> None:
    """Allow kernels of these operators again."""
    _operations.difference_update(op_symbols)


def disable_dispatch_keys(*dispatch_keys: str) -> None:
    """Forbid kernels of these keys (``"CUDA"``)."""
    _keys.update(dispatch_keys)


def enable_dispatch_keys(*dispatch_keys: str) -> None:
    """Allow kernels of these keys again."""
    _keys.difference_update(dispatch_keys)


@contextmanager
def operations_disabled(*op_symbols: str) -> Iterator[None]:
    """A block without kernels of these operators."""
    new = set(op_symbols) - _operations
    _operations.update(new)
    try:
        yield
    finally:
        _operations.difference_update(new)
