"""The base of optimizers: groups, checkpoints, hooks, errors, and optimizers of one's own."""

from __future__ import annotations

import copy
import importlib
import pickle
from typing import Any

import pytest
from torchere.optim import optimizer as base

import torchere as torch
from torchere import nn, optim


def parameter(*values: float) -> Any:
    p = nn.Parameter(torch.tensor(values))
    p.grad = torch.ones(len(values))
    return p


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda p: optim.SGD(p, lr=0.1), TypeError, "should be an iterable of Tensors or dicts"),
        (lambda p: optim.SGD([], lr=0.1), ValueError, "empty parameter list"),
        (lambda p: optim.SGD([3], lr=0.1), TypeError, "can only optimize Tensors"),
        (lambda p: optim.SGD([p * 2], lr=0.1), ValueError, "can't optimize a non-leaf Tensor"),
        (lambda p: optim.SGD([{"params": {p}}], lr=0.1), TypeError, "ordered collections"),
        (lambda p: optim.SGD([{"params": p}, {"params": [p]}]), ValueError, "more than one parameter group"),
        (lambda p: optim.SGD([("a", p), parameter(1.0)]), ValueError, "Some param names are missing"),
        (
            lambda p: optim.SGD([{"params": [("a", p)]}, {"params": [parameter(1.0)]}]),
            ValueError,
            "cannot add param group without names",
        ),
        (lambda p: optim.SGD([p]).add_param_group([p]), TypeError, "param_group must be a dict"),
        (lambda p: optim.SGD([p], lr=-1), ValueError, "Invalid learning rate: -1"),
        (lambda p: optim.SGD([p], momentum=-1), ValueError, "Invalid momentum value: -1"),
        (lambda p: optim.SGD([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
        (lambda p: optim.SGD([p], nesterov=True), ValueError, "Nesterov momentum requires a momentum"),
        (lambda p: optim.SGD([p], fused=True, differentiable=True), RuntimeError, "does not support"),
        (lambda p: optim.Adam([p], fused=True, foreach=True), RuntimeError, "cannot be `True` together"),
        (lambda p: optim.Adam([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
        (lambda p: optim.Adam([p], betas=(1.0, 0.9)), ValueError, "Invalid beta parameter at index 0: 1.0"),
        (lambda p: optim.Adam([p], betas=(0.9, -0.1)), ValueError, "Invalid beta parameter at index 1: -0.1"),
        (lambda p: optim.Adam([p], lr=torch.tensor(0.1), foreach=True), ValueError, "lr as a Tensor is not supported"),
        (lambda p: optim.Adam([p], lr=torch.zeros(2)), ValueError, "Tensor lr must be 1-element"),
        (lambda p: optim.Adadelta([p], rho=2), ValueError, "Invalid rho value: 2"),
        (lambda p: optim.Rprop([p], etas=(2, 1)), ValueError, "Invalid eta values: 2, 1"),
        (lambda p: optim.NAdam([p], momentum_decay=-1), ValueError, "Invalid momentum_decay value: -1"),
        (lambda p: optim.Optimizer([p], {"lr": base.required}), ValueError, "required optimization parameter lr"),
        (lambda p: optim.Optimizer([p], {}).step(), NotImplementedError, r"must define update\(\)"),
    ],
)
def test_errors(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call(parameter(1.0))


def test_duplicates_warn() -> None:
    p = parameter(1.0)
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optim.SGD([p, p])


def test_groups_have_their_own_options() -> None:
    first, second = parameter(1.0), parameter(1.0)
    optimizer = optim.SGD([{"params": first}, {"params": [second], "lr": 0.5}], lr=0.1)
    optimizer.step()
    assert first.tolist() == pytest.approx([0.9])
    assert second.tolist() == pytest.approx([0.5])
    third = parameter(1.0)
    optimizer.add_param_group({"params": third, "lr": 1.0})
    optimizer.step()
    assert third.tolist() == [0.0]
    named = optim.Adam(nn.Linear(1, 1).named_parameters())
    assert named.param_groups[0]["param_names"] == ["weight", "bias"]
    assert named.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


def test_closure_is_called_with_gradients_on() -> None:
    p = parameter(2.0)
    optimizer = optim.SGD([p], lr=0.25)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        loss = optimizer.step(closure)
    assert float(loss.detach()) == 4.0
    assert p.tolist() == [1.0]


def test_parameters_without_gradient_are_left_alone() -> None:
    for kind in (optim.SGD, optim.Adam, optim.RMSprop):
        p = nn.Parameter(torch.ones(1))
        optimizer = kind([p])
        optimizer.step()
        assert p.tolist() == [1.0]
        assert len(optimizer.state) == 0


def test_gradients_are_never_written() -> None:
    for name in ("SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop"):
        p = parameter(1.0, -2.0)
        grad = p.grad
        options: dict[str, Any] = {} if name == "Rprop" else {"weight_decay": 0.1}
        optimizer = getattr(optim, name)([p], maximize=True, **options)
        for _ in range(3):
            optimizer.step()
        assert p.grad is grad
        assert grad.tolist() == [1.0, 1.0]


def test_zero_grad() -> None:
    p = parameter(1.0)
    optimizer = optim.SGD([p])
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0]
    optimizer.zero_grad()
    assert p.grad is None


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "NAdam", "ASGD", "Rprop"])
def test_checkpoint_continues_the_trajectory(name: str) -> None:
    options: dict[str, Any] = {"SGD": {"momentum": 0.9}, "Adam": {"amsgrad": True}, "RMSprop": {"centered": True}}
    kind = getattr(optim, name)

    def fresh(values: list[float]) -> tuple[Any, Any]:
        p = nn.Parameter(torch.tensor(values, dtype=torch.float64))
        return p, kind([p], lr=0.1, **options.get(name, {}))

    def steps(p: Any, optimizer: Any, count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            (p * p * p).sum().backward()
            optimizer.step()

    whole, optimizer = fresh([1.0, -0.5])
    steps(whole, optimizer, 6)
    part, optimizer = fresh([1.0, -0.5])
    steps(part, optimizer, 3)
    state = copy.deepcopy(optimizer.state_dict())
    again, other = fresh(part.tolist())
    other.load_state_dict(state)
    steps(again, other, 3)
    assert torch.allclose(again, whole, rtol=1e-7)


def test_checkpoint_layout() -> None:
    p, q = parameter(1.0, 2.0), parameter(3.0)
    optimizer = optim.Adam([{"params": [p]}, {"params": [q], "lr": 0.5}])
    optimizer.step()
    state = optimizer.state_dict()
    assert list(state) == ["state", "param_groups"]
    assert sorted(state["state"]) == [0, 1]
    assert list(state["state"][0]) == ["step", "exp_avg", "exp_avg_sq"]
    assert state["state"][0]["step"].dtype == torch.float32
    assert float(state["state"][0]["step"]) == 1.0
    assert [group["params"] for group in state["param_groups"]] == [[0], [1]]
    assert state["param_groups"][1]["lr"] == 0.5
    momentum = optim.SGD([p])
    momentum.step()
    assert momentum.state_dict()["state"] == {}


def test_loading_casts_to_the_parameter() -> None:
    p = parameter(1.0)
    optimizer = optim.Adam([p])
    optimizer.step()
    q = nn.Parameter(torch.ones(1, dtype=torch.float64))
    other = optim.Adam([q])
    other.load_state_dict(optimizer.state_dict())
    assert other.state[q]["exp_avg"].dtype == torch.float64
    with pytest.raises(ValueError, match="different number of parameter groups"):
        optim.Adam([{"params": p}, {"params": q}]).load_state_dict(optimizer.state_dict())
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        optim.Adam([p, q]).load_state_dict(optimizer.state_dict())


def test_old_checkpoints_lack_newer_options() -> None:
    p = parameter(1.0)
    optimizer = optim.Adam([p])
    optimizer.step()
    state = optimizer.state_dict()
    for name in ("decoupled_weight_decay", "maximize", "fused"):
        del state["param_groups"][0][name]
    other = optim.Adam([p])
    other.load_state_dict(state)
    other.step()
    assert other.param_groups[0]["maximize"] is False


def test_step_hooks() -> None:
    p = parameter(1.0)
    optimizer = optim.SGD([p], lr=1.0)
    calls = []
    optimizer.register_step_pre_hook(lambda o, args, kwargs: calls.append(("pre", len(args), kwargs)))
    handle = optimizer.register_step_post_hook(lambda o, args, kwargs: calls.append("post"))
    with (
        base.register_optimizer_step_pre_hook(lambda o, args, kwargs: calls.append("global pre")),
        base.register_optimizer_step_post_hook(lambda o, args, kwargs: calls.append("global post")),
    ):
        optimizer.step()
    assert calls == ["global pre", ("pre", 1, {}), "post", "global post"]
    handle.remove()
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((*args, lambda: "loss"), kwargs))
    assert optimizer.step() == "loss"
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
    with pytest.raises(RuntimeError, match="must return None or a tuple of"):
        optimizer.step()


def test_state_dict_hooks() -> None:
    p = parameter(1.0)
    optimizer = optim.SGD([p], lr=1.0)
    calls = []
    optimizer.register_state_dict_pre_hook(lambda o: calls.append("second"))
    optimizer.register_state_dict_pre_hook(lambda o: calls.append("first"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "extra": 1})
    state = optimizer.state_dict()
    assert calls == ["first", "second"]
    assert state["extra"] == 1
    optimizer.register_load_state_dict_pre_hook(lambda o, s: s["param_groups"][0].update(lr=7.0))
    optimizer.register_load_state_dict_post_hook(lambda o: calls.append("loaded"))
    optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["lr"] == 7.0
    assert calls[-1] == "loaded"


def test_copies() -> None:
    p = parameter(1.0)
    optimizer = optim.Adam([p], lr=0.1)
    optimizer.step()
    for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        (q,) = other.param_groups[0]["params"]
        assert q is not p
        q.grad = torch.ones(1)
        other.step()
        assert q.tolist() != p.tolist()
        assert repr(other) == repr(optimizer)


def test_complex_parameters_move_like_their_parts() -> None:
    for name in ("SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop"):
        kind = getattr(optim, name)
        z = torch.tensor([1 + 2j, -1 + 0.5j], requires_grad=True)
        x = torch.view_as_real(z.detach()).clone().requires_grad_()
        first, second = kind([z], lr=0.1), kind([x], lr=0.1)
        for _ in range(4):
            z.grad = z.detach() * (1 + 0.5j)
            x.grad = torch.view_as_real(z.grad).clone()
            first.step()
            second.step()
        assert torch.allclose(torch.view_as_real(z.detach()), x.detach(), atol=1e-6), name
        for value in first.state[z].values():
            assert not isinstance(value, torch.Tensor) or value.is_complex()


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_differentiable_steps(name: str) -> None:
    options: dict[str, Any] = {"momentum": 0.9} if name == "SGD" else {"amsgrad": True}
    start = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    p = start.clone()
    optimizer = getattr(optim, name)([p], lr=0.1, differentiable=True, **options)
    plain = nn.Parameter(start.detach().clone())
    reference = getattr(optim, name)([plain], lr=0.1, **options)
    for _ in range(2):
        p.grad = (start * 3).clone()
        plain.grad = (start * 3).detach().clone()
        optimizer.step()
        reference.step()
    assert torch.allclose(p, plain)
    p.sum().backward()
    assert bool(torch.isfinite(start.grad).all())


def test_float32_and_half_parameters() -> None:
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        p = nn.Parameter(torch.ones(3, dtype=dtype))
        p.grad = torch.ones(3, dtype=dtype)
        for kind in (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop):
            kind([p], lr=0.125).step()
        assert p.dtype == dtype
        assert bool((p < 1).all())


def test_an_optimizer_of_ones_own() -> None:
    class SignMomentum(optim.Optimizer):
        def __init__(self, params: Any, lr: float = 0.5, beta: float = 0.5) -> None:
            super().__init__(params, {"lr": lr, "beta": beta})

        def init_state(self, p: Any, group: Any) -> Any:
            return {"momentum": torch.zeros_like(p)}

        def update(self, p: Any, grad: Any, state: Any, *, lr: float, beta: float) -> None:
            state["momentum"].mul_(beta).add_(grad)
            p.sub_(lr * state["momentum"].sign())

    p = parameter(1.0, 1.0)
    p.grad = torch.tensor([3.0, -3.0])
    optimizer = SignMomentum([p])
    optimizer.step()
    assert p.tolist() == [0.5, 1.5]
    assert optimizer.state_dict()["state"][0]["momentum"].tolist() == [3.0, -3.0]
    optimizer.load_state_dict(optimizer.state_dict())  # brings no option that update() does not know
    optimizer.step()
    assert p.tolist() == [0.0, 2.0]


@pytest.mark.parametrize("kind", [optim.SGD, optim.AdamW])
def test_an_overridden_update_is_used(kind: Any) -> None:
    class Halved(kind):  # type: ignore[misc]
        def update(self, p: Any, grad: Any, state: Any, **options: Any) -> None:
            super().update(p, grad / 2, state, **options)

    p, q = parameter(1.0), parameter(1.0)
    q.grad = q.grad / 2
    Halved([p], lr=0.5, weight_decay=0.1).step()
    kind([q], lr=0.5, weight_decay=0.1).step()
    assert p.tolist() == pytest.approx(q.tolist())


def test_an_optimizer_that_overrides_step_runs_hooks() -> None:
    class Whole(optim.Optimizer):
        def step(self, closure: Any = None) -> str:
            return "stepped"

    optimizer = Whole([parameter(1.0)], {"lr": 0.1})
    calls = []
    optimizer.register_step_post_hook(lambda o, args, kwargs: calls.append("post"))
    assert optimizer.step() == "stepped"
    assert calls == ["post"]


def test_unknown_names_suggest_near_ones() -> None:
    with pytest.raises(AttributeError, match="Did you mean Adam"):
        _ = optim.Adan
    with pytest.raises(AttributeError, match="Did you mean StepLR"):
        _ = optim.lr_scheduler.StpLR
    for name in optim.__all__:
        assert getattr(optim, name) is not None


@pytest.mark.parametrize(
    "name", ["ASGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop"]
)
def test_each_optimizer_has_pytorchs_module(name: str) -> None:
    found = importlib.import_module(f"torchere.optim.{name.lower()}")
    assert getattr(found, name) is getattr(optim, name)


def test_adam_takes_betas_of_any_kind() -> None:
    p = torch.zeros(1)
    assert optim.Adam([p], betas=[0.5, 0.75]).defaults["betas"] == (0.5, 0.75)
    assert optim.AdamW([p], betas=(torch.tensor(0.5), torch.tensor(0.75))).defaults["betas"] == (0.5, 0.75)
    with pytest.raises(ValueError, match="both floats or both Tensors"):
        optim.Adam([p], betas=(0.5, torch.tensor(0.75)))
    with pytest.raises(ValueError, match="foreach=True"):
        optim.Adam([p], betas=(torch.tensor(0.5), torch.tensor(0.75)), foreach=True)


@pytest.mark.parametrize("name", ["Adam", "AdamW", "NAdam", "RMSprop", "ASGD"])
def test_state_set_to_tensors_is_taken(name: str) -> None:
    results = []
    for tensors in (False, True):
        p = torch.nn.Parameter(torch.ones(2))
        optimizer = getattr(optim, name)([p], lr=0.1)
        for step in range(3):
            p.grad = torch.full((2,), step + 1.0)
            optimizer.step()
            for key, value in list(optimizer.state[p].items()):
                if tensors and isinstance(value, float):
                    optimizer.state[p][key] = torch.tensor(value, dtype=torch.float64)
        results.append(p.tolist())
    assert results[0] == pytest.approx(results[1])
