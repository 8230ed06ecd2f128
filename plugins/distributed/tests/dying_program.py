"""One rank of the test of a killed peer; rank 1 kills itself. Arguments: rank, size, port."""

import os
import signal
import sys
import time
from datetime import timedelta

import pytest
import torchere.distributed as dist

import torchere as torch

rank, size, port = map(int, sys.argv[1:])
dist.init_process_group(
    init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=size, timeout=timedelta(seconds=30)
)
dist.all_reduce(torch.ones(3))
if rank == 1:
    os.kill(os.getpid(), signal.SIGKILL)
start = time.monotonic()
with pytest.raises(dist.DistNetworkError, match="rank 1 has ended"):
    dist.all_reduce(torch.ones(100_000))
with pytest.raises(dist.DistNetworkError, match="rank 1 has ended"):
    dist.recv(torch.ones(2), 1)
with pytest.raises(RuntimeError, match="an earlier operation of this process group failed"):
    dist.barrier()
assert time.monotonic() - start < 10  # far below the timeout of 30 s
dist.destroy_process_group()
print("noticed")
