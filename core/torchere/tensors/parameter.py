"""Parameter: a leaf that modules register and optimizers update."""

from __future__ import annotations

from typing import Any

from torchere.tensors.tensor import PLAIN, Tensor, disabled_torch_function

__all__ = ["Buffer", "Parameter"]


class _ParameterMeta(type(Tensor)):  # type: ignore[misc]
    """Lets tensors of other subclasses, marked as parameters, count as instances."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if super().__instancecheck__(instance):
            return True
        return cls is Parameter and isinstance(instance, Tensor) and getattr(instance, "_is_param", False)


class Parameter(Tensor, metaclass=_ParameterMeta):
    """A tensor that is a module's parameter: assigned as an attribute of a module, it appears in ``parameters()``.

    `data` is shared, not copied. `requires_grad` is True unless said otherwise.
    """

    __torch_function__ = disabled_torch_function  # type: ignore[assignment]

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            from torchere.creation import tensor

            data = tensor([])
        if not isinstance(data, Tensor):
            raise TypeError(f"Parameter(): argument 'data' must be Tensor, not {type(data).__name__}")
        made = data.detach().as_subclass(cls) if type(data) in PLAIN else data.detach()
        if not isinstance(made, cls):
            made._is_param = True
        made.requires_grad_(requires_grad)
        return made

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        super().__init__()

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + super().__repr__()

    __str__ = __repr__  # type: ignore[assignment]


class Buffer(Tensor):
    """A tensor that is a module's buffer: saved with it, not trained. `persistent`: part of the state dict."""

    __torch_function__ = disabled_torch_function  # type: ignore[assignment]

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        if data is None:
            from torchere.creation import tensor

            data = tensor([])
        made = data.detach().as_subclass(cls).requires_grad_(data.requires_grad)
        made.persistent = persistent
        return made

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        super().__init__()
