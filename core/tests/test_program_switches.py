"""What programs switch on and ask for beside their mathematics: determinism, precision, compilation, names of types."""

import warnings

import numpy as np
import pytest

import torchere as torch
from torchere import compiler, deprecation, determinism

nn = torch.nn


@pytest.fixture(autouse=True)
def _restored():
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_float32_matmul_precision("highest")
    torch.set_warn_always(False)
    torch.__future__.set_overwrite_module_params_on_conversion(False)
    torch.__future__.set_swap_module_params_on_conversion(False)
    compiler.set_default_backend("inductor")


def test_deterministic_algorithms():
    assert not torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.get_deterministic_debug_mode() == 2
    torch.use_deterministic_algorithms(True, warn_only=True)
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.get_deterministic_debug_mode() == 1
    torch.set_deterministic_debug_mode("error")
    assert torch.get_deterministic_debug_mode() == 2
    torch.set_deterministic_debug_mode(0)
    assert not torch.are_deterministic_algorithms_enabled()
    for wrong, error in (("x", RuntimeError), (3, RuntimeError), (1.0, TypeError)):
        with pytest.raises(error, match="set_deterministic_debug_mode"):
            torch.set_deterministic_debug_mode(wrong)
    with pytest.raises(TypeError, match="mode must be bool, not int"):
        torch.use_deterministic_algorithms(1)
    with pytest.raises(TypeError, match="positional"):
        torch.use_deterministic_algorithms(True, True)


def test_matmul_precision():
    assert torch.get_float32_matmul_precision() == "highest"
    torch.set_float32_matmul_precision("medium")
    assert torch.get_float32_matmul_precision() == "medium"
    with pytest.warns(UserWarning, match="'low' is none of highest, high, medium"):
        torch.set_float32_matmul_precision("low")
    assert torch.get_float32_matmul_precision() == "medium"
    with pytest.raises(RuntimeError, match="expected a str, got int"):
        torch.set_float32_matmul_precision(1)


def test_warnings_come_once_or_always():
    array = np.zeros(2)
    array.flags.writeable = False

    def warnings_given():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.from_numpy(array)
            deprecation.warn_once("test_program_switches", "Use another.")
        return len(caught)

    warnings_given()
    assert not torch.is_warn_always_enabled()
    assert warnings_given() == 0
    torch.set_warn_always(True)
    assert torch.is_warn_always_enabled()
    assert warnings_given() == 2
    with pytest.raises(RuntimeError, match="expected a bool"):
        torch.set_warn_always(1)


def test_compile_returns_what_it_is_given():
    def double(x):
        return x * 2

    assert torch.compile(double) is double
    assert torch.compile()(double) is double
    options = {"fullgraph": True, "dynamic": False, "backend": "eager", "mode": "reduce-overhead", "disable": True}
    assert torch.compile(double, **options) is double
    assert torch.compile(double, backend="inductor", options={"max_autotune": True}, recompile_limit=3) is double
    layer = nn.Linear(2, 1)
    assert torch.compile(layer) is layer
    assert torch.compiler.compile is torch.compile

    @torch.compile(mode="max-autotune")
    def square(x):
        return x * x

    x = torch.tensor(3.0, requires_grad=True)
    square(x).backward()
    assert x.grad.item() == 6


@pytest.mark.parametrize(
    ("error", "match", "options"),
    [
        (compiler.InvalidBackend, "no backend 'nope'.*inductor", {"backend": "nope"}),
        (RuntimeError, "mode 'nope' is none of default", {"mode": "nope"}),
        (RuntimeError, "mode or options", {"mode": "default", "options": {}}),
        (TypeError, "backend must be a name or a function", {"backend": 5}),
        (TypeError, "unexpected keyword", {"speed": 2}),
    ],
)
def test_compile_checks_its_arguments(error, match, options):
    with pytest.raises(error, match=match):
        torch.compile(abs, **options)


def test_compile_of_what_cannot_be_called_and_by_a_function():
    with pytest.raises(TypeError, match="expected a function or module, got int"):
        torch.compile(5)
    with pytest.raises(TypeError, match="expected a function or module, got str"):
        torch.compile()("text")
    with pytest.warns(UserWarning, match="will not be called"):
        assert torch.compile(abs, backend=lambda graph, inputs: graph) is abs


def test_compiler_namespace():
    assert torch.compiler.list_backends() == ["cudagraphs", "inductor", "openxla", "tvm"]
    assert "eager" in torch.compiler.list_backends(None)
    assert not torch.compiler.is_compiling()
    assert not torch.compiler.is_dynamo_compiling()
    assert not torch.compiler.is_exporting()
    assert torch.compiler.disable(abs, recursive=False, reason="why") is abs
    assert torch.compiler.disable()(abs) is abs
    assert torch.compiler.allow_in_graph(abs) is abs
    assert torch.compiler.assume_constant_result(abs) is abs
    assert torch.compiler.nested_compile_region(abs) is abs
    assert torch.compiler.substitute_in_graph(abs)(len) is len
    assert torch.compiler.reset() is None
    assert torch.compiler.cudagraph_mark_step_begin() is None
    with torch.compiler.set_stance("force_eager"):
        pass
    assert torch.compiler.set_stance("default")(abs) is abs
    torch.compiler.set_default_backend("eager")
    assert torch.compiler.get_default_backend() == "eager"
    for call in (lambda: torch.compiler.set_stance("x"), lambda: torch.compiler.set_default_backend("x")):
        with pytest.raises(RuntimeError, match="'x'"):
            call()
    with pytest.raises(TypeError, match="expected a function"):
        torch.compiler.allow_in_graph(3)


def test_typename():
    assert torch.typename(torch.tensor(1.0)) == "torch.FloatTensor"
    assert torch.typename(torch.tensor(1)) == "torch.LongTensor"
    assert torch.typename(nn.Parameter(torch.tensor(1.0))) == "torch.FloatTensor"
    assert torch.typename(1) == "int"
    assert torch.typename([]) == "list"
    assert torch.typename(np.float64) == "numpy.float64"
    assert torch.typename(nn.Linear(1, 1)).endswith(".linear.Linear")


def test_assert():
    torch._assert(torch.tensor(True), "fine")
    with pytest.raises(AssertionError, match="wrong"):
        torch._assert(torch.tensor(False), "wrong")
    assert "_assert" not in dir(torch)
    assert "typename" in dir(torch)


def test_future_switches():
    future = torch.__future__
    assert not future.get_swap_module_params_on_conversion()
    future.set_swap_module_params_on_conversion(True)
    assert future.get_swap_module_params_on_conversion()
    layer = nn.Linear(2, 1)
    layer(torch.ones(2)).backward()
    before = layer.weight
    assert layer.double().weight is before
    future.set_overwrite_module_params_on_conversion(True)
    assert future.get_overwrite_module_params_on_conversion()
    after = layer.float().weight
    assert after is not before
    assert isinstance(after, nn.Parameter)
    assert (before.dtype, after.dtype, after.grad.dtype) == (torch.float64, torch.float32, torch.float32)
    assert after.requires_grad
    assert dict(layer.named_parameters())["weight"] is after


def test_names_are_public():
    assert set(determinism.__all__) | {"compile", "typename"} <= set(dir(torch))
