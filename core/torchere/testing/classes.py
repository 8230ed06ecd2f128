"""The kits as pytest classes. Subclass one, name it ``Test…``, and set its attributes.

    class TestMyDevice(DeviceConformance):
        device = "mydev"

Each test is one operator (or model, or contract item) with all its checks; the message lists what failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from torchere.testing import kits
from torchere.testing.cases import Sample
from torchere.testing.known_failures import KnownFailures
from torchere.testing.plan import Item, collection, operator_items
from torchere.testing.report import Skipped

__all__ = [
    "DatasetConformance",
    "DeviceConformance",
    "ExporterConformance",
    "LayerConformance",
    "OperatorConformance",
    "OptimizerConformance",
    "TransformConformance",
]


class Conformance:
    """What the classes share: items in groups, one test a group."""

    #: A file of known failures (see `torchere.testing.known_failures`).
    known_failures: ClassVar[str | Path | None] = None

    def groups(self) -> Sequence[str]:
        """Ids of the tests."""
        raise TypeError(f"{type(self).__name__} derives from none of the conformance classes")

    def items(self, group: str) -> Iterable[Item]:
        """The items of one test."""
        raise TypeError(f"{type(self).__name__} derives from none of the conformance classes")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one test of each group."""
        if "conformance_group" in metafunc.fixturenames:
            metafunc.parametrize("conformance_group", self.groups())

    def test_conformance(self, conformance_group: str) -> None:
        """Every item of the group passes, or fails as the file of known failures says."""
        known = KnownFailures.read(self.known_failures)
        failures, skips, expected, passed = [], [], [], 0
        for item in self.items(conformance_group):
            try:
                known.pattern(item.id)
                item.run()
                passed += 1
            except Skipped as skip:
                skips.append(skip.reason)
            except Exception as error:
                reason = known.expects(item.id)
                if reason is None:
                    text = (
                        str(error) if isinstance(error, AssertionError) else f"raised {type(error).__name__}: {error}"
                    )
                    failures.append(f"{item.id}: {text}")
                else:
                    expected.append(f"{item.id}: {reason}")
        # A line that matches items of several tests is judged by `torchere plugins check` only.
        failures += [f"{name}: a known failure passes now" for name in known.stale() if "*" not in name]
        if failures:
            pytest.fail("\n".join(failures), pytrace=False)
        if expected and not passed:
            pytest.xfail(expected[0])
        if skips and not passed:
            pytest.skip(skips[0])


class DeviceConformance(Conformance):
    """The kit for devices. `device` is the device type, `tier` the highest tier run."""

    device: ClassVar[str] = ""
    tier: ClassVar[int] = 3

    def groups(self) -> Sequence[str]:
        from torchere import plugins

        plugins.load_device(self.device)
        found = [item.id for item in kits.contract_items(self.device)]
        found += [f"operator/{name}" for name in collection().names] if self.tier >= 1 else []
        if self.tier >= 3:
            found += list(dict.fromkeys(f"training/{item.subject}" for item in kits.training_items(self.device)))
        return found

    def items(self, group: str) -> Iterable[Item]:
        what, _, name = group.partition("/")
        if what == "operator":
            return operator_items(self.device, self.tier, [name])
        if what == "training":
            return kits.training_items(self.device, [name])
        return [item for item in kits.contract_items(self.device) if item.id == group]


class OperatorConformance(Conformance):
    """The kit for operators: `operators` are names; without them all of `library` (an ``operators`` plugin)."""

    operators: ClassVar[Sequence[str]] = ()
    library: ClassVar[str] = ""
    device: ClassVar[str] = "cpu"
    tier: ClassVar[int] = 2

    def groups(self) -> Sequence[str]:
        if self.operators:
            return list(self.operators)
        from torchere import plugins
        from torchere.testing.checking import _owned

        record = plugins.manager.record(self.library, "operators")
        plugins.manager.load(record.kind, record.entry)
        return _owned(record)

    def items(self, group: str) -> Iterable[Item]:
        return kits.library_items([group], self.tier, self.device)


class _OfFactory(Conformance):
    """A kit for one class: `make` is it (or a function), `samples` say how it is called."""

    make: ClassVar[Callable[..., Any] | None] = None
    samples: ClassVar[Sequence[Sample]] = ()
    kit: ClassVar[Any] = None

    def _all(self) -> list[Item]:
        cls = type(self)
        factory = cls.__dict__.get("make") or cls.make
        factory = getattr(factory, "__func__", factory)
        if factory is None:
            raise TypeError(f"{cls.__name__} needs an attribute `make`: the class to test, or a function that makes it")
        name = getattr(factory, "__name__", cls.__name__)
        return list(cls.kit(name, factory, list(self.samples)))

    def groups(self) -> Sequence[str]:
        return [item.id for item in self._all()]

    def items(self, group: str) -> Iterable[Item]:
        return [item for item in self._all() if item.id == group]


class LayerConformance(_OfFactory):
    """The kit for layers: ``make = MyLayer``, ``samples = [Sample(4, inputs=[A(2, 4)], output=(2, 4))]``."""

    kit = staticmethod(kits.layer_items)


class OptimizerConformance(_OfFactory):
    """The kit for optimizers: ``make = Lion``, ``samples = [Sample(lr=0.01)]``; `params` comes first by itself."""

    kit = staticmethod(kits.optimizer_items)


class DatasetConformance(_OfFactory):
    """The kit for datasets: ``make = MyDataset``, ``samples = [Sample(root="…")]``."""

    kit = staticmethod(kits.dataset_items)


class TransformConformance(_OfFactory):
    """The kit for transforms: ``make = Crop``, ``samples = [Sample(4, inputs=[A(3, 8, 8)], output=(3, 4, 4))]``."""

    kit = staticmethod(kits.transform_items)


class ExporterConformance(Conformance):
    """The kit for exporters: `exporter` is a function ``export(model, inputs, path)``, or an object with `export`."""

    exporter: ClassVar[Any] = None

    def _all(self) -> list[Item]:
        exporter = type(self).__dict__.get("exporter", self.exporter)
        return list(kits.exporter_items(type(self).__name__, getattr(exporter, "__func__", exporter)))

    def groups(self) -> Sequence[str]:
        return [item.id for item in self._all()]

    def items(self, group: str) -> Iterable[Item]:
        return [item for item in self._all() if item.id == group]
