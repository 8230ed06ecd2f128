"""LeNet-5 tells handwritten digits apart: convolutions, average pooling, tanh; SGD with momentum.

The scans have 8x8 pixels; they are enlarged to 16x16, half the width of LeNet's own.

Source: Y. LeCun et al.: Gradient-based learning applied to document recognition, Proc. IEEE 86(11), 1998.
"""

import tempfile
from pathlib import Path

import numpy as np
import torchere.nn as nn
import torchere.nn.functional as F
from command_line import run
from numpy_randomness import Shuffled, initialise
from torchere.utils.data import DataLoader
from torchere.vision.datasets import Digits

import torchere as torch


class LeNet(nn.Module):
    """Images (N, 1, 8, 8) to logits (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, kernel_size=5, padding=2),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, kernel_size=5),
            nn.Tanh(),
            nn.AvgPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * 2 * 2, 120),
            nn.Tanh(),
            nn.Linear(120, 84),
            nn.Tanh(),
            nn.Linear(84, 10),
        )

    def forward(self, images):
        enlarged = F.interpolate(images, size=(16, 16), mode="bilinear", align_corners=False)
        return self.classifier(self.features(enlarged))


def train_epoch(model, loader, criterion, optimizer):
    """One pass over the data; the loss of every step."""
    model.train()
    losses = []
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@torch.no_grad()
def accuracy(model, loader):
    """The share of images that the model names rightly."""
    model.eval()
    right = sum((model(images).argmax(dim=1) == labels).sum().item() for images, labels in loader)
    return right / len(loader.dataset)


def main(quick=False):
    """Train, save, load into a new model, and test that one."""
    rng = np.random.default_rng(0)
    training, test = Digits(train=True), Digits(train=False)
    loader = DataLoader(training, batch_size=32, sampler=Shuffled(training, rng))
    model = initialise(LeNet(), rng)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=6, gamma=0.3)
    losses = []
    for epoch in range(3 if quick else 18):
        losses += train_epoch(model, loader, nn.CrossEntropyLoss(), optimizer)
        print(f"epoch {epoch + 1}: loss {losses[-1]:.4f}, learning rate {scheduler.get_last_lr()[0]:.3g}")
        scheduler.step()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lenet.pt"
        torch.save(model.state_dict(), path)
        restored = LeNet()
        restored.load_state_dict(torch.load(path))
    return {"losses": losses, "accuracy": accuracy(restored, DataLoader(test, batch_size=256))}


if __name__ == "__main__":
    run(main)
