"""A convolutional generative adversarial network draws handwritten digits.

What it draws is judged by the Fréchet distance between drawn and real images, each taken as a normal distribution of 64
pixels: zero for equal means and covariances.

Source: A. Radford, L. Metz, S. Chintala: Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks, ICLR 2016.
"""

import numpy as np
import torchere.nn as nn
from command_line import run
from numpy_randomness import Shuffled, initialise, normal
from torchere.utils.data import DataLoader
from torchere.vision.datasets import Digits

import torchere as torch

CODE = 24


def generator(width=32):
    """Codes (N, CODE, 1, 1) to images (N, 1, 8, 8) within ±1."""
    return nn.Sequential(
        nn.ConvTranspose2d(CODE, 2 * width, kernel_size=2, bias=False),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(2 * width, width, kernel_size=4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(width, 1, kernel_size=4, stride=2, padding=1),
        nn.Tanh(),
    )


def discriminator(width=32):
    """Images (N, 1, 8, 8) to logits (N,): positive means real."""
    return nn.Sequential(
        nn.Conv2d(1, width, kernel_size=4, stride=2, padding=1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(width, 2 * width, kernel_size=4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(2 * width),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(2 * width, 1, kernel_size=2),
        nn.Flatten(0),
    )


def frechet_distance(first, second):
    """Between two sets of images as normal distributions: |m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½)."""
    first, second = (images.flatten(1).double().numpy() for images in (first, second))
    c1, c2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    # The product of two covariances has real eigenvalues that are not negative, but for rounding.
    roots = np.sqrt(np.linalg.eigvals(c1 @ c2).real.clip(min=0)).sum()
    return float(((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * roots)


def main(quick=False):
    """Train both networks in turn; the distance of drawn images from test images, before and after."""
    rng = np.random.default_rng(0)
    training, test = Digits(train=True), Digits(train=False)
    loader = DataLoader(training, batch_size=64, sampler=Shuffled(training, rng), drop_last=True)
    draw, judge = initialise(generator(), rng), initialise(discriminator(), rng)
    criterion = nn.BCEWithLogitsLoss()
    to_draw = torch.optim.Adam(draw.parameters(), lr=2e-3, betas=(0.5, 0.999))
    to_judge = torch.optim.Adam(judge.parameters(), lr=1e-3, betas=(0.5, 0.999))
    codes = normal(rng, 500, CODE, 1, 1)
    real = next(iter(DataLoader(test, batch_size=len(test))))[0] * 2 - 1

    @torch.no_grad()
    def distance():
        draw.eval()
        return frechet_distance(draw(codes), real)

    before = distance()
    losses_judge, losses_draw = [], []
    for epoch in range(2 if quick else 25):
        draw.train()
        for images, _ in loader:
            images = images * 2 - 1
            drawn = draw(normal(rng, len(images), CODE, 1, 1))
            ones, zeros = torch.ones(len(images)), torch.zeros(len(images))

            to_judge.zero_grad()
            loss_judge = criterion(judge(images), 0.9 * ones) + criterion(judge(drawn.detach()), zeros)
            loss_judge.backward()
            to_judge.step()

            to_draw.zero_grad()
            loss_draw = criterion(judge(drawn), ones)
            loss_draw.backward()
            to_draw.step()
            losses_judge.append(loss_judge.item())
            losses_draw.append(loss_draw.item())
        print(f"epoch {epoch + 1}: judge {losses_judge[-1]:.3f}, draw {losses_draw[-1]:.3f}, distance {distance():.3f}")
    return {
        "losses of the discriminator": losses_judge,
        "losses of the generator": losses_draw,
        "distance before": before,
        "distance": distance(),
    }


if __name__ == "__main__":
    run(main)
