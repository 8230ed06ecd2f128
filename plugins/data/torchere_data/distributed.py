"""Sampling of one process's share of a dataset."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized

import torchere
from torchere import Generator

from .sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """The indices of rank ``rank`` of ``num_replicas`` processes: every ``num_replicas``-th of a common order.

    Args:
        num_replicas: how many processes share the dataset; asked of `torchere.distributed` when None.
        rank: which of them this is; asked likewise when None.
        shuffle: permute first, by ``seed + epoch`` alone, so that all processes draw the same permutation.
        drop_last: cut the tail to divide evenly; otherwise indices from the beginning fill it up.

    Raises:
        ValueError: ``rank`` is not within ``0..num_replicas-1``, or there is no process group to ask.

    Call ``set_epoch(epoch)`` before each epoch; without it every epoch has the same order.
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            group = getattr(torchere, "distributed", None)
            if group is None or not group.is_available() or not group.is_initialized():
                raise ValueError(
                    "Default process group has not been initialized, please make sure to call init_process_group, "
                    "or pass num_replicas and rank to DistributedSampler."
                )
            num_replicas = group.get_world_size() if num_replicas is None else num_replicas
            rank = group.get_rank() if rank is None else rank
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        self.shuffle = shuffle
        self.seed = seed
        size = len(dataset)
        self.num_samples = size // num_replicas if drop_last else math.ceil(size / num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        size = len(self.dataset)
        if self.shuffle:
            generator = Generator("cpu")
            generator.manual_seed(self.seed + self.epoch)
            indices = torchere.randperm(size, generator=generator, device="cpu").tolist()
        else:
            indices = list(range(size))
        if not self.drop_last and size:
            indices *= math.ceil(self.total_size / size)  # a dataset smaller than the padding comes several times
        return iter(indices[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the permutation of the next pass."""
        self.epoch = epoch
