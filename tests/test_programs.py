"""Ordinary PyTorch programs, with only the import changed. Each ends in a number that is checked.

Where the number does not follow from mathematics, it was found with PyTorch 2.13, or is a bound that PyTorch meets too.
"""

import math

import pytest
import torchere.nn as nn
import torchere.nn.functional as F
from torchere.utils.checkpoint import checkpoint
from torchere.utils.data import DataLoader, TensorDataset

import torchere as torch


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def test_polynomial_fit_by_hand_written_gradients():
    """The cubic nearest to the sine on [-π, π], by gradient descent without autograd."""
    x = torch.linspace(-math.pi, math.pi, 2000)
    y = torch.sin(x)
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for _ in range(4000):
        prediction = a + b * x + c * x**2 + d * x**3
        gradient = 2.0 * (prediction - y)
        a -= 1e-6 * gradient.sum().item()
        b -= 1e-6 * (gradient * x).sum().item()
        c -= 1e-6 * (gradient * x**2).sum().item()
        d -= 1e-6 * (gradient * x**3).sum().item()
    # What PyTorch gets; near the least-squares solution.
    assert (b, d) == (pytest.approx(0.85652299, abs=1e-6), pytest.approx(-0.0932994, abs=1e-6))
    assert abs(a) < 1e-6
    assert abs(c) < 1e-6


def test_polynomial_fit_by_autograd_and_an_own_function():
    class LegendrePolynomial3(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return 0.5 * (5 * input**3 - 3 * input)

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            return grad_output * 1.5 * (5 * input**2 - 1)

    x = torch.linspace(-math.pi, math.pi, 2000)
    y = torch.sin(x)
    a, b, c, d = (torch.full((), value, requires_grad=True) for value in (0.0, -1.0, 0.0, 0.3))
    for _ in range(2000):
        loss = (a + b * LegendrePolynomial3.apply(c + d * x) - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            for p in (a, b, c, d):
                p -= 5e-6 * p.grad
                p.grad = None
    # What PyTorch gets.
    assert b.item() == pytest.approx(-2.20852685, rel=1e-5)
    assert d.item() == pytest.approx(0.2554861, rel=1e-5)
    assert loss.item() == pytest.approx(8.9436417, rel=1e-5)


def test_mlp_on_digits_with_workers():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.flatten = nn.Flatten()
            self.layers = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 10))

        def forward(self, x):
            return self.layers(self.flatten(x))

    from torchere.vision.datasets import Digits

    model = Net()
    loader = DataLoader(Digits(train=True), batch_size=64, shuffle=True, num_workers=2, persistent_workers=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=8, gamma=0.3)
    for _ in range(12):
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
        scheduler.step()
    model.eval()
    with torch.no_grad():
        images, labels = next(iter(DataLoader(Digits(train=False), batch_size=1000)))
        accuracy = (model(images).argmax(dim=1) == labels).float().mean().item()
    assert accuracy >= 0.95
    assert scheduler.get_last_lr() == [pytest.approx(9e-4)]


def lstm(x, weight_ih, weight_hh, bias_ih, bias_hh):
    """A one-layer LSTM over (T, N, C), written in operators."""
    hidden = weight_hh.size(1)
    h = c = x.new_zeros(x.size(1), hidden)
    outputs = []
    for step in x.unbind(0):
        gates = step @ weight_ih.t() + bias_ih + h @ weight_hh.t() + bias_hh
        i, f, g, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs), h, c


def test_lstm_of_operators_is_the_layer_and_remembers():
    layer = nn.LSTM(3, 5)
    x = torch.randn(7, 2, 3)
    output, (h, c) = layer(x)
    ours = lstm(x, layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0)
    for got, wanted in zip(ours, (output, h[0], c[0]), strict=True):
        assert torch.allclose(got, wanted, atol=1e-6)

    # It learns to tell, after eight steps, the sign of what came first.
    sequence = torch.randn(8, 64, 1)
    target = (sequence[0, :, 0] > 0).float()
    weights = [torch.randn(*shape) * 0.3 for shape in ((32, 1), (32, 8), (32,), (32,), (1, 8))]
    for weight in weights:
        weight.requires_grad_()
    optimizer = torch.optim.Adam(weights, lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        _, h, _ = lstm(sequence, *weights[:4])
        loss = F.binary_cross_entropy_with_logits((h @ weights[4].t()).squeeze(1), target)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_transformer_block_by_hand_is_the_layer():
    layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, dropout=0.0, batch_first=True)
    x = torch.randn(3, 5, 8, requires_grad=True)
    mask = torch.triu(torch.full((5, 5), float("-inf")), diagonal=1)

    def block(x):
        attention = layer.self_attn
        q, k, v = F.linear(x, attention.in_proj_weight, attention.in_proj_bias).chunk(3, dim=-1)
        q, k, v = (item.unflatten(-1, (2, 4)).transpose(1, 2) for item in (q, k, v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(4) + mask
        mixed = (torch.softmax(scores, dim=-1) @ v).transpose(1, 2).flatten(2)
        x = layer.norm1(x + attention.out_proj(mixed))
        return layer.norm2(x + layer.linear2(F.relu(layer.linear1(x))))

    wanted = layer(x, src_mask=mask)
    assert torch.allclose(block(x), wanted, atol=1e-5)
    # Causal: a position's result does not depend on later ones.
    (grad,) = torch.autograd.grad(wanted[:, 2].square().sum(), x)
    assert grad[:, 3:].abs().max().item() == 0
    assert grad[:, :3].abs().sum() > 0


def test_second_order_step():
    """One step of MAML on f(w) = mean((w·x - y)²): the gradient through the inner step, against mathematics."""
    w = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    x, y = torch.tensor([1.0, 2.0], dtype=torch.float64), torch.tensor([3.0, 5.0], dtype=torch.float64)
    alpha = 0.1

    def loss(w):
        return ((w * x - y) ** 2).mean()

    (inner,) = torch.autograd.grad(loss(w), w, create_graph=True)
    adapted = w - alpha * inner
    outer = loss(adapted)
    outer.backward()
    curvature = 2 * (x**2).mean().item()  # f'' of the quadratic
    slope = 2 * (x * (adapted.detach() * x - y)).mean().item()
    assert w.grad.item() == pytest.approx(slope * (1 - alpha * curvature), rel=1e-12)

    # The same with a network, and against finite differences.
    def meta(first, second):
        hidden = torch.tanh(x[:, None] * first)
        gradients = torch.autograd.grad(((hidden @ second - y) ** 2).mean(), (first, second), create_graph=True)
        first, second = (p - alpha * g for p, g in zip((first, second), gradients, strict=True))
        return ((torch.tanh(x[:, None] * first) @ second - y) ** 2).mean()

    weights = [torch.randn(4, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    assert torch.autograd.gradcheck(meta, tuple(weights))


def test_checkpointing_changes_nothing_but_memory():
    blocks = nn.ModuleList(nn.Sequential(nn.Linear(6, 6), nn.Dropout(0.5), nn.Tanh()) for _ in range(3))
    x = torch.randn(4, 6)
    results = []
    calls = []
    blocks[1].register_forward_pre_hook(lambda *_: calls.append(1))
    for with_checkpoints in (False, True):
        torch.manual_seed(1)
        blocks.zero_grad()
        h = x.clone().requires_grad_()
        start = h
        for block in blocks:
            h = checkpoint(block, h, use_reentrant=False) if with_checkpoints else block(h)
        h.square().sum().backward()
        results.append([start.grad.tolist(), *[p.grad.tolist() for p in blocks.parameters()]])
    assert results[0] == results[1]
    assert len(calls) == 3  # once plainly; once forward and once again in backward


def test_state_dict_survives_the_disk(tmp_path):
    def model():
        return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))

    first = model()
    optimizer = torch.optim.AdamW(first.parameters(), lr=0.01)
    x, y = torch.randn(6, 1, 4, 4), torch.arange(6) % 3

    def step(model, optimizer):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    for _ in range(3):
        step(first, optimizer)
    torch.save({"model": first.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, tmp_path / "state.pt")
    loaded = torch.load(tmp_path / "state.pt")
    second = model()
    assert str(second.load_state_dict(loaded["model"])) == "<All keys matched successfully>"
    resumed = torch.optim.AdamW(second.parameters(), lr=1.0)
    resumed.load_state_dict(loaded["optimizer"])
    assert loaded["epoch"] == 3
    assert [step(second, resumed) for _ in range(3)] == [step(first, optimizer) for _ in range(3)]
    assert second[1].num_batches_tracked.item() == 6


def test_regression_with_tensor_dataset():
    """Linear regression recovers the coefficients, with SGD, momentum and a learning rate that decays."""
    x = torch.randn(256, 3)
    weight = torch.tensor([1.5, -2.0, 0.5])
    loader = DataLoader(TensorDataset(x, x @ weight + 4.0), batch_size=32, shuffle=True)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
    for _ in range(30):
        for features, target in loader:
            optimizer.zero_grad()
            nn.MSELoss()(model(features).squeeze(-1), target).backward()
            optimizer.step()
        scheduler.step()
    assert model.weight[0].tolist() == pytest.approx(weight.tolist(), abs=1e-3)
    assert model.bias.item() == pytest.approx(4.0, abs=1e-3)
