"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_data.collate import default_collate as default_collate
from torchere_data.collate import default_convert as default_convert
from torchere_data.dataloader import DataLoader as DataLoader
from torchere_data.dataset import BufferedShuffleDataset as BufferedShuffleDataset
from torchere_data.dataset import ChainDataset as ChainDataset
from torchere_data.dataset import ConcatDataset as ConcatDataset
from torchere_data.dataset import Dataset as Dataset
from torchere_data.dataset import IterableDataset as IterableDataset
from torchere_data.dataset import StackDataset as StackDataset
from torchere_data.dataset import Subset as Subset
from torchere_data.dataset import TensorDataset as TensorDataset
from torchere_data.dataset import random_split as random_split
from torchere_data.distributed import DistributedSampler as DistributedSampler
from torchere_data.sampler import BatchSampler as BatchSampler
from torchere_data.sampler import RandomSampler as RandomSampler
from torchere_data.sampler import Sampler as Sampler
from torchere_data.sampler import SequentialSampler as SequentialSampler
from torchere_data.sampler import SubsetRandomSampler as SubsetRandomSampler
from torchere_data.sampler import WeightedRandomSampler as WeightedRandomSampler
from torchere_data.worker import get_worker_info as get_worker_info

def __getattr__(name: str) -> Any: ...
