"""oneDNN's kernels for arrays of every size, where the library is installed."""

import pytest

from torchere import plugins


@pytest.fixture(autouse=True)
def onednn(monkeypatch):
    """The plugin, taking calls of any size; skips where there is no library."""
    plugins.load_kernels("cpu")
    if not any(kernel.plugin == "onednn" for kernel in plugins.dispatcher.kernels_of("convolution", device="cpu")):
        pytest.skip("no libdnnl.so.3: pip install 'torchere[onednn]'")
    from torchere_onednn import activation, convolution, normalization, primitives, softmax

    for module in (activation, normalization, softmax):
        monkeypatch.setattr(module, "LARGE", 1)
    monkeypatch.setattr(convolution, "_WORK", 1)
    return primitives
