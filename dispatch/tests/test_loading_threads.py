"""Loading under threads: one load for all who ask, and no waiting in circles."""

from __future__ import annotations

import builtins
import importlib
import threading
from types import SimpleNamespace

import pytest

import torchere_dispatch.manager
from torchere_dispatch import PluginState

REGISTER = """
from torchere_dispatch import hookimpl

class Device:
    name, dtypes, compute_casts = "acme", ("float32",), {}

@hookimpl
def torchere_register(registry):
    shared.registered.append(1)
    registry.device(Device)
"""


@pytest.fixture
def shared(manager):
    """State that plugin modules and tests share, visible in modules as the builtin ``shared``."""
    builtins.shared = SimpleNamespace(
        manager=manager, imported=[], registered=[], started=threading.Event(), proceed=threading.Event()
    )
    yield builtins.shared
    del builtins.shared


def run(*functions):
    """Run functions in threads; what they return or raise, in order."""
    results = [None] * len(functions)

    def call(index, function):
        try:
            results[index] = function()
        except BaseException as error:
            results[index] = error

    threads = [threading.Thread(target=call, args=pair, daemon=True) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive(), "a thread hangs"
    return results


@pytest.mark.parametrize("ending", [REGISTER, "raise RuntimeError('boom')"], ids=["good", "broken"])
def test_many_threads_get_one_load(site, manager, shared, ending):
    text = "import time\nshared.imported.append(1)\ntime.sleep(0.1)\n" + ending
    site.install("acme", {"v1.device": {"acme": "acme_device"}}, {"acme_device": text})
    manager.records()
    records = run(*[lambda: manager.load("device", "acme")] * 8)
    assert all(record is records[0] for record in records)
    assert records[0].state is (PluginState.LOADED if ending is REGISTER else PluginState.FAILED)
    assert len(shared.imported) == 1
    assert len(shared.registered) == (1 if ending is REGISTER else 0)


def test_threads_that_retry_together_get_one_retry(site, manager, shared):
    text = "import time\nshared.imported.append(1)\ntime.sleep(0.3)\nraise RuntimeError('boom')"
    site.install("acme", {"v1.device": {"acme": "acme_device"}}, {"acme_device": text})
    manager.load("device", "acme")
    barrier = threading.Barrier(4)

    def retry():
        barrier.wait(10)
        return manager.load("device", "acme", retry=True).state

    assert run(*[retry] * 4) == [PluginState.FAILED] * 4
    assert len(shared.imported) == 2


def test_a_second_try_that_fails_does_not_undo_a_success(site, manager, shared, monkeypatch):
    """The second thread loses patience and registers, too; the first has succeeded by then."""
    monkeypatch.setattr(torchere_dispatch.manager, "PATIENCE_SECONDS", 0.05)
    text = """
        import time
        from torchere_dispatch import hookimpl

        class Device:
            name, dtypes, compute_casts = "acme", ("float32",), {}

        @hookimpl
        def torchere_register(registry):
            shared.registered.append(1)
            if len(shared.registered) == 1:
                assert shared.started.wait(10)
                registry.device(Device)
            else:
                shared.started.set()
                time.sleep(0.2)
                raise RuntimeError("too late")
        """
    site.install("acme", {"v1.device": {"acme": "acme_device"}}, {"acme_device": text})
    records = run(*[lambda: manager.load("device", "acme")] * 2)
    assert len(shared.registered) == 2
    assert records[0].state is PluginState.LOADED
    assert records[0].traceback == ""


def test_scanning_is_safe_at_the_first_touch(site, manager):
    site.install("acme", {"v1.layer": {"L": "acme_layer:L"}}, {"acme_layer": "class L: ..."})
    found = run(*[lambda: manager.provide("layer", "L")] * 8)
    assert len(set(map(id, found))) == 1


def test_a_plugin_that_hangs_holds_up_nobody_else(site, manager, shared):
    site.install(
        "slow",
        {"v1.layer": {"Slow": "slow_layer:Slow"}},
        {"slow_layer": "shared.started.set()\nshared.proceed.wait(20)\nclass Slow: ..."},
    )
    site.install("acme", {"v1.layer": {"L": "acme_layer:L"}}, {"acme_layer": "class L: ..."})

    def other():
        assert shared.started.wait(10)
        found = manager.provide("layer", "L")
        assert manager.record("Slow").state is PluginState.AVAILABLE
        with manager.use("-Slow"):
            pass
        shared.proceed.set()
        return found.__name__

    slow, fast = run(lambda: manager.provide("layer", "Slow"), other)
    assert fast == "L"
    assert slow.__name__ == "Slow"


def test_a_plugin_that_loads_itself_and_others_while_loading(site, manager, shared):
    text = (
        "state = str(shared.manager.load('device', 'acme').state)\n"
        "shared.inner = [state, shared.manager.provide('layer', 'L').__name__]\n"
    )
    site.install("acme", {"v1.device": {"acme": "acme_device"}}, {"acme_device": text + REGISTER})
    site.install("layers", {"v1.layer": {"L": "acme_layer:L"}}, {"acme_layer": "class L: ..."})
    (record,) = run(lambda: manager.load("device", "acme"))
    assert record.state is PluginState.LOADED, record.traceback
    assert shared.inner == ["available", "L"]
    assert len(shared.registered) == 1


def test_a_kernel_plugin_that_resolves_while_registering(site, manager, shared):
    """Resolution loads the kernel plugins of a device; one that computes while it loads must not wait for itself."""
    site.install("acme", {"v1.device": {"acme": "acme_device"}}, {"acme_device": REGISTER})
    fast = """
        from torchere_dispatch import KernelTable, hookimpl
        shared.missing = shared.manager.dispatcher.find("exp", "acme", "float32")

        @hookimpl
        def torchere_register(registry):
            table = KernelTable("acme")
            table.add("exp", abs, None)
            registry.kernels(table)
        """
    site.install("fast", {"v1.kernels": {"acme.fast": "fast_kernels"}}, {"fast_kernels": fast})
    manager.load("device", "acme")
    (found,) = run(lambda: manager.dispatcher.resolve("exp", "acme", "float32"))
    assert found.kernel.plugin == "fast"
    assert shared.missing is None


def test_two_kernel_plugins_of_one_device_in_two_threads(site, manager, shared):
    """Both threads see all kernels of the device: the second waits for the first one's load."""
    site.install("acme", {"v1.device": {"acme": "acme_device"}}, {"acme_device": REGISTER})
    for priority in (1, 2):
        text = f"""
            import time
            from torchere_dispatch import KernelTable, hookimpl
            time.sleep(0.05)

            @hookimpl
            def torchere_register(registry):
                table = KernelTable("acme", {priority})
                table.add("exp", abs, None)
                registry.kernels(table)
            """
        name = f"fast{priority}"
        site.install(name, {"v1.kernels": {f"acme.{name}": name}}, {name: text})
    manager.load("device", "acme")
    found = run(*[lambda: manager.dispatcher.resolve("exp", "acme", "float32").kernel.plugin] * 6)
    assert found == ["fast2"] * 6


def test_import_locks_and_loading_cannot_deadlock(site, manager, shared, monkeypatch):
    """One thread imports a plugin's module and asks for the plugin; another, loading it, waits for that import."""
    monkeypatch.setattr(torchere_dispatch.manager, "PATIENCE_SECONDS", 0.2)
    text = """
        shared.started.set()
        assert shared.proceed.wait(10)
        import time; time.sleep(0.1)  # the other thread is now in its import of this module
        shared.asked = str(shared.manager.load("layer", "L").state)
        class L: ...
        """
    site.install("acme", {"v1.layer": {"L": "acme_layer:L"}}, {"acme_layer": text})
    manager.records()

    def loader():
        assert shared.started.wait(10)
        shared.proceed.set()
        return manager.provide("layer", "L")

    imported, provided = run(lambda: importlib.import_module("acme_layer"), loader)
    assert provided is imported.L
