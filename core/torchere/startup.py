"""What ``import torchere`` does last: tie the core to the dispatcher, load the standard operators and the cpu."""

from __future__ import annotations

from typing import Any

from torchere import plugins
from torchere.operators import catalogue
from torchere.operators.resolve import clear_tables
from torchere.promotion import on_default_dtype_change
from torchere.tensors import reseating

__all__ = ["run"]


def _changed() -> None:
    clear_tables()
    catalogue.synchronise(plugins.dispatcher.operators)


def _fingerprint() -> Any:
    """What a plugin must not change while it loads: the attributes of Tensor that are no operators, and the namespace."""
    import torchere
    from torchere.operators.catalogue import LazyMethod
    from torchere.tensors.tensor import Tensor

    made = catalogue._methods
    attributes = {
        name: id(value)
        for name, value in vars(Tensor).items()
        if name not in made and not isinstance(value, LazyMethod)
    }
    names = {name: id(value) for name, value in vars(torchere).items() if name in _GUARDED}
    return {f"Tensor.{name}": value for name, value in attributes.items()} | {
        f"torchere.{name}": value for name, value in names.items()
    }


_GUARDED = frozenset(("Tensor", "device", "dtype", "no_grad", "enable_grad", "autograd", "plugins", "Size"))


def run() -> None:
    """Load what every program needs; everything else loads on first use."""
    reseating.bind()
    plugins.dispatcher.subscribe(_changed)
    on_default_dtype_change(clear_tables)
    plugins.manager.guards.append(_fingerprint)
    plugins.manager.load("operators", "standard")
    plugins.manager.load("device", "cpu")
