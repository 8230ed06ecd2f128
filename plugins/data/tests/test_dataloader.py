"""DataLoader in one process: options, their errors, batches and their order."""

import warnings

import pytest
from torchere.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    SequentialSampler,
    TensorDataset,
)

import torchere


class Numbers(Dataset):
    def __init__(self, size=4):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return index


class Stream(IterableDataset):
    def __init__(self, size=5, claimed=None):
        self.size = size
        self.claimed = claimed

    def __iter__(self):
        return iter(range(self.size))

    def __len__(self):
        if self.claimed is None:
            raise TypeError("object of type 'Stream' has no len()")
        return self.claimed


def lists(loader):
    return [batch.tolist() for batch in loader]


def test_batches_in_order():
    loader = DataLoader(Numbers(5), 2)
    assert lists(loader) == [[0, 1], [2, 3], [4]]
    assert len(loader) == 3
    assert lists(DataLoader(Numbers(5), 2, drop_last=True)) == [[0, 1], [2, 3]]
    assert lists(DataLoader(Numbers(0))) == []
    assert lists(DataLoader([1, 2, 3], 2)) == [[1, 2], [3]]


def test_without_batching():
    assert list(DataLoader(Numbers(3), batch_size=None)) == [0, 1, 2]


def test_own_sampler_and_batch_sampler():
    assert lists(DataLoader(Numbers(5), 2, sampler=[4, 0, 2])) == [[4, 0], [2]]
    loader = DataLoader(Numbers(5), batch_sampler=[[1, 2], [0]])
    assert lists(loader) == [[1, 2], [0]]
    assert len(loader) == 2
    assert loader.batch_size is None
    assert lists(DataLoader(Numbers(4), batch_sampler=BatchSampler(SequentialSampler(range(4)), 3, False))) == [
        [0, 1, 2],
        [3],
    ]


def test_own_collate():
    assert list(DataLoader(Numbers(3), 2, collate_fn=tuple)) == [(0, 1), (2,)]


def test_shuffle_follows_the_seed():
    def order(seed):
        return lists(DataLoader(Numbers(30), 7, shuffle=True, generator=torchere.Generator().manual_seed(seed)))

    assert order(1) == order(1) != order(2)
    assert sorted(index for batch in order(1) for index in batch) == list(range(30))


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("size", [1, 3, 10, 20])
def test_gathering_gives_the_same_batches(shuffle, drop_last, size):
    """A plain TensorDataset is gathered with one index operation; a subclass goes the long way."""

    class Long(TensorDataset):
        def __getitem__(self, index):
            return super().__getitem__(index)

    tensors = torchere.arange(30).reshape(10, 3), torchere.arange(10).float()

    def batches(kind):
        torchere.manual_seed(11)
        loader = DataLoader(kind(*tensors), size, shuffle=shuffle, drop_last=drop_last)
        result = [[part.tolist() for part in batch] for batch in loader]
        return result, len(loader), torchere.rand(()).item()

    quick, slow = batches(TensorDataset), batches(Long)
    assert quick == slow
    assert len(quick[0]) == quick[1]


def test_gathered_batches_own_their_memory():
    source = torchere.zeros(4)
    for (batch,) in DataLoader(TensorDataset(source), 2):
        batch += 1
    assert source.tolist() == [0, 0, 0, 0]


def test_stream():
    assert lists(DataLoader(Stream(5), 2)) == [[0, 1], [2, 3], [4]]
    assert lists(DataLoader(Stream(5), 2, drop_last=True)) == [[0, 1], [2, 3]]
    assert list(DataLoader(Stream(3), batch_size=None)) == [0, 1, 2]
    with pytest.raises(TypeError, match="no len"):
        len(DataLoader(Stream()))


def test_stream_that_is_longer_than_it_claims():
    loader = DataLoader(Stream(6, claimed=3), 2)
    assert len(loader) == 2
    with pytest.warns(UserWarning, match="reported to be 2 .* but 3 samples have been fetched"):
        assert len(lists(loader)) == 3


ERRORS = [
    ({"num_workers": -1}, "num_workers option should be non-negative"),
    ({"timeout": -1}, "timeout option should be non-negative"),
    ({"prefetch_factor": 2}, "prefetch_factor option could only be specified in multiprocessing"),
    ({"prefetch_factor": -2, "num_workers": 1}, "prefetch_factor option should be non-negative"),
    ({"persistent_workers": True}, "persistent_workers option needs num_workers > 0"),
    ({"shuffle": True, "sampler": [1]}, "sampler option is mutually exclusive with shuffle"),
    ({"batch_sampler": [[1]], "batch_size": 2}, "batch_sampler option is mutually exclusive"),
    ({"batch_sampler": [[1]], "shuffle": True}, "batch_sampler option is mutually exclusive"),
    ({"batch_size": None, "drop_last": True}, "batch_size=None option disables auto-batching"),
    ({"batch_size": 0}, "batch_size should be a positive integer value, but got batch_size=0"),
    ({"batch_size": 1.5}, "batch_size=1.5"),
    ({"multiprocessing_context": "fork"}, "can only be used with multi-process loading"),
    ({"num_workers": 1, "multiprocessing_context": "x"}, "valid start method in .*'spawn'.*got.*'x'"),
]


@pytest.mark.parametrize(("options", "message"), ERRORS)
def test_option_errors(options, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(Numbers(), **options)


def test_context_of_a_wrong_type():
    with pytest.raises(TypeError, match="valid context object or a string"):
        DataLoader(Numbers(), num_workers=1, multiprocessing_context=3)


@pytest.mark.parametrize(
    ("options", "name"),
    [({"shuffle": True}, "shuffle"), ({"sampler": [1]}, "sampler"), ({"batch_sampler": [[1]]}, "batch_sampler")],
)
def test_streams_have_their_own_order(options, name):
    with pytest.raises(ValueError, match=f"DataLoader with IterableDataset: expected unspecified {name} option"):
        DataLoader(Stream(), **options)


def test_shuffling_nothing():
    with pytest.raises(ValueError, match="num_samples=0"):
        DataLoader(Numbers(0), shuffle=True)


@pytest.mark.parametrize("name", ["batch_size", "batch_sampler", "sampler", "drop_last", "dataset"])
def test_fixed_attributes(name):
    with pytest.raises(ValueError, match=f"{name} attribute should not be set after DataLoader is initialized"):
        setattr(DataLoader(Numbers()), name, None)


def test_prefetch_default():
    assert DataLoader(Numbers(), num_workers=1).prefetch_factor == 2
    assert DataLoader(Numbers()).prefetch_factor is None


def test_more_workers_than_cpus():
    with pytest.warns(UserWarning, match="will create 999 worker processes"):
        DataLoader(Numbers(), num_workers=999)


def test_pin_memory_without_an_accelerator(monkeypatch):
    from torchere_data import dataloader

    monkeypatch.setattr(dataloader, "accelerator_found", lambda: False)
    with pytest.warns(UserWarning, match="no accelerator is found"):
        assert lists(DataLoader(Numbers(2), 2, pin_memory=True)) == [[0, 1]]


def test_pin_reaches_into_structures(monkeypatch):
    from torchere_data.pinning import pin

    class Own:
        pinned = False

        def pin_memory(self):
            self.pinned = True
            return self

    own = Own()
    result = pin({"a": [own, "text", 3], "b": (own,)})
    assert own.pinned
    assert result["a"][1:] == ["text", 3]
    assert type(result["b"]) is list


def test_exceptions_pass_and_iteration_is_over_again():
    class Bad(Numbers):
        def __getitem__(self, index):
            if index == 1:
                raise KeyError("missing")
            return index

    with pytest.raises(KeyError, match="missing"):
        list(DataLoader(Bad(3)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert lists(DataLoader(Bad(1))) == [[0]]
