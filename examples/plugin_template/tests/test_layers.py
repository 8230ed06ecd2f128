"""The layer, by the conformance kit and under the name torchere gives it."""

import torchere
from torchere.testing import LayerConformance

from torchere_example import layers


class TestSwiGLU(LayerConformance):
    make = layers.SwiGLU
    samples = layers.torchere_samples()


def test_is_a_layer_of_torchere() -> None:
    assert torchere.nn.SwiGLU is layers.SwiGLU
    assert [tuple(weight.shape) for weight in layers.SwiGLU(2, 3).parameters()] == [(3, 2), (3, 2), (2, 3)]
