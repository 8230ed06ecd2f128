"""The zip container of PyTorch's files: named records, stored without compression, aligned to 64 bytes.

Layout (https://pytorch.org/docs/stable/notes/serialization.html): one folder, in it ``data.pkl``, ``data/0``,
``data/1`` …, ``byteorder`` and ``version``. Nothing is ever unpacked to the disk, so names lead nowhere, and sizes
are checked against the file before memory is reserved.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np

from torchere.errors import FileFormatError
from torchere.load_options import get_crc32_options
from torchere.safetensors_file import _read_into

__all__ = ["ArchiveReader", "ArchiveWriter"]

Array = np.ndarray[Any, Any]

_ALIGNMENT: Final = 64
_LOCAL_HEADER: Final = 30
_REMEDY: Final = "Copy or download it again."


class _Record(NamedTuple):
    header: int
    size: int
    crc: int


class ArchiveReader:
    """The records of a zip file: a seekable stream, or a path whose contents are mapped.

    Raises FileFormatError for anything that is no archive of PyTorch.
    """

    def __init__(self, stream: BinaryIO, name: str, mapped: Array | None = None) -> None:
        self.name, self._stream, self._mapped = name, stream, mapped
        self._size = stream.seek(0, os.SEEK_END)
        try:
            with zipfile.ZipFile(stream) as archive:
                infos = archive.infolist()
        except Exception as error:  # zipfile lets struct, Unicode, value and many more errors through
            raise FileFormatError(f"{name}: is a damaged or truncated zip archive ({error}). {_REMEDY}") from error
        self._records: dict[str, _Record] = {}
        for info in infos:
            if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 or info.compress_size != info.file_size:
                raise FileFormatError(
                    f"{name}: record {info.filename!r:.100} is compressed or encrypted, which torch.save never does. "
                    "Store it again without compression."
                )
            if info.filename in self._records:
                raise FileFormatError(f"{name}: has two records {info.filename!r:.100}. {_REMEDY}")
            if not 0 <= info.header_offset <= self._size - _LOCAL_HEADER:
                raise FileFormatError(f"{name}: record {info.filename!r:.100} lies outside the file. {_REMEDY}")
            self._records[info.filename] = _Record(info.header_offset, info.file_size, info.CRC)
        # Records that overlap could otherwise ask for any amount of memory.
        if sum(record.size for record in self._records.values()) > self._size:
            raise FileFormatError(f"{name}: its records claim more bytes than the file has. {_REMEDY}")
        folders = [record.removesuffix("data.pkl") for record in self._records if record.endswith("/data.pkl")]
        if not folders:
            raise FileFormatError(
                f"{name}: is a zip archive without data.pkl, expected one of torch.save. Unpack it, or load it with "
                "the program that wrote it."
            )
        self._folder = min(folders, key=len)
        if f"{self._folder}constants.pkl" in self._records:
            raise FileFormatError(
                f"{name}: is a TorchScript program, expected data. Store its state_dict with torch.save instead."
            )

    def __contains__(self, record: str) -> bool:
        return self._folder + record in self._records

    def size(self, record: str) -> int:
        """Bytes of a record; FileFormatError if there is none."""
        return self._find(record).size

    def _find(self, record: str) -> _Record:
        found = self._records.get(self._folder + record)
        if found is None:
            raise FileFormatError(f"{self.name}: lacks its record {record!r:.100}. {_REMEDY}")
        return found

    def read(self, record: str) -> Array:
        """The bytes of a record; read from the disk on first use, and unchecked, where the file is mapped."""
        found = self._find(record)
        self._stream.seek(found.header)
        header = self._stream.read(_LOCAL_HEADER)
        if len(header) < _LOCAL_HEADER or header[:4] != b"PK\x03\x04":
            raise FileFormatError(f"{self.name}: record {record!r:.100} has no header. {_REMEDY}")
        name_length, extra_length = struct.unpack("<HH", header[26:30])
        start = found.header + _LOCAL_HEADER + name_length + extra_length
        if start + found.size > self._size:
            raise FileFormatError(f"{self.name}: record {record!r:.100} ends behind the file. {_REMEDY}")
        if self._mapped is not None:
            return self._mapped[start : start + found.size]
        data = np.empty(found.size, np.uint8)
        self._stream.seek(start)
        _read_into(self._stream, data, self.name)
        if get_crc32_options() and zlib.crc32(data.data) != found.crc:
            raise FileFormatError(
                f"{self.name}: record {record!r:.100} is damaged (its checksum differs). {_REMEDY} A file written "
                "without checksums loads after torch.serialization.set_crc32_options(False)."
            )
        return data


class ArchiveWriter:
    """Writes records to a binary stream, each starting at a multiple of 64 bytes. Close it to make the file whole."""

    def __init__(self, stream: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=True)

    def write(self, record: str, data: Any) -> None:
        """Store `data`, bytes or a contiguous vector of bytes, as ``archive/<record>``."""
        view = memoryview(data).cast("B") if len(data) else memoryview(b"")
        info = zipfile.ZipInfo(f"archive/{record}")
        large = view.nbytes > zipfile.ZIP64_LIMIT
        position = self._zip.fp.tell() + _LOCAL_HEADER + len(info.filename.encode()) + (20 if large else 0)  # type: ignore[union-attr]
        padding = -(position + 4) % _ALIGNMENT
        # An extra field called "FB", as PyTorch pads.
        info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
        info.file_size = view.nbytes
        with self._zip.open(info, "w", force_zip64=large) as target:
            for start in range(0, view.nbytes, 1 << 24):
                target.write(view[start : start + (1 << 24)])

    def close(self) -> None:
        """Write the list of records."""
        self._zip.close()
