"""DataLoader in programs of their own: start methods, Ctrl-C, and a parent that is killed."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("worker_program.py")

posix = pytest.mark.skipif(os.name != "posix", reason="signals")


def run(*arguments):
    result = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_start_methods(method):
    first, second, failure = run("start", method).splitlines()
    expected = [(2 * n + 0.5, [2 * n + 100 * (n % 2), 2 * n + 1 + 100 * (n % 2)]) for n in range(6)]
    assert first == second == str(expected)
    assert failure == "LookupError True"


def test_leaving_the_interpreter_in_the_middle_is_silent():
    assert run("leave", "fork" if os.name == "posix" else "spawn") == "0.0\n"


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    try:  # a zombie nobody waits for, in a container without init
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until_gone(pids, seconds=15):
    deadline = time.monotonic() + seconds
    while not all(map(gone, pids)):
        assert time.monotonic() < deadline, f"still running: {[pid for pid in pids if not gone(pid)]}"
        time.sleep(0.05)


@posix
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_ctrl_c_ends_program_and_workers(method):
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), "wait", method],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        pids = [int(word) for word in process.stdout.readline().split()]
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        _, errors = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1, errors  # the program's own, none of a worker's
    assert errors.rstrip().endswith("KeyboardInterrupt")
    wait_until_gone(pids)


@posix
@pytest.mark.parametrize(("state", "method"), [("wait", "fork"), ("wait", "spawn"), ("idle", "fork")])
def test_workers_end_with_a_killed_parent(state, method):
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), state, method], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        pids = [int(word) for word in process.stdout.readline().split()]
        held = [os.readlink(entry) for pid in (process.pid, *pids) for entry in Path(f"/proc/{pid}/fd").glob("*")]
        process.kill()
    wait_until_gone(pids)
    # Nothing has a name that would stay: no file in /dev/shm, no semaphore.
    assert [name for name in held if name.startswith("/dev/shm")] == []
