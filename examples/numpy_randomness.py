"""Weights, shuffling and dropout drawn by NumPy, so that the examples take the same path in every framework.

Their numbers are compared with PyTorch's, whose random numbers differ from any other framework's. A program that
need not be compared leaves this file out: layers initialise themselves, `shuffle=True` and `nn.Dropout` do the rest.
"""

from collections.abc import Iterator, Sized

import numpy as np
import torchere.nn as nn
from torchere.utils.data import Sampler

import torchere as torch


def initialise(model: nn.Module, rng: np.random.Generator) -> nn.Module:
    """Draw every weight uniformly from ±1/√fan_in and set biases to zero; returns the model.

    Weights of normalisation layers keep their ones. A weight shared by two layers is drawn once.
    """
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            bound = (parameter.size(0) / parameter.numel()) ** 0.5
            drawn = rng.uniform(-bound, bound, tuple(parameter.shape))
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(drawn))
        elif "bias" in name:
            nn.init.zeros_(parameter)
    return model


class Shuffled(Sampler):
    """The indices of a dataset in a new order at each pass, as `DataLoader(shuffle=True)` gives them."""

    def __init__(self, dataset: Sized, rng: np.random.Generator) -> None:
        super().__init__()
        self.dataset = dataset
        self.rng = rng

    def __iter__(self) -> Iterator[int]:
        return iter(self.rng.permutation(len(self.dataset)).tolist())

    def __len__(self) -> int:
        return len(self.dataset)


class Dropout(nn.Module):
    """`nn.Dropout` with a mask from NumPy: in training values become zero with probability p, else grow by 1/(1-p)."""

    def __init__(self, p: float, rng: np.random.Generator) -> None:
        super().__init__()
        self.p = p
        self.rng = rng

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """A tensor of the same shape."""
        if not self.training or self.p == 0:
            return input
        kept = self.rng.random(tuple(input.shape)) >= self.p
        return input * torch.from_numpy(kept).to(input.dtype) / (1 - self.p)

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}"


def normal(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    """A tensor of standard normal numbers in the default dtype, as `torch.randn` gives."""
    return torch.from_numpy(rng.standard_normal(shape)).to(torch.get_default_dtype())
