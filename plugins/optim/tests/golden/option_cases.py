"""Golden cases of optimizers and schedulers that together use every constructor option.

The cases of an optimizer are all valid combinations of its toggles, then its implementations (foreach, fused), tensors
in place of numbers, and the events of a training run. Option values are Python expressions.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

__all__ = ["DIFFERENTIABLE", "OPTIMIZERS", "SCHEDULES", "TOGGLES", "Case"]

Options = dict[str, str]


class Case(NamedTuple):
    """One trajectory: ``optim.<optimizer>(params, **options)`` over parameters of ``kind`` with ``events``."""

    name: str
    optimizer: str
    options: Options
    kind: str = "dense"
    events: tuple[str, ...] = ()
    steps: int = 50


_DECAY = {"weight_decay": "0.1"}
_MAXIMIZE = {"maximize": "True"}
_DECOUPLED = {"decoupled_weight_decay": "True"}
_AMSGRAD = {"amsgrad": "True"}
_ADAM = {"lr": "0.05", "betas": "(0.8, 0.95)", "eps": "1e-3"}

#: Options that are given together or not at all; the cases are all subsets.
TOGGLES: dict[str, list[Options]] = {
    "SGD": [{"lr": "0.05"}, {"momentum": "0.9"}, {"dampening": "0.2"}, _DECAY, {"nesterov": "True"}, _MAXIMIZE],
    "Adam": [_ADAM, _DECAY, _AMSGRAD, _DECOUPLED, _MAXIMIZE],
    "AdamW": [_ADAM, _DECAY, _AMSGRAD, _MAXIMIZE],
    "NAdam": [_ADAM, _DECAY, {"momentum_decay": "0.1"}, _DECOUPLED, _MAXIMIZE],
    "RAdam": [_ADAM, _DECAY, _DECOUPLED, _MAXIMIZE],
    "Adamax": [_ADAM, _DECAY, _MAXIMIZE],
    "Adadelta": [{"lr": "1.5", "rho": "0.8", "eps": "1e-3"}, _DECAY, _MAXIMIZE],
    "Adagrad": [
        {"lr": "0.3", "eps": "1e-3"},
        {"lr_decay": "0.1"},
        _DECAY,
        {"initial_accumulator_value": "0.5"},
        _MAXIMIZE,
    ],
    "RMSprop": [
        {"lr": "0.02", "alpha": "0.9", "eps": "1e-3"},
        _DECAY,
        {"momentum": "0.5"},
        {"centered": "True"},
        _MAXIMIZE,
    ],
    "Rprop": [{"lr": "0.03"}, {"etas": "(0.4, 1.3)"}, {"step_sizes": "(1e-3, 0.1)"}, _MAXIMIZE],
    "ASGD": [{"lr": "0.05"}, {"lambd": "0.02", "alpha": "0.6"}, {"t0": "15"}, _DECAY, _MAXIMIZE],
    "Adafactor": [{"lr": "0.1"}, {"beta2_decay": "-0.5", "eps": "(1e-6, 1e-2)"}, {"d": "1.5"}, _DECAY, _MAXIMIZE],
    "Muon": [
        {"lr": "0.02", "eps": "1e-3"},
        {"weight_decay": "0.01", "momentum": "0.8"},
        {"nesterov": "False"},
        {"ns_coefficients": "(3.0, -3.2, 1.2)", "ns_steps": "3"},
        {"adjust_lr_fn": "'match_rms_adamw'"},
    ],
    "SparseAdam": [{"lr": "0.05"}, {"betas": "(0.8, 0.95)", "eps": "1e-3"}, _MAXIMIZE],
    "LBFGS": [
        {"lr": "0.1"},
        {"max_iter": "4"},
        {"history_size": "3"},
        {"line_search_fn": "'strong_wolfe'"},
        {"max_eval": "3", "tolerance_grad": "1e-2", "tolerance_change": "1e-4"},
    ],
}

KINDS = {"Muon": "matrix", "SparseAdam": "sparse", "LBFGS": "closure"}


def _valid(optimizer: str, options: Options) -> bool:
    if optimizer == "SGD" and "nesterov" in options:
        return "momentum" in options and "dampening" not in options
    # Fixed full steps on a bent valley run away, and then rounding decides.
    return optimizer != "LBFGS" or "lr" in options or "line_search_fn" in options


def _combinations() -> list[Case]:
    cases = []
    for optimizer, toggles in TOGGLES.items():
        for chosen in product((False, True), repeat=len(toggles)):
            options = {
                key: value for toggle, on in zip(toggles, chosen, strict=True) if on for key, value in toggle.items()
            }
            if _valid(optimizer, options):
                name = f"{optimizer}-{''.join('01'[on] for on in chosen)}"
                steps = 12 if optimizer == "LBFGS" else 50
                cases.append(Case(name, optimizer, options, KINDS.get(optimizer, "dense"), steps=steps))
    return cases


def _everything(optimizer: str) -> Options:
    options = {key: value for toggle in TOGGLES[optimizer] for key, value in toggle.items()}
    if optimizer == "SGD":
        del options["dampening"]
    return options


_FOREACH = [name for name in TOGGLES if name not in ("Muon", "SparseAdam", "LBFGS")]
_FUSED = ["SGD", "Adam", "AdamW", "Adagrad"]
_CAPTURABLE = ["Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adadelta", "RMSprop", "Rprop", "ASGD"]


def _more() -> list[Case]:
    cases = []
    for name in _FOREACH:
        for value in ("True", "False"):
            cases.append(Case(f"{name}-foreach-{value}", name, {**_everything(name), "foreach": value}))
    cases += [Case(f"{name}-fused", name, {**_everything(name), "fused": "True"}) for name in _FUSED]
    for name in TOGGLES:
        kind, options = KINDS.get(name, "dense"), _everything(name)
        steps = 12 if name == "LBFGS" else 50
        if name != "Muon":
            lr = {**options, "lr": f"torch.tensor({options['lr']})"}
            cases.append(Case(f"{name}-tensor-lr", name, lr, kind, steps=steps))
        cases.append(Case(f"{name}-reload", name, options, kind, ("reload",), steps))
        if kind == "dense":
            cases.append(Case(f"{name}-groups", name, options, "groups", ("add_group", "reload")))
            cases.append(Case(f"{name}-events", name, options, kind, ("skip", "closure", "scheduler", "zero_grad")))
            if name != "Adafactor":
                cases.append(Case(f"{name}-complex", name, options, "complex", ("reload",)))
                plain = {key: value for key, value in options.items() if key not in ("weight_decay", "maximize")}
                cases.append(Case(f"{name}-complex-plain", name, plain, "complex"))
    betas = {"betas": "(torch.tensor(0.8), torch.tensor(0.95))", "lr": "torch.tensor(0.05)"}
    cases += [Case(f"{name}-tensor-betas", name, {**_everything(name), **betas}) for name in ("Adam", "AdamW")]
    decay = {"weight_decay": "torch.tensor(0.1)", "lr": "0.05"}
    cases.append(Case("SGD-tensor-decay", "SGD", decay))
    # Updates that sparse gradients reach, too.
    cases.append(Case("SGD-sparse", "SGD", {"lr": "0.05"}, "sparse"))
    cases.append(Case("SGD-sparse-momentum", "SGD", {"lr": "0.05", "momentum": "0.9"}, "sparse"))
    cases.append(Case("Adagrad-sparse", "Adagrad", {"lr": "0.3", "lr_decay": "0.1", "maximize": "True"}, "sparse"))
    return cases


OPTIMIZERS = [*_combinations(), *_more()]

#: Steps through which the first parameters are differentiated.
DIFFERENTIABLE = [
    Case(
        f"{name}-differentiable",
        name,
        {key: value for key, value in {**_everything(name), "differentiable": "True"}.items() if key != "foreach"},
        # PyTorch's own steps of the others overwrite what a second one needs.
        steps=3 if name in ("SGD", "NAdam", "RAdam", "Adadelta", "Adagrad", "ASGD") else 1,
    )
    for name in _FOREACH
    if name != "Adafactor"
]

# (name, optimizer, scheduler ``s`` from the optimizer ``o``); "metric" among the marks steps with a metric.
_TWO = "[lambda e: 0.9 ** e, lambda e: 1 / (1 + e)]"
SCHEDULES: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("step", "SGD", "sched.StepLR(o, step_size=7, gamma=0.5)", ()),
    ("step_default", "Adam", "sched.StepLR(o, 9)", ()),
    ("multi_step", "SGD", "sched.MultiStepLR(o, milestones=[3, 10, 10, 30], gamma=0.5)", ()),
    ("exponential", "SGD", "sched.ExponentialLR(o, gamma=0.95)", ()),
    ("constant", "SGD", "sched.ConstantLR(o, factor=0.25, total_iters=9)", ()),
    ("constant_default", "SGD", "sched.ConstantLR(o)", ()),
    ("linear", "SGD", "sched.LinearLR(o, start_factor=0.25, end_factor=0.75, total_iters=20)", ()),
    ("linear_default", "SGD", "sched.LinearLR(o)", ()),
    ("polynomial", "SGD", "sched.PolynomialLR(o, total_iters=30, power=1.7)", ()),
    ("polynomial_default", "SGD", "sched.PolynomialLR(o)", ()),
    ("lambda", "SGD", f"sched.LambdaLR(o, lr_lambda={_TWO})", ()),
    ("lambda_one", "SGD", "sched.LambdaLR(o, lambda e: 0.5 ** (e // 9))", ()),
    ("multiplicative", "SGD", "sched.MultiplicativeLR(o, lr_lambda=lambda e: 0.97)", ()),
    ("multiplicative_two", "SGD", f"sched.MultiplicativeLR(o, {_TWO})", ()),
    ("cosine", "SGD", "sched.CosineAnnealingLR(o, T_max=11, eta_min=0.01)", ()),
    ("cosine_zero", "SGD", "sched.CosineAnnealingLR(o, 7)", ()),
    ("restarts", "SGD", "sched.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=2, eta_min=0.001)", ()),
    ("restarts_plain", "SGD", "sched.CosineAnnealingWarmRestarts(o, 7)", ()),
    ("cyclic", "SGD", "sched.CyclicLR(o, base_lr=0.01, max_lr=[0.1, 0.2], step_size_up=6, step_size_down=3)", ()),
    (
        "cyclic_momentum",
        "SGD",
        "sched.CyclicLR(o, [0.01, 0.02], 0.1, 6, mode='triangular2', base_momentum=0.7, max_momentum=0.99)",
        (),
    ),
    (
        "cyclic_momenta",
        "Adam",
        "sched.CyclicLR(o, 0.01, 0.1, 5, base_momentum=[0.7, 0.8], max_momentum=[0.8, 0.9])",
        (),
    ),
    ("cyclic_range", "SGD", "sched.CyclicLR(o, 0.01, 0.1, 6, mode='exp_range', gamma=0.95, cycle_momentum=False)", ()),
    ("cyclic_fn", "SGD", "sched.CyclicLR(o, 0.01, 0.1, 6, scale_fn=lambda x: 1 / x, scale_mode='cycle')", ()),
    (
        "cyclic_fn_steps",
        "SGD",
        "sched.CyclicLR(o, 0.01, 0.1, 6, scale_fn=lambda x: 0.9 ** x, scale_mode='iterations')",
        (),
    ),
    ("one_cycle", "SGD", "sched.OneCycleLR(o, max_lr=0.3, total_steps=61)", ()),
    (
        "one_cycle_three",
        "Adam",
        "sched.OneCycleLR(o, [0.3, 0.1], epochs=6, steps_per_epoch=11, three_phase=True, pct_start=0.4)",
        (),
    ),
    (
        "one_cycle_all",
        "SGD",
        "sched.OneCycleLR(o, 0.3, total_steps=70, anneal_strategy='linear', pct_start=0.5, base_momentum=0.7, "
        "max_momentum=[0.9, 0.8], div_factor=10., final_div_factor=50.)",
        (),
    ),
    ("one_cycle_still", "SGD", "sched.OneCycleLR(o, 0.3, total_steps=61, cycle_momentum=False)", ()),
    (
        "sequential",
        "SGD",
        "sched.SequentialLR(o, schedulers=[sched.LinearLR(o, 0.1, 1.0, 5), sched.CosineAnnealingLR(o, 20), "
        "sched.ExponentialLR(o, 0.9)], milestones=[5, 25])",
        (),
    ),
    (
        "sequential_restarts",
        "SGD",
        "sched.SequentialLR(o, [sched.ConstantLR(o, 0.1, 4), sched.CosineAnnealingWarmRestarts(o, 6), "
        "sched.StepLR(o, 5)], [7, 30])",
        (),
    ),
    (
        "chained",
        "SGD",
        "sched.ChainedScheduler(schedulers=[sched.ConstantLR(o, 0.1, 5), sched.ExponentialLR(o, 0.9)], optimizer=o)",
        (),
    ),
    ("chained_momentum", "SGD", "sched.ChainedScheduler([sched.CyclicLR(o, 0.01, 0.1, 5), sched.StepLR(o, 20)])", ()),
    ("plateau", "SGD", "sched.ReduceLROnPlateau(o)", ("metric",)),
    (
        "plateau_all",
        "SGD",
        "sched.ReduceLROnPlateau(o, mode='max', factor=0.5, patience=2, threshold=0.05, threshold_mode='abs', "
        "cooldown=3, min_lr=[0.001, 0.002], eps=1e-4)",
        ("metric",),
    ),
    ("plateau_min_abs", "SGD", "sched.ReduceLROnPlateau(o, 'min', 0.3, 1, 0.1, 'abs', 2, 0.004)", ("metric",)),
    ("plateau_max_rel", "Adam", "sched.ReduceLROnPlateau(o, 'max', 0.7, 0, 0.1, 'rel', 1, eps=1e-3)", ("metric",)),
    ("swalr", "SGD", "swa.SWALR(o, swa_lr=0.05, anneal_epochs=20, anneal_strategy='cos')", ()),
    ("swalr_linear", "SGD", "swa.SWALR(o, [0.05, 0.001], 7, 'linear')", ()),
]
#: Resumed: ``initial_lr`` is in the groups, and the last epoch is given.
for _name, _options in {
    "StepLR": "5",
    "MultiStepLR": "[3, 8, 20]",
    "ExponentialLR": "0.9",
    "ConstantLR": "total_iters=9",
    "LinearLR": "total_iters=20",
    "PolynomialLR": "30",
    "LambdaLR": "lambda e: 0.9 ** e",
    "MultiplicativeLR": "lambda e: 0.97",
    "CosineAnnealingLR": "11",
    "CosineAnnealingWarmRestarts": "5",
    "CyclicLR": "0.01, 0.1, 6, cycle_momentum=False",
    "OneCycleLR": "0.3, 80, cycle_momentum=False",
}.items():
    SCHEDULES.append((f"resumed_{_name}", "SGD", f"sched.{_name}(o, {_options}, last_epoch=6)", ("resumed",)))
SCHEDULES.append(("resumed_swalr", "SGD", "swa.SWALR(o, 0.05, 20, last_epoch=6)", ("resumed",)))
SCHEDULES.append(
    (
        "resumed_sequential",
        "SGD",
        "sched.SequentialLR(o, [sched.ConstantLR(o, 0.1, 4), sched.ExponentialLR(o, 0.9)], [7], last_epoch=6)",
        ("resumed",),
    )
)
for _name, _options in {
    "StepLR": "5",
    "MultiStepLR": "[3, 8, 20]",
    "ExponentialLR": "0.9",
    "ConstantLR": "total_iters=9",
    "LinearLR": "total_iters=20",
    "PolynomialLR": "30",
    "CosineAnnealingLR": "11",
    "CosineAnnealingWarmRestarts": "5, 2",
}.items():
    SCHEDULES.append((f"epochs_{_name}", "SGD", f"sched.{_name}(o, {_options})", ("epochs",)))
