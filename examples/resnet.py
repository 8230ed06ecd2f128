"""A residual network tells handwritten digits apart: batch normalisation, skip connections, averaged weights.

Images are shifted and dimmed at random; the learning rate goes up and down once; what is tested is an exponential
moving average of the weights, whose batch statistics are gathered anew.

Source: K. He et al.: Deep Residual Learning for Image Recognition, CVPR 2016; L. N. Smith, N. Topin: Super-Convergence,
2017 (the learning rate).
"""

import numpy as np
import torchere.nn as nn
from command_line import run
from numpy_randomness import Shuffled, initialise
from torchere.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn
from torchere.utils.data import DataLoader, Dataset
from torchere.vision.datasets import Digits

import torchere as torch


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where shapes change."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride=stride, bias=False), nn.BatchNorm2d(channels_out)
            )

    def forward(self, x):
        residual = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        residual += self.shortcut(x)
        return self.relu(residual)


class ResNet(nn.Module):
    """Images (N, 1, 8, 8) to logits (N, 10): a stem, three stages of blocks at 8x8, 4x4 and 2x2, and the mean."""

    def __init__(self, width: int = 16, blocks: int = 1) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        stages, channels = [], width
        for stage in range(3):
            for block in range(blocks):
                stride = 2 if stage > 0 and block == 0 else 1
                stages.append(Block(channels, width << stage, stride))
                channels = width << stage
        self.stages = nn.Sequential(*stages)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))

    def forward(self, images):
        return self.head(self.stages(self.stem(images)))


class Augmented(Dataset):
    """Images moved by up to a pixel each way, and dimmed by up to a fifth."""

    def __init__(self, dataset: Dataset, rng: np.random.Generator) -> None:
        self.dataset = dataset
        self.rng = rng

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int):
        image, label = self.dataset[index]
        down, right = self.rng.integers(-1, 2, size=2).tolist()
        padded = nn.functional.pad(image, (1, 1, 1, 1))
        return padded[:, 1 + down : 9 + down, 1 + right : 9 + right] * self.rng.uniform(0.8, 1.0), label


@torch.no_grad()
def accuracy(model, loader):
    """The share of images that the model names rightly."""
    model.eval()
    return sum((model(x).argmax(dim=1) == y).sum().item() for x, y in loader) / len(loader.dataset)


def main(quick=False):
    """Train, average, test."""
    rng = np.random.default_rng(0)
    training = Augmented(Digits(train=True), rng)
    loader = DataLoader(training, batch_size=64, sampler=Shuffled(training, rng), drop_last=True)
    plain, test = DataLoader(training.dataset, batch_size=256), DataLoader(Digits(train=False), batch_size=256)
    epochs = 2 if quick else 10
    model = initialise(ResNet(), rng)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9 if quick else 0.97))
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.1, total_steps=epochs * len(loader), pct_start=0.2
    )
    losses = []
    for epoch in range(epochs):
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=2.0)
            optimizer.step()
            scheduler.step()
            average.update_parameters(model)
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {losses[-1]:.4f}, learning rate {scheduler.get_last_lr()[0]:.3g}")
    update_bn(plain, average)
    return {"losses": losses, "accuracy": accuracy(model, test), "accuracy of the average": accuracy(average, test)}


if __name__ == "__main__":
    run(main)
