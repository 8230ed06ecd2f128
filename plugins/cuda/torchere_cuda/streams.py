"""Streams and events: queues of work on a GPU, and marks in them."""

from __future__ import annotations

from typing import Any

from .availability import require
from .devices import device as device_context
from .devices import index_of

__all__ = ["Event", "Stream", "StreamContext", "current_stream", "default_stream", "set_stream", "stream"]


class Stream:
    """A queue of work. Within ``with torch.cuda.stream(s):`` kernels are queued there.

    `priority`: lower numbers come first; 0 is the default.
    """

    def __init__(self, device: Any = None, priority: int = 0, *, _native: Any = None) -> None:
        self.device_index = index_of(device)
        if _native is None:
            with device_context(self.device_index):
                _native = require().cuda.Stream(non_blocking=True, priority=priority)
        self.native = _native

    @property
    def cuda_stream(self) -> int:
        """The address of CUDA's own object."""
        return int(self.native.ptr)

    def query(self) -> bool:
        """Whether all queued work is done."""
        return bool(self.native.done)

    def synchronize(self) -> None:
        """Wait until all queued work is done."""
        self.native.synchronize()

    def record_event(self, event: Event | None = None) -> Event:
        """Put a mark behind what is queued so far."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Let later work of this stream wait for a mark."""
        self.native.wait_event(event.native)

    def wait_stream(self, stream: Stream) -> None:
        """Let later work of this stream wait for what is queued on another."""
        self.wait_event(stream.record_event())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and self.cuda_stream == other.cuda_stream

    def __hash__(self) -> int:
        return hash((self.cuda_stream, self.device_index))

    def __repr__(self) -> str:
        return f"<torch.cuda.Stream device=cuda:{self.device_index} cuda_stream={self.cuda_stream:#x}>"


class Event:
    """A mark in a stream, to wait for and, with `enable_timing`, to measure time between two."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> None:
        self.native = require().cuda.Event(block=blocking, disable_timing=not enable_timing, interprocess=interprocess)

    def record(self, stream: Stream | None = None) -> None:
        """Put the mark behind what is queued on a stream (default: the current one)."""
        self.native.record((current_stream() if stream is None else stream).native)

    def wait(self, stream: Stream | None = None) -> None:
        """Let later work of a stream (default: the current one) wait for the mark."""
        (current_stream() if stream is None else stream).wait_event(self)

    def query(self) -> bool:
        """Whether the mark was reached."""
        return bool(self.native.done)

    def synchronize(self) -> None:
        """Wait until the mark is reached."""
        self.native.synchronize()

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this mark to another; both need ``enable_timing=True``."""
        return float(require().cuda.get_elapsed_time(self.native, end_event.native))


class StreamContext:
    """Context manager: kernels are queued on a stream. None changes nothing."""

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        if self.stream is not None:
            self._device = device_context(self.stream.device_index)
            self._device.__enter__()
            self.stream.native.__enter__()

    def __exit__(self, *raised: object) -> None:
        if self.stream is not None:
            self.stream.native.__exit__(*raised)
            self._device.__exit__(*raised)


def stream(stream: Stream | None) -> StreamContext:
    """Context manager: kernels are queued on `stream`."""
    return StreamContext(stream)


def current_stream(device: Any = None) -> Stream:
    """The stream on which kernels are queued now."""
    index = index_of(device)
    return Stream(index, _native=require().cuda.get_current_stream(index))


def default_stream(device: Any = None) -> Stream:
    """The stream on which kernels are queued unless another was chosen."""
    return Stream(device, _native=require().cuda.Stream.null)


def set_stream(stream: Stream | None) -> None:
    """Queue kernels on a stream from now on; None changes nothing."""
    if stream is not None:
        stream.native.use()
