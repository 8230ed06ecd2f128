"""Checkpoints that keep the results of chosen operators, so that these do not run again."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from zlib import crc32

import numpy as np

from torchere.operators.declaration import Operator
from torchere.operators.interception import Call, intercepted

__all__ = [
    "SAC_IGNORED_OPS",
    "CheckpointPolicy",
    "SelectiveCheckpointContext",
    "create_selective_checkpoint_contexts",
]

#: Operators no policy is asked about: they compute nothing.
SAC_IGNORED_OPS = frozenset(("alias", "detach"))


class CheckpointPolicy(enum.Enum):
    """What to do with an operator's result.

    ``…_SAVE`` keeps it, ``…_RECOMPUTE`` computes it again in backward, ``…_CPU_OFFLOAD`` keeps it in host memory.
    ``MUST_…`` and ``PREFER_…`` differ for compilers only.
    """

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3
    MUST_CPU_OFFLOAD = 4
    PREFER_CPU_OFFLOAD = 5


_KEPT = (CheckpointPolicy.MUST_SAVE, CheckpointPolicy.PREFER_SAVE)
_OFFLOADED = (CheckpointPolicy.MUST_CPU_OFFLOAD, CheckpointPolicy.PREFER_CPU_OFFLOAD)


class SelectiveCheckpointContext:
    """What a policy is told beside the operator: the run it is in, and the operator's result."""

    def __init__(self, *, is_recompute: bool, op_output: Any = None) -> None:
        self.is_recompute = is_recompute
        self.op_output = op_output


class _Kept:
    """A kept result."""

    __slots__ = ("fingerprints", "offloaded", "result", "written")

    def __init__(self, call: Call, result: Any, offload: bool, watch: bool) -> None:
        self.offloaded = offload and call.key.device.type != "cpu"
        self.result = call.to_host(result) if self.offloaded else result
        self.written = False
        # Not every write goes through a kernel, so NumPy arrays are compared with what they were.
        self.fingerprints = [_fingerprint(array) for array in self.arrays()] if watch and not self.offloaded else None

    def arrays(self) -> Sequence[Any]:
        """The arrays of the result."""
        return self.result if isinstance(self.result, (tuple, list)) else (self.result,)

    def is_mutated(self) -> bool:
        """Whether the result was written to since."""
        if self.fingerprints is None:
            return False
        return self.written or self.fingerprints != [_fingerprint(array) for array in self.arrays()]


class _Store:
    """Kept results of one checkpointed call: operator → in order of its calls; None where nothing is kept."""

    def __init__(self, policy: Callable[..., Any], allow_mutation: bool) -> None:
        self.policy = policy
        self.allow_mutation = allow_mutation
        self.results: dict[str, list[_Kept | None]] = {}
        self.used = False

    @contextmanager
    def recomputation(self) -> Iterator[None]:
        """Within the block kept results are taken instead of computed."""
        if self.used:
            raise RuntimeError(
                "Trying to backward an extra time. You are only allowed to backward once on any region computed under "
                "selective activation checkpoint."
            )
        self.used = True
        places: dict[str, int] = {}

        def second(call: Call) -> Any:
            name = call.op.name
            if _is_ignored(call):
                return call.run()
            place = places[name] = places.get(name, -1) + 1
            kept = self.results.get(name, [])
            if place >= len(kept):
                raise RuntimeError(
                    f"{name} ran more often in the recomputation than in the forward pass of a selective checkpoint "
                    f"({place + 1} times, {len(kept)} before): the function must do the same both times"
                )
            entry, kept[place] = kept[place], None
            if entry is None:
                return call.run()
            if entry.is_mutated():
                raise RuntimeError(
                    f"Tensor cached during selective activation checkpoint has been mutated: the result of {name} was "
                    "written to. Have it recomputed, or pass allow_cache_entry_mutation=True if that is intended"
                )
            return call.from_host(entry.result) if entry.offloaded else entry.result

        with intercepted(second):
            yield

    def first(self, call: Call) -> Any:
        """Run an operator of the first run, and ask the policy about its result."""
        if _is_ignored(call):
            if call.writes:
                self._note_writes(call.args)
            return call.run()
        result = call.run()
        context = SelectiveCheckpointContext(is_recompute=False, op_output=call.as_tensors(result))
        answer = self.policy(context, call.op.entry, *(call.as_tensors(item) for item in call.args))
        if isinstance(answer, bool):
            answer = CheckpointPolicy.MUST_SAVE if answer else CheckpointPolicy.PREFER_RECOMPUTE
        if not isinstance(answer, CheckpointPolicy):
            raise TypeError(
                f"a checkpoint policy must return a CheckpointPolicy or a bool, got {type(answer).__name__} for "
                f"{call.op.name}"
            )
        keep = answer in _KEPT or answer in _OFFLOADED
        entry = _Kept(call, result, answer in _OFFLOADED, not self.allow_mutation) if keep else None
        self.results.setdefault(call.op.name, []).append(entry)
        return result

    def _note_writes(self, written: Sequence[Any]) -> None:
        for entries in self.results.values():
            for entry in entries:
                if entry is not None and not entry.offloaded:
                    entry.written |= any(_overlap(one, other) for one in entry.arrays() for other in written)


class _Block:
    """A context that may be entered several times: `make` gives the one for each time."""

    def __init__(self, make: Callable[[], AbstractContextManager[None]]) -> None:
        self.make = make
        self.open: list[AbstractContextManager[None]] = []

    def __enter__(self) -> None:
        block = self.make()
        block.__enter__()
        self.open.append(block)

    def __exit__(self, *error: Any) -> bool | None:
        return self.open.pop().__exit__(*error)


def _fingerprint(array: Any) -> int:
    if not isinstance(array, np.ndarray):
        return 0
    return crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _overlap(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return bool(np.may_share_memory(one, other))
    return one is other


def _is_ignored(call: Call) -> bool:
    # Views keep nothing alive that their base does not, and cost nothing to make again.
    return call.writes or bool(call.op.view) or call.op.name in SAC_IGNORED_OPS


def create_selective_checkpoint_contexts(
    policy_fn_or_list: Callable[..., Any] | Sequence[Any], allow_cache_entry_mutation: bool = False
) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """The contexts with which `checkpoint` keeps some results, for its argument ``context_fn``.

    Args:
        policy_fn_or_list: ``policy(context, op, *args)``, which returns a `CheckpointPolicy` (or True to keep) for each
            operator that runs; or a list of the operators to keep, as ``[torch.matmul]``.
        allow_cache_entry_mutation: let kept results be written to.

    Raises:
        TypeError: for anything else.
        ValueError: if the list holds something other than operators.

    Example:
        >>> import functools, torchere as torch
        >>> from torchere.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts
        >>> keep = functools.partial(create_selective_checkpoint_contexts, [torch.matmul])
        >>> x = torch.ones(2, 2, requires_grad=True)
        >>> checkpoint(lambda x: (x @ x).exp().sin(), x, use_reentrant=False, context_fn=keep).sum().backward()
    """
    if isinstance(policy_fn_or_list, (list, tuple)):
        chosen = frozenset(_operator_name(item) for item in policy_fn_or_list)

        def policy(context: SelectiveCheckpointContext, op: Any, *args: Any) -> CheckpointPolicy:
            keep = op.operator.name in chosen
            return CheckpointPolicy.MUST_SAVE if keep else CheckpointPolicy.PREFER_RECOMPUTE

        store = _Store(policy, allow_cache_entry_mutation)
    elif callable(policy_fn_or_list):
        store = _Store(policy_fn_or_list, allow_cache_entry_mutation)
    else:
        raise TypeError("policy_fn_or_list must be either a function or a list of ops.")
    return _Block(lambda: intercepted(store.first)), _Block(store.recomputation)


def _operator_name(item: Any) -> str:
    found = getattr(item, "operator", item)
    if not isinstance(found, Operator):
        raise ValueError(
            f"Expected an operator in the list, such as torch.matmul, but got {item!r} of type {type(item).__name__}"
        )
    return found.name
