"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_vision.transforms.geometry import RandomAffine as RandomAffine
from torchere_vision.transforms.geometry import RandomCrop as RandomCrop
from torchere_vision.transforms.geometry import RandomHorizontalFlip as RandomHorizontalFlip
from torchere_vision.transforms.transform import Compose as Compose
from torchere_vision.transforms.transform import Transform as Transform
from torchere_vision.transforms.values import Lambda as Lambda
from torchere_vision.transforms.values import Normalize as Normalize
from torchere_vision.transforms.values import ToTensor as ToTensor

def __getattr__(name: str) -> Any: ...
