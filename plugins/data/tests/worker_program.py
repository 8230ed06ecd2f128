"""Run by test_processes.py as a program of its own: what needs an importable main module or a victim process."""

import os
import sys
import time

from torchere.utils.data import DataLoader, Dataset, get_worker_info

import torchere


class Images(Dataset):
    def __init__(self, pause=0.0):
        self.pause = pause

    def __len__(self):
        return 12

    def __getitem__(self, index):
        time.sleep(self.pause)
        return torchere.full((3, 64, 64), float(index)), index + 100 * get_worker_info().id


class Failing(Images):
    def __getitem__(self, index):
        raise LookupError(f"nothing at {index}")


def start(method):
    """Print what a loader with this start method yields, and how it fails."""
    loader = DataLoader(Images(), 2, num_workers=2, multiprocessing_context=method, persistent_workers=True)
    for _ in range(2):
        print([(images.mean().item(), labels.tolist()) for images, labels in loader])
    try:
        list(DataLoader(Failing(), 2, num_workers=1, multiprocessing_context=method))
    except LookupError as error:
        print("LookupError", "nothing at 0" in str(error))


def wait(method):
    """Print the workers' process numbers, then iterate slowly until somebody ends this."""
    loader = DataLoader(Images(pause=0.5), 1, num_workers=2, multiprocessing_context=method)
    iterator = iter(loader)
    next(iterator)
    print(os.getpid(), *(worker.process.pid for worker in iterator._pool.workers), flush=True)
    for _ in iterator:
        pass


def idle(method):
    """Print the workers' process numbers, then leave them without work until somebody ends this."""
    iterator = iter(DataLoader(Images(), 1, num_workers=2, multiprocessing_context=method))
    next(iterator)
    print(*(worker.process.pid for worker in iterator._pool.workers), flush=True)
    time.sleep(60)


def leave(method):
    """End the interpreter in the middle of a pass."""
    iterator = iter(DataLoader(Images(), 1, num_workers=2, multiprocessing_context=method))
    images, _ = next(iterator)
    print(images.mean().item(), flush=True)


if __name__ == "__main__":
    {"start": start, "wait": wait, "idle": idle, "leave": leave}[sys.argv[1]](sys.argv[2])
