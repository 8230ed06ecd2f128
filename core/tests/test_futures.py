"""Futures: completion, callbacks, threads, exceptions."""

import threading

import pytest

from torchere.futures import Future, collect_all, wait_all


def test_result_and_exception():
    future = Future()
    assert not future.done()
    with pytest.raises(RuntimeError, match="not complete"):
        future.value()
    future.set_result(3)
    assert future.done()
    assert future.wait() == future.value() == 3
    with pytest.raises(RuntimeError, match="marked completed once"):
        future.set_result(4)
    failed = Future()
    with pytest.raises(AssertionError, match="not an Exception"):
        failed.set_exception(3)
    failed.set_exception(ValueError("mine"))
    for get in (failed.wait, failed.value):
        with pytest.raises(ValueError, match="mine"):
            get()
    with pytest.raises(ValueError, match="to have indices"):
        Future(devices=["cuda"])


def test_then_chains_and_carries_exceptions():
    future = Future()
    chained = future.then(lambda f: f.wait() + 1).then(lambda f: f.wait() * 10)
    broken = future.then(lambda f: 1 / 0).then(lambda f: f.value())
    future.set_result(1)
    assert chained.wait() == 20
    with pytest.raises(ZeroDivisionError):
        broken.wait()
    assert future.then(lambda f: f.value()).wait() == 1
    with pytest.raises(TypeError, match="expected a function"):
        future.then(3)


def test_callbacks_run_in_order_and_may_fail(capsys):
    future, seen = Future(), []
    future.add_done_callback(lambda f: seen.append(1))
    future.add_done_callback(lambda f: 1 / 0)
    future.add_done_callback(lambda f: seen.append(2))
    future.set_result(None)
    future.add_done_callback(lambda f: seen.append(3))
    assert seen == [1, 2, 3]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_waiting_for_other_threads():
    futures = [Future() for _ in range(20)]
    collected = collect_all(futures)
    threads = [threading.Thread(target=future.set_result, args=(n,)) for n, future in enumerate(futures)]
    assert not collected.done()
    for thread in reversed(threads):
        thread.start()
    assert wait_all(futures) == list(range(20))
    assert collected.wait() == futures
    assert collect_all([]).wait() == []
    bad = Future()
    bad.set_exception(KeyError("x"))
    assert collect_all([bad]).wait() == [bad]
    with pytest.raises(KeyError):
        wait_all([futures[0], bad])
    with pytest.raises(TypeError, match="expected futures"):
        collect_all([1])
