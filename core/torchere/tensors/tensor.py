"""The Tensor: a device array, its key and its place in the autograd graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from torchere.autograd.modes import INFERENCE, enable_grad, state
from torchere.backend import Key, key_for
from torchere.devices import device as Device
from torchere.dtypes import DType
from torchere.errors import GradientError
from torchere.layouts import sparse_coo, sparse_csr, strided
from torchere.size import Size
from torchere.storage import InferenceStorage, Storage, fresh_storage
from torchere.tensors.conversion import Conversion
from torchere.tensors.gradients import Gradients, move_retained
from torchere.tensors.indexing import Indexing
from torchere.tensors.sparsity import Sparsity

__all__ = ["PLAIN", "Tensor", "refresh_view", "wrap"]


class Tensor(Indexing, Conversion, Gradients, Sparsity):
    """A multi-dimensional array of one dtype on one device, differentiable.

    Made by factories (``torchere.zeros``), from data (``torchere.tensor``) and by operators; operators are methods,
    too. The legacy constructor makes uninitialised float32 tensors from sizes, or converts a sequence.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_array",
        "_key",
        "_node",
        "_requires_grad",
        "_storage",
        "_view",
    )
    _array: Any
    _key: Key
    _requires_grad: bool
    #: The node this tensor is the result of; None for leaves.
    _node: Any
    #: Version counter shared with views and aliases; None while nobody needs it.
    _storage: Storage | None
    #: (parent, view operator, its other arguments, `Storage.rebased` when made); None for what is no view.
    _view: Any

    # Rarely set, so kept in the instance dict.
    _grad: Tensor | None = None
    _hooks: Any = None
    _retains: bool = False
    #: (function, index) of a view that is one of several outputs (`torchere.tensors.views`).
    _piece: tuple[str, int] | tuple[str, int, bool] | None = None
    _backward_hooks: Any = None

    if TYPE_CHECKING:
        # Operators become methods when their plugin registers them; users see them in the stubs.
        def __getattr__(self, name: str) -> Any: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...

    __hash__ = object.__hash__
    __array_priority__: ClassVar[int] = 1000

    def __new__(cls, *args: Any, **kwargs: Any) -> Tensor:
        from torchere.creation import legacy_constructor

        made: Tensor = legacy_constructor(cls, args, kwargs)
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__torch_function__" in cls.__dict__ and cls.__torch_function__ is disabled_torch_function:
            PLAIN.add(cls)

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: tuple[type, ...], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Called instead of an operator when an operand is of a subclass that overrides it."""
        from torchere.tensors.subclass import default_torch_function

        return default_torch_function(cls, func, types, args, kwargs or {})

    # --- what it is ------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return tuple.__new__(Size, self._array.shape)  # ints already: Size() would look at each

    @property
    def dtype(self) -> DType:
        """The element type."""
        return self._key.dtype

    @property
    def device(self) -> Device:
        """Where the elements are."""
        return self._key.device

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._array.shape)

    def dim(self) -> int:
        """The number of dimensions."""
        return len(self._array.shape)

    ndimension = dim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of dimension `dim`."""
        if dim is None:
            return self.shape
        from torchere.operators.arguments import wrap_dim

        shape = self._array.shape
        if not shape:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        return int(shape[wrap_dim(dim, len(shape), "size")])

    @property
    def names(self) -> tuple[str | None, ...]:
        """The name of each dimension, None where it has none; assigning is ``rename_``."""
        return self.__dict__.get("_names") or (None,) * len(self._array.shape)

    @names.setter
    def names(self, value: Any) -> None:
        self.rename_(*(value if value is not None else (None,)))

    def numel(self) -> int:
        """The number of elements."""
        return prod(self._array.shape)

    nelement = numel

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._key.dtype.itemsize

    def element_size(self) -> int:
        """Bytes of one element."""
        return self._key.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.numel() * self._key.dtype.itemsize

    @property
    def layout(self) -> Any:
        """How the elements are held: ``torch.strided``, or a sparse layout."""
        return self._key.backend.layout

    @property
    def is_sparse(self) -> bool:
        """Whether the layout is ``torch.sparse_coo``."""
        return self._key.backend.layout is sparse_coo

    @property
    def is_sparse_csr(self) -> bool:
        """Whether the layout is ``torch.sparse_csr``."""
        return self._key.backend.layout is sparse_csr

    is_mkldnn = is_quantized = is_nested = is_meta = False

    @property
    def is_cuda(self) -> bool:
        """Whether it is on a CUDA device."""
        return self._key.device.type == "cuda"

    @property
    def is_cpu(self) -> bool:
        """Whether it is in host memory as the device ``cpu``."""
        return self._key.device.type == "cpu"

    def get_device(self) -> int:
        """The device's index; -1 on the cpu."""
        index = self._key.device.index
        return -1 if self._key.device.type == "cpu" else (index or 0)

    def is_floating_point(self) -> bool:
        """Whether the dtype is floating (complex is not)."""
        return self._key.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the dtype is complex."""
        return self._key.dtype.is_complex

    def is_signed(self) -> bool:
        """Whether the dtype has negative values."""
        return self._key.dtype.is_signed

    def is_conj(self) -> bool:
        """Always False: conjugates are computed, not marked."""
        return False

    def is_neg(self) -> bool:
        """Always False: negatives are computed, not marked."""
        return False

    def is_inference(self) -> bool:
        """Whether it was made in inference mode: then it has no version, and is not saved or written to outside."""
        return self._storage.__class__ is InferenceStorage

    def stride(self, dim: int | None = None) -> Any:
        """Steps in elements between neighbours of each dimension, or of dimension `dim`."""
        strides = self._key.backend.strides(self._array)
        if dim is None:
            return strides
        from torchere.operators.arguments import wrap_dim

        return strides[wrap_dim(dim, len(strides), "stride")]

    def storage_offset(self) -> int:
        """Elements between the start of the memory and the first element."""
        return self._key.backend.storage_offset(self._array)

    def data_ptr(self) -> int:
        """Address of the first element."""
        return self._key.backend.data_ptr(self._array)

    def untyped_storage(self) -> Any:
        """The memory behind the tensor, as bytes."""
        from torchere.storages import untyped_storage_of

        return untyped_storage_of(self)

    def storage(self) -> Any:
        """The memory behind the tensor, as elements."""
        from torchere.storages import typed_storage_of

        return typed_storage_of(self)

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements lie in row-major order without gaps."""
        if memory_format is None:
            return self._key.backend.is_contiguous(self._array)
        from torchere.layouts import is_contiguous_in

        return is_contiguous_in(self, memory_format)

    def is_set_to(self, tensor: Tensor) -> bool:
        """Whether both are the same elements of the same memory."""
        return self.data_ptr() == tensor.data_ptr() and self.shape == tensor.shape and self.stride() == tensor.stride()

    def is_shared(self) -> bool:
        """Whether the memory is shared between processes."""
        return bool(self.__dict__.get("_shared", False))

    def is_pinned(self, device: Any = None) -> bool:
        """Whether the memory is page-locked for an accelerator."""
        return bool(self.__dict__.get("_pinned", False))

    def pin_memory(self, device: Any = None) -> Tensor:
        """The tensor itself: without an accelerator there is nothing to pin for."""
        return self

    def share_memory_(self) -> Tensor:
        """Accepted for PyTorch's sake; workers receive tensors through shared memory by themselves."""
        self.__dict__["_shared"] = True
        return self

    # --- place in the graph ------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are recorded. Only floating and complex tensors can."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value is not True and value is not False:
            raise GradientError("requires_grad must be a bool")
        if self._node is not None:
            hint = (
                ""
                if value
                else (
                    " If you want to use a computed variable in a subgraph that doesn't require differentiation use "
                    "var_no_grad = var.detach()."
                )
            )
            raise GradientError(f"you can only change requires_grad flags of leaf variables.{hint}")
        self.requires_grad_(value)

    @requires_grad.deleter
    def requires_grad(self) -> None:
        raise GradientError("requires_grad must be a bool")

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than by a recorded operation."""
        return not self._requires_grad or self._node is None

    @property
    def grad_fn(self) -> Any:
        """The node that made it; None for leaves."""
        if self._view is not None:
            refresh_view(self)
        node = self._node
        if node is not None and node.__class__.__name__ == "OutputSlot":
            return node.edges[0]
        return node

    @property
    def output_nr(self) -> int:
        """Which output of its `grad_fn` it is."""
        return getattr(self._node, "index", 0)

    @property
    def grad(self) -> Tensor | None:
        """The gradient `backward` left; None before."""
        if self._node is not None and self._grad is None and not self._retains:
            import warnings

            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't be populated during autograd.backward(). If you indeed want the .grad field to be populated "
                "for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor.",
                UserWarning,
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
                )
            if value is self:
                raise GradientError("can't assign Variable as its own grad")
            if tuple(value._array.shape) != tuple(self._array.shape):
                raise GradientError(
                    f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
                    f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
                )
            if value._key is not self._key and (value.dtype is not self.dtype or value.device is not self.device):
                raise GradientError(
                    f"attempting to assign a gradient with dtype {value.dtype} on {value.device} to a tensor with "
                    f"dtype {self.dtype} on {self.device}. Convert it first: grad.to(tensor)."
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def data(self) -> Tensor:
        """The same memory outside the graph; writes through it are not noticed by autograd."""
        alias = wrap(self._key.backend.alias(self._array), self._key)
        if self.is_inference():
            alias._storage = self._storage
        return alias

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self._requires_grad and value._key.dtype.category < 2:
            raise GradientError("data set to a tensor that requires gradients must be floating point or complex dtype")
        # The memory is the other tensor's from now on; the version goes on counting.
        version = 0 if self._storage is None else self._version
        self._array = value._array
        self._key = value._key
        self._storage = value._storage if value.is_inference() else Storage()
        if version:
            self._storage.version = version  # type: ignore[union-attr]
        self._view = None

    @data.deleter
    def data(self) -> None:
        raise GradientError("Deleting tensor data is not allowed. Delete tensor instead!")

    @property
    def _version(self) -> int:
        storage = self._storage
        if storage.__class__ is InferenceStorage:
            raise GradientError("Inference tensors do not track version counter.")
        return 0 if storage is None else storage.version

    @property
    def _base(self) -> Tensor | None:
        view = self._view
        if view is None:
            return None
        while view is not None:
            base = view[0]
            view = base._view
        return base  # type: ignore[no-any-return]

    def _is_view(self) -> bool:
        return self._view is not None

    # --- Python protocols --------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        shape = self._array.shape
        if not shape:
            raise TypeError("len() of a 0-d tensor")
        return int(shape[0])

    def __iter__(self) -> Iterator[Tensor]:
        if not self._array.shape:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, element: Any) -> bool:
        if isinstance(element, (Tensor, bool, int, float, complex)):
            equal: Any = self == element
            return bool(equal.any())
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        from torchere.tensors.printing import tensor_repr

        if self._key.backend.layout is not strided:
            return self._key.backend.text_of(self)  # type: ignore[attr-defined, no-any-return]
        return tensor_repr(self)

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        if not self._array.shape:
            return format(self.item(), spec)
        return object.__format__(self, spec)


PLAIN: set[type] = {Tensor}
"""Types whose operands take an operator's fast path: Tensor, and subclasses without ``__torch_function__``."""


def disabled_torch_function(*_: Any) -> Any:
    """Assign as ``__torch_function__`` of a subclass that is to behave as a plain Tensor."""
    return NotImplemented


def wrap(array: Any, key: Key) -> Tensor:
    """A new leaf tensor around a device array."""
    tensor = object.__new__(Tensor)
    tensor._array = array
    tensor._key = key
    tensor._requires_grad = False
    tensor._node = None
    tensor._storage = fresh_storage() if INFERENCE else None
    tensor._view = None
    return tensor


def wrap_like(array: Any, device: Device, dtype: DType) -> Tensor:
    """`wrap` by device and dtype."""
    return wrap(array, key_for(device, dtype))


def refresh_view(tensor: Tensor) -> None:
    """Renew a view's history if its base was written to inside a graph since the view was made."""
    parent, op, args, seen = tensor._view
    storage = tensor._storage
    assert storage is not None
    if storage.rebased == seen:
        return
    if parent._view is not None:
        refresh_view(parent)
    if not parent._requires_grad:
        return
    if seen < 0 or tensor._piece is not None:
        from torchere.tensors.views import refuse_rewriting

        refuse_rewriting(tensor, None)
    with enable_grad():
        renewed = op.entry(parent, *args)
    old = tensor._node
    tensor._node = renewed._node
    if tensor._retains:
        move_retained(tensor, old)
    tensor._requires_grad = renewed._requires_grad
    tensor._view = (parent, op, args, storage.rebased)


assert state is not None
