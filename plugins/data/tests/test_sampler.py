"""Samplers: which indices, in which order, and with which errors."""

import pytest
from torchere.utils.data import (
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

import torchere


def seeded(seed):
    return torchere.Generator().manual_seed(seed)


def test_sequential():
    assert list(SequentialSampler(range(3))) == [0, 1, 2]
    assert len(SequentialSampler(range(3))) == 3


def test_random_visits_each_once_and_differently_each_time():
    sampler = RandomSampler(range(50))
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    assert all(type(index) is int for index in first)


def test_random_follows_its_generator_and_the_global_seed():
    assert list(RandomSampler(range(20), generator=seeded(4))) == list(RandomSampler(range(20), generator=seeded(4)))
    torchere.manual_seed(5)
    first = list(RandomSampler(range(20)))
    torchere.manual_seed(5)
    assert list(RandomSampler(range(20))) == first


def test_random_num_samples():
    drawn = list(RandomSampler(range(3), num_samples=7, generator=seeded(0)))
    assert len(drawn) == 7
    assert sorted(drawn[:3]) == sorted(drawn[3:6]) == [0, 1, 2]
    assert len(list(RandomSampler(range(10), num_samples=4))) == 4
    drawn = list(RandomSampler(range(3), replacement=True, num_samples=5000, generator=seeded(0)))
    assert len(drawn) == 5000
    assert all(1500 < drawn.count(value) < 1840 for value in range(3))


@pytest.mark.parametrize("count", [0, -1, 1.5, True])
def test_random_refuses_counts(count):
    with pytest.raises(ValueError, match=f"positive integer value, but got num_samples={count}"):
        RandomSampler(range(3), num_samples=count)


def test_random_errors():
    with pytest.raises(TypeError, match="replacement should be a boolean value, but got replacement=1"):
        RandomSampler(range(3), replacement=1)
    with pytest.raises(ValueError, match="num_samples=0"):
        RandomSampler([])


def test_subset_random():
    sampler = SubsetRandomSampler([5, 9, 2], generator=seeded(1))
    assert sorted(sampler) == [2, 5, 9]
    assert len(sampler) == 3


def test_weighted():
    drawn = list(WeightedRandomSampler([0.0, 1.0, 3.0], 4000, generator=seeded(2)))
    assert 0 not in drawn
    assert 2850 < drawn.count(2) < 3150
    assert sorted(WeightedRandomSampler([1.0, 2.0, 3.0], 3, replacement=False)) == [0, 1, 2]


def test_weighted_errors():
    with pytest.raises(ValueError, match="num_samples=0"):
        WeightedRandomSampler([1, 2], 0)
    with pytest.raises(ValueError, match="num_samples=True"):
        WeightedRandomSampler([1, 2], True)
    with pytest.raises(ValueError, match="replacement=0"):
        WeightedRandomSampler([1, 2], 3, replacement=0)
    with pytest.raises(ValueError, match=r"1d sequence but given weights have shape \(1, 2\)"):
        WeightedRandomSampler([[1, 2]], 3)
    with pytest.raises(RuntimeError, match="without replacement"):
        list(WeightedRandomSampler([1.0, 2.0], 3, replacement=False))


@pytest.mark.parametrize(
    ("size", "drop_last", "expected"),
    [(5, False, [[0, 1], [2, 3], [4]]), (5, True, [[0, 1], [2, 3]]), (4, False, [[0, 1], [2, 3]]), (0, False, [])],
)
def test_batches(size, drop_last, expected):
    sampler = BatchSampler(range(size), 2, drop_last)
    assert list(sampler) == expected
    assert len(sampler) == len(expected)


@pytest.mark.parametrize("size", [0, True, 2.0, -3])
def test_batch_size_errors(size):
    with pytest.raises(ValueError, match=f"batch_size={size}"):
        BatchSampler(range(3), size, True)


def test_drop_last_error():
    with pytest.raises(ValueError, match="drop_last=1"):
        BatchSampler(range(3), 2, 1)


def test_distributed_shares():
    def share(rank, **options):
        return list(DistributedSampler(range(5), 2, rank, shuffle=False, **options))

    assert share(0) == [0, 2, 4]
    assert share(1) == [1, 3, 0]
    assert share(1, drop_last=True) == [1, 3]
    assert list(DistributedSampler(range(2), 5, 4, shuffle=False)) == [0]
    assert len(DistributedSampler(range(5), 2, 1, drop_last=True)) == 2


def test_distributed_shuffles_by_epoch():
    def epoch(number):
        samplers = [DistributedSampler(range(20), 2, rank, seed=7) for rank in range(2)]
        for sampler in samplers:
            sampler.set_epoch(number)
        shares = [list(sampler) for sampler in samplers]
        assert sorted(shares[0] + shares[1]) == list(range(20))
        return shares

    assert epoch(0) == epoch(0)
    assert epoch(0) != epoch(1)


def test_distributed_errors():
    with pytest.raises(ValueError, match="Default process group has not been initialized"):
        DistributedSampler(range(3))
    with pytest.raises(ValueError, match=r"Invalid rank 3, rank should be in the interval \[0, 1\]"):
        DistributedSampler(range(3), 2, 3)
