"""Reading handwritten numbers of unknown length: convolutions, a bidirectional LSTM, and the CTC loss.

A number is a strip of two to six digits, drawn beside each other with gaps of random width. Nothing says where a digit
begins; CTC sums over all ways to place them. Strips of different widths are padded and packed.

Source: A. Graves et al.: Connectionist Temporal Classification, ICML 2006.
"""

import numpy as np
import torchere.nn as nn
from command_line import run
from numpy_randomness import Dropout, Shuffled, initialise
from torchere.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torchere.utils.data import DataLoader, Dataset
from torchere.vision.datasets import Digits

import torchere as torch

BLANK = 0  # Digit d is class d + 1.


class Strips(Dataset):
    """Strips (width, 8), columns first as time, and the classes (length,) of their digits."""

    def __init__(self, part: Digits, number: int, rng: np.random.Generator) -> None:
        columns = part.data.transpose(1, 2) / 16
        self.strips = []
        for _ in range(number):
            chosen = rng.integers(len(part), size=rng.integers(2, 7)).tolist()
            pieces = [torch.zeros(rng.integers(0, 3), 8)]
            for index in chosen:
                pieces += [columns[index], torch.zeros(rng.integers(0, 4), 8)]
            self.strips.append((torch.cat(pieces), part.targets[chosen] + 1))

    def __len__(self) -> int:
        return len(self.strips)

    def __getitem__(self, index: int):
        return self.strips[index]


def collate(samples):
    """Padded strips (N, W, 8) and their widths; padded targets (N, S) and their lengths."""
    strips, targets = zip(*samples, strict=True)
    widths, lengths = (torch.tensor([len(item) for item in items]) for items in (strips, targets))
    return pad_sequence(strips, batch_first=True), widths, pad_sequence(targets, batch_first=True), lengths


class Reader(nn.Module):
    """Strips (N, W, 8) of given widths to log-probabilities (T, N, 11) and how many of the T steps count."""

    def __init__(self, rng: np.random.Generator, hidden: int = 48) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(8, 32, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.Conv1d(32, 48, kernel_size=5, padding=2, stride=2),
            nn.ReLU(),
        )
        self.lstm = nn.LSTM(48, hidden, bidirectional=True)
        self.dropout = Dropout(0.2, rng)
        self.output = nn.Linear(2 * hidden, 11)

    def forward(self, strips, widths):
        features = self.conv(strips.transpose(1, 2)).permute(2, 0, 1)
        steps = (widths + 1) // 2
        packed = pack_padded_sequence(features, steps, enforce_sorted=False)
        outputs, _ = pad_packed_sequence(self.lstm(packed)[0])
        return self.output(self.dropout(outputs)).log_softmax(dim=-1), steps


def decode(log_probabilities, steps):
    """The likeliest class at each step, repetitions and blanks dropped: a list of classes for each strip."""
    best = log_probabilities.argmax(dim=-1).T
    read = []
    for row, count in zip(best, steps.tolist(), strict=True):
        row = torch.unique_consecutive(row[:count])
        read.append(row[row != BLANK].tolist())
    return read


def edit_distance(first, second):
    """The fewest insertions, deletions and substitutions that make one list the other."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


@torch.no_grad()
def error_rate(model, loader):
    """Edits needed for each digit of the truth."""
    model.eval()
    edits = digits = 0
    for strips, widths, targets, lengths in loader:
        for row, length, read in zip(targets.tolist(), lengths.tolist(), decode(*model(strips, widths)), strict=True):
            edits += edit_distance(read, row[:length])
            digits += length
    return edits / digits


def main(quick=False):
    """Train on strips of the training digits; error rate on strips of the test digits."""
    rng = np.random.default_rng(0)
    training = Strips(Digits(train=True), 320 if quick else 2400, rng)
    test = Strips(Digits(train=False), 50 if quick else 300, rng)
    loader = DataLoader(training, batch_size=32, sampler=Shuffled(training, rng), collate_fn=collate)
    model = initialise(Reader(rng), rng)
    criterion = nn.CTCLoss(blank=BLANK, zero_infinity=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    epochs = 2 if quick else 12
    schedules = [
        torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=10),
        torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(loader) - 10),
    ]
    scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, schedules, milestones=[10])
    losses = []
    for epoch in range(epochs):
        model.train()
        for strips, widths, targets, lengths in loader:
            log_probabilities, steps = model(strips, widths)
            loss = criterion(log_probabilities, targets, steps, lengths)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=5.0)
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {losses[-1]:.4f}")
    return {"losses": losses, "error rate": error_rate(model, DataLoader(test, batch_size=64, collate_fn=collate))}


if __name__ == "__main__":
    run(main)
