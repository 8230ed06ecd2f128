"""Settings of ``save`` and ``load`` for PyTorch's files: byte order, checksums, mapping, leaving the elements out.

They hold for the process, as in PyTorch; `skip_data` for the thread and the block.
"""

from __future__ import annotations

import enum
import mmap
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "LoadEndianness",
    "default_byte_order",
    "get_crc32_options",
    "get_default_load_endianness",
    "get_default_mmap_options",
    "mapping_is_shared",
    "set_crc32_options",
    "set_default_load_endianness",
    "set_default_mmap_options",
    "skip_data",
    "skips_data",
]


class LoadEndianness(enum.Enum):
    """The byte order of files that do not say theirs."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


_MAP_PRIVATE = getattr(mmap, "MAP_PRIVATE", 2)
_MAP_SHARED = getattr(mmap, "MAP_SHARED", 1)

_endianness: LoadEndianness | None = None
_checksums: bool = True
_mapping: int = _MAP_PRIVATE


class _ThreadState(threading.local):
    def __init__(self) -> None:
        self.skips = False


_thread = _ThreadState()


def get_default_load_endianness() -> LoadEndianness | None:
    """What `set_default_load_endianness` was given; None means little-endian."""
    return _endianness


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Choose the byte order of files that do not say theirs. TypeError for other objects."""
    global _endianness
    if endianness is not None and not isinstance(endianness, LoadEndianness):
        raise TypeError(
            "Invalid argument type in function set_default_load_endianness: expected a LoadEndianness or None, got "
            f"{type(endianness).__name__}"
        )
    _endianness = endianness


def default_byte_order() -> str:
    """``"little"`` or ``"big"``: the byte order of a file that does not say its own."""
    if _endianness is LoadEndianness.BIG:
        return "big"
    return sys.byteorder if _endianness is LoadEndianness.NATIVE else "little"


def get_crc32_options() -> bool:
    """Whether checksums are compared; see `set_crc32_options`."""
    return _checksums


def set_crc32_options(compute_crc32: bool) -> None:
    """With False loading does not compare checksums, which files written with this option in PyTorch lack.

    Saving writes them in any case.
    """
    global _checksums
    _checksums = bool(compute_crc32)


def get_default_mmap_options() -> int:
    """``mmap.MAP_PRIVATE`` or ``mmap.MAP_SHARED``: how ``load(…, mmap=True)`` maps files."""
    return _mapping


def mapping_is_shared() -> bool:
    """Whether writing to mapped tensors writes to the file."""
    return _mapping == _MAP_SHARED


class set_default_mmap_options:
    """Map files private (the default) or shared, so that writes reach the file; at once, or for a ``with`` block.

    ValueError for other flags than ``mmap.MAP_PRIVATE`` and ``mmap.MAP_SHARED``.
    """

    def __init__(self, flags: int) -> None:
        global _mapping
        if flags not in (_MAP_PRIVATE, _MAP_SHARED):
            raise ValueError(
                "Invalid argument in function set_default_mmap_options, expected mmap.MAP_PRIVATE or mmap.MAP_SHARED, "
                f"but got {flags}"
            )
        self._previous = _mapping
        _mapping = flags

    def __enter__(self) -> None:
        """The setting holds already."""

    def __exit__(self, *_: object) -> None:
        global _mapping
        _mapping = self._previous


@contextmanager
def skip_data(materialize_fake_tensors: bool = False) -> Iterator[None]:
    """Inside, `save` writes zeros for the elements of PyTorch's archives, and `load` reads none and gives zeros.

    For files whose elements another program fills in. `materialize_fake_tensors` is accepted; there are none.
    """
    before = _thread.skips
    _thread.skips = True
    try:
        yield
    finally:
        _thread.skips = before


def skips_data() -> bool:
    """Whether this thread is inside `skip_data`."""
    return _thread.skips
