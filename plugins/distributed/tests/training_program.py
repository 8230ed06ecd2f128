"""One rank of the test of DistributedDataParallel. Arguments: rank, size, port."""

import sys
from datetime import timedelta

import numpy as np
import pytest
import torchere.distributed as dist
from torchere.nn.parallel import DistributedDataParallel

import torchere as torch
from torchere import nn

rank, size, port = map(int, sys.argv[1:])
with pytest.raises(ValueError, match="Default process group has not been initialized"):
    DistributedDataParallel(nn.Linear(1, 1))
dist.init_process_group(
    init_method=f"tcp://localhost:{port}", rank=rank, world_size=size, timeout=timedelta(seconds=20)
)


def perceptron(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))


rows = np.random.default_rng(0)
x = torch.from_numpy(rows.standard_normal((8 * size, 5)).astype(np.float32))
y = torch.from_numpy(rows.standard_normal((8 * size, 3)).astype(np.float32))
mine = slice(8 * rank, 8 * rank + 8)


def close(found, expected, what):
    np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), rtol=1e-6, atol=1e-6, err_msg=what)


def loss_of(model, part=slice(None)):
    return nn.functional.mse_loss(model(x[part]), y[part])


# training equals training of one process on the whole batch, whatever the buckets
for settings in ({}, {"bucket_cap_mb": 1e-4}, {"gradient_as_bucket_view": True}, {"static_graph": True}):
    alone = perceptron(0)
    model = DistributedDataParallel(perceptron(rank), **settings)  # other weights in rank 1: rank 0's count
    assert list(model.state_dict()) == [f"module.{key}" for key in alone.state_dict()]
    assert repr(model).startswith("DistributedDataParallel(\n  (module): Sequential(")
    if "bucket_cap_mb" in settings:
        assert len(model.reducer.buckets) > 1
    optimizers = [torch.optim.SGD(each.parameters(), lr=0.1, momentum=0.9) for each in (alone, model)]
    for _ in range(5):
        for each, part, optimizer in zip((alone, model), (slice(None), mine), optimizers, strict=True):
            optimizer.zero_grad(set_to_none=False)
            loss_of(each, part).backward()
            optimizer.step()
    for (name, expected), found in zip(alone.named_parameters(), model.parameters(), strict=True):
        close(found, expected, f"{settings} {name}")

# no_sync: local gradients, then the mean of the sums
alone, model = perceptron(0), DistributedDataParallel(perceptron(0))
with model.no_sync():
    loss_of(model, mine).backward()
local = perceptron(0)
loss_of(local, mine).backward()
for found, expected in zip(model.parameters(), local.parameters(), strict=True):
    close(found.grad, expected.grad, "no_sync")
loss_of(model, mine).backward()
(loss_of(alone) * 2).backward()
for found, expected in zip(model.parameters(), alone.parameters(), strict=True):
    close(found.grad, expected.grad, "after no_sync")

# buffers of rank 0 for all
normal = DistributedDataParallel(nn.BatchNorm1d(5))
normal(x[mine])
normal(x[mine])
means = [torch.zeros(5) for _ in range(size)]
dist.all_gather(means, normal.module.running_mean)
first = nn.BatchNorm1d(5)
first(x[:8])
second = nn.BatchNorm1d(5)
second.load_state_dict(first.state_dict())
second(x[mine])
close(normal.module.running_mean, second.running_mean, "buffers")


# communication hooks
def doubled(state, bucket: dist.GradBucket) -> torch.futures.Future:
    state.append((bucket.index(), bucket.is_last(), [g.shape for g in bucket.gradients()]))
    future = dist.all_reduce(bucket.buffer(), async_op=True).get_future()
    return future.then(lambda done: done.value()[0] * 2 / size)


alone, model, seen = perceptron(0), DistributedDataParallel(perceptron(0)), []
model.register_comm_hook(seen, doubled)
with pytest.raises(RuntimeError, match="only be called once"):
    model.register_comm_hook(None, doubled)
with pytest.raises(TypeError, match="must be callable"):
    model.register_comm_hook(None, 2)
loss_of(model, mine).backward()
(loss_of(alone) * 2).backward()
for found, expected in zip(model.parameters(), alone.parameters(), strict=True):
    close(found.grad, expected.grad, "hook")
assert [shape for _, _, shapes in seen for shape in shapes] == [p.shape for p in reversed(list(model.parameters()))]
assert [last for _, last, _ in seen] == [False] * (len(seen) - 1) + [True]


class Branches(nn.Module):
    """The layer of a rank, and one that nobody uses."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(5, 3) for _ in range(size))
        self.idle = nn.Linear(2, 2)

    def forward(self, x, number):
        return self.layers[number](x)


torch.manual_seed(1)
model = DistributedDataParallel(Branches(), find_unused_parameters=True)
for _ in range(2):
    model.zero_grad()
    model(x[mine], rank).sum().backward()
    assert model.module.idle.weight.grad is None
    for number, layer in enumerate(model.module.layers):
        close(layer.weight.grad[0], x[8 * number : 8 * number + 8].sum(0) / size, "unused")
strict = DistributedDataParallel(Branches())
strict(x[mine], rank).sum().backward()
with pytest.raises(RuntimeError, match="Expected to have finished reduction in the prior iteration"):
    strict(x[mine], rank)
with pytest.raises(RuntimeError, match="doesn't have any parameter that requires a gradient"):
    DistributedDataParallel(nn.ReLU())
with pytest.raises(RuntimeError, match="appears not to match sizes"):
    DistributedDataParallel(nn.Linear(2 + rank, 2))
with pytest.raises(ValueError, match="only work with single-device"):
    DistributedDataParallel(nn.Linear(2, 2), device_ids=[0])

# uneven inputs: rank r has r + 1 batches
torch.manual_seed(2)
weight = nn.Linear(5, 1, bias=False)
for by_all in (True, False):
    model = DistributedDataParallel(nn.Linear(5, 1, bias=False))
    model.module.weight.data.copy_(weight.weight.data)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    expected = weight.weight.data.clone()
    with model.join(divide_by_initial_world_size=by_all):
        for step in range(rank + 1):
            optimizer.zero_grad()
            model(x[step + 10 * rank]).sum().backward()
            optimizer.step()
    for step in range(size):
        active = [r for r in range(size) if step < r + 1]
        expected -= 0.1 * sum(x[step + 10 * r] for r in active) / (size if by_all else len(active))
    close(model.module.weight, expected, f"join {by_all}")


def stop_early():
    with model.join(throw_on_early_termination=True):
        for step in range(rank + 1):
            model(x[step]).sum().backward()


with pytest.raises(RuntimeError, match="at least one rank that exhausted inputs"):
    stop_early()
dist.barrier()
dist.destroy_process_group()
print("all equal")
