"""Operators: how they are declared, generated and found."""

from __future__ import annotations

from collections.abc import Sequence as _Sequence
from typing import Any

from torchere.dtypes import DType
from torchere.operators.catalogue import function, functions_of, names_of, operator_named, operators
from torchere.operators.declaration import Composite, Operator, composite, operator, primitive

__all__ = [
    "Composite",
    "DType",
    "Dim",
    "Dims",
    "NewDim",
    "Number",
    "Operator",
    "Shape",
    "composite",
    "function",
    "functions_of",
    "names_of",
    "operator",
    "operator_named",
    "operators",
    "primitive",
]

#: A dimension: negative counts from the end. Entries pass it on as ``0 … ndim-1``.
Dim = int
#: A dimension of the result, which has one more than the operand.
NewDim = int
#: One dimension or several.
Dims = int | _Sequence[int]
#: Sizes, one by one or as a sequence.
Shape = _Sequence[int]
Number = bool | int | float | complex


def __getattr__(name: str) -> Any:
    # Declarations annotate with Generator; the class needs the core, which needs this package.
    if name == "Generator":
        from torchere.random import Generator

        return Generator
    raise AttributeError(f"module 'torchere.operators' has no attribute '{name}'")
