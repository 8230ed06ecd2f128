"""The optical digits of the UCI repository: 1,797 scans of 8x8 pixels, shipped with the package."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from torchere.utils.data import Dataset

import torchere
from torchere import Tensor

__all__ = ["Digits"]

_FILE: Final = "digits.npz"
_SHA256: Final = "b3b9c8cc11d765ce4264d8748bf3edbafa5038d91c93cf713ddbd6ae8652b410"

#: Pixels are counts 0..16 of dark pixels in a 4x4 block of the scan.
_DARKEST: Final = 16


class Digits(Dataset[tuple[Any, Any]]):
    """Handwritten digits as ``(image, label)``: ``(1, 8, 8)`` in ``0..1`` in the default dtype, and an int in ``0..9``.

    Args:
        root: folder that holds ``digits.npz``; None takes the copy inside the package.
        train: the training part, or else the test part.
        transform: applied to the image tensor.
        target_transform: applied to the label.
        test_fraction: share of the test part, in ``0..1``.

    The split is fixed, without a random number: of the images of each digit, in the order of the file, the test part
    gets those at which ``floor(position * test_fraction)`` steps up. So both parts have each digit in proportion, and
    spread over the whole file. With the default they have 1,442 and 355 images.

    Attributes:
        data: uint8 ``(N, 8, 8)``, values 0..16.
        targets: int64 ``(N,)``.
        classes: the names of the digits.

    Raises:
        FileNotFoundError: no ``digits.npz`` in ``root``.
        ValueError: ``test_fraction`` outside ``0..1``.
        RuntimeError: the file is damaged (its SHA-256 differs).

    Source: E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
    https://doi.org/10.24432/C50P49, CC BY 4.0; the copy of scikit-learn. See ATTRIBUTION.md beside this file.
    """

    classes: Final = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        *,
        test_fraction: float = 0.2,
    ) -> None:
        if not 0 <= test_fraction <= 1:
            raise ValueError(f"test_fraction should be within 0..1, got {test_fraction}")
        self.root = Path(__file__).parent if root is None else Path(root)
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        images, labels = parse(_read(self.root / _FILE))
        chosen = np.flatnonzero(in_test_part(labels, test_fraction) != train)
        self.data: Tensor = torchere.from_numpy(images[chosen])
        self.targets: Tensor = torchere.from_numpy(labels[chosen].astype(np.int64))

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image: Any = self.data[index].unsqueeze(0).to(torchere.get_default_dtype()) / _DARKEST
        label: Any = int(self.targets[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __len__(self) -> int:
        return self.data.size(0)

    def __repr__(self) -> str:
        part = "train" if self.train else "test"
        lines = [f"Dataset {type(self).__name__}", f"    Number of datapoints: {len(self)}", f"    Split: {part}"]
        if self.transform is not None:
            lines.append(f"    Transform: {self.transform}")
        return "\n".join(lines)


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"Digits: no {path.name} in {path.parent}. Pass root=None for the copy inside the package."
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != _SHA256:
        raise RuntimeError(
            f"Digits: {path} is damaged: SHA-256 {digest}, expected {_SHA256}. "
            "Reinstall torchere, or pass root=None for the copy inside the package."
        )
    return content


def parse(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The images ``(1797, 8, 8)`` and labels ``(1797,)``, both uint8, in the bytes of ``digits.npz``."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return archive["images"], archive["labels"]


def in_test_part(labels: np.ndarray, fraction: float) -> np.ndarray:
    """Which samples belong to the test part: of each label the given share, evenly spread. Bool ``(N,)``."""
    chosen = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        (positions,) = np.nonzero(labels == label)
        # The rounding keeps 100 * 0.29 from falling below 29.
        steps = np.floor(np.round(np.arange(len(positions) + 1) * fraction, 9))
        chosen[positions] = np.diff(steps) > 0
    return chosen
