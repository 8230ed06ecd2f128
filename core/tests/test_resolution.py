"""How calls reach kernels: compute-casts, decompositions, other devices under a policy; and all that under threads."""

from __future__ import annotations

import threading
import warnings
from typing import Any, ClassVar

import numpy as np
import pytest

import torchere as torch
from torchere import Tensor, dtypes, plugins
from torchere.backend import DeviceBackend, forget_backends
from torchere.operators import operator, primitive
from torchere_dispatch import KernelTable


class Arrays(DeviceBackend):
    """A device of NumPy arrays that computes nothing by itself; no bfloat16."""

    name: ClassVar[str] = "trialdev"
    array_type = np.ndarray
    dtypes = ("bool", "int64", "float32", "float64", "float16")
    compute_casts: ClassVar[dict[str, str]] = {"float16": "float32"}

    def native_dtype(self, dtype: dtypes.DType) -> Any:
        return dtype.numpy

    def dtype_of(self, array: Any) -> dtypes.DType:
        return dtypes.from_numpy_dtype(array.dtype)

    def from_numpy(self, array: Any, index: int | None) -> Any:
        return np.array(array)

    def to_numpy(self, array: Any) -> Any:
        return array

    def adopt(self, value: Any, native_dtype: Any) -> Any:
        return np.asarray(value)

    def copy_into(self, destination: Any, source: Any) -> None:
        np.copyto(destination, source, casting="unsafe")


@primitive(method=True)
def trial_double(input: Tensor) -> Tensor:
    """Twice."""
    ...


trial_double.gradient(input=lambda grad: trial_double(grad))


@operator
def trial_quadruple(input: Tensor) -> Tensor:
    """Four times, by doubling twice."""
    return trial_double(trial_double(input))


trial_quadruple.gradient(input=lambda grad: grad * 4)


#: Kept here, because the module's names become the generated functions at the first call.
OPERATORS = [trial_double, trial_quadruple]


def _table(device: str, factor: float = 2, seen: list[Any] | None = None, **options: Any) -> KernelTable:
    table = KernelTable(device, **options)

    @table.kernel("trial_double", ("float32", "float64"))
    def double(x: Any) -> Any:
        if seen is not None:
            seen.append(x.dtype.name)
        return x * x.dtype.type(factor)

    return table


@pytest.fixture
def device(trial: Any) -> Any:
    yield lambda *items: trial(Arrays(), OPERATORS, *items)
    forget_backends()


def test_narrow_dtypes_compute_wide(device: Any) -> None:
    seen: list[Any] = []
    device(_table("cpu", seen=seen))
    x = torch.tensor([1.5, 3.0], dtype=torch.bfloat16)
    found = torch.trial_double(x)
    assert (found.dtype, found.tolist(), seen) == (torch.bfloat16, [3, 6], ["float32"])
    assert plugins.dispatcher.resolve("trial_double", "cpu", "bfloat16").kind == "compute-cast"


def test_without_a_kernel_the_body_runs_as_one_operator(device: Any) -> None:
    seen: list[Any] = []
    device(_table("cpu", seen=seen))
    x = torch.ones(2, requires_grad=True)
    found = torch.trial_quadruple(x)
    assert (found.tolist(), len(seen), found.grad_fn.name()) == ([4, 4], 2, "TrialQuadrupleBackward0")
    found.sum().backward()
    assert x.grad.tolist() == [4, 4]
    assert plugins.dispatcher.resolve("trial_quadruple", "cpu", "float32").kind == "decomposition"


def test_a_kernel_comes_before_the_body(device: Any) -> None:
    table = _table("cpu")
    table.add("trial_quadruple", lambda x: x * 40, ("float32",))
    device(table)
    assert torch.trial_quadruple(torch.ones(1)).item() == 40
    assert torch.trial_quadruple(torch.ones(1, dtype=torch.float64)).item() == 4


def test_a_kernel_may_yield_to_the_next_or_to_the_body(device: Any) -> None:
    asked: list[Any] = []

    def choosy(x: Any) -> Any:
        asked.append(x.dtype.name)
        return NotImplemented if x.size > 1 else x * 7

    table = KernelTable("cpu", priority=9)
    table.add("trial_double", choosy, ("float32",), yields=True)
    table.add("trial_quadruple", choosy, ("float32",), yields=True)
    device(_table("cpu"), table)
    assert torch.trial_double(torch.ones(1)).tolist() == [7]
    assert torch.trial_double(torch.ones(2)).tolist() == [2, 2]
    assert torch.trial_double(torch.ones(2, dtype=torch.bfloat16)).tolist() == [2, 2]
    x = torch.ones(2, requires_grad=True)
    assert torch.trial_quadruple(x).tolist() == [4, 4]
    torch.trial_quadruple(x).sum().backward()
    assert x.grad.tolist() == [4, 4]
    assert asked.count("float32") == len(asked) >= 6


def test_small_calls_are_not_offered_to_kernels_for_large_ones(device: Any) -> None:
    seen: list[int] = []

    def large(x: Any) -> Any:
        seen.append(x.size)
        return NotImplemented if x[0] < 0 else x * 7

    table = KernelTable("cpu", priority=9)
    table.add("trial_double", large, ("float32",), yields=True, smallest=4)
    device(_table("cpu"), table)
    assert torch.trial_double(torch.ones(3)).tolist() == [2] * 3
    assert torch.trial_double(torch.ones(4)).tolist() == [7] * 4
    assert torch.trial_double(-torch.ones(4)).tolist() == [-2] * 4
    assert seen == [4, 4]


def test_writing_in_place_passes_over_kernels_that_do_not(device: Any) -> None:
    written: list[str] = []

    def writer(name: str, largest: int) -> Any:
        def add(x: Any, y: Any, out: Any = None) -> Any:
            if x.size > largest or out is None:
                return NotImplemented
            written.append(name)
            return np.add(x, y, out)

        return add

    table, lower = KernelTable("cpu", priority=9), KernelTable("cpu", priority=8)
    table.add("add", lambda x, y: NotImplemented, ("float32",), yields=True)
    lower.add("add", writer("few", 2), ("float32",), writes_out=True, yields=True)
    device(table, lower)
    for size in (2, 5):
        x = torch.ones(size)
        start = x.data_ptr()
        x += torch.ones(size)
        assert x.tolist() == [2] * size
        assert x.data_ptr() == start
    assert written == ["few"]


def test_nobody_left_to_yield_to(device: Any) -> None:
    table = KernelTable("cpu")
    table.add("trial_double", lambda x: NotImplemented, ("float32",), yields=True)
    device(table)
    with pytest.raises(NotImplementedError, match=r"trial_double.*another kernel"):
        torch.trial_double(torch.ones(1))


def test_another_device_helps_only_under_a_policy(device: Any) -> None:
    device(_table("cpu"))
    x = torch.tensor([1.0, 2.0]).to("trialdev")
    with pytest.raises(NotImplementedError, match=r"trial_double.*trialdev"):
        torch.trial_double(x)
    with plugins.fallback_policy("allow"):
        found = torch.trial_double(x)
        torch.trial_double(x)
    assert (found.device.type, found.cpu().tolist()) == ("trialdev", [2, 4])
    assert plugins.fallbacks() == {("trial_double", "trialdev", "cpu"): 2}
    plugins.reset_fallbacks()  # only the first of each kind warns
    with plugins.fallback_policy("warn"), pytest.warns(UserWarning, match="trial_double"):
        torch.trial_double(x)
    with pytest.raises(NotImplementedError):
        torch.trial_double(x)


def test_gradients_cross_devices(device: Any) -> None:
    device(_table("cpu"), _table("trialdev"))
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    torch.trial_double(x.to("trialdev")).cpu().sum().backward()
    assert x.grad.tolist() == [2, 2]
    assert x.grad.device.type == "cpu"


def test_operands_on_two_devices(device: Any) -> None:
    device()
    with pytest.raises(RuntimeError, match=r"at least two devices, cpu and trialdev.*\(add\(\)"):
        torch.ones(2) + torch.ones(2).to("trialdev")


def test_dtypes_a_device_cannot_hold(device: Any) -> None:
    device()
    with pytest.raises(TypeError, match=r"device 'trialdev' cannot hold dtype bfloat16\. It has bool, int64"):
        torch.ones(2).to("trialdev", torch.bfloat16)


def test_a_pin_and_its_end(device: Any, trial: Any) -> None:
    device(_table("cpu"))
    assert torch.trial_double(torch.ones(1)).item() == 2
    trial(_table("cpu", factor=30, priority=9))
    assert torch.trial_double(torch.ones(1)).item() == 30


def test_unknown_devices_say_which_there_are() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)device 'nonsense'.*cpu"):
        torch.zeros(1, device="nonsense")


def test_a_kernel_registered_during_a_resolution_is_not_missed(device: Any, trial: Any, monkeypatch: Any) -> None:
    device(_table("cpu"))
    resolve = plugins.dispatcher.resolve
    late = [_table("cpu", factor=30, priority=9)]

    def slow(*arguments: Any) -> Any:
        found = resolve(*arguments)
        if late and arguments[0] == "trial_double":
            trial(late.pop())
        return found

    monkeypatch.setattr(plugins.dispatcher, "resolve", slow)
    assert torch.trial_double(torch.ones(1)).item() == 30
    assert torch.trial_double(torch.ones(1)).item() == 30


def test_calls_are_right_while_kernels_come_and_go() -> None:
    """8 threads call operators while others register, prefer and remove kernels: never a wrong number or exception."""
    allowed = {2.0, 20.0, 200.0}  # the plain kernel, the one that comes and goes, the one preferred
    stop, wrong = threading.Event(), []
    from torchere_dispatch import Registry
    from torchere_dispatch.kernel import Source

    def register(plugin: str, *tables: KernelTable, operators: Any = ()) -> None:
        registry = Registry(Source(plugin=plugin))
        registry.operators(operators)
        for table in tables:
            registry.kernels(table)
        registry.commit(plugins.dispatcher)

    register("base", _table("cpu"), operators=OPERATORS)
    register("other", _table("cpu", factor=200, priority=-5))

    def call() -> None:
        x = torch.ones(3, requires_grad=True)
        count = 0
        while not stop.is_set() or count < 50:
            count += 1
            try:
                once, twice = torch.trial_double(x), torch.trial_quadruple(x.detach())
                product = (x * 3 + 1).sum().item()
                narrow = torch.trial_double(x.detach().to(torch.float16))
                (grad,) = torch.autograd.grad(once.sum(), x)
                good = (
                    {*once.tolist()} <= allowed
                    and {*narrow.tolist()} <= allowed
                    and {*twice.tolist()} <= {a * b for a in allowed for b in allowed}
                    and product == 12
                    and {*grad.tolist()} <= allowed
                )
            except Exception as error:
                wrong.append(repr(error))
                return
            if not good:
                wrong.append(f"{once} {twice} {narrow} {product} {grad}")

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(25):
            register("passing", _table("cpu", factor=20, priority=9))
            with plugins.dispatcher.prefer("other"):
                plugins.dispatcher.resolve("trial_double", "cpu", "float32")
            plugins.dispatcher.remove_plugin("passing")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for name in ("base", "other", "passing"):
            plugins.dispatcher.remove_plugin(name)
    assert not wrong, wrong[:3]


def test_fallbacks_do_not_hide_a_warning_policy_twice(device: Any) -> None:
    device(_table("cpu"))
    x = torch.ones(1).to("trialdev")
    with plugins.fallback_policy("allow"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.trial_double(x).cpu().item() == 2
