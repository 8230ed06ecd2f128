"""Stores: small shared dictionaries of bytes through which processes find each other."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from .errors import DistStoreError, QueueEmptyError

__all__ = ["DEFAULT_TIMEOUT", "HashStore", "PrefixStore", "Store", "StoreState"]

#: How long a store waits for a key unless told otherwise.
DEFAULT_TIMEOUT = timedelta(seconds=300)


def encoded(value: str | bytes) -> bytes:
    """A value as the store keeps it."""
    return value if isinstance(value, bytes) else value.encode()


class StoreState:
    """The keys, values and queues of one store in one process, safe for threads.

    `changed` is notified at every change, so that who waits for a key looks again.
    """

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.queues: dict[str, deque[bytes]] = {}
        self.changed = threading.Condition()

    def update(self, change: Callable[[dict[str, bytes]], Any]) -> Any:
        """The result of `change`, which may write into the dictionary it is given."""
        with self.changed:
            result = change(self.values)
            self.changed.notify_all()
            return result

    def wait(self, keys: Sequence[str], seconds: float) -> bool:
        """Whether all of `keys` (values or queues that hold something) were there in time."""
        with self.changed:
            return self.changed.wait_for(
                lambda: all(key in self.values or self.queues.get(key) for key in keys), seconds
            )

    def push(self, key: str, value: bytes) -> None:
        """Append to the queue `key`."""
        with self.changed:
            self.queues.setdefault(key, deque()).append(value)
            self.changed.notify_all()

    def pop(self, key: str, seconds: float) -> bytes | None:
        """The queue's first value, or None if it stays empty for `seconds`."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.queues.get(key), seconds):
                return None
            return self.queues[key].popleft()

    def length(self, key: str) -> int:
        """How many values wait in the queue `key`."""
        with self.changed:
            return len(self.queues.get(key, ()))


class Store:
    """A dictionary shared by processes. Keys are strings, values bytes (``str`` is encoded as UTF-8).

    Subclasses give `_request`: it runs one command of :func:`perform` where the data lies. ``get`` and ``wait`` wait
    for keys until ``timeout`` (300 s) and then raise DistStoreError.
    """

    _seconds = DEFAULT_TIMEOUT.total_seconds()

    def _request(self, command: str, keys: Sequence[str], values: Sequence[bytes], seconds: float) -> list[bytes]:
        raise TypeError(
            f"{type(self).__name__} is no store by itself: use HashStore, FileStore, TCPStore or PrefixStore"
        )

    @property
    def timeout(self) -> timedelta:
        """How long ``get`` and ``wait`` wait."""
        return timedelta(seconds=self._seconds)

    def set_timeout(self, timeout: timedelta) -> None:
        """Let ``get`` and ``wait`` wait that long."""
        self._seconds = timeout.total_seconds()

    def set(self, key: str, value: str | bytes) -> None:
        """Give ``key`` a value."""
        self._request("set", [key], [encoded(value)], self._seconds)

    def get(self, key: str) -> bytes:
        """The value of ``key``, once it is there. Raises DistStoreError after ``timeout``."""
        return self._request("get", [key], [], self._seconds)[0]

    def add(self, key: str, amount: int) -> int:
        """Add to the number at ``key`` (0 if it is new) and return the sum."""
        return int(self._request("add", [key], [str(int(amount)).encode()], self._seconds)[0])

    def append(self, key: str, value: str | bytes) -> None:
        """Append to the value of ``key``."""
        self._request("append", [key], [encoded(value)], self._seconds)

    def compare_set(self, key: str, expected_value: str | bytes, desired_value: str | bytes) -> bytes:
        """Give ``key`` the desired value if it has the expected one, or is new and ``""`` is expected.

        Returns the value it has afterwards; the expected value if there is none.
        """
        values = [encoded(expected_value), encoded(desired_value)]
        return self._request("compare_set", [key], values, self._seconds)[0]

    def check(self, keys: Sequence[str]) -> bool:
        """Whether all of ``keys`` have values, without waiting."""
        return self._request("check", keys, [], self._seconds)[0] == b"1"

    def wait(self, keys: Sequence[str], timeout: timedelta | None = None) -> None:
        """Return when all of ``keys`` have values. Raises DistStoreError after ``timeout``."""
        self._request("wait", keys, [], self._seconds if timeout is None else timeout.total_seconds())

    def delete_key(self, key: str) -> bool:
        """Remove ``key``; whether it was there."""
        return self._request("delete", [key], [], self._seconds)[0] == b"1"

    def num_keys(self) -> int:
        """How many keys have values."""
        return int(self._request("count", [], [], self._seconds)[0])

    def list_keys(self) -> list[str]:
        """The keys that have values."""
        return [key.decode() for key in self._request("list", [], [], self._seconds)]

    def multi_get(self, keys: Sequence[str]) -> list[bytes]:
        """The values of several keys, once all are there."""
        return self._request("get", keys, [], self._seconds)

    def multi_set(self, keys: Sequence[str], values: Sequence[str | bytes]) -> None:
        """Give several keys values. Raises ValueError if there are not as many values."""
        if len(keys) != len(values):
            raise ValueError(f"multi_set: {len(keys)} keys and {len(values)} values, expected one value for each key")
        self._request("set", keys, [encoded(value) for value in values], self._seconds)

    def queue_push(self, key: str, value: str | bytes) -> None:
        """Append to the queue ``key``, which is apart from the values."""
        self._request("push", [key], [encoded(value)], self._seconds)

    def queue_pop(self, key: str, block: bool = True) -> bytes:
        """The first value of the queue ``key``. Raises QueueEmptyError (``block=False``) or DistStoreError (late)."""
        if not block:
            found = self._request("pop", [key], [], 0.0)
            if not found:
                raise QueueEmptyError(f"queue {key} is empty")
            return found[0]
        found = self._request("pop", [key], [], self._seconds)
        if not found:
            raise DistStoreError(f"wait timeout after {round(self._seconds * 1000)}ms, queue: {key}")
        return found[0]

    def queue_len(self, key: str) -> int:
        """How many values wait in the queue ``key``."""
        return int(self._request("length", [key], [], self._seconds)[0])

    def barrier(self, key: str, world_size: int, timeout: timedelta | None = None) -> None:
        """Return when ``world_size`` processes have called this with ``key``."""
        if self.add(key, 1) == world_size:
            self.set(f"{key}/all", "1")
        self.wait([f"{key}/all"], timeout)

    def has_extended_api(self) -> bool:
        """Whether ``append``, ``multi_get`` and ``multi_set`` work: always."""
        return True

    def clone(self) -> Store:
        """A store of the same data that another thread can use while this one waits."""
        return self


def perform(
    state: StoreState, command: str, keys: Sequence[str], values: Sequence[bytes], seconds: float
) -> list[bytes]:
    """Run one of the store's commands on `state`. Raises DistStoreError for keys that do not come in time."""
    if command in ("get", "wait") and not state.wait(keys, seconds):
        raise DistStoreError(f"wait timeout after {round(seconds * 1000)}ms, keys: {', '.join(keys)}")
    if command == "push":
        state.push(keys[0], values[0])
        return []
    if command == "pop":
        value = state.pop(keys[0], seconds)
        return [] if value is None else [value]
    if command == "length":
        return [str(state.length(keys[0])).encode()]
    return state.update(lambda held: change(held, command, keys, values))


def change(held: dict[str, bytes], command: str, keys: Sequence[str], values: Sequence[bytes]) -> list[bytes]:
    """Run a command that waits for nothing on the dictionary `held`."""
    match command:
        case "set":
            held.update(zip(keys, values, strict=True))
        case "get":
            return [held[key] for key in keys]
        case "add":
            held[keys[0]] = str(int(held.get(keys[0], b"0")) + int(values[0])).encode()
            return [held[keys[0]]]
        case "append":
            held[keys[0]] = held.get(keys[0], b"") + values[0]
        case "compare_set":
            expected, desired = values
            if held.get(keys[0], b"") == expected:
                held[keys[0]] = desired
            return [held.get(keys[0], expected)]
        case "check":
            return [b"1" if all(key in held for key in keys) else b"0"]
        case "delete":
            return [b"0" if held.pop(keys[0], None) is None else b"1"]
        case "count":
            return [str(len(held)).encode()]
        case "list":
            return [key.encode() for key in held]
    return []


class HashStore(Store):
    """A store within one process: for threads, and for a world of one."""

    def __init__(self) -> None:
        self._state = StoreState()

    def _request(self, command: str, keys: Sequence[str], values: Sequence[bytes], seconds: float) -> list[bytes]:
        return perform(self._state, command, keys, values, seconds)


class PrefixStore(Store):
    """Another store, with ``prefix/`` before every key."""

    def __init__(self, prefix: str, store: Store) -> None:
        self._prefix = f"{prefix}/"
        self._store = store
        self._seconds = store._seconds

    @property
    def underlying_store(self) -> Store:
        """The store that has the data."""
        return self._store

    def _request(self, command: str, keys: Sequence[str], values: Sequence[bytes], seconds: float) -> list[bytes]:
        found = self._store._request(command, [self._prefix + key for key in keys], values, seconds)
        if command == "list":
            start = self._prefix.encode()
            return [key.removeprefix(start) for key in found if key.startswith(start)]
        return found

    def clone(self) -> Store:
        """The same prefix on a clone of the store."""
        return PrefixStore(self._prefix[:-1], self._store.clone())
