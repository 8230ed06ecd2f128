"""Generates the Python functions of an operator from its declaration.

Each operator gets a specialised entry, as ``dataclasses`` does for ``__init__``: it checks that its operands are
plain tensors of one key, reads the kernel from the operator's table, calls it, wraps the result and records the graph.
Everything unusual (numbers of another category, subclasses, mixed dtypes or devices, ``out=``) leaves for
`torchere.operators.general`, which normalises the arguments and calls the generated ``run``.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable
from typing import Any

from torchere import function_modes
from torchere.autograd import node as nodes
from torchere.autograd.modes import INFERENCE, state
from torchere.operators import arguments, general, recording, resolve, spelling
from torchere.operators.declaration import Operator
from torchere.operators.signature import EMPTY, Parameter
from torchere.storage import InferenceStorage, Storage, fresh_storage, mark_view
from torchere.tensors.tensor import PLAIN, Tensor, refresh_view

__all__ = ["build"]


class Source:
    """Lines of generated code with the objects they refer to."""

    def __init__(self, op: Operator) -> None:
        self.op = op
        self.lines: list[str] = []
        self.names: dict[str, Any] = {
            "__name__": f"torchere.generated.{op.name}",
            "PLAIN": PLAIN,
            "Tensor": Tensor,
            "Storage": Storage,
            "InferenceStorage": InferenceStorage,
            "INFERENCE": INFERENCE,
            "fresh_storage": fresh_storage,
            "mark_view": mark_view,
            "new": object.__new__,
            "state": state,
            "table": op.table,
            "resolve": lambda key: resolve.resolve(op, key),
            "op": op,
            "body": op.function,
            "general": general,
            "wrap_dim": arguments.wrap_dim,
            "wrap_dims": arguments.wrap_dims,
            "shape_tuple": arguments.shape_tuple,
            "refresh_view": refresh_view,
            "OutputSlot": nodes.OutputSlot,
            "MODES": function_modes.MODES,
            "PASS": function_modes.PASS,
            "intercepted": function_modes.intercepted,
            "ABSENT": spelling.ABSENT,
            "respelled": spelling.respelled,
            "missing": spelling.missing,
        }

    def add(self, text: str, indent: int = 1) -> None:
        """Append lines at an indentation level."""
        for line in text.strip("\n").split("\n"):
            self.lines.append("    " * indent + line)

    def guard(self) -> None:
        """Put everything below the ``def`` line in a ``try`` that names the operator; free until something raises."""
        if not self.op.namespaces and not self.op.method:
            return
        head, *body = self.lines
        known = ", ".join(f"{p.name!r}: {p.name}" for p in self.op.parameters)
        self.lines = [head, "    try:", *(f"    {line}" for line in body)]
        self.add(f"except Exception as error_:\n    op.explain(error_, {{{known}}})\n    raise")

    def compile(self, name: str) -> Callable[..., Any]:
        """Compile the lines; tracebacks show them."""
        text = "\n".join(self.lines) + "\n"
        filename = f"<torchere {self.op.name}.{name}>"
        exec(compile(text, filename, "exec"), self.names)
        linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
        return self.names[name]  # type: ignore[no-any-return]


def build(op: Operator, what: str) -> Any:
    """Generate ``entry``, ``run``, ``inplace``, ``node`` or ``dunder:<name>``."""
    if what == "node":
        return recording.build_node(op)
    if what == "entry":
        return _entry(op)
    if what == "run":
        return _run(op)
    if what == "inplace":
        return _inplace(op)
    if what == "method":
        return _method(op)
    if what.startswith("dunder:"):
        return _dunder(op, what.removeprefix("dunder:"))
    raise ValueError(f"nothing called {what!r} is generated")


# --- signature -----------------------------------------------------------------------------------------------------


def _varargs(op: Operator) -> Parameter | None:
    """The Shape parameter that accepts ints one by one: the last positional one. Internal operators get tuples."""
    if not op.namespaces and not op.method:
        return None
    positional = [p for p in op.parameters if not p.keyword_only]
    last = positional[-1] if positional else None
    return last if last is not None and last.kind == "shape" else None


def _signature(
    source: Source, *, extra: tuple[str, ...] = (), leading: tuple[str, ...] = (), spelled: bool = False
) -> str:
    """The parameter list; with `spelled` other names of parameters are gathered, so required ones may seem absent."""
    op = source.op
    varargs = _varargs(op)
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


def _accepts_spellings(op: Operator) -> bool:
    """Whether parameters have other names, too: those of public functions of tensors."""
    public = bool(op.namespaces or op.method)
    return public and (bool(op.factory) or any(p.is_tensor or p.name == "dim" for p in op.parameters))


def _respell(source: Source, function: str, extra: tuple[str, ...] = ()) -> None:
    """Start the call again if keywords have other names; reject calls that lack an argument."""
    op = source.op
    source.names["TENSORS"] = tuple(p.name for p in op.parameters if p.is_tensor)
    varargs = _varargs(op)
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


def _intercept(source: Source, function: str) -> None:
    """Let a `TorchFunctionMode` carry the call out. Internal operators are part of what it calls."""
    op = source.op
    if not op.namespaces and not op.method:
        return
    varargs = _varargs(op)
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


def _visible_signature(op: Operator, extra: tuple[str, ...]) -> inspect.Signature:
    """What `inspect.signature` says of a function that gathers other spellings."""
    varargs = _varargs(op)
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


def _call_arguments(op: Operator) -> str:
    """Arguments that repeat a call: positional ones by position, keyword-only ones by name."""
    parts = [f"{p.name}={p.name}" if p.keyword_only else p.name for p in op.parameters]
    if op.factory:
        parts += ["dtype=dtype", "device=device"]
    return ", ".join(parts)


def _general_arguments(op: Operator) -> str:
    positional = "".join(f"{p.name}, " for p in op.parameters if not p.keyword_only)
    keywords = ", ".join(f"{p.name!r}: {p.name}" for p in op.parameters if p.keyword_only)
    return f"({positional}), {{{keywords}}}"


def _prologue(source: Source, *, leave: str) -> None:
    """Varargs, and keywords that kernels do not receive."""
    op = source.op
    varargs = _varargs(op)
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


# --- operands ------------------------------------------------------------------------------------------------------


def _tensors(op: Operator) -> list[Parameter]:
    return [p for p in op.parameters if p.is_tensor]


def _keyed(op: Operator) -> Parameter | None:
    """The parameter whose key decides."""
    return next((p for p in _tensors(op) if p.name not in op.unpromoted and p.kind != "optional_tensor"), None)


def _operands(source: Source, leave: str) -> None:
    """Fast path, every operand plain and of one key; sets ``key``, ``x_<name>`` (array), ``g_<name>`` (needs grad)."""
    op = source.op
    first = _keyed(op)
    if first is None:
        return
    n = first.name
    if first.kind == "tensors":
        source.add(
            f"if ({n}.__class__ is not tuple and {n}.__class__ is not list) or not {n} or "
            f"{n}[0].__class__ not in PLAIN:\n    return {leave}\nkey_ = {n}[0]._key"
        )
    else:
        source.add(
            f"if {n}.__class__ not in PLAIN:\n    return {leave}\n"
            f"key_ = {n}._key\nx_{n} = {n}._array\ng_{n} = {n}._requires_grad"
        )
        if op.random:  # what vmap does with random numbers holds for operands that are not mapped, too
            source.add(f"if state.depth != key_.level:\n    return {leave}")
    for p in _tensors(op):
        n = p.name
        promoted = op.promote is not None and n not in op.unpromoted
        if p.kind == "tensors":
            lower = f"    if general.check_key(op, key_, t_, {n!r}):\n            return {leave}"
            other = f"    return {leave}" if promoted else lower
            source.add(
                f"if {n}.__class__ is not tuple and {n}.__class__ is not list:\n    return {leave}\n"
                f"x_{n} = []\ng_{n} = False\nfor t_ in {n}:\n"
                f"    if t_ is None:\n        x_{n}.append(None)\n        continue\n"
                f"    if t_.__class__ not in PLAIN:\n        return {leave}\n"
                f"    if t_._key is not key_:\n    {other}\n"
                f"    x_{n}.append(t_._array)\n    if t_._requires_grad:\n        g_{n} = True"
            )
        elif p is first:
            continue
        elif p.kind == "optional_tensor":
            source.add(
                f"if {n} is None"
                + (f" or {n}.__class__ in key_.numbers" if promoted else "")
                + f":\n    x_{n} = {n}\n    g_{n} = False\nelif {n}.__class__ in PLAIN:\n"
                + (
                    f"    if {n}._key is not key_:\n        return {leave}\n"
                    if promoted
                    else f"    if {n}._key is not key_ and general.check_key(op, key_, {n}, {n!r}):\n"
                    f"        return {leave}\n"
                )
                + f"    x_{n} = {n}._array\n    g_{n} = {n}._requires_grad\n"
                f"else:\n    return {leave}"
            )
        elif promoted:
            source.add(
                f"if {n}.__class__ in PLAIN:\n    if {n}._key is not key_:\n        return {leave}\n"
                f"    x_{n} = {n}._array\n    g_{n} = {n}._requires_grad\n"
                f"elif {n}.__class__ in key_.numbers:\n    x_{n} = {n}\n    g_{n} = False\n"
                f"else:\n    return {leave}"
            )
        else:
            source.add(
                f"if {n}.__class__ not in PLAIN:\n    return {leave}\n"
                f"if {n}._key is not key_ and general.check_key(op, key_, {n}, {n!r}):\n    return {leave}\n"
                f"x_{n} = {n}._array\ng_{n} = {n}._requires_grad"
            )


def _operands_known(source: Source) -> None:
    """Inside ``run``: operands are tensors of the given key, or numbers."""
    for p in _tensors(source.op):
        n = p.name
        if p.kind == "tensors":
            source.add(
                f"x_{n} = [None if t_ is None else t_._array for t_ in {n}]\n"
                f"g_{n} = any(t_ is not None and t_._requires_grad for t_ in {n})"
            )
        else:
            source.add(
                f"if isinstance({n}, Tensor):\n    x_{n} = {n}._array\n    g_{n} = {n}._requires_grad\n"
                f"else:\n    x_{n} = {n}\n    g_{n} = False"
            )


def _normalise(source: Source) -> None:
    """Dimensions counted from the front."""
    op = source.op
    dims = [p for p in op.parameters if p.kind in ("dim", "new_dim", "dims")]
    if not dims:
        return
    first = next(p for p in _tensors(op) if p.name not in op.unpromoted)
    array = f"x_{first.name}[0]" if first.kind == "tensors" else f"x_{first.name}"
    source.add(f"ndim_ = len({array}.shape)")
    for p in dims:
        n = p.name
        if p.kind == "dims":
            source.add(
                f"if {n}.__class__ is int and 0 <= {n} < ndim_:\n    {n} = ({n},)\n"
                f"elif {n} is not None:\n    {n} = wrap_dims({n}, ndim_, {op.name!r})"
            )
        else:
            size = "ndim_" if p.kind == "dim" else "ndim_ + 1"
            none = f"{n} is not None and " if p.default is None else ""
            source.add(
                f"if {none}not ({n}.__class__ is int and 0 <= {n} < ({size})):\n"
                f"    {n} = wrap_dim({n}, {size}, {op.name!r})"
            )


# --- call ----------------------------------------------------------------------------------------------------------


def _kernel_arguments(op: Operator) -> list[str]:
    parts = []
    for p in op.parameters:
        if p.name in op.neutral:
            continue
        if p.is_tensor:
            parts.append(f"x_{p.name}")
        elif p.kind == "dtype":
            parts.append(f"(None if {p.name} is None else key_.with_dtype({p.name}).native)")
        elif p.kind == "generator":
            parts.append("generator_native_")
        else:
            parts.append(p.name)
    if op.factory:
        parts.append("key_.native")
    return parts


def _needs(op: Operator) -> str:
    return " or ".join(f"g_{p.name}" for p in _tensors(op))


def _call(source: Source) -> None:
    """Look the kernel up and call it: sets ``r`` and ``okey``."""
    op = source.op
    call = _call_arguments(op)
    needs = _needs(op)
    if op.check_late is not None and op.has_decomposition:
        source.names["check_late"] = op.check_late
    if op.check is not None:
        source.names["check"] = op.check
        source.add(
            f"check({_positional(op)}{', '.join(f'{p.name}={p.name}' for p in op.parameters if p.keyword_only)})"
        )
    source.add("try:\n    kernel_, okey_ = table[key_]\nexcept KeyError:\n    kernel_, okey_ = resolve(key_)")
    floating = ""
    if op.promote == "float" and op.has_decomposition:
        # The body must not compute with integers what kernels receive as floating numbers.
        floating = (
            f"    if key_.dtype.category < 2:\n        return general.call_floating(op, {_general_arguments(op)})\n"
        )
    # A body returns a plain tuple; the caller gets the named one.
    named = f"op.return_class(*body({call}))" if op.outputs is not None else f"body({call})"
    if op.has_decomposition and not op.has_gradient and needs and not op.mutates:
        source.add(f"if ({needs}) and state.enabled:\n    return {named}")
    generator = next((p for p in op.parameters if p.kind == "generator"), None)
    if generator is not None:
        source.names["native_generator"] = general.native_generator
    if op.has_decomposition:
        if op.mutates:
            run = f"with general.no_grad():\n        body({call})\n    return None"
        elif op.factory:
            run = f"return general.finish_factory(body({call}), requires_grad)"
        elif not op.has_gradient:
            run = f"return {named}"
        else:
            run = f"r_ = general.decompose(op, body, ({_positional(op)}), {{{_keywords(op)}}})\n    okey_ = None"
        if op.check_late is not None:
            run = f"check_late({call})\n    {run}"
        source.add(f"if kernel_ is None:\n{floating}    {run}")
        if op.has_gradient and not op.mutates and not op.factory:
            source.add("else:")
            _invoke(source, generator, 2)
            return
    _invoke(source, generator, 1)


def _positional(op: Operator) -> str:
    return "".join(f"{p.name}, " for p in op.parameters if not p.keyword_only)


def _keywords(op: Operator) -> str:
    return ", ".join(f"{p.name!r}: {p.name}" for p in op.parameters if p.keyword_only)


def _invoke(source: Source, generator: Parameter | None, indent: int) -> None:
    op = source.op
    if generator is not None:
        source.add(f"generator_native_ = native_generator({generator.name}, key_)", indent)
    source.add(
        f"try:\n    r_ = kernel_({', '.join(_kernel_arguments(op))})\n"
        f"except Exception as error_:\n    return general.recover(op, key_, error_, {_general_arguments(op)})",
        indent,
    )


def _result(source: Source) -> None:
    """Wrap ``r`` in tensors: sets ``result`` (and ``results`` for several)."""
    op = source.op
    if op.mutates:
        source.add("general.bump(" + ", ".join(op.mutates) + ")\nreturn None")
        return
    if op.is_multiple:
        source.add("results_ = general.wrap_results(r_, key_)")
        return
    source.add("if okey_ is None:\n    okey_ = key_.by_native.get(r_.dtype) or key_.of_array(r_)")
    source.add("if r_.__class__ is not okey_.array_type:\n    r_ = okey_.adopt(r_)")
    source.add("result_ = new(Tensor)\nresult_._array = r_\nresult_._key = okey_")
    if not op.view:
        source.add("result_._storage = fresh_storage() if INFERENCE else None\nresult_._view = None")


def _view(source: Source) -> None:
    op = source.op
    first = _keyed(op)
    assert first is not None
    n = first.name
    others = "".join(f"{p.name}, " for p in op.parameters if p is not first)
    source.add(
        f"storage_ = {n}._storage\nif storage_ is None:\n    storage_ = {n}._storage = Storage()\n"
        f"result_._storage = storage_\nresult_._view = ({n}, op, ({others}), storage_.rebased)"
    )


def _finish(source: Source) -> None:
    """Record the graph and return."""
    op = source.op
    if op.mutates:
        return
    if op.view:
        _view(source)
    if op.has_gradient:
        recording.add_recording(source, _tensors(op), _needs(op))
    elif not op.is_multiple:
        source.add("result_._requires_grad = False\nresult_._node = None")
    if op.view:
        first = _keyed(op)
        assert first is not None
        source.add(f"if not ({first.name}._requires_grad or state.enabled) or INFERENCE:\n    mark_view(result_)")
    if op.factory:
        source.add("if requires_grad:\n    result_.requires_grad_()")
    if op.is_multiple:
        if op.outputs is not None:
            source.add("return op.return_class(*results_)")
        else:
            source.add("return results_")
    else:
        source.add("return result_")


# --- the functions ---------------------------------------------------------------------------------------------------


def _document(function: Callable[..., Any], op: Operator, name: str) -> Callable[..., Any]:
    function.__doc__ = op.__doc__
    function.__module__ = "torchere"
    function.__name__ = name
    function.__qualname__ = name
    return function


def _entry(op: Operator) -> Callable[..., Any]:
    source = Source(op)
    extra = ("out",) if op.out else ()
    spelled = _accepts_spellings(op)
    source.add(f"def entry({_signature(source, extra=tuple(f'{name}=None' for name in extra), spelled=spelled)}):", 0)
    if spelled:
        factory = ("dtype", "layout", "device", "pin_memory", "requires_grad") if op.factory else ()
        _respell(source, "entry", (*extra, *factory))
    _intercept(source, "entry")
    call = _call_arguments(op)
    _prologue(source, leave="")
    if op.out:
        keywords = [f"{p.name!r}: {p.name}" for p in op.parameters if p.keyword_only]
        if op.factory:
            keywords += ["'dtype': dtype", "'device': device"]
        source.add(
            f"if out is not None:\n    return general.into_out(op, out, ({_positional(op)}), {{{', '.join(keywords)}}})"
        )
    if op.neutral:
        _neutral(source, f"body({call})")
    if op.factory and _keyed(op) is None:
        if callable(op.factory):
            source.names["infer_dtype"] = op.factory
            source.add(f"if dtype is None:\n    dtype = infer_dtype({_positional(op)})")
        source.add(f"key_ = general.factory_key(op, dtype, device, layout, {op.name!r})")
    else:
        _operands(source, f"general.call(op, {_general_arguments(op)})")
    _normalise(source)
    _call(source)
    _result(source)
    _finish(source)
    source.guard()
    entry = source.compile("entry")
    if spelled:
        entry.__signature__ = _visible_signature(op, extra)  # type: ignore[attr-defined]
    return _document(entry, op, op.name)


def _neutral(source: Source, leave: str) -> None:
    tests = []
    for name, value in source.op.neutral.items():
        source.names[f"N_{name}"] = value
        tests.append(f"{name} is not None" if value is None else f"({name} is not N_{name} and {name} != N_{name})")
    source.add(f"if {' or '.join(tests)}:\n    return {leave}")


def _run(op: Operator) -> Callable[..., Any]:
    """The entry for arguments already normalised, with the key given: operands may be numbers at any place."""
    source = Source(op)
    source.add(f"def run({_signature(source, leading=('key_',))}):", 0)
    _prologue(source, leave="")
    _operands_known(source)
    _normalise(source)
    _call(source)
    _result(source)
    _finish(source)
    source.guard()
    return source.compile("run")


def _inplace(op: Operator) -> Callable[..., Any]:
    """``name_``: into the memory of the first operand when nothing needs recording and the kernel can."""
    source = Source(op)
    first = _keyed(op)
    assert first is not None, f"operator {op.name} has no tensor to write into"
    n = first.name
    leave = f"general.inplace(op, {_general_arguments(op)})"
    source.names["itable"] = op.inplace_table
    source.names["resolve_inplace"] = lambda key: resolve.resolve_inplace(op, key)
    spelled = _accepts_spellings(op)
    source.add(f"def inplace({_signature(source, spelled=spelled)}):", 0)
    if spelled:
        _respell(source, "inplace")
    _intercept(source, "inplace")
    _prologue(source, leave="")
    if op.neutral:
        _neutral(source, leave)
    if not op.is_multiple and not op.factory:
        _operands(source, leave)
        source.add(
            f"if {n}._view is not None or (({_needs(op)}) and state.enabled) or (\n"
            f"    {n}._storage.__class__ is InferenceStorage and not state.inference):\n    return {leave}"
        )
        _normalise(source)
        if op.check is not None:
            source.names["check"] = op.check
            source.add(f"check({_call_arguments(op)})")
        source.add("try:\n    kernel_ = itable[key_]\nexcept KeyError:\n    kernel_ = resolve_inplace(key_)")
        source.add(f"if kernel_ is None:\n    return {leave}")
        generator = next((p for p in op.parameters if p.kind == "generator"), None)
        if generator is not None:
            source.names["native_generator"] = general.native_generator
            source.add(f"generator_native_ = native_generator({generator.name}, key_)")
        source.add(
            f"try:\n    kernel_({', '.join([*_kernel_arguments(op), f'x_{n}'])})\n"
            f"except Exception as error_:\n"
            f"    return general.recover_inplace(op, key_, error_, {_general_arguments(op)})\n"
            f"storage_ = {n}._storage\nif storage_ is None:\n    storage_ = {n}._storage = Storage()\n"
            f"storage_.version += 1\nreturn {n}"
        )
    else:
        source.add(f"return {leave}")
    source.guard()
    inplace = source.compile("inplace")
    if spelled:
        inplace.__signature__ = _visible_signature(op, ())  # type: ignore[attr-defined]
    return _document(inplace, op, op.name + "_")


def _method(op: Operator) -> Callable[..., Any]:
    """The method of an operator whose ``self`` is not its first parameter."""
    place = next(i for i, p in enumerate(op.parameters) if p.name == op.self_parameter)
    entry = op.entry

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return entry(*args[:place], self, *args[place:], **kwargs)

    return _document(method, op, op.name)


def _dunder(op: Operator, name: str) -> Callable[..., Any]:
    """A special method: NotImplemented for operands it does not know, swapped operands for ``__r…__``."""
    operands = [p for p in op.parameters if not p.keyword_only and p.default is EMPTY]
    run = general.dunder(op)
    if len(operands) == 1:
        entry = op.entry

        def unary(self: Any) -> Any:
            return entry(self)

        return _document(unary, op, name)
    if name.startswith("__r") and name not in ("__rshift__", "__round__"):
        with_number = op.generated("run")
        if op.promote is None:

            def reflected_tensors(self: Any, other: Any) -> Any:
                return run(other, self)

            return _document(reflected_tensors, op, name)

        def reflected(self: Any, other: Any) -> Any:
            # ``1 - x``: a number of the tensor's own category needs no promotion.
            kind = self.__class__
            if kind in PLAIN and other.__class__ in self._key.numbers:
                return with_number(self._key, other, self)
            return run(other, self)

        return _document(reflected, op, name)
    source = Source(op)
    source.names["dunder"] = run
    if name.startswith("__i") and name not in ("__invert__",):
        inplace = op.generated("inplace")

        def update(self: Any, other: Any) -> Any:
            return inplace(self, other) if general.is_operand(other) else NotImplemented

        return _document(update, op, name)
    first, second = operands[0].name, operands[1].name
    source.add(f"def special({first}, {second}):", 0)
    for p in op.parameters:
        if p.name not in (first, second):
            source.names[f"D_{p.name}"] = p.default
            source.add(f"{p.name} = D_{p.name}")
    source.add("if MODES:\n    return dunder(" + f"{first}, {second})")
    _operands(source, f"dunder({first}, {second})")
    _normalise(source)
    _call(source)
    _result(source)
    _finish(source)
    source.guard()
    return _document(source.compile("special"), op, name)
