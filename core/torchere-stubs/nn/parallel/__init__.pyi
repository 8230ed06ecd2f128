"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere.nn.parallel import comm as comm
from torchere_nn.parallel.data_parallel import DataParallel as DataParallel
from torchere_nn.parallel.data_parallel import data_parallel as data_parallel
from torchere_nn.parallel.distributed import DistributedDataParallel as DistributedDataParallel
from torchere_nn.parallel.parallel_apply import parallel_apply as parallel_apply
from torchere_nn.parallel.replicate import replicate as replicate
from torchere_nn.parallel.scatter_gather import gather as gather
from torchere_nn.parallel.scatter_gather import scatter as scatter
from torchere_nn.parallel.scatter_gather import scatter_kwargs as scatter_kwargs

def __getattr__(name: str) -> Any: ...
