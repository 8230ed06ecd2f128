"""Ranges on several threads: complete, with errors raised, after a fork, and from many threads at once."""

import os
import threading
import time

import numpy as np
import pytest

import torchere as torch

pytest.importorskip("numba")
from torchere_compiled import team


def test_ranges_make_up_the_whole(two_threads):
    for size in (0, 1, 2, 7, 100):
        seen = []
        team.spread(lambda start, stop: seen.append((start, stop)), size)  # noqa: B023
        assert sorted(i for start, stop in seen for i in range(start, stop)) == list(range(size))


def test_both_threads_work(two_threads):
    meeting = threading.Barrier(2, timeout=30)
    team.spread(lambda start, stop: meeting.wait(), 2)  # ends only if two threads are in it at once


def test_the_caller_waits_for_ranges_that_others_have_begun(two_threads):
    caller, begun, ended = threading.get_ident(), threading.Event(), []

    def work(start, stop):
        if threading.get_ident() == caller:
            begun.wait(30)
        else:
            begun.set()
            time.sleep(0.05)
        ended.append(start)

    team.spread(work, 2)
    assert len(ended) == 2


def test_errors_are_raised_and_leave_no_trace(two_threads):
    def fail(start, stop):
        raise ValueError(f"from {start}")

    with pytest.raises(ValueError, match="from"):
        team.spread(fail, 8)
    done = []
    team.spread(lambda start, stop: done.append(stop - start), 8)
    assert sum(done) == 8


def test_nested_loops_are_done_alone(two_threads):
    inner = []
    team.spread(lambda start, stop: team.spread(lambda a, b: inner.append(b - a), 3), 2)
    assert sum(inner) == 6


def test_set_num_threads_is_honoured(two_threads):
    assert team.thread_count() == 2
    torch.set_num_threads(1)
    seen = []
    team.spread(lambda start, stop: seen.append((start, stop)), 10)
    assert seen == [(0, 10)]


def test_results_do_not_depend_on_who_was_first(two_threads):
    x = torch.from_numpy(np.random.default_rng(0).standard_normal(400_000).astype(np.float32))
    assert len({x.sum().item() for _ in range(20)}) == 1


def test_python_threads_at_once(two_threads):
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((300, 1000)).astype(np.float32))
    wanted = [(x + x).numpy(), x.softmax(0).numpy(), x.sum(1).numpy()]
    wrong = []

    def work():
        for _ in range(20):
            found = [(x + x).numpy(), x.softmax(0).numpy(), x.sum(1).numpy()]
            if not all(np.allclose(a, b, rtol=1e-6) for a, b in zip(found, wanted, strict=True)):
                wrong.append(found)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_children_have_threads_of_their_own(two_threads):
    x = torch.ones(300, 1000)
    wanted = (x + x).sum().item()
    child = os.fork()
    if not child:
        meeting = threading.Barrier(2, timeout=30)
        team.spread(lambda start, stop: meeting.wait(), 2)
        os._exit(0 if (x + x).sum().item() == wanted else 1)
    assert os.waitpid(child, 0)[1] == 0
