"""``torchere.backends.mkldnn``: oneDNN, torchere's plugin ``onednn`` of kernels for the cpu.

Settings are kept and reported; ``torchere.plugins.use("-onednn")`` is what leaves its kernels out.
"""

from __future__ import annotations

from types import TracebackType

from torchere.backends.switches import Precision, Switch, SwitchModule, precision_name

__all__ = [
    "VERBOSE_OFF",
    "VERBOSE_ON",
    "VERBOSE_ON_CREATION",
    "conv",
    "is_acl_available",
    "is_available",
    "matmul",
    "rnn",
    "verbose",
]

VERBOSE_OFF = 0
VERBOSE_ON = 1
VERBOSE_ON_CREATION = 2

matmul, conv, rnn = Precision(), Precision(), Precision()


def is_available() -> bool:
    """Whether the plugin onednn is there and has loaded, or would load when asked."""
    from torchere import plugins

    if not any(record.kind == "kernels" and record.name == "onednn" for record in plugins.manager.records()):
        return False
    return all(
        str(plugins.manager.load("kernels", record.entry).state) == "loaded"
        for record in plugins.manager.records()
        if record.kind == "kernels" and record.name == "onednn"
    )


def is_acl_available() -> bool:
    """Whether oneDNN computes with Arm's library: False."""
    return False


class verbose:
    """A block for oneDNN's report of its calls. The level is checked; what makes it print is ``ONEDNN_VERBOSE=1``."""

    def __init__(self, level: int) -> None:
        self.level = level

    def __enter__(self) -> verbose | None:
        if self.level == VERBOSE_OFF:
            return None
        if self.level not in (VERBOSE_ON, VERBOSE_ON_CREATION):
            raise ValueError(f"mkldnn.verbose: expected 0, 1 or 2, got {self.level}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class _MkldnnModule(SwitchModule):
    enabled = Switch(True, within=False)
    deterministic = Switch(False, within=False)
    allow_tf32 = Switch(None, within=True)
    fp32_precision = Switch("none", precision_name)


_MkldnnModule.adopt(__name__)
