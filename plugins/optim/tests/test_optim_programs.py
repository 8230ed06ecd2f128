"""L-BFGS, Adafactor, Muon and averaged models against numbers of PyTorch 2.13; swapped-in parameters; errors."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import torchere as torch
from torchere import optim

GOLDEN = Path(__file__).parent / "golden"
spec = importlib.util.spec_from_file_location("optim_programs", GOLDEN / "optim_programs.py")
programs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(programs)
WANTED = json.loads((GOLDEN / "optim.json").read_text())


@pytest.fixture(autouse=True)
def _double():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def _equal(found, wanted, where=""):
    if isinstance(wanted, dict):
        assert sorted(found) == sorted(wanted), where
        for key, value in wanted.items():
            _equal(found[key], value, f"{where}/{key}")
    elif isinstance(wanted, list) and wanted and isinstance(wanted[0], float):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-8, err_msg=where)
    else:
        assert found == wanted, where


@pytest.mark.parametrize("name", programs.LBFGS)
def test_lbfgs(name):
    _equal(programs.lbfgs(torch, programs.LBFGS[name]), WANTED["lbfgs"][name])


@pytest.mark.parametrize("name", programs.MATRICES)
def test_matrix_aware(name):
    _equal(programs.matrices(torch, programs.MATRICES[name]), WANTED["matrices"][name])


@pytest.mark.parametrize("name", programs.AVERAGES)
def test_averaged_models(name):
    _equal(programs.averages(torch, programs.AVERAGES[name]), WANTED["averages"][name])


def test_rates_of_swalr():
    _equal(programs.swa_rates(torch), WANTED["swa_rates"])


def test_lbfgs_goes_on_from_a_checkpoint():
    def minimise(params, optimizer, steps):
        def closure():
            optimizer.zero_grad()
            loss = ((params[0] ** 2 - 2) ** 2).sum() + (params[0].sum() - 1) ** 2
            loss.backward()
            return loss

        for _ in range(steps):
            optimizer.step(closure)

    p = [torch.linspace(-1, 2, 5).requires_grad_()]
    optimizer = optim.LBFGS(p, max_iter=3, line_search_fn="strong_wolfe")
    minimise(p, optimizer, 2)
    q = [p[0].detach().clone().requires_grad_()]
    other = optim.LBFGS(q, max_iter=3, line_search_fn="strong_wolfe")
    other.load_state_dict(optimizer.state_dict())
    minimise(p, optimizer, 3)
    minimise(q, other, 3)
    assert p[0].tolist() == q[0].tolist()


def test_lbfgs_of_complex_parameters():
    target = torch.tensor([1 + 2j, -3j], dtype=torch.complex128)
    p = torch.zeros(2, dtype=torch.complex128, requires_grad=True)
    optimizer = optim.LBFGS([p], line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (p - target).abs().square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    torch.testing.assert_close(p.detach(), target, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda p: optim.LBFGS([{"params": [p]}, {"params": [torch.zeros(1)]}]), ValueError, "parameter groups"),
        (lambda p: optim.LBFGS([p], line_search_fn="wolfe").step(lambda: (p * p).sum()), RuntimeError, "strong_wolfe"),
        (lambda p: optim.Muon([torch.zeros(3)]), ValueError, "only supports 2D parameters"),
        (lambda p: optim.Muon([p], adjust_lr_fn="mine"), ValueError, "mine is not supported"),
        (lambda p: optim.Adafactor([p], d=0.5), ValueError, "threshold d should be >= 1"),
        (lambda p: optim.Adafactor([p], beta2_decay=0.1), ValueError, "beta2_decay should be <= 0"),
        (lambda p: optim.Adafactor([p], lr=-1), ValueError, "Learning rate should be >= 0"),
        (lambda p: optim.swa_utils.get_ema_avg_fn(2.0), ValueError, "Invalid decay value 2.0"),
        (lambda p: optim.swa_utils.SWALR(optim.SGD([p]), 0.1, -1), ValueError, "anneal_epochs must be"),
        (lambda p: optim.swa_utils.SWALR(optim.SGD([p]), 0.1, 3, "log"), ValueError, "instead got log"),
        (lambda p: optim.swa_utils.SWALR(optim.SGD([p]), [0.1, 0.2]), ValueError, "same length"),
        (
            lambda p: optim.swa_utils.AveragedModel(
                torch.nn.Linear(1, 1), avg_fn=lambda a, b, n: a, multi_avg_fn=lambda a, b, n: None
            ),
            ValueError,
            "Only one of avg_fn and multi_avg_fn",
        ),
    ],
)
def test_errors(make, kind, message):
    with pytest.raises(kind, match=message):
        make(torch.ones(2, 2, requires_grad=True))


def test_swapped_in_parameters_take_the_step():
    p = torch.ones(2, requires_grad=True)
    optimizer = optim.Adam([{"params": [p], "lr": 0.5}])
    p.grad = torch.ones(2)
    optimizer.step()
    held, kept = p.tolist(), optimizer.state[p]
    other = torch.full((2,), 5.0, requires_grad=True)
    other.grad = torch.ones(2)
    saved = optimizer.state_dict()
    saved = {**saved, "state": {0: {k: v.clone() for k, v in saved["state"][0].items()}}}
    before = saved["state"][0]["exp_avg"].tolist()
    with optim.swap_in_optimizer_params_and_state(optimizer, {"w": other}, saved):
        assert optimizer.param_groups[0]["params"][0] is other
        optimizer.step()
    assert p.tolist() == held
    assert optimizer.state[p] is kept
    assert other.tolist() != [5.0, 5.0]
    assert saved["state"][0]["exp_avg"].tolist() != before
    assert saved["state"][0]["step"].item() == 2
    with pytest.raises(ValueError, match="expected 1 parameters"):
        with optim.swap_in_optimizer_params_and_state(optimizer, {}, saved):
            pass
