"""`SummaryWriter`: one method for each kind of thing TensorBoard shows."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

import torchere

from . import embeddings, summary
from .arrays import Data, make_np
from .figures import figure_to_image
from .file_writer import FileWriter
from .graphs import graph
from .histograms import default_bins
from .onnx_graphs import load_onnx_graph

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FileWriter", "SummaryWriter"]


class SummaryWriter:
    """Writes what a program logs into event files that TensorBoard reads: ``tensorboard --logdir=runs``.

    Args:
        log_dir: folder of the run; default ``runs/<date>_<host><comment>``.
        comment: end of the default folder's name; without effect if ``log_dir`` is given.
        purge_step: hide all earlier events of this folder from this step on, after a crash.
        max_queue: events that may wait before adding one blocks.
        flush_secs: seconds between flushes to disk.
        filename_suffix: end of the event files' names.

    All methods take ``global_step``, the place on the axis, and most ``walltime``, seconds since 1970 (default now).
    Numbers may be tensors of any device, inside a graph or not, NumPy arrays or Python's. After `close` the next
    method opens a new file. A context manager closes at the end of its block.

    Example:
        >>> import tempfile
        >>> with SummaryWriter(tempfile.mkdtemp()) as writer:
        ...     for step in range(3):
        ...         writer.add_scalar("loss", 1 / (step + 1), step)
    """

    def __init__(
        self,
        log_dir: str | Path | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        if not log_dir:
            moment = datetime.now().strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{moment}_{socket.gethostname()}{comment}")
        self.log_dir = log_dir
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self.file_writer: FileWriter | None = None
        self.all_writers: dict[str, FileWriter] | None = None
        self.default_bins = list(default_bins())
        self._projector_config = ProjectorConfig()
        self._get_file_writer()

    def _get_file_writer(self) -> FileWriter:
        """The writer of the run's own file, opened if it is closed."""
        if self.file_writer is None or self.all_writers is None:
            self.file_writer = self._open(self.log_dir)
            self.all_writers = {self.file_writer.get_logdir(): self.file_writer}
            if self.purge_step is not None:
                self.file_writer.add_event(Event(step=self.purge_step, file_version="brain.Event:2"))
                started = SessionLog(status=SessionLog.START)
                self.file_writer.add_event(Event(step=self.purge_step, session_log=started))
                self.purge_step = None
        return self.file_writer

    def _open(self, folder: str | Path) -> FileWriter:
        return FileWriter(folder, self.max_queue, self.flush_secs, self.filename_suffix)

    def _write(self, made: Summary, global_step: int | None = None, walltime: float | None = None) -> None:
        self._get_file_writer().add_summary(made, global_step, walltime)

    def get_logdir(self) -> str | Path:
        """The folder of the run."""
        return self.log_dir

    def add_hparams(
        self,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        hparam_domain_discrete: dict[str, list[Any]] | None = None,
        run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """Log hyperparameters and what was reached with them, in a run of its own below this one.

        Args:
            hparam_dict: names to numbers, bools, strings, one-element tensors or None.
            metric_dict: tags to numbers, which are logged as scalars; tags used nowhere else.
            hparam_domain_discrete: names to lists of all values possible.
            run_name: folder of the run; default the time.

        Raises:
            TypeError: not dictionaries. ValueError: a hyperparameter of another type.
        """
        if type(hparam_dict) is not dict or type(metric_dict) is not dict:
            raise TypeError(
                "add_hparams: hparam_dict and metric_dict should be dictionaries, got "
                f"{type(hparam_dict).__name__} and {type(metric_dict).__name__}"
            )
        made = summary.hparams(hparam_dict, metric_dict, hparam_domain_discrete)
        folder = os.path.join(self._get_file_writer().get_logdir(), run_name or str(time.time()))
        with SummaryWriter(folder) as run:
            for part in made:
                run._write(part, global_step)
            for tag, value in metric_dict.items():
                run.add_scalar(tag, value, global_step)

    def add_scalar(
        self,
        tag: str,
        scalar_value: Data,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Log one number; ``new_style`` as a tensor, of float64 if ``double_precision``."""
        made = summary.scalar(tag, scalar_value, new_style=new_style, double_precision=double_precision)
        self._write(made, global_step, walltime)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Data],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Log several numbers into one chart: each line is a run of its own below this one."""
        walltime = time.time() if walltime is None else walltime
        folder = self._get_file_writer().get_logdir()
        assert self.all_writers is not None
        for tag, value in tag_scalar_dict.items():
            made = summary.scalar(main_tag, value)
            run = f"{folder}/{main_tag.replace('/', '_')}_{tag}"
            if run not in self.all_writers:
                self.all_writers[run] = self._open(run)
            self.all_writers[run].add_summary(made, global_step, walltime)

    def add_tensor(
        self, tag: str, tensor: torchere.Tensor, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Log a whole tensor. ValueError for a dtype without a place in event files, or 2 GiB."""
        self._write(summary.tensor_proto(tag, tensor), global_step, walltime)

    def add_histogram(
        self,
        tag: str,
        values: Data,
        global_step: int | None = None,
        bins: str | int | Sequence[float] = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Log the histogram of all elements.

        Args:
            bins: ``"tensorflow"``, fixed bins from -1e20 to 1e20, or what `numpy.histogram` takes: ``"auto"``, 30.
            max_bins: about how many to merge them into.

        Raises:
            ValueError: no elements, or none in the bins.
        """
        if isinstance(bins, str) and bins == "tensorflow":
            bins = self.default_bins
        self._write(summary.histogram(tag, values, bins, max_bins), global_step, walltime)

    def add_histogram_raw(
        self,
        tag: str,
        min: Data,
        max: Data,
        num: int,
        sum: Data,
        sum_squares: Data,
        bucket_limits: Sequence[float] | Data,
        bucket_counts: Sequence[float] | Data,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Log a histogram that is counted already: upper limits and counts of buckets, and statistics of the values.

        Raises:
            ValueError: not as many limits as counts.
        """
        if len(bucket_limits) != len(bucket_counts):
            raise ValueError(
                f"add_histogram_raw: len(bucket_limits) {len(bucket_limits)} != len(bucket_counts) "
                f"{len(bucket_counts)}; each count needs the upper limit of its bucket"
            )
        made = summary.histogram_raw(tag, min, max, num, sum, sum_squares, bucket_limits, bucket_counts)
        self._write(made, global_step, walltime)

    def add_image(
        self,
        tag: str,
        img_tensor: Data,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Log an image of 1, 3 or 4 channels: uint8 in 0..255, else 0..1.

        ``dataformats`` names the axes: ``CHW``, ``HWC``, ``HW``; with ``N`` it is a batch, shown as a grid.
        """
        self._write(summary.image(tag, img_tensor, dataformats=dataformats), global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Data,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Log a batch of images as one grid, eight a row."""
        self.add_image(tag, img_tensor, global_step, walltime, dataformats)

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Data,
        box_tensor: Data,
        global_step: int | None = None,
        walltime: float | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: str | Sequence[str] | None = None,
    ) -> None:
        """Log an image with boxes drawn into it.

        Shape: ``box_tensor`` ``(N, 4)``: left, top, right, bottom in pixels. Labels are left out unless there are N.
        """
        texts = [labels] if isinstance(labels, str) else labels
        if texts is not None and len(texts) != box_tensor.shape[0]:
            texts = None
        made = summary.image_boxes(tag, img_tensor, box_tensor, rescale=rescale, dataformats=dataformats, labels=texts)
        self._write(made, global_step, walltime)

    def add_figure(
        self,
        tag: str,
        figure: Figure | list[Figure],
        global_step: int | None = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Log a Matplotlib figure, or a list of them as a grid, as an image; ``close`` it in pyplot."""
        formats = "NCHW" if isinstance(figure, list) else "CHW"
        self.add_image(tag, figure_to_image(figure, close), global_step, walltime, formats)

    def add_video(
        self,
        tag: str,
        vid_tensor: Data,
        global_step: int | None = None,
        fps: float = 4,
        walltime: float | None = None,
    ) -> None:
        """Log videos side by side as an animated GIF.

        Shape: ``(N, T, C, H, W)``; uint8 in 0..255, else 0..1.
        """
        self._write(summary.video(tag, vid_tensor, fps), global_step, walltime)

    def add_audio(
        self,
        tag: str,
        snd_tensor: Data,
        global_step: int | None = None,
        sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """Log a sound of one channel, ``(1, L)`` in -1..1; ``sample_rate`` in Hz."""
        self._write(summary.audio(tag, snd_tensor, sample_rate=sample_rate), global_step, walltime)

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Log a text, shown as Markdown."""
        self._write(summary.text(tag, text_string), global_step, walltime)

    def add_onnx_graph(self, prototxt: str) -> None:
        """Log the graph of an ONNX file."""
        self._get_file_writer().add_onnx_graph(load_onnx_graph(prototxt))

    def add_graph(
        self, model: Any, input_to_model: Any = None, verbose: bool = False, use_strict_trace: bool = True
    ) -> None:
        """Log the graph of a model: it is run once on ``input_to_model``, a tensor or a tuple, in evaluation mode.

        Args:
            verbose: print the nodes.
            use_strict_trace: refuse dictionaries as results.
        """
        self._get_file_writer().add_graph(graph(model, input_to_model, verbose, use_strict_trace))

    @staticmethod
    def _encode(rawstr: str) -> str:
        """A tag as a name of a folder."""
        return rawstr.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")

    def add_embedding(
        self,
        mat: Data,
        metadata: Sequence[object] | None = None,
        label_img: Data | None = None,
        global_step: int | None = None,
        tag: str = "default",
        metadata_header: Sequence[str] | None = None,
    ) -> None:
        """Log points for the projector.

        Shape: ``mat`` ``(N, D)``; ``label_img`` ``(N, C, H, W)``, a picture for each point.

        Args:
            metadata: a label for each point; with ``metadata_header`` a row of them.

        Raises:
            AssertionError: the numbers do not fit.
        """
        points = make_np(mat)
        step = 0 if global_step is None else global_step
        folder = self._get_file_writer().get_logdir()
        below = f"{str(step).zfill(5)}/{self._encode(tag)}"
        embeddings.write_files(os.path.join(folder, below), points, metadata, label_img, metadata_header)
        self._projector_config.embeddings.append(embeddings.embedding_info(metadata, label_img, below, step, tag))
        embeddings.write_config(folder, self._projector_config)

    def add_pr_curve(
        self,
        tag: str,
        labels: Data,
        predictions: Data,
        global_step: int | None = None,
        num_thresholds: int = 127,
        weights: Data | None = None,
        walltime: float | None = None,
    ) -> None:
        """Log the precision-recall curve of binary ``labels`` and ``predictions`` in 0..1, at most 127 thresholds."""
        made = summary.pr_curve(tag, make_np(labels), make_np(predictions), num_thresholds, weights)
        self._write(made, global_step, walltime)

    def add_pr_curve_raw(
        self,
        tag: str,
        true_positive_counts: Sequence[float] | Data,
        false_positive_counts: Sequence[float] | Data,
        true_negative_counts: Sequence[float] | Data,
        false_negative_counts: Sequence[float] | Data,
        precision: Sequence[float] | Data,
        recall: Sequence[float] | Data,
        global_step: int | None = None,
        num_thresholds: int = 127,
        weights: object = None,
        walltime: float | None = None,
    ) -> None:
        """Log a precision-recall curve from its numbers at each threshold; ``weights`` is accepted and unused."""
        counts = (true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts)
        made = summary.pr_curve_raw(tag, *counts, precision, recall, num_thresholds, weights)
        self._write(made, global_step, walltime)

    def add_custom_scalars_multilinechart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Lay out one chart of several scalars; see `add_custom_scalars`."""
        self.add_custom_scalars({category: {title: ["Multiline", tags]}})

    def add_custom_scalars_marginchart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Lay out one chart of a scalar between two bounds; see `add_custom_scalars`."""
        self.add_custom_scalars({category: {title: ["Margin", tags]}})

    def add_custom_scalars(self, layout: Mapping[str, Mapping[str, Sequence]]) -> None:
        """Lay out charts of scalars logged by `add_scalar`, once for a writer.

        Args:
            layout: ``{category: {chart: [kind, tags]}}``, kind ``"Multiline"`` or ``"Margin"``, which takes three tags.

        Raises:
            AssertionError: a margin chart without exactly three tags.
        """
        self._write(summary.custom_scalars(layout))

    def add_mesh(
        self,
        tag: str,
        vertices: Data,
        colors: Data | None = None,
        faces: Data | None = None,
        config_dict: Mapping[str, object] | None = None,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Log a mesh or a cloud of points.

        Shape: ``vertices``, ``colors`` (0..255) and ``faces`` (indices of vertices) each ``(B, N, 3)``.
        """
        self._write(summary.mesh(tag, vertices, colors, faces, config_dict), global_step, walltime)

    def flush(self) -> None:
        """Write everything logged so far to disk."""
        for writer in (self.all_writers or {}).values():
            writer.flush()

    def close(self) -> None:
        """Flush and close all files; closing twice does nothing."""
        for writer in (self.all_writers or {}).values():
            writer.flush()
            writer.close()
        self.file_writer = self.all_writers = None

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
