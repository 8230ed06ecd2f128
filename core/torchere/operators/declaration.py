"""Declaration of operators: one typed function is schema, documentation and decomposition.

>>> from torchere.operators import operators
>>> operators()["exp"].name
'exp'
"""

from __future__ import annotations

import sys
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from torchere.operators.signature import Parameter, parameters_of

__all__ = ["Composite", "Operator", "composite", "operator", "primitive"]

F = TypeVar("F", bound=Callable[..., Any])


def _result_text(self: Any) -> str:
    fields = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
    return f"torch.return_types.{type(self).__name__}(\n{fields})"


class Operator:
    """An operator: what was declared, and the functions generated from it on first use.

    Calling it calls the generated entry. Public attributes: `name`, `function` (the declared Python function),
    `is_primitive`, `has_decomposition`, `namespaces`, `aliases`, `method`, `inplace`, `view`, `random`, `promote`,
    `dtypes`, `outputs`, `declared_at` (``"file:line"``).
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        is_primitive: bool,
        name: str | None = None,
        method: bool | str = False,
        namespace: str | tuple[str, ...] = "",
        aliases: Sequence[str] = (),
        promote: str | None = None,
        unpromoted: Sequence[str] = (),
        result: str = "same",
        inplace: bool | str = False,
        out: bool | str | None = None,
        dunder: Sequence[str] = (),
        neutral: Mapping[str, Any] | None = None,
        view: bool = False,
        factory: bool | Callable[..., Any] = False,
        random: bool = False,
        outputs: Sequence[str] | None = None,
        differentiable: Sequence[int] | None = None,
        dtypes: Sequence[str] | None = None,
        check: Callable[..., None] | None = None,
        check_late: Callable[..., None] | None = None,
        check_dtypes: Callable[..., None] | None = None,
        self_parameter: str | None = None,
        mutates: Sequence[str] = (),
        same_dtype: bool | str = True,
        node_name: str | None = None,
    ) -> None:
        self.function = function
        self.name = self.__name__ = name or function.__name__
        self.__doc__ = function.__doc__
        self.is_primitive = is_primitive
        self.method = method
        self.namespaces: tuple[str, ...] = (namespace,) if isinstance(namespace, str) else tuple(namespace)
        if method == "only":
            self.namespaces = ()
        self.aliases = tuple(aliases)
        self.promote = promote
        self.unpromoted = frozenset(unpromoted)
        self.result = result
        self.inplace = inplace
        self.dunder = tuple(dunder)
        self.neutral = dict(neutral or {})
        self.view = view
        self.factory = factory
        self.random = random
        self.outputs = tuple(outputs) if outputs is not None else None
        self.differentiable = tuple(differentiable) if differentiable is not None else None
        self.dtypes = frozenset(dtypes) if dtypes is not None else None
        self.check = check
        self.check_late = check_late
        self.check_dtypes = check_dtypes
        self.self_parameter = self_parameter
        self.mutates = tuple(mutates)
        self.same_dtype = same_dtype
        # A Python bool or number has no place in a tensor.
        plain = function.__annotations__.get("return") in ("bool", "int", "float", bool, int, float)
        self.out = out if out is not None else not (view or mutates or plain)
        self.node_name = (
            node_name or "".join(part[:1].upper() + part[1:] for part in self.name.split("_")) + "Backward0"
        )
        self.rules: dict[str, Callable[..., Any]] = {}
        self.joint_rule: Callable[..., Any] | None = None
        #: (node, gradient so far, gradient of the output) -> None; see `accumulates`.
        self.add_gradient: Callable[[Any, Any, Any], None] | None = None
        #: (kernel, key of the result) by key; what the generated entry reads.
        self.table: dict[Any, Any] = {}
        self.inplace_table: dict[Any, Any] = {}
        #: Generated on first use: parameters, functions, node class.
        self.cached: dict[str, Any] = {}

    # --- declaration ---------------------------------------------------------------------------------------------

    def gradient(self, **rules: Callable[..., Any]) -> None:
        """Declare one gradient rule per parameter; see ``docs/architecture.md`` §5."""
        self.rules.update(rules)
        self.cached.clear()

    def gradients(self, rule: F) -> F:
        """Declare one rule that returns the gradients of all tensor parameters as a tuple."""
        self.joint_rule = rule
        self.cached.clear()
        return rule

    def accumulates(self, rule: F) -> F:
        """Declare how the gradient of the one tensor parameter is added in place to what has arrived for it already.

        For views that cut a part out: of many parts of one tensor, each would else give a gradient of the whole size.
        The rule gets the node, whose ``p_<name>`` are the plain parameters.
        """
        self.add_gradient = rule
        self.cached.clear()
        return rule

    @property
    def has_decomposition(self) -> bool:
        """Whether the body expresses the operator in others."""
        return not self.is_primitive

    @property
    def public_name(self) -> str:
        """The name users call it by."""
        return self.name

    @property
    def has_gradient(self) -> bool:
        """Whether a rule is declared (otherwise the body is differentiated)."""
        return bool(self.rules) or self.joint_rule is not None

    @property
    def declared_at(self) -> str:
        """``file:line`` of the declaration."""
        code = self.function.__code__
        return f"{code.co_filename}:{code.co_firstlineno}"

    # --- what is derived -----------------------------------------------------------------------------------------

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The declared parameters, without those `factory` and `out` add."""
        found = self.cached.get("parameters")
        if found is None:
            found = self.cached["parameters"] = parameters_of(self.function)
        return found

    @property
    def is_multiple(self) -> bool:
        """Whether several tensors are returned."""
        if self.outputs is not None:
            return True
        text = str(self.function.__annotations__.get("return", "")).lower()
        return text.startswith(("tuple", "list", "sequence", "typing.tuple"))

    @property
    def return_class(self) -> Any:
        """The named tuple of an operator with named outputs; `tuple` otherwise."""
        found = self.cached.get("return_class")
        if found is None:
            found = tuple
            if self.outputs is not None:
                # A named tuple's class takes a third of a millisecond to make: only when first returned.
                name = self.name.strip("_")
                found = type(name, (namedtuple(name, self.outputs),), {"__slots__": (), "__repr__": _result_text})
                found.__module__ = "torchere.return_types"
            self.cached["return_class"] = found
        return found

    def generated(self, what: str) -> Any:
        """A function generated on first use: ``entry``, ``run``, ``inplace``, ``node`` or ``dunder:__add__``."""
        found = self.cached.get(what)
        if found is None:
            from torchere.operators import generate

            found = generate.build(self, what)
            self.cached[what] = found
            if what == "entry":
                found.operator = self
                self._rebind(found)
        return found

    @property
    def entry(self) -> Callable[..., Any]:
        """The function users call as ``torchere.<name>``."""
        return self.cached.get("entry") or self.generated("entry")  # type: ignore[no-any-return]

    def explain(self, error: Exception, values: Mapping[str, Any]) -> None:
        """What entries do with an exception: see `torchere.operators.guard`."""
        from torchere.operators import guard

        guard.explain(self, error, values)

    def _rebind(self, entry: Callable[..., Any]) -> None:
        """Let code in the declaring module call the entry directly from now on."""
        module = sys.modules.get(self.function.__module__)
        if module is not None and getattr(module, self.function.__name__, None) is self:
            setattr(module, self.function.__name__, entry)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.entry(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else self.entry.__get__(instance)

    def __repr__(self) -> str:
        return f"<{'primitive' if self.is_primitive else 'operator'} {self.name}>"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        from torchere.operators.catalogue import operator_named

        return operator_named, (self.name,)


def operator(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Declare an operator whose body is its decomposition. Options: ``docs/architecture.md`` §5."""
    if function is not None:
        return Operator(function, is_primitive=False, **options)
    return lambda declared: Operator(declared, is_primitive=False, **options)


def primitive(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Declare an operator that every device must implement; its body is ``...`` (or serves `neutral` keywords)."""
    if function is not None:
        return Operator(function, is_primitive=True, **options)
    return lambda declared: Operator(declared, is_primitive=True, **options)


class Composite:
    """A plain Python function written in operators and published beside them: no key, no kernels.

    The function users call adds one thing, made on first use: exceptions name it (`torchere.operators.guard`).
    For functions whose arguments or results vary too much for a schema (``einsum(equation, *operands)``).
    """

    is_primitive = False
    has_decomposition = True
    inplace = False
    dunder = ()
    self_parameter = None

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        method: bool | str = False,
        namespace: str | tuple[str, ...] = "",
        aliases: Sequence[str] = (),
    ) -> None:
        self.function = function
        self._entry: Callable[..., Any] | None = None
        self.public_name = name or function.__name__
        #: Apart from operators' names in the registry: an operator may be called like the function that uses it.
        self.name = f"{self.public_name}()"
        self.__doc__ = function.__doc__
        self.method = method
        self.namespaces: tuple[str, ...] = (namespace,) if isinstance(namespace, str) else tuple(namespace)
        if method == "only":
            self.namespaces = ()
        self.aliases = tuple(aliases)

    @property
    def declared_at(self) -> str:
        """``file:line`` of the function."""
        code = self.function.__code__
        return f"{code.co_filename}:{code.co_firstlineno}"

    def generated(self, what: str) -> Any:
        """The function users call."""
        return self.entry

    @property
    def entry(self) -> Callable[..., Any]:
        """The function users call: the declared one in a guard."""
        if self._entry is None:
            from torchere.operators import guard

            made = self._entry = guard.guarded(self)
            module = sys.modules.get(self.function.__module__)
            if module is not None and getattr(module, self.function.__name__, None) is self.function:
                # Pickling finds a function by its module and name.
                setattr(module, self.function.__name__, made)
        return self._entry

    def explain(self, error: Exception, values: Mapping[str, Any]) -> None:
        """What the guard does with an exception: see `torchere.operators.guard`."""
        from torchere.operators import guard

        guard.explain(self, error, values)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.entry(*args, **kwargs)


def composite(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Publish a plain function written in operators; options `name`, `namespace`, `method`, `aliases`.

    The decorated name stays the function itself; the registration travels as its attribute ``composite``.
    """
    if function is None:
        return lambda declared: composite(declared, **options)
    function.composite = Composite(function, **options)  # type: ignore[attr-defined]
    return function
