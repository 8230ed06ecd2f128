"""Modules and functions at PyTorch's less common paths."""

from __future__ import annotations

from importlib import import_module

import pytest

import torchere as torch
from torchere import nn


@pytest.mark.parametrize(
    ("path", "name"),
    [("channelshuffle", "ChannelShuffle"), ("flatten", "Unflatten"), ("fold", "Fold")],
)
def test_layers_are_found_at_pytorchs_modules(path: str, name: str) -> None:
    assert getattr(import_module(f"torchere.nn.modules.{path}"), name) is getattr(nn, name)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_gradients_of_convolutions_by_themselves(rank: int) -> None:
    grads = import_module("torchere.nn.grad")
    torch.manual_seed(rank)
    x = torch.randn(2, 4, *[6] * rank, dtype=torch.float64, requires_grad=True)
    w = torch.randn(4, 2, *[3] * rank, dtype=torch.float64, requires_grad=True)
    options = {"stride": 2, "padding": 1, "dilation": 1, "groups": 2}
    out = getattr(nn.functional, f"conv{rank}d")(x, w, None, **options)
    upstream = torch.randn(*out.shape, dtype=torch.float64)
    out.backward(upstream)
    by_input = getattr(grads, f"conv{rank}d_input")(x.shape, w, upstream, **options)
    by_weight = getattr(grads, f"conv{rank}d_weight")(x, w.shape, upstream, **options)
    torch.testing.assert_close(by_input, x.grad)
    torch.testing.assert_close(by_weight, w.grad)
