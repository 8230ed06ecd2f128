"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere.optim import lr_scheduler as lr_scheduler
from torchere_optim.adam import Adam as Adam
from torchere_optim.adam import AdamW as AdamW
from torchere_optim.adam_family import Adamax as Adamax
from torchere_optim.adam_family import NAdam as NAdam
from torchere_optim.adam_family import RAdam as RAdam
from torchere_optim.adaptive import Adadelta as Adadelta
from torchere_optim.adaptive import Adagrad as Adagrad
from torchere_optim.adaptive import RMSprop as RMSprop
from torchere_optim.averaging import ASGD as ASGD
from torchere_optim.lbfgs import LBFGS as LBFGS
from torchere_optim.matrix_aware import Adafactor as Adafactor
from torchere_optim.matrix_aware import Muon as Muon
from torchere_optim.optimizer import Optimizer as Optimizer
from torchere_optim.rprop import Rprop as Rprop
from torchere_optim.sgd import SGD as SGD
from torchere_optim.sparse_adam import SparseAdam as SparseAdam
from torchere_optim.swapping import swap_in_optimizer_params_and_state as swap_in_optimizer_params_and_state

def __getattr__(name: str) -> Any: ...
