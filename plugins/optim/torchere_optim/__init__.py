"""``torchere.optim``: optimizers and, in ``torchere.optim.lr_scheduler``, schedules of their learning rate.

An optimizer that another package provides through the entry-point group ``torchere.v1.optimizer`` appears here by its
name.
"""

import sys
from importlib import import_module
from typing import Any

from . import adam, adam_family, adaptive, averaging, lr_scheduler, matrix_aware
from .adam import Adam, AdamW
from .adam_family import Adamax, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .averaging import ASGD
from .lbfgs import LBFGS
from .matrix_aware import Adafactor, Muon
from .optimizer import Optimizer
from .rprop import Rprop
from .sgd import SGD
from .sparse_adam import SparseAdam
from .swapping import swap_in_optimizer_params_and_state

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SparseAdam",
    "lr_scheduler",
    "swa_utils",
    "swap_in_optimizer_params_and_state",
]

#: PyTorch's modules, one an optimizer, and ours that hold theirs: ``from torchere.optim.nadam import NAdam``.
_PATHS = {
    "_adafactor": matrix_aware,
    "_muon": matrix_aware,
    "adadelta": adaptive,
    "adagrad": adaptive,
    "adamax": adam_family,
    "adamw": adam,
    "asgd": averaging,
    "nadam": adam_family,
    "radam": adam_family,
    "rmsprop": adaptive,
}
for _path, _module in _PATHS.items():
    sys.modules[f"{__name__}.{_path}"] = _module


def __getattr__(name: str) -> Any:
    if name == "swa_utils":
        # It needs torchere.nn, which optimizers alone do not.
        return import_module("torchere.optim.swa_utils")
    from .provided import provided

    return provided("optimizer", name, "torchere.optim", __all__)
