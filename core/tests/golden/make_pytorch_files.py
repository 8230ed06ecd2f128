"""Writes ``pytorch_files/``: small files by PyTorch in both of its formats, which torchere must read.

Run with a Python that has PyTorch (2.13 made the committed files): ``python core/tests/golden/make_pytorch_files.py``.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from pathlib import Path

import numpy as np
import torch

TARGET = Path(__file__).parent / "pytorch_files"
DTYPES = (
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "bfloat16", "float32",
    "float64", "float8_e4m3fn", "float8_e5m2", "complex64", "complex128",
)  # fmt: skip
OLD = set(DTYPES) - {"uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"}


def values() -> dict[str, object]:
    """Containers and plain values; nothing here needs a storage without dtype."""
    base = torch.arange(12.0).reshape(3, 4)
    ordered = OrderedDict(weight=base, bias=base[0])
    ordered._metadata = OrderedDict({"": {"version": 2}})
    shared = [1, 2]
    return {
        "base": base, "transposed": base.t(), "row": base[1], "column": base[:, 2], "step": base[:, ::2],
        "expanded": torch.ones(1).expand(4), "scalar": torch.tensor(7), "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.ones(2)), "frozen": torch.nn.Parameter(torch.ones(2), False),
        "needs grad": torch.ones(2, requires_grad=True), "conjugate": torch.tensor([1 + 2j]).conj(),
        "negative": torch.tensor([1 + 2j]).conj().imag, "ordered": ordered, "counter": Counter("aab"),
        "size": torch.Size([2, 3]), "device": torch.device("cuda", 1), "dtype": torch.bfloat16,
        "layout": torch.strided, "set": {1, "two"}, "bytes": b"a\xff", "no bytes": bytearray(b"x"), "complex": 1 - 2j,
        "numbers": (0, -1, 255, 65535, -(2**31), 2**40, -(2**70), 1.5, float("inf"), True, None), "text": "torchère",
        "list": [shared, shared, [[]], ()],
    }  # fmt: skip


def main() -> None:
    """Write every file."""
    TARGET.mkdir(exist_ok=True)
    dtypes = {name: torch.tensor([0, 1, 2, 1]).to(getattr(torch, name)) for name in DTYPES}
    torch.save(dtypes, TARGET / "dtypes.pt")
    torch.save(
        {name: dtypes[name] for name in sorted(OLD)}, TARGET / "dtypes_stream.pt", _use_new_zipfile_serialization=False
    )
    torch.save(values(), TARGET / "values.pt")
    torch.save(values(), TARGET / "values_stream.pt", _use_new_zipfile_serialization=False)
    torch.save(values(), TARGET / "values_protocol4.pt", pickle_protocol=4)
    torch.save(np.arange(6).reshape(2, 3), TARGET / "numpy.pt")
    torch.save(
        {"loss": np.float64(0.5), "step": np.int64(3), "array": np.ones((2, 2), order="F")}, TARGET / "numpy_values.pt"
    )
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    x = torch.linspace(-1, 1, 15).reshape(5, 3)
    model(x).square().sum().backward()
    optimizer.step()
    model.eval()
    with torch.no_grad():
        output = model(x)
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "x": x, "output": output}
    torch.save(state, TARGET / "checkpoint.pt")
    torch.save(model, TARGET / "whole_module.pt")
    torch.save(torch.eye(3).to_sparse(), TARGET / "sparse.pt")
    torch.save({"s": torch.ones(3).storage(), "u": torch.ones(3).untyped_storage()}, TARGET / "storages.pt")


if __name__ == "__main__":
    main()
