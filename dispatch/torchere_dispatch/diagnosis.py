"""From the exception that stopped a plugin to a state, a reason and a remedy."""

from __future__ import annotations

import re
from typing import NamedTuple

from .state import PluginRecord, PluginState

__all__ = ["Diagnosis", "diagnose", "incompatibility", "missing_module", "one_line", "trace_text"]


class Diagnosis(NamedTuple):
    """What a record is to say."""

    state: PluginState
    reason: str
    remedy: str


def diagnose(error: BaseException, record: PluginRecord, prefix: str) -> Diagnosis:
    """Judge ``error``, raised while ``record`` was imported or registered."""
    off = f"switch it off with {prefix.upper()}_PLUGINS=-{record.handle}"
    report = f"report it to the authors of {record.origin}, or {off}"
    own = record.value.partition(":")[0].partition(".")[0].strip()
    if isinstance(error, ImportError):
        module = error.name or ""
        top = module.partition(".")[0]
        if top == own:
            if isinstance(error, ModuleNotFoundError):
                remedy = f"reinstall it, pip install --force-reinstall {record.distribution}, or {off}"
                return Diagnosis(PluginState.FAILED, f"its module '{module}' does not exist", remedy)
            return Diagnosis(PluginState.FAILED, one_line(error), report)
        if top == prefix or top.startswith(f"{prefix}_"):
            remedy = f"install versions of {prefix} and {record.distribution} that go together, or {off}"
            return Diagnosis(PluginState.FAILED, one_line(error), remedy)
        return Diagnosis(PluginState.MISSING_DEPENDENCY, *missing_module(error, record))
    if isinstance(error, SystemExit):
        return Diagnosis(PluginState.FAILED, f"it called sys.exit({error.code!r}) while loading", report)
    if isinstance(error, SyntaxError):
        place = f" ({error.filename}:{error.lineno})" if error.filename else ""
        return Diagnosis(PluginState.FAILED, f"SyntaxError: {error.msg}{place}", report)
    return Diagnosis(PluginState.FAILED, one_line(error), report)


def missing_module(error: ImportError, record: PluginRecord) -> tuple[str, str]:
    """Reason and remedy for an import that failed: the requirement of the plugin that would bring the module."""
    module = error.name or ""
    top = module.partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and module:
        reason = f"it needs the module '{module}', which is not installed"
    else:
        reason = one_line(error)
    if not top:
        return reason, f"pip install --upgrade {record.distribution}, or see its documentation for what it needs"
    from .requirement import normalized, parse_requirement

    extras: dict[str, int] = {}  # how many packages each brings
    bringing = []
    for text in record.requires:
        try:
            requirement = parse_requirement(text)
        except ValueError:
            continue
        extra = re.search(r"""extra\s*==\s*['"]([^'"]+)['"]""", requirement.marker)
        if extra:
            extras[extra.group(1)] = extras.get(extra.group(1), 0) + 1
        project = normalized(requirement.name)
        # cupy comes with cupy-cuda13x: the module's name followed by a variant
        if project != normalized(top) and not project.startswith(normalized(top) + "-"):
            continue
        if not extra:
            bounds = ",".join("".join(bound) for bound in requirement.bounds)
            return reason, f"pip install '{requirement.name}{bounds}'"
        bringing.append(extra.group(1))
    if bringing:  # the one named as the plugin, or else the one that brings least besides
        extra_name = min(bringing, key=lambda name: (name != record.name, extras[name]))
        return reason, f"pip install '{record.distribution}[{extra_name}]'"
    return reason, f"pip install {top} (the package that brings the module may be named differently)"


def incompatibility(record: PluginRecord, *, api_version: int, prefix: str, version: str | None) -> Diagnosis | None:
    """Why ``record`` must not be loaded by this ``prefix``: its API version, or its own ``Requires-Dist``."""
    if record.api != api_version:
        newer = record.api > api_version
        remedy = f"pip install --upgrade {prefix if newer else record.distribution}"
        reason = f"it is written for plugin API v{record.api}; this {prefix} has v{api_version}"
        return Diagnosis(PluginState.INCOMPATIBLE, reason, remedy)
    if not version:
        return None
    for text in record.requires:
        if not text.lower().startswith(prefix):
            continue
        from .requirement import normalized, parse_requirement  # late: reading requirements is seldom needed

        try:
            requirement = parse_requirement(text)
            if normalized(requirement.name) != prefix or not requirement.applies() or requirement.allows(version):
                continue
        except ValueError as error:
            record.warnings.append(f"its requirement {text!r} cannot be read: {error}")
            continue
        bounds = ",".join("".join(bound) for bound in requirement.bounds)
        remedy = f"pip install '{prefix}{bounds}', or another version of {record.distribution}"
        return Diagnosis(PluginState.INCOMPATIBLE, f"it requires {prefix}{bounds}; this is {prefix} {version}", remedy)
    return None


def one_line(error: BaseException | str) -> str:
    """``Type: message`` on one line."""
    if isinstance(error, str):
        return " ".join(error.split())
    try:
        message = " ".join(str(error).split())
    except Exception:  # an exception whose __str__ raises must not hide the plugin it came from
        message = "(its message cannot be shown)"
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def trace_text(error: BaseException) -> str:
    """The traceback as text."""
    import traceback

    try:
        return "".join(traceback.format_exception(error))
    except Exception:  # an exception whose __str__ raises
        return f"{type(error).__name__} (its traceback cannot be shown)\n"
