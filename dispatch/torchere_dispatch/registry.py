"""The staging area that a plugin's ``torchere_register`` fills."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from .dispatcher import DeviceLike, Dispatcher, OperatorLike
from .errors import RegistrationError
from .kernel import NO_SOURCE, Kernel, KernelTable, Source

__all__ = ["Registry", "Unavailable"]


class Unavailable(NamedTuple):
    """A plugin's word that something it provides cannot be used here."""

    because: BaseException | str
    fix: str


class Registry:
    """Collects what one plugin registers, until the plugin manager commits it whole or drops it."""

    def __init__(self, source: Source = NO_SOURCE) -> None:
        self.source = source
        self.unavailabilities: dict[str, Unavailable] = {}
        self._devices: list[DeviceLike] = []
        self._layouts: list[DeviceLike] = []
        self._operators: list[OperatorLike] = []
        self._kernels: list[Kernel] = []

    def device(self, backend: DeviceLike) -> None:
        """Register a device backend, which needs ``name``, ``dtypes``, ``compute_casts`` (``RegistrationError``)."""
        self._devices.append(_checked(backend, "device"))

    def layout(self, backend: DeviceLike) -> None:
        """Register the backend of a layout: kernels are found for it as for a device, but nothing can be made on it."""
        self._layouts.append(_checked(backend, "layout"))

    def operators(self, operators: Iterable[OperatorLike]) -> None:
        """Register operator objects. Raises ``RegistrationError`` when one lacks ``name`` or ``has_decomposition``.

        A function generated from an operator, or published as a composite, stands for it (attributes ``operator``,
        ``composite``): the declaring module's name refers to the function once it has been called.
        """
        for item in operators:
            operator = getattr(item, "operator", None) or getattr(item, "composite", None) or item
            for attribute in ("name", "has_decomposition"):
                if not hasattr(operator, attribute):
                    raise RegistrationError(
                        f"registry.operators: {operator!r} is not an operator: it has no attribute '{attribute}'. "
                        "Declare operators with @operator or @primitive."
                    )
            self._operators.append(operator)

    def kernels(self, table: KernelTable) -> None:
        """Register the kernels of a table. Raises ``RegistrationError`` for anything else."""
        if not isinstance(table, KernelTable):
            raise RegistrationError(f"registry.kernels takes a KernelTable, got {type(table).__name__}.")
        self._kernels.extend(table.kernels(self.source))

    def unavailable(self, name: str, because: BaseException | str, fix: str = "") -> None:
        """Say that ``name``, which this plugin provides, cannot be used here, and what the user could do.

        ``because`` an ``ImportError`` makes its state ``missing-dependency``; anything else ``no-hardware``.
        """
        if not name or not isinstance(name, str):
            raise RegistrationError(f"registry.unavailable: name must be a non-empty string, got {name!r}.")
        self.unavailabilities[name] = Unavailable(because, fix)

    @property
    def device_names(self) -> tuple[str, ...]:
        """Names of the devices registered so far."""
        return tuple(backend.name for backend in self._devices)

    @property
    def layout_names(self) -> tuple[str, ...]:
        """Names of the layouts registered so far."""
        return tuple(backend.name for backend in self._layouts)

    @property
    def contents(self) -> dict[str, int]:
        """How many devices, layouts, operators and kernels are staged."""
        return {
            "devices": len(self._devices),
            "layouts": len(self._layouts),
            "operators": len(self._operators),
            "kernels": len(self._kernels),
        }

    @property
    def kernel_devices(self) -> tuple[str, ...]:
        """Names of the devices for which kernels are staged."""
        return tuple(dict.fromkeys(kernel.device for kernel in self._kernels))

    def commit(self, dispatcher: Dispatcher) -> None:
        """Hand everything over at once. Raises ``RegistrationError``, and then nothing has been registered."""
        dispatcher.commit(
            devices=self._devices, layouts=self._layouts, operators=self._operators, kernels=self._kernels,
            source=self.source,
        )  # fmt: skip

    def __repr__(self) -> str:
        staged: list[Any] = [f"{count} {what}" for what, count in self.contents.items() if count]
        return f"<Registry of {self.source}: {', '.join(staged) or 'empty'}>"


def _checked(backend: DeviceLike, what: str) -> DeviceLike:
    for attribute in ("name", "dtypes", "compute_casts"):
        if not hasattr(backend, attribute):
            raise RegistrationError(f"registry.{what}: {backend!r} has no attribute '{attribute}'.")
    return backend
