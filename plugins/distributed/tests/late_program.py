"""One rank of the test of timeouts; rank 1 does not make the call. Arguments: rank, size, port."""

import sys
from datetime import timedelta

import pytest
import torchere.distributed as dist

import torchere as torch

rank, size, port = map(int, sys.argv[1:])
dist.init_process_group(
    init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=size, timeout=timedelta(seconds=20)
)
group = dist.new_group(timeout=timedelta(seconds=0.3))
if rank == 0:
    with pytest.raises(RuntimeError, match="ranks 1 failed to pass monitoredBarrier in 100 ms"):
        dist.monitored_barrier(group, timedelta(seconds=0.1))
    with pytest.raises(dist.DistNetworkError, match="Timed out waiting 300ms for all_reduce"):
        dist.all_reduce(torch.ones(2), group=group)
dist.barrier()
tensor = torch.ones(2 + rank)
with pytest.raises(dist.DistError, match="all_reduce"):
    dist.all_reduce(tensor)
print("late")
