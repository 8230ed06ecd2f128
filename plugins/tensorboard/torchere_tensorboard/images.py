"""Images: layouts, grids, boxes and PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary

from .arrays import Data, make_np

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["as_bytes", "convert_to_HWC", "draw_boxes", "image", "image_boxes", "make_grid", "make_image"]


def image(tag: str, tensor: Data, rescale: float = 1, dataformats: str = "NCHW") -> Summary:
    """The summary of an image, or of a batch as a grid.

    Shape: ``dataformats`` names the axes: ``CHW``, ``HWC``, ``HW``, ``NCHW``, ``NHWC`` …; 1, 3 or 4 channels (2 are
    read as grey and alpha).
    Ranges: 0..255 for uint8, else 0..1; values outside are cut off.
    """
    pixels = as_bytes(convert_to_HWC(make_np(tensor), dataformats))
    return Summary(value=[Summary.Value(tag=tag, image=make_image(pixels, rescale=rescale))])


def image_boxes(
    tag: str,
    tensor_image: Data,
    tensor_boxes: Data,
    rescale: float = 1,
    dataformats: str = "CHW",
    labels: Sequence[str] | None = None,
) -> Summary:
    """The summary of an image with red boxes, ``(N, 4)`` of left, top, right, bottom in pixels, and their labels."""
    pixels = as_bytes(convert_to_HWC(make_np(tensor_image), dataformats))
    message = make_image(pixels, rescale=rescale, rois=make_np(tensor_boxes), labels=labels)
    return Summary(value=[Summary.Value(tag=tag, image=message)])


def as_bytes(array: np.ndarray) -> np.ndarray:
    """Values 0..255 (uint8) or 0..1 (all other types) as uint8."""
    if array.dtype == np.uint8:
        return array
    return (array.astype(np.float32) * 255).clip(0, 255).astype(np.uint8)


def make_grid(images: np.ndarray, ncols: int = 8) -> np.ndarray:
    """Images side by side, ``(N, C, H, W)`` to ``(3, rows * H, columns * W)``; places left over are black.

    Raises:
        AssertionError: not a batch of images with 1 or 3 channels.
    """
    if not isinstance(images, np.ndarray) or images.ndim != 4 or images.shape[1] not in (1, 3):
        raise AssertionError(
            "a grid is made of a 4-D numpy array with 1 or 3 channels, (N, C, H, W); "
            f"got shape {getattr(images, 'shape', type(images).__name__)}"
        )
    count, _, height, width = images.shape
    columns = min(count, ncols)
    rows = -(-count // columns) if columns else 0
    cells = np.zeros((rows * columns, 3, height, width), images.dtype)
    cells[:count] = images  # one channel broadcasts to three
    grid = cells.reshape(rows, columns, 3, height, width).transpose(2, 0, 3, 1, 4)
    return grid.reshape(3, rows * height, columns * width)


def convert_to_HWC(tensor: np.ndarray, input_format: str) -> np.ndarray:
    """Axes named by ``input_format`` in the order height, width, channel; grey becomes RGB, a batch a grid.

    Raises:
        AssertionError: a letter twice, or not one letter for each axis.
    """
    if len(set(input_format)) != len(input_format):
        raise AssertionError(f"dataformats '{input_format}' has a letter twice; each names one axis of the image")
    if tensor.ndim != len(input_format):
        raise AssertionError(
            f"the image has {tensor.ndim} axes (shape {tensor.shape}), dataformats '{input_format}' names "
            f"{len(input_format)}. Pass the dataformats that fit, such as HW, CHW, HWC or NCHW."
        )
    wanted = {2: "HW", 3: "HWC", 4: "NCHW"}.get(tensor.ndim)
    letters = input_format.upper()
    if wanted is None or set(letters) != set(wanted):
        raise AssertionError(f"dataformats '{input_format}' is not an order of the letters HW, HWC or NCHW")
    ordered = tensor.transpose([letters.index(letter) for letter in wanted])
    if tensor.ndim == 4:
        return make_grid(ordered).transpose(1, 2, 0)
    if tensor.ndim == 2:
        return np.stack([ordered] * 3, 2)
    return np.concatenate([ordered] * 3, 2) if ordered.shape[2] == 1 else ordered


def draw_boxes(disp_image: Image, boxes: np.ndarray, labels: Sequence[str] | None = None) -> Image:
    """Draw boxes ``(N, 4)``, left, top, right, bottom, into a Pillow image, with labels at their lower left."""
    for number, box in enumerate(boxes):
        _draw_box(disp_image, *map(float, box), label=labels[number] if labels is not None else None)
    return disp_image


def _draw_box(picture: Image, left: float, top: float, right: float, bottom: float, label: str | None) -> None:
    from PIL import ImageDraw, ImageFont

    draw = ImageDraw.Draw(picture)
    draw.line([(left, top), (left, bottom), (right, bottom), (right, top), (left, top)], width=2, fill="Red")
    if not label:
        return
    font = ImageFont.load_default()
    text_left, text_top, text_right, text_bottom = font.getbbox(label)
    width, height = text_right - text_left, text_bottom - text_top
    margin = np.ceil(0.05 * height)
    draw.rectangle([(left, bottom - height - 2 * margin), (left + width, bottom)], fill="Red")
    draw.text((left + margin, bottom - height - margin), label, fill="black", font=font)


def make_image(
    tensor: np.ndarray, rescale: float = 1, rois: np.ndarray | None = None, labels: Sequence[str] | None = None
) -> Summary.Image:
    """A uint8 array ``(H, W, C)`` as a PNG in its message, with boxes ``rois`` drawn before it is rescaled."""
    from PIL import Image

    height, width, channels = tensor.shape
    picture = Image.fromarray(np.ascontiguousarray(tensor))
    if rois is not None:
        picture = draw_boxes(picture, rois, labels)
    if rescale != 1:
        picture = picture.resize((int(width * rescale), int(height * rescale)), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, format="PNG")
    return Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=stream.getvalue())
