"""Methods that set, refine and align the names of a tensor's dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchere import Tensor
from torchere.errors import ShapeError
from torchere.operators import composite

__all__ = ["align_as", "align_tensors", "align_to", "has_names", "refine_names", "rename", "rename_"]


def _module() -> Any:
    from torchere.tensors import named

    return named


def _listed(names: Sequence[Any]) -> tuple[Any, ...]:
    """``(names,)`` or ``names``: one list, or each by itself; ``"..."`` stands for Ellipsis."""
    found = names[0] if len(names) == 1 and isinstance(names[0], (list, tuple)) else names
    return tuple(Ellipsis if name == "..." else name for name in found)


def _renamed(input: Tensor, names: Sequence[Any], renames: dict[str, str]) -> Any:
    module = _module()
    old = module.names_of(input)
    if names and renames:
        raise ShapeError(
            "rename(): takes new names as arguments, or a map from old names by keyword, but not both: "
            f"got {list(names)} and {renames}"
        )
    if renames:
        for name in renames:
            if name not in old:
                raise ShapeError(
                    f"rename(): Tried to rename dim '{name}' to dim {renames[name]!r} in Tensor{list(old)} but dim "
                    f"'{name}' does not exist"
                )
        return module.check_names([renames.get(name, name) if name else None for name in old], input.ndim)
    found = _listed(names)
    if found == (None,):
        return None
    return module.check_names(_spread(found, old, "rename"), input.ndim)


def _spread(names: Sequence[Any], old: Sequence[Any], name: str) -> list[Any]:
    """`names` with Ellipsis replaced by the old names in its place."""
    if Ellipsis not in names:
        return list(names)
    if list(names).count(Ellipsis) > 1:
        raise ShapeError(f"{name}(): more than one Ellipsis ('...') in {list(names)}")
    place = list(names).index(Ellipsis)
    rest = len(names) - place - 1
    return [*names[:place], *old[place : len(old) - rest], *names[place + 1 :]]


@composite(method="only")
def rename(input: Tensor, *names: Any, **rename_map: str) -> Tensor:
    """The same memory under new names: one for each dimension, ``rename(None)`` for none, or ``rename(old="new")``.

    RuntimeError for a wrong number of names, repeated ones, or old names the tensor lacks.
    """
    return _module().named(input, _renamed(input, names, rename_map))  # type: ignore[no-any-return]


@composite(method="only")
def rename_(input: Tensor, *names: Any, **rename_map: str) -> Tensor:
    """`rename` of this tensor itself."""
    module = _module()
    found = _renamed(input, names, rename_map)
    if found is None or not any(found):
        input.__dict__.pop("_names", None)
        input.__class__ = Tensor
    else:
        module.named(input, found)  # warns the first time
        input.__class__ = module.NamedTensor
        input.__dict__["_names"] = found
    return input


@composite(method="only")
def refine_names(input: Tensor, *names: Any) -> Tensor:
    """The same memory with names for dimensions that had none; ``...`` leaves those in its place.

    RuntimeError if a dimension has another name already.
    """
    module = _module()
    old = module.names_of(input)
    wanted = module.check_names(_spread(_listed(names), old, "refine_names"), input.ndim)
    for before, after in zip(old, wanted, strict=True):
        if before is not None and before != after:
            raise ShapeError(
                f"refine_names: cannot coerce Tensor{list(old)} to Tensor{list(wanted)} because '{before}' is "
                f"different from {after!r}"
            )
    return module.named(input, wanted)  # type: ignore[no-any-return]


def _aligned(input: Tensor, wanted: Sequence[Any], name: str) -> Tensor:
    module = _module()
    old = module.names_of(input)
    if None in old:
        raise ShapeError(f"{name}: All input dims must be named. Found unnamed dim at index {old.index(None)} of "
                         f"Tensor{list(old)}")  # fmt: skip
    if Ellipsis in wanted:
        place = list(wanted).index(Ellipsis)
        others = [one for one in old if one not in wanted]
        wanted = [*wanted[:place], *others, *wanted[place + 1 :]]
    for one in old:
        if one not in wanted:
            raise ShapeError(
                f"{name}: Cannot align Tensor{list(old)} to a shape with dims {list(wanted)}: dim '{one}' is missing"
            )
    for one in wanted:
        if one is None:
            raise ShapeError(f"{name}: the desired order of dimensions cannot contain a None name, got {list(wanted)}")
    plain = module.named(input, None)
    result = plain.permute([old.index(one) for one in wanted if one in old])
    for place, one in enumerate(wanted):
        if one not in old:
            result = result.unsqueeze(place)
    return module.named(result, module.check_names(wanted, len(wanted)))  # type: ignore[no-any-return]


@composite(method="only")
def align_to(input: Tensor, *names: Any) -> Tensor:
    """A view with the dimensions in this order; names the tensor lacks become dimensions of size 1.

    ``...`` stands for all that are not listed. RuntimeError for unnamed dimensions, and for names left out.
    """
    return _aligned(input, _listed(names), "align_to")


@composite(method="only")
def align_as(input: Tensor, other: Tensor) -> Tensor:
    """`align_to` the names of `other`."""
    return _aligned(input, _module().names_of(other), "align_as")


@composite()
def align_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """All aligned to the names of the one with the most dimensions."""
    found = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    longest = max(found, key=lambda tensor: tensor.ndim)
    return tuple(_aligned(tensor, _module().names_of(longest), "align_tensors") for tensor in found)


@composite(method="only")
def has_names(input: Tensor) -> bool:
    """Whether a dimension has a name."""
    return any(_module().names_of(input))
