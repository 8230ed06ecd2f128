"""The collectives on tensors. All processes of a group call the same ones in the same order.

``group`` is the default group unless given; ranks named ``src`` and ``dst`` are global ones, ``group_src`` and
``group_dst`` places in the group. With ``async_op=True`` a :class:`Work` comes back at once and the tensors may be used
after its ``wait()``; otherwise the call returns (None) when this process's tensors are written. In a process that is no
member of ``group`` a call does nothing but warn. A peer that ends, or does not call within the group's timeout,
raises DistNetworkError; the group is then of no use any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from torchere import Tensor

from .groups import get_group_rank, is_outsider, require_group, warn_outsider
from .process_group import ProcessGroup
from .reductions import ReduceOp, check_reduction
from .tensors import check_dtypes, check_list, check_tensor, flat, like, write
from .works import Work

__all__ = [
    "all_gather", "all_gather_coalesced", "all_gather_into_tensor", "all_reduce", "all_reduce_coalesced", "all_to_all",
    "all_to_all_single", "barrier", "broadcast", "gather", "monitored_barrier", "reduce", "reduce_scatter",
    "reduce_scatter_tensor", "scatter",
]  # fmt: skip


def root_of(group: ProcessGroup, rank: int | None, place: int | None, names: tuple[str, str]) -> int:
    """A place in the group, from a global rank or the place itself; 0 without both."""
    if place is not None:
        if rank is not None:
            raise ValueError(f"Can't specify both {names[1]} and {names[0]}")
    else:
        place = get_group_rank(group, 0 if rank is None else rank)
    if not 0 <= place < group.size():
        raise RuntimeError(f"invalid root rank: {place}, the group has ranks 0..{group.size() - 1}")
    return place


def _started(
    group: ProcessGroup, action: Callable[[int], None], tensors: Sequence[Tensor], async_op: bool
) -> Work | None:
    work = group.submit(action, tensors)
    if async_op:
        return work
    work.wait()
    return None


def _check_shape(output: Tensor, input: Tensor, name: str, index: int) -> None:
    if output.shape != input.shape:
        raise RuntimeError(
            f"{name}: invalid tensor size at index {index} (expected {tuple(input.shape)}, got {tuple(output.shape)})"
        )


def _check_count(tensors: Sequence[Tensor], group: ProcessGroup, name: str, argument: str) -> None:
    if len(tensors) != group.size():
        raise RuntimeError(
            f"{name}: invalid {argument} (expected length {group.size()}, one for each rank, got {len(tensors)})"
        )


def all_reduce(tensor: Tensor, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False) -> Work | None:
    """Reduce ``tensor`` over all processes, in place: the same bits everywhere.

    float16, bfloat16 and float8 are summed in float32 and rounded once.
    """
    check_tensor(tensor, "tensor")
    if is_outsider(group):
        return warn_outsider("all_reduce")
    members = require_group(group)
    kind = check_reduction(op, like(tensor).dtype)

    def action(number: int) -> None:
        write(tensor, members.all_reduce(number, "all_reduce", flat(tensor), kind))

    return _started(members, action, [tensor], async_op)


def all_reduce_coalesced(
    tensors: Sequence[Tensor], op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """``all_reduce`` of several tensors of one dtype in one go."""
    check_list(tensors, "tensors")
    check_dtypes(tensors)
    if is_outsider(group):
        return warn_outsider("all_reduce_coalesced")
    members = require_group(group)
    if not tensors:
        return _started(members, lambda number: None, [], async_op)
    kind = check_reduction(op, like(tensors[0]).dtype)

    def action(number: int) -> None:
        whole = np.concatenate([flat(tensor) for tensor in tensors])
        done = members.all_reduce(number, "all_reduce_coalesced", whole, kind)
        ends = np.cumsum([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, np.split(done, ends[:-1]), strict=True):
            write(tensor, part)

    return _started(members, action, list(tensors), async_op)


def broadcast(
    tensor: Tensor,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    """Give all processes the ``tensor`` of ``src``, in place."""
    check_tensor(tensor, "tensor")
    if is_outsider(group):
        return warn_outsider("broadcast")
    members = require_group(group)
    root = root_of(members, src, group_src, ("src", "group_src"))

    def action(number: int) -> None:
        found = members.broadcast(number, "broadcast", flat(tensor), root)
        if members.rank() != root:
            write(tensor, found)

    return _started(members, action, [tensor], async_op)


def reduce(
    tensor: Tensor,
    dst: int | None = None,
    op: Any = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """Reduce ``tensor`` over all processes into that of ``dst``; the others keep theirs."""
    check_tensor(tensor, "tensor")
    if is_outsider(group):
        return warn_outsider("reduce")
    members = require_group(group)
    root = root_of(members, dst, group_dst, ("dst", "group_dst"))
    kind = check_reduction(op, like(tensor).dtype)

    def action(number: int) -> None:
        # As much travels as in an all_reduce, but no rank has to hold all the others' tensors.
        found = members.all_reduce(number, "reduce", flat(tensor), kind)
        if members.rank() == root:
            write(tensor, found)

    return _started(members, action, [tensor], async_op)


def all_gather(tensor_list: Sequence[Tensor], tensor: Tensor, group: Any = None, async_op: bool = False) -> Work | None:
    """Put every process's ``tensor`` into ``tensor_list``, in the order of ranks."""
    check_list(tensor_list, "tensor_list")
    check_tensor(tensor, "tensor")
    check_dtypes(tensor, tensor_list)
    if is_outsider(group):
        return warn_outsider("all_gather")
    members = require_group(group)
    _check_count(tensor_list, members, "all_gather", "output tensor list at index 0")

    def action(number: int) -> None:
        found = members.exchange(
            number, "all_gather", [flat(tensor)] * members.size(), [like(output) for output in tensor_list]
        )
        for output, part in zip(tensor_list, found, strict=True):
            write(output, part)

    own = tensor_list[members.rank()]
    _check_shape(own, tensor, "all_gather", members.rank())
    return _started(members, action, list(tensor_list), async_op)


def all_gather_coalesced(
    output_tensor_lists: Sequence[Sequence[Tensor]],
    input_tensor_list: Sequence[Tensor],
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """``all_gather`` of several tensors: ``output_tensor_lists[rank][i]`` becomes a rank's ``input_tensor_list[i]``."""
    check_list(input_tensor_list, "input_tensor_list")
    for outputs in output_tensor_lists:
        check_list(outputs, "output_tensor_lists")
    if is_outsider(group):
        return warn_outsider("all_gather_coalesced")
    members = require_group(group)
    _check_count(output_tensor_lists, members, "all_gather_coalesced", "output tensor lists")  # type: ignore[arg-type]

    def action(number: int) -> None:
        for index, tensor in enumerate(input_tensor_list):
            for output, part in zip(
                output_tensor_lists, members.all_gather(number, "all_gather_coalesced", flat(tensor)), strict=True
            ):
                write(output[index], part)

    return _started(members, action, [each for outputs in output_tensor_lists for each in outputs], async_op)


def all_gather_into_tensor(
    output_tensor: Tensor, input_tensor: Tensor, group: Any = None, async_op: bool = False
) -> Work | None:
    """Every process's ``input_tensor`` joined (or stacked) along the first axis in ``output_tensor``."""
    check_tensor(input_tensor, "input_tensor")
    check_tensor(output_tensor, "output_tensor")
    check_dtypes(output_tensor, input_tensor)
    if is_outsider(group):
        return warn_outsider("all_gather_into_tensor")
    members = require_group(group)
    if output_tensor.numel() != input_tensor.numel() * members.size():
        raise ValueError(
            "output tensor size must be equal to world_size times input tensor size: got "
            f"{tuple(output_tensor.shape)} for {members.size()} of {tuple(input_tensor.shape)}"
        )

    def action(number: int) -> None:
        found = members.all_gather(number, "all_gather_into_tensor", flat(input_tensor))
        write(output_tensor, np.concatenate(found))

    return _started(members, action, [output_tensor], async_op)


def gather(
    tensor: Tensor,
    gather_list: Sequence[Tensor] | None = None,
    dst: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """Put every process's ``tensor`` into the ``gather_list`` of ``dst``, where alone it is given."""
    check_tensor(tensor, "tensor")
    if gather_list:
        check_list(gather_list, "gather_list")
        check_dtypes(tensor, gather_list)
    if is_outsider(group):
        return warn_outsider("gather")
    members = require_group(group)
    root = root_of(members, dst, group_dst, ("dst", "group_dst"))
    if members.rank() == root:
        if not gather_list:
            raise ValueError("Argument ``gather_list`` must be specified on destination rank.")
        _check_count(gather_list, members, "gather", "output tensor list")
        for index, output in enumerate(gather_list):
            _check_shape(output, tensor, "gather", index)
    elif gather_list:
        raise ValueError("Argument ``gather_list`` must NOT be specified on non-destination ranks.")

    def action(number: int) -> None:
        found = members.gather(number, "gather", flat(tensor), root)
        for output, part in zip(gather_list or (), found or (), strict=True):
            write(output, part)

    return _started(members, action, list(gather_list or ()), async_op)


def scatter(
    tensor: Tensor,
    scatter_list: Sequence[Tensor] | None = None,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    """Put this process's part of the ``scatter_list`` of ``src``, where alone it is given, into ``tensor``."""
    check_tensor(tensor, "tensor")
    if scatter_list:
        check_list(scatter_list, "scatter_list")
        check_dtypes(tensor, scatter_list)
    if is_outsider(group):
        return warn_outsider("scatter")
    members = require_group(group)
    root = root_of(members, src, group_src, ("src", "group_src"))
    if members.rank() == root:
        if not scatter_list:
            raise ValueError("Argument ``scatter_list`` must be specified on source rank.")
        _check_count(scatter_list, members, "scatter", "input tensor list")
        for index, part in enumerate(scatter_list):
            _check_shape(part, tensor, "scatter", index)
    elif scatter_list:
        raise ValueError("Argument ``scatter_list`` must NOT be specified on non-source ranks.")

    def action(number: int) -> None:
        parts = [flat(part) for part in scatter_list] if scatter_list else None
        write(tensor, members.scatter(number, "scatter", parts, like(tensor), root))

    return _started(members, action, [tensor], async_op)


def reduce_scatter(
    output: Tensor, input_list: Sequence[Tensor], op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """Reduce ``input_list[r]`` over all processes into the ``output`` of rank ``r``."""
    check_tensor(output, "output")
    check_list(input_list, "input_list")
    check_dtypes(output, input_list)
    if is_outsider(group):
        return warn_outsider("reduce_scatter")
    members = require_group(group)
    _check_count(input_list, members, "reduce_scatter", "input tensor list")
    _check_shape(output, input_list[members.rank()], "reduce_scatter", members.rank())
    kind = check_reduction(op, like(output).dtype)

    def action(number: int) -> None:
        write(output, members.reduce_scatter(number, "reduce_scatter", [flat(part) for part in input_list], kind))

    return _started(members, action, [output], async_op)


def reduce_scatter_tensor(
    output: Tensor, input: Tensor, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """``reduce_scatter`` of the equal parts of ``input`` along its first axis."""
    check_tensor(output, "output")
    check_tensor(input, "input")
    check_dtypes(output, input)
    if is_outsider(group):
        return warn_outsider("reduce_scatter_tensor")
    members = require_group(group)
    if input.numel() != output.numel() * members.size():
        raise ValueError(
            "input tensor must be the same size as output size times world size: got "
            f"{tuple(input.shape)} for {members.size()} of {tuple(output.shape)}"
        )
    kind = check_reduction(op, like(output).dtype)

    def action(number: int) -> None:
        parts = np.split(flat(input), members.size())
        write(output, members.reduce_scatter(number, "reduce_scatter_tensor", parts, kind))

    return _started(members, action, [output], async_op)


def all_to_all(
    output_tensor_list: Sequence[Tensor],
    input_tensor_list: Sequence[Tensor],
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """Send ``input_tensor_list[r]`` to each rank ``r``; ``output_tensor_list[r]`` becomes what it sent here."""
    check_list(output_tensor_list, "output_tensor_list")
    check_list(input_tensor_list, "input_tensor_list")
    check_dtypes(output_tensor_list, input_tensor_list)
    if is_outsider(group):
        return warn_outsider("all_to_all")
    members = require_group(group)
    _check_count(output_tensor_list, members, "all_to_all", "output tensor list")
    _check_count(input_tensor_list, members, "all_to_all", "input tensor list")

    def action(number: int) -> None:
        outgoing = [flat(part) for part in input_tensor_list]
        found = members.exchange(number, "all_to_all", outgoing, [like(part) for part in output_tensor_list])
        for output, part in zip(output_tensor_list, found, strict=True):
            write(output, part)

    return _started(members, action, list(output_tensor_list), async_op)


def _row_parts(tensor: Tensor, sizes: Sequence[int] | None, group: ProcessGroup, name: str) -> list[int]:
    """How many rows go to each rank. Raises RuntimeError if they do not fit."""
    rows = tensor.shape[0] if tensor.dim() else 1
    if not sizes:
        if rows % group.size():
            raise RuntimeError(
                f"Tensor's dim 0 does not divide equally across group size: {name} has {rows} rows for {group.size()} "
                f"ranks. Pass {name}_split_sizes."
            )
        return [rows // group.size()] * group.size()
    if len(sizes) != group.size():
        raise RuntimeError(f"Number of tensor splits not equal to group size: {len(sizes)} for {group.size()} ranks")
    if sum(sizes) != rows:
        raise RuntimeError(f"Split sizes doesn't match total dim 0 size: {list(sizes)} for {rows} rows of {name}")
    return list(sizes)


def all_to_all_single(
    output: Tensor,
    input: Tensor,
    output_split_sizes: Sequence[int] | None = None,
    input_split_sizes: Sequence[int] | None = None,
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """Send the parts of ``input`` along its first axis to the ranks; ``output`` is what they sent here, joined.

    Parts are equal unless the split sizes (rows for each rank) say otherwise.
    """
    check_tensor(output, "output")
    check_tensor(input, "input")
    check_dtypes(output, input)
    if is_outsider(group):
        return warn_outsider("all_to_all_single")
    members = require_group(group)
    sending = _row_parts(input, input_split_sizes, members, "input")
    receiving = _row_parts(output, output_split_sizes, members, "output")

    def cut(array: np.ndarray, rows: list[int]) -> list[np.ndarray]:
        width = array.size // sum(rows) if sum(rows) else 0
        return np.split(array, np.cumsum(rows)[:-1] * width)

    def action(number: int) -> None:
        outgoing = cut(flat(input), sending)
        found = members.exchange(number, "all_to_all_single", outgoing, cut(like(output), receiving))
        write(output, np.concatenate(found))

    return _started(members, action, [output], async_op)


def barrier(
    group: Any = None, async_op: bool = False, device_ids: Any = None, timeout: timedelta | None = None
) -> Work | None:
    """Return when all processes have called this. ``device_ids`` is accepted."""
    if is_outsider(group):
        return warn_outsider("barrier")
    members = require_group(group)
    seconds = members.seconds if timeout is None else timeout.total_seconds()

    def action(number: int) -> None:
        for peer in members._others():
            members._send(peer, number, memoryview(b""))
        for peer in members._others():
            members._receive(peer, number, "barrier", seconds)

    return _started(members, action, [], async_op)


def monitored_barrier(group: Any = None, timeout: timedelta | None = None, wait_all_ranks: bool = False) -> None:
    """A barrier that names who is missing. Raises RuntimeError with the ranks that did not come within ``timeout``:
    the first, or, with ``wait_all_ranks``, all."""
    if is_outsider(group):
        warn_outsider("monitored_barrier")
        return
    members = require_group(group)
    seconds = members.seconds if timeout is None else timeout.total_seconds()

    def action(number: int) -> None:
        absent = [members.ranks[place] for place in members.barrier(number, "monitored_barrier", seconds)]
        if absent:
            named = ", ".join(map(str, absent if wait_all_ranks else absent[:1]))
            raise RuntimeError(
                f"Rank {members.rank()}: ranks {named} failed to pass monitoredBarrier in {round(seconds * 1000)} ms"
            )

    members.submit(action).wait()
