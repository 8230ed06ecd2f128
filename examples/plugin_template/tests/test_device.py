"""The device, by the conformance kit: contract, every operator with its gradients, training. Takes minutes."""

import pytest
import torchere
from torchere.testing import DeviceConformance


class TestExample(DeviceConformance):
    device = "example"


def test_computes_as_the_cpu_does() -> None:
    torchere.manual_seed(0)
    x = torchere.randn(3, 4, requires_grad=True)
    y = x.detach().to("example").requires_grad_()
    for item in (x, y):
        (item @ item.T).softmax(1).square().sum().backward()
    assert y.grad.device.type == "example"
    assert torchere.allclose(y.grad.cpu(), x.grad, atol=1e-6)


def test_refuses_to_mix_devices() -> None:
    with pytest.raises(RuntimeError, match="example"):
        torchere.ones(2, device="example") + torchere.ones(2)
