"""The segments of a worker: who uses them, and when they are used again."""

import os

import numpy as np
import pytest

from torchere_data import segments
from torchere_data.segments import LARGE, MOST_IDLE, SegmentPool


@pytest.fixture
def pool():
    pool = SegmentPool()
    yield pool
    for _, descriptor in pool.take_unsent():
        os.close(descriptor)


def test_main_process_has_none():
    assert segments.reserve(10 * LARGE) is None
    assert not segments.in_worker()


def test_reserve_only_large(pool, monkeypatch):
    monkeypatch.setattr(segments, "_pool", pool)
    assert segments.reserve(LARGE - 1) is None
    assert segments.reserve(LARGE).nbytes == LARGE


def test_segment_comes_back_after_both_have_let_go(pool):
    array = pool.array(50_000)
    array[:] = 7
    number = pool.claim(memoryview(array))  # now the parent's, too
    assert (pool.bytes_of(number)[:50_000] == 7).all()
    pool.release(number)
    assert pool.take(50_000) != number, "this process still has an array there"
    del array
    assert pool.take(50_000) == number


def test_array_nobody_sent_comes_back(pool):
    array = pool.array(50_000)
    view = array[10:20]
    del array
    first = pool.take(50_000)
    assert first != 0
    del view
    assert pool.take(50_000) == 0


def test_claim_takes_only_reserved_memory_and_only_once(pool):
    array = pool.array(50_000)
    assert pool.claim(memoryview(np.zeros(50_000, np.uint8))) is None
    assert pool.claim(memoryview(array[64:])) is None
    assert pool.claim(memoryview(array)) == 0
    assert pool.claim(memoryview(array)) is None


def test_sizes(pool):
    small, large = pool.take(20_000), pool.take(1_000_000)
    for number in (small, large):
        pool.release(number)
    assert pool.take(900_000) == large
    assert pool.take(10_000) == small
    pool.release(large)
    assert pool.take(20_000) not in (small, large), "a far larger segment is not wasted on it"


def test_surplus_is_given_up(pool):
    numbers = [pool.take(20_000) for _ in range(MOST_IDLE + 3)]
    for number in numbers:
        pool.release(number)
    assert pool.drop_surplus() == numbers[:3]
    assert pool.drop_surplus() == []


def test_unsent_are_told_once(pool):
    number = pool.take(20_000)
    ((told, descriptor),) = pool.take_unsent()
    assert told == number
    assert os.fstat(descriptor).st_size == pool.size(number) >= 20_000
    os.close(descriptor)
    assert pool.take_unsent() == []
