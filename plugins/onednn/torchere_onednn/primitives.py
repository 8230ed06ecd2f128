"""oneDNN's primitives as Python calls: engine and stream, memory descriptors, plans, and their cache.

A plan is a primitive made once for given shapes, layouts and settings, with its memory objects; running it sets the
addresses of the arrays and executes. Where oneDNN prefers a layout of its own (blocked by 8 or 16 channels) for an
operand, the plan reorders that operand into a buffer before, or out of one after.

Memory objects carry addresses, so plans belong to the thread that made them. Buffers (one scratchpad, one for each
reordered operand) are shared by all plans of a thread and grow to the largest need.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from ctypes import byref, c_int64, c_void_p
from typing import Any

import numpy as np

from torchere.threads import on_change

from .library import Library

__all__ = ["CAPACITY", "Builder", "Plan", "counts", "engine", "is_usable", "open_library", "run"]

#: Plans kept for each thread; the least recently used goes first.
CAPACITY = 512

# Enumerators of oneDNN's C API.
DATA_TYPES = {"float32": 3, "bfloat16": 2, "float16": 1, "int32": 4, "int8": 5, "uint8": 6}
FORWARD_TRAINING, FORWARD_INFERENCE, BACKWARD = 64, 96, 128
SRC, SRC_1, DST, WEIGHTS, BIAS, MEAN, VARIANCE, SCALE, SHIFT, WORKSPACE, SCRATCHPAD = (
    *(1, 2, 17, 33, 41, 49, 50, 51, 52, 64, 80),
)
DIFF_SRC, DIFF_DST, DIFF_WEIGHTS, DIFF_BIAS, DIFF_SCALE, DIFF_SHIFT = 129, 145, 161, 169, 255, 256
_EXEC_ARG_MD = 255
_NUMBER_OF_INPUTS, _IMPLEMENTATION = 3, 8
_ANY_TAG = 1
_IN_ORDER = 1
_USER_SCRATCHPAD = 1

Array = np.ndarray[Any, Any]


class _Argument(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_int), ("memory", c_void_p)]


class _Engine:
    """The CPU engine and the attributes all primitives are made with; one for the process."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.functions = library.functions
        self.handle = c_void_p()
        self.functions.dnnl_engine_create(byref(self.handle), 1, 0)
        self.attributes = c_void_p()
        self.functions.dnnl_primitive_attr_create(byref(self.attributes))
        self.functions.dnnl_primitive_attr_set_scratchpad_mode(self.attributes, _USER_SCRATCHPAD)


_engine: _Engine | None = None
_forked = False
_thread_count = 0


def open_library(library: Library) -> None:
    """Use `library` from now on."""
    global _engine
    _engine = _Engine(library)
    on_change(_set_thread_count)


def _set_thread_count(count: int) -> None:
    global _thread_count
    _thread_count = count
    _limit_threads()


def _limit_threads() -> None:
    """Give OpenMP the number asked for, which it keeps for each calling thread by itself."""
    if _thread_count:
        # oneDNN is linked to OpenMP, whose functions are therefore found through it.
        setter = getattr(engine().functions, "omp_set_num_threads", None)
        if setter is not None:
            setter(_thread_count)


def engine() -> _Engine:
    """The process's engine. RuntimeError before `open_library`."""
    if _engine is None:
        raise RuntimeError("oneDNN is not open")
    return _engine


def _after_fork() -> None:
    global _forked
    _forked = True


# OpenMP's threads do not survive a fork, and libgomp ends a child that waits for them.
os.register_at_fork(after_in_child=_after_fork)


def is_usable() -> bool:
    """Whether this process may run primitives: not a forked child."""
    return not _forked


class _Thread(threading.local):
    """What each thread has of its own: a stream, buffers and plans."""

    def __init__(self) -> None:
        self.stream = c_void_p()
        functions = engine().functions
        functions.dnnl_stream_create(byref(self.stream), engine().handle, _IN_ORDER)
        _limit_threads()
        self.buffers: list[Array] = []
        self.plans: OrderedDict[Any, Plan | None] = OrderedDict()
        self.made = 0
        self.reused = 0

    def buffer(self, place: int, size: int) -> int:
        """The address of buffer number `place`, of at least `size` bytes, on a cache line."""
        while len(self.buffers) <= place:
            self.buffers.append(np.empty(0, np.uint8))
        held = self.buffers[place]
        if held.nbytes < size + 64:
            held = self.buffers[place] = np.empty(size + 64, np.uint8)
        address: int = held.__array_interface__["data"][0]
        return (address + 63) & ~63


_threads: _Thread | None = None


def _thread() -> _Thread:
    global _threads
    if _threads is None:
        _threads = _Thread()
    return _threads


def sizes(values: Sequence[int]) -> Any:
    """A C array of ``dnnl_dims_t``."""
    return (c_int64 * 12)(*values)


class Plan:
    """A primitive with its memory objects. Call it with the arrays in the order of `Builder.add`."""

    def __init__(
        self,
        primitive: c_void_p,
        arguments: Any,
        operands: list[tuple[c_void_p, int]],
        reorders: list[tuple[bool, c_void_p, Any]],
        internal: list[tuple[c_void_p, int, int]],
    ) -> None:
        self._functions = engine().functions
        self._primitive = primitive
        self._arguments = arguments
        self._operands = [memory for memory, _ in operands]
        self._before = [(item, given) for outward, item, given in reorders if not outward]
        self._after = [(item, given) for outward, item, given in reorders if outward]
        self._internal = internal

    def __call__(self, *arrays: Array) -> None:
        """Run on arrays of exactly the shapes and layouts planned."""
        functions = self._functions
        thread = _thread()
        stream = thread.stream
        place = functions.dnnl_memory_set_data_handle
        for memory, array in zip(self._operands, arrays, strict=True):
            place(memory, array.__array_interface__["data"][0])
        for memory, buffer, size in self._internal:
            place(memory, thread.buffer(buffer, size))
        execute = functions.dnnl_primitive_execute
        for reorder, given in self._before:
            execute(reorder, stream, 2, given)
        execute(self._primitive, stream, len(self._arguments), self._arguments)
        for reorder, given in self._after:
            execute(reorder, stream, 2, given)

    def __del__(self) -> None:
        functions = getattr(self, "_functions", None)
        if functions is None or not is_usable():
            return
        for reorder, _ in (*self._before, *self._after):
            functions.dnnl_primitive_destroy(reorder)
        functions.dnnl_primitive_destroy(self._primitive)
        for memory in (*self._operands, *(item[0] for item in self._internal)):
            functions.dnnl_memory_destroy(memory)


class Builder:
    """Collects operands while a plan is made."""

    def __init__(self) -> None:
        self.engine = engine()
        self.functions = self.engine.functions
        self.attributes = self.engine.attributes
        self.operands: list[tuple[int, c_void_p, bool]] = []
        self._descriptors: list[c_void_p] = []
        self._primitives: list[c_void_p] = []

    def plain(self, shape: Sequence[int], strides: Sequence[int] | None = None, dtype: str = "float32") -> c_void_p:
        """Descriptor of a strided array; `strides` in elements, row-major if None."""
        if strides is None:
            steps = [1] * len(shape)
            for axis in range(len(shape) - 2, -1, -1):
                steps[axis] = steps[axis + 1] * max(shape[axis + 1], 1)
            strides = steps
        found = c_void_p()
        self.functions.dnnl_memory_desc_create_with_strides(
            byref(found), len(shape), sizes(shape), DATA_TYPES[dtype], sizes(strides)
        )
        self._descriptors.append(found)
        return found

    def any(self, shape: Sequence[int], dtype: str = "float32") -> c_void_p:
        """Descriptor that leaves the layout to oneDNN."""
        found = c_void_p()
        self.functions.dnnl_memory_desc_create_with_tag(
            byref(found), len(shape), sizes(shape), DATA_TYPES[dtype], _ANY_TAG
        )
        self._descriptors.append(found)
        return found

    def add(self, argument: int, descriptor: c_void_p, *, written: bool = False) -> None:
        """Declare an operand: the argument it is of the primitive, and the layout in which callers hold it."""
        self.operands.append((argument, descriptor, written))

    def describe(self, create: Callable[..., Any], *settings: Any) -> c_void_p:
        """A primitive descriptor made by the C function `create`."""
        found = c_void_p()
        create(byref(found), self.engine.handle, *settings)
        self._primitives.append(found)
        return found

    def inputs(self, described: c_void_p) -> int:
        """How many inputs the primitive wants, which differs between versions of oneDNN."""
        found = ctypes.c_int()
        self.functions.dnnl_primitive_desc_query(described, _NUMBER_OF_INPUTS, 0, byref(found))
        return found.value

    def implementation(self, described: c_void_p) -> str:
        """The name of the implementation chosen, such as ``brgemm:avx512_core_amx`` or ``ref:any``."""
        found = ctypes.c_char_p()
        self.functions.dnnl_primitive_desc_query(described, _IMPLEMENTATION, 0, byref(found))
        return (found.value or b"").decode()

    def plan(self, described: c_void_p, unread: tuple[int, ...] = ()) -> Plan | None:
        """The plan of a primitive descriptor and the operands added; those `unread` are not handed to it.

        None where oneDNN has but its reference implementation, which NumPy's kernels outrun.
        """
        made = None if self.implementation(described).startswith("ref") else self._planned(described, unread)
        for item in self._primitives:
            self.functions.dnnl_primitive_desc_destroy(item)
        for item in self._descriptors:
            self.functions.dnnl_memory_desc_destroy(item)
        return made

    def _planned(self, described: c_void_p, unread: tuple[int, ...]) -> Plan:
        library = self.engine.library
        primitive = self._created(described)
        operands: list[tuple[c_void_p, int]] = []
        internal: list[tuple[c_void_p, int, int]] = []
        reorders: list[tuple[bool, c_void_p, Any]] = []
        arguments: list[tuple[int, c_void_p]] = []
        for argument, descriptor, written in self.operands:
            memory = self._memory(descriptor)
            operands.append((memory, argument))
            if argument in unread:
                continue
            wanted = c_void_p(library.query_md(described, _EXEC_ARG_MD, argument))
            if wanted.value is None or library.equal_md(descriptor, wanted):
                arguments.append((argument, memory))
                continue
            inner = self._memory(wanted)
            internal.append((inner, len(internal) + 1, library.size_of_md(wanted)))
            arguments.append((argument, inner))
            pair = (inner, memory) if written else (memory, inner)
            reorders.append(
                (written, self._reorder(wanted, descriptor, written), _given([(SRC, pair[0]), (DST, pair[1])]))
            )
        scratch = c_void_p(library.query_md(described, _EXEC_ARG_MD, SCRATCHPAD))
        if scratch.value is not None and (size := library.size_of_md(scratch)):
            memory = self._memory(scratch)
            internal.append((memory, 0, size))
            arguments.append((SCRATCHPAD, memory))
        return Plan(primitive, _given(arguments), operands, reorders, internal)

    def _created(self, described: c_void_p) -> c_void_p:
        found = c_void_p()
        self.functions.dnnl_primitive_create(byref(found), described)
        return found

    def _memory(self, descriptor: c_void_p) -> c_void_p:
        found = c_void_p()
        self.functions.dnnl_memory_create(byref(found), descriptor, self.engine.handle, None)
        return found

    def _reorder(self, inner: c_void_p, outer: c_void_p, written: bool) -> c_void_p:
        source, target = (inner, outer) if written else (outer, inner)
        described = c_void_p()
        self.functions.dnnl_reorder_primitive_desc_create(
            byref(described), source, self.engine.handle, target, self.engine.handle, None
        )
        self._primitives.append(described)
        return self._created(described)


def _given(pairs: Sequence[tuple[int, c_void_p]]) -> Any:
    return (_Argument * len(pairs))(*[_Argument(argument, memory.value) for argument, memory in pairs])


def run(kind: str, make: Callable[..., Plan | None], settings: tuple[Any, ...], *arrays: Array) -> bool:
    """Run the calling thread's plan of this kind for `settings`, made by ``make(*settings)`` at the first call.

    False, and nothing done, where there is no plan worth running; the caller then returns NotImplemented.
    """
    plan = _cached((kind, settings), make, settings)
    if plan is None:
        return False
    plan(*arrays)
    return True


def _cached(key: Any, make: Callable[..., Plan | None], settings: tuple[Any, ...]) -> Plan | None:
    thread = _thread()
    plans = thread.plans
    if key in plans:
        thread.reused += 1
        plans.move_to_end(key)
        return plans[key]
    plan = plans[key] = make(*settings)
    thread.made += 1
    while len(plans) > CAPACITY:
        plans.popitem(last=False)
    return plan


def counts() -> Mapping[str, int]:
    """How many plans the calling thread holds, has made and has reused."""
    thread = _thread()
    return {"held": len(thread.plans), "made": thread.made, "reused": thread.reused}
