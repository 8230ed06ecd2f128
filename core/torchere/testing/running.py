"""One case of one operator on one device in one dtype: its arguments, its calls, its reference."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import torchere
from torchere.deprecation import silenced
from torchere.dtypes import by_name
from torchere.operators import Composite, Operator, operators
from torchere.tensors.tensor import Tensor
from torchere.testing.cases import A, Case, ErrorCase, I, Values
from torchere.testing.values import Array, arrays_of, mapped, random_source, tensor_of, wide

__all__ = ["Run", "Subject", "decomposed", "error_arguments", "flat", "host", "same_memory", "subject_of"]


def flat(value: Any) -> list[Any]:
    """The leaves of nested tuples, lists and dicts."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flat(item)]
    return [value]


class Subject:
    """What a case calls: an operator, or a public function made of several."""

    def __init__(self, declared: Operator | Composite) -> None:
        self.declared = declared
        self.name = declared.public_name
        self.operator = declared if isinstance(declared, Operator) else None
        mutates = self.operator is not None and bool(self.operator.mutates)
        self.writes_first = self.name.endswith("_") and not self.name.endswith("__") and not mutates
        self._names = self._parameter_names()

    def _parameter_names(self) -> tuple[str, ...]:
        code = self.declared.function.__code__
        return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    @property
    def function(self) -> Callable[..., Any]:
        """The function users call."""
        return self.declared.entry

    @property
    def is_random(self) -> bool:
        """Whether results depend on a generator."""
        return "generator" in self._names or bool(self.operator is not None and self.operator.random)

    def has_keyword(self, name: str) -> bool:
        """Whether the function takes keyword `name`, declared or added by the generated entry."""
        added = self.operator is not None and bool(self.operator.factory) and name in ("dtype", "device")
        return added or name in self._names

    def kind_of(self, place: int | str) -> str:
        """The kind of a parameter, by position or name; ``""`` for a composite's."""
        if self.operator is None:
            return ""
        parameters = self.operator.parameters
        if isinstance(place, int):
            return parameters[place].kind if place < len(parameters) else ""
        return next((p.kind for p in parameters if p.name == place), "")


def subject_of(name: str) -> Subject:
    """What cases of `name` call: the operator; of an internal one, the public function of that name."""
    known = operators()
    operator, public = known.get(name), known.get(f"{name}()")
    hidden = operator is None or (not operator.namespaces and not operator.method)
    found = public if public is not None and hidden else operator
    if found is None:
        raise LookupError(f"cases name the operator '{name}', which nothing declares")
    return Subject(found)


class Run:
    """A case on a device in a dtype. Everything is made anew at each call and depends on the names alone."""

    def __init__(self, subject: Subject, case: Case, label: str, device: str, dtype: str) -> None:
        self.subject = subject
        self.case = case
        self.label = label
        self.device = device
        self.dtype = dtype
        self.seed = zlib.crc32(f"{case.op}/{label}/{dtype}".encode())
        self.inputs, self.kwargs = self.arrays()
        self._forward: Any = None

    def arrays(self, variant: int = 0) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with NumPy arrays in them; another `variant` has other values."""
        source = random_source(self.seed, variant)
        return (
            arrays_of(self.case.inputs, self.dtype, source),
            arrays_of(self.case.kwargs, self.dtype, source),
        )

    @property
    def has_tensors(self) -> bool:
        """Whether any argument is an array."""
        return any(isinstance(item, np.ndarray) for item in flat((self.inputs, self.kwargs)))

    def tensors(
        self, inputs: Any = None, kwargs: Any = None, *, layout: str = "plain", device: str | None = None
    ) -> tuple[list[Any], dict[str, Any]]:
        """The arguments with tensors in place of arrays, and what a factory needs to know."""
        where = device or self.device

        def make(array: Any) -> Any:
            return tensor_of(array, where, layout) if isinstance(array, np.ndarray) else array

        args = list(mapped(self.inputs if inputs is None else inputs, make))
        keywords = dict(mapped(self.kwargs if kwargs is None else kwargs, make))
        for name, value in keywords.items():
            if name == "dtype" and isinstance(value, str):
                keywords[name] = by_name(value)
        if not self.has_tensors:
            if self.subject.has_keyword("device") and "device" not in keywords:
                keywords["device"] = where
            if self.subject.has_keyword("dtype") and "dtype" not in keywords:
                keywords["dtype"] = by_name(self.dtype)
        return args, keywords

    def call(self, args: Any, kwargs: Any, function: Callable[..., Any] | None = None) -> Any:
        """Call the operator with the generator in a known state. An in-place function gets a copy to write into."""
        torchere.manual_seed(self.seed)
        chosen = self.subject.function if function is None else function
        if self.subject.writes_first and function is None:
            args = [args[0].clone(), *args[1:]]
        with silenced():
            return chosen(*args, **kwargs)

    def forward(self) -> Any:
        """The result for plain arguments, computed once."""
        if self._forward is None:
            args, kwargs = self.tensors()
            self._forward = (self.call(args, kwargs),)
        return self._forward[0]

    def beyond(self) -> str:
        """Why the case cannot run here, if its result has, on the cpu, a dtype that this device does not hold."""
        if self.device == "cpu":
            return ""
        from torchere.backend import backend_of

        try:
            args, kwargs = self.tensors(device="cpu")
            results = [item for item in flat(self.call(args, kwargs)) if isinstance(item, Tensor)]
        except Exception:
            return ""
        absent = {item.dtype.name for item in results} - set(backend_of(self.device).dtypes)
        return f"its result is {min(absent)}, which device '{self.device}' does not hold" if absent else ""

    def reference(self, inputs: Any = None, kwargs: Any = None) -> Any:
        """What the case's reference says: an array or a tuple of them."""
        reference = self.case.reference
        assert reference is not None

        def compute(widened: Callable[[Array], Array]) -> Any:
            with np.errstate(all="ignore"):
                return reference(
                    *mapped(self.inputs if inputs is None else inputs, widened),
                    **mapped(self.kwargs if kwargs is None else kwargs, widened),
                )

        result = compute(wide)
        if any(np.asarray(item).dtype in (np.float16, np.float32) for item in flat(result) if item is not None):
            # NumPy computes small integers in small floats; the reference should be exact.
            result = compute(lambda array: wide(array).astype(np.float64) if array.dtype.kind in "biu" else wide(array))
        return result

    def __str__(self) -> str:
        inner = [_describe(item) for item in self.case.inputs]
        inner += [f"{name}={_describe(value)}" for name, value in self.case.kwargs.items()]
        return f"{self.case.op}({', '.join(inner)})"


def _describe(value: Any) -> str:
    if isinstance(value, (A, I)):
        return f"{type(value).__name__}{list(value.shape)}"
    if isinstance(value, Values):
        text = str(value.values)
        return text if len(text) < 60 else f"{text[:57]}..."
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (A, I, Values)):
        return f"[{', '.join(map(_describe, value))}]"
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."


@contextmanager
def decomposed(operator: Operator, device: str) -> Iterator[None]:
    """Within the block `operator` runs its body on `device`, whatever kernels there are; others run as usual."""
    from torchere import backend
    from torchere.errors import UnsupportedDTypeError
    from torchere.operators import resolve

    operator.table.clear()
    operator.inplace_table.clear()
    for dtype in backend.backend_of(device).dtypes:
        key = backend.key_for(torchere.device(device), by_name(dtype))
        try:
            compute = resolve._compute_key(operator, key)
        except UnsupportedDTypeError:
            continue
        operator.table[key] = (None, resolve._result_key(operator, compute))
        operator.inplace_table[key] = None
    try:
        yield
    finally:
        operator.table.clear()
        operator.inplace_table.clear()


def error_arguments(case: ErrorCase, device: str, subject: Subject) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call that must fail."""
    source = random_source(case.op, "error")
    inputs = arrays_of(case.inputs, case.dtype, source)
    kwargs = arrays_of(case.kwargs, case.dtype, source)

    def make(array: Any) -> Any:
        return tensor_of(array, device) if isinstance(array, np.ndarray) else array

    args, keywords = list(mapped(inputs, make)), dict(mapped(kwargs, make))
    if not any(isinstance(item, Tensor) for item in flat((args, keywords))) and subject.has_keyword("device"):
        keywords.setdefault("device", device)
    if isinstance(keywords.get("dtype"), str):
        keywords["dtype"] = by_name(keywords["dtype"])
    return args, keywords


def same_memory(first: Any, second: Any) -> bool:
    """Whether writing one tensor may change the other."""
    a, b = first._array, second._array
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return bool(a.size and b.size and np.may_share_memory(a, b) and np.shares_memory(a, b))
    if a is b:
        return True
    # Elsewhere only an experiment tells; immutable arrays are never written, so they cannot be shared in this sense.
    return False


def host(value: Any) -> Array:
    """A result that may be a plain Python value, as an array."""
    from torchere.testing.values import to_numpy

    return to_numpy(value) if isinstance(value, Tensor) else np.asarray(value)
