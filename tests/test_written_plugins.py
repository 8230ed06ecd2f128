"""`torchere plugins new`: the packages it writes install by pip and pass the conformance kit as they are written."""

import json
from pathlib import Path

import pytest

NAMES = {
    "device": "ownxp",
    "operator": "softsign_of_mine",
    "layer": "SlowResidual",
    "optimizer": "SignMean",
    "dataset": "Spirals",
    "transform": "EraseSquare",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory, make_environment):
    """An environment with one written package of each kind, and their folders."""
    folder = tmp_path_factory.mktemp("written")
    environment = make_environment(folder / "environment")
    folders = {}
    for kind, name in NAMES.items():
        xp = ("--xp", "array_api_strict") if kind == "device" else ()
        found = environment.torchere("plugins", "new", kind, name, *xp, "--into", folder, "--json")
        folders[kind] = Path(found.json["folder"])
    environment.install(*folders.values())
    return environment, folders


@pytest.mark.parametrize(
    ("kind", "tier"),
    [(kind, 0 if kind == "device" else 2) for kind in NAMES]
    + [pytest.param("device", 2, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])],
)
def test_conformance(written, kind, tier, tmp_path):
    environment, _ = written
    report = tmp_path / "report.json"
    arguments = ("plugins", "check", NAMES[kind], "--tier", tier, "--report", report)
    found = environment.torchere(*arguments, code=None, timeout=1200)
    assert found.code == 0, found.output + found.errors
    data = json.loads(report.read_text())
    assert data["passed"]
    assert data["failed"] == []


def test_their_own_tests_pass(written, tmp_path):
    """Those of the device run the whole kit: they belong to the slow test above."""
    environment, folders = written
    tests = [folder / "tests" for kind, folder in folders.items() if kind != "device"]
    options = ("-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:xdist", "--import-mode=importlib")
    found = environment.run("-m", "pytest", *options, "--rootdir", tmp_path, *tests)
    assert " passed" in found.output


def test_they_work_together(written):
    environment, _ = written
    found = environment.program(
        """
        import json
        import torchere as torch
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.SlowResidual(8), torch.nn.Linear(8, 2)).to("ownxp")
        optimizer = torch.optim.SignMean(model.parameters(), lr=0.01)
        data = torch.vision.datasets.Spirals(64)
        points, labels = data.points.to("ownxp"), data.labels.to("ownxp")
        losses = []
        for _ in range(60):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(torch.softsign_of_mine(model(points)) * 4, labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        image = torch.vision.transforms.EraseSquare(2)(torch.ones(1, 4, 4))
        print(json.dumps([losses[0], losses[-1], image.sum().item(), loss.device.type]))
        """
    ).json
    assert 0.4 < found[0] < 1.5
    assert found[1] < 0.9 * found[0]
    assert found[2:] == [12.0, "ownxp"]
