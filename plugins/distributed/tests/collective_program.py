"""One rank of the test of collectives: compares each with NumPy. Arguments: rank, size, port."""

import sys
from datetime import timedelta

import numpy as np
import torchere.distributed as dist

import torchere as torch

rank, size, port = map(int, sys.argv[1:])
dist.init_process_group(
    "gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=size, timeout=timedelta(seconds=20)
)
ranks = range(size)


def values(owner, shape, dtype=np.float32, seed=0):
    return np.random.default_rng(100 * seed + owner).integers(-5, 6, shape).astype(dtype)


def tensor(array):
    return torch.from_numpy(np.array(array))


def same(found, expected, what):
    np.testing.assert_array_equal(np.asarray(found.detach().float().numpy()), np.asarray(expected, np.float32), what)


OPERATIONS = {
    dist.ReduceOp.SUM: sum,
    dist.ReduceOp.AVG: lambda parts: sum(parts) / size,
    dist.ReduceOp.PRODUCT: lambda parts: np.prod(parts, 0),
    dist.ReduceOp.MIN: lambda parts: np.min(parts, 0),
    dist.ReduceOp.MAX: lambda parts: np.max(parts, 0),
}
for shape in ((), (0,), (3, 4), (70, 101)):
    for op, reference in OPERATIONS.items():
        x = tensor(values(rank, shape))
        assert dist.all_reduce(x, op) is None
        same(x, reference([values(r, shape) for r in ranks]), f"all_reduce {op} {shape}")
for op, function in ((dist.ReduceOp.BAND, np.bitwise_and), (dist.ReduceOp.BXOR, np.bitwise_xor)):
    x = tensor(values(rank, (5,), np.int64))
    dist.all_reduce(x, op)
    same(x, function.reduce([values(r, (5,), np.int64) for r in ranks]), f"all_reduce {op}")
for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.int32, torch.uint8):
    x = tensor(np.abs(values(rank, (2, 3)))).to(dtype)
    dist.all_reduce(x)
    assert x.dtype == dtype
    same(x, sum(np.abs(values(r, (2, 3))) for r in ranks), f"all_reduce {dtype}")
# 256 + 1 is 256 in bfloat16: the sum of 256 and four halves is only right if it is rounded once
x = torch.tensor([256.0 if rank == 0 else 1.0, 1.0]).bfloat16()
dist.all_reduce(x)
same(x, torch.tensor([256.0 + size - 1, float(size)]).bfloat16().float().numpy(), "bfloat16 rounds once")
x = tensor(values(rank, (4, 6))).t()
dist.all_reduce(x)
same(x, sum(values(r, (4, 6)) for r in ranks).T, "strided")
leaf = torch.ones(3, requires_grad=True)
dist.all_reduce(leaf)
same(leaf, np.full(3, size), "leaf")
x = torch.full((2,), float(rank)) + 1j
dist.all_reduce(x)
assert x.tolist() == [complex(sum(ranks), size)] * 2

works = [(tensor(values(rank, (50,), seed=s)), s) for s in range(5)]
works = [(dist.all_reduce(x, async_op=True), x, s) for x, s in works]
for work, x, s in reversed(works):
    assert work.wait()
    assert work.is_completed()
    assert work.get_future().wait()[0] is x
    same(x, sum(values(r, (50,), seed=s) for r in ranks), "async")

for root in ranks:
    x = tensor(values(rank, (3, 5)))
    dist.broadcast(x, root)
    same(x, values(root, (3, 5)), "broadcast")
    x = tensor(values(rank, (3, 5)))
    dist.reduce(x, root)
    same(x, sum(values(r, (3, 5)) for r in ranks) if rank == root else values(rank, (3, 5)), "reduce")
    out = [torch.zeros(3, 5) for _ in ranks] if rank == root else None
    dist.gather(tensor(values(rank, (3, 5))), out, root)
    for r, part in enumerate(out or ()):
        same(part, values(r, (3, 5)), "gather")
    out = torch.zeros(4)
    dist.scatter(out, [tensor(values(r, (4,), seed=9)) for r in ranks] if rank == root else None, root)
    same(out, values(rank, (4,), seed=9), "scatter")
    objects = [None] * size if rank == root else None
    dist.gather_object({"rank": rank, "text": "x" * rank}, objects, root)
    assert objects is None or objects == [{"rank": r, "text": "x" * r} for r in ranks]
    objects = [(root, "a"), {"b": [root]}] if rank == root else [None, None]
    dist.broadcast_object_list(objects, root)
    assert objects == [(root, "a"), {"b": [root]}]
    objects = [None]
    dist.scatter_object_list(objects, [f"{r}" * (r + 1) for r in ranks] if rank == root else None, root)
    assert objects == [f"{rank}" * (rank + 1)]

out = [torch.zeros(2, 3) for _ in ranks]
dist.all_gather(out, tensor(values(rank, (2, 3))))
for r, part in enumerate(out):
    same(part, values(r, (2, 3)), "all_gather")
out = torch.zeros(2 * size, 3)
dist.all_gather_into_tensor(out, tensor(values(rank, (2, 3))))
same(out, np.concatenate([values(r, (2, 3)) for r in ranks]), "all_gather_into_tensor")
objects = [None] * size
dist.all_gather_object(objects, ["of", rank])
assert objects == [["of", r] for r in ranks]
out = torch.zeros(3)
dist.reduce_scatter(out, [tensor(values(rank, (3,), seed=s)) for s in ranks])
same(out, sum(values(r, (3,), seed=rank) for r in ranks), "reduce_scatter")
out = torch.zeros(2, 3)
dist.reduce_scatter_tensor(out, tensor(values(rank, (2 * size, 3))), dist.ReduceOp.MAX)
same(out, np.max([values(r, (2 * size, 3))[2 * rank : 2 * rank + 2] for r in ranks], 0), "reduce_scatter_tensor")
out = [torch.zeros(r + 1) for r in ranks]
dist.all_to_all(out, [tensor(values(rank, (rank + 1,), seed=s)) for s in ranks])
for r, part in enumerate(out):
    same(part, values(r, (r + 1,), seed=rank), "all_to_all")
out = torch.zeros(2 * size, 2)
dist.all_to_all_single(out, tensor(values(rank, (2 * size, 2))))
same(out, np.concatenate([values(r, (2 * size, 2))[2 * rank : 2 * rank + 2] for r in ranks]), "all_to_all_single")
out = torch.zeros(size * (rank + 1))
dist.all_to_all_single(out, torch.arange(size * (size + 1) // 2) + 0.0, [rank + 1] * size, [r + 1 for r in ranks])
start = rank * (rank + 1) // 2
same(out, np.tile(np.arange(start, start + rank + 1), size), "all_to_all_single, uneven")

after, before = (rank + 1) % size, (rank - 1) % size
pending = [dist.irecv(torch.zeros(2), before, tag=t) for t in (1, 0)]
dist.send(torch.full((2,), float(rank)), after, tag=0)
dist.send(torch.full((2,), 10.0 + rank), after, tag=1)
for work, base in zip(pending, (10, 0), strict=True):
    work.wait()
    same(work.result()[0], np.full(2, base + before), "tags")
big = torch.zeros(300_000)
works = dist.batch_isend_irecv(
    [dist.P2POp(dist.isend, torch.full((300_000,), rank + 0.5), after), dist.P2POp(dist.irecv, big, before)]
)
for work in works:
    work.wait()
same(big, np.full(300_000, before + 0.5), "batch")
dist.barrier()
dist.send_object_list(["object", rank], after)
objects = [None, None]
assert dist.recv_object_list(objects, before) == before
assert objects == ["object", before]

alone = dist.new_group([size - 1])
if rank == size - 1:
    assert (dist.get_rank(alone), dist.get_world_size(alone), dist.get_process_group_ranks(alone)) == (0, 1, [rank])
    x = torch.ones(2)
    dist.all_reduce(x, group=alone)
    same(x, [1, 1], "group of one")
else:
    assert alone == dist.GroupMember.NON_GROUP_MEMBER
    assert dist.get_rank(alone) == -1
turned = dist.new_group(list(reversed(ranks)), sort_ranks=False)
x = torch.tensor([float(rank)])
dist.broadcast(x, group=turned, group_src=0)
same(x, [size - 1], "group_src")
dist.barrier(turned)

from torchere.utils.data import DistributedSampler  # noqa: E402

assert list(DistributedSampler(range(2 * size), shuffle=False)) == [rank, rank + size]
dist.monitored_barrier()
dist.destroy_process_group()
assert not dist.is_initialized()
print("all equal")
