"""A module's forward with other parameters and buffers; also what ``nn.utils.stateless`` offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torchere.tensors.tensor import Tensor

__all__ = ["functional_call", "substituted"]


def _owners(module: Any) -> Iterator[tuple[str, Any, str]]:
    """Dotted path, owner and name of every parameter and buffer, shared ones as often as they appear."""
    for path, owner in module.named_modules(remove_duplicate=False):
        for name, tensor in (*owner._parameters.items(), *owner._buffers.items()):
            if tensor is not None:
                yield (f"{path}.{name}" if path else name), owner, name


def _untied(module: Any, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``tensors`` together with the other names of those that the module shares.

    Raises ValueError if two names of one tensor are given different values.
    """
    groups: dict[int, list[str]] = {}
    for path, owner, name in _owners(module):
        groups.setdefault(id(getattr(owner, name)), []).append(path)
    result = dict(tensors)
    for names in groups.values():
        given = [name for name in names if name in tensors]
        if not given:
            continue
        if any(tensors[name] is not tensors[given[0]] for name in given):
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(given)}, which are tied. Consider using "
                "tie_weights=False"
            )
        result.update(dict.fromkeys(names, tensors[given[0]]))
    return result


def _place(module: Any, path: str) -> tuple[dict[str, Any], str, bool]:
    """The table that holds the parameter or buffer, its name there, and whether it is there.

    A name that its owner does not have goes among the owner's plain attributes. Raises AttributeError if there is no
    owner, TypeError if the name is something else's.
    """
    owner_path, _, name = path.rpartition(".")
    owner = module.get_submodule(owner_path)
    for table in (owner._parameters, owner._buffers):
        if name in table:
            return table, name, True
    if hasattr(owner, name) and not isinstance(getattr(owner, name), Tensor):
        raise TypeError(f"{path} is no parameter or buffer of the module but {type(getattr(owner, name)).__name__}")
    return owner.__dict__, name, False


@contextmanager
def substituted(
    module: Any, tensors: Mapping[str, Tensor], *, tie_weights: bool = False, strict: bool = False
) -> Iterator[None]:
    """Within the block the module has ``tensors``, by dotted path, as its parameters and buffers.

    What forward writes to a buffer in place, as batch normalisation does, is in the tensor given for it. For the other
    arguments and the errors see :func:`functional_call`.
    """
    wanted = _untied(module, tensors) if tie_weights else dict(tensors)
    if strict:
        known = {path for path, _, _ in _owners(module)}
        missing, unexpected = sorted(known - set(wanted)), sorted(set(wanted) - known)
        lines = []
        if unexpected:
            lines.append(f"Unexpected key(s): {', '.join(map(repr, unexpected))}.")
        if missing:
            lines.append(f"Missing key(s): {', '.join(map(repr, missing))}.")
        if lines:
            text = "\n\t".join(lines)
            raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:\n\t{text}")
    places = {path: _place(module, path) for path in wanted}
    for path, value in wanted.items():
        if not isinstance(value, Tensor) and value is not None:
            raise TypeError(f"{value} is not an instance of torch.Tensor (given for '{path}')")
    before = {path: table.get(name) for path, (table, name, _) in places.items()}
    try:
        for path, (table, name, _) in places.items():
            table[name] = wanted[path]
        yield
    finally:
        for path, (table, name, present) in places.items():
            if present:
                table[name] = before[path]
            else:
                table.pop(name, None)


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """``module(*args, **kwargs)`` with other tensors in place of its parameters and buffers.

    Args:
        module: what to call; it is unchanged afterwards.
        parameter_and_buffer_dicts: dotted path → tensor, for all or some; or several such mappings that share no path.
        args: positional arguments, a tuple; anything else is the only one.
        kwargs: keyword arguments.
        tie_weights: a value for one name of a shared parameter counts for its other names, too.
        strict: every parameter and buffer must be given, and nothing else.

    Raises:
        RuntimeError: under `strict`, listing the paths.
        ValueError: for a path in two mappings, or tied names with different values.
        AttributeError: for a path whose owner the module does not have.
        TypeError: for arguments and values of other types.
    """
    given = parameter_and_buffer_dicts
    if isinstance(given, Mapping):
        merged: Mapping[str, Tensor] = given
    elif isinstance(given, Sequence):
        if not all(isinstance(item, Mapping) for item in given):
            raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
        names = [name for item in given for name in item]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(
                f"{repeated[0]} appears in multiple dictionaries; behavior of functional call is ambiguous"
            )
        merged = {name: value for item in given for name, value in item.items()}
    else:
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(given).__name__}"
        )
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with substituted(module, merged, tie_weights=tie_weights, strict=strict):
        return module(*arguments, **(kwargs or {}))
