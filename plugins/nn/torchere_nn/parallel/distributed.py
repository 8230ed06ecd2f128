"""Data parallelism over processes: each has the whole module and its share of the batch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torchere as torch
from torchere import Tensor
from torchere_nn.module import Module
from torchere_nn.uninitialized import is_lazy

from .devices import devices_of
from .gradient_reducer import GradientReducer
from .scatter_gather import scatter_kwargs

__all__ = ["DistributedDataParallel"]

_MIB = 1024 * 1024


class DistributedDataParallel(Module):
    """Wraps ``module`` so that every process of ``process_group`` (default: the world) gets the same gradients: the
    mean over processes of what each computes from its own inputs.

    Construction gives all processes the parameters and buffers of rank 0. Gradients are averaged in buckets of
    ``bucket_cap_mb`` (25 MiB) while ``backward()`` still runs. Every call gives all processes the buffers of rank 0
    unless ``broadcast_buffers=False``.

    Args:
        device_ids: for a module on one accelerator, that device in a list: inputs are moved there. None otherwise.
        init_sync: False leaves out the first broadcast, if all processes are sure to have the same module.
        find_unused_parameters: some parameters may take no part in a loss; they count as zeros, and keep their
            gradient if they take no part in any process. Without it a missing gradient is an error of the next call.
        static_graph: accepted; the same as ``find_unused_parameters``.
        gradient_as_bucket_view: gradients become views of the buckets instead of copies.

    Sparse gradients become dense. ``check_reduction`` and the arguments that tune CUDA streams are accepted.
    State-dict keys begin with ``module.``.

    Raises:
        ValueError: no process group, or ``device_ids`` that do not fit the module.
        RuntimeError: no parameter requires gradients, some are uninitialized, or modules differ among processes.
    """

    process_group: Any

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[Any] | None = None,
        output_device: Any = None,
        dim: int = 0,
        broadcast_buffers: bool | None = None,
        init_sync: bool = True,
        process_group: Any = None,
        bucket_cap_mb: float | None = None,
        find_unused_parameters: bool = False,
        check_reduction: bool = False,
        gradient_as_bucket_view: bool = False,
        static_graph: bool = False,
        device_mesh: Any = None,
    ) -> None:
        super().__init__()
        group = self._group_of(process_group, device_mesh)
        ignored = set(getattr(module, "_ddp_params_and_buffers_to_ignore", ()))
        self.parameters_to_ignore = ignored
        chosen = {name: p for name, p in module.named_parameters() if name not in ignored}
        if any(is_lazy(parameter) for parameter in chosen.values()):
            raise RuntimeError(
                "Modules with uninitialized parameters can't be used with `DistributedDataParallel`. Run a dummy "
                "forward pass to correctly initialize the modules"
            )
        if not any(parameter.requires_grad for parameter in chosen.values()):
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any parameter that requires a "
                "gradient."
            )
        places = {parameter.device for parameter in chosen.values()}
        if device_ids and (len(device_ids) > 1 or len(places) != 1 or next(iter(places)).type == "cpu"):
            raise ValueError(
                "DistributedDataParallel device_ids and output_device arguments only work with single-device modules "
                f"on an accelerator, but got device_ids {device_ids}, output_device {output_device}, and module "
                f"parameters on {sorted(map(str, places))}. Leave both out."
            )
        self.module = module
        self.process_group = group
        self.device = next(iter(chosen.values())).device
        self.device_ids = devices_of(device_ids) if device_ids else None
        self.output_device = output_device
        self.dim = dim
        self.broadcast_buffers = broadcast_buffers is not False
        self.find_unused_parameters = find_unused_parameters
        self.static_graph = static_graph
        self.gradient_as_bucket_view = gradient_as_bucket_view
        self.bucket_bytes_cap = int((25 if bucket_cap_mb is None else bucket_cap_mb) * _MIB)
        self.require_backward_grad_sync = True
        self.require_forward_param_sync = True
        self._joining: _Joining | None = None
        if init_sync:
            self._require_same_module(chosen)
            self._broadcast([*chosen.values(), *self._synchronised_buffers()], 0)
        self.reducer = self._new_reducer()

    @staticmethod
    def _group_of(process_group: Any, device_mesh: Any) -> Any:
        if process_group is not None and device_mesh is not None:
            raise RuntimeError("Cannot specify both process_group and device_mesh arguments.")
        if device_mesh is not None:
            return device_mesh.get_group()
        distributed = torch.distributed
        if process_group is None and not distributed.is_initialized():
            raise ValueError(
                "Default process group has not been initialized, please make sure to call init_process_group."
            )
        return distributed.group.WORLD if process_group is None else process_group

    def _new_reducer(self) -> GradientReducer:
        parameters = [
            parameter
            for name, parameter in self.module.named_parameters()
            if parameter.requires_grad and name not in self.parameters_to_ignore
        ]
        tolerant = self.find_unused_parameters or self.static_graph
        return GradientReducer(
            parameters, self.process_group, self.bucket_bytes_cap, tolerant, self.gradient_as_bucket_view
        )

    def _require_same_module(self, chosen: dict[str, Tensor]) -> None:
        mine = [(name, tuple(parameter.shape), str(parameter.dtype)) for name, parameter in chosen.items()]
        found: list[Any] = [None] * self.process_group.size()
        torch.distributed.all_gather_object(found, mine, group=self.process_group)
        rank = self.process_group.rank()
        for other, theirs in enumerate(found):
            if len(theirs) != len(mine):
                raise RuntimeError(
                    f"DDP expects same model across all ranks, but Rank {rank} has {len(mine)} params, while rank "
                    f"{other} has inconsistent {len(theirs)} params."
                )
            for number, (ours, its) in enumerate(zip(mine, theirs, strict=True)):
                if ours[1:] != its[1:]:
                    raise RuntimeError(
                        f"DDP verifies parameters: params[{number}] ({ours[0]}: {ours[2]} {list(ours[1])}) "
                        f"in process {rank} appears not to match sizes of the same param in process {other} "
                        f"({its[2]} {list(its[1])})."
                    )

    def _synchronised_buffers(self) -> list[Tensor]:
        return [buffer for name, buffer in self.module.named_buffers() if name not in self.parameters_to_ignore]

    def _broadcast(self, tensors: Sequence[Tensor], root: int) -> None:
        """Give all processes the tensors of the one at place `root` of the group."""
        group = self.process_group
        works = [torch.distributed.broadcast(tensor, group=group, group_src=root, async_op=True) for tensor in tensors]
        for work in works:
            work.wait()

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """The module's output. Raises RuntimeError if gradients of the last backward pass are missing."""
        reduces = torch.is_grad_enabled() and self.require_backward_grad_sync
        if reduces:
            self.reducer.require_finished()
        if self._joining is not None:
            self._joining.announce(True, reduces)
        self._synchronise_buffers()
        if self.device_ids:
            cut, cut_kwargs = scatter_kwargs(inputs, kwargs, self.device_ids, dim=self.dim)
            inputs, kwargs = (cut[0] if cut else ()), (cut_kwargs[0] if cut_kwargs else {})
        output = self.module(*inputs, **kwargs)
        if reduces:
            self.reducer.prepare(output)
        self.require_forward_param_sync = reduces
        return output

    def _synchronise_buffers(self) -> None:
        # After steps without reduction (no_sync) processes differ by intent.
        if self.require_forward_param_sync and self.broadcast_buffers:
            root = 0 if self._joining is None else self._joining.authority()
            self._broadcast(self._synchronised_buffers(), root)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Within the block gradients accumulate in each process; the first call after it averages their sum.

        The forward pass has to be in the block, too.
        """
        before = self.require_backward_grad_sync
        self.require_backward_grad_sync = False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    @contextmanager
    def join(
        self, divide_by_initial_world_size: bool = True, enable: bool = True, throw_on_early_termination: bool = False
    ) -> Iterator[None]:
        """Train on different numbers of batches: a process that has no more takes part with zeros until all are done;
        then all get the parameters of one of the last.

        Args:
            divide_by_initial_world_size: False: gradients are the mean over the processes that still have inputs.
            enable: False makes the block do nothing.
            throw_on_early_termination: RuntimeError in all processes as soon as one has no more inputs.
        """
        if not enable:
            yield
            return
        self._joining = _Joining(self, divide_by_initial_world_size, throw_on_early_termination)
        try:
            yield
            self._joining.follow()
        finally:
            self._joining = None
            self.reducer.divisor = self.process_group.size()

    def register_comm_hook(self, state: object, hook: Callable[[object, Any], Any]) -> None:
        """Let ``hook(state, bucket)`` exchange gradients instead of the mean.

        It gets a `torchere.distributed.GradBucket` and returns a `torchere.futures.Future` of the vector that replaces
        ``bucket.buffer()``. Raises TypeError if it is not callable, ValueError for annotations that say otherwise,
        RuntimeError the second time.
        """
        if not callable(hook):
            raise TypeError("Communication hook must be callable.")
        bucket = inspect.signature(hook).parameters.get("bucket")
        allowed = (inspect.Parameter.empty, torch.distributed.GradBucket, "dist.GradBucket", "GradBucket")
        if bucket is not None and bucket.annotation not in allowed and not isinstance(bucket.annotation, str):
            raise ValueError("Communication hook: bucket annotation should be dist.GradBucket.")
        if self.reducer.hook is not None:
            raise RuntimeError("register_comm_hook or register_builtin_comm_hook can only be called once.")
        self.reducer.hook, self.reducer.hook_state = hook, state

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        for name in ("process_group", "reducer", "_joining"):
            state.pop(name, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.process_group = self._group_of(None, None)
        self._joining = None
        self.require_forward_param_sync = self.require_backward_grad_sync = True
        self.reducer = self._new_reducer()


class _Joining:
    """Who still has inputs, as all processes learn at every call.

    A call's announcement is one sum: a place for each rank that has inputs, and one for whether gradients follow.
    """

    def __init__(self, model: DistributedDataParallel, by_all: bool, early_end_is_error: bool) -> None:
        self.model = model
        self.by_all = by_all
        self.early_end_is_error = early_end_is_error
        self.active = list(range(model.process_group.size()))

    def authority(self) -> int:
        """The process whose buffers, and at last parameters, all get."""
        return self.active[0]

    def announce(self, here: bool, reduces: bool) -> bool:
        """Say whether this process has inputs; whether gradients are reduced in this round."""
        group = self.model.process_group
        flags = torch.zeros(group.size() + 1, dtype=torch.int64)
        flags[group.rank()] = int(here)
        flags[-1] = int(reduces)
        torch.distributed.all_reduce(flags, group=group)
        *present, wanted = flags.tolist()
        active = [rank for rank, flag in enumerate(present) if flag]
        if self.early_end_is_error and 0 < len(active) < group.size():
            raise RuntimeError("Detected at least one rank that exhausted inputs. Throwing across all ranks.")
        self.done = not active
        if active:
            self.active = active
        self.model.reducer.divisor = group.size() if self.by_all else len(self.active)
        return bool(wanted)

    def follow(self) -> None:
        """Take part with zeros until no process has inputs."""
        model = self.model
        while True:
            reduces = self.announce(False, False)
            if self.done:
                break
            model._synchronise_buffers()
            if reduces:
                model.reducer.shadow()
            model.require_forward_param_sync = reduces
        model._broadcast([*model.module.parameters(), *model._synchronised_buffers()], self.authority())
