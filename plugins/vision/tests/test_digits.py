"""The digits: contents, split, samples, and a damaged or missing file."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from torchere.utils.data import DataLoader
from torchere.vision.datasets import Digits

import torchere
from torchere_vision.datasets import digits

FOLDER = Path(digits.__file__).parent


def test_file_holds_the_published_numbers():
    images, labels = digits.parse((FOLDER / "digits.npz").read_bytes())
    assert images.shape == (1797, 8, 8)
    assert images.dtype == labels.dtype == np.uint8
    assert images.max() == 16
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    # The first scan as the data set's description shows it.
    assert images[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert int(images.sum()) == 561718


def test_file_is_that_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    images, labels = digits.parse((FOLDER / "digits.npz").read_bytes())
    original = datasets.load_digits()
    assert (original.images == images).all()
    assert (original.target == labels).all()


def test_split_is_fixed_stratified_and_complete():
    train, test = Digits(), Digits(train=False)
    assert (len(train), len(test)) == (1442, 355)
    counts = torchere.bincount(test.targets)
    assert counts.tolist() == [35, 36, 35, 36, 36, 36, 36, 35, 34, 36]
    both = torchere.cat([train.data, test.data]).numpy().reshape(-1, 64)
    everything, _ = digits.parse((FOLDER / "digits.npz").read_bytes())
    assert sorted(map(bytes, both)) == sorted(map(bytes, everything.reshape(-1, 64)))
    again = hashlib.sha256(Digits(train=False).data.numpy().tobytes()).hexdigest()
    assert again.startswith("208645cd23e83018"), "the split changed: figures published with it do not hold any more"


@pytest.mark.parametrize(("fraction", "sizes"), [(0.0, (1797, 0)), (1.0, (0, 1797)), (0.5, (901, 896))])
def test_split_fraction(fraction, sizes):
    assert (len(Digits(test_fraction=fraction)), len(Digits(train=False, test_fraction=fraction))) == sizes


def test_every_fifth_of_a_class_is_a_test_image():
    chosen = digits.in_test_part(np.zeros(20, np.uint8), 0.2)
    assert np.flatnonzero(chosen).tolist() == [4, 9, 14, 19]
    assert digits.in_test_part(np.zeros(100, np.uint8), 0.29).sum() == 29  # 100 * 0.29 is 28.999999999999996


def test_images_have_the_default_dtype():
    torchere.set_default_dtype(torchere.float64)
    try:
        assert Digits()[0][0].dtype == torchere.float64
    finally:
        torchere.set_default_dtype(torchere.float32)


def test_samples():
    dataset = Digits(train=False)
    image, label = dataset[3]
    assert image.shape == (1, 8, 8)
    assert image.dtype == torchere.float32
    assert type(label) is int
    assert label == dataset.targets[3].item()
    assert image.tolist() == [[[value / 16 for value in row] for row in dataset.data[3].tolist()]]
    assert (
        dataset.classes[label]
        == ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"][label]
    )
    image += 1  # a sample is nobody else's memory
    assert dataset[3][0].max() <= 1
    with pytest.raises(IndexError):
        dataset[355]


def test_transforms_and_loader():
    dataset = Digits(transform=lambda image: image * 2, target_transform=str)
    image, label = dataset[0]
    assert image.tolist() == (Digits()[0][0] * 2).tolist()
    assert label == str(dataset.targets[0].item())
    images, labels = next(iter(DataLoader(Digits(), 5)))
    assert images.shape == (5, 1, 8, 8)
    assert labels.dtype == torchere.int64


def test_repr():
    assert repr(Digits(train=False)) == "Dataset Digits\n    Number of datapoints: 355\n    Split: test"


def test_own_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"no digits.npz in {tmp_path}"):
        Digits(tmp_path)
    shutil.copy(FOLDER / "digits.npz", tmp_path)
    assert len(Digits(tmp_path)) == 1442
    content = bytearray((FOLDER / "digits.npz").read_bytes())
    content[5000] ^= 1
    (tmp_path / "digits.npz").write_bytes(content)
    with pytest.raises(RuntimeError, match="is damaged: SHA-256"):
        Digits(tmp_path)


@pytest.mark.parametrize("fraction", [-0.1, 1.1])
def test_fraction_out_of_range(fraction):
    with pytest.raises(ValueError, match=r"test_fraction should be within 0\.\.1"):
        Digits(test_fraction=fraction)


def test_attribution_is_shipped():
    text = (FOLDER / "ATTRIBUTION.md").read_text()
    assert "CC BY 4.0" in text
    assert "Kaynak" in text
