"""The items of each kit, as lists that `check` and the pytest classes both run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from torchere.backend import backend_of
from torchere.testing.cases import Sample
from torchere.testing.plan import Item, collection, operator_items

__all__ = [
    "contract_items",
    "dataset_items",
    "device_items",
    "exporter_items",
    "layer_items",
    "library_items",
    "namespace_items",
    "optimizer_items",
    "training_items",
    "transform_items",
]


def contract_items(device: str) -> Iterator[Item]:
    """Tier 0 of a device."""
    from torchere.testing.contract_checks import CONTRACT_CHECKS, DTYPE_CHECKS

    for name, check in CONTRACT_CHECKS.items():
        yield Item(0, "contract", name, "", partial(check, device))
    for name, dtype_check in DTYPE_CHECKS.items():
        for dtype in backend_of(device).dtypes:
            yield Item(0, "contract", name, dtype, partial(dtype_check, device, dtype))


def training_items(device: str, names: Iterable[str] | None = None) -> Iterator[Item]:
    """Tier 3 of a device."""
    from torchere.testing.training_checks import TRAINING_CHECKS, training_dtypes

    for name, checks in TRAINING_CHECKS.items():
        if names is not None and name not in names:
            continue
        for check, function in checks.items():
            for dtype in training_dtypes(device):
                yield Item(3, name, check, dtype, partial(function, device, dtype))


def _some_cases() -> None:
    if not collection().cases:
        raise AssertionError("no operator library brings cases: see `torchere plugins list`")


def device_items(device: str, tier: int) -> Iterator[Item]:
    """Everything for a device, up to a tier."""
    yield from contract_items(device)
    if tier >= 1:
        yield Item(1, "operators", "cases", "", _some_cases)
        yield from operator_items(device, tier)
    if tier >= 3:
        yield from training_items(device)


def library_items(names: Iterable[str], tier: int, device: str = "cpu") -> Iterator[Item]:
    """Everything for operators: their declarations (tier 0), then their cases on a device."""
    from torchere.operators import operators
    from torchere.testing.schema_checks import SCHEMA_CHECKS

    names = list(names)
    known = operators()
    for name in names:
        for check, function in SCHEMA_CHECKS.items():
            yield Item(0, name, check, "", partial(function, known[name]))
    if tier >= 1:
        tested = set(collection().names)
        public = dict.fromkeys(known[name].public_name for name in names)
        yield from operator_items(device, tier, [name for name in public if name in tested])


def _items(subject: str, thing: Any, checks: Mapping[str, Callable[[Any], None]], tier: int = 1) -> Iterator[Item]:
    for name, check in checks.items():
        yield Item(tier, subject, name, "", partial(check, thing))


def _each(
    subject: str, factory: Any, samples: list[Sample], kit: Callable[..., Any], checks: Mapping[str, Any]
) -> Iterator[Item]:
    """The checks for each sample, or once without one."""
    for index, sample in enumerate(samples or [None]):
        name = subject if len(samples) < 2 else f"{subject}[{index}]"
        yield from _items(name, kit(factory, sample), checks)


def layer_items(name: str, factory: Any, samples: list[Sample]) -> Iterator[Item]:
    """The kit for layers."""
    from torchere.testing.layer_checks import LAYER_CHECKS, Layer

    return _each(name, factory, samples, Layer, LAYER_CHECKS)


def optimizer_items(name: str, factory: Any, samples: list[Sample]) -> Iterator[Item]:
    """The kit for optimizers."""
    from torchere.testing.optimizer_checks import OPTIMIZER_CHECKS, Optimizer

    return _each(name, factory, samples, Optimizer, OPTIMIZER_CHECKS)


def dataset_items(name: str, factory: Any, samples: list[Sample]) -> Iterator[Item]:
    """The kit for datasets."""
    from torchere.testing.data_checks import DATASET_CHECKS, Dataset

    return _each(name, factory, samples, Dataset, DATASET_CHECKS)


def transform_items(name: str, factory: Any, samples: list[Sample]) -> Iterator[Item]:
    """The kit for transforms."""
    from torchere.testing.data_checks import TRANSFORM_CHECKS, Transform

    return _each(name, factory, samples, Transform, TRANSFORM_CHECKS)


def exporter_items(name: str, thing: Any) -> Iterator[Item]:
    """The kit for exporters."""
    from torchere.testing.exporter_checks import EXPORTER_CHECKS, Exporter

    return _items(name, Exporter.of(thing), EXPORTER_CHECKS)


def namespace_items(name: str, module: Any) -> Iterator[Item]:
    """A namespace's public names exist and are documented; its optimizers pass their kit."""
    public = list(getattr(module, "__all__", ()))

    def exported() -> None:
        if not public:
            raise AssertionError(f"{module.__name__} has no __all__")
        absent = [item for item in public if not hasattr(module, item)]
        if absent:
            raise AssertionError(f"__all__ names what is not there: {', '.join(absent)}")

    def documented() -> None:
        bare = [item for item in public if callable(getattr(module, item, None)) and not getattr(module, item).__doc__]
        if bare:
            raise AssertionError(f"no docstring: {', '.join(bare)}")

    yield Item(0, name, "exported", "", exported)
    yield Item(0, name, "documented", "", documented)
    base = getattr(module, "Optimizer", None)
    if isinstance(base, type):
        for item in public:
            found = getattr(module, item, None)
            if isinstance(found, type) and issubclass(found, base) and found is not base:
                if item == "SparseAdam":
                    continue  # takes sparse gradients only
                yield from optimizer_items(item, found, [])
