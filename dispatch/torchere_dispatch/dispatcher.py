"""The dispatcher: which kernel runs an operator on a device for a dtype, decided in seven steps.

It keeps no cache of answers: the caller does, in the operator's own dict, because a look-up there is all the per-call
cost there may be. The protocol that keeps such a cache correct under threads::

    generation = dispatcher.generation
    resolution = dispatcher.resolve(op, device, dtype)      # without holding dispatcher.lock: it may load plugins
    with dispatcher.lock:
        if dispatcher.generation == generation:             # otherwise it may be stale: use it once, do not keep it
            cache[key] = resolution

and a callback given to ``subscribe`` that empties the cache. It runs under ``lock`` at each change.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from .choices import Pin, PolicyBlock
from .errors import NoKernelError, RegistrationError
from .fallback import FallbackCounts, check_policy
from .kernel import NO_SOURCE, Kernel, KernelTable, Source
from .precedence import merged, removed_from
from .resolution import STEPS, Explanation, Resolution, Step
from .spelling import did_you_mean

__all__ = ["Dispatcher"]


class OperatorLike(Protocol):
    """What the dispatcher asks of an operator."""

    @property
    def name(self) -> str: ...
    @property
    def has_decomposition(self) -> bool: ...


class DeviceLike(Protocol):
    """What the dispatcher asks of a device backend. ``dtypes`` are those it can hold."""

    @property
    def name(self) -> str: ...
    @property
    def dtypes(self) -> tuple[str, ...]: ...
    @property
    def compute_casts(self) -> Mapping[str, str]: ...


_Slot = tuple[str, str | None]
_Candidates = tuple[Kernel, ...]
_Reached = tuple[int, Resolution | None, str, _Candidates]


class Dispatcher:
    """Operators, devices and kernels by name, and the resolution of (operator, device, dtype).

    Every method is safe under threads. ``default_device`` is tried first when another device may be used (step 6).
    """

    def __init__(self, default_device: str = "cpu") -> None:
        self.default_device = default_device
        self.lock = threading.RLock()
        self.generation = 0
        # Asked before a device is first resolved, without the lock, to load the kernel plugins of that device.
        self.kernel_loader: Callable[[str], None] | None = None
        # Adds to the message of step 7 what could be installed, from those who know (the plugin manager).
        self.advisor: Callable[[str, str, str], str] | None = None
        self._kernels: dict[str, dict[_Slot, _Candidates]] = {}
        self._operators: dict[str, tuple[tuple[Source, OperatorLike], ...]] = {}
        # Backends of devices, and of layouts, for which kernels are found in the same way; `_layouts` names the latter.
        self._devices: dict[str, tuple[tuple[Source, DeviceLike], ...]] = {}
        self._layouts: set[str] = set()
        self._prepared: set[str] = set()
        self._pins: list[Pin] = []
        self._masked: Callable[[Kernel], bool] | None = None
        self._policy = "error"
        self._counts = FallbackCounts()
        self._subscribers: list[Callable[[], object]] = []

    # -- registration ----------------------------------------------------------------------------------------------

    def register_operator(self, op: OperatorLike, source: Source = NO_SOURCE) -> None:
        """Make ``op`` known. Raises ``RegistrationError`` when another source of equal priority has the name."""
        self.commit(operators=[op], source=source)

    def register_device(self, backend: DeviceLike, source: Source = NO_SOURCE) -> None:
        """Make ``backend`` known under its ``.name``. Raises ``RegistrationError`` as ``register_operator``."""
        self.commit(devices=[backend], source=source)

    def add_kernels(
        self,
        kernels: KernelTable | Iterable[Kernel],
        source: Source = NO_SOURCE,
    ) -> None:
        """Add all kernels or none. Raises ``RegistrationError`` on an equal rank for the same key."""
        self.commit(kernels=kernels.kernels(source) if isinstance(kernels, KernelTable) else kernels, source=source)

    def commit(
        self,
        *,
        devices: Iterable[DeviceLike] = (),
        layouts: Iterable[DeviceLike] = (),
        operators: Iterable[OperatorLike] = (),
        kernels: Iterable[Kernel] = (),
        source: Source = NO_SOURCE,
    ) -> None:
        """Register everything or, raising ``RegistrationError``, nothing; subscribers see one change."""
        with self.lock:
            new_devices = merged(self._devices, devices, source, "device")
            new_layouts = merged(self._devices | new_devices, layouts, source, "layout")
            new_operators = merged(self._operators, operators, source, "operator")
            new_kernels = self._merged_kernels(kernels)
            self._devices.update(new_devices | new_layouts)
            self._layouts.update(new_layouts)
            self._operators.update(new_operators)
            for op, slots in new_kernels.items():
                self._kernels.setdefault(op, {}).update(slots)
            self._invalidate()

    def remove_plugin(self, name: str) -> int:
        """Remove whatever plugin ``name`` (or ``distribution:plugin``) registered; return how many things that were."""
        removed = 0
        with self.lock:
            for op in list(self._kernels):
                slots = self._kernels[op]
                for slot in list(slots):
                    kept = tuple(kernel for kernel in slots[slot] if not kernel.source.matches(name))
                    removed += len(slots[slot]) - len(kept)
                    if kept:
                        slots[slot] = kept
                    else:
                        del slots[slot]
                if not slots:
                    del self._kernels[op]
            removed += removed_from(self._operators, name) + removed_from(self._devices, name)
            self._layouts &= self._devices.keys()
            self._invalidate()
        return removed

    def mask(self, hidden: Callable[[Kernel], bool] | None) -> None:
        """Pass over every kernel for which ``hidden(kernel)`` is true (None: pass over none), without removing it."""
        with self.lock:
            self._masked = hidden
            self._prepared.clear()
            self._invalidate()

    def subscribe(self, callback: Callable[[], object]) -> None:
        """Call ``callback()`` under ``lock`` at every change that may alter an answer."""
        with self.lock:
            self._subscribers.append(callback)

    def _invalidate(self) -> None:
        self.generation += 1
        for callback in self._subscribers:
            callback()

    def _merged_kernels(self, kernels: Iterable[Kernel]) -> dict[str, dict[_Slot, _Candidates]]:
        """The candidate lists that change by adding ``kernels``, sorted by rank."""
        changed: dict[str, dict[_Slot, _Candidates]] = {}
        for kernel in kernels:
            slot = (kernel.device, kernel.dtype)
            slots = changed.setdefault(kernel.op, {})
            present = slots.get(slot)
            if present is None:
                present = self._kernels.get(kernel.op, {}).get(slot, ())
            for other in present:
                if other.rank == kernel.rank:
                    raise RegistrationError(_duplicate_kernel(other, kernel))
            slots[slot] = tuple(sorted((*present, kernel), key=_rank, reverse=True)) if present else (kernel,)
        return changed

    # -- what is known ---------------------------------------------------------------------------------------------

    @property
    def operators(self) -> Mapping[str, Any]:
        """The operator objects by name, sorted; a snapshot."""
        with self.lock:
            return MappingProxyType({name: held[0][1] for name, held in sorted(self._operators.items())})

    @property
    def devices(self) -> Mapping[str, Any]:
        """The device backends by name, sorted; a snapshot."""
        with self.lock:
            return MappingProxyType({name: self._devices[name][0][1] for name in self._device_names()})

    @property
    def layouts(self) -> Mapping[str, Any]:
        """The backends of layouts by name, sorted; a snapshot."""
        with self.lock:
            return MappingProxyType({name: self._devices[name][0][1] for name in sorted(self._layouts)})

    def _device_names(self) -> list[str]:
        return sorted(self._devices.keys() - self._layouts)

    def operator(self, name: str) -> Any:
        """The operator object ``name``, or None."""
        held = self._operators.get(name)
        return held[0][1] if held else None

    def device(self, name: str) -> Any:
        """The backend of device, or layout, ``name``, or None."""
        held = self._devices.get(name)
        return held[0][1] if held else None

    def source_of(self, kind: str, name: str) -> Source | None:
        """Who registered the operator (``kind="operator"``), device or layout (``kind="device"``) ``name``."""
        held = (self._operators if kind == "operator" else self._devices).get(name)
        return held[0][0] if held else None

    def kernels_of(self, op: str | None = None, *, device: str | None = None) -> list[Kernel]:
        """All kernels, or those of one operator and/or device, by operator, device, dtype and falling rank."""
        with self.lock:
            tables = self._kernels.items() if op is None else [(op, self._kernels.get(op, {}))]
            found = [
                kernel
                for _, slots in tables
                for held in slots.values()
                for kernel in held
                if device is None or kernel.device == device
            ]
        return sorted(found, key=lambda k: (k.op, k.device, k.dtype or "", not k.override, -k.priority, k.plugin))

    def missing(self, device: str, dtype: str | None = None) -> list[str]:
        """Operators that cannot run on ``device``: for any dtype, or for ``dtype`` if given, other devices aside."""
        self.prepare(device)
        with self.lock:
            absent = []
            for name, held in sorted(self._operators.items()):
                if dtype is not None:
                    runs = any(found is not None and step < 6 for step, found, _, _ in self._walk(name, device, dtype))
                else:
                    runs = held[0][1].has_decomposition or any(
                        slot[0] == device and self._visible(kernels)
                        for slot, kernels in self._kernels.get(name, {}).items()
                    )
                if not runs:
                    absent.append(name)
            return absent

    def undeclared(self) -> list[Kernel]:
        """Kernels whose operator or device nobody registered: a misspelling, or a library that is not loaded yet."""
        return [k for k in self.kernels_of() if k.op not in self._operators or k.device not in self._devices]

    # -- resolution ------------------------------------------------------------------------------------------------

    def find(self, op: str, device: str, dtype: str, after: tuple[Kernel, ...] = ()) -> Resolution | None:
        """The first of the seven steps that applies, or None. Call it without holding ``lock``.

        ``after``: kernels that yielded this call; they are passed over.
        """
        self.prepare(device)
        with self.lock:
            for _, resolution, _, _ in self._walk(op, device, dtype, after):
                if resolution is not None:
                    return resolution
        return None

    def resolve(self, op: str, device: str, dtype: str) -> Resolution:
        """As ``find``, but raises ``NoKernelError`` (step 7) saying who has the operator and what to do."""
        resolution = self.find(op, device, dtype)
        if resolution is None:
            raise NoKernelError(self._failure(op, device, dtype), operator=op, device=device, dtype=dtype)
        return resolution

    def why(self, op: str, device: str, dtype: str) -> Explanation:
        """Explain all seven steps, with the kernel chosen and those passed over. Raises nothing."""
        self.prepare(device)
        chosen: Resolution | None = None
        steps: list[Step] = []
        with self.lock:
            for number, resolution, reason, candidates in self._walk(op, device, dtype):
                verdict = "passed over"
                if chosen is not None:
                    verdict, reason = "not needed", f"step {chosen.step} decided; otherwise: {reason}"
                elif resolution is not None:
                    verdict, chosen = "chosen", resolution
                steps.append(Step(number, STEPS[number], verdict, reason, candidates))
            remark = (
                ""
                if op in self._operators
                else f"no operator named '{op}' is registered{did_you_mean(op, self._operators)}"
            )
        if chosen is None:
            steps.append(Step(7, STEPS[7], "chosen", self._failure(op, device, dtype)))
        else:
            steps.append(Step(7, STEPS[7], "not needed", f"step {chosen.step} decided"))
        return Explanation(op, device, dtype, tuple(steps), chosen, remark)

    def prepare(self, device: str) -> None:
        """Let the kernel plugins of ``device`` load, once; of every device that may stand in for it, too."""
        if self.kernel_loader is None or (device in self._prepared and self._policy == "error"):
            return
        targets = [device] if self._policy == "error" else [device, *self._device_names()]
        for target in targets:
            if target not in self._prepared:
                self.kernel_loader(target)
                self._prepared.add(target)

    def _walk(self, op: str, device: str, dtype: str, after: tuple[Kernel, ...] = ()) -> Iterator[_Reached]:
        """Yield (step, resolution or None, reason, candidates) for steps 1 to 6. Under the lock.

        ``find`` stops at the first resolution and ``why`` reads on, so that an explanation cannot differ from the deed.
        """
        slots: Mapping[_Slot, _Candidates] = self._kernels.get(op, {})
        if after:
            slots = {slot: tuple(kernel for kernel in held if kernel not in after) for slot, held in slots.items()}
        backend = self.device(device)
        cast = backend.compute_casts.get(dtype) if backend is not None else None
        held = backend is None or dtype in backend.dtypes or cast is not None
        refusal = f"device '{device}' does not hold dtype {dtype}"

        yield self._pinned(slots, device, dtype, cast)

        exact = slots.get((device, dtype), ())
        yield (2, *_pick(self._visible(exact), 2, dtype, device, f"{device} has none for {dtype}"), exact)

        generic = slots.get((device, None), ())
        if held:
            yield (3, *_pick(self._visible(generic), 3, dtype, device, f"{device} has none for any dtype"), generic)
        else:
            yield 3, None, refusal, generic

        through = slots.get((device, cast), ()) if cast is not None else ()
        if cast is None:
            yield 4, None, f"device '{device}' declares no compute-cast for {dtype}", ()
        else:
            found, reason = _pick(self._visible(through), 4, cast, device, f"{device} has none for {cast} either")
            yield 4, found, f"{dtype} computes in {cast}: {reason}", through

        operator = self.operator(op)
        if operator is None or not operator.has_decomposition:
            yield 5, None, "a primitive has none" if operator is not None else "the operator is not registered", ()
        elif backend is None:
            yield 5, None, f"device '{device}' is not registered", ()
        elif not held:
            yield 5, None, refusal, ()
        else:
            body = Resolution("decomposition", None, dtype, device, 5)
            yield 5, body, "its body runs in other operators on the same device", ()

        yield self._elsewhere(slots, device, dtype)

    def _pinned(self, slots: Mapping[_Slot, _Candidates], device: str, dtype: str, cast: str | None) -> _Reached:
        """Step 1: the innermost pin whose plugin has a kernel, also through a compute-cast."""
        if not self._pins:
            return 1, None, "nothing is pinned", ()
        for pin in reversed(self._pins):
            for compute in (dtype, None, cast) if cast is not None else (dtype, None):
                candidates = slots.get((device, compute), ())
                for kernel in self._visible(candidates):
                    if pin.matches(kernel):
                        computed = dtype if compute is None else compute
                        kind = "kernel" if computed == dtype else "compute-cast"
                        chosen = Resolution(kind, kernel, computed, device, 1)
                        return 1, chosen, f"'{pin.name}' is preferred", candidates
        names = ", ".join(f"'{pin.name}'" for pin in reversed(self._pins))
        return 1, None, f"{names} has no kernel for it", ()

    def _elsewhere(self, slots: Mapping[_Slot, _Candidates], device: str, dtype: str) -> _Reached:
        """Step 6: the default device first, then the others by name, if the policy lets them. No layout takes part."""
        if device in self._layouts:
            return 6, None, f"'{device}' is a layout: nothing stands in for it", ()
        others = sorted({*self._device_names()} - {device}, key=lambda name: (name != self.default_device, name))
        for name in others:
            backend = self.device(name)
            cast = backend.compute_casts.get(dtype)
            for compute in (dtype, None, cast) if cast is not None else (dtype, None):
                if compute is None and dtype not in backend.dtypes:
                    continue
                for kernel in self._visible(slots.get((name, compute), ())):
                    found = Resolution("fallback", kernel, compute or dtype, name, 6)
                    if self._policy == "error":
                        return 6, None, f"the policy is 'error'; under 'warn' or 'allow' {name} would run it", (kernel,)
                    return 6, found, f"the policy is '{self._policy}'", (kernel,)
        return 6, None, "no other device has a kernel", ()

    def _visible(self, kernels: _Candidates) -> _Candidates:
        if self._masked is None or not kernels:
            return kernels
        hidden = self._masked
        return tuple(kernel for kernel in kernels if not hidden(kernel))

    def _failure(self, op: str, device: str, dtype: str) -> str:
        """The message of step 7."""
        with self.lock:
            operator, backend = self.operator(op), self.device(device)
            offers: dict[str, list[str]] = {}
            for (where, kind), kernels in sorted(
                self._kernels.get(op, {}).items(), key=lambda s: (s[0][0], s[0][1] or "")
            ):
                if self._visible(kernels) and (where == device or where not in self._layouts):
                    offers.setdefault(where, []).append(kind or "any dtype")
            if operator is None and not offers:
                return f"{op}: no such operator is registered{did_you_mean(op, self._operators)}."
            lines = [f"{op}: no kernel for device '{device}' and dtype {dtype}."]
            if backend is None:
                known = ", ".join(f"'{name}'" for name in self._device_names()) or "none"
                lines.append(f"Device '{device}' is not registered; registered devices: {known}.")
            elif dtype not in backend.dtypes:
                lines.append(f"Device '{device}' does not hold {dtype}; it holds {', '.join(backend.dtypes)}.")
            if operator is not None and not operator.has_decomposition:
                lines.append("It is a primitive, so each device needs its own kernel.")
            for where, kinds in offers.items():
                lines.append(f"'{where}' has it for {', '.join(kinds)}.")
            remedies = []
            if same := [kind for kind in offers.get(device, ()) if kind != "any dtype"]:
                best = "float32" if "float32" in same else min(same)
                remedies.append(f"convert first, x.to(torchere.{best})")
            if elsewhere := sorted(set(offers) - {device}, key=lambda name: (name != self.default_device, name)):
                remedies.append(f"move first, x.to('{elsewhere[0]}')")
                if self._policy == "error":
                    remedies.append("let it run there, torchere.plugins.set_fallback_policy('warn')")
            if not offers:
                remedies.append(f"install a plugin that provides '{op}' for '{device}' (no loaded one does)")
            lines.append(f"What to do: {'; or '.join(remedies)}.")
        if self.advisor is not None and (advice := self.advisor(op, device, dtype)):
            lines.append(advice)
        return "\n".join(lines)

    # -- the user's choices ----------------------------------------------------------------------------------------

    def prefer(self, plugin_name: str) -> Pin:
        """Context manager: kernels of ``plugin_name`` (or ``distribution:plugin``) come first while the block lasts.

        Process-wide. Blocks nest, the innermost decides; where the plugin has no kernel, resolution goes on as usual.
        """
        return Pin(self, plugin_name)

    @property
    def preferred(self) -> tuple[str, ...]:
        """The pins in force, innermost first."""
        with self.lock:
            return tuple(pin.name for pin in reversed(self._pins))

    @property
    def policy(self) -> str:
        """The fallback policy in force: ``error``, ``warn`` or ``allow``."""
        return self._policy

    def set_fallback_policy(self, policy: str) -> None:
        """Set what step 6 may do, process-wide. Raises ``ValueError`` for an unknown policy."""
        check_policy(policy)
        with self.lock:
            self._policy = policy
            self._invalidate()

    def fallback_policy(self, policy: str) -> PolicyBlock:
        """Context manager: ``policy`` holds, process-wide, while the block lasts."""
        return PolicyBlock(self, check_policy(policy))

    def count_fallback(self, op: str, origin: str, target: str) -> None:
        """Record that ``op`` on ``origin`` ran on ``target``; called at each such run. Warns once under ``warn``."""
        self._counts.add(op, origin, target, warn=self._policy == "warn")

    def fallbacks(self) -> dict[tuple[str, str, str], int]:
        """How often each (operator, from device, to device) fell back, most frequent first."""
        return self._counts.snapshot()

    def reset_fallbacks(self) -> None:
        """Forget the counts."""
        self._counts.clear()


def _rank(kernel: Kernel) -> tuple[bool, int]:
    return kernel.rank


def _pick(kernels: _Candidates, step: int, dtype: str, device: str, nothing: str) -> tuple[Resolution | None, str]:
    """The best of ``kernels`` as a resolution, and why; ``nothing`` is the reason when there is none."""
    if not kernels:
        return None, nothing
    best = kernels[0]
    reason = f"{best.source} has it"
    if len(kernels) > 1:
        reason += f", before {', '.join(str(kernel.source) for kernel in kernels[1:])}"
    return Resolution("compute-cast" if step == 4 else "kernel", best, dtype, device, step), reason


def _duplicate_kernel(first: Kernel, second: Kernel) -> str:
    dtype = "any dtype" if first.dtype is None else first.dtype
    return (
        f"two kernels of equal priority {first.priority} for {first.op} on {first.device}, {dtype}: "
        f"{first.source} ({first.location}) and {second.source} ({second.location}). "
        "Give one of the tables another priority, or override=True; or switch one of the plugins off."
    )
