"""A store in a file that all processes can lock: on one machine, or on a shared file system."""

from __future__ import annotations

import json
import os
import time
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Sequence
from typing import Any

from .errors import DistStoreError
from .stores import Store, change

__all__ = ["FileStore"]

#: How often a process that waits looks at the file.
LOOK_EVERY = 0.01


class FileStore(Store):
    """A store in the file ``file_name``, which is made when it is missing.

    The last of ``world_size`` processes to let go of its store removes the file; -1 never does. A file left by another
    run gives wrong values: name a new one for each. Locks with ``fcntl``, which Windows lacks (RuntimeError there).
    """

    def __init__(self, file_name: str, world_size: int = -1) -> None:
        try:
            import fcntl
        except ImportError as error:
            raise RuntimeError("FileStore needs the locks of fcntl, which this system lacks: use TCPStore") from error
        self._lock_file = fcntl.lockf
        self._exclusive, self._unlock = fcntl.LOCK_EX, fcntl.LOCK_UN
        self._path = file_name
        self._world_size = world_size
        self._open = True
        self._alter(lambda data: data.update(users=data.get("users", 0) + 1))

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    def _alter(self, action: Any) -> Any:
        """The result of `action` on the file's contents, which are written back; under the lock."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+") as file:
            self._lock_file(file, self._exclusive)
            try:
                text = file.read()
                data = json.loads(text) if text else {}
                result = action(data)
                after = json.dumps(data)
                if after != text:
                    file.seek(0)
                    file.write(after)
                    file.truncate()
                    file.flush()
                return result
            finally:
                self._lock_file(file, self._unlock)

    def _request(self, command: str, keys: Sequence[str], values: Sequence[bytes], seconds: float) -> list[bytes]:
        end = time.monotonic() + seconds

        def attempt(data: dict[str, Any]) -> list[bytes] | None:
            held = {key: b64decode(value) for key, value in data.get("values", {}).items()}
            queues = {key: deque(map(b64decode, items)) for key, items in data.get("queues", {}).items()}
            if command in ("get", "wait") and not all(key in held or queues.get(key) for key in keys):
                return None
            if command == "pop" and not queues.get(keys[0]):
                return None
            if command == "pop":
                result = [queues[keys[0]].popleft()]
            elif command == "push":
                queues.setdefault(keys[0], deque()).append(values[0])
                result = []
            elif command == "length":
                result = [str(len(queues.get(keys[0], ()))).encode()]
            else:
                result = change(held, command, keys, values)
            data["values"] = {key: b64encode(value).decode() for key, value in held.items()}
            data["queues"] = {key: [b64encode(item).decode() for item in items] for key, items in queues.items()}
            return result

        while True:
            found = self._alter(attempt)
            if found is not None:
                return found
            if time.monotonic() >= end:
                break
            time.sleep(LOOK_EVERY)
        if command == "pop":
            return []
        raise DistStoreError(f"wait timeout after {round(seconds * 1000)}ms, keys: {', '.join(keys)}")

    def __del__(self) -> None:
        if not getattr(self, "_open", False):
            return
        self._open = False

        def leave(data: dict[str, Any]) -> int:
            data["left"] = data.get("left", 0) + 1
            return data["left"]

        try:
            if os.path.exists(self._path) and self._alter(leave) >= self._world_size > 0:
                os.unlink(self._path)
        except (OSError, TypeError, ValueError):
            pass  # the folder is gone, or the interpreter is ending
