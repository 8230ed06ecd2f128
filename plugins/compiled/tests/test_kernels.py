"""Every compiled kernel passes the operator kit and agrees with NumPy's kernel, gradients included."""

import numpy as np
import pytest

import torchere as torch
from torchere import plugins
from torchere.testing.checking import run_items
from torchere.testing.plan import operator_items
from torchere.testing.report import Report

F = torch.nn.functional
NAN, INF = float("nan"), float("inf")

#: Public operators whose cases reach kernels.
QUICK = ("add", "softmax")
SLOW = (
    *("exp", "sum", "max_pool2d", "batch_norm", "gather", "topk", "where", "cumsum"),
    *("sub", "mul", "div", "maximum", "minimum", "neg", "abs", "sqrt", "tanh", "log", "round", "remainder", "relu"),
    *("mean", "amax", "amin", "log_softmax", "cross_entropy", "max_pool1d", "cumprod", "cummax", "cummin", "sigmoid"),
    *("silu", "gelu", "embedding", "index_add", "index_select", "scatter_add", "scatter_reduce", "index_put"),
)


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_the_operator_kit(name, compiled, two_threads):
    items = [
        item
        for tier in (1, 2)
        for item in operator_items("cpu", tier)
        if item.id.split("/")[1] == name and item.dtype in ("", "float32", "float64", "bfloat16")
    ]
    assert items
    report = Report("cpu", "device", 3)
    run_items(items, report)
    assert not report.failed, report.summary()
    assert compiled.total()


def _draw(*shape, seed=0, dtype=np.float32):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def _classes(*shape, count=7, seed=3):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, count, shape))


CASES = {
    "max_pool max_pool_gradient": [
        (lambda x: F.max_pool2d(x, 2), ((2, 3, 9, 8),)),
        (lambda x: F.max_pool2d(x, 3, 2, 1), ((2, 3, 9, 8),)),
        (lambda x: F.max_pool2d(x, 3, 1, 1, return_indices=True)[0], ((2, 3, 9, 8),)),
        (lambda x: F.max_pool2d(x, (3, 2), 3, 1, 2, ceil_mode=True), ((2, 3, 19, 18),)),
        (lambda x: F.max_pool1d(x, 3, 2, 1), ((2, 3, 19),)),
    ],
    "_batch_norm_train _batch_norm_backward": [
        (lambda x, w, b: F.batch_norm(x, None, None, w, b, True), ((4, 3, 9, 8), (3,), (3,))),
        (lambda x: F.batch_norm(x, None, None, None, None, True), ((4, 3, 19),)),
    ],
    "softmax _softmax_backward_data": [
        (lambda x: x.softmax(-1), ((5, 6, 70),)),
        (lambda x: x.softmax(1), ((5, 6, 300),)),
        (lambda x: x.softmax(0), ((5, 6),)),
    ],
    "log_softmax _log_softmax_backward_data": [
        (lambda x: x.log_softmax(-1), ((5, 6, 7),)),
        (lambda x: x.log_softmax(1), ((5, 6, 300),)),
    ],
    "row_cross_entropy row_cross_entropy_backward": [
        (lambda x: F.cross_entropy(x, _classes(20)), ((20, 7),)),
        (lambda x: F.cross_entropy(x, _classes(20), ignore_index=3), ((20, 7),)),
        (lambda x: F.cross_entropy(x, _classes(20), ignore_index=3, reduction="none"), ((20, 7),)),
        (lambda x: F.cross_entropy(x, _classes(20, count=90), reduction="sum"), ((20, 90),)),
    ],
    "cumsum": [(lambda x: x.cumsum(1), ((3, 50, 4),)), (lambda x: x.cumsum(1), ((11, 50),))],
    "cumprod": [(lambda x: x.cumprod(0), ((30, 4),)), (lambda x: x.cumprod(1), ((13, 5),))],
    "cummax": [(lambda x: x.cummax(1)[0], ((3, 50),)), (lambda x: x.cummax(0)[0], ((50, 3),))],
    "cummin": [(lambda x: x.cummin(1)[0], ((3, 50),)), (lambda x: x.cummin(0)[0], ((30, 5),))],
    "_embedding _embedding_backward": [
        (lambda w: F.embedding(_classes(6, 10), w, padding_idx=2), ((9, 40),)),
        (lambda w: F.embedding(_classes(60), w, scale_grad_by_freq=True), ((9, 40),)),
    ],
    "index_add": [(lambda x, s: x.index_add(0, _classes(30), s, alpha=2), ((7, 40), (30, 40)))],
    "index_put": [(lambda x: x[_classes(30)], ((7, 40),))],
    "index_select": [(lambda x: x.index_select(0, _classes(30)), ((7, 4),))],
    "gather scatter_add": [
        (lambda x: x.gather(1, _classes(3, 20)), ((3, 7),)),
        (lambda x: x.gather(0, _classes(20, 3)), ((7, 3),)),
    ],
    "scatter_add": [(lambda x, s: x.scatter_add(1, _classes(3, 20), s), ((3, 7), (3, 20)))],
    "scatter_reduce": [(lambda x, s: x.scatter_reduce(0, _classes(20, 3), s, "sum"), ((7, 3), (20, 3)))],
    "topk": [
        (lambda x: x.topk(3, 1)[0], ((6, 50),)),
        (lambda x: x.topk(5, 0, largest=False)[0], ((30, 5),)),
    ],
    "relu threshold_backward": [(F.relu, ((30, 9),))],
    "where": [
        (lambda x, y: torch.where(x > 0, x, y), ((30, 9), (30, 9))),
        (lambda x: torch.where(x > 0, x, 2), ((9,),)),
    ],
    "sigmoid": [(torch.sigmoid, ((30, 9),))],
    "silu silu_backward": [(F.silu, ((30, 9),))],
    "add mul": [(lambda x, y: x + y * 2, ((30, 9), (9,))), (lambda x, y: x + y.mT * 2, ((30, 9), (9, 30)))],
    "exp": [(torch.exp, ((300,),)), (lambda x: x.mT.exp(), ((30, 9),))],
    "sum": [
        (lambda x: x.sum(), ((301, 7),)),
        (lambda x: x.sum(1, keepdim=True), ((30, 7),)),
        (lambda x: x.sum((0, 1)), ((3, 300, 70),)),
        (lambda x: x.sum((0, 2, 3)), ((3, 30, 7, 5),)),
    ],
    "mean": [(lambda x: x.mean((1, 2)), ((5, 30, 70),))],
    "amax": [(lambda x: x.amax(1), ((30, 7),))],
    "amin": [(lambda x: x.amin(), ((30, 70),))],
}
CASES = [(kernels, *case) for kernels, cases in CASES.items() for case in cases]


@pytest.mark.parametrize("dtype", [np.float32, pytest.param(np.float64, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("kernels", "function", "shapes"), CASES)
def test_values_and_gradients_equal_numpys(kernels, function, shapes, dtype, compiled, two_threads):
    found = []
    for name in ("compiled", "cpu"):
        with plugins.prefer(name):
            tensors = [_draw(*shape, seed=i, dtype=dtype).requires_grad_() for i, shape in enumerate(shapes)]
            y = function(*tensors)
            found.append([y, *torch.autograd.grad(y, tensors, _draw(*y.shape, seed=9, dtype=dtype))])
        if name == "compiled":
            assert all(compiled[kernel] for kernel in kernels.split()), compiled
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


def test_batch_norm_of_evaluation_equals_numpys(compiled, two_threads):
    x, weight, bias = _draw(4, 3, 9, 8), _draw(3, seed=1), _draw(3, seed=2)
    _both(lambda: [F.batch_norm(x, weight, weight**2 + 1, bias, weight), F.batch_norm(x, weight, weight**2 + 1)])
    assert compiled["_batch_norm_eval"] == 2


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_equals_numpys(approximate, compiled, two_threads):
    x = torch.cat([_draw(300) * 3, torch.tensor([0.0, -0.0, 30, -30, 1e30, -1e30, INF, NAN])]).requires_grad_()
    found = []
    for name in ("compiled", "cpu"):
        with plugins.prefer(name):
            y = F.gelu(x, approximate=approximate)
            found.append([y, *torch.autograd.grad(y.sum(), x)])
    assert compiled["gelu"]
    assert compiled["gelu_backward"]
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours[:-4], theirs[:-4], rtol=1e-5, atol=2e-6)
    torch.testing.assert_close(found[0][0], found[1][0], rtol=1e-5, atol=2e-6, equal_nan=True)


def _both(function):
    found = []
    for name in ("compiled", "cpu"):
        with plugins.prefer(name):
            found.append(function())
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6, equal_nan=True)


SPECIAL = [[NAN, 1, 2, 1], [1, NAN, NAN, 0], [-INF, -INF, -INF, -INF], [0.0, -0.0, -0.0, 0.0], [INF, 3, INF, -INF]]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.max_pool1d(x[None], 3, 1, 1, return_indices=True),
        lambda x: F.max_pool2d(x[None], 2, 1, 1, return_indices=True),
        lambda x: F.max_pool2d(x[None, :4], 2, return_indices=True),
        lambda x: F.max_pool2d(x[None], 3, 1, 1, return_indices=True),
        lambda x: x.topk(3, 1),
        lambda x: x.topk(4, 1, largest=False),
        lambda x: [*x.cummax(1), *x.cummax(0)],
        lambda x: [*x.cummin(1), *x.cummin(0)],
        lambda x: [x.amax(1), x.amin(1), x.sum(1), x.mean(), x.max(), x.min()],
        lambda x: [F.relu(x), torch.where(x > 0, x, 0), x.sigmoid(), x.exp()],
        lambda x: [x.softmax(1), x.softmax(0), x.log_softmax(1), x.log_softmax(0)],
        lambda x: [F.cross_entropy(x, _classes(5, count=4), reduction="none")],
    ],
)
def test_nan_ties_and_infinities(function, compiled, two_threads):
    x = torch.tensor(SPECIAL)
    _both(lambda: function(x))
    assert compiled.total()


def test_the_sign_of_zero_survives(compiled):
    x = torch.tensor([[-0.0, 0.0], [0.0, -0.0]])
    assert torch.signbit(F.max_pool2d(x[None], 2, return_indices=True)[0]).tolist() == [[[True]]]
    assert torch.signbit(torch.where(x == 0, x, 1)).tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize("low", [-87.3, -80, -1])
def test_exponentials_are_exact_to_two_units_in_the_last_place(low):
    pytest.importorskip("numba")
    from torchere_compiled.loops.exponential import exp_double, exp_single

    for function, dtype in ((exp_single, np.float32), (exp_double, np.float64)):
        x = np.linspace(low, -low, 3000).astype(dtype)
        found = np.array([function(dtype(value)) for value in x])
        exact = np.exp(x.astype(np.longdouble))
        assert np.abs((found - exact) / np.spacing(exact.astype(dtype))).max() < 2
        assert function(dtype(NAN)) != function(dtype(NAN))
        assert [function(dtype(value)) for value in (INF, -INF, 0)] == [INF, 0, 1]


@pytest.mark.parametrize(
    ("make", "kernel"),
    [
        (lambda p: torch.optim.SGD(p, 0.1), "fused_sgd_"),
        (lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.1, nesterov=True), "fused_sgd_"),
        (lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, dampening=0.5, maximize=True), "fused_sgd_"),
        (lambda p: torch.optim.Adam(p, 0.1, weight_decay=0.1), "fused_adam_"),
        (lambda p: torch.optim.Adam(p, 0.1, amsgrad=True, maximize=True), "fused_adam_"),
        (lambda p: torch.optim.AdamW(p, 0.1, weight_decay=0.1), "fused_adam_"),
    ],
)
def test_optimizers_step_as_with_numpy(make, kernel, compiled, two_threads):
    found = []
    for name in ("compiled", "cpu"):
        with plugins.prefer(name):
            parameters = [_draw(30, 5).requires_grad_(), _draw(5, 4).mT.requires_grad_()]
            optimizer = make(parameters)
            for step in range(4):
                for parameter in parameters:
                    parameter.grad = _draw(*parameter.shape, seed=step)
                optimizer.step()
            found.append(parameters)
    assert compiled[kernel]
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_in_place_writes_into_the_same_memory(compiled, two_threads):
    x = _draw(40, 3)
    wanted, start = x.numpy() + 1, x.data_ptr()
    x += torch.ones(40, 3)
    assert x.data_ptr() == start
    assert np.array_equal(x.numpy(), wanted)
    assert compiled["add"] == 1


def test_ranges_of_overlapping_arrays_are_numpys(two_threads):
    pytest.importorskip("numba")
    from torchere_compiled.pointwise import apply

    x = np.arange(50.0)
    # One range would read what another has written.
    assert apply(np.add, (x[1:], x[:-1]), x[1:], x.dtype) is NotImplemented
    assert apply(np.add, (x, x), x, x.dtype) is x
    assert x.tolist() == list(range(0, 100, 2))


def test_indices_out_of_range_are_numpys_to_refuse(compiled):
    x = _draw(4, 5)
    with pytest.raises(RuntimeError, match="out of bounds"):
        x.gather(1, torch.full((4, 5), 5))
    with pytest.raises(IndexError):
        x[torch.tensor([4])]
    with pytest.raises(IndexError, match="Target 9"):
        F.cross_entropy(x, torch.full((4,), 9))
