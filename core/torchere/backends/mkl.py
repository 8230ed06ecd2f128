"""``torchere.backends.mkl``: whether NumPy's linear algebra is Intel's."""

from __future__ import annotations

from types import TracebackType

__all__ = ["VERBOSE_OFF", "VERBOSE_ON", "is_available", "verbose"]

VERBOSE_OFF = 0
VERBOSE_ON = 1


def is_available() -> bool:
    """Whether NumPy was built with MKL."""
    from torchere.backends.host_libraries import blas

    return "mkl" in blas()


class verbose:
    """A block in which MKL would print its calls: the level is checked and, as NumPy has no way to set it, ignored."""

    def __init__(self, enable: int) -> None:
        self.enable = enable

    def __enter__(self) -> verbose | None:
        if self.enable == VERBOSE_OFF:
            return None
        if self.enable != VERBOSE_ON:
            raise ValueError(f"mkl.verbose: expected VERBOSE_OFF (0) or VERBOSE_ON (1), got {self.enable}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
