"""Which items there are for a device: the cases of every operator, their dtypes, and the checks of each tier."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from torchere import plugins
from torchere.backend import backend_of
from torchere.dtypes import DType
from torchere.errors import MissingReference
from torchere.operators import Operator, operators
from torchere.testing.cases import A, Case, ErrorCase, I, Values
from torchere.testing.gradient_checks import GRADIENT_CHECKS, NARROW_CHECKS, gradient_dtypes
from torchere.testing.operator_checks import OPERATOR_CHECKS, check_error
from torchere.testing.report import Skipped, Unvaried
from torchere.testing.running import Run, Subject, flat, subject_of
from torchere.testing.values import arrays_of, random_source

__all__ = ["Collection", "Item", "collect", "collection", "forget_runs", "operator_items"]


@dataclass(frozen=True)
class Item:
    """One thing that passes, fails or is skipped: `run()` raises AssertionError or `Skipped`, or anything else.

    `id` reads ``T1/softmax/forward/float32``.
    """

    tier: int
    subject: str
    check: str
    dtype: str
    run: Callable[[], None] = field(compare=False)

    @property
    def id(self) -> str:
        """The item's name in reports and in files of known failures."""
        return "/".join(part for part in (f"T{self.tier}", self.subject, self.check, self.dtype) if part)


class Collection:
    """The cases of all operator libraries, by operator."""

    def __init__(self, given: Iterable[Case | ErrorCase]) -> None:
        self.cases: dict[str, list[tuple[str, Case]]] = {}
        self.errors: dict[str, list[ErrorCase]] = {}
        for case in given:
            if isinstance(case, ErrorCase):
                self.errors.setdefault(case.op, []).append(case)
            else:
                listed = self.cases.setdefault(case.op, [])
                listed.append((str(len(listed)), case))
        for name, listed in self.cases.items():
            listed.extend(_derived(name, [case for _, case in listed]))

    @property
    def names(self) -> list[str]:
        """Every operator with a case or an error case."""
        return sorted({*self.cases, *self.errors})

    def missing(self) -> list[str]:
        """Public names of operators without a case. Those of a layout's plugin are that plugin's to test."""
        wanted = {declared.public_name for declared in operators().values()} - _of_layouts()
        return sorted(wanted - set(self.cases) - {name.removesuffix("()") for name in self.cases})

    def unrefused(self) -> list[str]:
        """Public operators without an error case: functions and methods, but for composites and private names."""
        return sorted(
            name
            for name, declared in operators().items()
            if isinstance(declared, Operator)
            and (declared.namespaces or declared.method)
            and not name.startswith("_")
            and not {name, declared.public_name} & set(self.errors)
        )

    def unjudged(self) -> list[str]:
        """Cases with neither a reference nor properties."""
        return [
            f"{name}[{label}]"
            for name, listed in self.cases.items()
            for label, case in listed
            if case.reference is None and case.properties is None
        ]


def _of_layouts() -> set[str]:
    """Public names of operators that came with a layout: the kit's operands are dense."""
    dispatcher = plugins.dispatcher
    sources = [dispatcher.source_of("device", name) for name in dispatcher.layouts]
    return {
        declared.public_name
        for name, declared in operators().items()
        if sources and dispatcher.source_of("operator", name) in sources
    }


def _derived(name: str, cases: Sequence[Case]) -> Iterator[tuple[str, Case]]:
    """More shapes for elementwise operators: 0-d, empty and broadcast. Their references take any shape."""
    declared = operators().get(name)
    if declared is None or getattr(declared, "promote", None) is None:
        return
    if any(p.kind in ("dim", "new_dim", "dims", "shape", "tensors") for p in declared.parameters):
        return
    chosen = next((case for case in cases if case.inputs and all(isinstance(item, A) for item in case.inputs)), None)
    if chosen is None or chosen.reference is None or not _is_elementwise(chosen):
        return
    count = len(chosen.inputs)
    shapes: dict[str, tuple[tuple[int, ...], ...]] = {"0-d": ((),) * count, "empty": ((0, 3),) * count}
    if count > 1:
        shapes["broadcast"] = ((2, 1, 3), (4, 1), *(((1,),) * (count - 2)))
        shapes["broadcast-empty"] = ((0, 1), (1, 3), *(((),) * (count - 2)))
    for label, wanted in shapes.items():
        inputs = [
            A(*shape, low=a.low, high=a.high, distinct=a.distinct, gradient=a.gradient, dtype=a.dtype)
            for shape, a in zip(wanted, chosen.inputs, strict=True)
        ]
        yield (
            label,
            Case(
                name,
                *inputs,
                reference=chosen.reference,
                dtypes=chosen.dtypes,
                gradient=chosen.gradient,
                second=chosen.second,
                tolerance=chosen.tolerance,
                why=chosen.why,
                **chosen.kwargs,
            ),
        )


def _is_elementwise(case: Case) -> bool:
    """Whether the reference of operands that differ in shape has their broadcast shape."""
    shapes = [item.shape for item in case.inputs]
    run_dtype = next((name for name in ("float64", "complex128", "int64", "bool") if name in case.dtypes), None)
    if run_dtype is None or case.reference is None:
        return False
    try:
        arrays = arrays_of(case.inputs, run_dtype, random_source(case.op))
        with np.errstate(all="ignore"):
            result = case.reference(*arrays, **case.kwargs)
        return not isinstance(result, (tuple, list)) and np.shape(result) == np.broadcast_shapes(*shapes)
    except (ValueError, TypeError):
        return False


_collected: dict[int, Collection] = {}


def collect(libraries: Iterable[str] | None = None) -> Collection:
    """The cases that loaded operator libraries bring (all of them, or those named)."""
    from torchere.plugins import manager

    for record in manager.records():
        if record.kind == "operators" and str(record.state) == "available":
            manager.load(record.kind, record.entry)
    wanted = None if libraries is None else set(libraries)
    try:
        brought = manager.cases()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "scipy":
            raise
        raise MissingReference(
            "The conformance kit compares with SciPy, which is not installed. Install it: pip install 'torchere[check]'"
        ) from error
    return Collection(case for name, cases in brought.items() if wanted is None or name in wanted for case in cases)


def collection() -> Collection:
    """`collect()`, made once as long as the operators stay the same."""
    size = len(operators())
    if size not in _collected:
        _collected.clear()
        _collected[size] = collect()
    return _collected[size]


def dtypes_named(case: Case | ErrorCase) -> set[str]:
    """Names of the dtypes that a case itself asks for, in its arrays or arguments."""
    found = set()
    for item in flat((case.inputs, case.kwargs)):
        if isinstance(item, DType):
            found.add(item.name)
        elif isinstance(item, (A, I, Values)) and item.dtype is not None:
            found.add(item.dtype)
    if isinstance(asked := case.kwargs.get("dtype"), str):
        found.add(asked)
    return found


def _dtypes(case: Case, device: str) -> tuple[str, ...]:
    """The dtypes a case runs in on a device: one, if no array of it has the dtype of the run."""
    if case.cpu_only and device != "cpu":
        return ()
    held = backend_of(device).dtypes
    specs = [item for item in flat((case.inputs, case.kwargs)) if isinstance(item, (A, I, Values))]
    if any(name not in held for name in dtypes_named(case)):
        return ()
    dtypes = tuple(name for name in case.dtypes if name in held)
    if specs and all(spec.dtype is not None for spec in specs) and not case.kwargs.get("dtype"):
        return dtypes[-1:]
    return dtypes


def _runner(
    subject: Subject,
    listed: Sequence[tuple[str, Case]],
    check: Callable[[Run], None],
    applies: Callable[[Run], bool],
    device: str,
    dtype: str,
) -> Callable[[], None]:
    def run_all() -> None:
        failures: list[str] = []
        skips: list[str] = []
        unvaried: list[str] = []
        ran = 0
        for label, case in listed:
            run = cached_run(subject, case, label, device, dtype)
            if not applies(run):
                continue
            try:
                check(run)
                ran += 1
            except Skipped as skip:
                skips.append(skip.reason)
            except Unvaried as same:
                unvaried += [f"{run}: {same}"] if str(same) else []
            except AssertionError as error:
                failures.append(f"{run}: {error}")
            except Exception as error:
                beyond = run.beyond()
                if beyond:
                    skips.append(beyond)
                    continue
                failures.append(f"{run}: raised {type(error).__name__}: {error}")
        if unvaried and not ran:
            failures += unvaried
        if failures:
            more = f" (and {len(failures) - 3} more)" if len(failures) > 3 else ""
            raise AssertionError("; ".join(failures[:3]) + more)
        if skips and not ran:
            raise Skipped(skips[0])

    return run_all


_runs: dict[tuple[int, str, str], Run] = {}


def cached_run(subject: Subject, case: Case, label: str, device: str, dtype: str) -> Run:
    """The run of a case; consecutive checks of one case share the result of its plain call."""
    key = (id(case), device, dtype)
    found = _runs.get(key)
    if found is None:
        if len(_runs) > 4096:
            _runs.clear()
        found = _runs[key] = Run(subject, case, label, device, dtype)
    return found


def operator_items(device: str, tier: int, names: Iterable[str] | None = None) -> Iterator[Item]:
    """Items of tiers 1 and 2, up to `tier`, for operators with cases (all, or `names`)."""
    cases = collection()
    known = {declared.public_name for declared in operators().values()} | set(operators())
    widest = gradient_dtypes(device)
    for name in cases.names if names is None else names:
        if name not in known:
            yield Item(1, name, "declared", "", _undeclared(name))
            continue
        subject = subject_of(name)
        listed = cases.cases.get(name, [])
        by_dtype: dict[str, list[tuple[str, Case]]] = {}
        for label, case in listed:
            for dtype in _dtypes(case, device):
                by_dtype.setdefault(dtype, []).append((label, case))
        for dtype, chosen in by_dtype.items():
            if tier >= 1:
                for check, (function, applies) in OPERATOR_CHECKS.items():
                    if _any_applies(subject, chosen, applies, device, dtype):
                        run = _runner(subject, chosen, function, applies, device, dtype)
                        yield Item(1, name, check, dtype, run)
            if tier >= 2:
                for check, (function, applies) in (GRADIENT_CHECKS if dtype in widest else NARROW_CHECKS).items():
                    if _any_applies(subject, chosen, applies, device, dtype):
                        yield Item(2, name, check, dtype, _runner(subject, chosen, function, applies, device, dtype))
        if tier >= 1 and _stays_away(listed, device):
            yield Item(1, name, "refusal", "", _refusal(subject, listed[0][1], device))
        elif tier >= 1 and name in cases.errors:
            yield Item(1, name, "errors", "", _errors(cases.errors[name], device))


def _any_applies(
    subject: Subject, chosen: Sequence[tuple[str, Case]], applies: Callable[[Run], bool], device: str, dtype: str
) -> bool:
    return any(applies(cached_run(subject, case, label, device, dtype)) for label, case in chosen)


def _undeclared(name: str) -> Callable[[], None]:
    def run() -> None:
        raise AssertionError(f"cases name the operator '{name}', which nothing declares")

    return run


def _errors(cases: Sequence[ErrorCase], device: str) -> Callable[[], None]:
    def run_all() -> None:
        failures: list[str] = []
        for case in cases:
            if any(name not in backend_of(device).dtypes for name in dtypes_named(case)):
                continue
            try:
                check_error(case, device)
            except AssertionError as error:
                shown: Any = [*case.inputs, *(f"{key}={value}" for key, value in case.kwargs.items())]
                failures.append(f"{case.op}({', '.join(map(str, shown))}): {error}")
        if failures:
            raise AssertionError("; ".join(failures))

    return run_all


def _stays_away(listed: Sequence[tuple[str, Case]], device: str) -> bool:
    return device != "cpu" and bool(listed) and all(case.cpu_only for _, case in listed)


def _refusal(subject: Subject, case: Case, device: str) -> Callable[[], None]:
    """An operator of the cpu's raises TypeError elsewhere and names the cpu."""
    refused = ErrorCase(case.op, *case.inputs, raises=TypeError, match="(?i)cpu", **case.kwargs)
    return _errors([refused], device)


def forget_runs() -> None:
    """Drop results kept between checks, after kernels changed."""
    _runs.clear()
