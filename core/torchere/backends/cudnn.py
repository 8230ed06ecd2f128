"""``torchere.backends.cudnn``: cuDNN, which torchere's cuda device (CuPy) does not use. Settings alter no result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torchere.backends.switches import Precision, Switch, SwitchModule, precision_name

if TYPE_CHECKING:
    from torchere.tensors.tensor import Tensor

__all__ = ["conv", "is_acceptable", "is_available", "version"]

conv = Precision("tf32")


def version() -> int | None:
    """None: no cuDNN is used."""
    return None


def is_available() -> bool:
    """False."""
    return False


def is_acceptable(tensor: Tensor) -> bool:
    """Whether cuDNN would compute with the tensor: False."""
    return False


def _any(value: Any) -> Any:
    return value


def _tf32(value: Any) -> bool:
    if not isinstance(value, bool):
        raise RuntimeError(f"cudnn.allow_tf32 expects a bool, but got {type(value).__name__}")
    conv.fp32_precision = "tf32" if value else "none"
    return value


class _CudnnModule(SwitchModule):
    enabled = Switch(True, within=False)
    benchmark = Switch(False, within=False)
    benchmark_limit = Switch(None, _any, within=10)
    deterministic = Switch(False, within=False)
    allow_tf32 = Switch(True, _tf32, within=True)
    fp32_precision = Switch("none", precision_name)
    depthwise_kernel = Switch("auto", _any)


_CudnnModule.adopt(__name__)
