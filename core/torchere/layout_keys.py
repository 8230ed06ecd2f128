"""Layouts other than strided as backends beside a device's, so that operators find their kernels by key as ever.

A layout's plugin registers a `LayoutBackend` named as the layout (``sparse_coo``), and kernels for that name. A tensor
of the layout carries a `Key` whose backend is the layout's and whose device is the device where the parts lie. The
native dtype of such an array is a `LayoutDType`, so a kernel may return arrays of any layout: the key of each result
follows from its dtype. Beside operands of a layout, dense ones reach the layout's kernel as the device's own arrays.
"""

from __future__ import annotations

import threading
from typing import Any, ClassVar

import numpy as np

from torchere.backend import _LAYOUT_DTYPES, DeviceBackend, Key, backend_of, key_for
from torchere.devices import device as Device
from torchere.dtypes import DType
from torchere.layouts import layout as Layout
from torchere.plugins import load_layout

__all__ = ["LayoutBackend", "LayoutDType", "layout_key"]

_interned: dict[tuple[str, DType], LayoutDType] = {}
_keys: dict[tuple[str, Device, DType], Key] = {}
_lock = threading.Lock()


class LayoutDType:
    """The dtype of an array of a layout, interned: the layout's name and the elements' dtype."""

    __slots__ = ("dtype", "layout")

    def __init__(self, layout: str, dtype: DType) -> None:
        self.layout = layout
        self.dtype = dtype

    @classmethod
    def of(cls, layout: str, dtype: DType) -> LayoutDType:
        """The one object for a layout and a dtype."""
        found = _interned.get((layout, dtype))
        return found if found is not None else _interned.setdefault((layout, dtype), cls(layout, dtype))

    def key_on(self, device: Device) -> Key:
        """The key of arrays of this dtype on a device."""
        return layout_key(self.layout, device, self.dtype)

    def __repr__(self) -> str:
        return f"<LayoutDType {self.layout} {self.dtype.name}>"

    def __reduce__(self) -> tuple[object, tuple[str, DType]]:
        return LayoutDType.of, (self.layout, self.dtype)


_LAYOUT_DTYPES.add(LayoutDType)


def layout_key(layout: str, device: Device, dtype: DType) -> Key:
    """The key of (layout, device, dtype). RuntimeError where no plugin provides the layout."""
    found = _keys.get((layout, device, dtype))
    if found is None:
        dense = key_for(device, dtype)
        with _lock:
            found = _keys.get((layout, dense.device, dtype))
            if found is None:
                found = Key(load_layout(layout), dense.device, dtype, dense.by_native)
                dense.by_native[found.native] = found
                _keys[(layout, dense.device, dtype)] = found
            _keys[(layout, device, dtype)] = found
    return found


class LayoutBackend(DeviceBackend):
    """How arrays of a layout are read and written. Subclasses set `name`, `layout`, `array_type` and `dtypes`.

    Arrays have `shape` and `dtype` (a `LayoutDType`), and are mutable: `copy_into` replaces what one holds.
    """

    layout: ClassVar[Layout]

    def count(self) -> int:
        """None: a layout is no device, so no accelerator either."""
        return 0

    def key(self, device: Device, dtype: DType) -> Key:
        """The key of this layout on a device."""
        return layout_key(self.layout.name, device, dtype)

    def native_dtype(self, dtype: DType) -> LayoutDType:
        """The layout's dtype with elements of `dtype`."""
        return LayoutDType.of(self.layout.name, dtype)

    def dtype_of(self, array: Any) -> DType:
        """The elements' dtype; kernels of the layout may return arrays of the device, too."""
        native = array.dtype
        return native.dtype if isinstance(native, LayoutDType) else backend_of("cpu").dtype_of(array)

    def from_numpy(self, array: np.ndarray[Any, Any], index: int | None) -> Any:
        """The NumPy array itself: a source that `copy_into` understands."""
        return array
