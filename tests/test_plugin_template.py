"""``examples/plugin_template`` as a third party would have it: installed by pip, listed, checked, trained with."""

import json
import shutil
from pathlib import Path

import pytest

TEMPLATE = Path(__file__).parent.parent / "examples" / "plugin_template"

PLUGINS = {
    ("device", "example"),
    ("operators", "capping"),
    ("kernels", "cpu.tanh_silu"),
    ("layer", "SwiGLU"),
    ("optimizer", "Lion"),
    ("dataset", "TwoMoons"),
    ("transform", "RandomShift"),
}

TRAINING = """
import json, sys
import torchere as torch
from torchere.utils.data import DataLoader

torch.plugins.set_fallback_policy("error")
touched = [record.name for record in torch.plugins.list() if record.distribution == "torchere-example"
           and str(record.state) == "loaded"]


def train(device, epochs):
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(2, 16), torch.nn.SwiGLU(16, 32), torch.nn.Linear(16, 2)
    ).to(device)
    optimizer = torch.optim.Lion(model.parameters(), lr=5e-3)
    data = torch.vision.datasets.TwoMoons(256, noise=0.1, seed=1)
    losses = []
    for _ in range(epochs):
        for points, labels in DataLoader(data, 64, shuffle=True, generator=torch.Generator().manual_seed(2)):
            optimizer.zero_grad()
            logits = torch.softcap(model(points.to(device)), 20.0)
            loss = torch.nn.functional.cross_entropy(logits, labels.to(device))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    test = torch.vision.datasets.TwoMoons(200, noise=0.1, seed=9)
    with torch.no_grad():
        right = model(test.points.to(device)).argmax(1).cpu() == test.labels
    assert next(model.parameters()).device.type == device
    return losses, right.double().mean().item()

cpu, accuracy = train("cpu", 40)
example, _ = train("example", 3)
shift = torch.vision.transforms.RandomShift(1)
kernel = torch.plugins.why("silu").resolution.kernel.plugin
print(json.dumps({
    "touched": touched, "cpu": cpu, "example": example, "accuracy": accuracy, "kernel": kernel, "shift": str(shift),
    "fallbacks": len(torch.plugins.fallbacks()), "states": [str(record.state) for record in torch.plugins.list()
        if record.distribution == "torchere-example"],
}))
"""


def test_plugins_are_listed_without_running_them(template_environment):
    listed = template_environment.torchere("plugins", "list", "--json").json["plugins"]
    ours = {(item["kind"], item["entry"]): item for item in listed if item["distribution"] == "torchere-example"}
    assert set(ours) == PLUGINS
    for item in ours.values():
        assert (item["state"], item["version"], item["api"]) == ("available", "1.0.0", 1)
    assert "torchere>=0.1" in ours["device", "example"]["requires"]


def test_override_is_chosen_and_says_why(template_environment):
    explained = template_environment.torchere("plugins", "why", "silu", "cpu", "float32", "--json").json
    kernel = explained["resolution"]["kernel"]
    assert (explained["resolution"]["step"], kernel["plugin"], kernel["priority"]) == (2, "tanh_silu", 10)
    assert kernel["distribution"] == "torchere-example"
    assert kernel["location"].startswith("torchere_example/kernels.py:")
    (step,) = [step for step in explained["steps"] if step["verdict"] == "chosen"]
    candidates = [item["plugin"] for item in step["candidates"]]  # others of ours may be installed, too
    assert (candidates[0], candidates[-1]) == ("tanh_silu", "cpu")
    assert "before plugin '" in step["reason"]
    assert "plugin 'cpu' of distribution torchere" in step["reason"]


def test_override_can_be_left_out(template_environment):
    explained = template_environment.torchere(
        "plugins", "why", "silu", "cpu", "float32", "--json", TORCHERE_PLUGINS="-tanh_silu"
    ).json
    assert explained["resolution"]["kernel"]["distribution"] == "torchere"


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("example", 0),
        ("capping", 2),
        ("tanh_silu", 2),
        ("SwiGLU", 3),
        ("Lion", 3),
        ("TwoMoons", 3),
        ("RandomShift", 3),
        pytest.param("example", 3, marks=[pytest.mark.slow, pytest.mark.timeout(1200)]),
    ],
)
def test_conformance(template_environment, name, tier, tmp_path):
    report = tmp_path / "report.json"
    arguments = ("plugins", "check", name, "--tier", tier, "--report", report)
    found = template_environment.torchere(*arguments, code=None, timeout=1200)
    assert found.code == 0, found.output + found.errors
    data = json.loads(report.read_text())
    assert len(data["passed"]) >= 5
    assert data["failed"] == []


def test_its_own_tests_pass(template_environment, tmp_path):
    # Without the package's source: what was installed is tested.
    shutil.copytree(TEMPLATE / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TEMPLATE / "pyproject.toml", tmp_path)
    # Every operator on its device is the slow test above; contract and training are left here.
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", tmp_path)
    options += ("-k", "not (test_device and operator)")
    found = template_environment.run("-m", "pytest", *options, tmp_path / "tests")
    assert " passed" in found.output
    assert "skipped" not in found.output


def test_training_with_everything(template_environment):
    found = template_environment.program(TRAINING).json
    assert found["touched"] == []  # importing torchere imports none of it
    assert set(found["states"]) == {"loaded"}
    assert found["kernel"] == "tanh_silu"
    assert found["shift"] == "RandomShift(pixels=1, fill=0.0)"
    assert found["fallbacks"] == 0
    assert found["example"] == pytest.approx(found["cpu"][: len(found["example"])], rel=1e-3)
    assert found["cpu"][0] == pytest.approx(0.69, abs=0.15)
    assert sum(found["cpu"][-4:]) / 4 < 0.15
    assert found["accuracy"] >= 0.97


def test_demo_on_its_device(template_environment, tmp_path):
    """The CNN of the main command, on a stranger's device, where nothing falls back to the cpu."""
    arguments = ("demo", "--device", "example", "--epochs", 2, "--json", "--out", tmp_path)
    found = template_environment.torchere(*arguments, timeout=600, TORCHERE_FALLBACK="error").json
    assert "device example" in found["plugins"]
    assert found["accuracies"][-1] >= 0.9
    assert found["losses"][1] < found["losses"][0] < 2
