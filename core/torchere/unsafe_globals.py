"""``get_unsafe_globals_in_checkpoint``: what a file names beyond what loading allows."""

from __future__ import annotations

import io
import os
import pickletools
from typing import Any, BinaryIO

from torchere.errors import FileFormatError
from torchere.pytorch_archive import ArchiveReader
from torchere.restricted_pickle import vouched_names

__all__ = ["get_unsafe_globals_in_checkpoint"]


def get_unsafe_globals_in_checkpoint(f: str | os.PathLike[str] | BinaryIO) -> list[str]:
    """The names ``module.name`` in a zip archive of ``torch.save`` that `load` would refuse; nothing is made or run.

    Raises ValueError for anything but such an archive, and where the pickle in it is damaged.
    """
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as stream:
            return _unsafe_names(stream, os.fspath(f))
    return _unsafe_names(f, str(getattr(f, "name", f"<{type(f).__name__}>")))


def _unsafe_names(stream: BinaryIO, name: str) -> list[str]:
    from torchere.pytorch_file import allowed_names

    try:
        pickled = bytes(ArchiveReader(stream, name).read("data.pkl"))
        found = _names(pickled)
    except (FileFormatError, ValueError) as error:
        raise ValueError(f"Expected input to be a checkpoint returned by torch.save ({error})") from error
    allowed = allowed_names() | vouched_names()
    return sorted(found - allowed)


def _names(pickled: bytes) -> set[str]:
    """Every name a pickle refers to: GLOBAL and INST hold it, STACK_GLOBAL takes the last two texts."""
    found: set[str] = set()
    memo: dict[int, Any] = {}
    texts: list[str] = []
    last: Any = None
    argument: Any
    for opcode, argument, _ in pickletools.genops(io.BytesIO(pickled)):
        if opcode.name in ("GLOBAL", "INST"):
            found.add(_joined(*argument.partition(" ")[::2]))
        elif opcode.name == "STACK_GLOBAL":
            if len(texts) < 2:
                raise ValueError("the pickle names a class by no texts")
            found.add(_joined(*texts[-2:]))
        elif "EXT" in opcode.name:
            found.add(f"copyreg extension {argument}")
        elif opcode.name in ("PUT", "BINPUT", "LONG_BINPUT"):
            memo[int(argument)] = last
        elif opcode.name == "MEMOIZE":
            memo[len(memo)] = last
        elif opcode.name in ("GET", "BINGET", "LONG_BINGET"):
            last = memo.get(int(argument))
            if isinstance(last, str):
                texts.append(last)
        else:
            last = argument
            if isinstance(argument, str):
                texts.append(argument)
    return found


def _joined(module: str, name: str) -> str:
    return f"{'builtins' if module == '__builtin__' else module}.{name}"
