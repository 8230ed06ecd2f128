"""The sparse layouts as backends: how their arrays are converted, copied, printed and pickled."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from torchere import layouts
from torchere.backend import backend_of
from torchere.dtypes import DTYPES
from torchere.errors import ShapeError
from torchere.layout_keys import LayoutBackend, LayoutDType
from torchere.promotion import scalar_type_name

from .arrays import CompressedArray, CooArray, dtype_of, to_numpy

__all__ = ["BACKENDS", "SparseBackend"]


class SparseBackend(LayoutBackend):
    """What the five layouts share."""

    dtypes = tuple(dtype.name for dtype in DTYPES)

    def to_numpy(self, array: Any) -> np.ndarray[Any, Any]:
        """The dense equivalent."""
        return to_numpy(array)

    def adopt(self, value: Any, native_dtype: Any) -> Any:
        """What a kernel returned: arrays of any layout, and NumPy scalars."""
        return value if isinstance(value, (CooArray, CompressedArray)) else np.asarray(value)

    def astype(self, array: Any, native_dtype: Any) -> Any:
        """A copy with values of another dtype."""
        dtype = native_dtype.dtype.numpy if isinstance(native_dtype, LayoutDType) else native_dtype
        if isinstance(array, np.ndarray):
            return array.astype(dtype)
        return array.with_values(backend_of("cpu").astype(array.values, dtype))

    def copy_into(self, destination: Any, source: Any) -> None:
        """Replace what `destination` holds; a dense source may only be a zero."""
        if type(source) is type(destination) and source.dtype.layout == destination.dtype.layout:
            destination.become(source)
            return
        if isinstance(source, np.ndarray):
            if source.ndim == 0 and not source:
                destination.clear()
                return
            if source.ndim == 0:
                raise NotImplementedError(
                    f"fill_: a tensor of layout {self.name} holds no place for zeros that become another number. Fill "
                    "its values: x.values().fill_(v); or make it dense: x.to_dense()."
                )
        type_names = [self._type_name(item) for item in (destination, source)]
        raise ShapeError(
            "copy_() between dense and sparse Tensors is not implemented! Found self type = "
            f"{type_names[0]} and src type = {type_names[1]}. Convert first: x.to_dense() or x.to_sparse()."
        )

    @staticmethod
    def _type_name(array: Any) -> str:
        if isinstance(array, np.ndarray):
            return f"torch.{scalar_type_name(dtype_of(array))}Tensor"
        return f"torch.sparse.{scalar_type_name(array.dtype.dtype)}Tensor"

    def is_contiguous(self, array: Any) -> bool:
        """Never: elements do not lie in row-major order."""
        return False

    def owns_memory(self, array: Any) -> bool:
        """Kernels return arrays whose parts may be shared."""
        return False

    def data_ptr(self, array: Any) -> int:
        """An error, as there is no one memory."""
        raise ShapeError(
            "Cannot access data pointer of Tensor that doesn't have storage: it is sparse. Ask its parts, "
            "x._values().data_ptr()."
        )

    def text_of(self, tensor: Any) -> str:
        """The text of a sparse tensor."""
        from .printing import sparse_repr

        return sparse_repr(tensor)

    def pickled(self, tensor: Any) -> Any:
        """What pickling a tensor of the layout keeps."""
        array = tensor._array
        if isinstance(array, CooArray):
            parts: tuple[Any, ...] = (array.indices, array.values, array.shape, array.coalesced)
        else:
            parts = (array.layout, array.compressed, array.plain, array.values, array.shape)
        return rebuild, (parts, tensor._key.device, tensor._requires_grad)

    def refuse_numpy(self) -> TypeError:
        """The error of ``x.numpy()``."""
        name = {"sparse_coo": "Sparse"}.get(self.name, f"Sparse{self.name[7:].capitalize()}")
        return TypeError(f"can't convert {name} layout tensor to numpy. Use Tensor.to_dense() first.")


def rebuild(parts: tuple[Any, ...], device: Any, requires_grad: bool) -> Any:
    """A tensor from what pickling kept."""
    from torchere.tensors.tensor import wrap

    array: Any = CompressedArray(*parts) if isinstance(parts[0], str) else CooArray(*parts)
    tensor = wrap(array, array.dtype.key_on(device))
    tensor._requires_grad = requires_grad
    return tensor


class CooBackend(SparseBackend):
    """``torch.sparse_coo``."""

    name = "sparse_coo"
    layout: ClassVar[layouts.layout] = layouts.sparse_coo
    array_type = CooArray


def _compressed(name: str) -> SparseBackend:
    kind = type(
        f"{name[7:].capitalize()}Backend",
        (SparseBackend,),
        {
            "name": name,
            "layout": getattr(layouts, name),
            "array_type": CompressedArray,
            "__doc__": f"``torch.{name}``.",
        },
    )
    made: SparseBackend = kind()
    return made


BACKENDS: dict[str, SparseBackend] = {
    "sparse_coo": CooBackend(),
    **{name: _compressed(name) for name in ("sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc")},
}
