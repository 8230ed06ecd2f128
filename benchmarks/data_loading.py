"""Rows of the suite `data`: one epoch of a `DataLoader`, with 0 and 2 persistent workers.

The images are JPEG files in memory, decoded and resized by Pillow, which both frameworks' pythons need for these rows.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

Setup = Callable[[Any], Callable[[], object]]


def _epochs(torch: Any, dataset: Any, batch_size: int, workers: int) -> Callable[[], object]:
    """A function that iterates a shuffling loader once."""
    data = import_module(f"{torch.__name__}.utils.data")
    loader = data.DataLoader(dataset, batch_size, shuffle=True, num_workers=workers, persistent_workers=workers > 0)

    def run() -> None:
        for _ in loader:
            pass

    return run


def tensor_batches(torch: Any, workers: int) -> Callable[[], object]:
    """4,096 samples (3, 16, 16) of a `TensorDataset` in batches of 64."""
    data = import_module(f"{torch.__name__}.utils.data")
    dataset = data.TensorDataset(torch.randn(4096, 3, 16, 16), torch.randint(0, 10, (4096,)))
    return _epochs(torch, dataset, 64, workers)


@functools.cache
def _files() -> list[bytes]:
    from PIL import Image

    draw = np.random.default_rng(0)
    files = []
    for _ in range(64):
        stream = io.BytesIO()
        Image.fromarray(draw.integers(0, 255, (96, 96, 3), dtype=np.uint8)).save(stream, "JPEG")
        files.append(stream.getvalue())
    return files


class DecodedImages:
    """Samples decoded when they are asked for: float32 ``(3, 64, 64)`` and a label."""

    def __init__(self, torch: Any) -> None:
        self.from_numpy = torch.from_numpy

    def __len__(self) -> int:
        return 512

    def __getitem__(self, index: int) -> tuple[Any, int]:
        from PIL import Image

        image = Image.open(io.BytesIO(_files()[index % 64])).convert("RGB").resize((64, 64))
        channels_first = np.asarray(image, np.float32).transpose(2, 0, 1)
        return self.from_numpy(np.ascontiguousarray(channels_first / 255)), index % 10


def decoded_images(torch: Any, workers: int) -> Callable[[], object]:
    """512 JPEG images decoded by Pillow, in batches of 32."""
    return _epochs(torch, DecodedImages(torch), 32, workers)


ROWS: dict[str, Setup] = {
    f"{setup.__name__}_{workers}_workers": functools.partial(setup, workers=workers)
    for setup in (tensor_batches, decoded_images)
    for workers in (0, 2)
}
