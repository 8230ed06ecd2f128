"""One event file."""

from __future__ import annotations

import os
import time
import weakref
from pathlib import Path

from tensorboard.compat.proto.config_pb2 import RunMetadata
from tensorboard.compat.proto.event_pb2 import Event, TaggedRunMetadata
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

__all__ = ["FileWriter"]


def _close_at_end(writer: EventFileWriter, process: int) -> None:
    # A forked child has a copy of the queue, but not the thread that empties it.
    if os.getpid() == process:
        writer.close()


class FileWriter:
    """Writes events into a new file in ``log_dir``, from a thread of its own.

    Args:
        log_dir: folder, made if needed; paths that tensorboard's file systems know (``s3://…``) work.
        max_queue: events that may wait before adding one blocks.
        flush_secs: seconds between flushes to disk.
        filename_suffix: appended to the file's name.

    What is still waiting when the program ends, or the writer is garbage, is written then (PyTorch loses it).
    """

    def __init__(
        self, log_dir: str | Path, max_queue: int = 10, flush_secs: float = 120, filename_suffix: str = ""
    ) -> None:
        self._arguments = str(log_dir), max_queue, flush_secs, filename_suffix
        self._open()

    def _open(self) -> None:
        self.event_writer = EventFileWriter(*self._arguments)
        self._closed = False
        self._end = weakref.finalize(self, _close_at_end, self.event_writer, os.getpid())

    def get_logdir(self) -> str:
        """The folder of the event file."""
        return self.event_writer.get_logdir()

    def add_event(self, event: Event, step: int | None = None, walltime: float | None = None) -> None:
        """Write an ``Event``, at ``step`` and ``walltime`` (seconds since 1970; now, if None)."""
        event.wall_time = time.time() if walltime is None else walltime
        if step is not None:
            event.step = int(step)
        self.event_writer.add_event(event)

    def add_summary(self, summary: Summary, global_step: int | None = None, walltime: float | None = None) -> None:
        """Write a ``Summary`` as an event."""
        self.add_event(Event(summary=summary), global_step, walltime)

    def add_graph(self, graph_profile: tuple[GraphDef, RunMetadata], walltime: float | None = None) -> None:
        """Write a graph and what is known of its run."""
        graph, run = graph_profile
        self.add_onnx_graph(graph, walltime)
        tagged = TaggedRunMetadata(tag="step1", run_metadata=run.SerializeToString())
        self.add_event(Event(tagged_run_metadata=tagged), None, walltime)

    def add_onnx_graph(self, graph: GraphDef, walltime: float | None = None) -> None:
        """Write a graph."""
        self.add_event(Event(graph_def=graph.SerializeToString()), None, walltime)

    def flush(self) -> None:
        """Write everything added so far to disk."""
        self.event_writer.flush()

    def close(self) -> None:
        """Flush and close the file."""
        self._end.detach()
        self.event_writer.close()
        self._closed = True

    def reopen(self) -> None:
        """After `close`: go on in a new file of the same folder. Else nothing happens."""
        if self._closed:
            self._open()
