"""``torchere.nn.modules``: PyTorch's paths to the families of layers.

``torchere.nn.modules.conv`` is the module ``torchere_nn.conv`` itself, so private base classes such as ``_ConvNd`` and
``_BatchNorm`` are found where PyTorch's programs look for them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from . import container, module, rnn, utils

__all__ = ["container", "module", "rnn", "utils"]

_PATHS = {
    "activation": "activation",
    "adaptive": "adaptive_softmax",
    "batchnorm": "batch_normalization",
    "channelshuffle": "upsampling",
    "conv": "conv",
    "distance": "distance",
    "dropout": "dropout",
    "flatten": "linear",
    "fold": "upsampling",
    "instancenorm": "batch_normalization",
    "lazy": "lazy",
    "linear": "linear",
    "loss": "loss",
    "normalization": "normalization",
    "padding": "padding",
    "pixelshuffle": "upsampling",
    "pooling": "pooling",
    "sparse": "embedding",
    "transformer": "transformer",
    "upsampling": "upsampling",
}

for _path, _own in _PATHS.items():
    _module = import_module(f"torchere_nn.{_own}")
    sys.modules[f"{__name__}.{_path}"] = _module
    globals()[_path] = _module


def __getattr__(name: str) -> Any:
    # Every layer is also an attribute here.
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(sys.modules["torchere_nn"], name)
