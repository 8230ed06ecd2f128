"""A plugin made inside a test: registered through a `Registry`, as the plugin manager does, and removed afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from torchere import plugins
from torchere_dispatch import KernelTable, Registry
from torchere_dispatch.kernel import Source

NAME = "trial"


@pytest.fixture
def trial() -> Iterator[Callable[..., None]]:
    """``trial(operators, table, …)``: register operators (a list), kernel tables and device backends."""

    def register(*items: Any) -> None:
        registry = Registry(Source(plugin=NAME))
        for item in items:
            if isinstance(item, list):
                registry.operators(item)
            elif isinstance(item, KernelTable):
                registry.kernels(item)
            else:
                registry.device(item)
        registry.commit(plugins.dispatcher)

    yield register
    plugins.dispatcher.remove_plugin(NAME)
    plugins.reset_fallbacks()
