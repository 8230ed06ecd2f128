"""How generated functions begin: their parameters, other spellings, varargs, and the arguments that repeat a call."""

from __future__ import annotations

import inspect
from typing import Any

from torchere.operators.declaration import Operator
from torchere.operators.signature import EMPTY, Parameter
from torchere.operators.source import Source

__all__ = [
    "accepts_spellings",
    "call_arguments",
    "general_arguments",
    "intercept",
    "keywords_of",
    "positional_of",
    "prologue",
    "respell",
    "signature",
    "varargs_of",
    "visible_signature",
]


def varargs_of(op: Operator) -> Parameter | None:
    """The Shape parameter that accepts ints one by one: the last positional one. Internal operators get tuples."""
    if not op.namespaces and not op.method:
        return None
    positional = [p for p in op.parameters if not p.keyword_only]
    last = positional[-1] if positional else None
    return last if last is not None and last.kind == "shape" else None


def signature(
    source: Source, *, extra: tuple[str, ...] = (), leading: tuple[str, ...] = (), spelled: bool = False
) -> str:
    """The parameter list; with `spelled` other names of parameters are gathered, so required ones may seem absent."""
    op = source.op
    varargs = varargs_of(op)
    parts: list[str] = list(leading)
    star = False

    def default(p: Parameter) -> str:
        if p.default is EMPTY:
            return "=ABSENT" if spelled and not p.keyword_only else ""
        if p.default is None or isinstance(p.default, (bool, int, str)):
            return f"={p.default!r}"
        source.names[f"D_{p.name}"] = p.default
        return f"=D_{p.name}"

    for p in op.parameters:
        if p is varargs:
            parts.append(f"*{p.name}_")
            parts.append(f"{p.name}=None")
            star = True
            continue
        if p.keyword_only and not star:
            parts.append("*")
            star = True
        parts.append(p.name + default(p))
    tail = list(extra)
    if op.factory:
        tail += ["dtype=None", "layout=None", "device=None", "pin_memory=False", "requires_grad=False"]
    if tail and not star:
        parts.append("*")
    if spelled:
        tail.append("**spelled_")
    return ", ".join(parts + tail)


def accepts_spellings(op: Operator) -> bool:
    """Whether parameters have other names, too: those of public functions of tensors."""
    public = bool(op.namespaces or op.method)
    return public and (bool(op.factory) or any(p.is_tensor or p.name == "dim" for p in op.parameters))


def respell(source: Source, function: str, extra: tuple[str, ...] = ()) -> None:
    """Start the call again if keywords have other names; reject calls that lack an argument."""
    op = source.op
    source.names["TENSORS"] = tuple(p.name for p in op.parameters if p.is_tensor)
    varargs = varargs_of(op)
    names = [p.name for p in op.parameters if p is not varargs]
    if varargs is not None:
        source.add(f"if {varargs.name} is None:\n    {varargs.name} = {varargs.name}_")
        names.append(varargs.name)
    given = ", ".join(f"{name!r}: {name}" for name in (*names, *extra))
    if op.factory and function == "entry":
        source.add(f"if 'names' in spelled_:\n    return general.with_names(entry, spelled_, {{{given}}})")
    source.add(f"if spelled_:\n    return {function}(**respelled({op.name!r}, spelled_, {{{given}}}, TENSORS))")
    for p in op.parameters:
        # Tensors left out are noticed where their class is looked at.
        if (
            p.default is EMPTY
            and not p.keyword_only
            and p is not varargs
            and (not p.is_tensor or p.name in op.unpromoted)
        ):
            required = ", ".join(
                f"{q.name!r}: {q.name}" for q in op.parameters if q.default is EMPTY and q is not varargs
            )
            source.add(f"if {p.name} is ABSENT:\n    raise missing({op.name!r}, {{{required}}})")


def intercept(source: Source, function: str) -> None:
    """Let a `TorchFunctionMode` carry the call out. Internal operators are part of what it calls."""
    op = source.op
    if not op.namespaces and not op.method:
        return
    varargs = varargs_of(op)
    tail = ["out"] if op.out and function == "entry" else []
    if op.factory and function == "entry":
        tail += ["dtype", "layout", "device", "pin_memory", "requires_grad"]
    keywords = [p.name for p in op.parameters if p.keyword_only] + tail
    positional = "".join(f"{p.name}, " for p in op.parameters if not p.keyword_only and p is not varargs)
    if varargs is not None:
        positional += f"*({varargs.name}_ or ({varargs.name},)), "
    given = ", ".join(f"{name!r}: {name}" for name in keywords)
    source.add(
        f"if MODES:\n    result_ = intercepted({function}, ({positional}), {{{given}}}, op)\n"
        "    if result_ is not PASS:\n        return result_"
    )


def visible_signature(op: Operator, extra: tuple[str, ...]) -> inspect.Signature:
    """What `inspect.signature` says of a function that gathers other spellings."""
    varargs = varargs_of(op)
    made = []
    star = False
    for p in op.parameters:
        if p is varargs:
            made.append(inspect.Parameter(f"{p.name}_", inspect.Parameter.VAR_POSITIONAL))
            made.append(inspect.Parameter(p.name, inspect.Parameter.KEYWORD_ONLY, default=None))
            star = True
            continue
        kind = inspect.Parameter.KEYWORD_ONLY if p.keyword_only or star else inspect.Parameter.POSITIONAL_OR_KEYWORD
        made.append(
            inspect.Parameter(p.name, kind, default=inspect.Parameter.empty if p.default is EMPTY else p.default)
        )
    tail: dict[str, Any] = dict.fromkeys(extra)
    if op.factory:
        tail |= {"dtype": None, "layout": None, "device": None, "pin_memory": False, "requires_grad": False}
    made += [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=value) for name, value in tail.items()]
    return inspect.Signature(made)


def call_arguments(op: Operator) -> str:
    """Arguments that repeat a call: positional ones by position, keyword-only ones by name."""
    parts = [f"{p.name}={p.name}" if p.keyword_only else p.name for p in op.parameters]
    if op.factory:
        parts += ["dtype=dtype", "device=device"]
    return ", ".join(parts)


def general_arguments(op: Operator) -> str:
    """Positional arguments and keyword ones, as `torchere.operators.general` takes them."""
    positional = "".join(f"{p.name}, " for p in op.parameters if not p.keyword_only)
    keywords = ", ".join(f"{p.name!r}: {p.name}" for p in op.parameters if p.keyword_only)
    return f"({positional}), {{{keywords}}}"


def prologue(source: Source, *, leave: str) -> None:
    """Varargs, and keywords that kernels do not receive."""
    op = source.op
    varargs = varargs_of(op)
    if varargs is not None:
        n = varargs.name
        source.add(f"if {n} is None:\n    {n} = {n}_")
        source.add(f"{n} = shape_tuple({n}, {op.name!r})")
    internal = not op.namespaces and not op.method
    for p in op.parameters:
        if p.kind == "shape" and p is not varargs and not internal:
            none = f"None if {p.name} is None else " if p.default is None else ""
            source.add(f"{p.name} = {none}shape_tuple({p.name}, {op.name!r})")
    if op.neutral and leave:
        tests = []
        for name, value in op.neutral.items():
            source.names[f"N_{name}"] = value
            tests.append(f"{name} is not None" if value is None else f"({name} is not N_{name} and {name} != N_{name})")
        source.add(f"if {' or '.join(tests)}:\n    return {leave}")


def positional_of(op: Operator) -> str:
    """The positional parameters, each followed by a comma."""
    return "".join(f"{p.name}, " for p in op.parameters if not p.keyword_only)


def keywords_of(op: Operator) -> str:
    """The keyword-only parameters as entries of a dict."""
    return ", ".join(f"{p.name!r}: {p.name}" for p in op.parameters if p.keyword_only)
