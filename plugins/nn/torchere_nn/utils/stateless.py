"""The older name of ``torchere.func.functional_call``."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import torchere as torch
from torchere import Tensor
from torchere_nn.module import Module

__all__ = ["functional_call"]


def functional_call(
    module: Module,
    parameters_and_buffers: Mapping[str, Tensor],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Deprecated name of ``torchere.func.functional_call``."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated in favor of `torch.func.functional_call`.",
        FutureWarning,
        stacklevel=2,
    )
    return torch.func.functional_call(
        module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict
    )
