"""The compiled kernels for arrays of every size, and a count of the calls they take."""

from collections import Counter

import pytest

from torchere import plugins


@pytest.fixture
def compiled(monkeypatch):
    """How many calls each of the plugin's kernels took; skips where there is no numba."""
    plugins.load_kernels("cpu")
    kernels = [kernel for kernel in plugins.dispatcher.kernels_of(device="cpu") if kernel.plugin == "compiled"]
    if not kernels:
        pytest.skip("no numba: pip install 'torchere[compiled]'")
    from torchere_compiled import activation, optimizer, reduction, scatter, softmax

    calls = Counter()

    def counted(op, function):
        def run(*args):
            result = function(*args)
            calls[op] += result is not NotImplemented
            return result

        return run

    for kernel in kernels:
        monkeypatch.setattr(kernel, "smallest", min(kernel.smallest, 2))
        monkeypatch.setattr(kernel, "function", counted(kernel.op, kernel.function))
    for module in (scatter, softmax):
        monkeypatch.setattr(module, "LARGE", 1)
    for module in (activation, optimizer, reduction):
        monkeypatch.setattr(module, "SPREAD", 1)
    monkeypatch.setattr(scatter, "TAKEN", 1)
    # Entering and leaving makes operators forget the kernels they have resolved.
    with plugins.prefer("compiled"):
        yield calls


@pytest.fixture
def two_threads():
    """Two threads, whatever the machine or the environment says."""
    import torchere as torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)
