"""What programs of earlier years and notebooks reach for: Variable, return_types, out= of any size, generators."""

from __future__ import annotations

import pytest

import torchere as torch


def test_variable_makes_tensors():
    source = torch.ones(2)
    made = torch.autograd.Variable(source, requires_grad=True)
    assert made.requires_grad
    assert made.is_leaf
    assert not source.requires_grad
    assert made.data_ptr() == source.data_ptr()
    assert isinstance(made, torch.autograd.Variable)
    assert issubclass(torch.nn.Parameter, torch.autograd.Variable)
    assert not isinstance(1, torch.autograd.Variable)
    with pytest.raises(TypeError, match="Variable data has to be a tensor, but got list"):
        torch.autograd.Variable([1.0])


def test_return_types_are_the_classes_of_results():
    x = torch.ones(2, 2)
    assert type(x.max(0)) is torch.return_types.max
    assert type(x.sort(0)) is torch.return_types.sort
    assert type(torch.linalg.svd(x)) is torch.return_types.linalg_svd
    assert "topk" in dir(torch.return_types)
    with pytest.raises(AttributeError, match="return_types"):
        _ = torch.return_types.add


def test_named_results_written_to_out_keep_their_names():
    x, out = torch.tensor([[1.0, 3.0]]), (torch.empty(1), torch.empty(1, dtype=torch.int64))
    found = torch.max(x, 1, out=out)
    assert found.values is out[0]
    assert found.indices is out[1]
    assert torch.sort(x, 1, out=(torch.empty(0), torch.empty(0, dtype=torch.int64))).indices.tolist() == [[0, 1]]


def test_resizing_a_result_that_has_elements_warns_at_the_callers_line():
    with pytest.warns(UserWarning, match=r"output with one or more elements was resized") as caught:
        assert torch.add(torch.ones(3), 1, out=torch.empty(2)).tolist() == [2, 2, 2]
    assert caught[0].filename == __file__
    assert torch.add(torch.ones(3), 1, out=torch.empty(0)).tolist() == [2, 2, 2]  # without a warning


def test_generators():
    assert torch.manual_seed(3) is torch.default_generator is torch.random.default_generator
    generator = torch.Generator()
    assert generator.set_state(torch.default_generator.get_state()) is generator
    assert torch.rand(3, generator=generator).tolist() == torch.rand(3).tolist()
    with pytest.raises(TypeError, match=r"'generator' must be a torch.Generator, not int"):
        torch.rand(2, generator=5)


def test_completion_lists_namespaces_made_of_operators():
    assert {"svd", "LinAlgError", "norm"} <= set(dir(torch.linalg))
    assert {"fft", "irfftn"} <= set(dir(torch.fft))
    assert "windows" in dir(torch.signal)


def test_norm_refuses_to_narrow():
    x = torch.ones(3, dtype=torch.float64)
    with pytest.raises(RuntimeError, match="without narrowing"):
        torch.linalg.vector_norm(x, dtype=torch.float32)
    assert torch.linalg.vector_norm(x.float(), dtype=torch.float64).dtype is torch.float64


@pytest.mark.parametrize("name", ["sort", "tril", "argmax", "mm", "index_select", "gather"])
def test_results_are_not_cast_where_pytorch_does_not(name):
    x, first = torch.ones(2, 2), torch.tensor([0])
    args = {"mm": (x,), "index_select": (0, first), "gather": (0, first[None])}.get(name, ())
    narrow = torch.empty(0, dtype=torch.float16)
    with pytest.raises(RuntimeError, match="requires dtype"):
        getattr(torch, name)(x, *args, out=(narrow, first.new_empty(0)) if name == "sort" else narrow)
