"""The plugin manager: finds plugins, loads each when asked for, and remembers what became of it.

Loading runs other people's code without holding a lock of ours: an import that waits for another thread's import must
not be able to wait for us in turn. A unit being loaded is marked instead; a second thread waits for the mark to go, and
the same thread, asking again from inside the plugin, gets what there is so far.

Two distributions that provide the same name: the user's choice (``dist:name`` in ``TORCHERE_PLUGINS`` or ``use``)
decides, then ``torchere_priority``, an int declared by the object or its module (default 0, higher wins; reading it
imports all the candidates, which happens in this case only), and otherwise asking for the name is an error that names
the distributions. So nothing depends on the order in which they were found or loaded. The standard operators and the
default device, which every program needs, are torchere's own unless the user chose another distribution's: otherwise
``import torchere`` would run a stranger's code, or fail for a tie.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any

from .call_site import stacklevel_outside
from .diagnosis import diagnose, incompatibility, missing_module, one_line, trace_text
from .discovery import BACKEND_KINDS, KINDS, scan_distributions
from .dispatcher import Dispatcher
from .errors import PluginConflictError, PluginUnavailableError
from .kernel import Kernel
from .loading import Unit
from .registry import Registry
from .selection import Selection
from .spelling import nearest
from .state import PluginRecord, PluginState

__all__ = ["PluginManager"]

# A thread waits this long for another that loads the same plugin, and then imports it itself: Python's import locks
# detect a deadlock between two imports, but not one between an import and a wait of ours.
PATIENCE_SECONDS = 10.0
# After this long, standard error says which plugin of a third party is still loading: it may hang.
SLOW_SECONDS = 15.0


class PluginManager:
    """Plugins by kind and name. Scans lazily; every method is safe under threads.

    ``dispatcher`` receives what plugins register. ``version`` is the running version of ``prefix``, against which
    ``Requires-Dist`` is checked (None: that of the installed distribution). ``guards`` are called before and after
    each load; a plugin during whose load a guard's value changes gets a warning in its record, and if the guard has a
    method ``restore(before)``, that is called.
    """

    def __init__(
        self,
        api_version: int = 1,
        prefix: str = "torchere",
        *,
        dispatcher: Dispatcher | None = None,
        version: str | None = None,
        guards: Iterable[Callable[[], object]] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.api_version = api_version
        self.prefix = prefix
        self.dispatcher = dispatcher if dispatcher is not None else Dispatcher()
        self.version = version
        self.guards = list(guards)
        self.problems: tuple[str, ...] = ()
        self._environ = os.environ if environ is None else environ
        self._lock = threading.RLock()
        self._scanned = False
        self._records: list[PluginRecord] = []
        self._units: dict[str, Unit] = {}
        self._selections: list[Selection] = []
        self._exit_registered = False
        self.dispatcher.kernel_loader = self.load_kernels
        self.dispatcher.advisor = self._advice

    # -- what is known ---------------------------------------------------------------------------------------------

    def scan(self) -> None:
        """Read all entry points, without importing any plugin. Again: add new ones, forget vanished unloaded ones."""
        with self._lock:
            found = scan_distributions(self.prefix)
            self.problems = found.problems
            if self.version is None:
                self.version = found.version
            known = {(r.kind, r.entry, r.value, r.distribution, r.version): r for r in self._records}
            records = []
            for declaration in found.declarations:
                record = PluginRecord(declaration)
                key = (record.kind, record.entry, record.value, record.distribution, record.version)
                if key in known:
                    records.append(known.pop(key))
                    continue
                self._judge(record)
                records.append(record)
            records += [record for record in known.values() if record.outcome is PluginState.LOADED]
            self._records = sorted(records, key=lambda record: record.sort_key)
            self._units = self._grouped()
            self._tell_apart()
            complaints: list[str] = []
            if not self._scanned:
                self._selections.insert(0, self._environment_selection(complaints))
                self._scanned = True
            self._apply_selection()
        # Last, because under `-W error` a warning raises: the manager is whole by now.
        for complaint in complaints:
            warnings.warn(complaint, stacklevel=stacklevel_outside(self.prefix))

    def _tell_apart(self) -> None:
        """Give records of one name handles that select each alone."""
        owners: dict[str, set[str]] = {}
        for record in self._records:
            owners.setdefault(record.name, set()).add(record.distribution)
        for record in self._records:
            shared = len(owners[record.name]) > 1
            record.handle = f"{record.distribution}:{record.name}" if shared else record.name

    def _judge(self, record: PluginRecord) -> None:
        """Set the state of a newly found record: available or incompatible."""
        if record.kind not in KINDS and record.api == self.api_version:
            reason = f"this {self.prefix} knows no plugin kind '{record.kind}'; kinds are {', '.join(KINDS)}"
            remedy = f"pip install --upgrade {self.prefix} {record.distribution}"
            record.settle(PluginState.INCOMPATIBLE, reason, remedy)
            return
        judgement = incompatibility(record, api_version=self.api_version, prefix=self.prefix, version=self.version)
        if judgement is not None:
            record.settle(*judgement)

    def _grouped(self) -> dict[str, Unit]:
        units: dict[str, Unit] = {}
        for record in self._records:
            if record.outcome is PluginState.INCOMPATIBLE:
                continue
            value = record.reference
            unit = units.get(value)
            if unit is None:
                unit = units[value] = self._units.get(value) or Unit(value)
                unit.records = []
            unit.records.append(record)
        return units

    def records(self) -> list[PluginRecord]:
        """Every plugin found, by kind and name, whatever its state."""
        self._ensure_scanned()
        with self._lock:
            return list(self._records)

    def find(self, name: str, kind: str | None = None) -> list[PluginRecord]:
        """Records that ``name`` means: a plugin name, an entry-point name, or ``distribution:name``."""
        return [r for r in self.records() if Selection.means(name, r) and kind in (None, r.kind)]

    def record(self, name: str, kind: str | None = None) -> PluginRecord:
        """The first record that ``name`` means. Raises ``PluginUnavailableError`` (a LookupError) if there is none."""
        found = self.find(name, kind)
        if not found:
            raise PluginUnavailableError(self._unknown(name), kind=kind or "", name=name)
        return found[0]

    def names(self, kind: str) -> list[str]:
        """What plugins of ``kind`` provide, sorted; without those left out or incompatible."""
        unusable = (PluginState.DISABLED, PluginState.INCOMPATIBLE)
        return sorted(
            {record.entry for record in self.records() if record.kind == kind and record.state not in unusable}
        )

    def plugin_of(self, name: str) -> str:
        """The name under which the kernels of plugin ``name`` are filed: that of the first entry point it shares."""
        record = self.record(name)
        unit = self._units.get(record.reference)
        first = unit.first if unit is not None else record
        return f"{first.distribution}:{first.name}" if ":" in name else first.name

    def _ensure_scanned(self) -> None:
        if not self._scanned:
            self.scan()

    # -- loading ---------------------------------------------------------------------------------------------------

    def load(self, kind: str, name: str, *, retry: bool = False) -> PluginRecord:
        """Load what provides ``name`` of ``kind``, once, and return its record; its state says how it went.

        A failure is remembered; ``retry=True`` tries again. Raises ``PluginUnavailableError`` when no plugin declares
        the name, ``PluginConflictError`` when several do and nothing decides, ``KeyboardInterrupt``, and under
        ``TORCHERE_STRICT_PLUGINS=1`` whatever the plugin raised.
        """
        candidates = [record for record in self.records() if record.kind == kind and record.entry == name]
        if not candidates:
            raise PluginUnavailableError(self.unavailable_message(kind, name), kind=kind, name=name)
        usable = [r for r in candidates if r.state not in (PluginState.DISABLED, PluginState.INCOMPATIBLE)]
        if not usable:
            return candidates[0]
        record = usable[0]
        for record in self._ranked(usable) if len(usable) > 1 else usable:
            self._load_unit(record, retry)
            if record.state is not PluginState.FAILED and record.state is not PluginState.MISSING_DEPENDENCY:
                break
        return record

    def load_kernels(self, device: str) -> None:
        """Load every kernel plugin for ``device`` (entry points ``DEVICE.NAME``), by name."""
        for record in self.records():
            if record.kind == "kernels" and record.entry.startswith(f"{device}."):
                if record.state is PluginState.AVAILABLE:
                    self._load_unit(record, retry=False)

    def provide(self, kind: str, name: str) -> Any:
        """The object that provides ``name`` of ``kind``: a module for ``namespace``, a class or function for others.

        Asked for by the plugin itself while it is being imported, a namespace is the module so far.
        Raises ``PluginUnavailableError`` with state, reason and remedy; otherwise as ``load``.
        """
        record = self.load(kind, name)
        unit = self._units.get(record.reference)
        if record.state is PluginState.LOADED and unit is not None:
            return unit.object
        if unit is not None and unit.loader == threading.get_ident():
            module = sys.modules.get(unit.module)
            if module is not None and not unit.attribute:
                return module
            if hasattr(module, unit.attribute):
                return getattr(module, unit.attribute)
        raise PluginUnavailableError(self.unavailable_message(kind, name), kind=kind, name=name)

    def _ranked(self, candidates: list[PluginRecord]) -> list[PluginRecord]:
        """Candidates for one name, best first, by the rule in this module's docstring."""
        for selection in reversed(self._selections):
            chosen = [record for record in candidates if selection.chooses(record)]
            if len(chosen) == 1:
                return chosen
        if house := self._house(candidates):
            return house
        settled = [record for record in candidates if record.outcome is PluginState.LOADED]
        ranked = []
        for record in candidates:
            unit = self._units[record.reference]
            if record.outcome in (PluginState.FAILED, PluginState.MISSING_DEPENDENCY):
                continue
            try:
                if not unit.done:
                    unit.load_object()
                ranked.append((unit.priority(), record))
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                self._fail(unit, error)
        ranked.sort(key=lambda pair: -pair[0])
        if not ranked:
            return settled or candidates[:1]
        tied = [record for priority, record in ranked if priority == ranked[0][0]]
        if len(tied) > 1:
            kind, name = tied[0].kind, tied[0].entry
            origins = " and ".join(f"{record.origin} ({record.value})" for record in tied)
            raise PluginConflictError(
                f"{kind} '{name}' is provided by {origins}, with equal priority {ranked[0][0]}. Choose one: "
                f"{self.prefix.upper()}_PLUGINS={tied[0].distribution}:{name}, or "
                f"{self.prefix}.plugins.use('{tied[0].distribution}:{name}'); or uninstall the other."
            )
        return [record for _, record in ranked]

    def _house(self, candidates: list[PluginRecord]) -> list[PluginRecord]:
        """Of candidates for what every program needs, the one of ``prefix`` itself; the others are told how to win."""
        if (candidates[0].kind, candidates[0].entry) not in self._always:
            return []
        house = [record for record in candidates if record.distribution == self.prefix]
        for record in candidates if len(house) == 1 else ():
            remark = (
                f"{record.kind} '{record.entry}' stays that of {house[0].origin}; "
                f"{self.prefix.upper()}_PLUGINS={record.handle} chooses this one"
            )
            if record is not house[0] and remark not in record.warnings:
                record.warnings.append(remark)
        return house if len(house) == 1 else []

    def _load_unit(self, record: PluginRecord, retry: bool) -> None:
        """Load the unit of ``record`` unless that has been done, or is being done by this thread."""
        unit = self._units[record.reference]
        waited = False
        while True:
            with self._lock:
                if unit.done and not (retry and record.outcome is not PluginState.LOADED):
                    return
                if unit.loader == threading.get_ident():
                    return
                if unit.finished is None or waited:
                    unit.loader = threading.get_ident()
                    finished = unit.finished = threading.Event()
                    break
                finished = unit.finished
            waited = not finished.wait(PATIENCE_SECONDS)
            retry = False  # the other thread has just tried
        try:
            self._run(unit, retry)
        finally:
            with self._lock:
                unit.loader = unit.finished = None
            finished.set()

    def _run(self, unit: Unit, retry: bool) -> None:
        """Import, register, commit; record how it went."""
        before = [guard() for guard in self.guards]
        watch = self._watch(unit)
        started = perf_counter()
        problem: BaseException | None = None
        registry: Registry | None = None
        try:
            registry = unit.stage()
            with self._lock:
                if not unit.committed or retry:
                    if unit.committed:  # with a device that was unavailable then
                        self.dispatcher.remove_plugin(f"{registry.source.distribution}:{registry.source.plugin}")
                    registry.commit(self.dispatcher)
                    self._succeed(unit, registry)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit, too: no plugin may end the program
            problem = error
            self._fail(unit, error)
        finally:
            if watch is not None:
                watch.cancel()
        for record in unit.records:
            record.seconds = perf_counter() - started
        self._compare_guards(unit, before)
        for record in unit.records:
            if record.outcome is PluginState.LOADED:
                self._announce("torchere_plugin_loaded", name=record.name, kind=record.kind)
            else:
                self._announce("torchere_plugin_failed", name=record.name, kind=record.kind, reason=record.reason)
        if problem is not None and self._environ.get(f"{self.prefix.upper()}_STRICT_PLUGINS", "") not in ("", "0"):
            raise problem

    def _watch(self, unit: Unit) -> threading.Timer | None:
        """Report a third party's plugin that hangs; nothing can stop it, but the user should know which one it is."""
        record = unit.first
        if record.distribution == self.prefix:
            return None
        message = (
            f"{self.prefix}: still loading {record.kind} '{record.entry}' of {record.origin} after {SLOW_SECONDS:g} s. "
            f"{self.prefix.upper()}_PLUGINS=-{record.handle} switches it off."
        )
        timer = threading.Timer(SLOW_SECONDS, print, [message], {"file": sys.stderr, "flush": True})
        timer.daemon = True
        timer.start()
        return timer

    def _succeed(self, unit: Unit, registry: Registry) -> None:
        unit.done = unit.committed = True
        for record in unit.records:
            record.contents = registry.contents
            unavailable = registry.unavailabilities.get(record.entry) or registry.unavailabilities.get(record.name)
            if unavailable is None:
                record.settle(PluginState.LOADED)
                continue
            because, fix = unavailable
            trace = trace_text(because) if isinstance(because, BaseException) else ""
            if isinstance(because, ImportError):
                reason, remedy = missing_module(because, record)
                record.settle(PluginState.MISSING_DEPENDENCY, reason, fix or remedy, trace)
            else:
                remedy = fix or f"see the documentation of {record.distribution} for what it needs"
                record.settle(PluginState.NO_HARDWARE, one_line(because), remedy, trace)
        promised = {record.entry for record in self._records if record.kind in BACKEND_KINDS}
        for device in registry.kernel_devices:
            if device not in promised and self.dispatcher.device(device) is None:
                for record in unit.records:
                    record.warnings.append(f"it has kernels for device '{device}', which nothing provides")
        if unit.implements("torchere_shutdown") and not self._exit_registered:
            import atexit

            self._exit_registered = True
            atexit.register(self.shutdown)

    def _fail(self, unit: Unit, error: BaseException) -> None:
        trace = trace_text(error)
        with self._lock:
            if unit.committed:
                return  # another thread, waiting no longer, got further
            unit.done = True
            unit.hooks = None
            for record in unit.records:
                record.settle(*diagnose(error, record, self.prefix), trace)

    def _compare_guards(self, unit: Unit, before: list[object]) -> None:
        for guard, old in zip(self.guards, before, strict=False):
            new = guard()
            if new == old:
                continue
            what = "something"
            if isinstance(old, Mapping) and isinstance(new, Mapping):
                absent = object()
                pairs = {key: (old.get(key, absent), new.get(key, absent)) for key in {**old, **new}}
                # Identity first, as dicts compare: nan equals nothing.
                changed = [key for key, (was, is_now) in pairs.items() if was is not is_now and was != is_now]
                what = ", ".join(sorted(map(str, changed)))
            restore = getattr(guard, "restore", None)
            if restore is not None:
                restore(old)
                what += " (undone)"
            for record in unit.records:
                record.warnings.append(f"while it was loaded, {self.prefix} itself was changed: {what}")

    def _announce(self, hook: str, **arguments: object) -> None:
        """Call a life-cycle hook on every loaded plugin, each by itself."""
        with self._lock:
            units = [unit for unit in self._units.values() if unit.hooks is not None]
        for unit in units:
            try:
                unit.call(hook, **arguments)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                for record in unit.records:
                    record.warnings.append(f"its hook {hook} raised {one_line(error)}")

    def shutdown(self) -> None:
        """Call ``torchere_shutdown`` on every loaded plugin. Runs by itself when the interpreter exits."""
        self._announce("torchere_shutdown")

    def cases(self) -> dict[str, list[Any]]:
        """The conformance cases of every loaded plugin that has some, by plugin name. What a hook raises is raised."""
        with self._lock:
            units = [unit for unit in self._units.values() if unit.implements("torchere_cases")]
        return {unit.first.name: [case for given in unit.call("torchere_cases") for case in given] for unit in units}

    # -- selection -------------------------------------------------------------------------------------------------

    def use(self, *items: str) -> _Use:
        """Select plugins process-wide, in place of the environment's selection; grammar: ``selection`` module.

        Takes effect at once. As a context manager (``with use("-onednn"):``) it is undone at the end of the block.
        Kernels of plugins left out are passed over; operators and devices already registered stay known.
        Raises ``ValueError`` for a malformed item or a name that no plugin has.
        """
        self._ensure_scanned()
        selection = self._selection(",".join(items), f"{self.prefix}.plugins.use")
        for name in sorted(selection.names):
            if not any(Selection.means(name, record) for record in self._records):
                raise ValueError(self._unknown(name))
        with self._lock:
            self._selections.append(selection)
            self._apply_selection()
        return _Use(self, selection)

    @property
    def selection(self) -> Selection:
        """The selection in force."""
        self._ensure_scanned()
        return self._selections[-1]

    @property
    def _always(self) -> tuple[tuple[str, str], ...]:
        """Kind and entry of what every program needs."""
        return (("operators", "standard"), ("device", self.dispatcher.default_device))

    def _selection(self, text: str, source: str) -> Selection:
        return Selection(text, source=source, always=self._always)

    def _environment_selection(self, complaints: list[str]) -> Selection:
        """The selection of ``TORCHERE_PLUGINS``; errors in it become complaints, for they must not stop an import."""
        variable = f"{self.prefix.upper()}_PLUGINS"
        try:
            selection = self._selection(self._environ.get(variable, ""), variable)
        except ValueError as error:
            complaints.append(f"{error} The variable is ignored.")
            return self._selection("", variable)
        for name in sorted(selection.names):
            if not any(Selection.means(name, record) for record in self._records):
                complaints.append(f"{variable}: {self._unknown(name)}")
        return selection

    def _apply_selection(self) -> None:
        selection = self._selections[-1]
        for record in self._records:
            record.disabled_by = selection.refusal(record)
        hidden = {
            (unit.first.name, unit.first.distribution)
            for unit in self._units.values()
            if all(record.disabled_by for record in unit.records)
        }

        def masked(kernel: Kernel) -> bool:
            return (kernel.plugin, kernel.distribution) in hidden

        self.dispatcher.mask(masked if hidden else None)

    def _deselect(self, selection: Selection) -> None:
        with self._lock:
            if selection in self._selections:
                self._selections.remove(selection)
                self._apply_selection()

    # -- messages --------------------------------------------------------------------------------------------------

    def unavailable_message(self, kind: str, name: str) -> str:
        """What to tell one who asked for ``name`` of ``kind``: what exists, and what stops the plugin that has it."""
        records = self.records()
        known = sorted({record.entry for record in records if record.kind == kind})
        lines = []
        providers = [record for record in records if record.kind == kind and record.entry == name]
        for record in providers:
            lines.append(f"{kind} '{name}' comes from plugin '{record.name}' of {record.origin}: {record.account}")
            if record.disabled_by:
                handle, variable = record.handle, f"{self.prefix.upper()}_PLUGINS"
                lines.append(f"Select it: name {handle} in {variable}, or call {self.prefix}.plugins.use({handle!r}).")
        if not providers:
            lines.append(f"No installed plugin provides {kind} '{name}'.")
            if near := nearest(name, known):
                lines.append(f"Did you mean '{near}'?")
        lines.append(f"Known names of kind {kind}: {', '.join(known) or 'none'}.")
        return "\n".join(lines)

    def _unknown(self, name: str) -> str:
        names = sorted({record.name for record in self._records})
        near = nearest(name.rpartition(":")[2], names)
        hint = f" Did you mean '{near}'?" if near else ""
        return f"no installed plugin is named '{name}'.{hint} Installed: {', '.join(names) or 'none'}."

    def _advice(self, op: str, device: str, dtype: str) -> str:
        """For step 7 of resolution: installed plugins that might have the kernel, if something did not stop them."""
        lines = []
        for record in self.records():
            for_device = record.kind == "kernels" and record.entry.startswith(f"{device}.")
            if (for_device or (record.kind in BACKEND_KINDS and record.entry == device)) and record.state not in (
                PluginState.LOADED,
                PluginState.AVAILABLE,
            ):
                lines.append(f"Plugin '{record.name}' of {record.origin} for '{device}': {record.account}")
        return "\n".join(lines)


class _Use:
    """What ``use`` returns: a context manager that ends the selection, which holds already."""

    def __init__(self, manager: PluginManager, selection: Selection) -> None:
        self._manager = manager
        self._selection = selection

    def undo(self) -> None:
        """End the selection. Again: nothing happens."""
        self._manager._deselect(self._selection)

    def __enter__(self) -> _Use:
        return self

    def __exit__(self, *raised: object) -> None:
        self.undo()
