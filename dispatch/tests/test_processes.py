"""What only a fresh process shows: what importing costs, how it exits, and plugins that take the process with them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import torchere_dispatch

PACKAGE_ROOT = str(Path(torchere_dispatch.__file__).parent.parent)


def python(site, code, **environ):
    """Run ``code`` in a fresh interpreter that sees the fake site; its output. Fails when it exits with an error."""
    path = os.pathsep.join([str(site.folder), PACKAGE_ROOT])
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", dedent(code)],
        env={**os.environ, "PYTHONPATH": path, **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.split()


def test_importing_loads_little(site):
    code = """
        import sys
        import pluggy, importlib_metadata
        before = set(sys.modules)
        import torchere_dispatch
        print(*sorted(name for name in set(sys.modules) - before if not name.startswith("torchere_dispatch")))
        print("torchere_dispatch.requirement" in sys.modules)
        """
    # Beyond its two dependencies nothing, not even of the standard library.
    assert python(site, code) == ["False"]


def test_shutdown_hooks_run_at_exit(site):
    text = """
        from torchere_dispatch import hookimpl

        @hookimpl
        def torchere_register(registry): ...

        @hookimpl
        def torchere_shutdown(): print("closed")
        """
    site.install("acme", {"v1.operators": {"ops": "acme_ops"}}, {"acme_ops": text})
    code = """
        from torchere_dispatch import PluginManager
        print(PluginManager(prefix="fixture").load("operators", "ops").state)
        """
    assert python(site, code) == ["loaded", "closed"]


def test_plugins_that_kill_or_hang_are_harmless_until_asked_for(site):
    for name, text in {"killer": "import os; os._exit(9)", "hanger": "import time; time.sleep(999)"}.items():
        site.install(name, {"v1.device": {name: name}, "v1.layer": {name.title(): f"{name}:X"}}, {name: text})
    site.install("acme", {"v1.layer": {"L": "acme_layer:L"}}, {"acme_layer": "class L: ..."})
    code = """
        from torchere_dispatch import PluginManager
        manager = PluginManager(prefix="fixture")
        print(*manager.names("device"), manager.provide("layer", "L").__name__)
        print(*{record.state for record in manager.records()} - {"loaded"})
        """
    assert python(site, code) == ["hanger", "killer", "L", "available"]


def test_the_environment_selects_and_is_strict(site):
    site.install("acme", {"v1.layer": {"L": "acme_layer:L", "M": "acme_layer:M"}}, {"acme_layer": "1 / 0"})
    code = """
        from torchere_dispatch import PluginManager
        manager = PluginManager(prefix="fixture")
        print(*[record.state for record in manager.records()])
        try:
            manager.load("layer", "L")
        except ZeroDivisionError:
            print("strict")
        """
    assert python(site, code, FIXTURE_PLUGINS="L", FIXTURE_STRICT_PLUGINS="1") == ["available", "disabled", "strict"]


def test_forked_children_can_resolve(site):
    """A child forked while other threads resolve and register must not inherit a locked dispatcher."""
    code = """
        import os, threading, warnings
        warnings.simplefilter("ignore")  # Python 3.12 warns of forking with threads
        from torchere_dispatch import Dispatcher, KernelTable, Source
        dispatcher = Dispatcher()
        lock = dispatcher.lock
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
        table = KernelTable("cpu")
        table.add("exp", abs)
        dispatcher.add_kernels(table, Source("base"))
        stop = False
        def busy():
            while not stop:
                dispatcher.add_kernels(KernelTable("cpu"), Source("x"))
        threads = [threading.Thread(target=busy) for _ in range(3)]
        [thread.start() for thread in threads]
        try:
            for _ in range(20):
                child = os.fork()
                if not child:
                    os._exit(0 if dispatcher.find("exp", "cpu", "float32").kernel.function is abs else 1)
                assert os.waitpid(child, 0)[1] == 0
        finally:
            stop = True
        print("fine")
        """
    assert python(site, code) == ["fine"]
