"""``torchere.optim``: optimizers and, in ``torchere.optim.lr_scheduler``, schedules of their learning rate.

An optimizer that another package provides through the entry-point group ``torchere.v1.optimizer`` appears here by its
name.
"""

from importlib import import_module
from typing import Any

from . import lr_scheduler
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


def __getattr__(name: str) -> Any:
    if name == "swa_utils":
        # It needs torchere.nn, which optimizers alone do not.
        return import_module("torchere.optim.swa_utils")
    from .provided import provided

    return provided("optimizer", name, "torchere.optim", __all__)
