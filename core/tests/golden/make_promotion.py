"""Write ``promotion.json``: PyTorch's own answers for every pair of dtypes.

Run with the Python of an environment that has PyTorch 2.13: ``python make_promotion.py``. The project never imports it.
"""

import itertools
import json
from pathlib import Path

import torch

NAMES = (
    "bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 bfloat16 float32 float64 "
    "float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz complex64 complex128"
).split()
NUMBERS = {"bool": True, "int": 3, "float": 2.5, "complex": 1j}


def operands() -> dict[str, object]:
    """Tensors with a dimension (``d:``), without (``z:``), and Python numbers (``n:``)."""
    found: dict[str, object] = {}
    for name in NAMES:
        ones = torch.ones(2).to(getattr(torch, name))
        found["d:" + name], found["z:" + name] = ones, ones[0]
    return found | {"n:" + name: value for name, value in NUMBERS.items()}


def answer(function, *arguments) -> str:
    """The dtype's name, or the first line of the error."""
    try:
        return str(function(*arguments)).removeprefix("torch.")
    except RuntimeError as error:
        return "RuntimeError: " + str(error).splitlines()[0]


def main() -> None:
    dtype = {name: getattr(torch, name) for name in NAMES}
    pairs = list(itertools.product(NAMES, NAMES))
    table = {f"{a} {b}": answer(torch.promote_types, dtype[a], dtype[b]) for a, b in pairs}
    casts = {f"{a} {b}": torch.can_cast(dtype[a], dtype[b]) for a, b in pairs}
    results = {}
    for default in ("float32", "float64", "bfloat16"):
        torch.set_default_dtype(dtype[default])
        for (a, left), (b, right) in itertools.product(operands().items(), repeat=2):
            results[f"{default} {a} {b}"] = answer(torch.result_type, left, right)
    torch.set_default_dtype(torch.float32)
    # The many equal error texts are stored once.
    texts = sorted({*table.values(), *results.values()})
    place = {text: number for number, text in enumerate(texts)}
    document = {
        "texts": texts,
        "promote_types": {key: place[value] for key, value in table.items()},
        "can_cast": [key for key, value in casts.items() if value],
        "result_type": {key: place[value] for key, value in results.items()},
    }
    Path(__file__).with_name("promotion.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
