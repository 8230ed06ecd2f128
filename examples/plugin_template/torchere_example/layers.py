"""The layer `SwiGLU`."""

from torchere import Tensor, nn
from torchere.testing import A, Sample

__all__ = ["SwiGLU"]


class SwiGLU(nn.Module):
    """``down(silu(gate(input)) * up(input))``: the feed-forward block of most language models since 2022.

    Shape: ``(*, features)``, kept; ``hidden`` is the width within.
    Source: N. Shazeer, GLU Variants Improve Transformer, 2020, equation 6.
    """

    def __init__(self, features: int, hidden: int, bias: bool = False) -> None:
        super().__init__()
        self.gate = nn.Linear(features, hidden, bias=bias)
        self.up = nn.Linear(features, hidden, bias=bias)
        self.down = nn.Linear(hidden, features, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        """The features, transformed at each position by itself."""
        return self.down(nn.functional.silu(self.gate(input)) * self.up(input))


def torchere_samples() -> list[Sample]:
    """How the conformance kit makes and calls the layer."""
    return [Sample(4, 6, inputs=[A(2, 3, 4)], output=(2, 3, 4)), Sample(4, 6, bias=True, inputs=[A(4)], output=(4,))]
