"""Dual tensors, `gradcheck` of forward mode, vectorised Jacobians, and settings of the autograd namespace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchere as torch
import torchere.autograd.forward_ad as fw
from torchere.autograd import Function, gradcheck, gradgradcheck
from torchere.autograd.functional import hessian, jacobian

X = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 4)))
T = torch.from_numpy(np.random.default_rng(1).standard_normal((3, 4)))


def same(got: Any, wanted: Any) -> None:
    assert tuple(got.shape) == tuple(wanted.shape)
    np.testing.assert_allclose(got.detach().numpy(), wanted.detach().numpy(), rtol=1e-10, atol=1e-10)


# --- duals -----------------------------------------------------------------------------------------------------------


def test_a_tangent_travels() -> None:
    with fw.dual_level():
        dual = fw.make_dual(X, T)
        primal, tangent = fw.unpack_dual((dual.sin() * dual).sum(1))
        same(primal, (X.sin() * X).sum(1))
        same(tangent, (T * X.cos() * X + X.sin() * T).sum(1))
        assert not primal.requires_grad
        assert not tangent.requires_grad
        assert fw.unpack_dual(dual).tangent is T
        assert fw.unpack_dual(X).tangent is None
        assert fw.unpack_dual(torch.ones(3)).primal.sum() == 3
    assert fw.unpack_dual(dual).tangent is None


def test_two_duals_and_several_outputs() -> None:
    with fw.dual_level():
        a, b = fw.make_dual(X, T), fw.make_dual(T, X)
        same(fw.unpack_dual(a * b).tangent, T * T + X * X)
        values, places = a.sort(1)
        same(fw.unpack_dual(values).tangent, T.gather(1, places))
        assert fw.unpack_dual(places).tangent is None


def test_writes_and_views_carry_tangents() -> None:
    with fw.dual_level():
        made = torch.zeros(3, 4, dtype=X.dtype)
        made[1:] = fw.make_dual(X, T)[1:] ** 2
        tangent = fw.unpack_dual(made).tangent
        same(tangent[0], torch.zeros(4, dtype=X.dtype))
        same(tangent[1:], 2 * X[1:] * T[1:])


def test_reverse_over_forward_and_forward_over_reverse() -> None:
    x = X.clone().requires_grad_()
    with fw.dual_level():
        tangent = fw.unpack_dual(fw.make_dual(x, T).sin().sum()).tangent
        (found,) = torch.autograd.grad(tangent, x)
        same(found, -X.sin() * T)
        dual = fw.make_dual(x, T)
        (first,) = torch.autograd.grad((dual**3).sum(), dual, create_graph=True)
        same(fw.unpack_dual(first).tangent, 6 * X * T)


def test_tangents_travel_in_no_grad() -> None:
    x = X.clone().requires_grad_()
    with torch.no_grad(), fw.dual_level():
        primal, tangent = fw.unpack_dual(fw.make_dual(X, T.float()).sin() * x)
        np.testing.assert_allclose(tangent.numpy(), (T * X.cos() * X).numpy(), atol=1e-6)
        assert not primal.requires_grad
        assert not tangent.requires_grad
    with torch.no_grad():
        assert not (x * 2).requires_grad


def test_levels() -> None:
    with pytest.raises(RuntimeError, match="no level"):
        fw.make_dual(X, T)
    level = fw.enter_dual_level()
    with pytest.raises(RuntimeError, match="Nested"):
        fw.enter_dual_level()
    with pytest.raises(RuntimeError, match="last one"):
        fw.exit_dual_level(level=level + 1)
    dual = fw.make_dual(X, T)
    fw.exit_dual_level(level=level)
    with pytest.raises(RuntimeError, match="exit"):
        fw.exit_dual_level()
    with fw.dual_level():
        assert fw.unpack_dual(dual * 2).tangent is None
    assert isinstance(fw.unpack_dual(X), fw.UnpackedDualTensor)


@pytest.mark.parametrize(
    ("primal", "tangent", "error", "match"),
    [
        (X, T[0], RuntimeError, "same shape"),
        (X, T + 0j, RuntimeError, "same dtype"),
        (X.long(), T, ValueError, "floating point"),
        (X, T.long(), ValueError, "floating point"),
    ],
)
def test_tangents_that_do_not_fit(primal: Any, tangent: Any, error: type[Exception], match: str) -> None:
    with fw.dual_level(), pytest.raises(error, match=match):
        fw.make_dual(primal, tangent)


class Power(Function):
    """Forward and jvp alone."""

    @staticmethod
    def forward(ctx: Any, x: Any, n: int) -> Any:
        ctx.n = n
        ctx.save_for_forward(x)
        return x**n, x * 1

    @staticmethod
    def jvp(ctx: Any, tangent: Any, n: None) -> Any:
        assert n is None
        (x,) = ctx.saved_tensors
        return ctx.n * x ** (ctx.n - 1) * tangent, tangent


def test_a_function_with_jvp_alone() -> None:
    with fw.dual_level():
        power, copy = Power.apply(fw.make_dual(X, T), 3)
        same(fw.unpack_dual(power * copy).tangent, 4 * X**3 * T)
    with pytest.raises(NotImplementedError, match="jvp"):
        Function.jvp(None, X)
    with pytest.raises(NotImplementedError, match="vmap"):
        Function.vmap(None, (0,), X)


# --- checks ----------------------------------------------------------------------------------------------------------


def test_gradcheck_of_forward_mode_and_batches() -> None:
    x = X.clone().requires_grad_()
    z = torch.complex(X, T).requires_grad_()

    def f(a: Any) -> Any:
        return a.sin(), a.cumsum(0)

    assert gradcheck(f, (x,), check_forward_ad=True, check_batched_grad=True, check_batched_forward_grad=True)
    assert gradcheck(lambda a: (a * a.conj() * a).sin(), (z,), check_forward_ad=True)
    assert gradcheck(torch.abs, (z,), check_forward_ad=True, check_backward_ad=False)
    assert gradgradcheck(lambda a: a.sin() * a.sum(), (x,), check_fwd_over_rev=True, check_batched_grad=True)


def test_gradcheck_finds_wrong_tangents() -> None:
    class Wrong(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad * 2

        @staticmethod
        def jvp(ctx: Any, tangent: Any) -> Any:
            return tangent * 3

    x = X.clone().requires_grad_()
    assert gradcheck(Wrong.apply, (x,))
    with pytest.raises(RuntimeError, match="forward mode mismatch"):
        gradcheck(Wrong.apply, (x,), check_forward_ad=True)
    assert not gradcheck(Wrong.apply, (x,), check_forward_ad=True, raise_exception=False)
    with pytest.raises(ValueError, match="at least one"):
        gradcheck(Wrong.apply, (x,), check_backward_ad=False)


def test_gradcheck_is_a_module_too() -> None:
    import torchere.autograd.gradcheck as module

    assert module(torch.sin, (X.clone().requires_grad_(),))
    assert issubclass(module.GradcheckError, RuntimeError)
    assert gradcheck.GradcheckError is module.GradcheckError
    x = X[0].clone().requires_grad_()
    (found,) = module.get_numerical_jacobian_wrt_specific_input(torch.sin, 0, (x,), (x.sin(),), 1e-6)
    np.testing.assert_allclose(found.numpy(), np.diag(X[0].cos().numpy()), atol=1e-8)


# --- torch.autograd.functional ---------------------------------------------------------------------------------------


def test_vectorised_jacobians_and_hessians() -> None:
    def f(a: Any, b: Any) -> Any:
        return (a * b).sin().sum(1), a.sum()

    given = (X[0], X)
    plain = jacobian(f, given)
    for found in (
        jacobian(f, given, vectorize=True),
        jacobian(f, given, vectorize=True, strategy="forward-mode"),
    ):
        for row, wanted in zip(found, plain, strict=True):
            for part, whole in zip(row, wanted, strict=True):
                same(part, whole)
                assert not part.requires_grad

    def g(a: Any, b: Any) -> Any:
        return f(a, b)[0].pow(3).sum()

    plain = hessian(g, given)
    for found in (
        hessian(g, given, vectorize=True),
        hessian(g, given, vectorize=True, outer_jacobian_strategy="forward-mode"),
    ):
        for row, wanted in zip(found, plain, strict=True):
            for part, whole in zip(row, wanted, strict=True):
                same(part, whole)
    x = X[0].clone().requires_grad_()
    assert jacobian(torch.sin, x, create_graph=True, vectorize=True).requires_grad


def test_combinations_that_are_refused() -> None:
    with pytest.raises(NotImplementedError, match="vectorize=True"):
        jacobian(torch.sin, X[0], strategy="forward-mode")
    with pytest.raises(RuntimeError, match="strict"):
        jacobian(torch.sin, X[0], strict=True, vectorize=True)
    with pytest.raises(RuntimeError, match="strict"):
        jacobian(torch.sin, X[0], strict=True, vectorize=True, strategy="forward-mode")
    with pytest.raises(NotImplementedError, match="create_graph"):
        jacobian(torch.sin, X[0], create_graph=True, vectorize=True, strategy="forward-mode")
    with pytest.raises(AssertionError, match="strategy"):
        jacobian(torch.sin, X[0], strategy="sideways")
    with pytest.raises(AssertionError, match="strategy"):
        hessian(torch.sum, X[0], outer_jacobian_strategy="sideways")


# --- settings --------------------------------------------------------------------------------------------------------


def test_settings_are_remembered() -> None:
    from torchere.autograd import grad_mode

    assert grad_mode.is_multithreading_enabled()
    with grad_mode.set_multithreading_enabled(False):
        assert not grad_mode.is_multithreading_enabled()
    assert grad_mode.is_multithreading_enabled()
    grad_mode.set_multithreading_enabled(False)
    assert not grad_mode.is_multithreading_enabled()
    grad_mode.set_multithreading_enabled(True)

    @grad_mode.set_multithreading_enabled(False)
    def inside() -> bool:
        return grad_mode.is_multithreading_enabled()

    assert grad_mode.is_multithreading_enabled()
    assert not inside()
    with torch.autograd.enforce_grad_layout_policy(False):
        x = X.clone().requires_grad_()
        (x * 2).sum().backward()
    same(x.grad, torch.full_like(X, 2.0))


def test_saved_tensors_may_be_written_to() -> None:
    from torchere.autograd.graph import allow_mutation_on_saved_tensors, region_activation_memory_budget

    x = X.clone().requires_grad_()
    with allow_mutation_on_saved_tensors() as scope:
        y = x * 1
        z = y * y
        y.mul_(100)
        z.sum().backward()
        same(x.grad, 2 * X)
        with pytest.raises(RuntimeError, match="nested"), allow_mutation_on_saved_tensors():
            pass
        late = (x * x).sum()
        scope.clear()
        with pytest.raises(RuntimeError, match="clear"):
            late.backward()
        late = (x * x).sum()
    with pytest.raises(RuntimeError, match="outside"):
        late.backward()
    with pytest.raises(RuntimeError, match=r"torch\.compile"):
        region_activation_memory_budget(0.5)
