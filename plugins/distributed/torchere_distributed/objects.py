"""Collectives of Python objects, which travel pickled.

Unpickling runs what the sender put there: use these among processes you trust, as PyTorch advises of its own.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np

import torchere

from .collectives import all_gather, all_gather_into_tensor, broadcast, gather, root_of, scatter
from .groups import is_outsider, require_group, warn_outsider
from .point_to_point import recv, send

__all__ = [
    "all_gather_object", "broadcast_object_list", "gather_object", "recv_object_list", "scatter_object_list",
    "send_object_list",
]  # fmt: skip


def _packed(value: Any) -> Any:
    return torchere.from_numpy(np.frombuffer(bytearray(pickle.dumps(value)), np.uint8))


def _unpacked(data: Any, length: int) -> Any:
    return pickle.loads(data.numpy()[:length].tobytes())


def _empty(length: int) -> Any:
    return torchere.empty(length, dtype=torchere.uint8)


def all_gather_object(object_list: list[Any], obj: Any, group: Any = None) -> None:
    """Put every process's ``obj`` into ``object_list``, which has a place for each."""
    if is_outsider(group):
        warn_outsider("all_gather_object")
        return
    size = require_group(group).size()
    if len(object_list) != size:
        raise RuntimeError(f"all_gather_object: object_list has {len(object_list)} places, the group {size} processes")
    data = _packed(obj)
    lengths = torchere.zeros(size, dtype=torchere.int64)
    all_gather_into_tensor(lengths, torchere.tensor([data.numel()]), group=group)
    found = [_empty(length) for length in lengths.tolist()]
    all_gather(found, data, group=group)
    object_list[:] = [_unpacked(each, each.numel()) for each in found]


def gather_object(
    obj: Any,
    object_gather_list: list[Any] | None = None,
    dst: int | None = None,
    group: Any = None,
    group_dst: int | None = None,
) -> None:
    """Put every process's ``obj`` into the ``object_gather_list`` of ``dst``, where alone it is given."""
    if is_outsider(group):
        warn_outsider("gather_object")
        return
    members = require_group(group)
    root = root_of(members, dst, group_dst, ("dst", "group_dst"))
    mine = members.rank() == root
    if mine and not object_gather_list:
        raise ValueError("Argument ``object_gather_list`` must be specified on destination rank.")
    if not mine and object_gather_list:
        raise ValueError("Argument ``object_gather_list`` must NOT be specified on non-destination ranks.")
    data = _packed(obj)
    lengths = torchere.zeros(members.size(), dtype=torchere.int64)
    all_gather_into_tensor(lengths, torchere.tensor([data.numel()]), group=group)
    longest = int(lengths.max())
    padded = torchere.cat([data, _empty(longest - data.numel())])
    found = [_empty(longest) for _ in range(members.size())] if mine else None
    gather(padded, found, group=group, group_dst=root)
    if mine:
        assert object_gather_list is not None
        object_gather_list[:] = [_unpacked(*pair) for pair in zip(found or (), lengths.tolist(), strict=True)]


def broadcast_object_list(
    object_list: list[Any], src: int | None = None, group: Any = None, device: Any = None, group_src: int | None = None
) -> None:
    """Replace the objects of ``object_list`` by those of ``src``, of which there are as many."""
    if is_outsider(group):
        warn_outsider("broadcast_object_list")
        return
    members = require_group(group)
    root = root_of(members, src, group_src, ("src", "group_src"))
    packed = [_packed(each) for each in object_list] if members.rank() == root else []
    lengths = torchere.tensor([each.numel() for each in packed] or [0] * len(object_list), dtype=torchere.int64)
    broadcast(lengths, group=group, group_src=root)
    whole = torchere.cat(packed) if packed else _empty(int(lengths.sum()))
    broadcast(whole, group=group, group_src=root)
    if members.rank() != root:
        object_list[:] = [_unpacked(part, part.numel()) for part in whole.split(lengths.tolist())]


def scatter_object_list(
    scatter_object_output_list: list[Any],
    scatter_object_input_list: Sequence[Any] | None = None,
    src: int | None = None,
    group: Any = None,
    group_src: int | None = None,
) -> None:
    """Put this process's one of the objects of ``src`` into the first place of ``scatter_object_output_list``."""
    if is_outsider(group):
        warn_outsider("scatter_object_list")
        return
    if not isinstance(scatter_object_output_list, list) or not scatter_object_output_list:
        raise ValueError("Expected argument scatter_object_output_list to be a list of size at least 1.")
    members = require_group(group)
    root = root_of(members, src, group_src, ("src", "group_src"))
    mine = members.rank() == root
    if mine and (scatter_object_input_list is None or len(scatter_object_input_list) != members.size()):
        raise ValueError("source rank must provide non-None scatter_object_input_list, an object for each rank")
    packed = [_packed(each) for each in scatter_object_input_list or ()] if mine else []
    lengths = torchere.tensor([each.numel() for each in packed] or [0] * members.size(), dtype=torchere.int64)
    broadcast(lengths, group=group, group_src=root)
    longest = int(lengths.max())
    own = _empty(longest)
    padded = [torchere.cat([each, _empty(longest - each.numel())]) for each in packed]
    scatter(own, padded or None, group=group, group_src=root)
    scatter_object_output_list[0] = _unpacked(own, int(lengths[members.rank()]))


def send_object_list(
    object_list: Sequence[Any],
    dst: int | None = None,
    group: Any = None,
    device: Any = None,
    group_dst: int | None = None,
    use_batch: bool = False,
) -> None:
    """Send the objects of a list to the process ``dst``, which calls ``recv_object_list`` with as many places."""
    packed = [_packed(each) for each in object_list]
    send(torchere.tensor([each.numel() for each in packed]), dst, group, group_dst=group_dst)
    send(torchere.cat(packed), dst, group, group_dst=group_dst)


def recv_object_list(
    object_list: list[Any],
    src: int | None = None,
    group: Any = None,
    device: Any = None,
    group_src: int | None = None,
    use_batch: bool = False,
) -> int:
    """Receive as many objects as ``object_list`` has places, from ``src`` or anyone; the sender's global rank."""
    lengths = torchere.zeros(len(object_list), dtype=torchere.int64)
    sender = recv(lengths, src, group, group_src=group_src)
    if sender < 0:
        return sender
    whole = _empty(int(lengths.sum()))
    recv(whole, sender, group)
    object_list[:] = [_unpacked(part, part.numel()) for part in whole.split(lengths.tolist())]
    return sender
