"""Names that other packages provide, and what importing costs."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import torchere as torch
from torchere import nn, plugins


class Mamba(nn.Module):
    """A layer of somebody else's."""


def test_a_provided_layer_appears_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def provide(kind: str, name: str) -> Any:
        if (kind, name) == ("layer", "Mamba"):
            return Mamba
        raise LookupError(f"no plugin provides the {kind} {name}")

    monkeypatch.setattr(plugins, "provide", provide)
    assert nn.Mamba is Mamba
    with pytest.raises(AttributeError, match="no plugin provides the layer Mambo"):
        _ = nn.Mambo
    assert not hasattr(nn, "_private")


def test_functional_names_are_operators_or_ours() -> None:
    namespace: dict[str, Any] = {}
    exec("from torchere.nn.functional import *", namespace)
    assert {"relu", "linear", "conv2d", "cross_entropy", "softmax"} <= set(namespace)
    assert "linear" in dir(nn.functional)
    with pytest.raises(AttributeError, match="lineal"):
        _ = nn.functional.lineal


def test_submodules_import_by_their_public_names() -> None:
    program = (
        "import torchere.nn.functional as F, torchere.nn.init as init, torchere.nn.utils as utils\n"
        "from torchere.nn.parameter import Parameter\n"
        "from torchere.nn.utils import clip_grad_norm_\n"
        "from torchere.optim.lr_scheduler import StepLR\n"
        "import torchere as torch, torchere_nn\n"
        "assert torch.nn is torchere_nn and F is torchere_nn.functional\n"
        "assert issubclass(Parameter, torch.Tensor)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)


def test_layers_import_nothing_heavy() -> None:
    program = (
        "import sys, torchere\n"
        "before = set(sys.modules)\n"
        "import torchere.nn\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - {'torchere', 'torchere_nn'} - set(sys.stdlib_module_names)))\n"
    )
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert result.stdout.strip() == "[]"
    assert torch.nn is nn


def test_pytorch_paths_of_the_families() -> None:
    program = (
        "from torchere.nn.modules.batchnorm import _BatchNorm\n"
        "from torchere.nn.modules.conv import _ConvNd\n"
        "from torchere.nn.modules.loss import _Loss\n"
        "from torchere.nn.modules.module import Module, register_module_forward_hook\n"
        "import torchere.nn.modules as modules\n"
        "from torchere import nn\n"
        "assert issubclass(nn.BatchNorm2d, _BatchNorm) and issubclass(nn.Conv1d, _ConvNd)\n"
        "assert issubclass(nn.L1Loss, _Loss) and Module is nn.Module and modules.Linear is nn.Linear\n"
        "assert nn.modules is modules and modules.conv.Conv2d is nn.Conv2d\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
