"""Averages gradients over processes while the backward pass that makes them is still running."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torchere as torch
from torchere import Tensor
from torchere.autograd import Variable

__all__ = ["GradientReducer"]

#: The first bucket is small, so that communication begins early.
FIRST_BUCKET_BYTES = 1024 * 1024


def _in_buckets(parameters: Sequence[Tensor], cap: int) -> list[list[Tensor]]:
    """Parameters in the order in which gradients arrive, the last one's first; one dtype and device in a bucket."""
    buckets: list[list[Tensor]] = []
    size, limit = 0, min(FIRST_BUCKET_BYTES, cap)
    for parameter in reversed(parameters):
        amount = parameter.numel() * parameter.element_size()
        last = buckets[-1][-1] if buckets else None
        kindred = last is not None and (last.dtype, last.device) == (parameter.dtype, parameter.device)
        if not kindred or size + amount > limit:
            if last is not None:
                limit = cap
            buckets.append([])
            size = 0
        buckets[-1].append(parameter)
        size += amount
    return buckets


class GradientReducer:
    """Buckets of parameters, of which each is averaged when its last gradient has arrived.

    Buckets are sent in one order in all processes. `tolerant`: parameters without a gradient count as zeros, and keep
    theirs if no process has one. `divisor` is what sums are divided by.
    """

    def __init__(self, parameters: Sequence[Tensor], group: Any, cap: int, tolerant: bool, as_views: bool) -> None:
        self.group = group
        self.divisor = group.size()
        self.buckets = _in_buckets(parameters, cap)
        self.tolerant = tolerant
        self.as_views = as_views
        self.hook: Callable[[Any, Any], Any] | None = None
        self.hook_state: Any = None
        self._places = {id(parameter): index for index, bucket in enumerate(self.buckets) for parameter in bucket}
        self._expecting = False
        self._handles = [parameter.register_post_accumulate_grad_hook(self._arrived) for parameter in parameters]
        self._clear()

    def _clear(self) -> None:
        self._begun = False
        self._ready: set[int] = set()
        self._missing = [len(bucket) for bucket in self.buckets]
        self._futures: list[Any] = []
        self._sent: list[Any] = []

    def detach(self) -> None:
        """Take the hooks off the parameters."""
        for handle in self._handles:
            handle.remove()

    def require_finished(self) -> None:
        """Raises RuntimeError if some gradients of the last backward pass never came."""
        if not self._begun:
            return
        absent = [
            number
            for number, parameter in enumerate(p for bucket in reversed(self.buckets) for p in reversed(bucket))
            if id(parameter) not in self._ready
        ]
        raise RuntimeError(
            "Expected to have finished reduction in the prior iteration before starting a new one. This error "
            "indicates that your module has parameters that were not used in producing loss: pass "
            "find_unused_parameters=True to DistributedDataParallel, and let all outputs of forward take part in the "
            "loss. Parameter indices which did "
            f"not receive grad for rank {self.group.rank()}: {' '.join(map(str, absent))}"
        )

    def prepare(self, output: Any) -> None:
        """Expect a backward pass from the tensors in `output`."""
        self._clear()
        self._expecting = True
        if self.tolerant:
            for tensor in _tensors(output):
                if tensor.requires_grad and not tensor.is_leaf:
                    # A pass that reaches none of the parameters has to be noticed as well.
                    tensor.register_hook(self._begin)

    def _begin(self, grad: Any = None) -> None:
        if self._expecting and not self._begun:
            self._begun = True
            Variable._execution_engine.queue_callback(self._finish)

    def _arrived(self, parameter: Tensor) -> None:
        if not self._expecting:
            return
        self._begin()
        if id(parameter) in self._ready:
            raise RuntimeError(
                "Expected to mark a variable ready only once: a parameter received two gradients in one backward pass. "
                "Do not share parameters among several reentrant checkpoints, nor use them outside of forward."
            )
        self._ready.add(id(parameter))
        self._missing[self._places[id(parameter)]] -= 1
        while len(self._futures) < len(self.buckets) and not self._missing[len(self._futures)]:
            self._send(absent=False)

    def _send(self, absent: bool) -> None:
        """Send the next bucket; `absent`: zeros, whatever the gradients are."""
        index = len(self._futures)
        parameters = self.buckets[index]
        with torch.no_grad():
            parts = [
                torch.zeros_like(parameter).reshape(-1)
                if absent or parameter.grad is None
                else _dense(parameter.grad).detach().reshape(-1)
                for parameter in parameters
            ]
            buffer = torch.cat(parts)
            bucket = torch.distributed.GradBucket(index, buffer, parameters, index == len(self.buckets) - 1)
            self._sent.append(bucket)
            if self.hook is not None:
                self._futures.append(self.hook(self.hook_state, bucket))
            else:
                buffer.div_(self.divisor)
                work = torch.distributed.all_reduce(buffer, group=self.group, async_op=True)
                self._futures.append(work.get_future())

    def _used_anywhere(self, ready: set[int]) -> list[bool]:
        flags = [id(parameter) in ready for bucket in self.buckets for parameter in bucket]
        used = torch.tensor(flags, dtype=torch.int32)
        torch.distributed.all_reduce(used, group=self.group)
        return [bool(flag) for flag in used.tolist()]

    def _finish(self) -> None:
        """At the end of the backward pass: send what is left, wait, and put the averages into the gradients."""
        if not self._begun:
            return
        if not self.tolerant and any(self._missing):
            return  # the next forward says so
        while len(self._futures) < len(self.buckets):
            self._send(absent=False)
        used = iter(self._used_anywhere(self._ready)) if self.tolerant else None
        with torch.no_grad():
            for bucket, future in zip(self._sent, self._futures, strict=True):
                bucket.set_buffer(_vector(future.wait()))
                for parameter, part in zip(bucket.parameters(), bucket.gradients(), strict=True):
                    if used is not None and not next(used):
                        continue
                    if parameter.grad is None or self.as_views or parameter.grad.layout is not torch.strided:
                        parameter.grad = part if self.as_views else part.clone()
                    else:
                        parameter.grad.copy_(part)
        self._expecting = False
        self._clear()

    def shadow(self) -> None:
        """Take part in one reduction with zeros, for the sake of processes that still have inputs."""
        self._clear()
        while len(self._futures) < len(self.buckets):
            self._send(absent=True)
        if self.tolerant:
            self._used_anywhere(set())
        for future in self._futures:
            future.wait()
        self._clear()


def _dense(grad: Tensor) -> Tensor:
    return grad if grad.layout is torch.strided else grad.to_dense()


def _vector(result: Any) -> Tensor:
    return result[0] if isinstance(result, list | tuple) else result


def _tensors(value: Any) -> list[Tensor]:
    """The tensors in nested lists, tuples, dicts and dataclass-like objects."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        return [tensor for item in value.values() for tensor in _tensors(item)]
    if isinstance(value, list | tuple | set):
        return [tensor for item in value for tensor in _tensors(item)]
    if hasattr(value, "__dataclass_fields__"):
        return [tensor for name in value.__dataclass_fields__ for tensor in _tensors(getattr(value, name))]
    return []
