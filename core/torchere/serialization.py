"""``save`` and ``load``: tensors, and nested containers of tensors and plain values, in one safetensors file.

Tensors lie in the file under names made of their keys, so that other programs read a flat state dict as it is. The
structure around them is JSON in the file's metadata (`torchere.stored_structure`); nothing in a file can run code.
Values come back exactly, with their types, and what was shared (a tensor under two names, views of one memory, a list
in two places) is shared again.
"""

from __future__ import annotations

import io
import json
import os
from typing import Any, BinaryIO

from torchere.atomic_write import atomic_write
from torchere.safetensors_file import open_mapped, open_stream, write_safetensors
from torchere.stored_structure import STRUCTURE_KEY, VERSION, Restorer, Structure

__all__ = ["load", "save"]

PathOrStream = str | os.PathLike[str] | BinaryIO


def save(obj: object, f: PathOrStream, pickle_module: None = None, pickle_protocol: int | None = None) -> None:
    """Store `obj` in the file `f`: a path, or a binary stream at its present position.

    `obj` is a tensor, or any nesting of dict, OrderedDict, list, tuple, set, ``torch.Size`` with tensors, parameters,
    NumPy arrays and numbers, bool, int, float, complex, str, bytes, None, dtypes and devices: state dicts of modules
    and optimizers. A view is stored without the memory it does not show. A path is written atomically: whatever
    interrupts it, the old file stays whole. `pickle_protocol` is accepted and without effect.

    Raises TypeError, naming the place, for anything else; OSError as `open` does.
    """
    if pickle_module is not None:
        raise TypeError("save: files hold no pickles, so pickle_module cannot be used. Leave it out.")
    to_path = isinstance(f, (str, os.PathLike))
    if not to_path and not hasattr(f, "write"):
        raise TypeError(f"save: expected a path or a binary file object with a 'write' method, got {type(f).__name__}.")
    if isinstance(f, io.TextIOBase):
        raise TypeError("save: the file object takes text. Open it in binary mode: open(path, 'wb').")
    structure = Structure(obj)
    text = json.dumps({"version": VERSION, "root": structure.root}, separators=(",", ":"))
    # Programs that ask for this entry take "pt" to mean: names and layouts are PyTorch's.
    metadata = {"format": "pt", STRUCTURE_KEY: text}
    if isinstance(f, (str, os.PathLike)):
        with atomic_write(f) as stream:
            write_safetensors(stream, structure.arrays, metadata)
    else:
        write_safetensors(f, structure.arrays, metadata)


def load(
    f: PathOrStream,
    map_location: Any = None,
    pickle_module: None = None,
    *,
    weights_only: bool | None = True,
    mmap: bool | None = None,
) -> Any:
    """What `save` stored in `f`: a path, or a binary stream at its present position.

    A safetensors file of another program gives a dict of its tensors. `map_location` places tensors: a device or its
    name, a dict from stored device names to others, or a function ``(tensor on cpu, stored device name) → tensor or
    None``; None means the stored device. With ``mmap=True`` (paths only) elements are read when first used, and
    writing to them leaves the file as it is; do not shorten the file meanwhile. `weights_only` has no effect: loading
    never runs code.

    Raises FileFormatError (a RuntimeError) for damaged files and other formats, FileNotFoundError, and DeviceError (a
    RuntimeError) for a stored device that is not there.
    """
    if pickle_module is not None:
        raise TypeError("load: files hold no pickles, so pickle_module cannot be used. Leave it out.")
    if isinstance(f, (str, os.PathLike)):
        path = os.fspath(f)
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
    file = open_stream(source, name)
    loaded = Restorer(file, map_location).result()
    source.seek(file.end)
    return loaded
