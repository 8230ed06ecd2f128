"""`check`: runs the kit that suits a plugin, without pytest."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from torchere import plugins
from torchere.testing import kits
from torchere.testing.known_failures import KnownFailures
from torchere.testing.plan import Item, collection, operator_items
from torchere.testing.report import Outcome, Report, Skipped
from torchere.testing.samples import declared_samples

__all__ = ["check", "run_items"]

Progress = Callable[[int, int, str], None]

#: The file of known failures, in the folder of the plugin's module.
FILE = "known_failures.txt"
#: When one name means several plugins, the first of these kinds is checked.
ORDER = (
    "device",
    "operators",
    "kernels",
    "layer",
    "optimizer",
    "dataset",
    "transform",
    "exporter",
    "namespace",
)


def check(
    name: str,
    *,
    tier: int = 3,
    progress: Progress | None = None,
    kind: str | None = None,
    known_failures: str | Path | None = None,
) -> Report:
    """Run the conformance kit against plugin `name` (or ``distribution:name``), up to `tier`.

    The kit is chosen by the plugin's kind: a device; operators (on the cpu); ``kernels`` for a device (its operators,
    with this plugin preferred); a layer, optimizer, dataset, transform, exporter or namespace. `kind` chooses when
    several plugins share the name. `progress` is called with the number of items done, the number there are, and an id.
    Known failures are read from ``known_failures.txt`` beside the plugin's module, or from `known_failures`.

    Raises LookupError if no plugin is so named, ValueError for a kind without a kit.
    """
    records = plugins.manager.find(name, kind) or [plugins.manager.record(name, kind)]
    records.sort(key=lambda record: ORDER.index(record.kind) if record.kind in ORDER else len(ORDER))
    record = records[0]
    report = Report(name, record.kind, tier)
    if record.kind not in ORDER:
        raise ValueError(f"there is no kit for plugins of kind '{record.kind}' ({name}); kits: {', '.join(ORDER)}")
    started = time.perf_counter()
    if str(record.state) == "available":
        record = plugins.manager.load(record.kind, record.entry)
    if str(record.state) != "loaded":
        hardware = str(record.state) in ("no-hardware", "disabled")
        (report.skipped if hardware else report.failed).append(Outcome("T0/load", record.account))
        return report
    if known_failures is None:
        module = sys.modules.get(record.reference.partition(":")[0])
        known_failures = Path(module.__file__).parent / FILE if module is not None and module.__file__ else None
    items, context = _plan(record, tier)
    with context:
        run_items([item for item in items if item.tier <= tier], report, KnownFailures.read(known_failures), progress)
    report.seconds = time.perf_counter() - started
    return report


def _plan(record: Any, tier: int) -> tuple[list[Item], AbstractContextManager[Any]]:
    if record.kind == "device":
        return list(kits.device_items(record.entry, tier)), nullcontext()
    if record.kind == "operators":
        return list(kits.library_items(_owned(record), tier)), nullcontext()
    if record.kind == "kernels":
        device = record.entry.rpartition(".")[0]
        plugins.load_device(device)
        filed = plugins.manager.plugin_of(record.name)
        served = {kernel.op for kernel in plugins.dispatcher.kernels_of(device=device) if kernel.source.matches(filed)}
        return list(_kernel_items(device, served, tier)), plugins.prefer(record.name)
    thing = plugins.provide(record.kind, record.entry)
    if record.kind == "namespace":
        return list(kits.namespace_items(record.entry, thing)), nullcontext()
    if record.kind == "exporter":
        return list(kits.exporter_items(record.entry, thing)), nullcontext()
    make = {
        "layer": kits.layer_items,
        "optimizer": kits.optimizer_items,
        "dataset": kits.dataset_items,
        "transform": kits.transform_items,
    }[record.kind]
    return list(make(record.entry, thing, declared_samples(thing))), nullcontext()


def _owned(record: Any) -> list[str]:
    """Names of the operators that plugin `record` registered."""
    filed = plugins.manager.plugin_of(record.name)
    found = []
    for name in plugins.dispatcher.operators:
        source = plugins.dispatcher.source_of("operator", name)
        if source is not None and source.matches(filed):
            found.append(name)
    return found


def _kernel_items(device: str, served: set[str], tier: int) -> Iterable[Item]:
    from torchere.operators import operators

    known = operators()
    names = sorted({known[op].public_name for op in served if op in known})

    def declared() -> None:
        unknown = sorted(served - set(known))
        if unknown:
            raise AssertionError(f"kernels for operators that nobody declares: {', '.join(unknown)}")
        if not served:
            raise AssertionError(f"the plugin registered no kernel for device '{device}'")

    yield Item(0, "kernels", "declared", "", declared)
    if tier >= 1:
        tested = set(collection().names)
        yield from operator_items(device, tier, [name for name in names if name in tested])
    if tier >= 3:
        yield from kits.training_items(device)


def run_items(
    items: list[Item], report: Report, known: KnownFailures | None = None, progress: Progress | None = None
) -> Report:
    """Run items one after the other and file their outcomes in `report`."""
    known = known if known is not None else KnownFailures()
    for done, item in enumerate(items):
        if progress is not None:
            progress(done, len(items), item.id)
        try:
            known.pattern(item.id)
            item.run()
        except Skipped as skip:
            report.skipped.append(Outcome(item.id, skip.reason))
            continue
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            text = str(error) if isinstance(error, AssertionError) else f"raised {type(error).__name__}: {error}"
            reason = known.expects(item.id)
            if reason is None:
                report.failed.append(Outcome(item.id, text))
            else:
                report.known += 1
                report.skipped.append(Outcome(item.id, f"known failure: {reason}"))
            continue
        report.passed.append(Outcome(item.id))
    if progress is not None:
        progress(len(items), len(items), "")
    for pattern in known.stale():
        report.failed.append(Outcome(pattern, "a known failure passes now: remove its line from the file"))
    return report
