"""Cases of sums, products, quotients, remainders, powers and their fused forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, COMPLEX, FLOATING, INTEGRAL, NUMERIC, WIDE
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
#: Every pair of these is an edge of some operator.
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -7.0, inf, -inf, nan]
ROWS, COLUMNS = Values([[x] for x in EDGES], gradient=False), Values(EDGES, gradient=False)
ALL_NUMBERS = BOOL + NUMERIC


def quiet(function: Any) -> Any:
    """`function` without NumPy's warnings about what PyTorch computes silently."""

    def reference(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return reference


def _divide(x: Array, y: Any, rounding_mode: str | None = None) -> Array:
    integers = all(np.asarray(v).dtype.kind in "iub" for v in (x, y))
    if rounding_mode == "floor":
        return np.floor_divide(x, y)
    if rounding_mode == "trunc":
        quotient = np.trunc(np.true_divide(x, y))
        return quotient.astype(np.result_type(x, y)) if integers else quotient
    return np.true_divide(x, y)


def _sign(x: Array) -> Array:
    if x.dtype == np.bool_:
        return x
    return np.where(np.isnan(x), 0, np.sign(x)) if x.dtype.kind == "f" else np.sign(x)


def _sgn(x: Array) -> Array:
    return np.sign(x) if x.dtype.kind == "c" else _sign(x)


def _addcmul(x: Array, a: Array, b: Array, value: Any = 1) -> Array:
    return x + value * a * b


def _addcdiv(x: Array, a: Array, b: Array, value: Any = 1) -> Array:
    return x + value * a / b


def _lerp(x: Array, end: Array, weight: Any) -> Array:
    return x + weight * (end - x)


CASES = [
    Case("add", A(3, 4), A(4), reference=np.add, dtypes=ALL_NUMBERS),
    Case("add", A(3, 1), A(2, 1, 4), reference=np.add),
    Case("add", A(), A(), reference=np.add),
    Case("add", A(0, 3), A(3), reference=np.add),
    Case("add", A(3), 2, reference=np.add, dtypes=NUMERIC),
    Case("add", A(3), 2.5, reference=np.add),
    Case("add", 2.5, A(3), reference=np.add),
    Case("add", A(3, 4), A(4), alpha=3, reference=lambda x, y, alpha: x + alpha * y, dtypes=NUMERIC),
    Case("add", A(3, 4), A(4), alpha=-0.5, reference=lambda x, y, alpha: x + alpha * y, dtypes=WIDE),
    Case("add", ROWS, COLUMNS, reference=quiet(np.add), gradient=False),
    Case("sub", A(3, 4), A(4), reference=np.subtract, dtypes=NUMERIC),
    Case("sub", A(), A(2), reference=np.subtract),
    Case("sub", A(3), 2, reference=np.subtract, dtypes=WIDE),
    Case("sub", 1.5, A(3), reference=np.subtract, dtypes=WIDE),
    Case("sub", A(3, 4), A(4), alpha=2, reference=lambda x, y, alpha: x - alpha * y, dtypes=NUMERIC),
    Case("rsub", A(3, 4), A(4), reference=lambda x, y: y - x, dtypes=NUMERIC),
    Case("rsub", A(3), 1.5, alpha=2.0, reference=lambda x, y, alpha: y - alpha * x),
    Case("mul", A(3, 4), A(4), reference=np.multiply, dtypes=ALL_NUMBERS),
    Case("mul", A(3, 1), A(), reference=np.multiply),
    Case("mul", A(0, 3), A(3), reference=np.multiply),
    Case("mul", A(3), -2.5, reference=np.multiply, dtypes=WIDE),
    Case("mul", ROWS, COLUMNS, reference=quiet(np.multiply), gradient=False),
    Case("div", A(3, 4), A(4, low=0.5), reference=_divide, dtypes=WIDE),
    Case("div", A(3, 4), A(4, low=1, high=5), reference=_divide, dtypes=("int32", "int64", "uint8", *FLOATING)),
    Case("div", A(3), 2, reference=_divide, dtypes=(*FLOATING, "int64")),
    Case("div", 2.0, A(3, low=0.5), reference=_divide),
    Case("div", ROWS, COLUMNS, reference=quiet(_divide), gradient=False),
]
for mode in ("floor", "trunc"):
    CASES += [
        Case("div", A(3, 4, low=-9, high=9), A(4, low=1, high=4), rounding_mode=mode, reference=_divide),
        Case(
            "div",
            A(3, 4, low=-9, high=9),
            Values([-3, -2, 2, 3]),
            rounding_mode=mode,
            reference=_divide,
            dtypes=("int8", "int64"),
        ),
        Case("div", A(3, low=-9, high=9), 2, rounding_mode=mode, reference=_divide, dtypes=("int64", "float64")),
    ]
for name, function in (("floor_divide", np.floor_divide), ("remainder", np.remainder), ("fmod", np.fmod)):
    CASES += [
        Case(name, A(3, 4, low=-9, high=9), A(4, low=1, high=4), reference=function),
        Case(name, A(3, 4, low=-9, high=9), Values([-3, -2, 2, 3]), reference=function, dtypes=("int8", "int64")),
        Case(name, A(3, 4, low=0, high=99), A(4, low=1, high=9), reference=function, dtypes=INTEGRAL),
        Case(name, A(5, low=-9, high=9), 2.5, reference=function),
        Case(name, A(5, low=-9, high=9), -3, reference=function, dtypes=("int32", "float64")),
        Case(name, A(0, 3), A(3, low=1), reference=function),
        Case(name, ROWS, COLUMNS, reference=quiet(function), gradient=False),
    ]
CASES += [
    Case("pow", A(3, 4, low=0.3), A(4), reference=np.power, dtypes=WIDE),
    Case("pow", A(3, 4, low=0.3), A(4), reference=np.power),
    Case("pow", A(2, 3, low=-3, high=4), A(3, low=0, high=4), reference=np.power, dtypes=("int32", "int64")),
    Case(
        "pow",
        Values([1, -1, -1, 2, 0, 5]),
        Values([-3, -3, -2, -1, -2, 2]),
        reference=lambda x, y: np.array([1, -1, 1, 0, 0, 25]),
        dtypes=("int32", "int64"),
    ),
    Case("pow", 2.0, A(3), reference=np.power),
    Case("pow", 2, A(3, low=0, high=5), reference=np.power, dtypes=("int64",)),
    Case("pow", 0.0, Values([0.0, 2.0, 1.5]), reference=quiet(np.power), gradient=False),
    Case("pow", A(3), 2, reference=np.power, dtypes=NUMERIC),
    Case("pow", ROWS, COLUMNS, reference=quiet(np.power), gradient=False),
]
for exponent in (0, 1, 3, -1, -2, 0.5, -0.5, 2.5):
    CASES.append(Case("pow", A(5, low=0.3, high=2), exponent, reference=np.power))
    edges = EDGES if float(exponent).is_integer() else [x for x in EDGES if not x < 0 and str(x) != "-0.0"]
    CASES.append(Case("pow", Values(edges), exponent, reference=quiet(np.power), gradient=False))
CASES += [
    Case("float_power", A(3, low=0.5), 2, reference=np.power, dtypes=("float64",)),
    Case(
        "float_power_", A(3, low=0.5), 2, reference=lambda x, y: x**y, dtypes=("float64",), gradient=False, writes=(0,)
    ),
    Case("float_power", 2, A(3), reference=np.power, dtypes=("float64",)),
    Case("float_power", A(3, low=0.5), A(2, 1), reference=np.power, dtypes=("float64", "complex128")),
    Case("float_power", A(3, low=1, high=5), 2, reference=lambda x, y: x.astype(np.float64) ** y, dtypes=("int64",)),
    Case("neg", A(3, 4), reference=np.negative, dtypes=NUMERIC),
    Case("neg", A(), reference=np.negative),
    Case("positive", A(3, 4), reference=np.positive, dtypes=NUMERIC),
    Case("abs", A(3, 4), reference=np.abs, dtypes=NUMERIC),
    Case("abs", Values(EDGES), reference=np.abs, gradient=False),
    Case("abs", A(0), reference=np.abs),
    Case("sign", A(3, 4), reference=_sign, dtypes=(*BOOL, *INTEGRAL, *FLOATING)),
    Case("sign", Values(EDGES), reference=_sign, gradient=False),
    Case("sgn", A(3, 4), reference=_sgn, dtypes=WIDE),
    Case("sgn", A(3, 4), reference=_sgn, dtypes=("int64", "bool", "float16")),
    Case("sgn", Values([0, 3 + 4j]), reference=lambda x: np.array([0, 0.6 + 0.8j]), dtypes=COMPLEX, gradient=False),
    Case("reciprocal", A(3, 4, low=0.5), reference=np.reciprocal, dtypes=(*FLOATING, *COMPLEX)),
    Case("reciprocal", A(4, low=1, high=5), reference=lambda x: 1 / x, dtypes=("int64", "uint8")),
    Case("reciprocal", Values(EDGES), reference=quiet(np.reciprocal), gradient=False),
    Case("sqrt", A(3, 4, low=0.1), reference=np.sqrt, dtypes=(*FLOATING, *COMPLEX)),
    Case("sqrt", A(4, low=0, high=9), reference=np.sqrt, dtypes=("int64", "uint8")),
    Case("sqrt", Values(EDGES), reference=quiet(np.sqrt), gradient=False),
    Case("rsqrt", A(3, 4, low=0.1), reference=lambda x: 1 / np.sqrt(x), dtypes=(*FLOATING, *COMPLEX)),
    Case("rsqrt", A(4, low=1, high=9), reference=lambda x: 1 / np.sqrt(x), dtypes=("int64",)),
    Case("rsqrt", Values([0.0, 4.0, inf, -1.0, nan]), reference=quiet(lambda x: 1 / np.sqrt(x)), gradient=False),
    Case("rsqrt", A(), reference=quiet(lambda x: 1 / np.sqrt(x)), dtypes=("float32",), gradient=False),
    Case("square", A(3, 4), reference=np.square, dtypes=NUMERIC),
    Case("square", Values([True, False]), reference=lambda x: x.astype(np.int64), dtypes=("bool",)),
    Case("addcmul", A(3, 4), A(4), A(3, 1), reference=_addcmul, dtypes=NUMERIC),
    Case("addcmul", A(1), A(4), A(3, 1), value=2.5, reference=_addcmul, dtypes=WIDE),
    Case("addcmul", A(), A(), A(), value=-1, reference=_addcmul),
    Case("addcdiv", A(3, 4), A(4), A(3, 1, low=0.5), reference=_addcdiv, dtypes=(*FLOATING, *COMPLEX)),
    Case("addcdiv", A(1), A(4), A(3, 1, low=0.5), value=-2, reference=_addcdiv),
    Case("lerp", A(3, 4), A(4), A(3, 1), reference=_lerp, dtypes=(*FLOATING, *COMPLEX)),
    Case("lerp", A(), A(), A(), reference=_lerp),
]
for weight in (0.0, 0.3, 0.7, 1.0, -1.5):
    CASES.append(Case("lerp", A(3, 4), A(4), weight, reference=_lerp, dtypes=(*FLOATING, *COMPLEX)))

BOOLS = "Subtraction, the `-` operator, with two bool tensors is not supported"
ERRORS = [
    ErrorCase("add", A(2, 3), A(4), raises=RuntimeError, match=r"size of tensor a \(3\) must match .*tensor b \(4\)"),
    ErrorCase("add", A(2), None, raises=TypeError, match="argument 'other'"),
    ErrorCase("add", A(2), A(2), alpha=1.5, dtype="int64", raises=RuntimeError, match="must not be a floating point"),
    ErrorCase("add", A(2), A(2), alpha=1j, raises=RuntimeError, match="must not be a complex number"),
    ErrorCase("sub", A(2), A(2), dtype="bool", raises=RuntimeError, match=BOOLS),
    ErrorCase("sub", A(2, dtype="bool"), A(2), raises=RuntimeError, match="with a bool tensor is not supported"),
    ErrorCase("sub", A(2), 1, dtype="bool", raises=RuntimeError, match="with a bool tensor is not supported"),
    ErrorCase("rsub", A(2), A(2), dtype="bool", raises=RuntimeError, match=BOOLS),
    ErrorCase("neg", A(2), dtype="bool", raises=RuntimeError, match="Negation, the `-` operator, on a bool tensor"),
    ErrorCase("positive", A(2), dtype="bool", raises=RuntimeError, match="on a bool tensor is not supported"),
    ErrorCase("div", A(2), A(2), rounding_mode="up", raises=RuntimeError, match="rounding_mode to be one of"),
    ErrorCase("div", A(2), A(3), raises=RuntimeError, match="must match the size of tensor b"),
    ErrorCase("floor_divide", A(2), 0, dtype="int64", raises=RuntimeError, match="ZeroDivisionError"),
    ErrorCase("remainder", A(2), 0, dtype="int64", raises=RuntimeError, match="ZeroDivisionError"),
    ErrorCase("fmod", A(2), Values([1, 0]), dtype="int64", raises=RuntimeError, match="ZeroDivisionError"),
    ErrorCase("floor_divide", A(2), A(2), dtype="complex64", raises=RuntimeError, match="not implemented for"),
    ErrorCase("pow", A(2), -1, dtype="int64", raises=RuntimeError, match="Integers to negative integer powers"),
    ErrorCase("abs", A(2), dtype="bool", raises=RuntimeError, match="not implemented for 'Bool'"),
    ErrorCase("sign", A(2), dtype="complex64", raises=RuntimeError, match="use torch.sgn instead"),
    ErrorCase("addcdiv", A(2), A(2), A(2), dtype="int64", raises=RuntimeError, match="Integer division with addcdiv"),
    ErrorCase("addcmul", A(2), A(2), A(2), dtype="bool", raises=RuntimeError, match="not implemented for 'Bool'"),
    ErrorCase("lerp", A(2), A(2, dtype="float64"), 0.5, raises=RuntimeError, match="expected dtype .* for `end`"),
    ErrorCase("lerp", A(2), A(2), 0.5, dtype="int64", raises=RuntimeError, match="not implemented for"),
]
#: Their results are floating, also those of integers.
ERRORS += [
    ErrorCase(name, A(3), out=I(3), raises=RuntimeError, match="Float can't be cast to the desired output type Long")
    for name in ("reciprocal", "rsqrt", "sqrt")
]
ERRORS += [
    ErrorCase("float_power", A(3), A(4), raises=RuntimeError, match=r"shapes \[3\] and \[4\] do not broadcast"),
    ErrorCase("float_power", A(3), A(3), out=I(3), raises=RuntimeError, match="requires dtype Double"),
    ErrorCase("mul", A(2, 3), A(2), raises=RuntimeError, match=r"shapes \[2, 3\] and \[2\] do not broadcast"),
    ErrorCase("mul", A(2), [2.0, 3.0], raises=TypeError, match="must be Tensor, not list"),
    ErrorCase("sgn", A(3, dtype="complex64"), out=A(3), raises=RuntimeError, match="ComplexFloat can't be cast"),
    ErrorCase(
        "square", A(3), out=I(3), raises=RuntimeError, match="Float can't be cast to the desired output type Long"
    ),
]
