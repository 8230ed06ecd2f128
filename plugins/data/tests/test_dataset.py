"""Datasets: combination, cutting, splitting, and the errors that PyTorch raises."""

import random
import warnings

import numpy as np
import pytest
from torchere.utils.data import (
    BufferedShuffleDataset,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)

import torchere


class Numbers(Dataset):
    def __init__(self, size=4, offset=0):
        self.size = size
        self.offset = offset

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return index + self.offset


class Stream(IterableDataset):
    def __init__(self, size=5):
        self.size = size

    def __iter__(self):
        return iter(range(self.size))


def test_dataset_without_getitem_says_so():
    with pytest.raises(NotImplementedError, match="should implement __getitem__"):
        Dataset()[0]
    with pytest.raises(TypeError, match="no len"):
        len(Dataset())


def test_tensor_dataset_returns_rows():
    rows = torchere.arange(6).reshape(3, 2)
    labels = torchere.tensor([7, 8, 9])
    dataset = TensorDataset(rows, labels)
    assert len(dataset) == 3
    image, label = dataset[1]
    assert image.tolist() == [2, 3]
    assert label.tolist() == 8
    assert [part.tolist() for part in dataset[1:]] == [[[2, 3], [4, 5]], [8, 9]]


def test_tensor_dataset_refuses_different_lengths():
    with pytest.raises(AssertionError, match=r"Size mismatch.*\(3, 2\), \(4,\)"):
        TensorDataset(torchere.zeros(3, 2), torchere.zeros(4))


def test_gathered_samples_are_the_samples():
    dataset = TensorDataset(torchere.arange(8).reshape(4, 2), torchere.arange(4))
    gathered = dataset.__getitems__([3, 0, -2])
    assert len(gathered) == 3
    for sample, index in zip(gathered, [3, 0, -2], strict=True):
        assert [part.tolist() for part in sample] == [part.tolist() for part in dataset[index]]
    assert [part.tolist() for part in gathered[-1]] == [[4, 5], 2]
    assert len(gathered[:2]) == 2
    with pytest.raises(IndexError):
        gathered[3]


INDICES = [
    [1, 2],
    (1, 2),
    range(1, 3),
    np.array([1, 2], np.int32),
    torchere.tensor([1, 2]),
    [torchere.tensor(1), np.int64(2)],
    iter([1, 2]),
    {1, 2},
    [slice(1, 3)],
]


@pytest.mark.parametrize("indices", INDICES, ids=lambda value: type(value).__name__)
def test_batches_of_indices_of_any_kind(indices):
    samples = TensorDataset(torchere.arange(4) * 10).__getitems__(indices)
    assert torchere.cat([sample[0].reshape(-1) for sample in samples]).tolist() == [10, 20]


@pytest.mark.parametrize("indices", [[1.5], ["a"], [[0], [1, 2]]])
def test_what_is_no_index(indices):
    with pytest.raises((IndexError, TypeError, RuntimeError)):
        default_collate(TensorDataset(torchere.arange(4)).__getitems__(indices))


def test_own_collate_functions_get_a_list():
    def collate(samples):
        samples.sort(key=lambda sample: -sample[0].item())
        return [sample[0].item() for sample in samples]

    assert list(DataLoader(TensorDataset(torchere.arange(4)), 3, collate_fn=collate)) == [[2, 1, 0], [3]]


def test_gathering_respects_a_subclass():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * part for part in super().__getitem__(index))

    (batch,) = next(iter(DataLoader(Doubled(torchere.arange(4)), 4)))
    assert batch.tolist() == [0, 2, 4, 6]
    (batch,) = next(iter(DataLoader(Subset(Doubled(torchere.arange(4)), [3, 1]), 2)))
    assert batch.tolist() == [6, 2]


def test_subset_respects_a_subclass():
    class Negated(Subset):
        def __getitem__(self, index):
            return -super().__getitem__(index)

    assert next(iter(DataLoader(Negated(Numbers(9), [7, 3]), 2))).tolist() == [-7, -3]


def test_getitems_may_return_what_its_collate_function_wants():
    class Whole(Numbers):
        def __getitems__(self, indices):
            return {"indices": indices}

    assert list(DataLoader(Whole(3), 2, collate_fn=lambda batch: batch["indices"])) == [[0, 1], [2]]


def test_concat():
    both = Numbers(4) + Numbers(3, offset=10)
    assert isinstance(both, ConcatDataset)
    assert [both[i] for i in range(7)] == [0, 1, 2, 3, 10, 11, 12]
    assert both[-1] == 12
    assert both[-7] == 0
    assert both.cumulative_sizes == [4, 7]
    with pytest.raises(IndexError, match="index 7 is out of range"):
        both[7]
    with pytest.raises(ValueError, match="absolute value of index should not exceed"):
        both[-8]
    assert list(both) == [0, 1, 2, 3, 10, 11, 12]


def test_concat_ends():
    both = ConcatDataset([Numbers(4), Numbers(3)])
    assert both.cumulative_sizes == ConcatDataset.cumsum(both.datasets) == [4, 7]
    with pytest.warns(FutureWarning, match="use cumulative_sizes"):
        assert both.cummulative_sizes == [4, 7]


def test_a_stream_without_iter():
    class Nothing(IterableDataset):
        pass

    with pytest.raises(TypeError, match="__iter__"):
        Nothing()


@pytest.mark.parametrize("size", [1, 3, 5, 100])
def test_buffered_shuffle(size):
    stream = BufferedShuffleDataset(Stream(20), size)
    random.seed(3)
    first = list(stream)
    assert sorted(first) == list(range(20))
    assert all(sample <= place + size for place, sample in enumerate(first)), "no further ahead than the buffer"
    assert (first == list(range(20))) == (size == 1)
    random.seed(3)
    assert list(stream) == first
    assert next(iter(DataLoader(stream, 20))).sort().values.tolist() == list(range(20))
    for wrong in (0, -1, 2.5):
        with pytest.raises(ValueError, match=f"buffer_size={wrong}"):
            BufferedShuffleDataset(Stream(), wrong)


def test_concat_errors():
    with pytest.raises(AssertionError, match="should not be an empty iterable"):
        ConcatDataset([])
    with pytest.raises(AssertionError, match="does not support IterableDataset"):
        ConcatDataset([Stream()])


def test_chain():
    assert list(Stream(2) + Stream(3)) == [0, 1, 0, 1, 2]
    with pytest.raises(AssertionError, match="only supports IterableDataset"):
        list(ChainDataset([Numbers()]))
    with pytest.raises(TypeError, match="no len"):
        len(ChainDataset([Stream()]))


def test_stack():
    assert StackDataset(Numbers(), Numbers(offset=5))[1] == (1, 6)
    named = StackDataset(a=Numbers(), b=TensorDataset(torchere.arange(4)))
    assert named[2]["a"] == 2
    batch = next(iter(DataLoader(named, 3)))
    assert batch["a"].tolist() == [0, 1, 2]
    assert batch["b"][0].tolist() == [0, 1, 2]
    assert len(named) == 4


def test_stack_errors():
    with pytest.raises(ValueError, match="At least one dataset"):
        StackDataset()
    with pytest.raises(ValueError, match=r"Size mismatch.*\[4, 3\]"):
        StackDataset(Numbers(), Numbers(3))
    with pytest.raises(ValueError, match="both types are given"):
        StackDataset(Numbers(), b=Numbers())

    class Short(Numbers):
        def __getitems__(self, indices):
            return []

    with pytest.raises(ValueError, match="returned 0 samples for 2"):
        StackDataset(Short()).__getitems__([0, 1])


def test_subset():
    subset = Subset(Numbers(10), [7, 3, 5])
    assert [subset[i] for i in range(3)] == [7, 3, 5]
    assert len(subset) == 3
    assert Subset(subset, [2])[0] == 5


@pytest.mark.parametrize(
    ("size", "lengths", "expected"),
    [(11, [0.5, 0.5], [6, 5]), (11, [0.3, 0.3, 0.4], [4, 3, 4]), (10, [7, 3], [7, 3]), (1, [1], [1])],
)
def test_random_split_lengths(size, lengths, expected):
    parts = random_split(Numbers(size), lengths, generator=torchere.Generator().manual_seed(3))
    assert [len(part) for part in parts] == expected
    assert sorted(index for part in parts for index in part.indices) == list(range(size))


def test_random_split_is_reproducible():
    def split(seed):
        return random_split(Numbers(50), [0.5, 0.5], generator=torchere.Generator().manual_seed(seed))[0].indices

    assert split(1) == split(1)
    assert split(1) != split(2)


@pytest.mark.parametrize("lengths", [[3, 3], [0.5, 0.6], [1.2], [-0.1, 0.5]])
def test_random_split_errors(lengths):
    with pytest.raises(ValueError, match="Sum of input lengths does not equal"):
        random_split(Numbers(10), lengths)


def test_random_split_fraction_out_of_range():
    with pytest.raises(ValueError, match="Fraction at index 0 is not between 0 and 1"):
        random_split(Numbers(10), [-0.5, 1.5])


def test_random_split_warns_of_an_empty_part():
    with pytest.warns(UserWarning, match="index 0 is 0"):
        random_split(Numbers(10), [0.0, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        random_split(Numbers(10), [0, 10])
