"""Reads an operator's Python signature: the parameters, their kinds and defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["EMPTY", "Parameter", "parameters_of"]

#: Marks a parameter without default.
EMPTY: Final = object()

#: Annotation text (spaces and quotes removed) → kind of the parameter.
_KINDS = {
    "Tensor": "tensor",
    "Tensor|None": "optional_tensor",
    "Sequence[Tensor]": "tensors",
    "Sequence[Tensor|None]": "tensors",
    "Dim": "dim",
    "Dim|None": "dim",
    "NewDim": "new_dim",
    "Dims": "dims",
    "Dims|None": "dims",
    "Shape": "shape",
    "DType": "dtype",
    "DType|None": "dtype",
    "Generator|None": "generator",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter: `kind` is one of the values of ``_KINDS`` or ``"plain"``."""

    name: str
    kind: str
    default: Any
    keyword_only: bool

    @property
    def is_tensor(self) -> bool:
        """Whether tensors (one, optional or several) are passed here."""
        return self.kind in ("tensor", "optional_tensor", "tensors")


def _kind(annotation: Any) -> str:
    if annotation is None:
        return "plain"
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", None) or repr(annotation)
    if not isinstance(annotation, str) and "|" in repr(annotation):
        text = " | ".join(getattr(part, "__name__", str(part)) for part in annotation.__args__)
        text = text.replace("NoneType", "None")
    text = text.replace(" ", "").replace('"', "").replace("'", "").replace("torchere.", "").replace("torch.", "")
    if text.startswith("None|"):
        text = f"{text[5:]}|None"
    return _KINDS.get(text, "plain")


def parameters_of(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The parameters of an operator's function in order; keyword-only ones last.

    Reads the code object, because ``inspect.signature`` takes ten times as long.
    """
    code = function.__code__
    names = code.co_varnames
    positional, keyword_only = code.co_argcount, code.co_kwonlyargcount
    annotations = function.__annotations__
    defaults = function.__defaults__ or ()
    keyword_defaults = function.__kwdefaults__ or {}
    first_default = positional - len(defaults)
    found = []
    for index, name in enumerate(names[: positional + keyword_only]):
        if index >= positional:
            default = keyword_defaults.get(name, EMPTY)
        else:
            default = defaults[index - first_default] if index >= first_default else EMPTY
        found.append(Parameter(name, _kind(annotations.get(name)), default, index >= positional))
    return tuple(found)
