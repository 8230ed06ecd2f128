"""What `SummaryWriter` writes, read back with TensorBoard's own reader, and how files are opened and closed."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import torchere

pytest.importorskip("tensorboard")

from tensorboard.backend.event_processing.event_accumulator import STORE_EVERYTHING_SIZE_GUIDANCE, EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.util import tensor_util
from torchere.utils.tensorboard import FileWriter, RecordWriter, SummaryWriter


@pytest.fixture
def writer(tmp_path):
    with SummaryWriter(tmp_path / "run") as made:
        yield made


def read(writer):
    writer.close()
    return EventAccumulator(str(writer.log_dir), STORE_EVERYTHING_SIZE_GUIDANCE).Reload()


def picture(image):
    from PIL import Image

    return Image.open(io.BytesIO(image.encoded_image_string))


def test_names():
    import torchere.utils.tensorboard as package
    from torchere.utils.tensorboard import summary
    from torchere.utils.tensorboard.writer import SummaryWriter as by_module

    assert by_module is SummaryWriter is torchere.utils.tensorboard.writer.SummaryWriter
    assert set(package.__all__) == {"FileWriter", "RecordWriter", "SummaryWriter"}
    assert all(callable(getattr(summary, name)) for name in summary.__all__)
    assert callable(RecordWriter)


def test_scalars(writer):
    for step in range(3):
        writer.add_scalar("loss", torchere.tensor(step / 2, requires_grad=True), step, walltime=100 + step)
    events = read(writer).Scalars("loss")
    assert [(event.step, event.value, event.wall_time) for event in events] == [(0, 0, 100), (1, 0.5, 101), (2, 1, 102)]


def test_add_scalars_writes_a_run_for_each_line(writer):
    for step in range(2):
        writer.add_scalars("a/b", {"x": step, "y": 2 * step}, step)
    writer.close()
    for name, factor in (("x", 1), ("y", 2)):
        run = EventAccumulator(str(writer.log_dir / f"a_b_{name}")).Reload()
        assert [event.value for event in run.Scalars("a/b")] == [0, factor]


def test_histogram_counts_every_value(writer):
    torchere.manual_seed(0)
    values = torchere.randn(50, 20)
    writer.add_histogram("normal", values, 1)
    (event,) = read(writer).Histograms("normal")
    found = event.histogram_value
    assert found.num == 1000 == sum(found.bucket)
    assert found.min == pytest.approx(values.min().item())
    assert found.sum_squares == pytest.approx(values.square().sum().item(), rel=1e-5)
    below = sum(count for count, limit in zip(found.bucket, found.bucket_limit, strict=True) if limit <= 0)
    assert below == (values < 0).sum().item()


def test_images_are_what_was_drawn(writer):
    pixels = (torchere.arange(60) * 4).reshape(3, 4, 5).to(torchere.uint8)
    writer.add_image("bytes", pixels)
    writer.add_image("floats", pixels / 255)
    writer.add_images("batch", torchere.stack([pixels, pixels]))
    events = read(writer)
    expected = pixels.permute(1, 2, 0).numpy()
    for tag in ("bytes", "floats"):
        (event,) = events.Images(tag)
        assert (event.height, event.width) == (4, 5)
        # 0.3 * 255 may fall just below its whole number, and is cut
        assert np.abs(np.asarray(picture(event), int) - expected).max() <= (tag == "floats")
    (event,) = events.Images("batch")
    assert (np.asarray(picture(event)) == np.concatenate([expected, expected], 1)).all()


def test_boxes_and_labels(writer):
    plain = torchere.zeros(3, 60, 80)
    boxes = torchere.tensor([[10, 5, 70, 50]])
    writer.add_image_with_boxes("box", plain, boxes)
    writer.add_image_with_boxes("label", plain, boxes, labels="cat", rescale=2)
    events = read(writer)
    box = np.asarray(picture(events.Images("box")[0]))
    assert (box[5, 10:70] == (255, 0, 0)).all()
    assert (box[20:40, 20:60] == 0).all()
    label = picture(events.Images("label")[0])
    assert label.size == (160, 120)
    assert (np.asarray(label)[90, 24:40] == (255, 0, 0)).all(1).any()


def test_figures(writer):
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 2), dpi=50, facecolor="blue")
    writer.add_figure("one", figure)
    writer.add_figure("two", [figure, figure], close=False)
    events = read(writer)
    assert picture(events.Images("one")[0]).size == (50, 100)
    assert picture(events.Images("two")[0]).size == (100, 100)
    assert picture(events.Images("one")[0]).getpixel((0, 0)) == (0, 0, 255)


def test_video_plays(writer):
    frames = torchere.zeros(3, 4, 3, 6, 8)
    frames[1, 2] = 1.0
    writer.add_video("video", frames, fps=10)
    writer.add_video("grey", (frames[:1, :, :1] * 255).to(torchere.uint8))
    events = read(writer)
    video = picture(events.Images("video")[0])
    assert (video.format, video.n_frames, video.size, video.info["loop"]) == ("GIF", 3, (32, 6), 0)  # two are equal
    shown = []
    for number in range(video.n_frames):
        video.seek(number)
        shown.append((video.info["duration"], video.convert("RGB").getpixel((12, 3))))
    assert shown == [(200, (0, 0, 0)), (100, (255, 255, 255)), (100, (0, 0, 0))]
    assert picture(events.Images("grey")[0]).size == (8, 6)
    with pytest.raises(ValueError, match=r"5 axes .*\(4, 3, 6, 8\)"):
        writer.add_video("bad", frames[0])


NAMES = "bool uint8 int8 int16 int32 int64 float16 float32 float64 complex64 complex128".split()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(), (2, 3), (0, 2)])
def test_tensors_come_back_from_tensorboards_reader(writer, name, shape):
    tensor = (torchere.arange(6) - 1).reshape(2, 3)
    tensor = (tensor[1, 1] if shape == () else tensor[: shape[0], : shape[1]]).to(getattr(torchere, name))
    writer.add_tensor("tensor", tensor.T if shape else tensor)
    (event,) = read(writer).Tensors("tensor")
    found = tensor_util.make_ndarray(event.tensor_proto)
    expected = tensor.T if shape else tensor
    assert found.shape == tuple(expected.shape)
    assert found.astype(complex).tolist() == expected.to(torchere.complex128).tolist()


def test_bfloat16_is_stored_as_bits(writer):
    writer.add_tensor("tensor", torchere.tensor([1.0, -2.0]).to(torchere.bfloat16))
    (event,) = read(writer).Tensors("tensor")  # TensorBoard alone has no type to read it into
    assert list(event.tensor_proto.half_val) == [0x3F80, 0xC000]


def test_a_tensor_of_another_dtype(writer):
    with pytest.raises(ValueError, match=r"'t' has unsupported tensor dtype torch.float8_e4m3fn; supported are fl"):
        writer.add_tensor("t", torchere.ones(2).to(torchere.float8_e4m3fn))


def test_numbers_of_any_kind(writer):
    for value in (
        3,
        3.0,
        np.float32(3),
        np.array([[3]]),
        torchere.tensor(3),
        torchere.tensor([3.0]).to(torchere.bfloat16),
    ):
        writer.add_scalar("three", value)
    assert {event.value for event in read(writer).Scalars("three")} == {3.0}


WRONG = [
    (AssertionError, r"'s': expected one number, got an array of shape \(2, 2\)", "scalar", ["s", np.ones((2, 2))]),
    (NotImplementedError, "a tensor, a numpy array or a number, and got list", "scalar", ["s", [1]]),
    (ValueError, r"no value of \[1e\+30, 1e\+30\] lies in the bins", "histogram", ["h", 1e30]),
    (ValueError, r"limits\) 1 != len\(bucket_counts\) 2", "histogram_raw", ["h", 0, 1, 1, 1, 1, [1], [1, 2]]),
    (
        AssertionError,
        r"has 3 axes \(shape \(1, 2, 3\)\), dataformats 'NCHW' names 4",
        "images",
        ["i", np.ones((1, 2, 3))],
    ),
    (AssertionError, "'XYZ' is not an order of the letters HW", "image", ["i", np.ones((1, 2, 3)), 1, 1, "XYZ"]),
    (
        ValueError,
        "'a' should be int, float, str, bool or a tensor, got list",
        "hparams",
        [{"a": []}, {}],
    ),
    (AssertionError, r"3 tags \(value, lower, upper\), got 1: \['a'\]", "custom_scalars_marginchart", [["a"]]),
    (AssertionError, r"there are 1 labels \(metadata\) for 2 points", "embedding", [np.ones((2, 2)), ["a"]]),
]


@pytest.mark.parametrize(("kind", "message", "method", "arguments"), WRONG)
def test_messages_say_what_is_wrong(writer, kind, message, method, arguments):
    with pytest.raises(kind, match=message):
        getattr(writer, f"add_{method}")(*arguments)


def test_an_embedding_that_fails_leaves_no_folder(writer):
    with pytest.raises(AssertionError):
        writer.add_embedding(torchere.ones(2, 2), ["a"])
    assert [path.suffix for path in Path(writer.log_dir).iterdir() if "tfevents" not in path.name] == []
    (writer.log_dir / "00000").mkdir()
    (writer.log_dir / "00000" / "default").touch()
    with pytest.raises(NotADirectoryError, match="is a file"):
        writer.add_embedding(torchere.ones(2, 2))


def test_embeddings_are_found_by_the_projector(writer):
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    points = torchere.arange(12.0).reshape(4, 3)
    writer.add_embedding(points, ["a", "b", "c", "d"], torchere.rand(4, 1, 5, 6), tag="first")
    writer.add_embedding(points * 2, global_step=7)
    config = text_format.Parse((writer.log_dir / "projector_config.pbtxt").read_text(), ProjectorConfig())
    first, second = config.embeddings
    assert (first.tensor_name, second.tensor_name) == ("first:00000", "default:00007")
    assert list(first.sprite.single_image_dim) == [6, 5]
    assert np.loadtxt(writer.log_dir / second.tensor_path, delimiter="\t").tolist() == (points * 2).tolist()
    assert (writer.log_dir / first.metadata_path).read_text().split() == ["a", "b", "c", "d"]


def test_hyperparameters_are_a_run_below(writer):
    writer.add_hparams({"lr": 0.1, "name": "x"}, {"accuracy": 0.5}, run_name="trial")
    writer.close()
    run = EventAccumulator(str(writer.log_dir / "trial")).Reload()
    assert [event.value for event in run.Scalars("accuracy")] == [0.5]
    assert set(run.summary_metadata) >= {
        "_hparams_/experiment",
        "_hparams_/session_start_info",
        "_hparams_/session_end_info",
    }


def test_purged_steps_disappear(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(5):
            writer.add_scalar("s", step, step)
    with SummaryWriter(tmp_path, purge_step=2, filename_suffix=".second") as writer:
        writer.add_scalar("s", 20, 2)
    events = EventAccumulator(str(tmp_path)).Reload().Scalars("s")
    assert [(event.step, event.value) for event in events] == [(0, 0), (1, 1), (2, 20)]


def test_default_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="_lr0.1") as writer:
        assert writer.get_logdir().startswith("runs" + os.sep)
        assert writer.get_logdir().endswith("_lr0.1")
        assert writer.file_writer.get_logdir() == writer.get_logdir()
        assert Path(writer.get_logdir()).is_dir()


def test_closing_and_going_on(tmp_path):
    writer = SummaryWriter(tmp_path, max_queue=1, flush_secs=1)
    writer.add_scalar("s", 1, 1)
    writer.close()
    writer.close()
    writer.flush()
    writer.add_scalar("s", 2, 2)
    writer.flush()
    events = EventAccumulator(str(tmp_path)).Reload().Scalars("s")
    assert [event.value for event in events] == [1, 2]
    writer.close()


def test_file_writer(tmp_path):
    writer = FileWriter(tmp_path / "new" / "folder", filename_suffix=".end")
    assert writer.get_logdir() == str(tmp_path / "new" / "folder")
    writer.add_event(Event(file_version="x"), step=np.int64(3), walltime=4)
    writer.reopen()  # open already: nothing happens
    writer.close()
    (path,) = (tmp_path / "new" / "folder").iterdir()
    assert path.name.endswith(".end")
    with pytest.raises(OSError, match="closed"):
        writer.add_event(Event())
    writer.reopen()
    writer.add_event(Event(file_version="y"), step=4)
    writer.close()
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 2


def test_a_program_that_forgets_to_close_loses_nothing(tmp_path):
    program = (
        "import sys; from torchere.utils.tensorboard import SummaryWriter\n"
        "writer = SummaryWriter(sys.argv[1], max_queue=1000)\n"
        "for step in range(500): writer.add_scalar('s', step, step)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert len(EventAccumulator(str(tmp_path), {"scalars": 0}).Reload().Scalars("s")) == 500


def test_without_tensorboard(tmp_path):
    program = (
        "import sys; sys.modules['tensorboard'] = None\n"
        "try:\n    from torchere.utils.tensorboard import SummaryWriter\n"
        "except ImportError as error:\n    print(error)\n"
        "import torchere; print(torchere.ones(2).sum().item())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert "tensorboard" in done.stdout
    assert "pip install 'torchere[tensorboard]'" in done.stdout
    assert done.stdout.endswith("2.0\n")
