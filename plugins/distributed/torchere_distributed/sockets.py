"""Whole messages through TCP sockets, without a copy."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

__all__ = ["bound_socket", "is_loopback", "read_into", "received", "send_all"]


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine's own loopback."""
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket: on the loopback only if that is what `host` names, otherwise on all interfaces."""
    if is_loopback(host):
        if ":" in host:
            return socket.create_server((host, port), family=socket.AF_INET6, backlog=512)
        return socket.create_server(("127.0.0.1", port), backlog=512)
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
    return socket.create_server(("", port), backlog=512)


def send_all(connection: socket.socket, data: bytes | memoryview) -> None:
    """Send all of `data`, within the socket's timeout."""
    connection.sendall(data)


def read_into(connection: socket.socket, target: memoryview, go_on: Callable[[], bool] | None = None) -> None:
    """Fill `target`. A socket's timeout raises TimeoutError, unless `go_on()` says to wait on.

    Raises ConnectionError when the other side has closed the connection.
    """
    place = 0
    while place < len(target):
        try:
            count = connection.recv_into(target[place:])
        except TimeoutError:
            if go_on is None or not go_on():
                raise
            continue
        if not count:
            raise ConnectionError("connection closed by peer")
        place += count


def received(connection: socket.socket, length: int, go_on: Callable[[], bool] | None = None) -> bytearray:
    """The next `length` bytes."""
    data = bytearray(length)
    read_into(connection, memoryview(data), go_on)
    return data
