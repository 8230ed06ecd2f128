"""``torchere.nn.modules.utils``: names that programs with layers of their own import from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torchere_nn.sizes import per_axis

__all__ = ["consume_prefix_in_state_dict_if_present"]


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple[Any, ...]]:
    """A function that gives an iterable as a tuple, and anything else ``n`` times."""

    def parse(value: Any) -> tuple[Any, ...]:
        return per_axis(value, n)

    parse.__name__ = name
    return parse


_single = _ntuple(1, "_single")
_pair = _ntuple(2, "_pair")
_triple = _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t: Sequence[Any], n: int) -> tuple[Any, ...]:
    """``t`` backwards, each element ``n`` times."""
    return tuple(item for item in reversed(t) for _ in range(n))


def _list_with_default(out_size: int | Iterable[int | None], defaults: Sequence[int]) -> Any:
    """Sizes with the last of ``defaults`` where they are None. A number stays one."""
    if isinstance(out_size, int):
        return out_size
    sizes = list(out_size)
    if len(defaults) <= len(sizes):
        raise ValueError(f"Input dimension should be at least {len(sizes) + 1}")
    last = defaults[len(defaults) - len(sizes) :]
    return [default if size is None else size for size, default in zip(sizes, last, strict=True)]


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Take ``prefix`` off the names of a state dict, in place: ``"module."`` that DataParallel puts there."""
    for key in [key for key in state_dict if key.startswith(prefix)]:
        state_dict[key[len(prefix) :]] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", None)
    if metadata is None:
        return
    for key in list(metadata):
        if key == "":
            continue  # the module's own version
        shortened = key.removeprefix(prefix.rstrip(".")) if key == prefix.rstrip(".") else key.removeprefix(prefix)
        metadata[shortened] = metadata.pop(key)
