"""`torchere.backends`: questions have truthful answers of PyTorch's types, settings are checked and kept."""

from __future__ import annotations

import csv
from functools import reduce
from pathlib import Path

import pytest

import torchere
from torchere import backends

INVENTORY = Path(torchere.__file__).parent / "inventory.csv"


def test_every_name_of_the_inventory_is_there() -> None:
    with INVENTORY.open(newline="") as lines:
        names = [row["name"] for row in csv.DictReader(lines) if row["name"].startswith("torchere.backends")]
    assert len(names) > 80
    for name in names:
        reduce(getattr, name.split(".")[1:], torchere)


def test_questions() -> None:
    assert backends.cpu.get_cpu_capability() in ("AVX512", "AVX2", "SVE256", "VSX", "Z VECTOR", "DEFAULT")
    for module in (backends.mkl, backends.mkldnn, backends.openmp, backends.nnpack, backends.mps, backends.cudnn):
        assert type(module.is_available()) is bool
    assert backends.cudnn.version() is None
    assert backends.cusparselt.version() is None
    assert not backends.cudnn.is_acceptable(torchere.ones(1))
    assert backends.quantized.supported_engines == ["none"]
    with pytest.raises(RuntimeError, match="no device mps"):
        backends.mps.is_macos13_or_newer()


def test_settings_are_checked_kept_and_restored() -> None:
    cudnn = backends.cudnn
    before = cudnn.set_flags()
    assert before == (True, False, None, False, True, "none", "auto")
    with cudnn.flags(benchmark=True):
        # As in PyTorch, what a block does not name is off.
        assert (cudnn.enabled, cudnn.benchmark, cudnn.benchmark_limit) == (False, True, 10)
    assert cudnn.set_flags() == before
    with pytest.raises(RuntimeError, match="expects a bool, but got int"):
        cudnn.benchmark = 1
    with pytest.raises(RuntimeError, match="Unknown precision"):
        backends.fp32_precision = "x"
    with pytest.raises(TypeError, match="unexpected keyword"), cudnn.flags(speed=1):
        pass
    try:
        cudnn.deterministic = True
        cudnn.allow_tf32 = False
        assert cudnn.deterministic is True
        assert cudnn.conv.fp32_precision == "none"
    finally:
        cudnn.deterministic, cudnn.allow_tf32 = False, True


def test_precision_of_products_is_one_setting() -> None:
    matmul = backends.cuda.matmul
    try:
        matmul.allow_tf32 = True
        assert torchere.get_float32_matmul_precision() == "high"
        assert matmul.fp32_precision == "tf32"
    finally:
        torchere.set_float32_matmul_precision("highest")
    assert matmul.allow_tf32 is False
    with pytest.raises(AttributeError, match="Unknown attribute foo"):
        matmul.foo = 1
    with pytest.raises(RuntimeError, match="allow_splitk"):
        matmul.allow_bf16_reduced_precision_reduction = (True, False)


def test_attention() -> None:
    cuda = backends.cuda
    x = torchere.ones(1, 2, 3, 4)
    params = cuda.SDPAParams(x, x, x, None, 0.0, False, False)
    with pytest.warns(UserWarning, match="plain operators"):
        assert cuda.can_use_flash_attention(params, debug=True) is False
    with pytest.raises(TypeError, match="SDPAParams"):
        cuda.can_use_cudnn_attention(1)
    with pytest.warns(FutureWarning, match="deprecated"):
        block = cuda.sdp_kernel(enable_math=False)
    with block:
        assert cuda.math_sdp_enabled() is False
    assert cuda.math_sdp_enabled() is True
    with pytest.raises(RuntimeError, match="expects a bool"):
        cuda.enable_math_sdp(1)
    with pytest.raises(RuntimeError, match="Unknown input value"):
        cuda.preferred_blas_library("x")
    with pytest.raises(RuntimeError, match="uses Default"):
        cuda.preferred_linalg_library("magma")


def test_operations_in_python() -> None:
    python_native = backends.python_native
    with python_native.operations_disabled("add"):
        assert python_native.is_operation_disabled("add")
    assert not python_native.is_operation_disabled("add")
    assert repr(python_native.triton) == "DSLController(triton, unavailable, enabled)"
