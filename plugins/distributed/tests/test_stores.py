"""Stores, and what can be said of groups within one process."""

from __future__ import annotations

import gc
import socket
import threading
from datetime import timedelta

import pytest
import torchere.distributed as dist

import torchere as torch


@pytest.fixture(params=["hash", "file", "tcp", "prefix"])
def store(request, tmp_path):
    made = {
        "hash": dist.HashStore,
        "file": lambda: dist.FileStore(str(tmp_path / "store"), 1),
        "tcp": lambda: dist.TCPStore("localhost", 0, 1, True),
        "prefix": lambda: dist.PrefixStore("p", dist.HashStore()),
    }[request.param]()
    made.set_timeout(timedelta(seconds=5))
    return made


def test_values(store):
    before = store.num_keys()
    store.set("a", "b")
    assert store.get("a") == b"b"
    assert store.add("n", 3) == 3
    assert store.add("n", -5) == -2
    assert store.get("n") == b"-2"
    assert store.num_keys() == before + 2
    assert {"a", "n"} <= set(store.list_keys())
    assert (store.check(["a", "n"]), store.check(["a", "m"])) == (True, False)
    assert (store.delete_key("a"), store.delete_key("a")) == (True, False)
    assert store.compare_set("q", "", "v") == b"v"
    assert store.compare_set("q", "x", "w") == b"v"
    assert store.compare_set("absent", "x", "w") == b"x"
    store.append("q", b"\x00\xff")
    store.multi_set(["r", "s"], ["1", "2"])
    assert store.multi_get(["q", "r", "s"]) == [b"v\x00\xff", b"1", b"2"]
    with pytest.raises(ValueError, match="one value for each key"):
        store.multi_set(["r"], [])


def test_queues(store):
    store.queue_push("q", "1")
    store.queue_push("q", "2")
    assert store.queue_len("q") == 2
    assert (store.queue_pop("q"), store.queue_pop("q", block=False)) == (b"1", b"2")
    with pytest.raises(dist.QueueEmptyError):
        store.queue_pop("q", block=False)


def test_waiting(store):
    with pytest.raises(dist.DistStoreError, match=r"timeout after 20ms, keys: .*no"):
        store.wait(["no"], timedelta(milliseconds=20))
    store.set_timeout(timedelta(milliseconds=30))
    assert store.timeout == timedelta(milliseconds=30)
    with pytest.raises(dist.DistStoreError, match="timeout after 30ms"):
        store.get("no")
    store.set_timeout(timedelta(seconds=5))
    other = store.clone()
    thread = threading.Thread(target=lambda: other.set("late", "x"))
    thread.start()
    assert store.get("late") == b"x"
    thread.join()


def test_tcp_store_of_two_and_its_end():
    master = dist.TCPStore("127.0.0.1", 0, is_master=True)
    client = dist.TCPStore("127.0.0.1", master.port, timeout=timedelta(seconds=5))
    client.set("k", "v")
    assert master.get("k") == b"v"
    with pytest.raises(dist.DistNetworkError, match="failed to listen on port"):
        dist.TCPStore("127.0.0.1", master.port, is_master=True)
    port = master.port
    del master
    gc.collect()
    with pytest.raises(dist.DistNetworkError, match="was lost during get"):
        client.get("k")
    with pytest.raises(dist.DistNetworkError, match="trying to connect to"):
        dist.TCPStore("127.0.0.1", port, timeout=timedelta(milliseconds=100))
    socket.create_server(("127.0.0.1", port)).close()


def test_tcp_store_says_who_is_missing():
    with pytest.raises(dist.DistStoreError, match="1/2 clients joined"):
        dist.TCPStore("localhost", 0, 2, True, timeout=timedelta(milliseconds=50))


def test_file_store_removes_its_file(tmp_path):
    path = tmp_path / "store"
    first, second = (dist.FileStore(str(path), 2) for _ in range(2))
    first.set("a", "1")
    assert second.get("a") == b"1"
    del first
    assert path.exists()
    del second
    gc.collect()
    assert not path.exists()


def test_errors_without_a_group(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for call in (dist.get_rank, dist.get_world_size, dist.barrier, lambda: dist.all_reduce(torch.ones(1))):
        with pytest.raises(ValueError, match="Default process group has not been initialized"):
            call()
    with pytest.raises(ValueError, match="environment variable RANK expected, but not set"):
        dist.init_process_group("gloo")
    with pytest.raises(ValueError, match="no backend 'nccl'"):
        dist.init_process_group("nccl", store=dist.HashStore(), rank=0, world_size=1)
    with pytest.raises(ValueError, match="rank parameter missing"):
        dist.init_process_group(init_method="tcp://localhost:1")
    with pytest.raises(AssertionError, match="Process group cannot be None"):
        dist.destroy_process_group()
    with pytest.raises(dist.DistStoreError, match=r"found none of rank \[1\]"):
        dist.init_process_group(store=dist.HashStore(), rank=0, world_size=2, timeout=timedelta(milliseconds=50))
    assert not dist.is_initialized()


@pytest.fixture
def world(tmp_path):
    dist.init_process_group(init_method=f"file://{tmp_path}/world", rank=0, world_size=1)
    yield dist.group.WORLD
    dist.destroy_process_group()


WRONG = [
    (lambda: dist.all_reduce(3), TypeError, "Expected parameter `tensor`"),
    (lambda: dist.all_reduce(torch.ones(2), dist.ReduceOp.BXOR), RuntimeError, "BXOR with non-integral dtype"),
    (lambda: dist.all_reduce(torch.ones(2), "sum"), TypeError, "Expected a ReduceOp"),
    (lambda: dist.all_gather([torch.ones(2)], torch.ones(3)), RuntimeError, "invalid tensor size at index 0"),
    (lambda: dist.all_gather([torch.ones(2).int()], torch.ones(2)), ValueError, "different dtypes"),
    (lambda: dist.all_gather([torch.ones(2)] * 2, torch.ones(2)), RuntimeError, "expected length 1"),
    (lambda: dist.broadcast(torch.ones(2), 3), RuntimeError, "invalid root rank: 3"),
    (lambda: dist.broadcast(torch.ones(2), 0, group_src=0), ValueError, "Can't specify both group_src and src"),
    (lambda: dist.send(torch.ones(2), 0), ValueError, "Invalid destination rank"),
    (lambda: dist.gather(torch.ones(2)), ValueError, "``gather_list`` must be specified"),
    (lambda: dist.scatter(torch.ones(2)), ValueError, "``scatter_list`` must be specified"),
    (lambda: dist.new_group([0, 1]), ValueError, "world size should be less or equal"),
    (lambda: dist.all_to_all_single(torch.ones(2), torch.ones(2), [3]), RuntimeError, "Split sizes doesn't match"),
    (lambda: dist.init_process_group(store=dist.HashStore(), rank=0, world_size=1), ValueError, "twice"),
]


@pytest.mark.parametrize(("call", "error", "match"), WRONG)
def test_wrong_arguments(world, call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_world_of_one(world):
    assert (dist.get_rank(), dist.get_world_size(), dist.get_backend()) == (0, 1, "gloo")
    assert dist.get_rank(dist.GroupMember.NON_GROUP_MEMBER) == -1
    work = dist.all_reduce(x := torch.ones(2), async_op=True)
    assert work.wait()
    assert work.result()[0] is x
    mine, made = dist.new_subgroups(1)
    assert made == [mine]
    dist.destroy_process_group(mine)
    with pytest.raises(ValueError, match="Invalid process group"):
        dist.destroy_process_group(mine)
    with pytest.warns(UserWarning, match="does not belong to the given group"):
        dist.all_reduce(x, group=dist.GroupMember.NON_GROUP_MEMBER)
