"""``torchere.overrides``: tools for classes with ``__torch_function__``.

An operator whose tensor arguments include an object of such a class calls its ``__torch_function__`` instead. Functions
written by users take part through `wrap_torch_function`, or `has_torch_function` and `handle_torch_function`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from torchere.function_modes import (
    BaseTorchFunctionMode,
    TorchFunctionMode,
    enable_reentrant_dispatch,
    intercepted,
    stack,
)

__all__ = [
    "BaseTorchFunctionMode",
    "TorchFunctionMode",
    "enable_reentrant_dispatch",
    "get_default_nowrap_functions",
    "get_ignored_functions",
    "get_overridable_functions",
    "get_testing_overrides",
    "handle_torch_function",
    "has_torch_function",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "redispatch_function",
    "resolve_name",
    "wrap_torch_function",
]

_Function = Callable[..., Any]


def _overrides(value: Any) -> bool:
    from torchere.tensors.tensor import Tensor, disabled_torch_function

    kind = type(value)
    if kind is Tensor:
        return False
    function = getattr(kind, "__torch_function__", None)
    if function is None or function is disabled_torch_function:
        return False
    # Plain subclasses inherit Tensor's own; they take part, as their results keep the class.
    return True


def is_tensor_like(inp: Any) -> bool:
    """Whether `inp` is a Tensor or its class has ``__torch_function__``."""
    from torchere.tensors.tensor import Tensor

    return isinstance(inp, Tensor) or hasattr(type(inp), "__torch_function__")


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether one of the arguments is of a class, other than Tensor, with ``__torch_function__``."""
    if stack.skips:
        stack.skips = False
        return False
    return bool(stack.modes) or any(_overrides(value) for value in relevant_args)


def handle_torch_function(public_api: _Function, relevant_args: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
    """Let the classes of `relevant_args` carry out ``public_api(*args, **kwargs)``.

    They are asked subclasses first, otherwise from left to right; the first answer other than NotImplemented counts.
    TypeError if there is none.
    """
    relevant_args = tuple(relevant_args)
    if stack.modes:
        return intercepted(public_api, args, kwargs)
    asked: list[Any] = []
    for value in relevant_args:
        if not _overrides(value) or any(type(value) is type(known) for known in asked):
            continue
        place = next((n for n, known in enumerate(asked) if issubclass(type(value), type(known))), len(asked))
        asked.insert(place, value)
    types = tuple(type(value) for value in asked)
    for value in asked:
        result = value.__torch_function__(public_api, types, args, kwargs)
        if result is not NotImplemented:
            return result
    name = f"{getattr(public_api, '__module__', '')}.{getattr(public_api, '__name__', repr(public_api))}"
    raise TypeError(
        f"no implementation found for '{name}' on types that implement __torch_function__: {[kind for kind in types]}. "
        "Handle the function in one of them, or convert the arguments to plain tensors."
    )


def redispatch_function(func: _Function, types: Iterable[type], args: Iterable[Any] = (), kwargs: Any = None) -> Any:
    """Call `func` itself although arguments override it: for a ``__torch_function__`` that lets the work be done.

    Only this call is excepted; what the function calls asks ``__torch_function__`` again.
    """
    stack.skips = True
    try:
        return func(*args, **(kwargs or {}))
    finally:
        stack.skips = False


def _get_current_function_mode() -> TorchFunctionMode | None:
    """The innermost mode of this thread."""
    return stack.modes[-1] if stack.modes else None


def _get_current_function_mode_stack() -> list[TorchFunctionMode]:
    """The modes of this thread, the innermost last."""
    return list(stack.modes)


def wrap_torch_function(dispatcher: Callable[..., Iterable[Any]]) -> Callable[[_Function], _Function]:
    """Decorator: the function is overridable by the arguments that `dispatcher`, called likewise, returns."""

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            relevant = tuple(dispatcher(*args, **kwargs))
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return wrapped

    return decorate


# --- what can be overridden --------------------------------------------------------------------------------------


@functools.cache
def _table() -> tuple[dict[Any, list[_Function]], dict[_Function, str]]:
    """Overridable functions by the namespace they are in, and their names."""
    from importlib import import_module

    import torchere
    from torchere.operators import catalogue
    from torchere.tensors.tensor import Tensor

    found: dict[Any, list[_Function]] = {}
    names: dict[_Function, str] = {}
    for space in sorted(catalogue._functions):
        try:
            owner: ModuleType = import_module(f"torchere.{space}") if space else torchere
        except ImportError:
            continue
        prefix = f"torch.{space}" if space else "torch"
        for name in sorted({*catalogue.names_of(space), *(getattr(owner, "__all__", ()) if space else ())}):
            function = getattr(owner, name, None)
            if callable(function) and not isinstance(function, type) and not name.startswith("__"):
                found.setdefault(owner, []).append(function)
                names.setdefault(function, f"{prefix}.{name}")
    for name in dir(Tensor):
        value = inspect.getattr_static(Tensor, name)
        if name in catalogue._methods or isinstance(value, property):
            method = value.__get__ if isinstance(value, property) else getattr(Tensor, name)
            found.setdefault(Tensor, []).append(method)
            names.setdefault(method, f"torch.Tensor.{name}" + (".__get__" if isinstance(value, property) else ""))
    return found, names


def get_overridable_functions() -> dict[Any, list[_Function]]:
    """Every operator that asks ``__torch_function__``, by the module or class it is found in."""
    return {owner: list(functions) for owner, functions in _table()[0].items()}


def resolve_name(f: _Function) -> str | None:
    """The public name of an overridable function, ``"torch.add"``; None for others."""
    if isinstance(f, str):
        return f
    try:
        return _table()[1].get(f)
    except TypeError:  # not hashable, so none of them
        return None


def is_tensor_method_or_property(func: _Function) -> bool:
    """Whether it is a method of Tensor, or the ``__get__`` of one of its properties.

    An operator's function and method are the same object here, so it is true of ``torch.add``, too.
    """
    from torchere.tensors.tensor import Tensor

    return func in _table()[0].get(Tensor, ()) or getattr(func, "__name__", None) == "__get__"


def get_ignored_functions() -> set[_Function]:
    """Functions of the namespace that never ask ``__torch_function__``: factories, settings and questions."""
    import torchere

    names = (
        "tensor", "as_tensor", "asarray", "from_numpy", "from_dlpack", "frombuffer", "scalar_tensor", "zeros", "ones",
        "empty", "full", "arange", "linspace", "logspace", "eye", "rand", "randn", "randint", "randperm", "normal",
        "can_cast", "promote_types", "result_type", "get_default_dtype", "set_default_dtype", "get_num_threads",
        "set_num_threads", "set_printoptions", "is_tensor", "is_storage", "manual_seed", "seed", "initial_seed",
        "get_rng_state", "set_rng_state", "load", "save", "broadcast_shapes", "set_default_tensor_type",
        "is_grad_enabled", "set_grad_enabled", "no_grad", "enable_grad", "inference_mode",
    )  # fmt: skip
    return {value for name in names if (value := getattr(torchere, name, None)) is not None}


def get_default_nowrap_functions() -> set[_Function]:
    """Functions whose results keep their class when Tensor's own ``__torch_function__`` runs them."""
    from torchere.tensors.tensor import Tensor

    statics = (inspect.getattr_static(Tensor, name, None) for name in ("_base", "grad", "_grad"))
    return {value.__get__ for value in statics if isinstance(value, property)}


def get_testing_overrides() -> dict[_Function, _Function]:
    """A function of the same parameters, returning -1, for each overridable function."""
    ignored = get_ignored_functions()
    return {
        function: _stand_in(function)
        for functions in _table()[0].values()
        for function in functions
        if function not in ignored
    }


def _stand_in(function: _Function) -> _Function:
    def returns_minus_one(*args: Any, **kwargs: Any) -> int:
        return -1

    try:
        returns_minus_one.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    except (TypeError, ValueError):  # special methods made in C have none
        pass
    return returns_minus_one
