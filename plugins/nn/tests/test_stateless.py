"""Calling a module with other tensors, making one uninitialised, and fusing layers: behaviour and errors."""

from __future__ import annotations

from typing import Any

import pytest

import torchere as torch
from torchere import nn
from torchere.func import functional_call

X = torch.ones(1, 2)
EYE = {"weight": torch.eye(2), "bias": torch.zeros(2)}


def test_tensors_are_used_for_one_call() -> None:
    layer = nn.Linear(2, 2)
    weight, before = layer.weight, layer(X)
    assert functional_call(layer, EYE, X).tolist() == [[1.0, 1.0]]
    assert functional_call(layer, EYE, (), {"input": X}).tolist() == [[1.0, 1.0]]
    assert functional_call(layer, ({"weight": EYE["weight"]}, {"bias": EYE["bias"]}), X).tolist() == [[1.0, 1.0]]
    assert layer.weight is weight
    assert torch.equal(layer(X), before)


def test_the_module_is_as_before_when_forward_raises() -> None:
    layer = nn.Linear(2, 2)
    weight = layer.weight
    with pytest.raises(RuntimeError):
        functional_call(layer, {**EYE, "absent": torch.ones(1)}, torch.ones(1, 3))
    assert layer.weight is weight
    assert not hasattr(layer, "absent")


def test_tied_weights() -> None:
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    net[1].weight = net[0].weight
    two = 2 * torch.eye(2)
    assert functional_call(net, {"0.weight": two}, X, strict=True).tolist() == [[4.0, 4.0]]
    assert functional_call(net, {"0.weight": two, "1.weight": two}, X).tolist() == [[4.0, 4.0]]
    both = {"0.weight": two, "1.weight": torch.eye(2)}
    assert functional_call(net, both, X, tie_weights=False).tolist() == [[2.0, 2.0]]
    with pytest.raises(ValueError, match="multiple values for keys"):
        functional_call(net, both, X)
    with pytest.raises(RuntimeError, match=r"Missing key\(s\): '1\.weight'"):
        functional_call(net, {"0.weight": two}, X, strict=True, tie_weights=False)


def test_written_buffers_are_in_the_tensors_given() -> None:
    norm = nn.BatchNorm1d(2)
    tensors = {name: value.clone() for name, value in norm.state_dict().items()}
    functional_call(norm, tensors, torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert torch.allclose(tensors["running_mean"], torch.tensor([0.2, 0.3]))
    assert int(tensors["num_batches_tracked"]) == 1
    assert norm.running_mean.tolist() == [0.0, 0.0]
    assert int(norm.num_batches_tracked) == 0


@pytest.mark.parametrize(
    ("tensors", "options", "error", "message"),
    [
        ({"weight": 3}, {}, TypeError, "3 is not an instance"),
        ({"a.weight": torch.ones(1)}, {}, AttributeError, "has no attribute `a`"),
        ({"in_features": torch.ones(1)}, {}, TypeError, "no parameter or buffer of the module but int"),
        ({"weight": torch.eye(2), "x": torch.ones(1)}, {"strict": True}, RuntimeError, r"Unexpected .*\n\tMissing"),
        (3, {}, ValueError, "to be a dict, or a list"),
        ([EYE, 3], {}, ValueError, "all elements"),
        ([EYE, EYE], {}, ValueError, "bias appears in multiple dictionaries"),
    ],
)
def test_wrong_tensors(tensors: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        functional_call(nn.Linear(2, 2), tensors, X, **options)


def test_old_name_warns() -> None:
    with pytest.warns(FutureWarning, match=r"torch\.func\.functional_call"):
        nn.utils.stateless.functional_call(nn.Linear(2, 2), EYE, X)


def test_skip_init() -> None:
    assert nn.utils.skip_init(nn.Linear, 2, 3).weight.shape == (3, 2)
    with pytest.raises(TypeError, match="expected a class"):
        nn.utils.skip_init(3)
    with pytest.raises(RuntimeError, match="Expected a Module"):
        nn.utils.skip_init(int)
    with pytest.raises(RuntimeError, match="'device' arg"):
        nn.utils.skip_init(nn.ReLU)


def test_memory_formats() -> None:
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Linear(2, 2), nn.Conv3d(2, 3, 3))
    assert nn.utils.convert_conv2d_weight_memory_format(net, torch.channels_last) is net
    assert net[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert not net[2].weight.is_contiguous(memory_format=torch.channels_last_3d)
    nn.utils.convert_conv3d_weight_memory_format(net, torch.channels_last_3d)
    assert net[2].weight.is_contiguous(memory_format=torch.channels_last_3d)


def test_what_cannot_be_fused() -> None:
    with pytest.raises(AssertionError, match="only for eval"):
        nn.utils.fuse_linear_bn_eval(nn.Linear(2, 2), nn.BatchNorm1d(2))
    with pytest.raises(AssertionError, match="3 and 2"):
        nn.utils.fuse_linear_bn_eval(nn.Linear(2, 3).eval(), nn.BatchNorm1d(2).eval())
    with pytest.raises(AssertionError, match="must not be None"):
        nn.utils.fuse_conv_bn_eval(
            nn.Conv1d(1, 2, 1).eval(), nn.BatchNorm1d(2, track_running_stats=False).eval(), transpose=False
        )


def test_pytorchs_paths() -> None:
    from torchere.nn.common_types import _size_2_t
    from torchere.nn.modules import module
    from torchere.nn.modules.container import ParameterList
    from torchere.nn.modules.rnn import LSTMCell
    from torchere.nn.modules.utils import (
        _list_with_default,
        _pair,
        _reverse_repeat_tuple,
        consume_prefix_in_state_dict_if_present,
    )
    from torchere.nn.utils.clip_grad import clip_grad_norm_

    assert module.register_module_forward_hook is nn.modules.module.register_module_forward_hook
    assert ParameterList is nn.ParameterList
    assert LSTMCell is nn.LSTMCell
    assert clip_grad_norm_ is nn.utils.clip_grad_norm_
    assert _size_2_t == int | tuple[int, int]
    assert _pair(3) == (3, 3)
    assert _pair([1, 2]) == (1, 2)
    assert _reverse_repeat_tuple((1, 2), 2) == (2, 2, 1, 1)
    assert _list_with_default([None, 3], [7, 8, 9]) == [8, 3]
    with pytest.raises(ValueError, match="at least 3"):
        _list_with_default([1, 2], [7])
    state = nn.Sequential(nn.Linear(1, 1)).state_dict(prefix="module.")
    consume_prefix_in_state_dict_if_present(state, "module.")
    assert list(state) == ["0.weight", "0.bias"]
    assert set(state._metadata) == {"", "0"}


def test_factory_kwargs() -> None:
    assert nn.factory_kwargs(None) == {}
    assert nn.factory_kwargs({"factory_kwargs": {"device": "cpu"}, "dtype": torch.half}) == {
        "device": "cpu",
        "dtype": torch.half,
    }
    with pytest.raises(TypeError, match="unexpected kwargs"):
        nn.factory_kwargs({"x": 1})
    with pytest.raises(TypeError, match="device specified twice"):
        nn.factory_kwargs({"factory_kwargs": {"device": "cpu"}, "device": "cpu"})
