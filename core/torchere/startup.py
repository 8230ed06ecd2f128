"""What ``import torchere`` does last: tie the core to the dispatcher, load the standard operators and the cpu."""

from __future__ import annotations

from typing import Any

from torchere import plugins
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


_GUARDED = frozenset(("Tensor", "device", "dtype", "no_grad", "enable_grad", "autograd", "plugins", "Size"))


class _CoreGuard:
    """What a plugin must not change while it loads: attributes of Tensor that are no operators, and core names.

    ``restore`` undoes a change, so that one plugin cannot break the program.
    """

    def _holders(self) -> dict[str, Any]:
        import torchere
        from torchere.tensors.tensor import Tensor

        # The classes Tensor is made of, too: its methods lie there.
        return {cls.__qualname__: cls for cls in Tensor.__mro__ if cls is not object} | {"torchere": torchere}

    def __call__(self) -> dict[str, Any]:
        from torchere.operators.catalogue import LazyMethod

        made = catalogue._methods
        return {
            f"{title}.{name}": value
            for title, holder in self._holders().items()
            for name, value in vars(holder).items()
            if not name.startswith("__annotations")  # Python fills these in on first access
            and (name in _GUARDED if title == "torchere" else name not in made and not isinstance(value, LazyMethod))
        }

    def restore(self, before: dict[str, Any]) -> None:
        holders, now = self._holders(), self()
        for path in {**before, **now}:
            title, _, name = path.rpartition(".")
            if path not in before:
                delattr(holders[title], name)
            elif now.get(path, self) is not before[path]:
                setattr(holders[title], name, before[path])


def run() -> None:
    """Load what every program needs; everything else loads on first use."""
    global _finished
    reseating.bind()
    plugins.dispatcher.subscribe(_changed)
    on_default_dtype_change(clear_tables)
    plugins.manager.guards.append(_CoreGuard())
    plugins.manager.load("operators", "standard")
    plugins.manager.load("device", "cpu")
    _finished = True
