"""The optimizer, by the conformance kit and by hand."""

import pytest
import torchere
from torchere.testing import OptimizerConformance

from torchere_example import optimizers


class TestLion(OptimizerConformance):
    make = optimizers.Lion
    samples = optimizers.torchere_samples()


def test_two_steps_by_hand() -> None:
    p = torchere.tensor([1.0, -2.0], requires_grad=True)
    lion = torchere.optim.Lion([p], lr=0.1, betas=(0.5, 0.9), weight_decay=0.5)
    p.grad = torchere.tensor([3.0, -1.0])
    lion.step()  # direction (1, -1)
    assert p.tolist() == pytest.approx([1 - 0.1 * 1.5, -2 + 0.1 * 2])
    assert lion.state[p]["mean"].tolist() == pytest.approx([0.3, -0.1])
    p.grad = torchere.tensor([-0.1, 1.0])  # the mean decides for the first, the gradient for the second
    lion.step()
    assert p.tolist() == pytest.approx([0.85 - 0.1 * (1 + 0.425), -1.8 - 0.1 * (1 - 0.9)])


@pytest.mark.parametrize("options", [{"lr": -1}, {"weight_decay": -1}, {"betas": (0.9, 1.0)}])
def test_refuses_nonsense(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Lion: "):
        optimizers.Lion([torchere.zeros(1)], **options)
