"""What public functions do with exceptions that pass through them: name the function, and blame wrong arguments.

Generated entries end in ``except Exception as error_: op.explain(error_, {...}); raise``, which costs nothing until
something raises. Types are compared with the declared ones only then, too.
"""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Callable, Mapping
from numbers import Number
from opcode import opmap
from types import FunctionType, GenericAlias, UnionType
from typing import TYPE_CHECKING, Any

import numpy as np

from torchere import function_modes
from torchere.dtypes import DType
from torchere.errors import ShapeError, TorchereError
from torchere.operators.spelling import ABSENT, missing, respelled
from torchere.tensors.tensor import Tensor

if TYPE_CHECKING:
    from torchere.operators.declaration import Composite, Operator

__all__ = ["explain", "guarded", "is_named"]

#: Classes whose message may grow: torchere's own, and those that argument checks raise.
_BUILTIN = (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError, AssertionError)
_RAISE = opmap["RAISE_VARARGS"]
#: TypeErrors about an argument of a function within, or of a tensor that stood where a number is wanted.
_ABOUT_ARGUMENT = re.compile(r"\w+\(\): argument|only (integer tensors|one element)")
#: Whose exceptions are explained, beside the declaring package's; those of a user's ``__torch_function__`` or of
#: another's kernel stay as they are.
_OURS = ("torchere", "numpy", "scipy")


def _names_of(declared: Operator | Composite) -> set[str]:
    names = {declared.public_name, *declared.aliases}
    for namespace in declared.namespaces:
        prefix = namespace.rpartition(".")[2] + "_"
        names |= {name.removeprefix(prefix) for name in names}
    return names


def is_named(declared: Operator | Composite, message: str) -> bool:
    """Whether an error's message says which operator it is about: ``exp()``, ``exp:``, ``"exp"`` or ``linalg.exp``."""
    names = "|".join(map(re.escape, sorted(_names_of(declared))))
    return re.search(rf"""(?<![\w])({names})_?[(:\[]|["'`]({names})_?["'`]|\w\.({names})\b""", message) is not None


def explain(declared: Operator | Composite, error: Exception, values: Mapping[str, Any]) -> None:
    """Add operator and arguments to the message of `error` where it lacks them.

    Raises TypeError (from `error`) if an argument has not the declared type: PyTorch looks at types first.
    """
    if any(value is ABSENT for value in values.values()):
        raise missing(declared.public_name, values) from None
    if not (declared.namespaces or declared.method):
        return
    text = error.args[0] if len(error.args) == 1 and isinstance(error.args[0], str) else ""
    code, module = _raised_in(error)
    if not module.startswith((*_OURS, declared.function.__module__.partition(".")[0])):
        return
    # A TypeError of our own is as exact as can be, unless it speaks of a function within this one.
    named = is_named(declared, text)
    meant = isinstance(error, TypeError) and (named or (code == _RAISE and not _ABOUT_ARGUMENT.match(text)))
    if not meant:
        wrong = _wrong_argument(declared, values, numbers=not isinstance(error, AttributeError))
        if wrong:
            try:
                raise TypeError(wrong) from error
            finally:
                del error
    if text and not named and (isinstance(error, TorchereError) or type(error) in _BUILTIN):
        error.args = (f"{text} [{declared.public_name}({_described(values)})]",)


def _raised_in(error: Exception) -> tuple[int, str]:
    """Where an exception comes from: the instruction (``raise``, or one that failed) and the name of the module."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return _RAISE, ""
    frame = trace.tb_frame
    return frame.f_code.co_code[trace.tb_lasti], str(frame.f_globals.get("__name__", ""))


def _described(values: Mapping[str, Any]) -> str:
    """Tensors as dtype and shape, other values as they print; what is None is left out."""
    return ", ".join(f"{name}: {_show(value)}" for name, value in values.items() if value is not None)


def _show(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{value._key.dtype.name} {list(value._array.shape)}"
    if isinstance(value, (list, tuple)):
        shown = [_show(item) for item in value[:4]] + (["…"] if len(value) > 4 else [])
        return f"({', '.join(shown)})"
    text = repr(value)
    return text if len(text) <= 40 else f"{type(value).__name__}"


# --- arguments that have not the declared type -----------------------------------------------------------------------


def _wrong_argument(declared: Operator | Composite, values: Mapping[str, Any], *, numbers: bool) -> str:
    """PyTorch's sentence about the first argument whose type contradicts the signature; empty if there is none."""
    function = declared.function
    code, annotations = function.__code__, function.__annotations__
    count = code.co_argcount + code.co_kwonlyargcount
    gathered = code.co_varnames[count] if code.co_flags & 4 else ""
    defaults = dict(zip(reversed(code.co_varnames[: code.co_argcount]), reversed(function.__defaults__ or ())))  # noqa: B905
    defaults |= function.__kwdefaults__ or {}
    # With promotion a number may stand where a tensor is declared, unless the body took it for one.
    numbers = numbers and getattr(declared, "promote", None) is not None
    for position, (name, value) in enumerate(values.items(), 1):
        if name not in annotations or (name in defaults and value is defaults[name]):
            continue
        wanted = _plain(annotations[name])
        if name == gathered:
            # One item for all: ``f(a, b)`` or ``f([a, b])``.
            items = value[0] if len(value) == 1 and isinstance(value[0], (list, tuple)) else value
            for item in items:
                if not _fits(item, wanted, function.__globals__):
                    found = type(item).__name__
                    return f"{declared.public_name}(): argument '{name}' must be all {wanted}, but got {found}"
        elif numbers and wanted.startswith("Tensor") and _is_number(value):
            continue
        elif not _fits(value, wanted, function.__globals__):
            found = type(value).__name__
            if isinstance(value, (list, tuple)) and value:
                found += f" of {type(value[0]).__name__}"
            return f"{declared.public_name}(): argument '{name}' (position {position}) must be {wanted}, not {found}"
    return ""


def _plain(annotation: Any) -> str:
    """An annotation's text without the modules of its names."""
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return re.sub(r"\b(\w+\.)+(?=\w)", "", text)


def _alternatives(annotation: str) -> list[str]:
    """``"int | tuple[int | None, ...]"`` split at the outer bars."""
    parts, depth = [""], 0
    for letter in annotation.replace(" ", ""):
        depth += (letter in "[(") - (letter in "])")
        if letter == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _is_int(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value._key.dtype.category <= 1 and value.numel() == 1
    return hasattr(value, "__index__")


def _is_number(value: Any) -> bool:
    return isinstance(value, (Number, np.generic)) or (isinstance(value, Tensor) and value.numel() == 1)


_SIMPLE: dict[str, Callable[[Any], bool]] = {
    "Tensor": lambda value: isinstance(value, Tensor),
    "None": lambda value: value is None,
    "int": _is_int,
    "Dim": _is_int,
    "NewDim": _is_int,
    "bool": lambda value: isinstance(value, (bool, np.bool_)),
    "float": _is_number,
    "complex": _is_number,
    "Number": _is_number,
    "str": lambda value: isinstance(value, str),
    "DType": lambda value: isinstance(value, DType) or value in (bool, int, float, complex),
    "Dims": lambda value: _is_int(value) or _all(value, _is_int),
    "Shape": lambda value: _is_int(value) or _all(value, lambda item: _is_int(item) or _all(item, _is_int)),
    "Sizes": lambda value: _is_int(value) or _all(value, _is_int),
}


def _all(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, (list, tuple, range, np.ndarray)) and all(map(fits, value))


def _fits(value: Any, annotation: str, names: Mapping[str, Any]) -> bool:
    """Whether `value` may stand where the annotation says so; True for annotations nothing is known about."""
    for part in _alternatives(annotation):
        if part in _SIMPLE:
            if _SIMPLE[part](value):
                return True
            continue
        if isinstance(names.get(part), (UnionType, GenericAlias)):
            if _fits(value, _plain(names[part]), names):
                return True
            continue
        found = re.fullmatch(r"(tuple|list|Sequence)\[(.*?)(,\.\.\.)?\]", part)
        if found is None:
            return True
        inner = found[2]
        if isinstance(value, Tensor):
            if value.ndim and inner.startswith("Tensor"):
                return True
        elif isinstance(value, (list, tuple, range, np.ndarray)):
            if "," in inner or all(_fits(item, inner, names) for item in value):
                return True
    return False


def _by_name(declared: Composite, error: Exception, values: Mapping[str, Any]) -> Any:
    """What a failed composite gives with names of dimensions; `function_modes.PASS` if it was not called with them."""
    module = sys.modules.get("torchere.tensors.named")  # without it there is no named tensor
    if module is None or not isinstance(error, (TypeError, ShapeError)):
        return function_modes.PASS
    known = declared.public_name in module.THROUGH_METHODS
    if not known or not any(type(value) is module.NamedTensor for value in values.values()):
        return function_modes.PASS
    positional = declared.function.__code__.co_varnames[: declared.function.__code__.co_argcount]
    args = tuple(values[name] for name in positional)
    return module.run_named(declared.function, args, {k: v for k, v in values.items() if k not in positional})


# --- composites ------------------------------------------------------------------------------------------------------


def guarded(declared: Composite) -> Callable[..., Any]:
    """The composite's function with the same signature and a guard around it, which knows NumPy's spellings.

    Functions of varargs or of any keywords, and those of ``nn.functional`` alone (in PyTorch Python's own, too), take
    no other spellings.
    """
    function = declared.function
    code, names = function.__code__, function.__code__.co_varnames
    defaults, kwdefaults = function.__defaults__ or (), function.__kwdefaults__ or {}
    positional, only = names[: code.co_argcount], names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    place = len(positional) + len(only)
    gathered = names[place] if code.co_flags & 4 else None
    rest = names[place + (gathered is not None)] if code.co_flags & 8 else None
    plain = len(positional) - len(defaults)
    spelled = not (gathered or rest or code.co_posonlyargcount or set(declared.namespaces) == {"nn.functional"})
    signature = [name if i < plain and not spelled else f"{name}=None" for i, name in enumerate(positional)]
    if code.co_posonlyargcount:
        signature.insert(code.co_posonlyargcount, "/")
    if gathered or only:
        signature.append(f"*{gathered or ''}")
    signature += [f"{name}=None" if name in kwdefaults else name for name in only]
    known = ", ".join(f"{name!r}: {name}" for name in (*positional, *([gathered] if gathered else [])))
    if gathered:
        # Calls without keywords, nearly all, do not pay for passing them on.
        signature = [*signature[: signature.index(f"*{gathered}") + 1], "**named_"]
        arguments = ", ".join((*positional, f"*{gathered}"))
        call = f"function_({arguments}, **named_) if named_ else function_({arguments})"
        keywords, known = "named_", f"{known}, **named_"
    else:
        passed = [*positional, *(f"{name}={name}" for name in only), *([f"**{rest}"] if rest else [])]
        call = f"function_({', '.join(passed)})"
        keywords = f"{{{', '.join([*(f'{name!r}: {name}' for name in only), *([f'**{rest}'] if rest else [])])}}}"
        known = ", ".join((*([known] if known else []), *(f"{name!r}: {name}" for name in only)))
    if rest:
        signature = [*signature, f"**{rest}"] if not gathered else signature
    respell = named = ""
    if spelled:
        named = (
            f"        result_ = by_name_(declared_, error_, {{{known}}})\n        if result_ is not PASS_:\n"
            "            return result_\n"
        )
        signature.append("**spelled_")
        respell = (
            f"    if spelled_:\n        return declared_.entry(**respelled_({declared.public_name!r}, spelled_, "
            f"{{{known}}}, tensors_))\n"
        )
    given_positional = "".join(f"{name}, " for name in (*positional, *([f"*{gathered}"] if gathered else [])))
    text = (
        f"def guarded({', '.join(signature)}):\n{respell}    if MODES_:\n"
        f"        result_ = intercepted_(declared_.entry, ({given_positional}), {keywords})\n"
        f"        if result_ is not PASS_:\n            return result_\n"
        f"    try:\n        return {call}\n"
        f"    except Exception as error_:\n{named}        declared_.explain(error_, {{{known}}})\n        raise\n"
    )
    filename = f"<torchere {declared.public_name}()>"
    space: dict[str, Any] = {
        "function_": function,
        "declared_": declared,
        "MODES_": function_modes.MODES,
        "PASS_": function_modes.PASS,
        "intercepted_": function_modes.intercepted,
        "respelled_": respelled,
        "by_name_": _by_name,
        "tensors_": tuple(name for name in positional if _plain(function.__annotations__.get(name, "")) == "Tensor"),
    }
    exec(compile(text, filename, "exec"), space)
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    made: FunctionType = space["guarded"]
    made.__defaults__ = (*(ABSENT for _ in range(plain)), *defaults) if spelled else function.__defaults__
    made.__kwdefaults__ = function.__kwdefaults__
    made.__doc__, made.__module__, made.__annotations__ = (
        function.__doc__,
        function.__module__,
        function.__annotations__,
    )
    made.__name__, made.__qualname__ = function.__name__, function.__qualname__
    made.__dict__.update(function.__dict__, __wrapped__=function)
    if function.__name__ != declared.public_name and "" in declared.namespaces:
        made.__module__, made.__name__, made.__qualname__ = "torchere", declared.public_name, declared.public_name
    return made
