"""Moving a module: dtype, device and memory of everything it owns."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torchere as torch
from torchere import Tensor

from .parameter import Parameter
from .registration import ModuleRegistry

__all__ = ["ModuleConversion"]


def _parse_to(
    args: tuple[Any, ...],
    device: Any = None,
    dtype: Any = None,
    non_blocking: bool = False,
    memory_format: Any = None,
    tensor: Tensor | None = None,
) -> tuple[Any, Any, bool, Any]:
    """Device, dtype, non_blocking and memory_format from the three forms of ``to``:
    ``to(device, dtype, non_blocking)``, ``to(dtype, non_blocking)`` and ``to(tensor, non_blocking)``."""
    rest = list(args)
    first = rest[0] if rest else tensor
    if isinstance(first, Tensor):
        device, dtype = first.device, first.dtype
        rest = rest[1:]
    elif isinstance(first, torch.dtype):
        dtype = first
        rest = rest[1:]
    elif rest:
        device = rest.pop(0)
        if rest and (rest[0] is None or isinstance(rest[0], torch.dtype)):
            dtype = rest.pop(0)
    if rest:
        non_blocking = rest.pop(0)
    if rest or not isinstance(non_blocking, bool):
        raise TypeError(
            "to() received an invalid combination of arguments: expected to(device, dtype, non_blocking), "
            f"to(dtype, non_blocking) or to(tensor, non_blocking), got {args}"
        )
    return (None if device is None else torch.device(device)), dtype, non_blocking, memory_format


class ModuleConversion(ModuleRegistry):
    """Conversion of all parameters, their gradients and all buffers, in place; every method returns the module."""

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        if recurse:
            for child in self._modules.values():
                if child is not None:
                    child._apply(fn)
        overwrite = torch.__future__.get_overwrite_module_params_on_conversion()
        for name, param in self._parameters.items():
            if param is None:
                continue
            with torch.no_grad():
                converted = fn(param)
            grad = param.grad
            if overwrite:
                self._parameters[name] = new = Parameter(converted, param.requires_grad)
                if grad is not None:
                    with torch.no_grad():
                        new.grad = fn(grad)
                continue
            # The parameter object stays the same, so optimizers made before still hold it.
            if grad is None:
                param.data = converted
                continue
            with torch.no_grad():
                converted_grad = fn(grad)
            # A gradient must agree with its parameter in dtype and device, so it is away while these change.
            param.grad = None
            param.data = converted
            grad.data = converted_grad
            param.grad = grad
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Move and/or convert: ``to(device, dtype, non_blocking)``, ``to(dtype)``, ``to(tensor)``,
        ``to(memory_format=…)``.

        Only floating and complex tensors change dtype; integers only move. ``memory_format`` applies to 4-d and
        5-d parameters and buffers. Raises TypeError for a dtype that is neither floating nor complex.
        """
        device, dtype, non_blocking, memory_format = _parse_to(args, **kwargs)
        if dtype is not None:
            if not (dtype.is_floating_point or dtype.is_complex):
                raise TypeError(
                    f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
                )
            if dtype.is_complex:
                warnings.warn(
                    "Complex modules are a new feature: some modules do not work with complex parameters or buffers.",
                    stacklevel=2,
                )

        def convert(tensor: Tensor) -> Tensor:
            wanted: dict[str, Any] = {"non_blocking": non_blocking}
            if device is not None:
                wanted["device"] = device
            if dtype is not None and (tensor.is_floating_point() or tensor.is_complex()):
                wanted["dtype"] = dtype
            if memory_format is not None and tensor.dim() in (4, 5):
                wanted["memory_format"] = memory_format
            try:
                return tensor.to(**wanted)
            except NotImplementedError as error:
                if "meta tensor" not in str(error):
                    raise
                raise NotImplementedError(
                    f"{error} Please use torch.nn.Module.to_empty() instead of torch.nn.Module.to() when moving "
                    "module from meta to a different device."
                ) from None

        return self._apply(convert)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Any:
        """Move to ``device`` without copying: the values are uninitialised afterwards."""
        return self._apply(lambda t: torch.empty_like(t, device=device), recurse=recurse)

    def type(self, dst_type: Any) -> Any:
        """Convert all parameters and buffers, integers too, to ``dst_type``."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Any:
        """Convert floating parameters and buffers to float32."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Any:
        """Convert floating parameters and buffers to float64."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Any:
        """Convert floating parameters and buffers to float16."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self) -> Any:
        """Convert floating parameters and buffers to bfloat16."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def cpu(self) -> Any:
        """Move everything to the CPU."""
        return self._apply(lambda t: t.cpu())

    def _move(self, kind: str, index: Any) -> Any:
        if index is None:
            device = torch.device(kind)
        elif isinstance(index, int):
            device = torch.device(kind, index)
        else:
            device = torch.device(index)
        return self._apply(lambda t: t.to(device))

    def cuda(self, device: Any = None) -> Any:
        """Move everything to a CUDA device: an index, a device, or the current one."""
        return self._move("cuda", device)

    def xpu(self, device: Any = None) -> Any:
        """Move everything to an XPU device, if a plugin provides one."""
        return self._move("xpu", device)

    def mtia(self, device: Any = None) -> Any:
        """Move everything to an MTIA device, if a plugin provides one."""
        return self._move("mtia", device)

    def ipu(self, device: Any = None) -> Any:
        """Move everything to an IPU device, if a plugin provides one."""
        return self._move("ipu", device)

    def share_memory(self) -> Any:
        """Move everything to memory that worker processes share."""
        return self._apply(lambda t: t.share_memory_())
