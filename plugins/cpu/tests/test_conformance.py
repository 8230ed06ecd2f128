"""The cpu passes the conformance kit."""

from torchere.testing import DeviceConformance


class TestCpu(DeviceConformance):
    device = "cpu"
