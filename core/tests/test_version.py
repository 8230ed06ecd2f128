"""The version: a text that compares by its numbers."""

import pytest

import torchere as torch
from torchere.version import TorchVersion


@pytest.mark.parametrize("lower", ["1.9.3", (1, 9, 3), (1, 9), "1", "1.10rc1"])
def test_it_is_higher(lower):
    version = TorchVersion("1.10.1")
    assert version > lower
    assert version >= lower
    assert not version < lower
    assert not version <= lower
    assert version != lower


def test_it_is_a_text():
    assert isinstance(torch.__version__, str)
    assert torch.__version__ == str(torch.__version__) == torch.version.__version__
    assert {torch.__version__: 1}[str(torch.__version__)] == 1
    assert torch.__version__ >= (0, 1)
    assert TorchVersion("2.0") == (2, 0, 0)
    with pytest.raises(TypeError, match="compares with texts"):
        assert torch.__version__ > 3
