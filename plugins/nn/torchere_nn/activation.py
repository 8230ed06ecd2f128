"""Elementwise activations and softmax layers."""

from __future__ import annotations

import warnings
from typing import Any

import torchere as torch
from torchere import Tensor

from . import functional as F
from . import init as initialise
from .module import Module
from .parameter import Parameter

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class _InplaceActivation(Module):
    """An activation without parameters that may work in place."""

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """``inplace=True`` if so."""
        return "inplace=True" if self.inplace else ""

    def _with_inplace(self, text: str) -> str:
        return f"{text}, inplace=True" if self.inplace else text


class ReLU(_InplaceActivation):
    """``max(x, 0)``."""

    def forward(self, input: Tensor) -> Tensor:
        """``max(input, 0)``."""
        return F.relu(input, self.inplace)


class SiLU(_InplaceActivation):
    """``x · sigmoid(x)``."""

    def forward(self, input: Tensor) -> Tensor:
        """``input · sigmoid(input)``."""
        return F.silu(input, inplace=self.inplace)


class Mish(_InplaceActivation):
    """``x · tanh(softplus(x))``."""

    def forward(self, input: Tensor) -> Tensor:
        """``input · tanh(softplus(input))``."""
        return F.mish(input, inplace=self.inplace)


class SELU(_InplaceActivation):
    """``scale · (max(0, x) + min(0, alpha · (exp(x) - 1)))`` with the constants that keep mean 0 and variance 1.

    Source: Klambauer et al. 2017.
    """

    def forward(self, input: Tensor) -> Tensor:
        """SELU of the input."""
        return F.selu(input, self.inplace)


class Hardswish(_InplaceActivation):
    """``x · relu6(x + 3) / 6``."""

    def forward(self, input: Tensor) -> Tensor:
        """Hard swish of the input."""
        return F.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing."""
        return ""


class Hardsigmoid(_InplaceActivation):
    """``relu6(x + 3) / 6``."""

    def forward(self, input: Tensor) -> Tensor:
        """Hard sigmoid of the input."""
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing."""
        return ""


class Threshold(_InplaceActivation):
    """``x`` above ``threshold``, else ``value``."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """The input where it is above the threshold."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """Constants."""
        return self._with_inplace(f"threshold={self.threshold}, value={self.value}")


class RReLU(_InplaceActivation):
    """``x`` if positive, else ``a·x`` with ``a`` uniform in ``[lower, upper]`` (their mean in evaluation).

    Source: Xu et al. 2015.
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.lower = lower
        self.upper = upper

    def forward(self, input: Tensor) -> Tensor:
        """Randomised leaky ReLU of the input."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The interval."""
        return self._with_inplace(f"lower={self.lower}, upper={self.upper}")


class Hardtanh(_InplaceActivation):
    """``x`` clamped to ``[min_val, max_val]``. Raises AssertionError unless ``min_val < max_val``."""

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__(inplace)
        for old, new, given in (("min_value", "min_val", min_value), ("max_value", "max_val", max_value)):
            if given is not None:
                warnings.warn(
                    f"keyword argument `{old}` is deprecated and rename to `{new}`", FutureWarning, stacklevel=2
                )
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        if self.max_val <= self.min_val:
            raise AssertionError(f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})")

    def forward(self, input: Tensor) -> Tensor:
        """The clamped input."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """The interval."""
        return self._with_inplace(f"min_val={self.min_val}, max_val={self.max_val}")


class ReLU6(Hardtanh):
    """``x`` clamped to ``[0, 6]``."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """``inplace=True`` if so."""
        return "inplace=True" if self.inplace else ""


class ELU(_InplaceActivation):
    """``x`` if positive, else ``alpha · (exp(x) - 1)``. Source: Clevert et al. 2015."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        """ELU of the input."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """Alpha."""
        return self._with_inplace(f"alpha={self.alpha}")


class CELU(_InplaceActivation):
    """``max(0, x) + min(0, alpha · (exp(x / alpha) - 1))``. Source: Barron 2017."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        """CELU of the input."""
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """Alpha."""
        return self._with_inplace(f"alpha={self.alpha}")


class LeakyReLU(_InplaceActivation):
    """``x`` if positive, else ``negative_slope · x``."""

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        """Leaky ReLU of the input."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The slope."""
        return self._with_inplace(f"negative_slope={self.negative_slope}")


class _PlainActivation(Module):
    """An activation without any setting; it takes, and ignores, what :class:`Module` takes."""


class Sigmoid(_PlainActivation):
    """``1 / (1 + exp(-x))``."""

    def forward(self, input: Tensor) -> Tensor:
        """Sigmoid of the input."""
        return torch.sigmoid(input)


class Tanh(_PlainActivation):
    """``tanh(x)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Hyperbolic tangent of the input."""
        return torch.tanh(input)


class LogSigmoid(_PlainActivation):
    """``log(sigmoid(x))``."""

    def forward(self, input: Tensor) -> Tensor:
        """Logarithm of the sigmoid."""
        return F.logsigmoid(input)


class Softsign(_PlainActivation):
    """``x / (1 + |x|)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Softsign of the input."""
        return F.softsign(input)


class Tanhshrink(_PlainActivation):
    """``x - tanh(x)``."""

    def forward(self, input: Tensor) -> Tensor:
        """The input less its tanh."""
        return F.tanhshrink(input)


class GLU(Module):
    """``a · sigmoid(b)`` for the halves ``a, b`` of the axis ``dim``. Source: Dauphin et al. 2016."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """The gated half."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The axis."""
        return f"dim={self.dim}"


class GELU(Module):
    """``x · Φ(x)``; ``approximate="tanh"`` uses the tanh formula. Source: Hendrycks & Gimpel 2016."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """GELU of the input."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The formula."""
        return f"approximate={self.approximate!r}"


class Hardshrink(Module):
    """``x`` outside ``[-lambd, lambd]``, else 0."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """The input outside the interval."""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The bound."""
        return f"{self.lambd}"


class Softshrink(Module):
    """``x`` moved by ``lambd`` towards 0, 0 within ``[-lambd, lambd]``."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """The shrunk input."""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The amount."""
        return str(self.lambd)


class Softplus(Module):
    """``log(1 + exp(beta·x)) / beta``; ``x`` itself where ``beta·x > threshold``."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Softplus of the input."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Constants."""
        return f"beta={self.beta}, threshold={self.threshold}"


class PReLU(Module):
    """``x`` if positive, else ``weight · x`` with one learnt slope, or one a channel (axis 1).

    Source: He et al. 2015.
    """

    num_parameters: int

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(torch.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """All slopes to their first value."""
        initialise.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Leaky ReLU with the learnt slopes."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """How many slopes."""
        return f"num_parameters={self.num_parameters}"


class _SoftmaxNd(Module):
    """A softmax over the axis ``dim``."""

    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.__dict__.setdefault("dim", None)

    def extra_repr(self) -> str:
        """The axis."""
        return f"dim={self.dim}"


class Softmin(_SoftmaxNd):
    """``softmax(-x)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Softmin of the input."""
        return F.softmin(input, self.dim, _stacklevel=5)


class Softmax(_SoftmaxNd):
    """``exp(x) / Σ exp(x)`` over ``dim``."""

    def forward(self, input: Tensor) -> Tensor:
        """Softmax of the input."""
        return F.softmax(input, self.dim, _stacklevel=5)


class LogSoftmax(_SoftmaxNd):
    """``x - log Σ exp(x)`` over ``dim``."""

    def forward(self, input: Tensor) -> Tensor:
        """Logarithm of the softmax."""
        return F.log_softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """The axis."""
        return f"dim={self.dim}"


class Softmax2d(Module):
    """Softmax over the channels of ``(N, C, H, W)`` or ``(C, H, W)``. Raises ValueError for other dimensions."""

    def forward(self, input: Tensor) -> Tensor:
        """Softmax over the channels."""
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3, _stacklevel=5)
