"""The conformance kit itself: what it finds in broken layers, optimizers, datasets, exporters and operators."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchere.utils.data import Dataset

import torchere
from torchere import nn, optim
from torchere.testing import A, Case, ErrorCase, I, Report, Sample, Values, check
from torchere.testing.checking import run_items
from torchere.testing.closeness import assert_close
from torchere.testing.kits import dataset_items, exporter_items, layer_items, optimizer_items, transform_items
from torchere.testing.known_failures import KnownFailures
from torchere.testing.plan import Collection, Item, operator_items
from torchere.testing.report import Skipped
from torchere.testing.running import Run, subject_of
from torchere.testing.values import array_of, random_source, tensor_of, to_numpy


def _failing(items: Any) -> set[str]:
    report = run_items(list(items), Report("x", "x", 1))
    return {item.id.split("/")[2] for item in report.failed}


# --- layers ----------------------------------------------------------------------------------------------------------


class Good(nn.Module):
    """A layer as it should be."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(size, size)
        self.register_buffer("scale", torchere.ones(size))

    def forward(self, x: Any) -> Any:
        return self.linear(x) * self.scale


class Detached(Good):
    """Gradients do not reach the weights."""

    def forward(self, x: Any) -> Any:
        return self.linear.weight.detach().sum() * x


class Noisy(Good):
    """Random in eval mode."""

    def forward(self, x: Any) -> Any:
        self.calls = getattr(self, "calls", 0) + 1
        return super().forward(x) + self.calls


class Hidden(Good):
    """Keeps a weight where the state dict does not see it."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.secret = [torchere.randn(size)]

    def forward(self, x: Any) -> Any:
        return super().forward(x) + self.secret[0].to(x.dtype)


class Single(Good):
    """Computes in float32 whatever it is converted to."""

    def forward(self, x: Any) -> Any:
        return super().forward(x).float()


class Nameless(Good):
    """Prints as something else."""

    def __repr__(self) -> str:
        return "layer"


@pytest.mark.parametrize(
    ("layer", "wanted"),
    [
        (Good, set()),
        (Detached, {"gradients"}),
        (Noisy, {"modes"}),
        (Hidden, {"state-dict"}),
        (Single, {"dtypes"}),
        (Nameless, {"repr"}),
    ],
)
def test_layers(layer: type, wanted: set[str]) -> None:
    found = _failing(layer_items(layer.__name__, layer, [Sample(4, inputs=[A(2, 4)], output=(2, 4))]))
    assert (wanted <= found) if wanted else not found
    guessed = _failing(layer_items(layer.__name__, layer, []))
    assert (wanted <= guessed) if wanted else not guessed


def test_a_layer_with_another_shape_than_documented() -> None:
    assert _failing(layer_items("Good", Good, [Sample(4, inputs=[A(2, 4)], output=(2, 5))])) == {"shapes"}


def test_a_layer_nobody_can_guess_is_skipped_with_a_remedy() -> None:
    class Odd(nn.Module):
        def forward(self, x: Any) -> Any:
            raise ValueError("only odd things")

    report = run_items(list(layer_items("Odd", Odd, [])), Report("x", "x", 1))
    assert not report.passed
    assert not report.failed
    assert "torchere_samples" in report.skipped[0].reason


# --- optimizers ------------------------------------------------------------------------------------------------------


class Ascent(optim.SGD):
    """Climbs."""

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            group["maximize"] = True
        return super().step(closure)


class Forgetful(optim.Adam):
    """Loses its state in the state dict."""

    def state_dict(self) -> Any:
        return {**super().state_dict(), "state": {}}


class Silent(optim.SGD):
    """Returns no loss."""

    def step(self, closure: Any = None) -> Any:
        super().step(closure)


class Vandal(optim.SGD):
    """Writes into gradients."""

    def step(self, closure: Any = None) -> Any:
        loss = super().step(closure)
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.mul_(2.0)
        return loss


@pytest.mark.parametrize(
    ("optimizer", "wanted"),
    [
        (optim.Adam, set()),
        (Ascent, {"decreases"}),
        (Forgetful, {"resumes"}),
        (Silent, {"closure"}),
        (Vandal, {"untouched"}),
    ],
)
def test_optimizers(optimizer: type, wanted: set[str]) -> None:
    assert _failing(optimizer_items("x", optimizer, [Sample(lr=0.01)])) == wanted


# --- datasets, transforms, exporters ---------------------------------------------------------------------------------


class Numbers(Dataset):
    """The first `size` squares."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        if not -self.size <= index < self.size:
            raise IndexError(index)
        return torchere.tensor(float(index % self.size) ** 2), index % self.size


class Endless(Numbers):
    """Accepts any index."""

    def __getitem__(self, index: int) -> Any:
        return super().__getitem__(index % self.size)


class Unpicklable(Numbers):
    """Holds a function that no other process can have."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.function = lambda: None


def test_datasets() -> None:
    assert _failing(dataset_items("Numbers", Numbers, [])) == set()
    assert _failing(dataset_items("Endless", Endless, [])) == {"indexing"}
    assert "pickle" in _failing(dataset_items("Unpicklable", Unpicklable, []))


class Brighter:
    """Adds a tenth."""

    def __call__(self, image: Any) -> Any:
        return image + 0.1


class Scribbler:
    """Writes into its input."""

    def __call__(self, image: Any) -> Any:
        return image.add_(0.1)


class Moody:
    """Draws from a generator nobody can seed."""

    def __init__(self) -> None:
        self.source = np.random.default_rng()

    def __call__(self, image: Any) -> Any:
        return image + float(self.source.random())


def test_transforms() -> None:
    assert _failing(transform_items("Brighter", Brighter, [])) == set()
    assert "result" in _failing(transform_items("Scribbler", Scribbler, []))
    assert "deterministic" in _failing(transform_items("Moody", Moody, []))
    sample = Sample(inputs=[A(1, 2, 2, low=0.9, high=1.0)], bounds=(0, 1))
    assert _failing(transform_items("Brighter", Brighter, [sample])) == {"result"}


class Pickler:
    """An exporter to pickle files of weights."""

    @staticmethod
    def export(model: Any, inputs: Any, path: Path) -> None:
        path.write_bytes(pickle.dumps([to_numpy(item.detach()) for item in model.parameters()]))

    @staticmethod
    def run(path: Path, inputs: Any) -> Any:
        w1, b1, w2, b2 = pickle.loads(path.read_bytes())
        return [np.maximum(inputs[0] @ w1.T + b1, 0) @ w2.T + b2]


class Wrong(Pickler):
    """Forgets an activation."""

    @staticmethod
    def run(path: Path, inputs: Any) -> Any:
        w1, b1, w2, b2 = pickle.loads(path.read_bytes())
        return [(inputs[0] @ w1.T + b1) @ w2.T + b2]


def test_exporters() -> None:
    assert _failing(exporter_items("Pickler", Pickler)) == set()
    assert _failing(exporter_items("Wrong", Wrong)) == {"computes"}
    report = run_items(list(exporter_items("f", Pickler.export)), Report("x", "x", 1))
    assert "no run" in report.skipped[0].reason


# --- operators -------------------------------------------------------------------------------------------------------


def _outcome(case: Case, check_name: str, dtype: str = "float64") -> str:
    from torchere.testing.gradient_checks import GRADIENT_CHECKS
    from torchere.testing.operator_checks import OPERATOR_CHECKS

    function = {**OPERATOR_CHECKS, **GRADIENT_CHECKS}[check_name][0]
    try:
        function(Run(subject_of(case.op), case, "0", "cpu", dtype))
    except AssertionError as error:
        return str(error)
    return ""


def test_a_wrong_reference_is_noticed() -> None:
    assert _outcome(Case("exp", A(3), reference=np.exp), "forward") == ""
    assert "elements differ" in _outcome(Case("exp", A(3), reference=np.expm1), "forward")
    assert "shape [3], expected []" in _outcome(Case("exp", A(3), reference=np.sum), "forward")


def test_a_wrong_gradient_is_noticed() -> None:
    import torchere.operators as declarations

    exp = declarations.operator_named("exp")
    rules = dict(exp.rules)
    exp.gradient(input=lambda grad, out: out)
    try:
        assert "by finite differences" in _outcome(Case("exp", A(3), reference=np.exp), "gradient")
    finally:
        exp.gradient(**rules)
    assert _outcome(Case("exp", A(3), reference=np.exp), "gradient") == ""


def test_errors_are_judged_by_type_and_message() -> None:
    from torchere.testing.operator_checks import check_error

    check_error(ErrorCase("matmul", A(2, 3), A(4, 5), raises=RuntimeError, match="cannot be multiplied"), "cpu")
    for case in (
        ErrorCase("matmul", A(2, 3), A(4, 5), raises=RuntimeError, match="quite another text"),
        ErrorCase("matmul", A(2, 3), A(4, 5), raises=KeyError, match=""),
        ErrorCase("matmul", A(2, 3), A(3, 5), raises=RuntimeError, match=""),
    ):
        with pytest.raises(AssertionError):
            check_error(case, "cpu")


def test_elementwise_operators_get_more_shapes() -> None:
    listed = Collection([Case("maximum", A(3, 4), A(4), reference=np.maximum)]).cases["maximum"]
    assert {label for label, _ in listed} >= {"0", "0-d", "empty", "broadcast"}
    listed = Collection([Case("addr", A(3, 4), A(3), A(4), reference=lambda m, a, b: m + np.outer(a, b))]).cases["addr"]
    assert [label for label, _ in listed] == ["0"]


def test_cases_of_unknown_operators_fail() -> None:
    items = list(operator_items("cpu", 1, ["nosuchoperator"]))
    assert len(items) == 1
    with pytest.raises(AssertionError, match="nothing declares"):
        items[0].run()


# --- arrays and closeness --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "bfloat16", "float16", "float32", "complex64"])
def test_arrays_have_the_dtype_and_the_range(dtype: str) -> None:
    array = array_of(A(50, low=0, high=3), dtype, random_source(1))
    assert array.dtype.name == dtype
    assert array.shape == (50,)
    assert float(array.real.astype(float).min()) >= 0
    assert float(array.real.astype(float).max()) <= 3
    assert np.array_equal(array, array_of(A(50, low=0, high=3), dtype, random_source(1)))


def test_distinct_and_unique_values() -> None:
    for dtype in ("bfloat16", "float32", "int8"):
        assert np.unique(array_of(A(8, 8, distinct=True), dtype, random_source(2)).astype(float)).size == 64
    rows = array_of(I(3, 4, high=5, unique=True), "float32", random_source(3))
    assert all(np.unique(row).size == 4 for row in rows)
    assert array_of(Values([1, 2], dtype="int32"), "float64", random_source(4)).dtype == np.int32


@pytest.mark.parametrize("layout", ["strided", "transposed"])
def test_layouts_hold_the_same_values(layout: str) -> None:
    array = np.arange(24.0).reshape(2, 3, 4)
    tensor = tensor_of(array, "cpu", layout)
    assert np.array_equal(to_numpy(tensor), array)
    assert not tensor.is_contiguous()


def test_closeness() -> None:
    nan, inf = float("nan"), float("inf")
    assert_close(np.array([1.0, nan, inf]), np.array([1.0 + 1e-12, nan, inf]), "float64")
    assert_close(np.array([inf], dtype=np.float16), np.array([1e6]), "float16")
    for actual, expected, dtype in (
        ([1.0], [1.001], "float32"),
        ([nan], [1.0], "float32"),
        ([inf], [-inf], "float32"),
        ([1.0], [nan], "float64"),
        ([1], [2], "int64"),
        ([1.0], [[1.0]], "float32"),
        ([1 + 1j], [1 - 1j], "complex64"),
    ):
        with pytest.raises(AssertionError, match=r"result: (1 of 1 elements differ|shape)"):
            assert_close(np.array(actual, dtype=dtype), np.array(expected), dtype)


# --- running, reporting, known failures ------------------------------------------------------------------------------


def _item(name: str, error: Exception | None = None) -> Item:
    def run() -> None:
        if error is not None:
            raise error

    return Item(1, name, "check", "float32", run)


def test_known_failures_are_strict(tmp_path: Path) -> None:
    file = tmp_path / "known_failures.txt"
    file.write_text("# a comment\nT1/a/check/float32   rounds differently\nT1/b/*  was broken\n")
    items = [_item("a", AssertionError("off")), _item("b"), _item("c", ValueError("odd")), _item("d", Skipped("no x"))]
    report = run_items(items, Report("dev", "device", 1), KnownFailures.read(file))
    assert [item.id for item in report.failed] == ["T1/c/check/float32", "T1/b/*"]
    assert "ValueError: odd" in report.failed[0].message
    assert "passes now" in report.failed[1].message
    assert [item.reason for item in report.skipped] == ["known failure: rounds differently", "no x"]
    assert report.known == 1
    assert not report.ok
    assert json.loads(json.dumps(report.to_dict()))["counts"] == {"passed": 1, "failed": 2, "skipped": 2}
    assert "2 failed" in report.summary()


def test_known_failures_need_reasons(tmp_path: Path) -> None:
    file = tmp_path / "known_failures.txt"
    file.write_text("T1/a/check/float32\n")
    with pytest.raises(ValueError, match=r"known_failures.txt:1: .* needs a reason"):
        KnownFailures.read(file)
    with pytest.raises(ValueError, match="needs a reason"):
        Skipped("")


def test_check_runs_the_contract_of_the_cpu() -> None:
    seen: list[tuple[int, int, str]] = []
    report = check("cpu", tier=0, progress=lambda *step: seen.append(step))
    assert report.ok, report.summary()
    assert report.kind == "device"
    assert seen[0][0] == 0
    assert seen[-1][:2] == (len(seen) - 1, len(seen) - 1)
    assert {item.reason for item in report.skipped} == {
        "device 'cpu' claims every dtype",
        "the cpu is the only device loaded here: there is nothing to mix it with",
    } or len(report.skipped) <= 1


@pytest.mark.parametrize(("name", "kind"), [("optim", "namespace"), ("standard", "operators")])
def test_check_chooses_the_kit_by_kind(name: str, kind: str) -> None:
    report = check(name, tier=0)
    assert report.ok, report.summary()
    assert report.kind == kind


def test_check_of_an_unknown_plugin() -> None:
    with pytest.raises(LookupError, match="no installed plugin is named 'nosuchplugin'"):
        check("nosuchplugin")


def test_the_kit_costs_nothing_at_import() -> None:
    code = (
        "import sys, torchere, torchere.testing; "
        "names = ('pytest', '_pytest', 'scipy', 'torchere.testing.plan', 'torchere.testing.classes'); "
        "bad = [m for m in names if m in sys.modules]; "
        "print(bad); from torchere.testing import A, check; assert 'pytest' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
