"""Modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torchere.tensors.tensor import Tensor

__all__ = ["functional_call", "stack_module_state"]


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call `module` with these tensors in place of its parameters and buffers of the same names.

    `args` is a tuple of arguments, or the one argument. Parameters that are one tensor are replaced together
    (`tie_weights`); ValueError if they are given different ones. `strict`: RuntimeError for missing or unknown names.
    The module is left as it was.
    """
    if isinstance(parameter_and_buffer_dicts, Mapping):
        values = dict(parameter_and_buffer_dicts)
    elif isinstance(parameter_and_buffer_dicts, Sequence):
        if not all(isinstance(item, Mapping) for item in parameter_and_buffer_dicts):
            raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
        names = [name for item in parameter_and_buffer_dicts for name in item]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(
                f"{repeated[0]} appears in multiple dictionaries; behavior of functional call is ambiguous"
            )
        values = {name: value for item in parameter_and_buffer_dicts for name, value in item.items()}
    else:
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(parameter_and_buffer_dicts)}"
        )
    places = _places(module)
    unknown = sorted(set(values) - set(places))
    missing = sorted(set(places) - set(values))
    if strict and (unknown or missing):
        raise RuntimeError(
            f"Unexpected key(s): {', '.join(unknown) or 'none'}; missing key(s): {', '.join(missing) or 'none'} of "
            f"{type(module).__name__}"
        )
    if unknown:
        # A name the module lacks cannot be set: as an attribute that is no tensor.
        raise AttributeError(f"{type(module).__name__} has no parameter or buffer '{unknown[0]}'")
    if tie_weights:
        values = _tied(places, values)
    if args is None:
        args = ()
    elif not isinstance(args, tuple):
        args = (args,)
    with _exchanged(places, values):
        return module(*args, **(kwargs or {}))


def _places(module: Any) -> dict[str, tuple[dict[str, Any], str]]:
    """By dotted name: the dict a parameter or buffer is in, and its name there."""
    found = {}
    for prefix, part in module.named_modules(remove_duplicate=False):
        for table in (part._parameters, part._buffers):
            for name, value in table.items():
                if value is not None:
                    found[f"{prefix}.{name}" if prefix else name] = (table, name)
    return found


def _tied(places: Mapping[str, tuple[dict[str, Any], str]], values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    groups: dict[int, list[str]] = {}
    for full, (table, name) in places.items():
        groups.setdefault(id(table[name]), []).append(full)
    found = dict(values)
    for group in groups.values():
        given = {full: values[full] for full in group if full in values}
        if len({id(value) for value in given.values()}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(given)}, which are tied. Consider using "
                "tie_weights=False"
            )
        for full in group if given else ():
            found[full] = next(iter(given.values()))
    return found


@contextmanager
def _exchanged(places: Mapping[str, tuple[dict[str, Any], str]], values: Mapping[str, Tensor]) -> Iterator[None]:
    before = []
    try:
        for full, value in values.items():
            table, name = places[full]
            before.append((table, name, table[name]))
            table[name] = value
        yield
        for full, value in list(values.items()):
            # A buffer the call assigned anew (running statistics) is the caller's to see, in a dict.
            table, name = places[full]
            if table[name] is not value and isinstance(values, dict):
                values[full] = table[name]
    finally:
        for table, name, value in reversed(before):
            table[name] = value


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(parameters, buffers) of models of one architecture, each name's tensors stacked along a new first axis.

    RuntimeError for no models, models of different classes or not all in the same mode.
    """
    from torchere.operators import operator_named

    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if any(model.training is not models[0].training for model in models):
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if any(type(model) is not type(models[0]) for model in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    stack = operator_named("stack").entry
    parameters: dict[str, Any] = {}
    for name, first in models[0].named_parameters():
        parts = [dict(model.named_parameters())[name] for model in models]
        if any(part.requires_grad is not first.requires_grad for part in parts):
            raise RuntimeError(f"Expected {name} to have the same .requires_grad state in all models")
        parameters[name] = stack([part.detach() for part in parts], 0).requires_grad_(first.requires_grad)
    buffers = {
        name: stack([dict(model.named_buffers())[name] for model in models], 0) for name, _ in models[0].named_buffers()
    }
    return parameters, buffers
