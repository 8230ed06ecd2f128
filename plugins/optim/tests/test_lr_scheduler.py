"""Schedulers: order of calls, resuming, checkpoints, errors."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from torchere.optim import lr_scheduler as sched

import torchere as torch
from torchere import optim


def sgd(lr: Any = 0.1, groups: int = 1) -> Any:
    return optim.SGD([{"params": [torch.zeros(1)]} for _ in range(groups)], lr=lr, momentum=0.5)


def run(optimizer: Any, scheduler: Any, steps: int) -> list[float]:
    rates = []
    for _ in range(steps):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return rates


def test_wrong_order_warns_once() -> None:
    optimizer = sgd()
    scheduler = sched.StepLR(optimizer, 2)
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()
    scheduler.step()
    with pytest.warns(UserWarning, match="use `get_last_lr"):
        scheduler.get_lr()


def test_epoch_argument_uses_the_closed_form() -> None:
    optimizer = sgd(1.0)
    optimizer.step()
    scheduler = sched.StepLR(optimizer, 2, gamma=0.5)
    with pytest.warns(UserWarning, match="epoch parameter"):
        scheduler.step(5)
    assert scheduler.get_last_lr() == [0.25]
    assert scheduler.last_epoch == 5


CLOSED = [
    lambda o: sched.StepLR(o, 3, 0.5),
    lambda o: sched.MultiStepLR(o, [2, 5], 0.5),
    lambda o: sched.ExponentialLR(o, 0.9),
    lambda o: sched.ConstantLR(o, 0.5, 4),
    lambda o: sched.LinearLR(o, 0.5, 1.0, 4),
    lambda o: sched.PolynomialLR(o, 6, 2.0),
    lambda o: sched.CosineAnnealingLR(o, 10),
]


@pytest.mark.parametrize("make", CLOSED)
def test_closed_form_agrees_with_steps(make: Any) -> None:
    stepped, jumped = sgd(1.0), sgd(1.0)
    first, second = make(stepped), make(jumped)
    jumped.step()
    rates = run(stepped, first, 8)
    for epoch in range(1, 8):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            second.step(epoch)
        assert jumped.param_groups[0]["lr"] == pytest.approx(rates[epoch])


@pytest.mark.parametrize("make", CLOSED)
def test_checkpoint_continues(make: Any) -> None:
    optimizer = sgd(1.0)
    whole = run(optimizer, make(optimizer), 8)
    optimizer = sgd(1.0)
    scheduler = make(optimizer)
    run(optimizer, scheduler, 4)
    state, groups = scheduler.state_dict(), optimizer.state_dict()
    other = sgd(1.0)
    again = make(other)
    other.load_state_dict(groups)
    again.load_state_dict(state)
    assert "optimizer" not in state
    assert run(other, again, 4) == pytest.approx(whole[4:])


def test_resuming_needs_the_initial_rate() -> None:
    with pytest.raises(KeyError, match="initial_lr"):
        sched.StepLR(sgd(), 2, last_epoch=3)
    optimizer = sgd()
    optimizer.param_groups[0]["initial_lr"] = 0.4
    scheduler = sched.StepLR(optimizer, 2, last_epoch=3)
    assert scheduler.base_lrs == [0.4]


def test_rates_that_are_tensors_change_in_place() -> None:
    lr = torch.tensor(1.0)
    optimizer = sgd(lr)
    scheduler = sched.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is lr
    assert float(lr) == 0.5


def test_plateau() -> None:
    optimizer = sgd(1.0, groups=2)
    scheduler = sched.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, cooldown=1, min_lr=[0.2, 0.0])
    rates = []
    for metric in [1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]:
        scheduler.step(torch.tensor(metric))
        rates.append(scheduler.get_last_lr()[0])
    assert rates == pytest.approx([1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2])
    assert scheduler.best == pytest.approx(0.9)
    higher = sched.ReduceLROnPlateau(sgd(1.0), "max", patience=0, threshold=0.1, threshold_mode="abs")
    higher.step(1.0)
    higher.step(1.05)
    assert higher.get_last_lr() == pytest.approx([0.1])
    copied = sched.ReduceLROnPlateau(sgd(1.0), "max")
    copied.load_state_dict(higher.state_dict())
    assert copied.best == 1.0


def test_functions_with_state_are_saved() -> None:
    class Decay:
        def __init__(self, factor: float) -> None:
            self.factor = factor

        def __call__(self, epoch: int) -> float:
            return self.factor**epoch

    scheduler = sched.LambdaLR(sgd(groups=2), [Decay(0.5), lambda epoch: 1.0])
    state = scheduler.state_dict()
    assert state["lr_lambdas"] == [{"factor": 0.5}, None]
    other = sched.LambdaLR(sgd(groups=2), [Decay(0.9), lambda epoch: 1.0])
    other.load_state_dict(state)
    assert other.lr_lambdas[0].factor == 0.5
    assert state["lr_lambdas"] == [{"factor": 0.5}, None]
    cyclic = sched.CyclicLR(sgd(), 0.1, 0.2, scale_fn=Decay(0.5))
    assert cyclic.state_dict()["_scale_fn_custom"] == {"factor": 0.5}
    changed = sched.CyclicLR(sgd(), 0.1, 0.2, scale_fn=Decay(0.9))
    changed.load_state_dict(cyclic.state_dict())
    assert changed.scale_fn(2) == 0.25


def test_composed_schedulers_are_saved() -> None:
    def make(optimizer: Any) -> Any:
        return sched.SequentialLR(
            optimizer, [sched.ConstantLR(optimizer, 0.1, 2), sched.ExponentialLR(optimizer, 0.9)], [2]
        )

    optimizer = sgd(1.0)
    whole = run(optimizer, make(optimizer), 8)
    optimizer = sgd(1.0)
    scheduler = make(optimizer)
    run(optimizer, scheduler, 4)
    other = sgd(1.0)
    again = make(other)
    other.load_state_dict(optimizer.state_dict())
    again.load_state_dict(scheduler.state_dict())
    assert run(other, again, 4) == pytest.approx(whole[4:])


def test_warm_restarts_jump() -> None:
    scheduler = sched.CosineAnnealingWarmRestarts(sgd(1.0), 2, 2)
    scheduler.step(2.0)
    assert scheduler.get_last_lr() == [1.0]
    scheduler.step(4.0)
    assert scheduler.get_last_lr() == pytest.approx([0.5])
    scheduler.step(0.5)
    assert scheduler.T_i == 2
    with pytest.raises(ValueError, match="non-negative epoch"):
        scheduler.step(-1)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: sched.StepLR(3, 2), TypeError, "int is not an Optimizer"),
        (lambda: sched.ConstantLR(sgd(), 2.0), ValueError, "between 0 and 1"),
        (lambda: sched.LinearLR(sgd(), 0.0), ValueError, "greater than 0"),
        (lambda: sched.LinearLR(sgd(), 1.0, 2.0), ValueError, "Ending multiplicative factor"),
        (lambda: sched.LambdaLR(sgd(), [len, len]), ValueError, "Expected 1 lr_lambdas, but got 2"),
        (lambda: sched.MultiplicativeLR(sgd(), 3), TypeError, "should be a function, but got int"),
        (lambda: sched.CyclicLR(sgd(), 0.1, 0.2, mode="x"), ValueError, "mode is invalid and scale_fn is None"),
        (lambda: sched.CyclicLR(sgd(), 0.1, [0.2, 0.3]), ValueError, "max_lr must have the same length"),
        (lambda: sched.CyclicLR(optim.Adagrad([torch.zeros(1)]), 0.1, 0.2), ValueError, "must support momentum"),
        (lambda: sched.OneCycleLR(sgd(), 0.1), ValueError, "must define either total_steps"),
        (lambda: sched.OneCycleLR(sgd(), 0.1, total_steps=0), ValueError, "positive integer total_steps"),
        (lambda: sched.OneCycleLR(sgd(), 0.1, total_steps=5, pct_start=2.0), ValueError, "between 0 and 1 pct_start"),
        (lambda: sched.OneCycleLR(sgd(), 0.1, total_steps=5, anneal_strategy="x"), ValueError, "anneal_strategy"),
        (lambda: sched.CosineAnnealingWarmRestarts(sgd(), 0), ValueError, "positive integer T_0"),
        (lambda: sched.CosineAnnealingWarmRestarts(sgd(), 1, 0), ValueError, "T_mult >= 1"),
        (lambda: sched.ReduceLROnPlateau(sgd(), factor=1.0), ValueError, "Factor should be < 1.0"),
        (lambda: sched.ReduceLROnPlateau(sgd(), "x"), ValueError, "mode x is unknown"),
        (lambda: sched.ReduceLROnPlateau(sgd(), min_lr=[1, 2]), ValueError, "expected 1 min_lrs, got 2"),
        (lambda: sched.SequentialLR(sgd(), [], []), ValueError, "at least one scheduler"),
        (lambda: sched.SequentialLR(sgd(), [sched.StepLR(sgd(), 1)], []), ValueError, "same optimizer"),
        (lambda: sched.ChainedScheduler([sched.ReduceLROnPlateau(sgd())]), ValueError, "does not support"),
        (lambda: sched.ChainedScheduler([]), ValueError, "at least one scheduler"),
    ],
)
def test_errors(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call()


def test_one_cycle_ends() -> None:
    optimizer = sgd()
    scheduler = sched.OneCycleLR(optimizer, 0.1, total_steps=4)
    run(optimizer, scheduler, 4)
    with pytest.raises(ValueError, match="Tried to step 5 times"):
        scheduler.step()


def test_schedulers_of_older_programs() -> None:
    class Inverse(sched._LRScheduler):
        def get_lr(self) -> list[float]:
            return [lr / (1 + self.last_epoch) for lr in self.base_lrs]

    optimizer = sgd(1.0)
    assert run(optimizer, Inverse(optimizer), 3) == [1.0, 0.5, 1 / 3]
    assert issubclass(sched._LRScheduler, sched.LRScheduler)
