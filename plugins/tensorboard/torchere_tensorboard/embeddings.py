"""Embeddings: the files that TensorBoard's projector reads beside the events."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from google.protobuf import text_format
from tensorboard.compat import tf
from tensorboard.plugins.projector.projector_config_pb2 import EmbeddingInfo, ProjectorConfig

from .arrays import Data, make_np
from .images import make_grid

__all__ = ["embedding_info", "write_config", "write_files"]


def write_files(
    folder: str,
    mat: np.ndarray,
    metadata: Sequence[object] | None,
    label_img: Data | None,
    metadata_header: Sequence[str] | None,
) -> None:
    """Write the points, their labels and their images into a folder; everything is checked before anything is written.

    Raises:
        AssertionError: ``mat`` is not ``(N, D)``, or not N labels, images, or a header that does not fit.
        NotADirectoryError: the folder's name is a file's.
    """
    if mat.ndim != 2:
        raise AssertionError(f"mat should be 2-D, (points, features); its shape is {mat.shape}")
    for name, given in (("labels (metadata)", metadata), ("images (label_img)", label_img)):
        if given is not None and len(given) != len(mat):
            raise AssertionError(f"there are {len(given)} {name} for {len(mat)} points (rows of mat)")
    if metadata is not None and metadata_header and len(metadata_header) != len(metadata[0]):
        raise AssertionError(f"the header has {len(metadata_header)} names for {len(metadata[0])} columns of metadata")
    if not tf.io.gfile.exists(folder):
        tf.io.gfile.makedirs(folder)
    elif tf.io.gfile.isdir(folder):
        print("warning: Embedding dir exists, did you set global_step for add_embedding()?")
    else:
        raise NotADirectoryError(f"'{folder}' is a file, so embeddings cannot be written into it")
    if metadata is not None:
        _write(_join(folder, "metadata.tsv"), _labels(metadata, metadata_header))
    if label_img is not None:
        _write(_join(folder, "sprite.png"), _sprite(make_np(label_img)))
    rows = ("\t".join(map(str, row)) + "\n" for row in mat.tolist())
    _write(_join(folder, "tensors.tsv"), "".join(rows).encode())


def _join(folder: str, name: str) -> str:
    # tensorboard's stand-in for TensorFlow joins in its file systems, TensorFlow itself in gfile.
    if hasattr(tf.io.gfile, "join"):
        return tf.io.gfile.join(folder, name)
    return tf.io.gfile.get_filesystem(folder).join(folder, name)


def _write(path: str, content: bytes) -> None:
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(content)


def _labels(metadata: Sequence[object], header: Sequence[str] | None) -> bytes:
    lines = [str(label) for label in metadata]
    if header:
        lines = ["\t".join(map(str, row)) for row in (header, *metadata)]
    return ("\n".join(lines) + "\n").encode()


def _sprite(images: np.ndarray) -> bytes:
    """Images ``(N, C, H, W)`` in the upper left of a square PNG, as many a row as fit N in a square."""
    from PIL import Image

    grid = make_grid(images, ncols=math.ceil(len(images) ** 0.5)).transpose(1, 2, 0)
    height, width, _ = grid.shape
    square = np.zeros((max(height, width), width, 3), grid.dtype)
    square[:height] = grid
    pixels = square if square.dtype == np.uint8 else (square * 255.0).clip(0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return stream.getvalue()


def embedding_info(
    metadata: Sequence[object] | None, label_img: Data | None, subdir: str, global_step: int, tag: str
) -> EmbeddingInfo:
    """What the projector needs to know of the files in ``subdir``."""
    info = EmbeddingInfo(tensor_name=f"{tag}:{str(global_step).zfill(5)}", tensor_path=_join(subdir, "tensors.tsv"))
    if metadata is not None:
        info.metadata_path = _join(subdir, "metadata.tsv")
    if label_img is not None:
        info.sprite.image_path = _join(subdir, "sprite.png")
        info.sprite.single_image_dim.extend([label_img.shape[3], label_img.shape[2]])
    return info


def write_config(log_dir: str, config: ProjectorConfig) -> None:
    """Write the list of all embeddings of a run."""
    _write(_join(log_dir, "projector_config.pbtxt"), text_format.MessageToString(config).encode())
