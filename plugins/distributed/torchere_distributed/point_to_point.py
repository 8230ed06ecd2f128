"""Messages from one process to another. Those with one sender, receiver and ``tag`` arrive in the order they were sent.

A send is over when the data has left, whether or not the other process has asked for it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from torchere import Tensor

from .collectives import root_of
from .errors import DistBackendError
from .groups import get_group_rank, is_outsider, require_group, warn_outsider
from .process_group import as_bytes
from .tensors import check_tensor, flat, like, write
from .works import Work

__all__ = ["P2POp", "batch_isend_irecv", "irecv", "isend", "recv", "send"]


def isend(
    tensor: Tensor, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: int | None = None
) -> Work | None:
    """Send ``tensor`` to the process ``dst``. Raises ValueError if that is this one."""
    check_tensor(tensor, "tensor")
    if is_outsider(group):
        return warn_outsider("isend")
    members = require_group(group)
    place = root_of(members, dst, group_dst, ("dst", "group_dst"))
    if place == members.rank():
        raise ValueError(
            "Invalid destination rank: destination rank should not be the same as the rank of the current process."
        )
    members.send_message(place, tag, as_bytes(flat(tensor)))
    work = Work([tensor])
    work.finish()
    return work


def send(tensor: Tensor, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: int | None = None) -> None:
    """``isend``, waited for."""
    isend(tensor, dst, group, tag, group_dst)


def irecv(
    tensor: Tensor, src: int | None = None, group: Any = None, tag: int = 0, group_src: int | None = None
) -> Work | None:
    """Receive into ``tensor``, which is written by ``wait()``, from ``src`` or, without one, from anyone.

    ``wait()`` raises DistBackendError if the message has another size than ``tensor``.
    """
    check_tensor(tensor, "tensor")
    if is_outsider(group):
        return warn_outsider("irecv")
    members = require_group(group)
    if src is None and group_src is None:
        peers = [peer for peer in range(members.size()) if peer != members.rank()]
    else:
        peers = [root_of(members, src, group_src, ("src", "group_src"))]
        if peers[0] == members.rank():
            raise ValueError(
                "Invalid source rank: source rank should not be the same as the rank of the current process."
            )

    def put(data: bytearray) -> None:
        expected = like(tensor)
        if len(data) != expected.nbytes:
            raise DistBackendError(
                f"recv: the message has {len(data)} bytes, the tensor {tuple(tensor.shape)} of {tensor.dtype} has "
                f"{expected.nbytes}: send and receive tensors of one shape and dtype"
            )
        write(tensor, np.frombuffer(data, np.uint8).view(expected.dtype))

    return members.receive_message(peers, tag, put, tensor)


def recv(tensor: Tensor, src: int | None = None, group: Any = None, tag: int = 0, group_src: int | None = None) -> int:
    """``irecv``, waited for; the sender's global rank, or -1 in a process that is no member."""
    work = irecv(tensor, src, group, tag, group_src)
    if work is None:
        return -1
    work.wait()
    return require_group(group).ranks[work.source_rank()]


class P2POp:
    """One of several messages for :func:`batch_isend_irecv`: ``op`` is ``isend`` or ``irecv``."""

    def __init__(
        self,
        op: Callable[..., Any],
        tensor: Tensor,
        peer: int | None = None,
        group: Any = None,
        tag: int = 0,
        group_peer: int | None = None,
    ) -> None:
        if op not in (isend, irecv):
            raise ValueError("Invalid ``op``. Expected ``op`` to be ``distributed.isend`` or ``distributed.irecv``.")
        check_tensor(tensor, "tensor")
        self.op = op
        self.tensor = tensor
        self.group = require_group(group)
        self.group_peer = root_of(self.group, peer, group_peer, ("peer", "group_peer"))
        self.peer = self.group.ranks[self.group_peer]
        self.tag = tag

    def __repr__(self) -> str:
        return (
            f"P2POp({self.op.__name__}, peer={self.peer}, tag={self.tag}, {self.tensor.dtype} "
            f"{tuple(self.tensor.shape)})"
        )


def batch_isend_irecv(p2p_op_list: Sequence[P2POp]) -> list[Work]:
    """Start all of several messages. Raises ValueError for anything but a list of P2POp."""
    if not isinstance(p2p_op_list, list) or not all(isinstance(op, P2POp) for op in p2p_op_list):
        raise ValueError("Invalid ``p2p_op_list``. Each op is expected to to be of type ``torch.distributed.P2POp``.")
    works = [op.op(op.tensor, group=op.group, tag=op.tag, **_named(op)) for op in p2p_op_list]
    return [work for work in works if work is not None]


def _named(op: P2POp) -> dict[str, int]:
    return {"group_dst" if op.op is isend else "group_src": get_group_rank(op.group, op.peer)}
