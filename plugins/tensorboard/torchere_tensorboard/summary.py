"""The functions that make each kind of ``Summary``, under the names of ``torch.utils.tensorboard.summary``."""

from __future__ import annotations

from .curves import compute_curve, pr_curve, pr_curve_raw
from .histograms import histogram, histogram_raw, make_histogram
from .hyperparameters import hparams
from .images import draw_boxes, image, image_boxes, make_image
from .meshes import mesh
from .recordings import audio, make_video, video
from .scalars import custom_scalars, scalar
from .tensors import tensor_proto
from .texts import text

__all__ = [
    "audio",
    "compute_curve",
    "custom_scalars",
    "draw_boxes",
    "histogram",
    "histogram_raw",
    "hparams",
    "image",
    "image_boxes",
    "make_histogram",
    "make_image",
    "make_video",
    "mesh",
    "pr_curve",
    "pr_curve_raw",
    "scalar",
    "tensor_proto",
    "text",
    "video",
]
