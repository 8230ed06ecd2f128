"""An LSTM learns six of Shakespeare's sonnets letter by letter, and then writes lines of its own.

Lines have different lengths: they are packed, so that no step is computed for padding. Lines are written by drawing
each letter from the distribution that the network gives for it.

Source: S. Hochreiter, J. Schmidhuber: Long Short-Term Memory, Neural Computation 9(8), 1997; W. Shakespeare: Sonnets
18, 29, 30, 73, 116 and 130, 1609 (sonnets.txt).
"""

from pathlib import Path

import numpy as np
import torchere.nn as nn
import torchere.nn.functional as F
from command_line import run
from numpy_randomness import Dropout, Shuffled, initialise
from torchere.nn.utils.rnn import PackedSequence, pack_sequence
from torchere.utils.data import DataLoader

import torchere as torch

LINES = (Path(__file__).parent / "sonnets.txt").read_text().splitlines()
END = "\n"  # Stands before the first letter and after the last.
LETTERS = sorted({END, *"".join(LINES)})


class Writer(nn.Module):
    """A packed batch of letters, and the LSTM's state, to logits of the letter after each, packed alike."""

    def __init__(self, rng: np.random.Generator, width: int = 32, hidden: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS), width)
        self.lstm = nn.LSTM(width, hidden, num_layers=2)
        self.dropout = Dropout(0.1, rng)
        self.output = nn.Linear(hidden, len(LETTERS))

    def forward(self, letters: PackedSequence, state=None):
        embedded = letters._replace(data=self.embedding(letters.data))
        outputs, state = self.lstm(embedded, state)
        return outputs._replace(data=self.output(self.dropout(outputs.data))), state


def encode(line):
    """The letters' numbers, with the end on both sides."""
    return torch.tensor([LETTERS.index(letter) for letter in END + line + END])


def collate(lines):
    """Packed letters, and the packed letters that follow them."""
    inputs, targets = ([line[cut] for line in lines] for cut in (slice(None, -1), slice(1, None)))
    return pack_sequence(inputs, enforce_sorted=False), pack_sequence(targets, enforce_sorted=False)


@torch.no_grad()
def perplexity(model, loader):
    """The exponential of the mean cross-entropy: among how many letters the network hesitates."""
    model.eval()
    total = count = 0
    for inputs, targets in loader:
        total += F.cross_entropy(model(inputs)[0].data, targets.data, reduction="sum").item()
        count += len(targets.data)
    return float(np.exp(total / count))


@torch.no_grad()
def write(model, rng, temperature=0.5, longest=60):
    """One line: letters drawn from softmax(logits / temperature), until the end comes up."""
    model.eval()
    line, letter, state = "", END, None
    while len(line) < longest:
        packed = pack_sequence([torch.tensor([LETTERS.index(letter)])])
        logits, state = model(packed, state)
        cumulative = (logits.data[0] / temperature).softmax(dim=0).cumsum(dim=0)
        letter = LETTERS[min(int((cumulative < rng.random()).sum()), len(LETTERS) - 1)]
        if letter == END:
            break
        line += letter
    return line


def main(quick=False):
    """Train until the rate has fallen or the epochs are over; the perplexity of the text, and four lines."""
    rng = np.random.default_rng(0)
    lines = [encode(line) for line in LINES]
    loader = DataLoader(lines, batch_size=14, sampler=Shuffled(lines, rng), collate_fn=collate)
    model = initialise(Writer(rng), rng)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=3)
    losses = []
    for epoch in range(3 if quick else 70):
        model.train()
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs)[0].data, targets.data)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            losses.append(loss.item())
        mean = float(np.mean(losses[-len(loader) :]))
        scheduler.step(mean)
        if (epoch + 1) % 10 == 0:
            print(f"epoch {epoch + 1}: loss {mean:.4f}, learning rate {scheduler.get_last_lr()[0]:.3g}")
    return {
        "losses": losses,
        "perplexity": perplexity(model, DataLoader(lines, batch_size=14, collate_fn=collate)),
        "text": "\n".join(write(model, rng) for _ in range(4)),
    }


if __name__ == "__main__":
    run(main)
