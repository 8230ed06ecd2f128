"""``torch.func``: composition of transforms, nesting of arguments, modules, randomness, errors."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest

import torchere as torch
from torchere import func
from torchere.autograd import Function
from torchere.func import (
    functional_call,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    stack_module_state,
    vjp,
    vmap,
)

X = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 4)))
T = torch.from_numpy(np.random.default_rng(1).standard_normal((3, 4)))


def same(got: Any, wanted: Any, tolerance: float = 1e-10) -> None:
    assert tuple(got.shape) == tuple(wanted.shape)
    np.testing.assert_allclose(got.detach().numpy(), wanted.detach().numpy(), rtol=tolerance, atol=tolerance)


def cubes(x: Any) -> Any:
    return (x**3).sum() * x[0]


# --- composition -----------------------------------------------------------------------------------------------------


def test_vmap_of_grad_and_grad_of_vmap() -> None:
    same(vmap(grad(lambda x: (x.sin() ** 2).sum()))(X), 2 * X.sin() * X.cos())
    same(grad(lambda x: vmap(lambda row: (row * row).sum())(x).sum())(X), 2 * X)


def test_grad_of_grad() -> None:
    same(grad(grad(torch.sin))(X[0, 0]), -X[0, 0].sin())
    same(vmap(vmap(grad(grad(grad(torch.sin)))))(X), -X.cos())


def test_inner_grad_does_not_see_the_outer_argument() -> None:
    one = torch.tensor(1.0)
    same(grad(lambda x: x * grad(lambda y: x + y)(one))(one), torch.tensor(1.0))
    same(jvp(lambda x: x * jvp(lambda y: x + y, (one,), (one,))[1], (one,), (one,))[1], torch.tensor(1.0))


def test_jacobians_agree_at_any_depth() -> None:
    def f(x: Any) -> Any:
        return (x.sin() * x.sum()).softmax(0)

    x = X[0]
    first = jacrev(f)(x)
    same(jacfwd(f)(x), first)
    second = jacrev(jacrev(f))(x)
    for outer, inner in ((jacfwd, jacrev), (jacrev, jacfwd), (jacfwd, jacfwd)):
        same(outer(inner(f))(x), second)
    same(vmap(jacfwd(jacrev(f)))(X)[0], second)
    same(jacrev(lambda z: vmap(f)(z))(X)[1, :, 1], jacrev(f)(X[1]))


def test_hessian_of_cubes_by_hand() -> None:
    x = X[0]
    wanted = torch.diag(6 * x * x[0])
    wanted[0] += 3 * x**2
    wanted[:, 0] += 3 * x**2
    same(hessian(cubes)(x), wanted)
    same(vmap(hessian(cubes))(X)[0], wanted)
    assert not hessian(cubes)(x).requires_grad


def test_vmap_over_jvp_and_jvp_over_vmap() -> None:
    wanted = T * X.cos() * X + X.sin() * T
    same(vmap(lambda x, t: jvp(lambda y: y.sin() * y, (x,), (t,))[1])(X, T), wanted)
    same(jvp(vmap(lambda y: y.sin() * y), (X,), (T,))[1], wanted)


def test_grad_of_jvp_and_jvp_of_grad() -> None:
    ones = torch.ones_like(X)
    same(grad(lambda x: jvp(torch.sin, (x,), (ones,))[1].sum())(X), -X.sin())
    same(jvp(grad(lambda x: x.sin().sum()), (X,), (T,))[1], -X.sin() * T)


def test_per_example_weights_inside_vmap() -> None:
    """The derivative with respect to a value that is the same for all examples differs by example."""
    w = X[0]
    found = vmap(lambda x: grad(lambda v: (v * x).sin().sum())(w))(X)
    same(found, X * (w * X).cos())
    same(vmap(lambda x: jvp(lambda v: v * x, (w,), (w,))[1])(X), w * X)


def test_nested_vmap_with_in_dims() -> None:
    product = vmap(vmap(lambda a, b: a @ b, in_dims=(None, 0)), in_dims=(0, None))
    same(product(X, T), X @ T.T)
    same(vmap(vmap(lambda a: a * 2), in_dims=1, out_dims=1)(X), X * 2)


def test_autograd_inside_vmap() -> None:
    def f(x: Any) -> Any:
        y = x.detach().requires_grad_()
        (found,) = torch.autograd.grad((y**2).sum(), y)
        return found

    same(vmap(f)(X), 2 * X)


def test_gradients_reach_tensors_outside() -> None:
    w = X[0].clone().requires_grad_()
    vmap(lambda x: (w * x).sum())(X).sum().backward()
    same(w.grad, X.sum(0))
    x = X[0].clone().requires_grad_()
    first = grad(cubes)(x)
    assert first.requires_grad
    (second,) = torch.autograd.grad(first.sum(), x)
    same(second, hessian(cubes)(X[0]).sum(0))
    with torch.no_grad():
        assert not grad(cubes)(x).requires_grad


# --- forms of the arguments ------------------------------------------------------------------------------------------


def test_nested_arguments_and_results() -> None:
    Pair = namedtuple("Pair", "a b")

    def f(tree: Any) -> Any:
        return {"sum": tree["x"].sum(), "pair": Pair(tree["y"][0] + 1, [tree["x"]])}

    found = vmap(f)({"x": X, "y": (T,)})
    same(found["sum"], X.sum(1))
    same(found["pair"].a, T + 1)
    same(found["pair"].b[0], X)
    assert isinstance(found["pair"], Pair)
    found = vmap(lambda tree, z: tree["x"] + z, in_dims=({"x": 1}, None))({"x": X}, T[:, 0])
    same(found, (X + T[:, :1]).T)


def test_out_dims() -> None:
    a, b = vmap(lambda x: (x, x.sum()), out_dims=(1, 0))(X)
    same(a, X.T)
    same(b, X.sum(1))
    same(vmap(lambda x: T, out_dims=None)(X), T)
    same(vmap(lambda x: x[:, None], out_dims=-1)(X), X.T[:, None])


def test_keyword_arguments_are_not_mapped() -> None:
    found = vmap(lambda x, other: x + other, chunk_size=2)(X, other=T)
    same(found, X[:, None] + T)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_chunks(size: int) -> None:
    same(vmap(lambda x, y: x * y, in_dims=(0, 1), out_dims=1, chunk_size=size)(X, T.T), (X * T).T)
    same(jacrev(torch.sin, chunk_size=size)(X[0]), torch.diag(X[0].cos()))


def test_argnums_and_aux() -> None:
    found = grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(X, T)
    same(found[0], T)
    same(found[1], X)
    gradient, aux = grad(lambda a: ((a * a).sum(), {"twice": 2 * a}), has_aux=True)(X)
    same(gradient, 2 * X)
    same(aux["twice"], 2 * X)
    assert not aux["twice"].requires_grad
    gradient, (value, aux) = grad_and_value(lambda a: ((a * a).sum(), a), has_aux=True)(X)
    same(value, (X * X).sum())
    jacobian, aux = jacrev(lambda a: (a.sin(), a), has_aux=True)(X[0])
    same(jacobian, torch.diag(X[0].cos()))
    jacobian, aux = jacfwd(lambda a: (a.sin(), a), has_aux=True)(X[0])
    same(aux, X[0])
    _, tangent, _ = jvp(lambda a: (a.sin(), a), (X,), (T,), has_aux=True)
    same(tangent, T * X.cos())
    found = jacfwd(lambda a, b: {"r": a @ b}, argnums=(0, 1))(X, T.T)
    assert tuple(found["r"][0].shape) == (3, 3, 3, 4)
    found = grad(lambda tree: (tree["w"] ** 2).sum() + tree["b"].sum())({"w": X, "b": T})
    same(found["b"], torch.ones_like(T))


def test_vjp_and_linearize_can_be_called_again() -> None:
    output, pull = vjp(lambda a, b: {"p": a * b}, X, T)
    same(output["p"], X * T)
    for _ in range(2):
        a, b = pull({"p": X})
        same(a, T * X)
        same(b, X * X)
    value, push = linearize(lambda a: a.sin(), X)
    same(value, X.sin())
    same(push(T), T * X.cos())
    same(vmap(push)(torch.stack([T, X])), torch.stack([T * X.cos(), X * X.cos()]))
    _, pull, _ = vjp(lambda a: (a.sin(), a), X, has_aux=True)
    same(pull(X)[0], X * X.cos())


def test_unused_and_constant() -> None:
    same(grad(lambda a, b: a.sum(), argnums=1)(X, T), torch.zeros_like(T))
    same(jvp(lambda a: T * 2, (X,), (T,))[1], torch.zeros_like(T))
    same(jacfwd(lambda a: T[0])(X[0]), torch.zeros(4, 4, dtype=X.dtype))


# --- inside the mapped function --------------------------------------------------------------------------------------


def test_writes_in_place() -> None:
    def f(x: Any) -> Any:
        z = x.new_zeros(4)
        z[1] = x[0]
        z[2:] += x[2:]
        return z.mul_(x)

    wanted = torch.stack([torch.stack([r[0] * 0, r[0] * r[1], r[2] * r[2], r[3] * r[3]]) for r in X])
    same(vmap(f)(X), wanted)
    first = grad(lambda x: vmap(f)(x).sum())(X)
    same(first, torch.stack([torch.stack([r[1], r[0], 2 * r[2], 2 * r[3]]) for r in X]))
    inside = X.clone()
    vmap(lambda x: x.mul_(2))(inside)
    same(inside, 2 * X)
    same(grad(lambda x: x.clone().sin_().sum())(X), X.cos())


def test_a_write_into_what_all_share_is_refused() -> None:
    shared = torch.zeros(4, dtype=X.dtype)
    with pytest.raises(RuntimeError, match="vmap"):
        vmap(lambda x: shared.add_(x))(X)
    with pytest.raises(RuntimeError, match="vmap"):
        vmap(lambda x: shared.copy_(x))(X)
    same(shared, torch.zeros(4, dtype=X.dtype))


def test_indexing_by_mapped_and_plain_indices() -> None:
    places = torch.tensor([[0, 3], [1, 1], [2, 0]])
    same(vmap(lambda x, i: x[i])(X, places), torch.stack([x[i] for x, i in zip(X, places, strict=True)]))
    same(vmap(lambda x, i: x[i[0]])(X, places), torch.stack([x[i[0]] for x, i in zip(X, places, strict=True)]))
    same(vmap(lambda i: X[:, i])(places), torch.stack([X[:, i] for i in places]))
    same(vmap(lambda x: x[X[0] > 0])(X), X[:, X[0] > 0])
    cube = torch.from_numpy(np.random.default_rng(2).standard_normal((3, 2, 4, 5)))
    rows = torch.tensor([1, 0, 1])
    found = vmap(lambda c, i: c[:, i, i])(cube, places)
    same(found, torch.stack([c[:, i, i] for c, i in zip(cube, places, strict=True)]))
    same(vmap(lambda c: c[rows, :, rows])(cube), torch.stack([c[rows, :, rows] for c in cube]))


def test_detach_stops_outer_gradients() -> None:
    same(grad(lambda x: vmap(lambda r: (r.detach() * r).sum())(x).sum())(X), X)


@pytest.mark.parametrize("call", [lambda x: x.sum().item(), lambda x: float(x.sum()), lambda x: x.tolist()])
def test_values_are_refused(call: Any) -> None:
    with pytest.raises(RuntimeError, match="item"):
        vmap(call)(X)


def test_control_flow_is_refused() -> None:
    with pytest.raises(RuntimeError, match="data-dependent control flow"):
        vmap(lambda x: x if x.sum() > 0 else -x)(X)
    with pytest.raises(RuntimeError, match="dynamic shape"):
        vmap(lambda x: (x > 0).nonzero())(X)


# --- randomness ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "draw",
    [
        lambda x: torch.randn(5),
        lambda x: torch.rand(5),
        lambda x: torch.randint(0, 1000, (5,)),
        lambda x: torch.randperm(50),
        lambda x: torch.dropout(torch.ones(50), 0.5, True),
        lambda x: torch.bernoulli(torch.full((50,), 0.5)),
    ],
)
def test_randomness(draw: Any) -> None:
    with pytest.raises(RuntimeError, match="randomness"):
        vmap(draw)(X)
    rows = vmap(draw, randomness="same")(X)
    assert (rows[0] == rows[1]).all()
    rows = vmap(draw, randomness="different")(X)
    assert not (rows[0] == rows[1]).all()
    nested = vmap(lambda x: vmap(draw, randomness="different")(x), randomness="same")(X)
    assert (nested[0] == nested[1]).all()
    assert not (nested[0, 0] == nested[0, 1]).all()


def test_dropout_of_mapped_tensors() -> None:
    ones = torch.ones(3, 100)
    rows = vmap(lambda x: torch.dropout(x, 0.5, True), randomness="different")(ones)
    assert set(rows.unique().tolist()) == {0.0, 2.0}
    assert not (rows[0] == rows[1]).all()


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: vmap(torch.sin)(), ValueError, "got no inputs"),
        (lambda: vmap(torch.sin, in_dims=0)(3), ValueError, "non-Tensor"),
        (lambda: vmap(torch.sin, in_dims=5)(X), ValueError, "in_dim"),
        (lambda: vmap(torch.sin, in_dims="x")(X), ValueError, "in_dims"),
        (lambda: vmap(torch.sin, in_dims=(0, 0))(X), ValueError, "not compatible"),
        (lambda: vmap(torch.add, in_dims=(None, None))(X, X), ValueError, "at least one"),
        (lambda: vmap(torch.add)(X, T[:2]), ValueError, "same size"),
        (lambda: vmap(lambda x: 3)(X), ValueError, "must only return Tensors"),
        (lambda: vmap(torch.sin, out_dims=None)(X), ValueError, "out_dim"),
        (lambda: vmap(torch.sin, randomness="x")(X), RuntimeError, "randomness"),
        (lambda: vmap(torch.sin, chunk_size=0)(X), ValueError, "chunk_size"),
        (lambda: grad(torch.sin)(X), RuntimeError, "scalar"),
        (lambda: grad(lambda x: 3)(X), RuntimeError, "to return a tensor"),
        (lambda: grad(lambda x: x.sum() + 0j)(X), RuntimeError, "real scalar"),
        (lambda: vmap(torch.add, in_dims=[0, None])(X, 3), ValueError, "not compatible"),
        (lambda: vmap(lambda x: [x, x], out_dims=(0, 1))(X), ValueError, "not compatible"),
        (lambda: grad(torch.sum, argnums=1)(X), RuntimeError, "argnum"),
        (lambda: grad(torch.sum)(X.long()), RuntimeError, "floating point"),
        (lambda: vjp(torch.sin, X)[1]((X, X)), RuntimeError, "structure"),
        (lambda: jvp(torch.sin, X, X), RuntimeError, "tuple"),
        (lambda: jvp(torch.sin, (X,), (X, X)), RuntimeError, "structure"),
        (lambda: jvp(torch.sin, (X,), (X[0],)), RuntimeError, "shape"),
        (lambda: jacrev(lambda x: 3)(X), RuntimeError, "tensors"),
    ],
)
def test_errors(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call()


def test_a_tensor_that_outlives_its_vmap() -> None:
    kept: list[Any] = []
    vmap(lambda x: kept.append(x) or x)(X)
    with pytest.raises(RuntimeError, match="after the vmap has returned"):
        kept[0] + 1


# --- modules ---------------------------------------------------------------------------------------------------------


def test_gradients_of_each_example() -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(32, 3)
    ).double()
    images = torch.randn(5, 1, 6, 6, dtype=torch.float64)
    labels = torch.tensor([0, 2, 1, 1, 0])
    parameters = {name: value.detach() for name, value in model.named_parameters()}

    def loss(values: Any, image: Any, label: Any) -> Any:
        scores = functional_call(model, values, (image[None],))
        return torch.nn.functional.cross_entropy(scores, label[None])

    found = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, images, labels)
    for index in range(5):
        model.zero_grad()
        torch.nn.functional.cross_entropy(model(images[index : index + 1]), labels[index : index + 1]).backward()
        for name, value in model.named_parameters():
            same(found[name][index], value.grad)
    assert all(parameter is model.get_parameter(name) for name, parameter in model.named_parameters())


def test_ensemble_and_embedding() -> None:
    torch.manual_seed(0)
    models = [torch.nn.Sequential(torch.nn.Embedding(7, 3), torch.nn.LayerNorm(3)).double() for _ in range(4)]
    words = torch.tensor([[0, 6], [2, 2]])
    parameters, buffers = stack_module_state(models)
    found = vmap(lambda p, b: functional_call(models[0], (p, b), (words,)))(parameters, buffers)
    same(found, torch.stack([model(words) for model in models]))
    table = {name: value.detach() for name, value in models[0].named_parameters()}
    gradients = vmap(grad(lambda p, w: functional_call(models[0], p, (w,)).pow(3).sum()), in_dims=(None, 0))(
        table, words
    )
    for index in range(2):
        models[0].zero_grad()
        models[0](words[index]).pow(3).sum().backward()
        same(gradients["0.weight"][index], models[0][0].weight.grad)


def test_functional_call_ties_and_refuses() -> None:
    module = torch.nn.Module()
    module.a = torch.nn.Linear(2, 2, bias=False)
    module.b = module.a
    module.forward = lambda x: module.b(module.a(x))  # type: ignore[method-assign]
    eye = torch.eye(2)
    same(functional_call(module, {"a.weight": 2 * eye}, (eye,)), 4 * eye)
    with pytest.raises(ValueError, match="tied"):
        functional_call(module, {"a.weight": eye, "b.weight": 2 * eye}, (eye,))
    with pytest.raises(RuntimeError, match="key"):
        functional_call(module, {"a.weight": eye, "c": eye}, (eye,), strict=True)
    with pytest.raises(ValueError, match="multiple dictionaries"):
        functional_call(module, [{"a.weight": eye}, {"a.weight": eye}], (eye,))
    with pytest.raises(RuntimeError, match="at least one model"):
        stack_module_state([])


def test_one_maml_step() -> None:
    """The gradient through an inner gradient step, against differences."""

    def after_step(w: Any) -> Any:
        inner = grad(lambda v: ((X @ v - 1) ** 2).mean())(w)
        return ((T @ (w - 0.1 * inner) - 2) ** 2).mean()

    w = X[1]
    found = grad(after_step)(w)
    for place in range(4):
        step = torch.zeros(4, dtype=X.dtype)
        step[place] = 1e-6
        same(found[place], (after_step(w + step) - after_step(w - step)) / 2e-6, 1e-6)


# --- custom functions ------------------------------------------------------------------------------------------------


class Cube(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any, scale: float) -> Any:
        return x**3 * scale

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.scale = inputs[1]
        ctx.save_for_backward(inputs[0])
        ctx.save_for_forward(inputs[0])

    @staticmethod
    def backward(ctx: Any, grad_output: Any) -> Any:
        (x,) = ctx.saved_tensors
        return grad_output * 3 * x**2 * ctx.scale, None

    @staticmethod
    def jvp(ctx: Any, tangent: Any, _: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 30 * tangent * x**2 * ctx.scale  # ten times too much: so one sees that it is asked


class OwnRule(Cube):
    generate_vmap_rule = False

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any, scale: float) -> Any:
        assert info.batch_size == 3
        assert in_dims == (0, None)
        return OwnRule.apply(x.movedim(0, -1), scale), -1


@pytest.mark.parametrize("kind", [Cube, OwnRule])
def test_a_function_under_transforms(kind: Any) -> None:
    def f(x: Any) -> Any:
        return kind.apply(x, 2.0)

    same(vmap(f)(X), 2 * X**3)
    same(vmap(grad(lambda x: f(x).sum()))(X), 6 * X**2)
    same(grad(lambda x: vmap(f)(x).sum())(X), 6 * X**2)
    same(grad(lambda x: vmap(grad(lambda r: f(r).sum()))(x).sum())(X), 12 * X)
    same(jvp(f, (X,), (T,))[1], 60 * T * X**2)
    same(vmap(lambda x, t: jvp(f, (x,), (t,))[1])(X, T), 60 * T * X**2)


def test_a_function_without_a_rule() -> None:
    class Bare(Cube):
        generate_vmap_rule = False

    with pytest.raises(RuntimeError, match="vmap support"):
        vmap(lambda x: Bare.apply(x, 1.0))(X)

    class Old(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

    with pytest.raises(RuntimeError, match="setup_context"):
        vmap(Old.apply)(X)


# --- the rest --------------------------------------------------------------------------------------------------------


def test_gradients_for_batches_of_directions() -> None:
    x = X.clone().requires_grad_()
    rows = (x**2).sum(1)
    (found,) = torch.autograd.grad(rows, x, torch.eye(3, dtype=X.dtype), is_grads_batched=True)
    same(found.sum(0), 2 * X)
    assert not found.requires_grad


def test_rearrange() -> None:
    x = torch.arange(24).reshape(2, 3, 4)
    assert (func.rearrange(x, "a b c -> (a c) b") == x.permute(0, 2, 1).reshape(8, 3)).all()
    assert (func.rearrange(x, "a (d b) ... -> d a ... b", b=3) == x.permute(0, 2, 1)[None]).all()
    assert tuple(func.rearrange([x, x], "n ... -> ... n 1").shape) == (2, 3, 4, 2, 1)
    assert tuple(vmap(lambda t: func.rearrange(t, "b c -> c b"))(x).shape) == (2, 4, 3)
    for pattern in ("a b -> a b", "a b c -> a b", "a a c -> a c", "a b c", "(a (b c)) -> a b c"):
        with pytest.raises(ValueError, match="rearrange"):
            func.rearrange(x, pattern)


def test_debug_unwrap_and_functionalize() -> None:
    seen: list[Any] = []
    vmap(lambda x: seen.append(func.debug_unwrap(x)) or x)(X)
    same(seen[0], X)
    assert func.debug_unwrap(X) is X
    same(func.functionalize(lambda x: x.clone().mul_(2))(X), 2 * X)
    with pytest.raises(RuntimeError, match="remove"):
        func.functionalize(torch.sin, remove="x")


def test_batch_norms_without_statistics() -> None:
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1)).double()
    func.replace_all_batch_norm_modules_(model)
    assert model[0].running_mean is None
    same(vmap(model)(torch.stack([X, T])), torch.stack([model(X), model(T)]))


def test_containers_are_rebuilt() -> None:
    found = vmap(lambda d: OrderedDict(reversed(list(d.items()))))(OrderedDict(a=X, b=T))
    assert isinstance(found, OrderedDict)
    assert list(found) == ["b", "a"]


def test_a_mapped_tensor_prints_what_it_holds() -> None:
    texts: list[str] = []
    vmap(lambda x: texts.append(repr(x)) or x)(torch.tensor([1.0, 2.0]))
    assert texts[0].startswith("BatchedTensor(lvl=1, bdim=0")
    assert "tensor([1., 2.])" in texts[0]


def test_transforms_on_threads_do_not_meet() -> None:
    from concurrent.futures import ThreadPoolExecutor

    def work(seed: int) -> Any:
        x = X + seed
        for _ in range(5):
            same(vmap(hessian(cubes))(x)[0], hessian(cubes)(x[0]))
            same(vmap(lambda r: vmap(lambda v: v * 2)(r))(x), 2 * x)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(8)))


def test_top_level_vmap() -> None:
    assert torch.vmap is vmap
    assert set(func.__all__) <= set(dir(func))
