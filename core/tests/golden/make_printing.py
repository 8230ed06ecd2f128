"""Write ``printing.json``: random tensors, print options and the text PyTorch prints.

Run with the Python of an environment that has PyTorch 2.13: ``python make_printing.py [COUNT [FILE [SEED]]]``.
The project never imports it. Large counts, written elsewhere, serve as a fuzz test:
``python make_printing.py 20000 /tmp/fuzz.json 7`` and ``TORCHERE_PRINTING_CASES=/tmp/fuzz.json pytest …``.
"""

import base64
import json
import random
import sys
from pathlib import Path

import torch

FLOATS = (
    "float16 bfloat16 float32 float32 float32 float64 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz"
).split()
COMPLEX = ["complex64", "complex128"]
INTEGERS = "bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 int64".split()


def random_shape(pick: random.Random) -> list[int]:
    style = pick.random()
    if style < 0.08:
        return []
    if style < 0.14:
        return [pick.choice([0, 1, 2, 3]) for _ in range(pick.randint(1, 3))]
    if style < 0.16:  # beyond the default threshold
        return pick.choice([[pick.randint(999, 1100)], [32, pick.randint(30, 33)], [5, 6, pick.randint(33, 35)]])
    if style < 0.5:
        return [pick.randint(1, 40)]
    if style < 0.75:
        return [pick.randint(1, 9), pick.randint(1, 12)]
    return [pick.randint(1, 4) for _ in range(pick.randint(3, 5))]


def random_values(pick: random.Random, count: int) -> torch.Tensor:
    """float64 values of one character: small, large, whole, mixed, with infinities …"""
    rand = torch.rand(count, dtype=torch.float64)
    normal = torch.randn(count, dtype=torch.float64)
    values = pick.choice(
        [
            lambda: rand,
            lambda: normal,
            lambda: normal * 10 ** pick.uniform(-8, 12),
            lambda: normal.sign() * 10 ** (rand * pick.uniform(0, 12) - pick.uniform(0, 8)),
            lambda: (normal * 10 ** pick.uniform(0, 4)).round(),
            lambda: (rand * 10 ** pick.uniform(0, 12)).floor(),
            lambda: torch.full_like(rand, pick.choice([0.0, -0.0, 1.0, 0.1, 1e-4, 9.99995, 1e8, 1e9, 999.99999])),
            lambda: rand * 0,
        ]
    )()
    if pick.random() < 0.3:
        special = torch.tensor([0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1.0, -1.0], dtype=torch.float64)
        few = special[: pick.randint(1, 7)]
        values = torch.where(torch.rand(count) < pick.uniform(0.1, 1), few[torch.randint(len(few), (count,))], values)
    return values


def random_tensor(pick: random.Random) -> torch.Tensor:
    name = pick.choice(pick.choice([FLOATS, FLOATS, COMPLEX, INTEGERS]))
    dtype, shape = getattr(torch, name), random_shape(pick)
    count = torch.Size(shape).numel()
    if name == "bool":
        return (torch.rand(shape) < 0.5).to(dtype)
    if name in INTEGERS:
        info = torch.iinfo(dtype)
        low, high = max(info.min, -(10 ** pick.randint(0, 18))), min(info.max, 10 ** pick.randint(1, 18))
        values = [pick.choice([pick.randint(low, high), pick.randint(0, 9)]) for _ in range(count)]
        if values and pick.random() < 0.2:
            values[0] = pick.choice([info.min, info.max])
        return torch.tensor(values, dtype=dtype).reshape(shape)
    values = random_values(pick, count)
    if dtype.is_complex:
        values = torch.complex(values, random_values(pick, count))
    return values.to(dtype).reshape(shape)


def random_options(pick: random.Random) -> dict[str, object]:
    options: dict[str, object] = {}
    if pick.random() < 0.5:
        return options
    if pick.random() < 0.2:
        options["profile"] = pick.choice(["default", "short", "full"])
    if pick.random() < 0.4:
        options["precision"] = pick.choice([0, 1, 2, 3, 6, 8, 12])
    if pick.random() < 0.4:
        options["threshold"] = pick.choice([0, 1, 5, 10, 20])
    if pick.random() < 0.4:
        options["edgeitems"] = pick.choice([0, 1, 1, 2, 3, 4])
    if pick.random() < 0.4:
        options["linewidth"] = pick.choice([1, 20, 40, 60, 120, 200])
    if pick.random() < 0.4:
        options["sci_mode"] = pick.choice([True, False])
    return options


def case(pick: random.Random) -> dict[str, object]:
    tensor, options = random_tensor(pick), random_options(pick)
    flat = tensor.contiguous().reshape(-1)
    data = bytes(flat.view(torch.uint8).tolist()) if flat.numel() else b""
    default = pick.choice(["float32", "float32", "float64", "bfloat16"])
    record = {
        "dtype": str(tensor.dtype)[6:],
        "shape": list(tensor.shape),
        "data": base64.b64encode(data).decode(),
        "options": options,
        "default": default,
    }
    graph = pick.random()
    if graph < 0.2 and (tensor.is_complex() or tensor.dtype in (torch.float16, torch.float32, torch.float64)):
        tensor.requires_grad_()
        record["requires_grad"] = True
        if graph < 0.1:
            tensor = tensor.clone()
            record["grad_fn"] = type(tensor.grad_fn).__name__
    elif graph > 0.97:
        tensor = tensor.to("meta")
        record |= {"device": "meta", "data": None}
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**options)
    torch.set_default_dtype(getattr(torch, default))
    try:
        record["text"] = repr(tensor)
    finally:
        torch.set_default_dtype(torch.float32)
    return record


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).with_name("printing.json")
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    pick = random.Random(seed)
    torch.manual_seed(seed)
    lines = [json.dumps(case(pick), separators=(",", ":")) for _ in range(count)]
    target.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
