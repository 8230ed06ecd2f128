"""state_dict and load_state_dict: hooks, strictness, assignment and messages."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

import torchere as torch
from torchere import nn


def model() -> Any:
    return nn.Sequential(OrderedDict(fc=nn.Linear(2, 3), norm=nn.BatchNorm1d(3)))


def test_values_share_memory_and_are_detached() -> None:
    net = model()
    state = net.state_dict()
    assert not state["fc.weight"].requires_grad
    assert state["fc.weight"].data_ptr() == net.fc.weight.data_ptr()
    assert net.state_dict(keep_vars=True)["fc.weight"] is net.fc.weight
    assert next(iter(net.state_dict(prefix="net."))) == "net.fc.weight"
    destination: dict[str, Any] = {}
    assert net.state_dict(destination=destination) is destination
    with pytest.warns(FutureWarning, match="Positional args"):
        assert next(iter(net.state_dict({}, "p."))) == "p.fc.weight"


def test_load_copies_in_place() -> None:
    source, target = model(), model()
    weight = target.fc.weight
    pointer = weight.data_ptr()
    target.load_state_dict(source.state_dict())
    assert target.fc.weight is weight
    assert weight.data_ptr() == pointer
    assert torch.equal(weight, source.fc.weight)


def test_assign_takes_the_tensors() -> None:
    target = model()
    target.fc.weight.requires_grad_(False)
    state = {key: value.double() if value.is_floating_point() else value for key, value in model().state_dict().items()}
    target.load_state_dict(state, assign=True)
    assert target.fc.weight.dtype == torch.float64
    assert isinstance(target.fc.weight, nn.Parameter)
    assert not target.fc.weight.requires_grad
    assert target.fc.bias.requires_grad
    assert target.norm.running_mean.data_ptr() == state["norm.running_mean"].data_ptr()


def test_all_errors_are_reported_together() -> None:
    state = model().state_dict()
    del state["fc.bias"]
    state["fc.weight"] = torch.zeros(3, 3)
    state["norm.bias"] = [1.0]
    state["other.x"] = torch.zeros(1)
    state["fc.y"] = torch.zeros(1)
    with pytest.raises(RuntimeError) as caught:
        model().load_state_dict(state)
    text = str(caught.value)
    assert text.startswith("Error(s) in loading state_dict for Sequential:\n\t")
    assert 'Missing key(s) in state_dict: "fc.bias". ' in text
    assert 'Unexpected key(s) in state_dict: "other.x", "fc.y". ' in text
    assert (
        "size mismatch for fc.weight: copying a param with shape torch.Size([3, 3]) from checkpoint, "
        "the shape in current model is torch.Size([3, 2])." in text
    )
    assert 'While copying the parameter named "norm.bias", expected torch.Tensor' in text


def test_not_strict_returns_the_names() -> None:
    state = model().state_dict()
    del state["fc.bias"]
    state["extra"] = torch.zeros(1)
    result = model().load_state_dict(state, strict=False)
    assert result.missing_keys == ["fc.bias"]
    assert result.unexpected_keys == ["extra"]
    assert "missing_keys=['fc.bias']" in repr(result)
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like"):
        model().load_state_dict([1])


def test_scalars_load_from_vectors_of_one() -> None:
    module = nn.Module()
    module.s = nn.Parameter(torch.tensor(1.0))
    module.load_state_dict({"s": torch.tensor([5.0])})
    assert float(module.s.detach()) == 5.0


def test_batch_norm_loads_files_without_a_count() -> None:
    module = nn.BatchNorm1d(2)
    state = module.state_dict()
    del state["num_batches_tracked"]
    with pytest.raises(RuntimeError, match="num_batches_tracked"):
        nn.BatchNorm1d(2).load_state_dict(state)
    del state._metadata
    assert str(nn.BatchNorm1d(2).load_state_dict(state)) == "<All keys matched successfully>"


def test_instance_norm_refuses_statistics_it_does_not_track() -> None:
    with pytest.raises(RuntimeError, match="track_running_stats"):
        nn.InstanceNorm1d(2).load_state_dict({"running_mean": torch.zeros(2)})


def test_extra_state() -> None:
    class Counted(nn.Linear):
        def get_extra_state(self) -> Any:
            return {"count": 3}

        def set_extra_state(self, state: Any) -> None:
            self.count = state["count"]

    state = Counted(1, 1).state_dict()
    assert state["_extra_state"] == {"count": 3}
    other = Counted(1, 1)
    other.load_state_dict(state)
    assert other.count == 3
    with pytest.raises(RuntimeError, match="Unexpected key"):
        nn.Linear(1, 1).load_state_dict(state)
    del state["_extra_state"]
    with pytest.raises(RuntimeError, match="Missing key"):
        Counted(1, 1).load_state_dict(state)
    with pytest.raises(RuntimeError):
        nn.Linear(1, 1).get_extra_state()


def test_state_dict_hooks() -> None:
    module = nn.Linear(1, 1)
    seen = []
    module.register_state_dict_pre_hook(lambda m, prefix, keep: seen.append(("pre", prefix, keep)))
    module.register_state_dict_post_hook(lambda m, state, prefix, meta: state.pop("bias") and None)
    assert list(module.state_dict()) == ["weight"]
    assert seen == [("pre", "", False)]

    def replace(m: Any, state: Any, prefix: str, meta: Any) -> Any:
        return {"new": 1}

    module._register_state_dict_hook(replace)
    assert module.state_dict() == {"new": 1}
    other = nn.Linear(1, 1)
    other.register_state_dict_post_hook(lambda m, state, prefix, meta: state)
    with pytest.raises(RuntimeError, match="must return None"):
        other.state_dict()


def test_load_hooks() -> None:
    module = nn.Sequential(nn.Linear(1, 1))
    seen = []

    def rename(m: Any, state: Any, prefix: str, *rest: Any) -> None:
        seen.append((type(m).__name__, prefix))
        state[prefix + "weight"] = state.pop(prefix + "w")

    module[0].register_load_state_dict_pre_hook(rename)
    module[0]._register_load_state_dict_pre_hook(lambda state, prefix, *rest: seen.append(prefix))
    module.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    module.load_state_dict({"0.w": torch.zeros(1, 1)})
    assert seen == [("Linear", "0."), "0."]
    module.register_load_state_dict_post_hook(lambda m, keys: 3)
    with pytest.raises(AssertionError, match="not expected to return"):
        module.load_state_dict({"0.w": torch.zeros(1, 1), "0.bias": torch.zeros(1)})
