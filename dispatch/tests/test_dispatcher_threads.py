"""The dispatcher under threads: callers cache answers as the core does while plugins come and go."""

from __future__ import annotations

import threading
import time

from torchere_dispatch import Dispatcher, KernelTable, Source

THREADS = 8
SECONDS = 1.5
OPERATORS = [f"op{index}" for index in range(6)]
DTYPES = ("float32", "float64", "bfloat16")


class CachingOperator:
    """What the core does: an own dict from key to function, cleared at invalidation, filled under the generation."""

    def __init__(self, name, dispatcher):
        self.name = name
        self.has_decomposition = False
        self.dispatcher = dispatcher
        self.table = {}

    def __call__(self, device, dtype):
        function = self.table.get((device, dtype))
        if function is None:
            function = self.resolve(device, dtype)
        return function()

    def resolve(self, device, dtype):
        dispatcher = self.dispatcher
        while True:
            generation = dispatcher.generation
            function = dispatcher.resolve(self.name, device, dtype).kernel.function
            with dispatcher.lock:
                if dispatcher.generation == generation:
                    self.table[device, dtype] = function
                    return function


def kernel_for(plugin, op, device, dtype):
    return lambda: (plugin, op, device, dtype)


def test_no_wrong_kernel_and_no_exception_while_plugins_come_and_go():
    dispatcher = Dispatcher()
    operators = {name: CachingOperator(name, dispatcher) for name in OPERATORS}
    for operator in operators.values():
        dispatcher.register_operator(operator, Source("base"))
    for device in ("cpu", "acc"):
        backend = type("D", (), {"name": device, "dtypes": DTYPES, "compute_casts": {"bfloat16": "float32"}})
        dispatcher.register_device(backend, Source("base"))

    def tables(plugin, priority):
        for device in ("cpu", "acc"):
            table = KernelTable(device, priority)
            for op in OPERATORS:
                for dtype in ("float32", "float64"):
                    table.add(op, kernel_for(plugin, op, device, dtype), (dtype,))
            yield from table.kernels(Source(plugin))

    dispatcher.commit(kernels=tables("base", 0))
    dispatcher.subscribe(lambda: [operator.table.clear() for operator in operators.values()])

    stop = threading.Event()
    errors: list[BaseException] = []
    calls = [0] * THREADS
    # A plugin that is registered all the time may run; one that nobody registered never may.
    plugins = {"base", "fast", "faster"}

    def caller(index):
        try:
            turn = index
            while not stop.is_set():
                turn += 1
                op = OPERATORS[turn % len(OPERATORS)]
                device, dtype = ("cpu", "acc")[turn % 2], DTYPES[turn % 3]
                plugin, ran, where, computed = operators[op](device, dtype)
                assert plugin in plugins
                assert (ran, where) == (op, device)
                assert computed == ("float32" if dtype == "bfloat16" else dtype)
                calls[index] += 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=caller, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + SECONDS
    rounds = 0
    try:
        while time.monotonic() < deadline and not errors:
            rounds += 1
            dispatcher.commit(kernels=tables("fast", 10))
            with dispatcher.prefer("base"):
                assert operators["op0"]("cpu", "float32")[0] == "base"
                # The pin is process-wide and takes effect at once: nothing older may be left in a cache.
                assert all(operators[op]("acc", "bfloat16")[0] == "base" for op in OPERATORS)
            assert operators["op0"]("cpu", "float32")[0] == "fast"
            dispatcher.commit(kernels=tables("faster", 20))
            assert operators["op3"]("acc", "bfloat16")[0] == "faster"
            dispatcher.remove_plugin("faster")
            dispatcher.remove_plugin("fast")
            assert all(operators[op]("cpu", dtype)[0] == "base" for op in OPERATORS for dtype in DTYPES)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert not errors, errors[0]
    assert rounds >= 3
    assert all(calls)


def test_a_slow_resolver_does_not_store_a_stale_kernel():
    dispatcher = Dispatcher()
    operator = CachingOperator("op", dispatcher)
    dispatcher.register_operator(operator)
    dispatcher.register_device(type("D", (), {"name": "cpu", "dtypes": DTYPES, "compute_casts": {}}))
    table = KernelTable("cpu")
    table.add("op", lambda: "old", ("float32",))
    dispatcher.add_kernels(table, Source("old"))
    dispatcher.subscribe(operator.table.clear)

    resolve, interfered = dispatcher.resolve, []

    def resolve_then_lose_the_race(*arguments):
        found = resolve(*arguments)
        if not interfered:
            interfered.append(True)
            newer = KernelTable("cpu", 10)
            newer.add("op", lambda: "new", ("float32",))
            thread = threading.Thread(target=dispatcher.add_kernels, args=(newer, Source("new")))
            thread.start()
            thread.join()
        return found

    dispatcher.resolve = resolve_then_lose_the_race
    assert operator("cpu", "float32") == "new"
    assert operator.table["cpu", "float32"]() == "new"
