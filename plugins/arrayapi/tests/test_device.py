"""What a device from a namespace is: its dtypes, its kernels, its errors, and that it trains."""

import json
import subprocess
import sys
from pathlib import Path

import array_api_strict
import numpy as np
import pytest

import torchere as torch
from torchere import nn, plugins
from torchere_arrayapi.library import Library

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("device", "missing"),
    [
        ("strict_device1", {"float16", "bfloat16"}),
        ("strict_no_float64", {"float64", "complex128", "float16", "bfloat16"}),
        ("strict_no_x64", {"float64", "complex128", "uint64", "float16", "bfloat16"}),
        ("numpylike", set()),
    ],
)
def test_claims_the_dtypes_the_library_has(device, missing):
    from torchere.backend import backend_of
    from torchere.dtype_sets import ALL, FLOAT8

    assert set(ALL) - set(FLOAT8) - set(backend_of(device).dtypes) == missing
    for name in missing:
        with pytest.raises(TypeError, match=rf"'{device}' cannot hold dtype {name}"):
            torch.zeros(1, dtype=getattr(torch, name), device=device)


def test_int64_without_64_bits_is_stored_in_32():
    x = torch.arange(3, device="strict_no_x64")
    assert x.dtype is torch.int64
    assert x._array.read().dtype == array_api_strict.int32
    assert (x.argmax().dtype, x.sum().dtype, x.max(0).indices.dtype) == (torch.int64,) * 3


def test_every_primitive_has_a_kernel(device):
    plugins.load_device(device)
    held = {kernel.op for kernel in plugins.dispatcher.kernels_of(device=device)}
    primitives = {
        name
        for name, op in torch.operators.operators().items()
        if op.is_primitive and plugins.dispatcher.source_of("operator", name).plugin == "standard"
    }
    assert primitives - held == set()


def test_the_device_takes_at_most_twenty_lines():
    text = (HERE / "devices" / "torchere_strict.py").read_text().splitlines()
    assert len([line for line in text if line.strip()]) <= 20


def test_an_operator_without_kernel_names_device_and_remedy():
    plugins.load_device("strict_device1")
    with pytest.raises(RuntimeError, match=r"(?s)no kernel for device 'strict_device1' and dtype float32.*What to do"):
        plugins.dispatcher.resolve("view_as_real", "strict_device1", "float32")


def test_arrays_of_another_device_are_refused():
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        torch.ones(2, device="strict_device1") + torch.ones(2, device="strict_device2")


def test_nothing_is_shared_with_numpy():
    host = np.zeros(3, np.float32)
    x = torch.from_numpy(host).to("strict_device1")
    host[:] = 1
    assert x.tolist() == [0, 0, 0]
    x.cpu().add_(1)
    assert x.tolist() == [0, 0, 0]


def test_random_numbers_are_those_of_the_seed(device):
    torch.manual_seed(3)
    first = torch.rand(5, device=device), torch.randn(5, device=device), torch.randperm(5, device=device)
    torch.manual_seed(3)
    again = torch.rand(5, device=device), torch.randn(5, device=device), torch.randperm(5, device=device)
    assert [x.tolist() for x in first] == [x.tolist() for x in again]


@pytest.mark.parametrize("name", ["strict_cpu_device", "strict_device1", "strict_device2", "strict_no_float64",
                                  "strict_no_x64", "numpylike"])  # fmt: skip
def test_trains_a_cnn_without_falling_back(name):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 3)
    ).to(name)
    images = torch.randn(12, 1, 8, 8).to(name)
    labels = (torch.arange(12) % 3).to(name)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    with plugins.fallback_policy("error"):
        for _ in range(8):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[-1] < losses[0] / 3
    assert str(next(model.parameters()).device) == name


def test_a_namespace_whose_arrays_stay_where_they_are_is_refused():
    class Locked:
        __name__ = "locked"

        def __getattr__(self, name):
            return getattr(array_api_strict, name)

        def ones(self, *args, **options):
            return object()

    with pytest.raises(TypeError, match="cannot be copied to the host"):
        Library(Locked())


def test_the_shell_lists_no_missing_operator_but_those_of_other_dtypes():
    def missing(device):
        code = (
            f"import sys; sys.path.append({str(HERE / 'devices')!r}); from torchere.cli.app import main; "
            f"sys.argv = ['torchere', 'plugins', 'ops', '--device', {device!r}, '--missing', '--json']; main()"
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        return {item["operator"] for item in json.loads(result.stdout)["operators"]}

    assert missing("strict_device1") <= {"imag", "view_as_real"}  # of complex tensors only
