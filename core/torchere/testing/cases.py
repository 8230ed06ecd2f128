"""Conformance cases: what an operator is called with, and the independent reference it is compared to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torchere.dtype_sets import FLOATING

__all__ = ["A", "Case", "ErrorCase", "I", "Sample", "Values"]


@dataclass(frozen=True)
class A:
    """A random array of the case's dtype: uniform in [low, high), integers and bools likewise.

    ``distinct=True`` gives values no two of which are closer than the dtype resolves (for sort, max …);
    ``gradient=False`` leaves the argument out of gradient checks; ``dtype`` fixes a dtype of its own.
    """

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    distinct: bool = False
    gradient: bool = True
    dtype: str | None = None

    def __init__(self, *shape: int, **options: Any) -> None:
        object.__setattr__(self, "shape", tuple(shape))
        for name in ("low", "high", "distinct", "gradient", "dtype"):
            object.__setattr__(self, name, options.pop(name, getattr(type(self), name)))
        if options:
            raise TypeError(f"A() has no option {', '.join(options)}")


@dataclass(frozen=True)
class I:  # noqa: E742 - cases read as formulas: A for arrays, I for indices
    """A random int64 array in ``low … high - 1``; never differentiated.

    ``unique`` draws without repetition along the last axis.
    """

    shape: tuple[int, ...]
    low: int = 0
    high: int = 2
    unique: bool = False
    dtype: str = "int64"

    def __init__(self, *shape: int, **options: Any) -> None:
        object.__setattr__(self, "shape", tuple(shape))
        for name in ("low", "high", "unique", "dtype"):
            object.__setattr__(self, name, options.pop(name, getattr(type(self), name)))
        if options:
            raise TypeError(f"I() has no option {', '.join(options)}")


@dataclass(frozen=True)
class Values:
    """An array with given values (nested lists; inf and nan allowed), of the case's dtype or of `dtype`."""

    values: Any
    dtype: str | None = None
    gradient: bool = True


@dataclass(frozen=True)
class Case:
    """One call of an operator.

    `op` is the operator's name; positional `inputs` and `kwargs` may hold `A`, `I`, `Values`, lists of them, and
    plain values. `reference` gets NumPy arrays (floating ones as float64, complex as complex128, others unchanged) and
    the same plain values, and returns an array or a tuple of arrays (None: that output is not compared).
    `dtypes` are the dtypes run; `gradient=False` (with `why`) leaves gradients out; `second=False` leaves second
    derivatives out; `tolerance` multiplies the dtype's tolerance and needs `why`.
    `properties`, instead of a reference, checks the result itself (random operators): called with the result as a
    NumPy array (or tuple) and the inputs; it asserts. `writes` are the places, among the array arguments, of those the
    operator writes into on purpose (running statistics). A case without any array argument gets ``device=`` of the run
    and, unless it names a dtype, ``dtype=`` of the run, where the function takes these. `cpu_only` operators raise
    TypeError on every other device.
    """

    op: str
    inputs: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    reference: Callable[..., Any] | None = None
    properties: Callable[..., None] | None = None
    dtypes: tuple[str, ...] = FLOATING
    gradient: bool = True
    second: bool = True
    tolerance: float = 1.0
    why: str = ""
    writes: tuple[int, ...] = ()
    cpu_only: bool = False

    def __init__(
        self,
        op: str,
        *inputs: Any,
        reference: Callable[..., Any] | None = None,
        properties: Callable[..., None] | None = None,
        dtypes: Sequence[str] = FLOATING,
        gradient: bool = True,
        second: bool = True,
        tolerance: float = 1.0,
        why: str = "",
        writes: Sequence[int] = (),
        cpu_only: bool = False,
        **kwargs: Any,
    ) -> None:
        settings = {
            "op": op,
            "inputs": inputs,
            "kwargs": kwargs,
            "reference": reference,
            "properties": properties,
            "dtypes": tuple(dtypes),
            "gradient": gradient,
            "second": second,
            "tolerance": tolerance,
            "why": why,
            "writes": tuple(writes),
            "cpu_only": cpu_only,
        }
        for name, value in settings.items():
            object.__setattr__(self, name, value)
        if (tolerance != 1.0) and not why:
            raise ValueError(f"case of {op}: a tolerance of its own needs a reason in `why`")


@dataclass(frozen=True)
class ErrorCase:
    """A call that must fail: the exception's type and a regular expression its message must contain.

    ``dtype`` is the dtype of `A` arguments without one; given as a `torchere.dtype`, it is an argument of the call.
    """

    op: str
    inputs: tuple[Any, ...]
    raises: type[BaseException]
    match: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    dtype: str = "float32"

    def __init__(
        self,
        op: str,
        *inputs: Any,
        raises: type[BaseException],
        match: str,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        if not isinstance(dtype, str):
            dtype, kwargs = "float32", {**kwargs, "dtype": dtype}
        settings = {"op": op, "inputs": inputs, "raises": raises, "match": match, "kwargs": kwargs, "dtype": dtype}
        for name, value in settings.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Sample:
    """How to make and call a layer, optimizer, dataset or transform: constructor arguments, inputs, what comes out.

    `inputs` are descriptions of arrays (`A`, `I`, `Values`) for layers and transforms; `output` is the documented shape
    of the result, `bounds` its lowest and highest possible value. A plugin gives its samples as ``torchere_samples``: a
    function returning them, an attribute of the class or of its module.
    """

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Any, ...] = ()
    output: tuple[int, ...] | None = None
    bounds: tuple[float, float] | None = None

    def __init__(
        self,
        *args: Any,
        inputs: Sequence[Any] = (),
        output: Sequence[int] | None = None,
        bounds: tuple[float, float] | None = None,
        **kwargs: Any,
    ) -> None:
        settings = {
            "args": args,
            "kwargs": kwargs,
            "inputs": tuple(inputs),
            "output": None if output is None else tuple(output),
            "bounds": bounds,
        }
        for name, value in settings.items():
            object.__setattr__(self, name, value)
