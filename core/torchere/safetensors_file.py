"""Reading and writing the safetensors format: named arrays and text metadata, no code.

Format (https://github.com/huggingface/safetensors): eight bytes give the length of a JSON header, the header gives
dtype, shape and place of each array, the rest is their little-endian contents without gaps. Every statement of the
header is checked against the file before memory is reserved.
"""

from __future__ import annotations

import json
import math
import os
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np

from torchere import dtypes
from torchere.dtypes import DType
from torchere.errors import FileFormatError

__all__ = ["Entry", "SafetensorsFile", "open_mapped", "open_stream", "write_safetensors"]

Array = np.ndarray[Any, Any]

#: The format's dtype names. complex128 has none.
_NAMES: Final = {
    dtypes.bool_: "BOOL",
    dtypes.uint8: "U8",
    dtypes.int8: "I8",
    dtypes.uint16: "U16",
    dtypes.int16: "I16",
    dtypes.uint32: "U32",
    dtypes.int32: "I32",
    dtypes.uint64: "U64",
    dtypes.int64: "I64",
    dtypes.float16: "F16",
    dtypes.bfloat16: "BF16",
    dtypes.float32: "F32",
    dtypes.float64: "F64",
    dtypes.float8_e4m3fn: "F8_E4M3",
    dtypes.float8_e4m3fnuz: "F8_E4M3FNUZ",
    dtypes.float8_e5m2: "F8_E5M2",
    dtypes.float8_e5m2fnuz: "F8_E5M2FNUZ",
    dtypes.complex64: "C64",
}
_DTYPES: Final = {name: dtype for dtype, name in _NAMES.items()}

#: The limit of the reference implementation.
_MAX_HEADER: Final = 100_000_000
_RESERVED: Final = "__metadata__"


class Entry(NamedTuple):
    """One array of a file: bytes `start` to `end` of the data part."""

    dtype: DType
    shape: tuple[int, ...]
    start: int
    end: int


# --- writing -----------------------------------------------------------------------------------------------------


def write_safetensors(stream: BinaryIO, arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> None:
    """Write arrays (any strides, dtypes of the format) and metadata to a binary stream.

    Larger elements come first, so that all arrays are aligned and can be mapped.
    """
    places: dict[str, tuple[int, int]] = {}
    end = 0
    ordered = sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize)
    for name, array in ordered:
        places[name] = (end, end := end + array.nbytes)
    header: dict[str, Any] = {_RESERVED: dict(metadata)}
    for name, array in arrays.items():
        dtype = _NAMES[dtypes.from_numpy_dtype(array.dtype)]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": list(places[name])}
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-(8 + len(text)) % 64)
    if len(text) > _MAX_HEADER:
        raise ValueError(
            f"save: the names and values beside the tensors take {len(text):,} bytes, allowed are {_MAX_HEADER:,}. "
            "Store large data as tensors."
        )
    stream.write(struct.pack("<Q", len(text)) + text)
    for _, array in ordered:
        if array.size:
            stream.write(_bytes_of(array).data)


def _bytes_of(array: Array) -> Array:
    """The elements in row-major order as little-endian bytes."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return _little_endian(flat.view(np.uint8), array.dtype)


def _little_endian(data: Array, dtype: np.dtype[Any]) -> Array:
    """Bytes converted between this machine's order and the file's (both ways)."""
    if sys.byteorder == "little":
        return data
    size = dtype.itemsize // 2 if dtype.kind == "c" else dtype.itemsize
    return data.view(f"u{size}").byteswap().view(np.uint8)


# --- reading -----------------------------------------------------------------------------------------------------


class SafetensorsFile:
    """The header of a file, checked, and access to its arrays.

    `entries` and `metadata` are in the file's order; `end` is the position behind the data. `fetch` gives bytes of the
    data part as a writable uint8 array.
    """

    def __init__(
        self,
        name: str,
        entries: dict[str, Entry],
        metadata: dict[str, str],
        end: int,
        fetch: Callable[[int, int], Array],
    ) -> None:
        self.name = name
        self.entries = entries
        self.metadata = metadata
        self.end = end
        self._fetch = fetch

    def read(self, name: str) -> Array:
        """The array called `name`. FileFormatError if there is none, or the file ended early."""
        entry = self.entries.get(name)
        if entry is None:
            raise FileFormatError(f"{self.name}: refers to a tensor {name!r} that is not in the file. {_DAMAGED}")
        data = _little_endian(self._fetch(entry.start, entry.end), entry.dtype.numpy)
        if entry.dtype is dtypes.bool_ and data.size and data.max() > 1:
            raise FileFormatError(
                f"{self.name}: tensor {name!r} has dtype bool and bytes other than 0 and 1. {_DAMAGED}"
            )
        try:
            array = data.view(entry.dtype.numpy).reshape(entry.shape)
        except ValueError as error:
            raise FileFormatError(
                f"{self.name}: tensor {name!r} has shape {entry.shape}: {error}. {_DAMAGED}"
            ) from error
        # A file of another program may not be aligned; kernels called through C need it.
        return array if array.flags.aligned else array.copy()


_DAMAGED: Final = "The file is damaged or was made by a faulty program; restore it from its source."


def open_stream(stream: BinaryIO, name: str, whole: bool = False) -> SafetensorsFile:
    """A file read from the present position of a seekable binary stream.

    With `whole` nothing may follow it. FileFormatError if the stream holds anything else.
    """
    origin = stream.tell()
    size = stream.seek(0, os.SEEK_END) - origin
    stream.seek(origin)
    header, data_start = _read_header(stream, size, name)
    entries, metadata = _check_header(header, name)
    end = _check_size(data_start, entries, size, whole, name)

    def fetch(start: int, end: int) -> Array:
        data = np.empty(end - start, np.uint8)
        stream.seek(origin + data_start + start)
        _read_into(stream, data, name)
        return data

    return SafetensorsFile(name, entries, metadata, origin + end, fetch)


def open_mapped(path: str) -> SafetensorsFile:
    """A file whose arrays are mapped: read from the disk when first touched, and private when written.

    The file must not be shortened while arrays of it are in use (the system would end the process).
    """
    with open(path, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        header, data_start = _read_header(stream, size, path)
        entries, metadata = _check_header(header, path)
        end = _check_size(data_start, entries, size, True, path)
        mapped = np.memmap(stream, np.uint8, mode="c", shape=(size,)).view(np.ndarray)

    def fetch(start: int, end: int) -> Array:
        return mapped[data_start + start : data_start + end]

    return SafetensorsFile(path, entries, metadata, end, fetch)


def _check_size(data_start: int, entries: dict[str, Entry], size: int, whole: bool, name: str) -> int:
    """The length the header states; FileFormatError if the file has another."""
    expected = data_start + max((entry.end for entry in entries.values()), default=0)
    if size < expected or (whole and size > expected):
        state = "truncated" if size < expected else "damaged, bytes follow its end"
        raise FileFormatError(
            f"{name}: is {state}: {expected:,} bytes expected, {size:,} found. Copy or download it again."
        )
    return expected


def _read_into(stream: BinaryIO, data: Array, name: str) -> None:
    view, done = data.data, 0
    readinto = getattr(stream, "readinto", None)
    while done < len(view):
        if readinto is not None:
            count = readinto(view[done:])
        else:
            chunk = stream.read(len(view) - done)
            count = len(chunk)
            view[done : done + count] = chunk
        if not count:
            raise FileFormatError(f"{name}: ends {len(view) - done:,} bytes early. Copy or download it again.")
        done += count


#: How other files people try to load begin.
_FOREIGN: Final = (
    (b"\x93NUMPY", "a NumPy .npy file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"GGUF", "a GGUF file"),
)


def _read_header(stream: BinaryIO, size: int, name: str) -> tuple[bytes, int]:
    """The JSON text and the position where data starts."""
    start = stream.read(min(8, size))
    if isinstance(start, str):
        raise TypeError("load: the file object gives text. Open it in binary mode: open(path, 'rb').")
    for beginning, description in _FOREIGN:
        if start.startswith(beginning):
            raise FileFormatError(
                f"{name}: is {description}, expected a safetensors file. Load it with the program that wrote it and "
                "store its tensors by safetensors.torch.save_file or safetensors.numpy.save_file."
            )
    if len(start) < 8:
        raise FileFormatError(f"{name}: has {size} bytes, too few for a safetensors file. Copy or download it again.")
    (length,) = struct.unpack("<Q", start)
    if length > min(_MAX_HEADER, size - 8):
        raise FileFormatError(
            f"{name}: is no safetensors file, or truncated: a header of {length:,} bytes is announced in a file of "
            f"{size:,} bytes (allowed are {_MAX_HEADER:,})."
        )
    text = stream.read(length)
    if len(text) < length:
        raise FileFormatError(f"{name}: ends inside its header. Copy or download it again.")
    return text, 8 + length


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def parse_json(text: bytes | str) -> Any:
    """Strict JSON: no double names, no NaN. ValueError for anything else, however deeply nested."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _check_header(text: bytes, name: str) -> tuple[dict[str, Entry], dict[str, str]]:
    """Entries and metadata of a header whose statements agree with each other."""
    try:
        header = parse_json(text.decode("utf-8"))
        if not isinstance(header, dict):
            raise ValueError("the header is no JSON object")
        metadata = header.pop(_RESERVED, {})
        if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
            raise ValueError("__metadata__ is no object of texts")
        entries = {key: _check_entry(key, value) for key, value in header.items()}
        expected = 0
        for key, entry in sorted(entries.items(), key=lambda item: item[1][2:]):
            if entry.start != expected:
                raise ValueError(f"tensor {key!r} starts at byte {entry.start}, expected {expected}")
            expected = entry.end
    except ValueError as error:
        raise FileFormatError(f"{name}: is no valid safetensors file: {error}. {_DAMAGED}") from error
    return entries, metadata


def _check_entry(key: str, value: Any) -> Entry:
    if not isinstance(value, dict) or not {"dtype", "shape", "data_offsets"} <= value.keys():
        raise ValueError(f"tensor {key!r} has no dtype, shape and data_offsets")
    code, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    dtype = _DTYPES.get(code) if isinstance(code, str) else None
    if dtype is None:
        raise ValueError(f"tensor {key!r} has dtype {code!r}, which torchere has not")
    for numbers in (shape, offsets):
        if not isinstance(numbers, list) or not all(type(item) is int and 0 <= item < 2**63 for item in numbers):
            raise ValueError(f"tensor {key!r} has a wrong shape or place: {numbers!r:.200}")
    if len(shape) > 64:
        raise ValueError(f"tensor {key!r} has {len(shape)} dimensions, allowed are 64")
    if len(offsets) != 2 or offsets[1] - offsets[0] != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"tensor {key!r} of shape {shape} and dtype {dtype.name} cannot fill bytes {offsets}")
    return Entry(dtype, tuple(shape), *offsets)
