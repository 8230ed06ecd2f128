"""Compute the golden vectors of ``nn_utils_programs.py`` with PyTorch 2.13.

    python plugins/nn/tests/golden/make_nn_utils.py

writes ``nn_utils.npz`` beside this file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.utils.prune

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from nn_utils_programs import PROGRAMS, run  # noqa: E402

arrays = {f"{name}/{key}": value for name in PROGRAMS for key, value in run(name, torch, torch.nn).items()}
np.savez_compressed(HERE / "nn_utils.npz", **arrays)
