"""`vmap` and forward mode over the cases of all operators: against a loop, and against differences."""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import torchere as torch
import torchere_ops.cases
from torchere.func import jacfwd, jacrev, jvp, trees, vmap
from torchere.func.levels import DataDependentError
from torchere.tensors.tensor import Tensor
from torchere.testing.running import Run, subject_of

#: Deprecated operators say so once, in whichever test is the first.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:UserWarning", "ignore:.*deprecated:FutureWarning")

EXAMPLES = 3

#: Results whose shape depends on values, or that draw numbers: vmap refuses them (tested in test_func_transforms).
REFUSED = frozenset(
    "_bincount _unique_flat _unique_slices argwhere bincount cov ctc_loss histogram histogramdd istft linalg_lstsq "
    "masked_select nonzero nonzero_static pca_lowrank repeat_interleave scaled_dot_product_attention svd_lowrank "
    "tensor_split unique unique_consecutive".split()
)
#: Writes of one value per example into a tensor there is one of.
INPLACE = frozenset(("index_fill_", "masked_fill_", "scatter_"))
#: Uninitialised memory, facts about a tensor that are no tensors, and named dimensions, which examples do not have.
UNDEFINED = frozenset(
    "align_as align_tensors align_to const_data_ptr data_ptr dim_order empty_like new_empty new_empty_strided "
    "record_stream refine_names rename rename_".split()
)
#: Not differentiated by every argument, symmetric or singular arguments, signs undefined: no differences to take.
NO_DIFFERENCES = frozenset(
    "_batch_norm_backward _group_norm_backward _layer_norm_backward cholesky cholesky_parts cosine_embedding_loss "
    "cross_entropy cummax cummin hinge_embedding_loss hypot igamma igammac linalg_cholesky linalg_cholesky_ex "
    "linalg_cond linalg_eigh linalg_eigvalsh linalg_pinv linalg_slogdet max_pool2d mode nll_loss sort "
    "special_gammainc special_gammaincc special_zeta topk".split()
)


def _cases() -> Iterator[tuple[str, int, Any]]:
    counts: dict[str, int] = {}
    for module in sorted(item.name for item in pkgutil.iter_modules(torchere_ops.cases.__path__)):
        for case in importlib.import_module(f"torchere_ops.cases.{module}").CASES:
            counts[case.op] = counts.get(case.op, -1) + 1
            yield f"{case.op}-{counts[case.op]}", counts[case.op], case


def _marked(check: str) -> list[Any]:
    """The first case of each operator; of the whole table those that are not sampled are slow."""
    found = []
    for index, (name, number, case) in enumerate(_cases()):
        quick = number == 0 and (index % 3 == 0 or check == "vmap")
        found.append(pytest.param(case, name, id=name, marks=() if quick else (pytest.mark.slow,)))
    return found


def _prepared(case: Any, label: str, dtype: str) -> Run:
    run = Run(subject_of(case.op), case, label, "cpu", dtype)
    if not run.has_tensors or run.subject.is_random or case.writes:
        pytest.skip("nothing to map: a factory, random, or written to on purpose")
    return run


def _function(run: Run, leaves: list[Any], shape: Any, places: list[int]) -> Callable[..., Any]:
    """The case's call as a function of the tensors at `places`; results as a flat tuple."""

    def call(*tensors: Any) -> Any:
        values = list(leaves)
        for place, tensor in zip(places, tensors, strict=True):
            values[place] = tensor
        args, kwargs = trees.unflatten(values, shape)
        args = list(args)
        if run.subject.writes_first:
            args[0] = args[0].clone()
        return tuple(trees.flatten(run.subject.function(*args, **kwargs))[0])

    return call


def _close(got: Any, rows: list[Any]) -> None:
    found, wanted = got.detach().numpy(), np.stack([row.detach().numpy() for row in rows])
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    if found.dtype.kind in "fc":
        tolerance = 1e-9 if found.dtype.itemsize >= 8 and found.dtype != np.complex64 else 1e-5
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(("case", "label"), _marked("vmap"))
def test_vmap_equals_a_loop(case: Any, label: str) -> None:
    if case.op in REFUSED | INPLACE | UNDEFINED:
        pytest.skip("refused by vmap, or nothing to compare")
    run = _prepared(case, label, "float64" if "float64" in case.dtypes else case.dtypes[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sets = [trees.flatten(run.tensors(*run.arrays(variant))) for variant in range(EXAMPLES)]
        leaves, shape = sets[0]
        places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
        call = _function(run, leaves, shape, places)
        rows = [call(*[values[place] for place in places]) for values, _ in sets]
        if any(not isinstance(item, Tensor) for item in rows[0]):
            pytest.skip("returns Python values")
        if len({tuple(item.shape for item in row) for row in rows}) > 1:
            pytest.skip("shapes depend on values")
        stacked = [torch.stack([values[place] for values, _ in sets], 0) for place in places]
        try:
            found = vmap(call)(*stacked)
        except DataDependentError as error:
            operator = run.subject.operator
            assert operator is None or not operator.has_gradient, "operators with a gradient can be mapped"
            pytest.skip(str(error))
        for got, *single in zip(found, *rows, strict=True):
            _close(got, single)
        # One argument mapped, along its last axis, and the others the same for all.
        for mapped in range(len(places)) if len(places) > 1 else ():
            dims = tuple(-1 if place == mapped else None for place in range(len(places)))
            chosen = list(zip(places, dims, strict=True))
            args = [torch.stack([v[place] for v, _ in sets], -1) if d else leaves[place] for place, d in chosen]
            rows = [call(*[v[place] if d else leaves[place] for place, d in chosen]) for v, _ in sets]
            if len({tuple(item.shape for item in row) for row in rows}) > 1:
                continue
            for got, *single in zip(vmap(call, in_dims=dims)(*args), *rows, strict=True):
                _close(got, single)


@pytest.mark.parametrize(("case", "label"), _marked("jvp"))
def test_forward_mode_equals_differences_and_reverse_mode(case: Any, label: str) -> None:
    if not case.gradient or "float64" not in case.dtypes or case.op in ("quantile", "nanquantile"):
        pytest.skip("no gradient")
    run = _prepared(case, label, "float64")
    leaves, shape = trees.flatten(run.tensors())
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor) and leaf.is_floating_point()]
    whole = _function(run, leaves, shape, places)

    def call(*tensors: Any) -> Any:
        return tuple(
            item
            for item in whole(*tensors)
            if isinstance(item, Tensor) and (item.is_floating_point() or item.is_complex())
        )

    points = tuple(leaves[place] for place in places)
    if not places:
        pytest.skip("no floating argument")
    probe = call(*[point.detach().requires_grad_() for point in points])
    if not any(item.requires_grad for item in probe):
        pytest.skip("not differentiable")
    generator = np.random.default_rng(0)
    tangents = tuple(torch.from_numpy(np.asarray(generator.standard_normal(tuple(p.shape)))) for p in points)
    try:
        _, found = jvp(call, points, tangents)
    except NotImplementedError as error:  # as PyTorch: igamma by its first argument
        pytest.skip(str(error))
    step = 1e-6
    above = call(*[p + step * t for p, t in zip(points, tangents, strict=True)])
    below = call(*[p - step * t for p, t in zip(points, tangents, strict=True)])
    finite = True
    for output, tangent, up, down in zip(probe, found, above, below, strict=True):
        wanted, got = ((up - down) / (2 * step)).detach().numpy(), tangent.detach().numpy()
        assert got.shape == wanted.shape
        finite = finite and bool(np.isfinite(got).all() and np.isfinite(wanted).all())
        if output.requires_grad and case.op not in NO_DIFFERENCES:
            both = np.isfinite(got) & np.isfinite(wanted)
            np.testing.assert_allclose(got[both], wanted[both], rtol=1e-4, atol=1e-5)
    sizes = [sum(p.numel() for p in points), *(item.numel() for item in probe)]
    if finite and all(0 < size <= 40 for size in sizes) and not any(item.is_complex() for item in probe):
        numbers = tuple(range(len(points)))
        backward, forward = jacrev(call, numbers)(*points), jacfwd(call, numbers)(*points)
        for one, other in zip(trees.flatten(backward)[0], trees.flatten(forward)[0], strict=True):
            one, other = one.detach().numpy(), other.detach().numpy()
            both = np.isfinite(one) & np.isfinite(other)
            np.testing.assert_allclose(one[both], other[both], rtol=1e-8, atol=1e-9)
