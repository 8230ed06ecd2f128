"""A store that one process keeps and all reach through TCP."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Sequence
from datetime import timedelta

from .errors import DistNetworkError, DistStoreError
from .sockets import bound_socket, received, send_all
from .stores import DEFAULT_TIMEOUT, Store, StoreState, perform

__all__ = ["TCPStore"]

#: How much longer than the server the client waits for the server's "not in time".
GRACE = 5.0
_COUNT = struct.Struct("!II")
_LENGTH = struct.Struct("!Q")
#: No request of a store is larger; what claims to be is no request.
LARGEST = 1 << 31


def _send(connection: socket.socket, fields: Sequence[bytes]) -> None:
    parts = [_COUNT.pack(0x7C0DE, len(fields))]
    for field in fields:
        parts += [_LENGTH.pack(len(field)), field]
    send_all(connection, b"".join(parts))


def _receive(connection: socket.socket) -> list[bytes]:
    mark, count = _COUNT.unpack(received(connection, _COUNT.size))
    if mark != 0x7C0DE:
        raise ConnectionError("the other side does not speak the store's protocol")
    fields = []
    for _ in range(count):
        (length,) = _LENGTH.unpack(received(connection, _LENGTH.size))
        if length > LARGEST:
            raise ConnectionError(f"a field of {length} bytes is larger than the store's protocol allows")
        fields.append(bytes(received(connection, length)))
    return fields


class _Server:
    """The data, and a thread for each client. `close` ends them all and frees the port."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.state = StoreState()
        self.connections: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.closed = False
        threading.Thread(target=self._accept, name="TCPStore", daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                if self.closed:
                    connection.close()
                    return
                self.connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="TCPStore client", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, struct.error, ValueError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                command, seconds, count, *rest = _receive(connection)
                keys = [key.decode() for key in rest[: int(count)]]
                try:
                    answer = [
                        b"ok",
                        *perform(self.state, command.decode(), keys, rest[int(count) :], float(seconds)),
                    ]
                except DistStoreError as error:
                    answer = [b"late", str(error).encode()]
                except (ValueError, KeyError) as error:
                    answer = [b"wrong", str(error).encode()]
                _send(connection, answer)
        with self.lock:
            self.connections.discard(connection)

    def close(self) -> None:
        with self.lock:
            self.closed = True
            connections = list(self.connections)
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self.listener.close()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class TCPStore(Store):
    """A store kept by the process with ``is_master=True``, which listens at ``port`` (0: one that is free, see
    ``.port``); the others connect to ``host_name:port`` and retry until ``timeout``.

    With ``wait_for_workers`` the master returns when ``world_size`` processes have connected. A master whose host name
    is a loopback address listens there only. Nobody asks for a password: use it in networks you trust.
    ``multi_tenant`` and ``use_libuv`` are accepted; ``master_listen_fd`` is a socket that listens already.

    Raises DistNetworkError if the port is taken, nobody answers in time, or the master has ended.
    """

    def __init__(
        self,
        host_name: str,
        port: int,
        world_size: int | None = None,
        is_master: bool = False,
        timeout: timedelta = DEFAULT_TIMEOUT,
        wait_for_workers: bool = True,
        multi_tenant: bool = False,
        master_listen_fd: int | None = None,
        use_libuv: bool = True,
    ) -> None:
        self._server: _Server | None = None
        self._client: socket.socket | None = None
        self._lock = threading.Lock()
        self._seconds = timeout.total_seconds()
        self._host = host_name
        if is_master:
            try:
                listener = (
                    bound_socket(host_name, port)
                    if master_listen_fd is None
                    else socket.socket(fileno=master_listen_fd)
                )
            except OSError as error:
                raise DistNetworkError(
                    f"The server socket has failed to listen on port {port} of {host_name} ({error}). Is another "
                    "program there? Choose another port, or 0 for one that is free."
                ) from error
            self._server = _Server(listener)
            port = listener.getsockname()[1]
        self._port = port
        self._client = self._connected()
        if world_size is not None and wait_for_workers:
            self._await_workers(world_size, is_master)

    def _connected(self) -> socket.socket:
        end = time.monotonic() + self._seconds
        while True:
            try:
                connection = socket.create_connection(
                    (self._host, self._port), timeout=max(end - time.monotonic(), 0.05)
                )
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection
            except OSError as error:
                if time.monotonic() + 0.05 >= end:
                    raise DistNetworkError(
                        f"The client socket has timed out after {round(self._seconds * 1000)}ms trying to connect "
                        f"to ({self._host}, {self._port}): {error}. Does the process with is_master=True (rank 0) run?"
                    ) from error
                time.sleep(0.05)

    def _await_workers(self, world_size: int, is_master: bool) -> None:
        arrived = self.add("init/", 1)
        end = time.monotonic() + self._seconds
        if arrived == world_size:
            self.set("init/all", "1")
        if is_master:
            try:
                self.wait(["init/all"], timedelta(seconds=max(end - time.monotonic(), 0)))
            except DistStoreError:
                raise DistStoreError(
                    f"Timed out after {round(self._seconds + 0.5)} seconds waiting for clients. "
                    f"{self.add('init/', 0)}/{world_size} clients joined."
                ) from None

    def _request(self, command: str, keys: Sequence[str], values: Sequence[bytes], seconds: float) -> list[bytes]:
        fields = [command.encode(), str(seconds).encode(), str(len(keys)).encode(), *map(str.encode, keys), *values]
        with self._lock:
            if self._client is None:
                raise DistNetworkError(f"The connection to the store at {self._host}:{self._port} is lost or closed.")
            try:
                self._client.settimeout(seconds + GRACE)
                _send(self._client, fields)
                status, *answer = _receive(self._client)
            except OSError as error:
                self._client.close()
                self._client = None
                raise DistNetworkError(
                    f"The connection to the store at {self._host}:{self._port} was lost during {command} ({error}). "
                    "Has the process that keeps it (rank 0) ended?"
                ) from error
        if status == b"late":
            raise DistStoreError(answer[0].decode())
        if status == b"wrong":
            raise ValueError(f"{command} of {', '.join(keys)}: {answer[0].decode()}")
        return answer

    @property
    def host(self) -> str:
        """The name of the master's host."""
        return self._host

    @property
    def port(self) -> int:
        """The port at which the master listens."""
        return self._port

    @property
    def libuvBackend(self) -> bool:
        """False: there is no libuv here."""
        return False

    @property
    def local_address(self) -> str:
        """The address of this machine on the way to the master."""
        with self._lock:
            return "127.0.0.1" if self._client is None else self._client.getsockname()[0]

    def clone(self) -> Store:
        """Another connection to the same master."""
        return TCPStore(self._host, self._port, timeout=self.timeout, wait_for_workers=False)

    def close(self) -> None:
        """Disconnect; the master stops listening."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
        if self._server is not None:
            self._server.close()
            self._server = None

    def __del__(self) -> None:
        if hasattr(self, "_server"):
            self.close()

    def __repr__(self) -> str:
        role = "server" if self._server is not None else "client"
        return f"TCPStore({role}, host={self._host!r}, port={self._port})"
