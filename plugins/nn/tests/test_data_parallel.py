"""Data parallelism over the logical devices of array-api-strict, which refuse operands of another device."""

from __future__ import annotations

import collections
import copy
import sys
from pathlib import Path

import pytest
from torchere.nn import parallel
from torchere.nn.parallel import comm

import torchere as torch
from torchere import nn, plugins

DEVICES = str(Path(__file__).parents[2] / "arrayapi" / "tests" / "devices")
pytest.importorskip("array_api_strict")
if DEVICES not in sys.path:
    sys.path.append(DEVICES)
    plugins.manager.scan()

FIRST, SECOND = "strict_device1", "strict_device2"
BOTH = [FIRST, SECOND]
Pair = collections.namedtuple("Pair", "left right")


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def test_outputs_and_gradients_are_those_of_one_device():
    alone = network()
    model = nn.DataParallel(copy.deepcopy(alone).to(FIRST), BOTH)
    input = torch.randn(5, 3)
    upstream = torch.randn(5, 2)
    expected = alone(input)
    expected.backward(upstream)
    found = model(input.to(FIRST))
    assert found.device == torch.device(FIRST)
    torch.testing.assert_close(found.cpu(), expected)
    found.backward(upstream.to(FIRST))
    for ours, theirs in zip(model.module.parameters(), alone.parameters(), strict=True):
        assert ours.grad.device == torch.device(FIRST)
        torch.testing.assert_close(ours.grad.cpu(), theirs.grad)
    assert list(model.state_dict()) == [f"module.{name}" for name in alone.state_dict()]


def test_each_copy_runs_on_its_device_and_has_no_parameters():
    seen = []

    class Spy(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, input, scale=1.0):
            seen.append((str(self.weight.device), str(input.device), input.shape[0], len(list(self.parameters()))))
            return {"scaled": input * self.weight * scale, "pair": Pair(input, (input,))}

    output = nn.DataParallel(Spy().to(FIRST), BOTH)(torch.ones(5, 2), scale=2.0)
    assert sorted(seen) == [(FIRST, FIRST, 3, 0), (SECOND, SECOND, 2, 0)]
    assert output["scaled"].cpu().tolist() == [[2.0, 2.0]] * 5
    assert isinstance(output["pair"], Pair)
    assert output["pair"].right[0].shape == (5, 2)


def test_running_statistics_of_the_first_copy_stay():
    norm = nn.BatchNorm1d(2).to(FIRST)
    input = torch.arange(8.0).reshape(4, 2)
    nn.DataParallel(norm, BOTH)(input)
    reference = nn.BatchNorm1d(2)
    reference(input[:2])
    torch.testing.assert_close(norm.running_mean.cpu(), reference.running_mean)
    assert int(norm.num_batches_tracked) == 1


def test_fewer_samples_than_devices_and_a_single_device():
    model = network()
    expected = model(torch.ones(1, 3))
    moved = copy.deepcopy(model).to(FIRST)
    torch.testing.assert_close(nn.DataParallel(moved, BOTH)(torch.ones(1, 3)).cpu(), expected)
    torch.testing.assert_close(parallel.data_parallel(moved, torch.ones(1, 3), [FIRST]).cpu(), expected)
    assert nn.DataParallel(model, []).device_ids == []
    torch.testing.assert_close(nn.DataParallel(model, [])(torch.ones(1, 3)), expected)


def test_gradient_mode_reaches_the_threads_and_detached_copies():
    model = nn.DataParallel(network().to(FIRST), BOTH)
    with torch.no_grad():
        assert not model(torch.ones(4, 3)).requires_grad
    assert model(torch.ones(4, 3)).requires_grad
    copies = parallel.replicate(model.module, BOTH, detach=True)
    assert not copies[1][0].weight.requires_grad


def test_errors_of_copies_and_of_arguments():
    class Fails(nn.Module):
        def forward(self, input):
            raise KeyError("lost")

    with pytest.raises(KeyError, match="lost") as caught:
        nn.DataParallel(Fails(), BOTH)(torch.ones(4, 2))
    assert "replica 0 on device strict_device1" in caught.value.__notes__[0]
    with pytest.raises(RuntimeError, match="module must have its parameters and buffers on device strict_device1"):
        nn.DataParallel(network(), BOTH)(torch.ones(4, 3))
    with pytest.raises(AssertionError, match="The number of modules 1 is not equal to the number of inputs 2"):
        parallel.parallel_apply([network()], [torch.ones(1, 3)] * 2)
    with pytest.raises(RuntimeError, match="uninitialized parameters can't be used with `DataParallel`"):
        parallel.replicate(nn.LazyLinear(3), ["cpu"])


def test_nested_inputs_are_cut_and_joined():
    nested = {"a": torch.arange(4.0), "b": [torch.arange(8.0).reshape(4, 2), "text"], "c": Pair(torch.ones(4), None)}
    first, second = parallel.scatter(nested, BOTH)
    assert str(second["a"].device) == SECOND
    assert second["b"][0].cpu().tolist() == [[4.0, 5.0], [6.0, 7.0]]
    assert (first["b"][1], type(first["c"])) == ("text", Pair)
    back = parallel.gather([first["c"], second["c"]], "cpu")
    assert back.left.tolist() == [1.0] * 4
    assert back.right is None
    with pytest.warns(UserWarning, match="all input tensors were scalars"):
        assert parallel.gather([torch.ones(()), torch.ones(()).to(SECOND)], "cpu").tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="same number of keys"):
        parallel.gather([{"a": torch.ones(1)}, {}], "cpu")


def test_communication():
    tensor = torch.arange(6.0).reshape(3, 2).requires_grad_()
    copies = comm.broadcast(tensor, BOTH)
    assert [str(item.device) for item in copies] == BOTH
    total = comm.reduce_add(copies, "cpu")
    torch.testing.assert_close(total, 2 * tensor)
    total.sum().backward()
    assert tensor.grad.unique().tolist() == [2.0]
    lists = comm.broadcast_coalesced([torch.ones(2), torch.zeros(3)], BOTH)
    assert [item.tolist() for item in comm.reduce_add_coalesced(lists, "cpu")] == [[2.0, 2.0], [0.0, 0.0, 0.0]]
    parts = comm.scatter(tensor.detach(), BOTH, chunk_sizes=[1, 2])
    assert [tuple(part.shape) for part in parts] == [(1, 2), (2, 2)]
    assert torch.equal(comm.gather(parts, destination="cpu"), tensor.detach())
    out = [torch.empty(2), torch.empty(2, device=SECOND)]
    assert comm.broadcast(torch.tensor([1.0, 2.0]), out=out)[1].tolist() == [1.0, 2.0]
    with pytest.raises(RuntimeError, match="Exactly one of 'devices' and 'out'"):
        comm.broadcast(tensor)
    with pytest.raises(ValueError, match="input 1 has invalid size: got 3, but expected 2"):
        comm.reduce_add([torch.ones(2), torch.ones(3)])
