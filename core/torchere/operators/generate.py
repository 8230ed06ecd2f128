"""Generates the Python functions of an operator from its declaration.

Each operator gets a specialised entry, as ``dataclasses`` does for ``__init__``: it checks that its operands are
plain tensors of one key, reads the kernel from the operator's table, calls it, wraps the result and records the graph.
Everything unusual (numbers of another category, subclasses, mixed dtypes or devices, ``out=``) leaves for
`torchere.operators.general`, which normalises the arguments and calls the generated ``run``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchere.operators import general, heading, recording, resolve
from torchere.operators.declaration import Operator
from torchere.operators.signature import EMPTY, Parameter
from torchere.operators.source import Source
from torchere.tensors.tensor import PLAIN

__all__ = ["build"]


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
    call = heading.call_arguments(op)
    needs = _needs(op)
    if op.check_late is not None and op.has_decomposition:
        source.names["check_late"] = op.check_late
    if op.check is not None:
        source.names["check"] = op.check
        named = ", ".join(f"{p.name}={p.name}" for p in op.parameters if p.keyword_only)
        source.add(f"check({heading.positional_of(op)}{named})")
    source.add("try:\n    kernel_, okey_ = table[key_]\nexcept KeyError:\n    kernel_, okey_ = resolve(key_)")
    floating = ""
    if op.promote == "float" and op.has_decomposition:
        # The body must not compute with integers what kernels receive as floating numbers.
        given = heading.general_arguments(op)
        floating = f"    if key_.dtype.category < 2:\n        return general.call_floating(op, {given})\n"
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
            positional, keywords = heading.positional_of(op), heading.keywords_of(op)
            run = f"r_ = general.decompose(op, body, ({positional}), {{{keywords}}})\n    okey_ = None"
        if op.check_late is not None:
            run = f"check_late({call})\n    {run}"
        source.add(f"if kernel_ is None:\n{floating}    {run}")
        if op.has_gradient and not op.mutates and not op.factory:
            source.add("else:")
            _invoke(source, generator, 2)
            return
    _invoke(source, generator, 1)


def _invoke(source: Source, generator: Parameter | None, indent: int) -> None:
    op = source.op
    if generator is not None:
        source.add(f"generator_native_ = native_generator({generator.name}, key_)", indent)
    source.add(
        f"try:\n    r_ = kernel_({', '.join(_kernel_arguments(op))})\n"
        f"except Exception as error_:\n    return general.recover(op, key_, error_, {heading.general_arguments(op)})",
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
    spelled = heading.accepts_spellings(op)
    parameters = heading.signature(source, extra=tuple(f"{name}=None" for name in extra), spelled=spelled)
    source.add(f"def entry({parameters}):", 0)
    if spelled:
        factory = ("dtype", "layout", "device", "pin_memory", "requires_grad") if op.factory else ()
        heading.respell(source, "entry", (*extra, *factory))
    heading.intercept(source, "entry")
    call = heading.call_arguments(op)
    heading.prologue(source, leave="")
    if op.out:
        keywords = [f"{p.name!r}: {p.name}" for p in op.parameters if p.keyword_only]
        if op.factory:
            keywords += ["'dtype': dtype", "'device': device"]
        source.add(
            "if out is not None:\n"
            f"    return general.into_out(op, out, ({heading.positional_of(op)}), {{{', '.join(keywords)}}})"
        )
    if op.neutral:
        _neutral(source, f"body({call})")
    if op.factory and _keyed(op) is None:
        if callable(op.factory):
            source.names["infer_dtype"] = op.factory
            source.add(f"if dtype is None:\n    dtype = infer_dtype({heading.positional_of(op)})")
        source.add(f"key_ = general.factory_key(op, dtype, device, layout, {op.name!r})")
    else:
        _operands(source, f"general.call(op, {heading.general_arguments(op)})")
    _normalise(source)
    _call(source)
    _result(source)
    _finish(source)
    source.guard()
    entry = source.compile("entry")
    if spelled:
        entry.__signature__ = heading.visible_signature(op, extra)  # type: ignore[attr-defined]
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
    source.add(f"def run({heading.signature(source, leading=('key_',))}):", 0)
    heading.prologue(source, leave="")
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
    leave = f"writing.inplace(op, {heading.general_arguments(op)})"
    source.names["itable"] = op.inplace_table
    source.names["resolve_inplace"] = lambda key: resolve.resolve_inplace(op, key)
    spelled = heading.accepts_spellings(op)
    source.add(f"def inplace({heading.signature(source, spelled=spelled)}):", 0)
    if spelled:
        heading.respell(source, "inplace")
    heading.intercept(source, "inplace")
    heading.prologue(source, leave="")
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
            source.add(f"check({heading.call_arguments(op)})")
        source.add("try:\n    kernel_ = itable[key_]\nexcept KeyError:\n    kernel_ = resolve_inplace(key_)")
        source.add(f"if kernel_ is None:\n    return {leave}")
        generator = next((p for p in op.parameters if p.kind == "generator"), None)
        if generator is not None:
            source.names["native_generator"] = general.native_generator
            source.add(f"generator_native_ = native_generator({generator.name}, key_)")
        source.add(
            f"try:\n    kernel_({', '.join([*_kernel_arguments(op), f'x_{n}'])})\n"
            f"except Exception as error_:\n"
            f"    return writing.recover_inplace(op, key_, error_, {heading.general_arguments(op)})\n"
            f"storage_ = {n}._storage\nif storage_ is None:\n    storage_ = {n}._storage = Storage()\n"
            f"storage_.version += 1\nreturn {n}"
        )
    else:
        source.add(f"return {leave}")
    source.guard()
    inplace = source.compile("inplace")
    if spelled:
        inplace.__signature__ = heading.visible_signature(op, ())  # type: ignore[attr-defined]
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
