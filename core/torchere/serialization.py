"""``save`` and ``load``: tensors, and nested containers of tensors and plain values, in one file.

Two formats: safetensors, and PyTorch's own (`torchere.pytorch_file`), which is chosen by a path ending in ``.pt`` or
``.pth``, or by ``format="pytorch"``. ``load`` recognises both, and PyTorch's older stream of pickles.

In a safetensors file tensors lie under names made of their keys, so that other programs read a flat state dict as it
is. The structure around them is JSON in the file's metadata (`torchere.stored_structure`). Nothing in a file of any
format can run code. Values come back exactly, with their types, and what was shared (a tensor under two names, views
of one memory, a list in two places) is shared again.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from typing import Any, BinaryIO, Literal

from torchere.atomic_write import atomic_write
from torchere.load_options import (
    LoadEndianness,
    get_crc32_options,
    get_default_load_endianness,
    get_default_mmap_options,
    mapping_is_shared,
    set_crc32_options,
    set_default_load_endianness,
    set_default_mmap_options,
    skip_data,
)
from torchere.restricted_pickle import add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals
from torchere.safetensors_file import open_mapped, open_stream, write_safetensors
from torchere.stored_structure import STRUCTURE_KEY, VERSION, Restorer, Structure

__all__ = [
    "LoadEndianness",
    "add_safe_globals",
    "clear_safe_globals",
    "get_crc32_options",
    "get_default_load_endianness",
    "get_default_mmap_options",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "safe_globals",
    "save",
    "set_crc32_options",
    "set_default_load_endianness",
    "set_default_mmap_options",
    "skip_data",
]

PathOrStream = str | os.PathLike[str] | BinaryIO


def save(
    obj: object,
    f: PathOrStream,
    pickle_module: None = None,
    pickle_protocol: int | None = None,
    _use_new_zipfile_serialization: bool | None = None,
    *,
    format: Literal["safetensors", "pytorch", "pytorch-legacy"] | None = None,
) -> None:
    """Store `obj` in the file `f`: a path, or a binary stream at its present position.

    `obj` is a tensor, or any nesting of dict, OrderedDict, list, tuple, set, ``torch.Size`` with tensors, parameters,
    NumPy arrays and numbers, bool, int, float, complex, str, bytes, None, dtypes and devices: state dicts of modules
    and optimizers. A view is stored without the memory it does not show. A path is written atomically: whatever
    interrupts it, the old file stays whole.

    `format`: ``"pytorch"`` is the zip archive that ``torch.load(weights_only=True)`` reads (for NumPy's objects,
    frozenset, range and slice it wants ``add_safe_globals``), ``"pytorch-legacy"`` the stream of PyTorch before 1.6.
    None chooses: PyTorch's archive for paths ending in ``.pt`` or ``.pth`` and wherever `pickle_protocol` or
    `_use_new_zipfile_serialization` is given (False: the legacy stream), safetensors otherwise. Pickles have
    protocol 2, PyTorch's default, whatever `pickle_protocol` says.

    Raises TypeError, naming the place, for anything else; ValueError for an unknown format; OSError as `open` does.
    """
    if pickle_module is not None:
        raise TypeError("save: files hold no pickles, so pickle_module cannot be used. Leave it out.")
    to_path = isinstance(f, (str, os.PathLike))
    if not to_path and not hasattr(f, "write"):
        raise TypeError(f"save: expected a path or a binary file object with a 'write' method, got {type(f).__name__}.")
    if isinstance(f, io.TextIOBase):
        raise TypeError("save: the file object takes text. Open it in binary mode: open(path, 'wb').")
    write = _writer(_format_of(f, pickle_protocol, _use_new_zipfile_serialization, format), obj)
    if isinstance(f, (str, os.PathLike)):
        with atomic_write(f) as stream:
            write(stream)
    else:
        write(f)


_FORMATS = ("safetensors", "pytorch", "pytorch-legacy")


def _format_of(f: PathOrStream, protocol: int | None, zipped: bool | None, format: str | None) -> str:
    if format is not None:
        if format not in _FORMATS:
            raise ValueError(f"save: unknown format {format!r}. Known are {', '.join(map(repr, _FORMATS))}.")
        return format
    if zipped is False:
        return "pytorch-legacy"
    suffix = os.path.splitext(os.fspath(f))[1] if isinstance(f, (str, os.PathLike)) else ""
    if zipped or protocol is not None or suffix in (".pt", ".pth", b".pt", b".pth"):
        return "pytorch"
    return "safetensors"


def _writer(format: str, obj: object) -> Callable[[BinaryIO], None]:
    """A function that writes `obj` to a stream. TypeError for what cannot be stored, before a file is touched."""
    if format != "safetensors":
        from torchere.pytorch_writer import prepare_legacy, prepare_zip

        return prepare_zip(obj) if format == "pytorch" else prepare_legacy(obj)
    structure = Structure(obj)
    text = json.dumps({"version": VERSION, "root": structure.root}, separators=(",", ":"))
    # Programs that ask for this entry take "pt" to mean: names and layouts are PyTorch's.
    metadata = {"format": "pt", STRUCTURE_KEY: text}
    return lambda stream: write_safetensors(stream, structure.arrays, metadata)


def load(
    f: PathOrStream,
    map_location: Any = None,
    pickle_module: None = None,
    *,
    weights_only: bool | None = True,
    mmap: bool | None = None,
) -> Any:
    """What `save`, or PyTorch's ``torch.save``, stored in `f`: a path, or a binary stream at its present position.

    A safetensors file of another program gives a dict of its tensors. Classes that a PyTorch file names beyond
    tensors, containers and numbers must be vouched for: ``torch.serialization.add_safe_globals([Class])``.
    `map_location` places tensors: a device or its name, a dict from stored device names to others, or a function
    ``(tensor on cpu, stored device name) → tensor or None`` (for PyTorch's files: of storages); None means the stored
    device. With ``mmap=True`` (paths only) elements are read when first used, unchecked, and writing to them leaves
    the file as it is; do not shorten the file meanwhile. `weights_only` has no effect: loading never runs code.

    Raises UnsafeGlobalError (a FileFormatError and pickle.UnpicklingError) for classes not vouched for,
    FileFormatError (a RuntimeError) for damaged files and other formats, FileNotFoundError, and DeviceError (a
    RuntimeError) for a stored device that is not there.
    """
    if pickle_module is not None:
        raise TypeError("load: files hold no pickles, so pickle_module cannot be used. Leave it out.")
    if isinstance(f, (str, os.PathLike)):
        path = os.fspath(f)
        with open(path, "rb") as stream:
            start = stream.read(8)
            if mmap and mapping_is_shared() and start.startswith(b"PK"):
                with open(path, "r+b") as writable:
                    return _load_pytorch(writable, start, path, map_location, True)
            if _is_pytorch(start):
                stream.seek(0)
                return _load_pytorch(stream, start, path, map_location, bool(mmap))
        if mmap:
            return Restorer(open_mapped(path), map_location).result()
        with open(path, "rb") as stream:
            return Restorer(open_stream(stream, path, whole=True), map_location).result()
    if mmap:
        raise ValueError("load: mmap=True needs a path, got a file object. Pass the file's name.")
    if not hasattr(f, "read"):
        raise TypeError(f"load: expected a path or a binary file object with a 'read' method, got {type(f).__name__}.")
    name = getattr(f, "name", None)
    name = name if isinstance(name, str) else f"<{type(f).__name__}>"
    seekable = getattr(f, "seekable", None)
    source = f if seekable is not None and seekable() else io.BytesIO(f.read())
    position = source.tell()
    start = source.read(8)
    source.seek(position)
    if isinstance(start, bytes) and _is_pytorch(start):
        return _load_pytorch(source, start, name, map_location, False)
    file = open_stream(source, name)
    loaded = Restorer(file, map_location).result()
    source.seek(file.end)
    return loaded


def get_unsafe_globals_in_checkpoint(f: PathOrStream) -> list[str]:
    """The names in a zip archive of ``torch.save`` that `load` would refuse: for `add_safe_globals`, if you trust it.

    Nothing of the file is made or run. Raises ValueError for anything but such an archive.
    """
    from torchere.unsafe_globals import get_unsafe_globals_in_checkpoint as names

    return names(f)


def _is_pytorch(start: bytes) -> bool:
    """Whether these first bytes are a zip archive's or a pickle's."""
    return start.startswith(b"PK\x03\x04") or (start[:1] == b"\x80" and start[1:2] in (b"\2", b"\3", b"\4", b"\5"))


def _load_pytorch(stream: BinaryIO, start: bytes, name: str, map_location: Any, mmap: bool) -> Any:
    from torchere.pytorch_file import load_legacy, load_zip

    if start.startswith(b"PK"):
        return load_zip(stream, name, map_location, mmap)
    if mmap:
        raise RuntimeError(
            f"load: mmap=True works for zip archives; {name} is PyTorch's older stream. Leave mmap out, or store the "
            "file again."
        )
    return load_legacy(stream, name, map_location)
