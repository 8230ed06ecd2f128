"""A TCP connection to each other process of a group, and what has arrived through them.

Frames carry a channel: a collective's number in the order of the group's calls, or a point-to-point message's tag. A
thread per connection reads all the time, so that sending never waits for a receiver's call, and a peer's end is known
at once, not when a timeout has passed.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypeAlias

from .errors import DistNetworkError, DistStoreError
from .sockets import bound_socket, received
from .stores import Store
from .tcp_store import TCPStore

__all__ = ["Arrival", "Channel", "Mesh"]

#: ("collective", its number) or ("message", its tag).
Channel: TypeAlias = tuple[int, int]
_FRAME = struct.Struct("!BqQ")
_RANK = struct.Struct("!I")
_TOKEN_BYTES = 16
#: How long a connection that never says who it is may keep the others waiting.
GREETING_SECONDS = 10.0


class Arrival:
    """One message expected from one of `peers`: its bytes and sender, once there."""

    __slots__ = ("channel", "data", "error", "peer", "peers")

    def __init__(self, peers: tuple[int, ...], channel: Channel) -> None:
        self.peers = peers
        self.channel = channel
        self.data: bytearray | None = None
        self.peer = -1
        self.error: Exception | None = None

    @property
    def done(self) -> bool:
        """Whether it has come, or never will."""
        return self.data is not None or self.error is not None


class Mesh:
    """Connections among the `size` processes of a group, made through `store`; `rank` is this one's place.

    Raises DistStoreError or DistNetworkError if not all processes come within `seconds`.
    """

    def __init__(self, store: Store, rank: int, size: int, seconds: float) -> None:
        self.rank = rank
        self.size = size
        self._changed = threading.Condition()
        self._arrived: dict[tuple[int, Channel], deque[bytearray]] = {}
        self._expected: list[Arrival] = []
        self._lost: dict[int, Exception] = {}
        self._closed = False
        self._connections: dict[int, socket.socket] = {}
        self._send_locks = {peer: threading.Lock() for peer in range(size)}
        if size > 1:
            self._connect(store, seconds)
        for peer, connection in self._connections.items():
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._read, args=(peer, connection), name=f"rank {peer}", daemon=True).start()

    def _connect(self, store: Store, seconds: float) -> None:
        end = time.monotonic() + seconds
        underlying: Any = store
        while hasattr(underlying, "underlying_store"):
            underlying = underlying.underlying_store
        if isinstance(underlying, TCPStore):
            address = underlying.local_address
        else:
            address = "127.0.0.1"
            with contextlib.suppress(OSError):
                address = socket.gethostbyname(socket.gethostname())
        with contextlib.closing(bound_socket(address, 0)) as listener:
            host = {"host": socket.gethostname(), "address": address, "port": listener.getsockname()[1]}
            store.set(f"address/{self.rank}", json.dumps(host))
            if self.rank == 0:
                store.set("token", secrets.token_bytes(_TOKEN_BYTES))
            keys = [f"address/{peer}" for peer in range(self.size)] + ["token"]
            try:
                store.wait(keys, timedelta(seconds=max(end - time.monotonic(), 0)))
            except DistStoreError as error:
                absent = [peer for peer in range(self.size) if not store.check([f"address/{peer}"])]
                raise DistStoreError(
                    f"Timed out after {seconds:g} s waiting for the other processes: rank {self.rank} of {self.size} "
                    f"found none of rank {absent}. Start all of them, with one world_size."
                ) from error
            *places, token = store.multi_get(keys)
            for peer in range(self.rank):
                self._connections[peer] = self._reached(peer, json.loads(places[peer]), token, end)
            waiting = set(range(self.rank + 1, self.size))
            while waiting:
                listener.settimeout(max(end - time.monotonic(), 0.001))
                try:
                    connection, _ = listener.accept()
                except TimeoutError as error:
                    raise DistNetworkError(
                        f"Timed out after {seconds:g} s: rank {sorted(waiting)} did not connect to rank {self.rank}."
                    ) from error
                # Whoever does not know the token is no member of the group.
                with contextlib.suppress(OSError):
                    connection.settimeout(GREETING_SECONDS)
                    greeting = bytes(received(connection, _TOKEN_BYTES + _RANK.size))
                    (peer,) = _RANK.unpack(greeting[_TOKEN_BYTES:])
                    if secrets.compare_digest(greeting[:_TOKEN_BYTES], token) and peer in waiting:
                        waiting.remove(peer)
                        self._connections[peer] = connection
                        continue
                connection.close()

    def _reached(self, peer: int, place: dict[str, Any], token: bytes, end: float) -> socket.socket:
        addresses = [place["address"]] + (["127.0.0.1"] if place["host"] == socket.gethostname() else [])
        while True:
            for address in addresses:
                try:
                    seconds = max(end - time.monotonic(), 0.05)
                    connection = socket.create_connection((address, place["port"]), timeout=seconds)
                    connection.sendall(token + _RANK.pack(self.rank))
                    return connection
                except OSError as error:
                    if time.monotonic() >= end:
                        raise DistNetworkError(
                            f"rank {self.rank} cannot connect to rank {peer} at {address}:{place['port']}: {error}"
                        ) from error
            time.sleep(0.05)

    def _read(self, peer: int, connection: socket.socket) -> None:
        try:
            while True:
                kind, number, length = _FRAME.unpack(received(connection, _FRAME.size, lambda: True))
                data = received(connection, length, lambda: True)
                with self._changed:
                    self._deliver(peer, (kind, number), data)
        except (OSError, MemoryError) as error:
            text = f"Connection closed by peer: rank {peer} has ended, or left the process group"
            lost = DistNetworkError(text if isinstance(error, ConnectionError) else f"{text} ({error})")
            with self._changed:
                self._lost.setdefault(peer, lost)
                for arrival in [arrival for arrival in self._expected if self._hopeless(arrival)]:
                    arrival.error = lost
                    self._expected.remove(arrival)
                self._changed.notify_all()
        if self._closed:
            connection.close()

    def _hopeless(self, arrival: Arrival) -> bool:
        return all(peer in self._lost for peer in arrival.peers)

    def _deliver(self, peer: int, channel: Channel, data: bytearray) -> None:
        for arrival in self._expected:
            if arrival.channel == channel and peer in arrival.peers:
                arrival.data, arrival.peer = data, peer
                self._expected.remove(arrival)
                self._changed.notify_all()
                return
        self._arrived.setdefault((peer, channel), deque()).append(data)

    def send(self, peer: int, channel: Channel, data: memoryview, seconds: float) -> None:
        """Send `data` to `peer`. Raises DistNetworkError if it has ended or takes longer than `seconds`."""
        if peer == self.rank:
            with self._changed:
                self._deliver(peer, channel, bytearray(data))
            return
        with self._send_locks[peer]:
            if peer in self._lost:
                raise self._lost[peer]
            connection = self._connections[peer]
            try:
                # The reading thread shares this timeout, and waits on when it passes.
                connection.settimeout(seconds)
                connection.sendall(_FRAME.pack(*channel, len(data)))
                connection.sendall(data)
            except OSError as error:
                if isinstance(error, TimeoutError):
                    text = f"rank {peer} took no data for {seconds:g} s"
                else:
                    text = f"Connection closed by peer: rank {peer} has ended, or left the process group ({error})"
                lost = DistNetworkError(text)
                with self._changed:
                    self._lost.setdefault(peer, lost)  # a frame may have gone in part: nothing can follow
                raise lost from error

    def expect(self, peers: Iterable[int], channel: Channel) -> Arrival:
        """The next message on `channel` from one of `peers`, which need not have come yet."""
        arrival = Arrival(tuple(peers), channel)
        with self._changed:
            for peer in arrival.peers:
                found = self._arrived.get((peer, channel))
                if found:
                    arrival.data, arrival.peer = found.popleft(), peer
                    if not found:
                        del self._arrived[peer, channel]
                    return arrival
            if self._hopeless(arrival):
                arrival.error = self._lost[arrival.peers[0]]
            elif self._closed:
                arrival.error = DistNetworkError("the process group has been destroyed")
            else:
                self._expected.append(arrival)
        return arrival

    def wait(self, arrival: Arrival, seconds: float, what: str) -> bytearray:
        """The bytes of `arrival`. Raises DistNetworkError if its sender has ended, or takes longer than `seconds`."""
        with self._changed:
            if not self._changed.wait_for(lambda: arrival.done, seconds):
                self._expected.remove(arrival)
                raise DistNetworkError(
                    f"Timed out waiting {round(seconds * 1000)}ms for {what}: nothing from rank "
                    f"{', '.join(map(str, arrival.peers))}. Has every process made the same call?"
                )
        if arrival.error is not None:
            raise DistNetworkError(f"{what}: {arrival.error}") from arrival.error
        assert arrival.data is not None
        return arrival.data

    def close(self) -> None:
        """Say goodbye: nothing more is sent; what the peers still send is read and dropped until they close too."""
        with self._changed:
            self._closed = True
            for arrival in self._expected:
                arrival.error = DistNetworkError("the process group has been destroyed")
            self._expected.clear()
            self._arrived.clear()
            self._changed.notify_all()
        for peer, connection in self._connections.items():
            with contextlib.suppress(OSError):
                # Closing with unread data would reset the connection and lose what the peer has not read yet.
                connection.shutdown(socket.SHUT_WR)
            if peer in self._lost:
                connection.close()
