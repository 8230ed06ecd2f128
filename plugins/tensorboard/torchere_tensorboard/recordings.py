"""Sounds and videos."""

from __future__ import annotations

import io
import wave

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary

from .arrays import Data, make_np
from .images import as_bytes

__all__ = ["audio", "make_video", "prepare_video", "video"]


def audio(tag: str, tensor: Data, sample_rate: int = 44100) -> Summary:
    """The summary of a sound, as 16-bit WAV with one channel.

    Shape: ``(1, L)`` or ``(L,)``. Ranges: -1..1, values outside are cut off with a message.

    Raises:
        AssertionError: more than one channel.
    """
    samples = make_np(tensor).squeeze()
    if samples.size and np.abs(samples).max() > 1:
        print("warning: audio amplitude out of range, auto clipped.")
        samples = samples.clip(-1, 1)
    if samples.ndim != 1:
        raise AssertionError(f"audio '{tag}': expected one channel, shape (1, L) or (L,), got {np.shape(tensor)}")
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes((samples * np.iinfo(np.int16).max).astype("<i2").tobytes())
    message = Summary.Audio(
        sample_rate=sample_rate,
        num_channels=1,
        length_frames=len(samples),
        encoded_audio_string=stream.getvalue(),
        content_type="audio/wav",
    )
    return Summary(value=[Summary.Value(tag=tag, audio=message)])


def video(tag: str, tensor: Data, fps: float = 4) -> Summary:
    """The summary of a batch of videos, side by side, as an animated GIF.

    Shape: ``(N, T, C, H, W)``. Ranges: 0..255 for uint8, else 0..1.
    """
    frames = as_bytes(prepare_video(make_np(tensor)))
    return Summary(value=[Summary.Value(tag=tag, image=make_video(frames, fps))])


def prepare_video(videos: np.ndarray) -> np.ndarray:
    """``(N, T, C, H, W)`` to ``(T, rows * H, columns * W, C)``: N is filled with black up to a power of 2.

    Raises:
        ValueError: another number of axes.
    """
    if videos.ndim != 5:
        raise ValueError(f"expected a batch of videos with 5 axes (N, T, C, H, W), got shape {videos.shape}")
    count, frames, channels, height, width = videos.shape
    cells = 1 << (count - 1).bit_length() if count else 0
    filled = np.zeros((cells, *videos.shape[1:]), videos.dtype)
    filled[:count] = videos
    rows = 1 << ((count.bit_length() - 1) // 2)
    grid = filled.reshape(rows, -1, frames, channels, height, width).transpose(2, 0, 4, 1, 5, 3)
    return grid.reshape(frames, rows * height, -1, channels)


def make_video(tensor: np.ndarray, fps: float) -> Summary.Image:
    """Frames ``(T, H, W, C)`` of uint8 as an endless animated GIF in its message.

    Pillow writes it, which tensorboard requires anyway; PyTorch needs moviepy. GIF counts in hundredths of a second.
    """
    from PIL import Image

    _, height, width, channels = tensor.shape
    if channels == 1:
        tensor = tensor[..., 0]
    first, *rest = (Image.fromarray(np.ascontiguousarray(frame)) for frame in tensor)
    stream = io.BytesIO()
    first.save(stream, format="GIF", save_all=True, append_images=rest, duration=1000 / fps, loop=0)
    return Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=stream.getvalue())
