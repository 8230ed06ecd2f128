"""Real processes on this machine: each program is run once for every rank."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SECONDS = 60


def free_port() -> int:
    """A port the system chose; free again when the processes start."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return listener.getsockname()[1]


def outcomes(program: str, size: int) -> list[tuple[int, str, str]]:
    """(return code, output, errors) of each rank; none of them outlives the call."""
    port = free_port()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", str(HERE / program), str(rank), str(size), str(port)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(size)
    ]
    found = []
    try:
        for process in processes:
            output, errors = process.communicate(timeout=SECONDS)
            found.append((process.returncode, output, errors))
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.communicate()
    with pytest.raises(OSError, match="refused"), closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
        pass  # nobody listens any more
    return found


@pytest.mark.parametrize("size", [2, 3])
def test_collectives_against_numpy(size):
    assert outcomes("collective_program.py", size) == [(0, "all equal\n", "")] * size


def test_training_equals_one_process():
    assert outcomes("training_program.py", 2) == [(0, "all equal\n", "")] * 2


def test_killed_peer_is_noticed_before_the_timeout():
    assert outcomes("dying_program.py", 2) == [(0, "noticed\n", ""), (-signal.SIGKILL, "", "")]


def test_peer_that_does_not_call():
    assert outcomes("late_program.py", 2) == [(0, "late\n", "")] * 2
