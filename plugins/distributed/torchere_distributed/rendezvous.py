"""From ``init_method`` to a store: ``env://``, ``tcp://host:port``, ``file:///path``."""

from __future__ import annotations

import os
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

from .file_store import FileStore
from .stores import Store
from .tcp_store import TCPStore

__all__ = ["rendezvous"]


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise ValueError(
            f"Error initializing torch.distributed using env:// rendezvous: environment variable {name} expected, but "
            "not set. Set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, or pass init_method or store."
        )
    return value


def rendezvous(url: str, rank: int, world_size: int, timeout: timedelta) -> tuple[Store, int, int]:
    """(store, rank, world size) for an ``init_method``; -1 means what the URL or the environment says.

    Raises ValueError for what is missing, RuntimeError for an unknown scheme.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    rank = int(query["rank"][0]) if rank < 0 and "rank" in query else rank
    world_size = int(query["world_size"][0]) if world_size < 0 and "world_size" in query else world_size
    if parts.scheme == "env":
        rank = int(_from_environment("RANK")) if rank < 0 else rank
        world_size = int(_from_environment("WORLD_SIZE")) if world_size < 0 else world_size
        host, port = _from_environment("MASTER_ADDR"), int(_from_environment("MASTER_PORT"))
        # An agent that starts the processes (torchrun) may keep the store itself.
        is_master = rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True"
        return TCPStore(host, port, world_size, is_master, timeout, wait_for_workers=False), rank, world_size
    if parts.scheme not in ("tcp", "file"):
        raise RuntimeError(
            f"No rendezvous handler for {parts.scheme}://. Known ones: env://, tcp://host:port, file:///path"
        )
    if parts.scheme == "tcp" and parts.port is None:
        raise ValueError("Error initializing torch.distributed using tcp:// rendezvous: port number missing")
    if parts.scheme == "file" and not parts.path:
        raise ValueError("Error initializing torch.distributed using file:// rendezvous: path missing")
    for name, value in (("rank", rank), ("world size", world_size)):
        if value < 0:
            raise ValueError(
                f"Error initializing torch.distributed using {parts.scheme}:// rendezvous: {name} parameter missing"
            )
    if parts.scheme == "file":
        return FileStore(unquote(parts.netloc + parts.path), world_size), rank, world_size
    host = parts.hostname or "localhost"
    return TCPStore(host, parts.port or 0, world_size, rank == 0, timeout, wait_for_workers=False), rank, world_size
