"""Elementwise arithmetic, comparison and products."""

from __future__ import annotations

from typing import Any

import torchere as torch
from torchere_onnx.graph import Graph, Value
from torchere_onnx.registry import form

__all__: list[str] = []

_UNARY = {
    "abs": "Abs",
    "acos": "Acos",
    "acosh": "Acosh",
    "asin": "Asin",
    "asinh": "Asinh",
    "atan": "Atan",
    "atanh": "Atanh",
    "ceil": "Ceil",
    "cos": "Cos",
    "cosh": "Cosh",
    "erf": "Erf",
    "exp": "Exp",
    "floor": "Floor",
    "isinf": "IsInf",
    "isnan": "IsNaN",
    "log": "Log",
    "logical_not": "Not",
    "neg": "Neg",
    "reciprocal": "Reciprocal",
    "round": "Round",
    "sign": "Sign",
    "sin": "Sin",
    "sinh": "Sinh",
    "sqrt": "Sqrt",
    "tan": "Tan",
}
_BINARY = {
    "add": "Add",
    "atan2": None,
    "bitwise_and": "And",
    "bitwise_or": "Or",
    "bitwise_xor": "Xor",
    "div": "Div",
    "eq": "Equal",
    "ge": "GreaterOrEqual",
    "gt": "Greater",
    "le": "LessOrEqual",
    "logical_and": "And",
    "logical_or": "Or",
    "lt": "Less",
    "maximum": "Max",
    "minimum": "Min",
    "mul": "Mul",
    "sub": "Sub",
}


def _declare_unary(name: str, kind: str) -> None:
    @form(name)
    def unary(graph: Graph, input: Any, **_: Any) -> str:
        return graph.op(kind, input)  # type: ignore[no-any-return]


def _declare_binary(name: str, kind: str) -> None:
    @form(name)
    def binary(graph: Graph, input: Any, other: Any, alpha: Any = 1, rounding_mode: Any = None, **_: Any) -> str:
        like = _like(input, other)
        if alpha != 1:
            other = graph.op("Mul", other, alpha, like=like)
        result = graph.op(kind, input, other, like=like)
        if rounding_mode == "floor":
            result = graph.op("Floor", result)
        elif rounding_mode == "trunc":
            result = graph.op("Mul", graph.op("Sign", result), graph.op("Floor", graph.op("Abs", result)))
        return result  # type: ignore[no-any-return]


for _name, _kind in _UNARY.items():
    _declare_unary(_name, _kind)
for _name, _other in _BINARY.items():
    if _other is not None:
        _declare_binary(_name, _other)


def _like(*operands: Any) -> Any:
    return next((item for item in operands if isinstance(item, Value)), None) or next(
        (Value("", item) for item in operands if isinstance(item, torch.Tensor)), None
    )


@form("ne")
def ne(graph: Graph, input: Any, other: Any) -> str:
    return graph.op("Not", graph.op("Equal", input, other, like=_like(input, other)))  # type: ignore[no-any-return]


@form("pow")
def pow(graph: Graph, input: Any, exponent: Any) -> str:
    return graph.op("Pow", input, exponent, like=_like(input, exponent))  # type: ignore[no-any-return]


@form("rsqrt")
def rsqrt(graph: Graph, input: Any) -> str:
    return graph.op("Reciprocal", graph.op("Sqrt", input))  # type: ignore[no-any-return]


@form("square")
def square(graph: Graph, input: Any) -> str:
    return graph.op("Mul", input, input)  # type: ignore[no-any-return]


@form("where")
def where(graph: Graph, condition: Any, input: Any, other: Any) -> str:
    return graph.op("Where", condition, input, other, like=_like(input, other))  # type: ignore[no-any-return]


@form("clamp")
def clamp(graph: Graph, input: Any, min: Any = None, max: Any = None) -> str:
    result = input
    if min is not None:
        result = graph.op("Max", result, min, like=_like(input))
    if max is not None:
        result = graph.op("Min", result, max, like=_like(input))
    return graph.op("Identity", result) if result is input else result  # type: ignore[no-any-return]


@form("clamp_min")
def clamp_min(graph: Graph, input: Any, min: Any) -> str:
    return graph.op("Max", input, min, like=_like(input))  # type: ignore[no-any-return]


@form("clamp_max")
def clamp_max(graph: Graph, input: Any, max: Any) -> str:
    return graph.op("Min", input, max, like=_like(input))  # type: ignore[no-any-return]


@form("matmul", "bmm", "mm", "mv", "dot")
def matmul(graph: Graph, input: Any, **others: Any) -> str:
    (other,) = others.values()
    return graph.op("MatMul", input, other)  # type: ignore[no-any-return]


@form("linear")
def linear(graph: Graph, input: Any, weight: Any, bias: Any = None) -> str:
    if input.ndim == 2 and weight.ndim == 2:
        return graph.op("Gemm", input, weight, bias, transB=1)  # type: ignore[no-any-return]
    if isinstance(weight, Value):
        turned: Any = graph.op("Transpose", weight, perm=list(range(weight.ndim))[::-1])
    else:
        turned = weight.detach().t().contiguous() if weight.ndim == 2 else weight
    product = graph.op("MatMul", input, turned)
    return product if bias is None else graph.op("Add", product, bias)  # type: ignore[no-any-return]


@form("addmm")
def addmm(graph: Graph, input: Any, mat1: Any, mat2: Any, beta: Any = 1, alpha: Any = 1) -> str:
    return graph.op("Gemm", mat1, mat2, input, alpha=float(alpha), beta=float(beta))  # type: ignore[no-any-return]


@form("to_dtype")
def to_dtype(graph: Graph, input: Any, dtype: Any) -> str:
    return graph.op("Cast", input, to=graph.element_type(dtype))  # type: ignore[no-any-return]


@form("clone")
def clone(graph: Graph, input: Any, **_: Any) -> str:
    return graph.op("Identity", input)  # type: ignore[no-any-return]
