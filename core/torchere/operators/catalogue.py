"""The operators registered so far, by name and by public namespace; and their binding as Tensor methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torchere.operators.declaration import Operator

__all__ = ["function", "functions_of", "operator_named", "operators", "synchronise"]

_by_name: dict[str, Operator] = {}
_functions: dict[str, dict[str, tuple[Operator, str]]] = {}
_methods: dict[str, LazyMethod] = {}


class LazyMethod:
    """Stands on Tensor for a method not generated yet; replaced by the plain function on first access."""

    __slots__ = ("name", "op", "what")

    def __init__(self, op: Operator, name: str, what: str) -> None:
        self.op = op
        self.name = name
        self.what = what

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        from torchere.tensors.tensor import Tensor

        function = self.op.generated(self.what)
        if Tensor.__dict__.get(self.name) is self:
            setattr(Tensor, self.name, function)
        return function if instance is None else function.__get__(instance)

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return self.op.__doc__


def _public_names(op: Operator) -> Iterator[tuple[str, str]]:
    """(method name, what is generated) for everything that becomes a Tensor method."""
    if op.method:
        for name in (op.public_name, *op.aliases):
            yield name, "method" if op.self_parameter else "entry"
    if op.inplace:
        for name in (op.public_name, *op.aliases):
            yield f"{name}_", "inplace"
        for name in op.dunder:
            if not name.startswith(("__r", "__i")):
                yield f"__i{name[2:]}", f"dunder:__i{name[2:]}"
    for name in op.dunder:
        yield name, f"dunder:{name}"


def _install(op: Operator) -> None:
    from torchere.tensors.tensor import Tensor

    for namespace in op.namespaces:
        table = _functions.setdefault(namespace, {})
        for name in (op.public_name, *op.aliases):
            # linalg_det in the namespace linalg is linalg.det.
            name = name.removeprefix(namespace.rpartition(".")[2] + "_") if namespace else name
            table[name] = (op, "entry")
            if op.inplace == "function":
                table[f"{name}_"] = (op, "inplace")
    for name, what in _public_names(op):
        written = Tensor.__dict__.get(name)
        if written is None or name in _methods or name in _INHERITED:
            method = LazyMethod(op, name, what)
            _methods[name] = method
            setattr(Tensor, name, method)


#: Special methods every class has, which operators replace.
_INHERITED = frozenset(("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"))


def _uninstall(op: Operator) -> None:
    from torchere.tensors.tensor import Tensor

    for table in _functions.values():
        for name in [name for name, (owner, _) in table.items() if owner is op]:
            del table[name]
    for name, _ in _public_names(op):
        method = _methods.get(name)
        if method is not None and method.op is op:
            del _methods[name]
            delattr(Tensor, name)


def synchronise(registered: Mapping[str, Any]) -> None:
    """Bring names and methods in line with the dispatcher's operators."""
    if len(registered) == len(_by_name) and all(_by_name.get(name) is op for name, op in registered.items()):
        return
    for name, op in list(_by_name.items()):
        if registered.get(name) is not op:
            _uninstall(op)
            del _by_name[name]
    for name, op in registered.items():
        if name not in _by_name:
            _by_name[name] = op
            _install(op)


def operators() -> Mapping[str, Operator]:
    """All registered operators by name."""
    return _by_name


def operator_named(name: str) -> Operator:
    """The operator (or composite, if no operator has the name) called `name`; AttributeError if there is none."""
    found = _by_name.get(name) or _by_name.get(f"{name}()")
    if found is None:
        raise AttributeError(f"no operator is called '{name}'; `torchere plugins ops` lists them")
    return found


def functions_of(namespace: str) -> dict[str, Callable[..., Any]]:
    """The functions of a namespace (``""``, ``"nn.functional"``, ``"linalg"`` …), generated."""
    return {name: op.generated(what) for name, (op, what) in _functions.get(namespace, {}).items()}


def spaces() -> list[str]:
    """The namespaces that have functions, ``""`` for the top level."""
    return list(_functions)


def names_of(namespace: str) -> list[str]:
    """The names of a namespace's functions; generates nothing."""
    return list(_functions.get(namespace, ()))


def function(namespace: str, name: str) -> Callable[..., Any]:
    """The function ``torchere.<namespace>.<name>``; AttributeError if no operator provides it."""
    found = _functions.get(namespace, {}).get(name)
    if found is None:
        where = f"torchere.{namespace}" if namespace else "torchere"
        raise AttributeError(f"module '{where}' has no attribute '{name}'")
    op, what = found
    return op.generated(what)  # type: ignore[no-any-return]
