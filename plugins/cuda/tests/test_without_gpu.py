"""What the plugin says and does where there is no CuPy, or no GPU."""

import subprocess
import sys
import types

import numpy as np
import pytest

import torchere as torch
from torchere import plugins
from torchere_cuda import availability, plugin
from torchere_cuda.library import accumulation_dtype
from torchere_dispatch import Registry

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


@pytest.fixture
def no_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)


@pytest.fixture
def no_driver(monkeypatch):
    """CuPy as it is on a machine without a GPU: importable, and raising when the driver is asked."""

    def get_device_count():
        raise RuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")

    cupy = types.ModuleType("cupy")
    cupy.__version__ = "14.2.0"
    cupy.cuda = types.SimpleNamespace(runtime=types.SimpleNamespace(getDeviceCount=get_device_count))
    monkeypatch.setitem(sys.modules, "cupy", cupy)


def test_without_cupy_the_package_is_named(no_cupy):
    registry = Registry()
    plugin.torchere_register(registry)
    told = registry.unavailabilities["cuda"]
    assert isinstance(told.because, ImportError)
    assert "pip install 'torchere[cuda]'" in told.fix
    assert registry.contents == {"devices": 0, "layouts": 0, "operators": 0, "kernels": 0}


def test_without_gpu_the_driver_is_named(no_driver):
    registry = Registry()
    plugin.torchere_register(registry)
    told = registry.unavailabilities["cuda"]
    assert not isinstance(told.because, ImportError)
    assert "no CUDA-capable device" in str(told.because)
    assert "nvidia-smi" in told.fix


@pytest.mark.parametrize("reason", ["no_cupy", "no_driver"])
def test_the_namespace_answers(reason, request):
    request.getfixturevalue(reason)
    assert torch.cuda.is_available() is False
    assert torch.cuda.device_count() == 0
    assert torch.cuda.is_initialized() is False
    assert torch.cuda.is_bf16_supported() is False
    assert torch.cuda.memory_allocated() == torch.cuda.max_memory_reserved() == 0
    assert torch.cuda.memory_stats() == {}
    assert torch.cuda.get_rng_state_all() == []
    # PyTorch programs call these whether or not there is a GPU.
    torch.cuda.manual_seed(1)
    torch.cuda.manual_seed_all(1)
    torch.cuda.empty_cache()
    with torch.cuda.device(None), torch.cuda.stream(None):
        pass


@pytest.mark.parametrize(
    "call",
    [
        lambda: torch.cuda.current_device(),
        lambda: torch.cuda.get_device_name(),
        lambda: torch.cuda.synchronize(),
        lambda: torch.cuda.Stream(),
        lambda: torch.cuda.Event(),
        lambda: torch.cuda.mem_get_info(),
        lambda: torch.cuda.init(),
        lambda: torch.cuda.reset_peak_memory_stats(),
    ],
)
def test_what_needs_a_gpu_says_why_and_what_to_do(call, no_driver):
    with pytest.raises(RuntimeError, match=r"No CUDA GPUs are available.*What to do"):
        call()


def test_what_needs_cupy_says_how_to_install_it(no_cupy):
    with pytest.raises(RuntimeError, match=r"not compiled with CUDA enabled.*pip install 'torchere\[cuda\]'"):
        torch.cuda.current_device()


@without_gpu
def test_tensors_on_cuda_are_refused_with_the_remedy():
    for call in (
        lambda: torch.zeros(1, device="cuda"),
        lambda: torch.ones(2).cuda(),
        lambda: torch.ones(2).to("cuda:1"),
    ):
        with pytest.raises(RuntimeError, match=r"(?s)'cuda'.*(missing-dependency|no-hardware).*What to do"):
            call()


@without_gpu
def test_the_state_is_shown():
    code = "from torchere import plugins; plugins.load('cuda'); print(plugins.manager.find('cuda', 'device')[0].state)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() in ("missing-dependency", "no-hardware")


def test_every_public_name_is_documented():
    for name in torch.cuda.__all__:
        assert getattr(torch.cuda, name).__doc__, name


def test_a_device_of_another_type_is_refused():
    from torchere_cuda.devices import index_of

    with pytest.raises(ValueError, match="Expected a cuda device, but got: cpu"):
        index_of("cpu")
    assert index_of("cuda:3") == index_of(3) == 3


@pytest.mark.parametrize(
    ("dtype", "wide"),
    [("bool", "int32"), ("int8", "int32"), ("uint16", "int32"), ("int32", "int32"), ("int64", "uint64"),
     ("float16", "float32"), ("float32", "float32"), ("complex128", "complex128")],
)  # fmt: skip
def test_atomic_additions_run_in_dtypes_that_cuda_has(dtype, wide):
    assert accumulation_dtype(np.dtype(dtype)) == np.dtype(wide)


def test_the_plugin_is_known_without_being_loaded():
    assert [record.reference for record in plugins.manager.find("cuda", "device")] == ["torchere_cuda.plugin"]
    assert availability.REMEDY_PACKAGE
