"""The command line in this process: what each command prints, its JSON and its exit code."""

import json
import re
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import torchere
import torchere.testing
from torchere.cli import environment
from torchere.cli.app import app, main


def run(*arguments, code=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def run_json(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code))


def test_version():
    assert run("--version") == f"torchere {torchere.__version__}\n"


COMMANDS = ["demo", "env", *(f"plugins {name}" for name in ("list", "show", "ops", "why", "check", "doctor", "new"))]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_json(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    text = re.sub(r"\x1b\[[0-9;]*m", "", run(*command.split(), "--help"))
    assert f"Example: torchere {command}" in re.sub(r"\s+", " ", text.replace("│", " "))
    assert "--json" in text


def test_list():
    text = run("plugins", "list")
    assert re.search(r"device +cpu +loaded +torchere", text)
    data = run_json("plugins", "list")
    found = {(item["kind"], item["entry"]): item["state"] for item in data["plugins"]}
    assert found["device", "cpu"] == found["operators", "standard"] == "loaded"
    assert ("namespace", "utils.data") in found
    assert data["problems"] == []


def test_show():
    data = run_json("plugins", "show", "cpu")
    assert data["devices"] == ["cpu"]
    assert any(kernel["op"] == "exp" for kernel in data["kernels"])
    text = run("plugins", "show", "cpu")
    assert "torchere_cpu.plugin" in text
    assert "1 device," in text


def test_show_of_an_unknown_plugin():
    with pytest.raises(LookupError, match=r"no installed plugin is named 'cpv'. Did you mean 'cpu'"):
        run("plugins", "show", "cpv")


def test_ops():
    data = run_json("plugins", "ops", "--op", "exp*")
    assert {"exp", "exp2", "expm1", "expand"} <= {row["operator"] for row in data["operators"]}
    (row,) = run_json("plugins", "ops", "--op", "exp", "--dtype", "bfloat16")["operators"]
    assert row["how"] == "compute-cast"
    assert row["detail"] == "in float32"
    assert ".py:" in row["by"]
    (row,) = run_json("plugins", "ops", "--op", "bitwise_and", "--dtype", "float32")["operators"]
    assert row["how"] == "not defined"
    assert "operators, 0 of them missing on cpu" in run("plugins", "ops", "--op", "exp*", "--missing")


def test_ops_that_are_missing():
    from torchere.operators import primitive
    from torchere_dispatch import Source

    def nowhere_at_all(input: torchere.Tensor) -> torchere.Tensor:
        """Nobody implements this."""
        ...

    torchere.plugins.dispatcher.register_operator(primitive()(nowhere_at_all), Source("cli-test", "", ""))
    try:
        data = run_json("plugins", "ops", "--missing", "--op", "nowhere*", code=1)
        assert [row["operator"] for row in data["operators"]] == ["nowhere_at_all"]
        assert json.loads(run("plugins", "why", "nowhere_at_all", "--json", code=2))["resolution"] is None
    finally:
        torchere.plugins.dispatcher.remove_plugin("cli-test")


def test_why():
    data = run_json("plugins", "why", "exp", "cpu", "bfloat16")
    assert data["resolution"]["kind"] == "compute-cast"
    assert [step["number"] for step in data["steps"]] == [1, 2, 3, 4, 5, 6, 7]
    text = run("plugins", "why", "exp")
    assert "exp on cpu for float32" in text
    assert "2 a kernel for this dtype: chosen" in text


def test_why_on_an_unknown_device():
    with pytest.raises(RuntimeError, match=r"(?s)No installed plugin provides device 'cpq'.*Did you mean 'cpu'"):
        run("plugins", "why", "exp", "cpq")


def test_main_shows_errors_without_traceback(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["torchere", "plugins", "show", "cpv"])
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code == 2
    assert capsys.readouterr().err.startswith("torchere: no installed plugin is named 'cpv'")


def test_main_does_not_hide_bugs(monkeypatch):
    monkeypatch.setattr("sys.argv", ["torchere", "env"])
    monkeypatch.setattr(environment, "collect", lambda: {}["a bug"])
    with pytest.raises(KeyError, match="a bug"):
        main()


def test_env(monkeypatch):
    monkeypatch.setenv("TORCHERE_FALLBACK", "error")
    data = run_json("env")
    assert data["torchere"] == torchere.__version__
    assert re.fullmatch(r"\d+\.\d+.*", data["libraries"]["numpy"])
    assert data["variables"]["TORCHERE_FALLBACK"] == "error"
    assert any(item["entry"] == "cpu" for item in data["plugins"])
    assert data["cpus_usable"] >= 1
    text = run("env")
    assert "numpy" in text
    assert "TORCHERE_FALLBACK" in text


class Report:
    def __init__(self, failed=(), skipped=(), passed=("one", "two")):
        self.failed, self.skipped, self.passed = list(failed), list(skipped), list(passed)

    def to_dict(self):
        return {"passed": self.passed, "failed": self.failed, "skipped": self.skipped}


@pytest.mark.parametrize(
    ("report", "code"), [(Report(), 0), (Report(failed=["exp on float32"]), 2), (Report(passed=[]), 1)]
)
def test_check(monkeypatch, tmp_path, report, code):
    calls = []

    def check(name, *, tier, progress):
        calls.append((name, tier))
        if progress is not None:
            progress(1, 2, "exp")
        return report

    monkeypatch.setitem(vars(torchere.testing), "check", check)
    target = tmp_path / "report.json"
    text = run("plugins", "check", "cpu", "--tier", 1, "--report", target, code=code)
    assert calls == [("cpu", 1)]
    assert f"{len(report.passed)} passed, {len(report.failed)} failed, 0 skipped" in text
    assert all(failure in text for failure in report.failed)
    assert json.loads(target.read_text()) == report.to_dict()
    assert run_json("plugins", "check", "cpu", code=code) == report.to_dict()


def test_check_groups_skips_by_reason(monkeypatch):
    skipped = [SimpleNamespace(reason="no float64"), SimpleNamespace(reason="no float64")]
    report = Report(skipped=skipped)
    monkeypatch.setitem(vars(torchere.testing), "check", lambda name, *, tier, progress: report)
    assert "skipped 2: no float64" in run("plugins", "check", "cpu")


def test_why_names_the_operators_of_a_body(site):
    found = json.loads(site.run("plugins", "why", "conv2d", "cpu", "float32", "--json"))
    assert found["resolution"]["kind"] == "decomposition"
    assert "may call constant_pad_nd, convolution:" in found["remark"]


def test_check_without_scipy_names_the_extra(site):
    site.install("no-scipy", {}, {"scipy": "raise ModuleNotFoundError('gone', name='scipy')"})
    site.run("plugins", "check", "cpu", "--tier", "1", code=2)
    assert "pip install 'torchere[check]'" in site.errors
    assert "Traceback" not in site.errors
