"""Writes core.json: what PyTorch does in each behaviour of ``core/tests/behaviours``.

Run with a Python that has PyTorch (written with 2.13): ``python core/tests/golden/make_core.py``.
"""

import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
from outcomes import behaviours, outcome

found = {name: outcome(torch, behaviour) for name, behaviour in behaviours().items()}
lines = [f"{json.dumps(name)}: {json.dumps(found[name], separators=(',', ':'))}" for name in sorted(found)]
Path(__file__).with_name("core.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
