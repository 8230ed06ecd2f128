"""Parameters of functions and methods against PyTorch's, as ``tests/golden/signatures.json`` records them."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import torchere as torch

GOLDEN: dict[str, list[list[list[Any]]]] = json.loads(
    (Path(__file__).parent / "golden" / "signatures.json").read_text()
)["signatures"]

#: Names (``name`` or ``name.parameter``) where we differ, and why.
DEPARTURES = {
    "Tensor.index": "TorchScript's list method",
    "Tensor.eq.b": "TorchScript's overload for numbers",
    "Tensor.ne.b": "TorchScript's overload for numbers",
    "eq": "TorchScript's overload for numbers",
    "ne": "TorchScript's overload for numbers",
    "Tensor.sort.reverse": "TorchScript's list method",
    "sort.reverse": "TorchScript's list method",
    "as_tensor.t": "TorchScript's overload for numbers",
    "tensor.t": "TorchScript's overload for numbers",
    "Tensor.copy_.src": "the schema's name; Python's parser calls it other",
    "Tensor.resize_.size": "any number of sizes, or one sequence",
    "Tensor.split.split_size": "the first parameter has its function's name; split_size is a keyword, too",
    "linalg.matrix_power.input": "documented as A, and a plain function here",
    "linalg.matrix_rank.input": "documented as A, and a plain function here",
    "linalg.pinv.input": "documented as A, and a plain function here",
    "linalg.tensorsolve.input": "documented as A, and a plain function here",
    "linalg.tensorsolve.other": "documented as B, and a plain function here",
    "split.tensor": "the documented name of the method's own tensor; ours is input",
    "norm.out": "by keyword",
    "norm.dtype": "by keyword",
    "Tensor.norm.dtype": "by keyword",
    "Tensor.record_stream.s": "documented as stream",
    "fft.fftfreq.layout": "None and strided mean the same; the schema's default is None",
    "fft.rfftfreq.layout": "None and strided mean the same; the schema's default is None",
    "ctc_loss.reduction": "the function is also nn.functional.ctc_loss, whose default is the name of PyTorch's 1",
    "kl_div.reduction": "the schema says 1, but PyTorch does not reduce by default",
    "binary_cross_entropy_with_logits.reduction": "the schema says 1, but PyTorch does not reduce by default",
    "cosine_embedding_loss.reduction": "the schema says 1, but PyTorch does not reduce by default",
    "hinge_embedding_loss.reduction": "the schema says 1, but PyTorch does not reduce by default",
    "margin_ranking_loss.reduction": "the schema says 1, but PyTorch does not reduce by default",
    "triplet_margin_loss.reduction": "the schema says 1, but PyTorch does not reduce by default",
    "hspmm.out": "results are sparse",
    "sspaddmm.out": "results are sparse",
    "smm.mat2": "a plain function here",
    "Tensor.smm.mat2": "a plain function here",
    "sparse_coo_tensor.layout": "the layout is the function's",
    "range.pin_memory": "the schema's; Python's parser has none",
    "load.weights_only": "True: reading runs no code",
    "save._disable_byteorder_record": "private",
    "group_norm.cudnn_enabled": "switches a library we do not use",
    "layer_norm.cudnn_enable": "switches a library we do not use",
}
#: Parameters in every form of the functions that have them, and why ours lack or move them.
EVERYWHERE = {
    "out_dtype": "PyTorch has no cpu kernel for it",
    "alpha": "alpha as second positional argument is deprecated",
    "pin_memory": "None and False mean the same",
}
#: Parameters PyTorch takes by position only, or under names that its documentation does not use.
SPELLINGS = ("input", "input2", "input3", "other", "x", "b")


def found(name: str) -> Any:
    value: Any = torch
    for part in name.split("."):
        value = getattr(value, part)
    return value


def present(name: str) -> bool:
    try:
        found(name)
    except AttributeError:
        return False
    return True


def one(value: Any) -> Any:
    """``[1, 1]``, ``(1,)`` and 1 as the same default; None and an empty list, too."""
    if isinstance(value, (list, tuple)):
        return None if not value else value[0] if len(set(value)) == 1 else tuple(value)
    return value


def same_default(ours: Any, theirs: str | None) -> bool:
    if theirs is None or ours is None:
        return True  # a default where PyTorch wants the argument harms nobody, and None stands for many
    if ours is inspect.Parameter.empty:
        return False
    try:
        value = eval(theirs, {"torch": torch, "inf": float("inf"), "nan": float("nan")})
    except (NameError, SyntaxError, AttributeError):
        return True
    return repr(ours) == theirs or one(ours) == one(value) or value == "valid"


def differences(name: str) -> list[str]:
    """What PyTorch's forms have that ours does not take."""
    function = found(name)
    parameters = list(inspect.signature(function).parameters.values())
    method = name.startswith("Tensor.")
    if method and parameters and parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL:
        parameters = parameters[1:]
    by_name = {p.name: p for p in parameters}
    kinds = {p.kind for p in parameters}
    places = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    spelled = hasattr(function, "__signature__")  # generated with other spellings
    problems = []
    for form in GOLDEN[name]:
        for place, (label, default, kind) in enumerate(form):
            if kind == "v" or f"{name}.{label}" in DEPARTURES or label in EVERYWHERE:
                continue
            ours = by_name.get(label)
            if ours is None:
                respelled = spelled and label in SPELLINGS
                if inspect.Parameter.VAR_KEYWORD not in kinds and not respelled:
                    problems.append(f"takes no {label}")
                continue
            if kind == "p" and inspect.Parameter.VAR_POSITIONAL not in kinds:
                if place >= len(places):
                    problems.append(f"{label} is not positional")
                elif len(GOLDEN[name]) == 1 and places[place] != label:
                    problems.append(f"{label} is not at place {place}, where {places[place]} is")
            if not same_default(ours.default, default):
                problems.append(f"{label}={ours.default!r} instead of {default}")
    return list(dict.fromkeys(problems))


CHECKED = [name for name in GOLDEN if not name.startswith("nn.") and name not in DEPARTURES and present(name)]


def test_the_table_is_for_the_version_we_follow():
    assert len(CHECKED) > 900


@pytest.mark.parametrize("group", range(20))
def test_parameters_are_those_of_pytorch(group):
    wrong = {name: text for name in CHECKED[group::20] if (text := differences(name))}
    assert not wrong


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [
        ("exp", (), {"x": 1}),
        ("add", (), {"x1": 1, "x2": 1}),
        ("sum", (), {"a": 1, "axis": 0, "keepdims": True}),
        ("mm", (), {"x": 1, "mat2": 1}),
        ("linalg.cholesky", (), {"input": 1}),
        ("linalg.vector_norm", (), {"x": 1}),
        ("cholesky_solve", (), {"input": 1, "input2": 1}),
        ("cumsum", (1,), {"axis": 0}),
        ("softmax", (1,), {"axis": 0}),
        ("gather", (1,), {"axis": 0, "index": None}),
        ("where", (), {"condition": True, "input": 1, "other": 1}),
    ],
)
def test_other_spellings_work(name, args, kwargs):
    eye = torch.eye(2)
    stand_in = {True: eye > 0, None: torch.zeros(2, 2, dtype=torch.int64)}

    def filled(key: str, value: Any) -> Any:
        if key in ("axis", "keepdims"):
            return value
        return eye if value == 1 and value is not True else stand_in[value]

    result = found(name)(*[eye for _ in args], **{key: filled(key, value) for key, value in kwargs.items()})
    assert isinstance(result, torch.Tensor)


@pytest.mark.parametrize("call", [lambda x: torch.exp(x, y=1), lambda x: torch.sum(x, input=x), lambda x: x.sum(foo=1)])
def test_other_words_are_errors(call):
    with pytest.raises(TypeError, match=r"unexpected keyword argument|multiple values"):
        call(torch.ones(2))


@pytest.mark.parametrize(
    ("call", "word"), [(lambda: torch.cumsum(torch.ones(2)), "dim"), (lambda: torch.exp(), "input")]
)
def test_missing_arguments_are_named(call, word):
    with pytest.raises(TypeError, match=f'missing 1 required positional argument: "{word}"'):
        call()
