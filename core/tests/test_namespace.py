"""Names of ``torchere``: what `dir` lists, what is absent and who would bring it; the default device."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

import pytest

import torchere as torch
from torchere import namespace


def _run(code: str, **environ: str) -> str:
    process = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environ}, capture_output=True, text=True, timeout=120
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_everything_listed_is_there() -> None:
    names = dir(torch)
    assert {"add", "tensor", "nn", "optim", "Tensor", "float32", "manual_seed", "random"} <= set(names)
    assert names == sorted(set(names))
    assert namespace.listing() == names
    assert not [name for name in names if name.startswith("_")]
    # Namespaces of plugins may lack their libraries; everything else must be there.
    heavy = {name.partition(".")[0] for name in torch.plugins.manager.names("namespace")}
    missing = [name for name in names if name not in heavy and not hasattr(torch, name)]
    assert not missing


def test_absent_names() -> None:
    with pytest.raises(AttributeError, match=r"module 'torchere' has no attribute 'tensro'\. Did you mean .*tensor"):
        torch.tensro  # noqa: B018
    with pytest.raises(AttributeError, match="has no attribute 'linalg_nonsense'"):
        torch.linalg_nonsense  # noqa: B018
    with pytest.raises(ModuleNotFoundError, match=r"torchere\.nonsense"):
        import torchere.nonsense  # noqa: F401
    with pytest.raises(AttributeError, match=r"'torchere\.utils' has no attribute 'nonsense'"):
        torch.utils.nonsense  # noqa: B018


def test_an_absent_namespace_says_which_plugin_would_bring_it() -> None:
    code = """
import torchere
for ask in ("torchere.nn.Linear", "__import__('torchere.optim')", "torchere.distributions"):
    try:
        eval(ask)
    except (AttributeError, ImportError) as error:
        print(type(error).__name__, str(error).replace(chr(10), " "))
"""
    lines = _run(code, TORCHERE_PLUGINS="cpu").splitlines()
    assert len(lines) == 3, lines
    assert "nn" in lines[0]
    assert "disabled" in lines[0] or "TORCHERE_PLUGINS" in lines[0], lines[0]
    assert "optim" in lines[1]
    assert lines[2].startswith("AttributeError")
    assert "No installed plugin provides namespace 'distributions'" in lines[2], lines[2]


def test_importing_loads_no_namespace_plugin() -> None:
    code = "import sys, torchere; print([m for m in sys.modules if m.startswith(('torchere_nn', 'torchere_optim'))])"
    assert _run(code).strip() == "[]"


def test_namespaces_import_in_every_form() -> None:
    code = """
import torchere.nn.functional as F
import torchere.nn as nn
from torchere.utils.data import DataLoader
import torchere, torchere.utils.checkpoint
assert torchere.nn is nn and nn.functional is F and torchere.nn.functional.relu is F.relu
print("fine")
"""
    assert _run(code).strip() == "fine"


def test_default_device_of_blocks_functions_and_threads() -> None:
    seen: list[Any] = []
    assert torch.get_default_device().type == "cpu"
    torch.set_default_device("meta")
    try:
        assert torch.get_default_device() == torch.device("meta")
        with torch.device("cpu"):
            assert torch.zeros(1).device.type == "cpu"
            thread = threading.Thread(target=lambda: seen.append(torch.get_default_device().type))
            thread.start()
            thread.join()
        with pytest.raises(RuntimeError, match="meta"):
            torch.zeros(1)
        with pytest.raises(RuntimeError, match="meta"):
            torch.tensor([1])
    finally:
        torch.set_default_device(None)
    assert seen == ["meta"]
    assert torch.zeros(1).device.type == "cpu"
    with pytest.raises(RuntimeError, match="Invalid device string"):
        torch.set_default_device("no device")


def test_plain_names() -> None:
    from torchere.autograd.function import Function, FunctionCtx, once_differentiable

    assert torch.autograd.Function is Function
    assert torch.autograd.function.FunctionCtx is FunctionCtx
    assert torch.autograd.function.once_differentiable is once_differentiable
    assert isinstance(torch.ones(1), torch.autograd.Variable)
    assert (torch.float, torch.long, torch.newaxis) == (torch.float32, torch.int64, None)
    assert sorted(torch.__all__) == torch.__all__ or set(torch.__all__) <= set(dir(torch)) | {"__version__"}
