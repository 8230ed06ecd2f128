"""Compute ``optim.json`` with PyTorch 2.13: ``python plugins/optim/tests/golden/make_optim.py``."""

import json
from pathlib import Path

import optim_programs
import torch

torch.set_default_dtype(torch.float64)
Path(__file__).with_name("optim.json").write_text(json.dumps(optim_programs.run(torch), indent=1) + "\n")
