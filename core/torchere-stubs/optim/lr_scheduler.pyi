"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_optim.lr_scheduler.composition import ChainedScheduler as ChainedScheduler
from torchere_optim.lr_scheduler.composition import SequentialLR as SequentialLR
from torchere_optim.lr_scheduler.cosine import CosineAnnealingLR as CosineAnnealingLR
from torchere_optim.lr_scheduler.cosine import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from torchere_optim.lr_scheduler.cyclic import CyclicLR as CyclicLR
from torchere_optim.lr_scheduler.cyclic import OneCycleLR as OneCycleLR
from torchere_optim.lr_scheduler.decay import ConstantLR as ConstantLR
from torchere_optim.lr_scheduler.decay import ExponentialLR as ExponentialLR
from torchere_optim.lr_scheduler.decay import LambdaLR as LambdaLR
from torchere_optim.lr_scheduler.decay import LinearLR as LinearLR
from torchere_optim.lr_scheduler.decay import MultiStepLR as MultiStepLR
from torchere_optim.lr_scheduler.decay import MultiplicativeLR as MultiplicativeLR
from torchere_optim.lr_scheduler.decay import PolynomialLR as PolynomialLR
from torchere_optim.lr_scheduler.decay import StepLR as StepLR
from torchere_optim.lr_scheduler.plateau import ReduceLROnPlateau as ReduceLROnPlateau
from torchere_optim.lr_scheduler.scheduler import LRScheduler as LRScheduler

def __getattr__(name: str) -> Any: ...
