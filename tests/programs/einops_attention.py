"""An image cut into patches, mixed by attention and pooled, every change of shape written with einops.

Written for PyTorch; the import is all that differs.
"""

from einops import einsum, pack, rearrange, reduce, repeat, unpack

import torchere as torch


def weight(*shape, scale=1.0):
    """A weight whose values need no random numbers."""
    count = 1
    for size in shape:
        count *= size
    return (torch.arange(count, dtype=torch.float64).mul(0.7).sin() * scale).reshape(shape).requires_grad_()


def main():
    """Values and gradients of one pass."""
    images = weight(2, 3, 8, 8)
    embed, qkv, out = weight(48, 12, scale=0.2), weight(12, 36, scale=0.3), weight(12, 12, scale=0.3)
    token = weight(12)

    patches = rearrange(images, "b c (h p1) (w p2) -> b (h w) (p1 p2 c)", p1=4, p2=4)
    embedded = einsum(patches, embed, "b n i, i o -> b n o")
    tokens = repeat(token, "c -> b 1 c", b=2)
    sequence, shapes = pack([tokens, embedded], "b * c")
    q, k, v = rearrange(einsum(sequence, qkv, "b n i, i o -> b n o"), "b n (three h d) -> three b h n d", three=3, h=3)
    scores = einsum(q, k, "b h i d, b h j d -> b h i j") / q.shape[-1] ** 0.5
    mixed = einsum(scores.softmax(dim=-1), v, "b h i j, b h j d -> b h i d")
    sequence = sequence + rearrange(mixed, "b h n d -> b n (h d)") @ out
    tokens, embedded = unpack(sequence, shapes, "b * c")
    pooled = reduce(embedded, "b n c -> b c", "mean") + rearrange(tokens, "b 1 c -> b c")
    coarse = reduce(images, "b c (h 2) (w 2) -> b c h w", "max")
    loss = pooled.pow(2).mean() + coarse.sum() / 10
    loss.backward()
    return {
        "loss": loss.item(),
        "pooled": pooled.tolist(),
        "scores": reduce(scores.softmax(dim=-1), "b h i j -> h j", "mean").tolist(),
        "token gradient": token.grad.tolist(),
        "gradient norms": [item.grad.norm().item() for item in (images, embed, qkv, out)],
        "image gradient": reduce(images.grad, "b c h w -> b h", "sum").tolist(),
    }
