"""Printed text against PyTorch's (``golden/make_printing.py``)."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import torchere
from torchere import dtypes
from torchere.dtypes import by_name
from torchere.tensors import printing
from torchere.tensors.printing import format_tensor, get_printoptions, printoptions, set_printoptions

CASES = Path(os.environ.get("TORCHERE_PRINTING_CASES", Path(__file__).with_name("golden") / "printing.json"))


@pytest.fixture(autouse=True)
def _default_options() -> Iterator[None]:
    yield
    set_printoptions(profile="default")


def text(array: np.ndarray | None, name: str = "float32", **keywords: object) -> str:
    return format_tensor(array, dtype=by_name(name), default_dtype=dtypes.float32, **keywords)


def test_equals_pytorch() -> None:
    cases = json.loads(CASES.read_text())
    assert len(cases) >= 300
    for case in cases:
        dtype, shape = by_name(case["dtype"]), tuple(case["shape"])
        array = None
        if case["data"] is not None:
            array = np.frombuffer(base64.b64decode(case["data"]), dtype.numpy).reshape(shape)
        set_printoptions(profile="default")
        set_printoptions(**case["options"])
        got = format_tensor(
            array,
            dtype=dtype,
            default_dtype=by_name(case["default"]),
            device=case.get("device"),
            requires_grad=case.get("requires_grad", False),
            grad_fn_name=case.get("grad_fn"),
            shape=shape,
        )
        assert got == case["text"], case


def test_tensors_print_as_pytorch_does() -> None:
    for case in json.loads(CASES.read_text()):
        if case["data"] is None or "grad_fn" in case:
            continue
        dtype = by_name(case["dtype"])
        array = np.frombuffer(bytearray(base64.b64decode(case["data"])), dtype.numpy).reshape(case["shape"])
        tensor = torchere.from_numpy(array).requires_grad_(case.get("requires_grad", False))
        torchere.set_default_dtype(by_name(case["default"]))
        try:
            with printoptions(profile="default"):
                set_printoptions(**case["options"])
                assert repr(tensor) == case["text"], case
        finally:
            torchere.set_default_dtype(dtypes.float32)
    assert repr(torchere.tensor([2.0], requires_grad=True) * 3) == "tensor([6.], grad_fn=<MulBackward0>)"


def test_options() -> None:
    values = np.array([0.123456, 2.0], np.float32)
    set_printoptions(precision=2)
    assert text(values) == "tensor([0.12, 2.00])"
    set_printoptions(sci_mode=True)
    assert text(values) == "tensor([1.23e-01, 2.00e+00])"
    set_printoptions()
    assert get_printoptions()["sci_mode"] is None  # every call sets it
    assert get_printoptions()["precision"] == 2
    with printoptions(profile="short", edgeitems=1, threshold=3):
        assert text(np.arange(5.0, dtype=np.float32)) == "tensor([0.,  ..., 4.])"
    assert get_printoptions()["precision"] == 2
    with pytest.raises(KeyError), printoptions(precision=9):
        raise KeyError
    assert get_printoptions()["precision"] == 2
    with pytest.raises(ValueError, match=r"unknown profile 'long'\. Use 'default', 'short' or 'full'"):
        set_printoptions(profile="long")


def test_remarks_and_prefix() -> None:
    values = np.ones(2, np.float32)
    assert text(values, device="cuda:0") == "tensor([1., 1.], device='cuda:0')"
    assert text(values, requires_grad=True) == "tensor([1., 1.], requires_grad=True)"
    assert text(values, requires_grad=True, grad_fn_name="MulBackward0") == "tensor([1., 1.], grad_fn=<MulBackward0>)"
    assert text(np.ones((2, 1), np.float32), prefix="My(", indent=2) == "My([[1.],\n      [1.]])"
    assert text(None, shape=(2, 3), device="meta") == "tensor(..., device='meta', size=(2, 3))"
    assert text(values, extra=("tangent=3",)) == "tensor([1., 1.], tangent=3)"


def test_non_contiguous_and_read_only() -> None:
    array = np.arange(6, dtype=np.int64).reshape(2, 3).T
    array.flags.writeable = False
    assert text(array, "int64") == "tensor([[0, 3],\n        [1, 4],\n        [2, 5]])"
    assert printing.PrintOptions() == printing.PrintOptions(4, 1000, 3, 80, None)
