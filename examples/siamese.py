"""A siamese network learns whether two images show the same digit, and then names digits by comparing them.

Two images go through one network; the cosine of the two codes is drawn to one for the same digit and below the margin
for different ones. No layer knows how many digits there are: an image is named after the nearest of five examples each.

Source: J. Bromley et al.: Signature Verification using a "Siamese" Time Delay Neural Network, NIPS 1993.
"""

import numpy as np
import torchere.nn as nn
import torchere.nn.functional as F
from command_line import run
from numpy_randomness import initialise
from torchere.utils.data import DataLoader, Dataset
from torchere.vision.datasets import Digits

import torchere as torch


class Siamese(nn.Module):
    """Two batches of images (N, 1, 8, 8) to two batches of codes (N, 32)."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.GroupNorm(4, 16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1, stride=2),
            nn.GroupNorm(4, 32),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 16, 64),
            nn.PReLU(),
            nn.Linear(64, 32),
        )

    def forward(self, first, second):
        return self.network(first), self.network(second)


class Pairs(Dataset):
    """Pairs of images with 1 where both show the same digit, else -1; half of each."""

    def __init__(self, images: torch.Tensor, labels: torch.Tensor, pairs: int, rng: np.random.Generator) -> None:
        self.images, self.pairs = images, []
        labels = labels.numpy()
        by_label = {label: np.flatnonzero(labels == label) for label in np.unique(labels)}
        for number in range(pairs):
            same = number % 2 == 0
            one, other = rng.choice(list(by_label), size=2, replace=False)
            first, second = rng.choice(by_label[one]), rng.choice(by_label[one if same else other])
            self.pairs.append((int(first), int(second), 1 if same else -1))

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int):
        first, second, target = self.pairs[index]
        return self.images[first], self.images[second], target


def tensors_of(part: Digits):
    """Images (N, 1, 8, 8) and labels (N,)."""
    return part.data.unsqueeze(1) / 16, part.targets


@torch.no_grad()
def naming_accuracy(network, known, known_labels, images, labels, shots=5):
    """The share of images whose digit has the nearest mean code, of `shots` examples a digit."""
    network.eval()
    digits = known_labels.unique()
    examples = torch.cat([known[known_labels == digit][:shots] for digit in digits.tolist()])
    means = F.normalize(network(examples), dim=1).reshape(len(digits), shots, -1).mean(dim=1)
    similarity = nn.CosineSimilarity(dim=-1)(network(images).unsqueeze(1), means)
    return (digits[similarity.argmax(dim=1)] == labels).float().mean().item()


@torch.no_grad()
def pair_accuracy(model, loader, threshold=0.5):
    """The share of pairs on the right side of the threshold."""
    model.eval()
    right = 0
    for first, second, target in loader:
        alike = F.cosine_similarity(*model(first, second)) > threshold
        right += (alike == (target > 0)).sum().item()
    return right / len(loader.dataset)


def main(quick=False):
    """Train on pairs; test on pairs of other images, and by naming those, with the network and by their pixels."""
    rng = np.random.default_rng(0)
    known, unseen = tensors_of(Digits(train=True)), tensors_of(Digits(train=False))
    pairs = Pairs(*known, pairs=640 if quick else 6400, rng=rng)
    loader = DataLoader(pairs, batch_size=32)
    model = initialise(Siamese(), rng)
    criterion = nn.CosineEmbeddingLoss(margin=0.2)
    optimizer = torch.optim.NAdam(model.parameters(), lr=2e-3)
    epochs = 2 if quick else 4
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(loader))
    losses = []
    for epoch in range(epochs):
        model.train()
        for first, second, target in loader:
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(*model(first, second), target)
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses[-len(loader) :]):.4f}")
    return {
        "losses": losses,
        "accuracy on pairs": pair_accuracy(model, DataLoader(Pairs(*unseen, pairs=600, rng=rng), batch_size=200)),
        "accuracy of names": naming_accuracy(model.network, *known, *unseen),
        "accuracy by pixels": naming_accuracy(nn.Flatten(), *known, *unseen),
    }


if __name__ == "__main__":
    run(main)
