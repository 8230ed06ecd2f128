"""The kernel is the one that runs, and can be switched off."""

import torchere


def test_is_chosen_for_its_priority() -> None:
    kernel = torchere.plugins.why("silu", "cpu", "float32").resolution.kernel
    assert (kernel.plugin, kernel.priority) == ("tanh_silu", 10)
    with torchere.plugins.use("-tanh_silu"):
        assert torchere.plugins.why("silu", "cpu", "float32").resolution.kernel.distribution == "torchere"


def test_agrees_with_the_one_it_replaces() -> None:
    x = torchere.tensor([-1e30, -90.0, -1.0, 0.0, 1.0, 90.0, float("inf"), float("nan")])
    for item in (x, x[4], x[:0], x.double()):
        ours = torchere.nn.functional.silu(item)
        with torchere.plugins.prefer("cpu"):
            assert torchere.allclose(ours, torchere.nn.functional.silu(item), atol=1e-6, equal_nan=True)
