"""``torchere.compile`` and ``torchere.compiler``: PyTorch's compiler interface, for programs that call it.

torchere compiles nothing: `compile` checks its arguments and returns the function or module itself, which runs as
written. So results, gradients, hooks and state-dict keys are those of the plain program (PyTorch's compiled modules add
``_orig_mod.`` to the keys), and nothing gets faster. Every question whether code is being compiled is answered with no.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from torchere.errors import TorchereError

__all__ = [
    "InvalidBackend",
    "allow_in_graph",
    "assume_constant_result",
    "compile",
    "cudagraph_mark_step_begin",
    "disable",
    "get_default_backend",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "list_backends",
    "nested_compile_region",
    "reset",
    "set_default_backend",
    "set_stance",
    "substitute_in_graph",
]

F = TypeVar("F", bound=Callable[..., Any])

_BACKENDS = ("cudagraphs", "inductor", "openxla", "tvm")
#: Backends PyTorch lists only when asked for everything: for finding errors, and experiments.
_SPECIAL_BACKENDS = (
    "aot_eager",
    "aot_eager_decomp_partition",
    "aot_eager_default_partitioner",
    "aot_ts",
    "eager",
    "eager_debug",
    "eager_noexcept",
    "pre_dispatch_eager",
    "ts",
)
_MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")
_STANCES = (
    "default",
    "default_on_miss",
    "eager_on_recompile",
    "eager_then_compile",
    "fail_on_recompile",
    "force_eager",
)

_default_backend: str | Callable[..., Any] = "inductor"


class InvalidBackend(TorchereError, RuntimeError):
    """A backend of a name that nobody has."""


def compile(
    model: Any = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable[..., Any] | None = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    name: str | None = None,
    disable: bool = False,
    recompile_limit: int | None = None,
    isolate_recompiles: bool = False,
    shapes_spec: Any = None,
) -> Any:
    """`model` itself, a function or module, after checking the arguments; without `model`, a decorator.

    Nothing is compiled, whatever the keywords: each is accepted for PyTorch's programs. A `backend` that is a function
    is never called, because there is no graph to give it: a UserWarning says so.

    Raises `InvalidBackend` (a RuntimeError) for an unknown name of a backend, RuntimeError for an unknown `mode` or for
    `mode` together with `options`, TypeError for a `model` that cannot be called.

    >>> import torchere as torch
    >>> @torch.compile(mode="reduce-overhead")
    ... def double(x):
    ...     return x * 2
    >>> double(torch.tensor(2.0))
    tensor(4.)
    """
    chosen = _default_backend if backend is None else backend
    if mode is not None and options is not None:
        raise RuntimeError("compile: give mode or options, not both of them")
    if mode is not None and mode not in _MODES:
        raise RuntimeError(f"compile: mode {mode!r} is none of {', '.join(_MODES)}")
    _check_backend(chosen)
    if callable(chosen) and not disable:
        warnings.warn(
            "compile: torchere runs programs as written, so the backend given will not be called",
            UserWarning,
            stacklevel=2,
        )

    def unchanged(model: F) -> F:
        if not callable(model):
            raise TypeError(f"compile: expected a function or module, got {type(model).__name__}")
        return model

    return unchanged if model is None else unchanged(model)


def _check_backend(backend: Any) -> None:
    known = _BACKENDS + _SPECIAL_BACKENDS
    if isinstance(backend, str) and backend not in known:
        raise InvalidBackend(f"compile: there is no backend {backend!r}. Known are {', '.join(known)}.")
    if not isinstance(backend, str) and not callable(backend):
        raise TypeError(f"compile: backend must be a name or a function, not {type(backend).__name__}")


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    """The names `compile` accepts; with None or an empty collection also those for finding errors."""
    return sorted(_BACKENDS if exclude_tags else _BACKENDS + _SPECIAL_BACKENDS)


def set_default_backend(backend: str | Callable[..., Any]) -> None:
    """The backend that `compile` checks when none is given. Raises as `compile`."""
    global _default_backend
    _check_backend(backend)
    _default_backend = backend


def get_default_backend() -> str | Callable[..., Any]:
    """What was last set; ``"inductor"`` at first."""
    return _default_backend


def is_compiling() -> bool:
    """False: nothing is ever compiled."""
    return False


def is_dynamo_compiling() -> bool:
    """False: nothing is ever compiled."""
    return False


def is_exporting() -> bool:
    """False: nothing is ever exported by tracing through a compiler."""
    return False


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """`fn` itself; without it, a decorator that returns what it decorates."""

    def unchanged(fn: F) -> F:
        return fn

    return unchanged if fn is None else fn


def allow_in_graph(fn: Any) -> Any:
    """`fn` itself, or the list of functions itself. TypeError for what cannot be called."""
    for item in fn if isinstance(fn, (list, tuple)) else (fn,):
        if not callable(item):
            raise TypeError(f"allow_in_graph: expected a function, got {type(item).__name__}")
    return fn


def assume_constant_result(fn: F) -> F:
    """`fn` itself."""
    return fn


def nested_compile_region(fn: Any = None) -> Any:
    """`fn` itself; without it, a decorator that returns what it decorates."""
    return disable(fn)


def substitute_in_graph(
    original_fn: Any, *, can_constant_fold_through: bool = False, skip_signature_check: bool = False
) -> Callable[[F], F]:
    """A decorator that returns what it decorates: there is no graph in which to replace `original_fn`."""
    if not callable(original_fn):
        raise TypeError(f"substitute_in_graph: expected a function, got {type(original_fn).__name__}")

    def unchanged(fn: F) -> F:
        return fn

    return unchanged


def reset() -> None:
    """Forget what was compiled, which is nothing."""


def cudagraph_mark_step_begin() -> None:
    """Mark the begin of a step for CUDA graphs, which nothing records."""


class set_stance:
    """How compiled code is to behave from now on; also a context manager, and a decorator. Nothing is compiled, so
    it only checks its argument: RuntimeError for an unknown `stance`."""

    def __init__(
        self, stance: str = "default", *, skip_guard_eval_unsafe: bool = False, force_backend: Any = None
    ) -> None:
        if stance not in _STANCES:
            raise RuntimeError(f"set_stance: {stance!r} is none of {', '.join(_STANCES)}")
        if force_backend is not None:
            _check_backend(force_backend)

    def __call__(self, fn: F) -> F:
        """`fn` itself."""
        return fn

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None
