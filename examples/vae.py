"""A variational autoencoder of handwritten digits: images are coded as normal distributions of eight numbers.

Source: D. P. Kingma, M. Welling: Auto-Encoding Variational Bayes, ICLR 2014.
"""

import numpy as np
import torchere.nn as nn
import torchere.nn.functional as F
from command_line import run
from numpy_randomness import Shuffled, initialise, normal
from torchere.utils.data import DataLoader
from torchere.vision.datasets import Digits

import torchere as torch


class VAE(nn.Module):
    """Images (N, 1, 8, 8) to logits of their pixels, and the mean and log-variance (N, latent) of the codes."""

    def __init__(self, rng: np.random.Generator, latent: int = 8, hidden: int = 128) -> None:
        super().__init__()
        self.rng = rng
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, hidden), nn.SiLU(), nn.Linear(hidden, 2 * latent))
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden), nn.SiLU(), nn.Linear(hidden, 64), nn.Unflatten(1, (1, 8, 8))
        )

    def forward(self, images):
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        code = mean
        if self.training:
            code = mean + torch.exp(0.5 * log_variance) * normal(self.rng, *mean.shape)
        return self.decoder(code), mean, log_variance


def negative_elbo(images, logits, mean, log_variance):
    """Reconstruction error and divergence from the prior, in nats an image: a bound on the negative log-likelihood."""
    reconstruction = F.binary_cross_entropy_with_logits(logits, images, reduction="sum")
    divergence = -0.5 * torch.sum(1 + log_variance - mean.square() - log_variance.exp())
    return reconstruction / len(images), divergence / len(images)


def main(quick=False):
    """Train; test by the bound, averaged over several noises, and by how well images are rebuilt from their means."""
    rng = np.random.default_rng(0)
    training, test = Digits(train=True), Digits(train=False)
    loader = DataLoader(training, batch_size=64, sampler=Shuffled(training, rng))
    model = initialise(VAE(rng), rng)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)
    losses = []
    for epoch in range(4 if quick else 40):
        model.train()
        warm = min(1.0, (epoch + 1) / 4)  # The prior comes in slowly, or all codes collapse onto it.
        for images, _ in loader:
            optimizer.zero_grad()
            reconstruction, divergence = negative_elbo(images, *model(images))
            loss = reconstruction + warm * divergence
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        if (epoch + 1) % 4 == 0:
            print(f"epoch {epoch + 1}: {reconstruction.item():.3f} + {divergence.item():.3f} nats")

    images, _ = next(iter(DataLoader(test, batch_size=len(test))))
    with torch.no_grad():
        bounds = [sum(negative_elbo(images, *model(images))).item() for _ in range(8)]
        model.eval()
        logits, _, log_variance = model(images)
    error = F.mse_loss(torch.sigmoid(logits), images).sqrt().item()
    used = (log_variance.exp().mean(dim=0) < 0.9).sum().item()
    return {"losses": losses, "negative ELBO": sum(bounds) / 8, "pixel error": error, "dimensions used": used}


if __name__ == "__main__":
    run(main)
