"""Seeds and states of the GPUs' default generators."""

from __future__ import annotations

from typing import Any

import torchere
from torchere.random import generator_of

from .devices import current_device, device_count, index_of, is_available

__all__ = [
    "get_rng_state",
    "get_rng_state_all",
    "initial_seed",
    "manual_seed",
    "manual_seed_all",
    "seed",
    "seed_all",
    "set_rng_state",
    "set_rng_state_all",
]


def _generator(device: Any) -> Any:
    return generator_of(torchere.device("cuda", index_of(device)))


def manual_seed(seed: int) -> None:
    """Seed the current GPU's generator; nothing happens without a GPU."""
    if is_available():
        _generator(None).manual_seed(seed)


def manual_seed_all(seed: int) -> None:
    """Seed every GPU's generator; nothing happens without a GPU."""
    for index in range(device_count()):
        _generator(index).manual_seed(seed)


def seed() -> None:
    """Seed the current GPU's generator from the operating system; nothing happens without a GPU."""
    if is_available():
        _generator(None).seed()


def seed_all() -> None:
    """Seed every GPU's generator from the operating system, all alike; nothing happens without a GPU."""
    if is_available():
        manual_seed_all(_generator(current_device()).seed())


def initial_seed() -> int:
    """The seed of the current GPU's generator. RuntimeError without a GPU."""
    return int(_generator(None).initial_seed())


def get_rng_state(device: Any = "cuda") -> Any:
    """The state of a GPU's generator as a uint8 tensor. RuntimeError without a GPU."""
    return _generator(device).get_state()


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Continue from a state that `get_rng_state` returned."""
    _generator(device).set_state(new_state)


def get_rng_state_all() -> list[Any]:
    """The states of all GPUs' generators."""
    return [get_rng_state(index) for index in range(device_count())]


def set_rng_state_all(new_states: list[Any]) -> None:
    """Continue from states that `get_rng_state_all` returned."""
    for index, state in enumerate(new_states):
        set_rng_state(state, index)
