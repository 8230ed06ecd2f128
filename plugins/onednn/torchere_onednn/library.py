"""oneDNN's C library: where it is, loading it, and the prototypes of the functions used.

Any ``libdnnl.so.3`` serves; ``pip install onednn-cpu-gomp`` brings one (one wheel, no dependencies). Declared from the
C API reference of oneDNN 3: https://uxlfoundation.github.io/oneDNN/group_dnnl_api.html
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

__all__ = ["MINIMUM", "Library", "LibraryError", "PrimitiveError", "candidates", "load"]

#: The first version whose C API is declared here.
MINIMUM = (3, 0)

_NAMES = ("libdnnl.so.3", "libdnnl.3.dylib", "dnnl.dll")

_POINTER = ctypes.c_void_p
_OUT = ctypes.POINTER(ctypes.c_void_p)
_INT, _FLOAT, _UNSIGNED = ctypes.c_int, ctypes.c_float, ctypes.c_uint
_SIZES = ctypes.POINTER(ctypes.c_int64)

#: Functions returning a status, and the types of their arguments.
_FUNCTIONS: dict[str, tuple[object, ...]] = {
    "dnnl_engine_create": (_OUT, _INT, ctypes.c_size_t),
    "dnnl_stream_create": (_OUT, _POINTER, _UNSIGNED),
    "dnnl_stream_wait": (_POINTER,),
    "dnnl_memory_create": (_OUT, _POINTER, _POINTER, _POINTER),
    "dnnl_memory_destroy": (_POINTER,),
    "dnnl_memory_set_data_handle": (_POINTER, _POINTER),
    "dnnl_memory_desc_create_with_tag": (_OUT, _INT, _SIZES, _INT, _INT),
    "dnnl_memory_desc_create_with_strides": (_OUT, _INT, _SIZES, _INT, _SIZES),
    "dnnl_memory_desc_clone": (_OUT, _POINTER),
    "dnnl_memory_desc_destroy": (_POINTER,),
    "dnnl_primitive_attr_create": (_OUT,),
    "dnnl_primitive_attr_set_scratchpad_mode": (_POINTER, _INT),
    "dnnl_primitive_create": (_OUT, _POINTER),
    "dnnl_primitive_destroy": (_POINTER,),
    "dnnl_primitive_desc_destroy": (_POINTER,),
    "dnnl_primitive_desc_query": (_POINTER, _INT, _INT, _POINTER),
    "dnnl_primitive_execute": (_POINTER, _POINTER, _INT, _POINTER),
    "dnnl_reorder_primitive_desc_create": (_OUT, _POINTER, _POINTER, _POINTER, _POINTER, _POINTER),
    "dnnl_convolution_forward_primitive_desc_create": (
        *(_OUT, _POINTER, _INT, _INT, _POINTER, _POINTER, _POINTER, _POINTER),
        *(_SIZES, _SIZES, _SIZES, _SIZES, _POINTER),
    ),
    "dnnl_convolution_backward_data_primitive_desc_create": (
        *(_OUT, _POINTER, _INT, _POINTER, _POINTER, _POINTER),
        *(_SIZES, _SIZES, _SIZES, _SIZES, _POINTER, _POINTER),
    ),
    "dnnl_convolution_backward_weights_primitive_desc_create": (
        *(_OUT, _POINTER, _INT, _POINTER, _POINTER, _POINTER, _POINTER),
        *(_SIZES, _SIZES, _SIZES, _SIZES, _POINTER, _POINTER),
    ),
    "dnnl_softmax_forward_primitive_desc_create": (_OUT, _POINTER, _INT, _INT, _POINTER, _POINTER, _INT, _POINTER),
    "dnnl_softmax_backward_primitive_desc_create": (
        *(_OUT, _POINTER, _INT, _POINTER, _POINTER, _POINTER, _INT, _POINTER, _POINTER),
    ),
    "dnnl_layer_normalization_forward_primitive_desc_create": (
        *(_OUT, _POINTER, _INT, _POINTER, _POINTER, _POINTER, _FLOAT, _UNSIGNED, _POINTER),
    ),
    "dnnl_layer_normalization_backward_primitive_desc_create": (
        *(_OUT, _POINTER, _INT, _POINTER, _POINTER, _POINTER, _POINTER, _FLOAT, _UNSIGNED, _POINTER, _POINTER),
    ),
    "dnnl_batch_normalization_forward_primitive_desc_create": (
        *(_OUT, _POINTER, _INT, _POINTER, _POINTER, _FLOAT, _UNSIGNED, _POINTER),
    ),
    "dnnl_batch_normalization_backward_primitive_desc_create": (
        *(_OUT, _POINTER, _INT, _POINTER, _POINTER, _POINTER, _FLOAT, _UNSIGNED, _POINTER, _POINTER),
    ),
    "dnnl_eltwise_forward_primitive_desc_create": (
        *(_OUT, _POINTER, _INT, _INT, _POINTER, _POINTER, _FLOAT, _FLOAT, _POINTER),
    ),
    "dnnl_eltwise_backward_primitive_desc_create": (
        *(_OUT, _POINTER, _INT, _POINTER, _POINTER, _POINTER, _FLOAT, _FLOAT, _POINTER, _POINTER),
    ),
    "dnnl_pooling_forward_primitive_desc_create": (
        *(_OUT, _POINTER, _INT, _INT, _POINTER, _POINTER, _SIZES, _SIZES, _SIZES, _SIZES, _SIZES, _POINTER),
    ),
    "dnnl_matmul_primitive_desc_create": (_OUT, _POINTER, _POINTER, _POINTER, _POINTER, _POINTER, _POINTER),
}

#: Status codes of ``dnnl_status_t``.
_STATUSES = {1: "out of memory", 2: "invalid arguments", 3: "unimplemented", 5: "runtime error", 6: "not required"}


class LibraryError(ImportError):
    """oneDNN is absent, too old or broken."""


class PrimitiveError(RuntimeError):
    """A function of oneDNN failed."""


class _Version(ctypes.Structure):
    _fields_ = [("major", _INT), ("minor", _INT), ("patch", _INT), ("hash", ctypes.c_char_p), ("runtime", _UNSIGNED)]


class Library:
    """A loaded libdnnl: its version and its functions, which raise `PrimitiveError` when they fail."""

    def __init__(self, path: str) -> None:
        # OpenMP threads that spin while OpenBLAS computes slow both down many times; read when libgomp loads.
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            raise LibraryError(f"{path} cannot be loaded: {error}") from error
        self.path = path
        try:
            version = library.dnnl_version
            version.restype = ctypes.POINTER(_Version)
            found = version().contents
            self.version = (found.major, found.minor, found.patch)
            if self.version[:2] < MINIMUM or found.major != MINIMUM[0]:
                raise LibraryError(
                    f"{path} is oneDNN {'.'.join(map(str, self.version))}; version 3 is needed: "
                    "pip install onednn-cpu-gomp"
                )
            for name, arguments in _FUNCTIONS.items():
                function = getattr(library, name)
                function.argtypes = arguments
                function.restype = ctypes.c_int
                function.errcheck = _check
            self.query_md = library.dnnl_primitive_desc_query_md
            self.query_md.argtypes = (_POINTER, _INT, _INT)
            self.query_md.restype = _POINTER
            self.size_of_md = library.dnnl_memory_desc_get_size
            self.size_of_md.argtypes = (_POINTER,)
            self.size_of_md.restype = ctypes.c_size_t
            self.equal_md = library.dnnl_memory_desc_equal
            self.equal_md.argtypes = (_POINTER, _POINTER)
            self.equal_md.restype = ctypes.c_int
        except AttributeError as error:
            raise LibraryError(f"{path} is no complete oneDNN 3: {error}") from error
        self.functions = library

    def __repr__(self) -> str:
        return f"<oneDNN {'.'.join(map(str, self.version))} at {self.path}>"


def _check(status: int, function: object, arguments: tuple[object, ...]) -> int:
    if status:
        name = getattr(function, "__name__", "a oneDNN function")
        raise PrimitiveError(f"{name} failed: {_STATUSES.get(status, f'status {status}')}")
    return status


def candidates() -> Iterator[str]:
    """Paths to try, best first: ``TORCHERE_ONEDNN``, what a wheel installed, the environment's, the system's."""
    chosen = os.environ.get("TORCHERE_ONEDNN")
    if chosen:
        yield chosen
        return
    for name in ("onednn-cpu-gomp", "onednn"):
        try:
            files = metadata.files(name) or ()
        except metadata.PackageNotFoundError:
            continue
        for file in files:
            if file.name in _NAMES:
                yield str(Path(str(file.locate())).resolve())
    for folder in (Path(sys.prefix) / "lib", Path(sys.prefix) / "Library" / "bin"):
        for name in _NAMES:
            if (folder / name).exists():
                yield str(folder / name)
    found = ctypes.util.find_library("dnnl")
    if found:
        yield found


def load() -> Library:
    """The first library that loads. Raises LibraryError naming every one tried, or that there is none."""
    failures = []
    for path in dict.fromkeys(candidates()):
        try:
            return Library(path)
        except LibraryError as error:
            failures.append(str(error))
    raise LibraryError("; ".join(failures) or "no libdnnl.so.3 was found")
