"""Every oneDNN kernel passes the operator kit, and says no where it should."""

import os
import threading

import numpy as np
import pytest

import torchere as torch
from torchere import plugins
from torchere.testing.checking import run_items
from torchere.testing.plan import operator_items
from torchere.testing.report import Report

F = torch.nn.functional


def _ours():
    plugins.load_kernels("cpu")
    return sorted({kernel.op for kernel in plugins.dispatcher.kernels_of(device="cpu") if kernel.plugin == "onednn"})


#: Public operators whose cases reach the kernels.
REACHING = (
    *("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution"),
    *("softmax", "log_softmax", "layer_norm", "gelu", "silu", "matmul", "convolution_weight_gradient"),
)


@pytest.mark.parametrize("name", REACHING)
def test_the_operator_kit(name, onednn):
    items = [
        item
        for tier in (1, 2)
        for item in operator_items("cpu", tier)
        if item.id.split("/")[1] == name and item.dtype in ("", "float32", "bfloat16")
    ]
    assert items
    before = onednn.counts()
    report = Report("cpu", "device", 3)
    run_items(items, report)
    assert not report.failed, report.summary()
    assert onednn.counts() != before


def _draw(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


@pytest.mark.parametrize(
    ("function", "operands"),
    [
        (lambda x, w: F.conv2d(x, w, padding=1), ((2, 4, 9, 7), (6, 4, 3, 3))),
        (lambda x, w, b: F.conv2d(x, w, b, stride=2, dilation=2, groups=2), ((2, 4, 11, 12), (6, 2, 3, 2), (6,))),
        (lambda x, w: F.conv1d(x, w, stride=3, padding=2), ((3, 2, 17), (5, 2, 4))),
        (lambda x, w: F.conv3d(x, w), ((1, 2, 5, 6, 7), (3, 2, 2, 3, 2))),
        (
            lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1, 1, groups=2),
            ((2, 4, 5, 6), (4, 3, 3, 3), (6,)),
        ),
        (lambda x, w: F.conv2d(x.permute(0, 3, 1, 2), w), ((2, 8, 8, 3), (4, 3, 3, 3))),
        (lambda x: x.softmax(-1), ((3, 4, 50),)),
        (lambda x: x.log_softmax(-1), ((30, 7),)),
        (lambda x, w, b: F.layer_norm(x, (4, 5), w, b), ((3, 2, 4, 5), (4, 5), (4, 5))),
        (lambda x, w: F.layer_norm(x, (5,), w), ((3, 2, 5), (5,))),
        (lambda x, b: F.layer_norm(x, (5,), None, b), ((3, 2, 5), (5,))),
        (lambda x: F.layer_norm(x, (6,)), ((3, 6),)),
        (F.gelu, ((3, 70),)),
        (lambda x: F.gelu(x, approximate="tanh"), ((3, 70),)),
        (F.silu, ((3, 70),)),
    ],
)
def test_values_and_gradients_equal_numpys(function, operands):
    found = []
    for name in ("onednn", "cpu"):
        with plugins.prefer(name):
            tensors = [_draw(*shape, seed=i).requires_grad_() for i, shape in enumerate(operands)]
            y = function(*tensors)
            slope = _draw(*y.shape, seed=9)
            found.append([y, *torch.autograd.grad(y, tensors, slope)])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    "shapes", [((5, 7), (7, 3)), ((4, 5, 7), (7, 3)), ((2, 1, 5, 7), (3, 7, 4)), ((6, 5, 7), (6, 7, 4))]
)
def test_bfloat16_products_sum_in_float32(shapes):
    a, b = (_draw(*shape, seed=i).bfloat16() for i, shape in enumerate(shapes))
    for left, right in ((a, b), (a.mT.contiguous().mT, b), (a, b.mT.contiguous().mT)):
        exact = (left.double() @ right.double()).float()
        with plugins.prefer("onednn"):
            torch.testing.assert_close((left @ right).float(), exact, rtol=2**-8, atol=1e-3)


def test_plans_are_reused_and_bounded(onednn, monkeypatch):
    monkeypatch.setattr(onednn, "CAPACITY", 3)
    for rows in (2, 3, 4, 5, 6, 6):
        _draw(rows, 5).softmax(-1)
    found = onednn.counts()
    assert found["held"] <= 3
    assert found["reused"] >= 1


def test_threads_have_plans_of_their_own():
    weight = _draw(6, 4, 3, 3)
    images = [_draw(2, 4, 9, 9, seed=i) for i in range(4)]
    wanted = [F.conv2d(x, weight) for x in images]
    wrong = []

    def work(x, y):
        for _ in range(50):
            if not torch.equal(F.conv2d(x, weight), y):
                wrong.append(x)

    workers = [threading.Thread(target=work, args=pair) for pair in zip(images, wanted, strict=True)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_children_use_numpy():
    x, weight = _draw(2, 4, 9, 9), _draw(6, 4, 3, 3)
    wanted = F.conv2d(x, weight)
    child = os.fork()
    if not child:
        right = torch.allclose(F.conv2d(x, weight), wanted, atol=1e-5)
        os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_empty_and_other_dtypes_go_to_numpy():
    assert F.conv2d(torch.zeros(0, 4, 9, 9), _draw(6, 4, 3, 3)).shape == (0, 6, 7, 7)
    assert torch.zeros(0, 5).softmax(-1).shape == (0, 5)
    x = _draw(2, 3, 4)
    torch.testing.assert_close(x.softmax(1).sum(1), torch.ones(2, 4))
    assert F.conv2d(x[None].double(), torch.ones(1, 2, 1, 1, dtype=torch.float64)).dtype == torch.float64


def test_set_num_threads_reaches_openmp(onednn):
    before = torch.get_num_threads()
    functions = onednn.engine().functions
    try:
        torch.set_num_threads(1)
        assert functions.omp_get_max_threads() == 1
    finally:
        torch.set_num_threads(before)
    assert functions.omp_get_max_threads() == before
