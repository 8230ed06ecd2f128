"""What ``import torchere`` does last: tie the core to the dispatcher, load the standard operators and the cpu."""

from __future__ import annotations

from torchere import companions, plugins
from torchere.core_guard import CoreGuard
from torchere.operators import catalogue
from torchere.operators.resolve import clear_tables
from torchere.promotion import on_default_dtype_change
from torchere.tensors import reseating

__all__ = ["finished", "run"]

_finished = False


def finished() -> bool:
    """Whether `run` is over. Until then an unknown name loads no third party's plugin."""
    return _finished


def _changed() -> None:
    clear_tables()
    catalogue.synchronise(plugins.dispatcher.operators)


def run() -> None:
    """Load what every program needs; everything else loads on first use."""
    global _finished
    reseating.bind()
    plugins.dispatcher.subscribe(_changed)
    on_default_dtype_change(clear_tables)
    plugins.manager.guards.append(CoreGuard())
    plugins.manager.load("operators", "standard")
    plugins.manager.load("device", "cpu")
    _finished = True
    companions.install()
