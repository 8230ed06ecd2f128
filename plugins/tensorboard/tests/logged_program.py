"""One program that logs everything whose contents are PyTorch's to the letter, and a reader that prints the events.

``python logged_program.py torch FOLDER > pytorch_events.txt`` wrote the file beside this one, with PyTorch 2.13 and
tensorboard 2.21; `test_against_pytorch.py` runs the same with torchere.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

LAYOUT = {"A": {"x": ["Multiline", ["s", "new"]], "y": ["Margin", ["a", "b", "c"]]}}


def values(*shape: int) -> np.ndarray:
    """Numbers in 0..1 without any order, the same everywhere."""
    count = int(np.prod(shape))
    return (np.arange(count) * 37 % 101 / 101).reshape(shape)


def calls(torch: Any, writer: Any) -> Iterator[Callable[[], None]]:
    """The calls, in order; some are errors."""

    def tensor(array: np.ndarray) -> Any:
        made = torch.tensor(array.tolist())
        return made.to(torch.float32) if array.dtype.kind == "f" else made

    x = values(1000) * 6 - 3
    image, batch, labels, scores = values(3, 5, 7), values(11, 1, 4, 5), np.arange(100) % 3 % 2, values(100)
    points = values(5, 3)
    w = writer
    yield lambda: w.add_scalar("s", 1.5, 1)
    yield lambda: w.add_scalar("s", torch.tensor([[2.5]], requires_grad=True), 2, walltime=5)
    yield lambda: w.add_scalar("new", 2.5, np.int64(2), new_style=True)
    yield lambda: w.add_scalar("double", 2.5, 2, new_style=True, double_precision=True)
    yield lambda: w.add_scalar("half", torch.tensor(1.5, dtype=torch.bfloat16), 2)
    yield lambda: w.add_scalar("flag", True)
    yield lambda: w.add_scalar("s", torch.ones(3), 2)
    yield lambda: w.add_scalar("s", [1], 2)
    yield lambda: w.add_scalar("s", "a", 2)
    yield lambda: w.add_scalars("main/tag", {"x": 1, "y": torch.tensor(2.0)}, 4, walltime=7)
    yield lambda: w.add_histogram("h", tensor(x), 1)
    yield lambda: w.add_histogram("h/10", x, 1, bins=10)
    yield lambda: w.add_histogram("h/most", x, 1, max_bins=10)
    yield lambda: w.add_histogram("h/7", x, 1, bins=7, max_bins=3)
    yield lambda: w.add_histogram("h/int", torch.tensor([1, 2, 3]), 1)
    yield lambda: w.add_histogram("h/zero", np.zeros(4), 1)
    yield lambda: w.add_histogram("h/bool", torch.ones(3) > 0, 1)
    yield lambda: w.add_histogram("h/one", 3.0, 1)
    yield lambda: w.add_histogram("h/none", torch.ones(0), 1)
    yield lambda: w.add_histogram("h/far", torch.tensor([1e30, -1e30]), 1)
    yield lambda: w.add_histogram_raw("raw", 0, 1, 3, 2, 5, [1, 2.5], [1, 2], 1)
    yield lambda: w.add_histogram_raw("raw", torch.tensor(0.0), 1, 3, 2, 5, torch.tensor([1, 2.5]), np.ones(2), 1)
    yield lambda: w.add_histogram_raw("raw", 0, 1, 3, 2, 5, [1, 2.5], [1], 1)
    yield lambda: w.add_image("i", tensor(image), 1)
    yield lambda: w.add_image("i/bytes", (image * 255).astype(np.uint8), 1)
    yield lambda: w.add_image("i/last", image.transpose(1, 2, 0) * 2 - 0.5, 1, dataformats="HWC")
    yield lambda: w.add_image("i/grey", image[0], 1, dataformats="hw")
    yield lambda: w.add_image("i/one", image[:1], 1)
    yield lambda: w.add_image("i/rgba", values(4, 5, 6), 1)
    yield lambda: w.add_image("i/bad", image, 1, dataformats="HH")
    yield lambda: w.add_image("i/bad", image, 1, dataformats="HW")
    yield lambda: w.add_images("batch", tensor(batch), 1)
    yield lambda: w.add_images("batch/last", np.repeat(batch, 3, 1).transpose(0, 2, 3, 1), 1, dataformats="NHWC")
    yield lambda: w.add_images("batch/bad", np.repeat(batch, 2, 1), 1)
    yield lambda: w.add_image_with_boxes("boxes", values(3, 40, 60), torch.tensor([[2, 3, 20, 30], [5, 5, 40, 20]]), 1)
    yield lambda: w.add_image_with_boxes("boxes", values(3, 40, 60), np.array([[2.0, 3, 20, 30]]), 1, labels=["a", "b"])
    yield lambda: w.add_audio("sound", tensor(values(1, 100)), 1)
    yield lambda: w.add_audio("sound/loud", values(100) * 2, 1, sample_rate=8000)
    yield lambda: w.add_audio("sound/stereo", values(2, 4), 1)
    yield lambda: w.add_text("text", "h\u00e9 **b**", 1)
    yield lambda: w.add_pr_curve("pr", torch.tensor(labels.tolist()), tensor(scores), 1)
    yield lambda: w.add_pr_curve("pr/many", labels, scores, 1, num_thresholds=200, weights=0.5)
    yield lambda: w.add_pr_curve("pr/few", labels, scores, 1, num_thresholds=9, weights=np.arange(100))
    yield lambda: w.add_pr_curve_raw("pr/raw", [1, 2], [1, 2], [1, 2], [1, 2], [0.1, 0.2], [0.3, 0.4], 1, 2)
    yield lambda: w.add_pr_curve_raw("pr/raw", *[torch.tensor([1.0, 2])] * 6, 1, num_thresholds=2)
    yield lambda: w.add_custom_scalars(LAYOUT)
    yield lambda: w.add_custom_scalars({"A": {"y": ["Margin", ["a", "b"]]}})
    yield lambda: w.add_custom_scalars_multilinechart(["a", "b"])
    yield lambda: w.add_custom_scalars_marginchart(["a", "b", "c"], title="q")
    yield lambda: w.add_custom_scalars_marginchart(["a", "b"])
    yield lambda: w.add_mesh(
        "mesh", tensor(values(1, 4, 3)), torch.tensor([[[255, 0, 0]] * 4]), None, {"a": {"b": 1}}, 1
    )
    yield lambda: w.add_mesh("mesh/all", tensor(values(1, 4, 3)), None, torch.tensor([[[0, 1, 2]]]), global_step=2)
    yield lambda: w.add_mesh("mesh/bad", tensor(values(4, 3)))
    yield lambda: w.add_hparams(
        {"lr": 0.1, "size": 3, "flag": True, "none": None, "name": "x", "tensor": torch.tensor([2.5])},
        {"accuracy": 1, "loss": torch.tensor(0.5)},
        {"lr": [0.1, 0.2], "name": ["x", "y"]},
        run_name="run",
        global_step=3,
    )
    yield lambda: w.add_hparams([], {})
    yield lambda: w.add_hparams({"a": [1]}, {})
    yield lambda: w.add_hparams({"a": 1}, {}, {"a": ["x"]})
    yield lambda: w.add_hparams({"a": 1}, {}, {"b": [1]})
    yield lambda: w.add_hparams({"a": 1}, {}, 3)
    for dtype in ("float32", "float64", "int8", "int16", "int32", "int64", "bool", "complex64", "complex128"):
        yield lambda dtype=dtype: w.add_tensor(dtype, torch.ones(2, 3).to(getattr(torch, dtype)), 1)
    yield lambda: w.add_tensor("scalar", torch.tensor(4.0), 1)
    yield lambda: w.add_tensor("bad", torch.ones(2).to(torch.float8_e4m3fn), 1)
    yield lambda: w.add_embedding(tensor(points), [*"abcd", 5], tensor(values(5, 3, 4, 4)), 1, "a/b\\%")
    yield lambda: w.add_embedding(points, metadata=[["a", 1]] * 5, metadata_header=["x", "y"])
    yield lambda: w.add_embedding(points, metadata=["a"], global_step=2)
    yield lambda: w.add_embedding(points[0], global_step=3)
    yield lambda: w.add_embedding(points, label_img=tensor(values(4, 3, 4, 4)), global_step=4)
    yield lambda: w.add_embedding(points, [["a", 1]] * 5, global_step=5, metadata_header=["x"])
    yield lambda: w.add_graph(torch.nn.Linear(3, 2))
    yield lambda: w.add_graph(torch.nn.Linear(3, 2), torch.ones(4, 4))


def run(framework: str, folder: str) -> list[str]:
    """Log everything, and describe errors and files."""
    torch = import_module(framework)
    writer = import_module(f"{framework}.utils.tensorboard").SummaryWriter(folder, purge_step=3, filename_suffix=".end")
    lines = []
    for number, call in enumerate(calls(torch, writer)):
        try:
            call()
        except Exception as error:
            known = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
            lines.append(f"call {number}: {known.__name__}")
    writer.close()
    writer.close()
    writer.add_scalar("again", 1, 1)
    writer.close()
    return lines + list(described(Path(folder)))


def described(folder: Path) -> Iterator[str]:
    """Each file below a folder: events as text, without times; floats to six digits, pictures as hashes of pixels."""
    for path in sorted(folder.rglob("*"), key=lambda path: (str(path.parent), path.name)):
        below = path.relative_to(folder)
        if path.is_dir():
            continue
        if "tfevents" in path.name:
            yield f"file {below.parent} {path.suffix}"
            yield from events(path)
        else:
            yield f"file {below}"
            yield pixels(path.read_bytes()) if path.suffix == ".png" else repr(rounded(path.read_text()))


def rounded(text: str) -> str:
    """Floats with six digits: sums differ in the last ones between machines."""
    return re.sub(r"-?\d+\.\d+(e[-+]?\d+)?", lambda found: f"{float(found[0]):.6g}", text)


def shortened(line: str) -> str:
    """The first characters of a long line, and a hash of all."""
    return line if len(line) <= 500 else f"{line[:400]} … {hashlib.sha256(line.encode()).hexdigest()[:16]}"


def pixels(encoded: bytes) -> str:
    """Mode, size and hash of a picture."""
    from PIL import Image

    picture = Image.open(io.BytesIO(encoded))
    return f"{picture.mode} {picture.size} {hashlib.sha256(picture.tobytes()).hexdigest()[:16]}"


def events(path: Path) -> Iterator[str]:
    """The events of a file, by TensorBoard's own reader of records."""
    from google.protobuf import text_format
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    for raw in RawEventFileLoader(str(path)).Load():
        event = Event.FromString(raw)
        if event.wall_time > 1e6:
            event.wall_time = 0
        for value in event.summary.value:
            if value.WhichOneof("value") == "image":
                value.image.encoded_image_string = pixels(value.image.encoded_image_string).encode()
            elif value.WhichOneof("value") == "audio":
                sound = hashlib.sha256(value.audio.encoded_audio_string).hexdigest()[:16]
                value.audio.encoded_audio_string = sound.encode()
            elif value.metadata.plugin_data.plugin_name == "hparams":  # a map, in any order of bytes
                content = HParamsPluginData.FromString(value.metadata.plugin_data.content)
                value.metadata.plugin_data.content = text_format.MessageToBytes(content, as_one_line=True)
        yield shortened(rounded(text_format.MessageToString(event, as_one_line=True)))


if __name__ == "__main__":
    print("\n".join(run(*sys.argv[1:])))
