"""Small programs over ``nn.utils`` and recurrent layers, run with either framework.

Each function takes the framework, its ``nn`` and a source of numbers, and returns tensors by name. It must not depend
on the framework's own random numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

Results = dict[str, Any]


class Draw:
    """Reproducible float64 tensors of one framework."""

    def __init__(self, torch: Any, seed: int = 7) -> None:
        self.torch = torch
        self.state = np.random.RandomState(seed)

    def __call__(self, *shape: int) -> Any:
        return self.torch.tensor(self.state.standard_normal(shape).tolist(), dtype=self.torch.float64).reshape(shape)

    def fill(self, module: Any) -> Any:
        """``module`` in float64 with drawn parameters."""
        module.double()
        for parameter in module.parameters():
            parameter.data.copy_(self(*parameter.shape) * 0.4)
        return module


def gradients(module: Any, output: Any, draw: Draw) -> Results:
    """Gradients of all parameters for a drawn upstream gradient."""
    (output * draw(*output.shape)).sum().backward()
    return {f"grad.{name}": p.grad for name, p in module.named_parameters() if p.grad is not None}


def state(module: Any) -> Results:
    """The state dict."""
    return {f"state.{name}": value for name, value in module.state_dict().items()}


# --- packed sequences and recurrent layers ----------------------------------------------------------------------------


def packing(torch: Any, nn: Any, draw: Draw) -> Results:
    rnn = nn.utils.rnn
    padded = draw(5, 4, 2)
    packed = rnn.pack_padded_sequence(padded, [2, 5, 1, 3], enforce_sorted=False)
    again, lengths = rnn.pad_packed_sequence(packed, batch_first=True, padding_value=-2.5, total_length=7)
    sorted_ = rnn.pack_padded_sequence(padded.transpose(0, 1), torch.tensor([5, 5, 3, 1]), batch_first=True)
    unpacked = rnn.unpack_sequence(packed)
    parts = rnn.pack_sequence([draw(2, 3), draw(4, 3), draw(1, 3)], enforce_sorted=False)
    left = rnn.pad_sequence([draw(2), draw(3)], padding_side="left", padding_value=9.0)
    return {
        "data": packed.data, "batch_sizes": packed.batch_sizes, "sorted": packed.sorted_indices,
        "unsorted": packed.unsorted_indices, "again": again, "lengths": lengths, "data2": sorted_.data,
        "sizes2": sorted_.batch_sizes, **{f"part{i}": part for i, part in enumerate(unpacked)}, "data3": parts.data,
        "sizes3": parts.batch_sizes, "left": left,
    }  # fmt: skip


def _packed_run(kind: str, options: dict[str, Any], states: bool) -> Callable[..., Results]:
    def run(torch: Any, nn: Any, draw: Draw) -> Results:
        layer = draw.fill(getattr(nn, kind)(3, 4, **options))
        padded = draw(5, 4, 3).requires_grad_()
        packed = nn.utils.rnn.pack_padded_sequence(padded, [1, 3, 5, 2], enforce_sorted=False)
        rows = layer.num_layers * (2 if layer.bidirectional else 1)
        start = None
        if states:
            start = draw(rows, 4, layer.proj_size or 4).requires_grad_()
            if kind == "LSTM":
                start = (start, draw(rows, 4, 4).requires_grad_())
        output, final = layer(packed, start)
        finals = final if kind == "LSTM" else (final,)
        total = (output.data * draw(*output.data.shape)).sum()
        for one in finals:
            total = total + (one * draw(*one.shape)).sum()
        total.backward()
        found = {"output": output.data, "batch_sizes": output.batch_sizes, "unsorted": output.unsorted_indices}
        found |= {f"final{i}": one for i, one in enumerate(finals)}
        found |= {f"grad.{name}": p.grad for name, p in layer.named_parameters()}
        found["grad.input"] = padded.grad
        starts = () if start is None else start if kind == "LSTM" else (start,)
        return found | {f"grad.start{i}": one.grad for i, one in enumerate(starts)}

    return run


PACKED = {
    f"packed_{kind.lower()}_{name}": _packed_run(kind, options, states)
    for kind in ("RNN", "LSTM", "GRU")
    for name, options, states in (
        ("plain", {}, False),
        ("deep", {"num_layers": 2, "bidirectional": True}, True),
        ("no_bias", {"bias": False, "batch_first": True}, True),
    )
}
PACKED["packed_lstm_projection"] = _packed_run("LSTM", {"proj_size": 2, "num_layers": 2, "bidirectional": True}, True)
PACKED["packed_rnn_relu"] = _packed_run("RNN", {"nonlinearity": "relu", "bidirectional": True}, True)


def unbatched_batch_first(torch: Any, nn: Any, draw: Draw) -> Results:
    layer = draw.fill(nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True, proj_size=2))
    start = draw(4, 2), draw(4, 4)
    output, (h, c) = layer(draw(6, 3), start)
    return {"output": output, "h": h, "c": c, **gradients(layer, output, draw)}


# --- parametrizations -------------------------------------------------------------------------------------------------


def symmetric(torch: Any, nn: Any, draw: Draw) -> Results:
    class Symmetric(nn.Module):
        def forward(self, X: Any) -> Any:
            return X.triu() + X.triu(1).mT

        def right_inverse(self, A: Any) -> Any:
            return A.triu()

    class Doubled(nn.Module):
        def forward(self, X: Any) -> Any:
            return 2 * X

        def right_inverse(self, A: Any) -> Any:
            return A / 2

    layer = draw.fill(nn.Linear(3, 3))
    nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    nn.utils.parametrize.register_parametrization(layer, "weight", Doubled())
    output = layer(draw(2, 3))
    found = {"output": output, **gradients(layer, output, draw), **state(layer)}
    layer.weight = draw(3, 3)
    found["assigned"] = layer.parametrizations.weight.original.clone()
    nn.utils.parametrize.remove_parametrizations(layer, "weight")
    return found | {f"removed.{key}": value for key, value in layer.state_dict().items()}


def several_originals(torch: Any, nn: Any, draw: Draw) -> Results:
    class Product(nn.Module):
        def forward(self, left: Any, right: Any) -> Any:
            return left @ right

        def right_inverse(self, A: Any) -> Any:
            return A[:, :1].clone(), A[:1].clone()

    layer = draw.fill(nn.Linear(3, 2))
    nn.utils.parametrize.register_parametrization(layer, "weight", Product())
    output = layer(draw(2, 3))
    return {"output": output, **gradients(layer, output, draw), **state(layer)}


def _orthogonal(map_: str | None, shape: tuple[int, int], trivialization: bool, assign: bool) -> Callable[..., Results]:
    def run(torch: Any, nn: Any, draw: Draw) -> Results:
        layer = draw.fill(nn.Linear(shape[1], shape[0]))
        nn.utils.parametrizations.orthogonal(layer, "weight", map_, use_trivialization=trivialization)
        if assign:
            layer.weight = nn.init.eye_(torch.empty(shape, dtype=torch.float64))
        found = {"start": layer.weight.detach().clone()}
        original = layer.parametrizations.weight.original
        if shape[0] == shape[1] or not trivialization:
            if not trivialization:
                original.data.copy_(draw(*original.shape))
                if map_ == "householder":
                    original.diagonal().data.copy_(torch.ones(min(shape), dtype=torch.float64))
            else:
                original.data.add_(draw(*original.shape) * 0.1)
                if map_ == "householder":
                    original.data.diagonal().fill_(-1.0)
            output = layer(draw(2, shape[1]))
            found |= {"weight": layer.weight, "output": output, **gradients(layer, output, draw)}
        return found

    return run


ORTHOGONAL = {
    "orthogonal_default": _orthogonal(None, (3, 3), True, False),
    "orthogonal_matrix_exp": _orthogonal("matrix_exp", (3, 3), True, True),
    "orthogonal_cayley": _orthogonal("cayley", (3, 3), True, True),
    "orthogonal_householder": _orthogonal("householder", (3, 3), True, True),
    "orthogonal_tall": _orthogonal(None, (4, 2), True, False),
    "orthogonal_wide": _orthogonal("matrix_exp", (2, 4), True, False),
    "orthogonal_tall_plain": _orthogonal("householder", (4, 2), False, False),
    "orthogonal_wide_plain": _orthogonal("householder", (2, 4), False, False),
    "orthogonal_square_plain": _orthogonal("householder", (3, 3), False, False),
    "orthogonal_exp_plain": _orthogonal("matrix_exp", (4, 2), False, False),
    "orthogonal_cayley_plain": _orthogonal("cayley", (2, 4), False, False),
}


def _weight_norm(dim: int | None, old: bool) -> Callable[..., Results]:
    def run(torch: Any, nn: Any, draw: Draw) -> Results:
        layer = draw.fill(nn.Conv1d(2, 3, 2))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            (nn.utils if old else nn.utils.parametrizations).weight_norm(layer, "weight", dim)
        output = layer(draw(2, 2, 4))
        found = {"output": output, **gradients(layer, output, draw), **state(layer)}
        if old:
            nn.utils.remove_weight_norm(layer)
        else:
            nn.utils.parametrize.remove_parametrizations(layer, "weight")
        return found | {f"removed.{key}": value for key, value in layer.state_dict().items()}

    return run


def _spectral_norm(kind: str, old: bool) -> Callable[..., Results]:
    def run(torch: Any, nn: Any, draw: Draw) -> Results:
        layer = draw.fill(nn.Linear(3, 4) if kind == "linear" else nn.ConvTranspose1d(3, 4, 2))
        (nn.utils if old else nn.utils.parametrizations).spectral_norm(layer, n_power_iterations=2)
        vectors = [buffer for _, buffer in sorted(layer.named_buffers())]
        for vector in vectors:
            drawn = draw(*vector.shape)
            vector.copy_(drawn / drawn.norm())
        inputs = draw(2, 3) if kind == "linear" else draw(2, 3, 4)
        layer(inputs)
        output = layer(inputs)
        found = {"output": output, **gradients(layer, output, draw), **state(layer)}
        layer.eval()
        found["eval"] = layer(inputs)
        if old:
            nn.utils.remove_spectral_norm(layer)
        else:
            nn.utils.parametrize.remove_parametrizations(layer, "weight")
        return found | {f"removed.{key}": value for key, value in layer.state_dict().items()}

    return run


NORMS = {
    **{
        f"weight_norm_{dim}_{'old' if old else 'new'}": _weight_norm(dim, old) for dim in (0, 1, None) for old in (0, 1)
    },
    **{
        f"spectral_norm_{kind}_{'old' if old else 'new'}": _spectral_norm(kind, bool(old))
        for kind in ("linear", "transposed")
        for old in (0, 1)
    },
}


# --- pruning, fusion, stateless calls ---------------------------------------------------------------------------------


def pruning(torch: Any, nn: Any, draw: Draw) -> Results:
    prune = nn.utils.prune
    layer = draw.fill(nn.Conv2d(3, 4, 2))
    prune.l1_unstructured(layer, "weight", 0.3)
    found = {"first": layer.weight_mask}
    prune.ln_structured(layer, "weight", 1, n=2, dim=0)
    found["second"] = layer.weight_mask
    prune.ln_structured(layer, "weight", amount=0.5, n=float("inf"), dim=-3)
    found["third"] = layer.weight_mask
    prune.l1_unstructured(layer, "weight", 3, importance_scores=draw(4, 3, 2, 2))
    found["fourth"] = layer.weight_mask
    prune.custom_from_mask(layer, "bias", torch.tensor([1, 0, 1, 1]))
    output = layer(draw(2, 3, 3, 3))
    found |= {"output": output, **gradients(layer, output, draw), **state(layer)}
    prune.remove(layer, "weight")
    return found | {f"removed.{key}": value for key, value in layer.state_dict().items()}


def global_pruning(torch: Any, nn: Any, draw: Draw) -> Results:
    prune = nn.utils.prune
    net = draw.fill(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)))
    pairs = [(net[0], "weight"), (net[1], "weight")]
    prune.global_unstructured(pairs, pruning_method=prune.L1Unstructured, amount=0.25)
    found = {f"once.{key}": value.clone() for key, value in net.state_dict().items()}
    scores = {(net[0], "weight"): draw(4, 3)}
    prune.global_unstructured(pairs, pruning_method=prune.L1Unstructured, importance_scores=scores, amount=5)
    return found | state(net)


def pruned_tensors(torch: Any, nn: Any, draw: Draw) -> Results:
    prune = nn.utils.prune
    t = draw(4, 5)
    mask = torch.ones(4, 5, dtype=torch.float64)
    mask[1] = 0
    return {
        "l1": prune.L1Unstructured(0.4).prune(t, default_mask=mask),
        "ln": prune.LnStructured(2, n=1, dim=1).prune(t),
        "scores": prune.LnStructured(0.5, n=2, dim=0).prune(t, importance_scores=draw(4, 5)),
        "fro": prune.LnStructured(1, n="fro", dim=0).prune(t),
    }


def _fusion(kind: str) -> Callable[..., Results]:
    def run(torch: Any, nn: Any, draw: Draw) -> Results:
        layers = {
            "conv": lambda: (nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), draw(2, 2, 4, 4)),
            "plain": lambda: (nn.Conv1d(2, 3, 2, bias=False), nn.BatchNorm1d(3, affine=False), draw(2, 2, 4)),
            "transposed": lambda: (nn.ConvTranspose2d(2, 3, 2), nn.BatchNorm2d(3), draw(2, 2, 3, 3)),
            "linear": lambda: (nn.Linear(2, 3), nn.BatchNorm1d(3), draw(4, 2)),
        }
        layer, bn, inputs = layers[kind]()
        draw.fill(layer)
        draw.fill(bn)
        bn.running_mean.copy_(draw(3))
        bn.running_var.copy_(draw(3) ** 2 + 0.5)
        layer.eval()
        bn.eval()
        if kind == "linear":
            fused = nn.utils.fuse_linear_bn_eval(layer, bn)
        else:
            fused = nn.utils.fuse_conv_bn_eval(layer, bn, transpose=kind == "transposed")
        return {"apart": bn(layer(inputs)), "together": fused(inputs), **state(fused)}

    return run


def stateless(torch: Any, nn: Any, draw: Draw) -> Results:
    net = draw.fill(nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3)))
    net[2].weight = net[0].weight
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        call = nn.utils.stateless.functional_call
        weight = draw(3, 3).requires_grad_()
        statistics = torch.zeros(3, dtype=torch.float64)
        inputs = draw(4, 3)
        tied = call(net, {"0.weight": weight, "1.running_mean": statistics}, inputs)
        (tied * draw(4, 3)).sum().backward()
        untied = call(net, {"0.weight": weight}, (inputs,), tie_weights=False)
    return {"tied": tied, "untied": untied, "grad": weight.grad, "statistics": statistics, **state(net)}


def clipping(torch: Any, nn: Any, draw: Draw) -> Results:
    found: Results = {}
    for order in (1.0, 2.0, 3.0, 0.5, 0.0, float("inf"), float("-inf")):
        layer = draw.fill(nn.Linear(3, 4))
        gradients(layer, layer(draw(2, 3)), draw)
        found[f"norm{order}"] = nn.utils.clip_grad_norm_(layer.parameters(), 0.7, norm_type=order, foreach=False)
        found[f"weight{order}"] = layer.weight.grad
    total = nn.utils.get_total_norm([p.grad for p in layer.parameters()], 2.0)
    nn.utils.clip_grads_with_norm_(layer.parameters(), 0.01, total)
    found |= {"total": total, "scaled": layer.weight.grad.clone()}
    nn.utils.clip_grad_value_(layer.parameters(), 0.001)
    return found | {"clamped": layer.weight.grad, "vector": nn.utils.parameters_to_vector(layer.parameters())}


PROGRAMS: dict[str, Callable[..., Results]] = {
    "packing": packing,
    **PACKED,
    "unbatched_batch_first": unbatched_batch_first,
    "symmetric": symmetric,
    "several_originals": several_originals,
    **ORTHOGONAL,
    **NORMS,
    "pruning": pruning,
    "global_pruning": global_pruning,
    "pruned_tensors": pruned_tensors,
    **{f"fusion_{kind}": _fusion(kind) for kind in ("conv", "plain", "transposed", "linear")},
    "stateless": stateless,
    "clipping": clipping,
}


def run(name: str, torch: Any, nn: Any) -> dict[str, np.ndarray]:
    """The results of a program as arrays, in the order it made them."""
    return {key: value.detach().numpy().copy() for key, value in PROGRAMS[name](torch, nn, Draw(torch)).items()}
