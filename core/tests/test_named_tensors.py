"""Names of dimensions and how they pass through functions."""

from __future__ import annotations

import pytest

import torchere as torch
from torchere import deprecation

pytestmark = pytest.mark.filterwarnings("ignore:Named tensors")


def grid(*names: str | None) -> torch.Tensor:
    sizes = {"N": 2, "C": 3, "H": 4, None: 5}
    shape = [sizes[name] for name in names]
    return torch.arange(float(torch.Size(shape).numel())).reshape(shape).rename(*names)


def test_naming_warns_once(monkeypatch):
    monkeypatch.setattr(deprecation, "_warned", set())
    with pytest.warns(UserWarning, match="experimental"):
        torch.zeros(2, names=("N",))


def test_plain_tensors_have_no_names():
    assert torch.zeros(2, 3).names == (None, None)
    assert not torch.zeros(2).has_names()
    assert type(grid("N").rename(None)) is torch.Tensor


@pytest.mark.parametrize(
    "make",
    [torch.zeros, torch.ones, torch.empty, torch.rand, torch.randn],
    ids=lambda make: make.__name__,
)
def test_factories_take_names(make):
    assert make(2, 3, names=("N", "C")).names == ("N", "C")
    assert make(2, 3, names=None).names == (None, None)


def test_tensor_takes_names_and_shows_them():
    assert repr(torch.tensor([1.0, 2.0], names=("N",))) == "tensor([1., 2.], names=('N',))"


CALLS = {
    "keep": (lambda x: x.exp(), ("N", "C")),
    "unify": (lambda x: x + grid("C"), ("N", "C")),
    "number": (lambda x: 2 * x, ("N", "C")),
    "comparison": (lambda x: x > 1, ("N", "C")),
    "in place": (lambda x: x.add_(1), ("N", "C")),
    "reduction": (lambda x: x.sum("C"), ("N",)),
    "function": (lambda x: torch.sum(x, "N"), ("C",)),
    "keepdim": (lambda x: x.mean("C", keepdim=True), ("N", "C")),
    "all": (lambda x: x.sum(), ()),
    "values": (lambda x: x.max("C").values, ("N",)),
    "median": (lambda x: x.median("C").indices, ("N",)),
    "std": (lambda x: x.std("N"), ("C",)),
    "logsumexp": (lambda x: x.logsumexp("N"), ("C",)),
    "softmax": (lambda x: x.softmax("C"), ("N", "C")),
    "sort": (lambda x: x.sort("C").values, ("N", "C")),
    "cumsum": (lambda x: x.cumsum("C"), ("N", "C")),
    "transpose": (lambda x: x.transpose("N", "C"), ("C", "N")),
    "t": (lambda x: x.t(), ("C", "N")),
    "permute": (lambda x: x.permute(1, 0), ("C", "N")),
    "select": (lambda x: x.select("N", 0), ("C",)),
    "index": (lambda x: x[0], ("C",)),
    "slice": (lambda x: x[:, 1:], ("N", "C")),
    "new axis": (lambda x: x[:, None], ("N", None, "C")),
    "unbind": (lambda x: x.unbind("C")[1], ("N",)),
    "split": (lambda x: x.split(1, "C")[0], ("N", "C")),
    "matmul": (lambda x: x @ torch.ones(3, 4, names=("C", "H")), ("N", "H")),
    "mv": (lambda x: x.mv(grid("C")), ("N",)),
    "cat": (lambda x: torch.cat([x, x]), ("N", "C")),
    "to": (lambda x: x.to(torch.float64), ("N", "C")),
    "clone": (lambda x: x.clone(), ("N", "C")),
    "detach": (lambda x: x.detach(), ("N", "C")),
    "flatten": (lambda x: x.flatten(["N", "C"], "features"), ("features",)),
    "unflatten": (lambda x: x.unflatten("C", (("A", 3), ("B", 1))), ("N", "A", "B")),
    "rename by map": (lambda x: x.rename(C="D"), ("N", "D")),
    "refine": (lambda x: x.rename(None).refine_names(..., "C"), (None, "C")),
    "align_to": (lambda x: x.align_to("C", "H", "N"), ("C", "H", "N")),
    "align_to rest": (lambda x: x.align_to(..., "N"), ("C", "N")),
    "align_as": (lambda x: x.align_as(torch.zeros(1, 1, names=("C", "N"))), ("C", "N")),
    "align_tensors": (lambda x: torch.align_tensors(x, grid("C"))[1], ("N", "C")),
}


@pytest.mark.parametrize("name", CALLS)
def test_names_pass_through(name):
    call, expected = CALLS[name]
    found = call(grid("N", "C"))
    assert found.names == expected
    assert found.ndim == len(expected)


def test_values_are_those_of_plain_tensors():
    x, plain = grid("N", "C"), torch.arange(6.0).reshape(2, 3)
    assert x.sum("C").tolist() == plain.sum(1).tolist()
    assert x.align_to("C", "H", "N").tolist() == plain.t().unsqueeze(1).tolist()
    assert x.unflatten("C", (("A", 3), ("B", 1))).tolist() == plain.reshape(2, 3, 1).tolist()
    assert x.size("C") == 3


def test_gradients_pass_named_tensors():
    weight = torch.ones(2, 3, requires_grad=True)
    (weight.refine_names("N", "C") * 2).sum("C").sum().backward()
    assert weight.grad.tolist() == [[2.0] * 3] * 2


def test_names_change_in_place():
    x = torch.zeros(2, 3)
    assert x.rename_("N", "C") is x
    assert x.names == ("N", "C")
    x.names = None
    assert type(x) is torch.Tensor


ERRORS = {
    "different": (lambda x: x + torch.ones(2, 2, names=("C", "N")), "at the same position from the right"),
    "misaligned": (lambda x: x + torch.ones(3, 3, names=("C", None)), "at the same position|Misaligned"),
    "unknown": (lambda x: x.sum("H"), "Name 'H' not found"),
    "duplicate product": (lambda x: x @ torch.ones(3, 2, names=("C", "N")), "duplicate names"),
    "refine": (lambda x: x.refine_names("N", "D"), "is different from"),
    "missing": (lambda x: x.align_to("N"), "is missing"),
    "count": (lambda x: x.rename("N"), "do not match"),
    "unsupported": (lambda x: torch.nn.functional.conv1d(x[None], torch.ones(1, 2, 1)), "not yet supported"),
    "rename unknown": (lambda x: x.rename(H="D"), "does not exist"),
    "flatten apart": (lambda x: x[:, None].rename("N", "H", "C").flatten(["N", "C"], "F"), "must be consecutive"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, message = ERRORS[name]
    with pytest.raises(RuntimeError, match=message):
        call(grid("N", "C"))


def test_functions_take_names_as_their_methods_do():
    x = torch.arange(24.0).reshape(2, 3, 4).refine_names("N", "C", "H")
    assert [piece.names for piece in torch.split(x, 1, "C")] == [("N", "C", "H")] * 3
    assert torch.unbind(x, "C")[0].names == ("N", "H")
    assert torch.select(x, "C", 0).tolist() == x.rename(None)[:, 0].tolist()
    assert torch.transpose(x, "C", "H").names == ("N", "H", "C")
    assert torch.narrow(x, dim="C", start=1, length=1).shape == (2, 1, 4)
    assert torch.abs(x).names == torch.masked_fill(x, x > 1, 0.0).names == ("N", "C", "H")
    with pytest.raises(TypeError, match="dim"):
        torch.split(x.rename(None), 1, "C")
    with pytest.raises(RuntimeError, match="'Z'"):
        torch.split(x, 1, "Z")
