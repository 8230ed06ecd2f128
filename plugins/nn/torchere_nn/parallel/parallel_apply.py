"""Several modules at once, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import torchere as torch
from torchere import Tensor

from .devices import devices_of

__all__ = ["get_a_var", "parallel_apply"]


def get_a_var(value: Any) -> Tensor | None:
    """The first tensor in nested lists, tuples and dicts, or None."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, list | tuple):
        items: Any = value
    elif isinstance(value, dict):
        items = value.values()
    else:
        return None
    return next((found for found in map(get_a_var, items) if found is not None), None)


def _with_place(error: Exception, number: int, place: Any) -> Exception:
    """`error` as it is raised in the caller's thread, which says where it happened."""
    error.add_note(f"Caught {type(error).__name__} in replica {number} on device {place}.")
    return error


def parallel_apply(
    modules: Sequence[Any],
    inputs: Sequence[Any],
    kwargs_tup: Sequence[dict[str, Any]] | None = None,
    devices: Sequence[Any] | None = None,
) -> list[Any]:
    """``[module(*input, **kwargs) for …]``, each in a thread; an input that is no tuple or list is the only argument.

    The threads have the caller's gradient mode. Raises AssertionError if the numbers of modules, inputs and devices
    differ; an exception of a module is raised again, with a note of its number and device.
    """
    count = len(modules)
    if count != len(inputs):
        raise AssertionError(f"The number of modules {count} is not equal to the number of inputs {len(inputs)}")
    kwargs_tup = ({},) * count if kwargs_tup is None else kwargs_tup
    if len(kwargs_tup) != count:
        raise AssertionError(f"The number of modules {count} is not equal to the number of kwargs {len(kwargs_tup)}")
    places = [None] * count if devices is None else devices_of(devices)
    if len(places) != count:
        raise AssertionError(f"The number of modules {count} is not equal to the number of devices {len(places)}")
    enabled = torch.is_grad_enabled()
    results: dict[int, Any] = {}

    def work(number: int, module: Any, arguments: Any, kwargs: dict[str, Any]) -> None:
        try:
            with torch.set_grad_enabled(enabled):
                results[number] = module(*arguments, **kwargs)
        except Exception as error:
            results[number] = error

    calls = []
    for number, (module, arguments, kwargs) in enumerate(zip(modules, inputs, kwargs_tup, strict=True)):
        if places[number] is None:
            found = get_a_var(arguments)
            places[number] = None if found is None else found.device
        calls.append((number, module, arguments if isinstance(arguments, list | tuple) else (arguments,), kwargs))
    if count == 1:
        work(*calls[0])
    else:
        threads = [threading.Thread(target=work, args=call) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for number in range(count):
        if isinstance(results[number], Exception):
            raise _with_place(results[number], number, places[number])
    return [results[number] for number in range(count)]
