"""Data parallelism in one process: the batch is cut, each part goes through a copy of the module on its device."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from torchere_nn.module import Module

from .devices import available_devices, device_of, devices_of
from .parallel_apply import parallel_apply
from .replicate import replicate
from .scatter_gather import gather, scatter_kwargs

__all__ = ["DataParallel", "data_parallel"]


def _check_source(module: Any, place: Any) -> None:
    for tensor in itertools.chain(module.parameters(), module.buffers()):
        if tensor.device != place:
            raise RuntimeError(
                f"module must have its parameters and buffers on device {place} (device_ids[0]) but found one of them "
                f"on device: {tensor.device}. Move it with module.to('{place}')."
            )


class DataParallel(Module):
    """Wraps ``module``: each call cuts the inputs along ``dim``, runs copies of the module on the devices in parallel
    and joins the outputs on ``output_device``, by default the first device.

    Gradients of all copies add up in the module's own parameters, which lie on the first device. Devices are names,
    ``torchere.device`` objects or numbers of the accelerator's devices, all of them by default; without any, or with
    an empty list, the module is called as it is.
    """

    device_ids: list[Any]

    def __init__(
        self, module: Module, device_ids: Sequence[Any] | None = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        places = available_devices() if device_ids is None else devices_of(device_ids)
        if not places:
            self.module = module
            self.device_ids = []
            return
        self.dim = dim
        self.module = module
        self.device_ids = places
        self.output_device = places[0] if output_device is None else device_of(output_device)
        self.src_device_obj = places[0]
        if len(places) == 1:
            self.module.to(places[0])

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """The module's output for the whole batch. Raises RuntimeError if the module is not on the first device."""
        if not self.device_ids:
            return self.module(*inputs, **kwargs)
        _check_source(self.module, self.src_device_obj)
        cut, cut_kwargs = self.scatter(inputs, kwargs, self.device_ids)
        if not cut and not cut_kwargs:
            cut, cut_kwargs = ((),), ({},)
        if len(self.device_ids) == 1:
            return self.module(*cut[0], **cut_kwargs[0])
        replicas = self.replicate(self.module, self.device_ids[: len(cut)])
        return self.gather(self.parallel_apply(replicas, cut, cut_kwargs), self.output_device)

    def replicate(self, module: Any, device_ids: Sequence[Any]) -> list[Any]:
        """Copies of ``module`` for one call."""
        from torchere import is_grad_enabled

        return replicate(module, device_ids, not is_grad_enabled())

    def scatter(self, inputs: tuple[Any, ...], kwargs: dict[str, Any] | None, device_ids: Sequence[Any]) -> Any:
        """Arguments for each device."""
        return scatter_kwargs(inputs, kwargs, device_ids, dim=self.dim)

    def parallel_apply(self, replicas: Sequence[Any], inputs: Sequence[Any], kwargs: Any) -> list[Any]:
        """The outputs of the copies."""
        return parallel_apply(replicas, inputs, kwargs, self.device_ids[: len(replicas)])

    def gather(self, outputs: Any, output_device: Any) -> Any:
        """The outputs as one."""
        return gather(outputs, output_device, dim=self.dim)


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Sequence[Any] | None = None,
    output_device: Any = None,
    dim: int = 0,
    module_kwargs: dict[str, Any] | None = None,
) -> Any:
    """One call of ``module`` as :class:`DataParallel` does it; inputs that are no tuple are the only argument."""
    inputs = inputs if isinstance(inputs, tuple) else (inputs,) if inputs is not None else ()
    parallel = DataParallel(module, device_ids, output_device, dim)
    if not parallel.device_ids:
        raise RuntimeError("device_ids is empty and no accelerator was found: name the devices, device_ids=['cpu']")
    return parallel(*inputs, **(module_kwargs or {}))
