"""``torchere.optim``: optimizers and, in ``torchere.optim.lr_scheduler``, schedules of their learning rate.

An optimizer that another package provides through the entry-point group ``torchere.v1.optimizer`` appears here by its
name.
"""

from typing import Any

from . import lr_scheduler
from .adam import Adam, AdamW
from .adam_family import Adamax, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .averaging import ASGD
from .optimizer import Optimizer
from .rprop import Rprop
from .sgd import SGD

__all__ = [
    "ASGD",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
]


def __getattr__(name: str) -> Any:
    from .provided import provided

    return provided("optimizer", name, "torchere.optim", __all__)
