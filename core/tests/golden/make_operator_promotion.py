"""Writes operator_promotion.json: result dtypes of ``a + b``, ``a / b`` and ``a < b`` in PyTorch.

Run with a Python that has PyTorch (written with 2.13). Operands are of every dtype, with dimensions (``v``), without
(``s``), or Python numbers (``n``). A value is the result's dtype, or the builtin class of the exception.
"""

import json
from pathlib import Path

import torch

DTYPES = (
    "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128"
).split()
NUMBERS = {"bool": True, "int": 1, "float": 1.5, "complex": 1j}


def operands() -> dict[str, object]:
    """Every operand by name, as ``v int8``."""
    found: dict[str, object] = {}
    for name in DTYPES:
        found[f"v {name}"] = torch.ones(2, dtype=getattr(torch, name))
        found[f"s {name}"] = torch.ones((), dtype=getattr(torch, name))
    return found | {f"n {name}": value for name, value in NUMBERS.items()}


def result(op: str, a: object, b: object) -> str:
    """The dtype of the result, or the exception."""
    try:
        found = {"add": lambda: a + b, "div": lambda: a / b, "lt": lambda: a < b}[op]()
    except Exception as error:
        return next(cls.__name__ for cls in type(error).__mro__ if cls.__module__ == "builtins")
    return str(found.dtype).removeprefix("torch.")


table = {}
for op in ("add", "div", "lt"):
    for first, a in operands().items():
        if first.startswith("n"):
            continue
        for second, b in operands().items():
            table[f"{op}|{first}|{second}"] = result(op, a, b)
names = sorted(set(table.values()))
rows = {key: names.index(value) for key, value in table.items()}
text = json.dumps({"names": names, "results": rows}, separators=(",", ":"))
Path(__file__).with_name("operator_promotion.json").write_text(text + "\n")
