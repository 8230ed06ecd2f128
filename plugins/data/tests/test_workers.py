"""DataLoader with worker processes: the same batches, seeds, failures, and nothing left behind."""

import gc
import multiprocessing
import os
import random
import signal
import time

import numpy as np
import pytest
from torchere.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    TensorDataset,
    default_collate,
    get_worker_info,
)

import torchere
from torchere_data import pool, transport

pytestmark = [
    pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="these tests fork"),
    # Python 3.12 warns of forking a process with threads, which a test runner has.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning"),
]

WORKERS = {"num_workers": 2, "multiprocessing_context": "fork"}


class Numbers(Dataset):
    def __init__(self, size=12, act=None):
        self.size = size
        self.act = act or (lambda index: index)

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return self.act(index)


class Images(Numbers):
    """Arrays large enough to travel in shared memory."""

    def __getitem__(self, index):
        return torchere.full((3, 64, 64), float(index)), index


class Stream(IterableDataset):
    def __init__(self, size=6, share=False):
        self.size = size
        self.share = share

    def __iter__(self):
        info = get_worker_info()
        return iter(range(info.id, self.size, info.num_workers) if self.share else range(self.size))


def at(position, action):
    """A dataset function that does something at one index."""

    def act(index):
        if index == position:
            action()
        return index

    return act


def descriptors():
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """After each test: no process, no file descriptor (pipe, socket or shared memory) more than before."""
    gc.collect()
    before = descriptors()
    yield
    gc.collect()
    assert multiprocessing.active_children() == []
    assert descriptors() <= before


def lists(loader):
    return [batch.tolist() for batch in loader]


@pytest.mark.parametrize("options", [{}, {"prefetch_factor": 1}, {"prefetch_factor": 7}, {"persistent_workers": True}])
def test_batches_come_in_order(options):
    loader = DataLoader(Numbers(11), 2, **WORKERS, **options)
    for _ in range(2):
        assert lists(loader) == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10]]


def test_more_workers_than_batches():
    assert lists(DataLoader(Numbers(3), 2, num_workers=5, multiprocessing_context="fork")) == [[0, 1], [2]]
    assert lists(DataLoader(Numbers(0), 2, **WORKERS)) == []


def test_slow_worker_keeps_order_and_yields_it():
    slow = Numbers(8, at(0, lambda: time.sleep(0.3)))
    assert lists(DataLoader(slow, 1, **WORKERS)) == [[i] for i in range(8)]
    free = lists(DataLoader(slow, 1, **WORKERS, in_order=False))
    assert sorted(free) == [[i] for i in range(8)]
    assert free[-2:] == [[0], [2]], "the slow worker keeps what it has; the other one does the rest"


def test_workers_end_with_the_pass():
    iterator = iter(DataLoader(Numbers(4), 2, **WORKERS))
    assert len(list(iterator)) == 2
    assert multiprocessing.active_children() == []


def test_number_of_workers_does_not_change_later_draws():
    def later(**options):
        torchere.manual_seed(8)
        list(DataLoader(Numbers(4), 2, shuffle=True, **options))
        return torchere.rand(()).item()

    assert later() == later(**WORKERS)


def test_shuffle_draws_the_same_as_without_workers():
    def order(**options):
        generator = torchere.Generator().manual_seed(6)
        return lists(DataLoader(Numbers(20), 3, shuffle=True, generator=generator, **options))

    assert order() == order(**WORKERS)


def test_tensor_dataset_is_gathered_in_the_worker():
    dataset = TensorDataset(torchere.arange(20).reshape(10, 2), torchere.arange(10))
    rows = [[part.tolist() for part in batch] for batch in DataLoader(dataset, 4, **WORKERS)]
    assert rows == [[part.tolist() for part in batch] for batch in DataLoader(dataset, 4)]


def test_large_batches_arrive_whole_and_stay():
    batches = list(DataLoader(Images(40), 2, **WORKERS))
    for number, (images, labels) in enumerate(batches):
        assert labels.tolist() == [2 * number, 2 * number + 1]
        assert images.shape == (2, 3, 64, 64)
        assert (images == labels.reshape(2, 1, 1, 1)).all()


def test_more_batches_kept_than_segments_lent(monkeypatch):
    monkeypatch.setattr(transport, "MOST_LENT", 3)
    before = descriptors()
    batches = list(DataLoader(Images(40), 2, **WORKERS))
    assert descriptors() <= before + 2 * 3
    assert [images.mean().item() for images, _ in batches] == [2 * n + 0.5 for n in range(20)]


def test_segments_are_reused_and_a_batch_may_be_written_to():
    total = 0.0
    for images, _ in DataLoader(Images(60), 2, **WORKERS):
        images += 1  # the segment's next batch must not show this
        total += images.mean().item()
    assert total == sum(2 * n + 0.5 + 1 for n in range(30))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors under /proc")
def test_segments_are_reused():
    """Each segment is a descriptor in the worker; a pass of 60 batches needs a handful."""
    act = lambda index: (np.zeros(10_000), descriptors())  # noqa: E731
    counts = [count.max().item() for _, count in DataLoader(Numbers(120, act), 2, **WORKERS)]
    assert max(counts) <= counts[0] + 12


def test_a_worker_may_keep_its_batches():
    kept = []

    def collate(samples):
        batch = default_collate(samples)
        kept.append(batch)
        assert [images[0, 0, 0, 0].item() for images, _ in kept] == [labels[0].item() for _, labels in kept]
        return batch

    seen = 0
    for images, labels in DataLoader(Images(60), 2, **WORKERS, collate_fn=collate):
        seen += 1
        assert images[1, 2, 3, 4] == labels[1]
    assert seen == 30


def test_one_tensor_twice_in_a_batch():
    def collate(samples):
        images, _ = default_collate(samples)
        return images, images, images[:1]

    for number, (first, second, part) in enumerate(DataLoader(Images(20), 2, **WORKERS, collate_fn=collate)):
        assert first.mean() == second.mean() == 2 * number + 0.5
        assert part.mean() == 2 * number


def test_a_slice_keeps_its_batch_alive():
    pieces = [images[0, 0, 0, :2] for images, _ in DataLoader(Images(40), 2, **WORKERS)]
    assert [piece.tolist() for piece in pieces] == [[2.0 * n] * 2 for n in range(20)]


def test_large_text_and_nested_structures():
    def act(index):
        return {"text": "x" * 50_000 + str(index), "array": np.full(9000, index, np.float64), "list": [index, (index,)]}

    for number, batch in enumerate(DataLoader(Numbers(6, act), 2, **WORKERS)):
        assert [text[50_000:] for text in batch["text"]] == [str(2 * number), str(2 * number + 1)]
        assert batch["array"].dtype == torchere.float64
        assert batch["array"][1, -1].item() == 2 * number + 1
        assert batch["list"][1][0].tolist() == [2 * number, 2 * number + 1]


@pytest.mark.parametrize("size", [3, 9000])
@pytest.mark.parametrize("name", ["bool", "uint8", "int64", "float16", "bfloat16", "float32", "complex64"])
def test_every_dtype_travels(name, size):
    dtype = getattr(torchere, name)
    loader = DataLoader(Numbers(2, lambda index: torchere.ones(size).to(dtype)), 2, **WORKERS)
    (batch,) = loader
    assert batch.dtype == dtype
    assert batch.shape == (2, size)
    assert (batch == 1).all()


def test_gradients():
    def leaf(index):
        return torchere.ones(2, requires_grad=True)

    first = next(iter(DataLoader(Numbers(1, leaf), batch_size=None, **WORKERS)))
    assert first.requires_grad
    with pytest.raises(RuntimeError, match=r"autograd does not cross process boundaries. Call detach\(\)"):
        list(DataLoader(Numbers(2, lambda index: leaf(index) * 2), 2, **WORKERS))


def test_streams():
    loader = DataLoader(Stream(), 2, **WORKERS)
    assert lists(loader) == [[0, 1], [0, 1], [2, 3], [2, 3], [4, 5], [4, 5]]
    shared = DataLoader(Stream(7, share=True), 2, **WORKERS, persistent_workers=True)
    for _ in range(2):
        assert sorted(number for batch in lists(shared) for number in batch) == list(range(7))
    assert list(DataLoader(Stream(2), batch_size=None, **WORKERS)) == [0, 0, 1, 1]


def test_seeds_are_reproducible_and_differ_between_workers():
    def act(index):
        info = get_worker_info()
        return torchere.initial_seed(), info.seed, random.random(), np.random.rand(), torchere.rand(()).item(), info.id

    def draw(seed):
        generator = torchere.Generator().manual_seed(seed)
        return list(DataLoader(Numbers(4, act), batch_size=None, generator=generator, **WORKERS))

    first = draw(1)
    assert first == draw(1)
    assert first != draw(2)
    for initial, seed, *_ in first:
        assert initial == seed
    assert first[1][1] == first[0][1] + 1
    assert [row[5] for row in first] == [0, 1, 0, 1]
    for drawn in (2, 3, 4):  # random, NumPy, torchere
        assert len({row[drawn] for row in first}) == 4


def test_worker_info():
    assert get_worker_info() is None
    rows = list(
        DataLoader(Numbers(2, lambda index: (get_worker_info().id, get_worker_info().num_workers)), 1, **WORKERS)
    )
    assert [[part.item() for part in row] for row in rows] == [[0, 2], [1, 2]]


def test_worker_init_fn_runs_after_seeding():
    values = {}

    def init(number):
        values["number"] = number + 100
        random.seed(number)

    rows = list(
        DataLoader(Numbers(2, lambda i: (values["number"], random.random())), None, worker_init_fn=init, **WORKERS)
    )
    assert [row[0] for row in rows] == [100, 101]
    assert rows[0][1] == random.Random(0).random()


def test_failing_worker_init_fn():
    def init(number):
        raise OSError("no such disk")

    with pytest.raises(OSError, match=r"Caught OSError in DataLoader worker process 0(.|\n)*no such disk"):
        list(DataLoader(Numbers(), **WORKERS, worker_init_fn=init))


class TwoArguments(Exception):
    def __init__(self, first, second):
        super().__init__(first)


@pytest.mark.parametrize("kind", [ValueError, KeyError, StopIteration])
def test_exceptions_come_back_with_traceback(kind):
    def raise_it():
        raise kind("the reason")

    expected = RuntimeError if kind is StopIteration else kind
    with pytest.raises(expected) as caught:
        list(DataLoader(Numbers(12, at(5, raise_it)), 2, **WORKERS))
    text = str(caught.value)
    assert f"Caught {expected.__name__} in DataLoader worker process 0.\nOriginal Traceback" in text
    assert "raise kind" in text
    assert "the reason" in text


def test_exceptions_that_cannot_be_rebuilt():
    class Local(Exception):
        pass

    def two():
        raise TwoArguments(1, 2)

    def local():
        raise Local("inside")

    for action, name in ((two, "TwoArguments"), (local, "Local")):
        with pytest.raises(RuntimeError, match=f"Caught {name} in DataLoader worker"):
            list(DataLoader(Numbers(6, at(3, action)), 2, **WORKERS))


def test_iteration_goes_on_after_an_exception():
    def raise_it():
        raise ValueError("once")

    iterator = iter(DataLoader(Numbers(8, at(3, raise_it)), 2, **WORKERS))
    seen = []
    for _ in range(4):
        try:
            seen.append(next(iterator).tolist())
        except ValueError:
            seen.append("error")
    assert seen == [[0, 1], "error", [4, 5], [6, 7]]
    with pytest.raises(StopIteration):
        next(iterator)
    with pytest.raises(StopIteration):
        next(iterator)


def test_what_cannot_be_pickled_is_an_exception():
    loader = DataLoader(Numbers(2, lambda index: lambda: index), collate_fn=list, **WORKERS)
    with pytest.raises(Exception, match=r"Caught .* in DataLoader worker process 0(.|\n)*[Pp]ickle"):
        list(loader)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            lambda: os.kill(os.getpid(), signal.SIGKILL),
            r"\(pid \d+\) exited unexpectedly: killed by signal SIGKILL",
        ),
        (lambda: os._exit(3), r"worker \(pid \d+\) exited unexpectedly with exit code 3"),
        (lambda: exec("raise SystemExit(4)"), r"exited unexpectedly with exit code 4"),
    ],
)
def test_a_worker_that_dies(action, message):
    loader = DataLoader(Numbers(12, at(5, action)), 2, **WORKERS)
    iterator = iter(loader)
    assert next(iterator).tolist() == [0, 1]
    with pytest.raises(RuntimeError, match=message):
        list(iterator)
    assert multiprocessing.active_children() == []
    with pytest.raises(StopIteration):
        next(iterator)


@pytest.mark.parametrize(("name", "limit"), [("RLIMIT_FSIZE", 10_000), ("RLIMIT_NOFILE", 3)])
def test_a_worker_without_shared_memory(name, limit):
    """Memory files beyond a size, or any more descriptors, are refused, as they are when memory has run out."""
    resource = pytest.importorskip("resource")

    def exhaust(number):
        kind = getattr(resource, name)
        resource.setrlimit(kind, (limit, resource.getrlimit(kind)[1]))

    loader = DataLoader(Images(8), 2, **WORKERS, worker_init_fn=exhaust)
    iterator = iter(loader)
    for _ in range(4):
        message = r"(?s)worker process \d.*cannot get 98304 bytes of shared memory .*smaller"
        with pytest.raises(RuntimeError, match=message):
            next(iterator)
    assert next(iter(DataLoader(Numbers(2), 2, **WORKERS, worker_init_fn=exhaust))).tolist() == [0, 1]


def test_a_parent_without_descriptors():
    resource = pytest.importorskip("resource")
    iterator = iter(DataLoader(Images(40), 2, **WORKERS))
    kept = [next(iterator)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir("/proc/self/fd")))
    taken = [os.open(os.devnull, os.O_RDONLY)]
    while taken[-1] < highest:  # no number is free below the limit
        taken.append(os.dup(taken[0]))
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken[-1] + 1, hard))
    try:
        with pytest.raises(RuntimeError, match=r"cannot be mapped here .*[Tt]oo many open files.*Keep fewer batches"):
            kept.extend(iterator)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in taken:
            os.close(descriptor)
    assert multiprocessing.active_children() == []


def test_a_worker_that_ignores_sigterm(monkeypatch):
    monkeypatch.setattr(pool, "_GRACE", 0.2)

    def deaf():
        while True:
            time.sleep(1)

    def block(number):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    loader = DataLoader(Numbers(6, at(2, deaf)), 1, **WORKERS, timeout=0.5, worker_init_fn=block)
    with pytest.raises(RuntimeError, match="timed out"):
        list(loader)
    assert multiprocessing.active_children() == []


def test_ctrl_c_does_not_touch_workers():
    """A terminal sends it to the whole group; the parent alone decides what it means."""
    iterator = iter(DataLoader(Numbers(8, at(5, lambda: time.sleep(0.2))), 2, **WORKERS))
    assert next(iterator).tolist() == [0, 1]
    for process in multiprocessing.active_children():
        os.kill(process.pid, signal.SIGINT)
    assert [batch.tolist() for batch in iterator] == [[2, 3], [4, 5], [6, 7]]


def test_persistent_workers_recover_from_a_death(tmp_path):
    died = tmp_path / "died"

    def once():
        if not died.exists():
            died.touch()
            os._exit(1)

    loader = DataLoader(Numbers(6, at(3, once)), 2, **WORKERS, persistent_workers=True)
    with pytest.raises(RuntimeError, match="exited unexpectedly"):
        list(loader)
    assert lists(loader) == [[0, 1], [2, 3], [4, 5]]


def test_timeout_names_the_worker_and_ends_it():
    loader = DataLoader(Numbers(6, at(2, lambda: time.sleep(60))), 1, **WORKERS, timeout=0.5)
    started = time.monotonic()
    with pytest.raises(RuntimeError, match=r"timed out after 0.5 seconds: no batch from workers \[0\]"):
        list(loader)
    assert time.monotonic() - started < 10
    assert multiprocessing.active_children() == []


def test_out_of_order_epochs_do_not_mix():
    loader = DataLoader(Numbers(40), 2, **WORKERS, persistent_workers=True, in_order=False, prefetch_factor=4)
    for _ in range(5):
        next(iter(loader))
    assert sorted(index for batch in lists(loader) for index in batch) == list(range(40))


def test_the_end_of_a_broken_off_stream_is_not_that_of_the_next():
    loader = DataLoader(Stream(4), 2, **WORKERS, persistent_workers=True, prefetch_factor=4)
    for _ in range(5):
        next(iter(loader))
        time.sleep(0.05)  # the ends arrive, and wait to be read
    assert lists(loader) == [[0, 1], [0, 1], [2, 3], [2, 3]]


def test_persistent_workers_keep_their_process_and_forget_a_broken_off_epoch():
    loader = DataLoader(Numbers(40, lambda index: (index, os.getpid())), 2, **WORKERS, persistent_workers=True)
    first = {batch[1][0].item() for batch in loader}
    assert len(first) == 2
    for _ in range(3):
        for position, (numbers, _) in enumerate(loader):
            assert numbers.tolist() == [2 * position, 2 * position + 1]
            if position == 2:
                break
    assert {batch[1][0].item() for batch in loader} == first
    assert len(multiprocessing.active_children()) == 2


def test_leaving_early_ends_the_workers():
    for images, _ in DataLoader(Images(200), 2, **WORKERS, prefetch_factor=8):
        assert images.mean().item() == 0.5
        break


def test_two_passes_at_once():
    loader = DataLoader(Numbers(6), 2, **WORKERS)
    assert [(a.tolist(), b.tolist()) for a, b in zip(loader, loader, strict=True)] == [
        ([0, 1], [0, 1]),
        ([2, 3], [2, 3]),
        ([4, 5], [4, 5]),
    ]


def test_length_of_an_iterator():
    iterator = iter(DataLoader(Numbers(5), 2, **WORKERS))
    assert len(iterator) == 3


def test_large_index_lists_do_not_block():
    """Tasks and answers larger than any pipe's buffer, in both directions at once."""
    size = 200_000
    loader = DataLoader(Numbers(size), batch_sampler=[range(size)] * 6, collate_fn=list, **WORKERS)
    assert [len(batch) for batch in loader] == [size] * 6
