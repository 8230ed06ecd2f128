"""A GPT of four layers learns to sort: it reads eight digits and writes them in order.

A decoder-only transformer: causal attention, pre-normalisation, GELU, the embedding shared with the output. Only the
answers count in the loss. It is tested on lists it never saw, writing one digit after the other.

Source: A. Radford et al.: Language Models are Unsupervised Multitask Learners, 2019; the task is that of A. Karpathy's
minGPT.
"""

import math

import numpy as np
import torchere.nn as nn
import torchere.nn.functional as F
from command_line import run
from numpy_randomness import Dropout, initialise
from torchere.utils.data import DataLoader, TensorDataset

import torchere as torch

DIGITS, LENGTH = 10, 8
IGNORED = -100


class Attention(nn.Module):
    """Causal self-attention of several heads over (N, T, width)."""

    def __init__(self, width: int, heads: int, context: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.dropout = Dropout(0.05, rng)
        future = torch.ones(context, context, dtype=torch.bool).triu(diagonal=1)
        self.register_buffer("future", future, persistent=False)

    def forward(self, x):
        steps = x.size(1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)) for part in self.qkv(x).chunk(3, dim=-1))
        scores = torch.einsum("nihd,njhd->nhij", q, k) / math.sqrt(q.size(-1))
        scores = scores.masked_fill(self.future[:steps, :steps], float("-inf"))
        weights = self.dropout(scores.softmax(dim=-1))
        return self.out(torch.einsum("nhij,njhd->nihd", weights, v).flatten(2))


class Block(nn.Module):
    """Attention and a network of two layers, each added to what comes in."""

    def __init__(self, width: int, heads: int, context: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads, context, rng)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), Dropout(0.05, rng)
        )

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """Tokens (N, T) to logits (N, T, DIGITS) of the next one."""

    def __init__(self, rng: np.random.Generator, width: int = 48, heads: int = 3, layers: int = 4) -> None:
        super().__init__()
        self.context = 2 * LENGTH - 1
        self.tokens = nn.Embedding(DIGITS, width)
        self.positions = nn.Embedding(self.context, width)
        self.blocks = nn.ModuleList(Block(width, heads, self.context, rng) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, DIGITS, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions(torch.arange(tokens.size(1)))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    @torch.no_grad()
    def write(self, tokens, count):
        """Append the likeliest token, `count` times."""
        for _ in range(count):
            likeliest = self(tokens)[:, -1].argmax(dim=-1, keepdim=True)
            tokens = torch.cat([tokens, likeliest], dim=1)
        return tokens


def lists(number, rng):
    """Tokens (number, 2 LENGTH): each row is a list of digits, and then the same sorted."""
    unsorted = rng.integers(0, DIGITS, (number, LENGTH))
    return torch.from_numpy(np.concatenate([unsorted, np.sort(unsorted, axis=1)], axis=1))


def loss_of(model, rows):
    """Mean cross-entropy of the sorted halves, in nats a digit."""
    inputs, targets = rows[:, :-1], rows[:, 1:].clone()
    targets[:, : LENGTH - 1] = IGNORED
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


def optimizer_of(model, lr):
    """AdamW that lets matrices decay, and leaves biases, norms and embeddings alone."""
    groups = {True: [], False: []}
    for name, parameter in model.named_parameters():
        groups[parameter.dim() > 1 and "tokens" not in name and "positions" not in name].append(parameter)
    return torch.optim.AdamW(
        [{"params": groups[True], "weight_decay": 0.05}, {"params": groups[False], "weight_decay": 0.0}],
        lr=lr,
        betas=(0.9, 0.98),
    )


def rate(step, steps, warmup):
    """The share of the learning rate: up in a line, then down along a cosine."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 + 0.5 * math.cos(math.pi * (step - warmup) / (steps - warmup))


def main(quick=False):
    """Train; the perplexity of unseen answers, and the share of lists sorted without a mistake."""
    rng = np.random.default_rng(0)
    steps, warmup = (20, 10) if quick else (600, 40)
    model = initialise(GPT(rng), rng)
    optimizer = optimizer_of(model, lr=2e-3)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, steps, warmup))
    (test,) = TensorDataset(lists(256, rng)).tensors
    losses = []
    for step, (rows,) in enumerate(DataLoader(TensorDataset(lists(steps * 64, rng)), batch_size=64)):
        optimizer.zero_grad()
        loss = loss_of(model, rows)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}: loss {loss.item():.4f}")
    model.eval()
    with torch.no_grad():
        perplexity = loss_of(model, test).exp().item()
    right = (model.write(test[:, :LENGTH], LENGTH) == test).all(dim=1).float().mean().item()
    return {"losses": losses, "perplexity": perplexity, "lists sorted": right}


if __name__ == "__main__":
    run(main)
