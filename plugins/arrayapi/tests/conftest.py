"""Puts the devices of `devices/`, a package as a third party would publish it, on the path."""

import sys
from pathlib import Path

import pytest

from torchere import plugins

DEVICES = str(Path(__file__).parent / "devices")

if DEVICES not in sys.path:
    sys.path.append(DEVICES)
    plugins.manager.scan()


@pytest.fixture(params=["strict_device1", "strict_no_x64", "numpylike"])
def device(request):
    """A boxed device, one without 64-bit numbers, and one of arrays with strides."""
    return request.param
