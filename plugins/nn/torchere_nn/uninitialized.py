"""Parameters and buffers whose shape is not known yet: the state of lazy modules before their first call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torchere as torch
from torchere import Tensor
from torchere.tensors.parameter import Parameter

__all__ = ["UninitializedBuffer", "UninitializedParameter", "UninitializedTensorMixin", "is_lazy"]

#: Functions that need no shape: conversions, which a module applies before its first call, and questions of the dtype.
_ALLOWED = frozenset(
    (
        "__hash__", "copy_", "copy", "is_complex", "is_floating_point", "half", "float", "double", "char", "short",
        "int", "long", "cuda", "cpu", "to", "to_dtype", "to_device", "get_device",
    )
)  # fmt: skip
#: Methods that ask for no override, being no operators, and must not answer for the empty tensor underneath.
_REFUSED = (
    "numel", "nelement", "element_size", "detach", "detach_", "is_shared", "__len__", "dim",
    "stride", "item", "tolist", "numpy", "is_contiguous", "__iter__", "__array__", "view_as", "expand_as",
    "storage_offset", "untyped_storage", "data_ptr", "zero_", "new_zeros", "new_ones", "new_empty", "new_full",
    "new_tensor",
)  # fmt: skip


def _refuse(name: str) -> Any:
    raise ValueError(
        f"Attempted to use an uninitialized parameter in {name}. This happens with a lazy module, or with an "
        "UninitializedParameter of your own: it has no shape yet. Call the module with a dummy batch to initialize "
        "the parameters before calling torch functions on them."
    )


def _plain(value: Any) -> Tensor:
    """The empty tensor underneath."""
    return Tensor.as_subclass(value, Tensor).detach()


def _empty(cls: type, requires_grad: bool, device: Any, dtype: Any) -> Any:
    made = torch.empty(0, device=device, dtype=dtype).as_subclass(cls)
    made.requires_grad_(requires_grad)
    return made


class UninitializedTensorMixin:
    """A tensor that has a dtype and a device, but neither shape nor values until :meth:`materialize`."""

    cls_to_become: ClassVar[type]

    def materialize(self, shape: Sequence[int], device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary tensor of `shape` with uninitialised values, in place; the object stays the same.

        `device` and `dtype` are the ones chosen at the making unless given.
        """
        values = torch.empty(
            shape, device=self.device if device is None else device, dtype=self.dtype if dtype is None else dtype
        )
        self.__class__ = self.cls_to_become  # type: ignore[assignment]
        self.data = values

    @property
    def data(self) -> Any:
        """The empty tensor underneath."""
        return _plain(self)

    @data.setter
    def data(self, values: Any) -> None:
        Tensor.data.__set__(self, values)

    @property
    def shape(self) -> Any:
        """Unknown: raises RuntimeError."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    def size(self, dim: int | None = None) -> Any:
        """The size of the empty tensor underneath."""
        return _plain(self).size() if dim is None else _plain(self).size(dim)

    def share_memory_(self) -> Any:
        """There is no memory yet: raises RuntimeError."""
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters "
            "before calling `module.share_memory()`."
        )

    def __repr__(self, **_: Any) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self.requires_grad, self.device, self.dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        made = type(self)(self.requires_grad, self.device, self.dtype)
        memo[id(self)] = made
        return made

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", str(func))
        if name in _ALLOWED or name in ("__get__", "__set__"):
            return cls._permitted(func, args, kwargs or {})
        return _refuse(name)

    @classmethod
    def _permitted(cls, func: Any, args: Any, kwargs: Any) -> Any:
        """The result of an allowed function, computed on the empty tensors underneath."""
        plain = tuple(_plain(item) if is_lazy(item) else item for item in args)
        result = func(*plain, **kwargs)
        if plain and result is plain[0]:
            return args[0]
        # A module puts a converted buffer in the old one's place; of a parameter it takes the data only.
        lazy = next((item for item in args if is_lazy(item)), None)
        if isinstance(lazy, UninitializedBuffer) and isinstance(result, Tensor):
            return result.as_subclass(type(lazy))
        return result


def _refusing(name: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _refuse(f"Tensor.{name}()")

    method.__name__ = name
    method.__doc__ = "Needs a shape: raises ValueError."
    return method


for _name in _REFUSED:
    setattr(UninitializedTensorMixin, _name, _refusing(_name))


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc]
    """A :class:`Parameter` whose shape a lazy module finds out at its first call.

    It can be registered, moved, converted and handed to an optimizer; anything that needs the shape raises.
    :meth:`materialize` makes it a Parameter, the same object.
    """

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        return _empty(cls, requires_grad, device, dtype)

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        pass


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc]
    """A buffer whose shape a lazy module finds out at its first call; :meth:`materialize` makes it a Tensor.

    `persistent`: whether the buffer is part of the state dict when it is assigned as an attribute.
    """

    cls_to_become = Tensor

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        made = _empty(cls, requires_grad, device, dtype)
        made.persistent = persistent
        return made

    def __init__(
        self, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> None:
        pass


def is_lazy(param: Any) -> bool:
    """Whether `param` is a parameter or buffer without a shape yet."""
    return isinstance(param, UninitializedTensorMixin)
