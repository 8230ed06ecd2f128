"""The text of a tensor, as PyTorch 2.13 prints it, and the options that govern it.

All numbers of one tensor share one style, chosen from the finite values other than zero: integers (``3.``), fixed
point (``0.2500``) or scientific (``2.5000e-01``), and one column width. Tensors beyond ``threshold`` elements show
``edgeitems`` entries at both ends of each dimension, and only what is shown decides style and width. Complex tensors
choose for real and imaginary parts separately.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from torchere import dtypes
from torchere.dtypes import DType

__all__ = ["PrintOptions", "format_tensor", "get_printoptions", "printoptions", "set_printoptions", "tensor_repr"]


@dataclass(slots=True)
class PrintOptions:
    """How tensors are printed; see :func:`set_printoptions`."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES: Final = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}

_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors print, for the whole process.

    `precision`: digits after the point. `threshold`: number of elements beyond which a tensor is summarised.
    `edgeitems`: entries shown at each end of a summarised dimension. `linewidth`: characters a line. `profile`:
    ``"default"``, ``"short"`` or ``"full"`` sets the four first, the other arguments go on top of it. `sci_mode`: True
    or False forces scientific notation on or off; None, which every call without the argument sets, chooses by tensor.

    Raises ValueError for an unknown profile.
    """
    global _options
    chosen = _options
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"set_printoptions: unknown profile {profile!r}. Use 'default', 'short' or 'full'.")
        chosen = _PROFILES[profile]
    _options = PrintOptions(
        chosen.precision if precision is None else precision,
        chosen.threshold if threshold is None else threshold,
        chosen.edgeitems if edgeitems is None else edgeitems,
        chosen.linewidth if linewidth is None else linewidth,
        sci_mode,
    )


def get_printoptions() -> dict[str, Any]:
    """The print options in force, as keywords of :func:`set_printoptions`."""
    return asdict(_options)


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Print options for the length of a ``with`` block; the arguments are those of :func:`set_printoptions`."""
    global _options
    before = _options
    try:
        set_printoptions(**options)
        yield
    finally:
        _options = before


# --- numbers of one tensor ---------------------------------------------------------------------------------------


class _Column:
    """The style and width shared by the numbers of one tensor, or of its real or imaginary parts."""

    __slots__ = ("text", "width")

    def __init__(self, values: list[Any], floating: bool, options: PrintOptions) -> None:
        self.text: Callable[[Any], str]
        if floating:
            self._choose_float_style(values, options)
        else:
            self.text = str
            self.width = max(map(len, map(str, values)), default=1)

    def _choose_float_style(self, values: list[float], options: PrintOptions) -> None:
        # Zero, inf and nan (for which v - v is nan) have no say; without any other value the width stays 1.
        telling = [v for v in values if v and v - v == 0]
        if not telling:
            self.text, self.width = _integral, 1
            return
        fixed, scientific = f"%.{options.precision}f".__mod__, f"%.{options.precision}e".__mod__
        sizes = list(map(abs, telling))
        low, high = min(sizes), max(sizes)
        plain = _integral if all(map(float.is_integer, sizes)) else fixed
        wide_range = high / low > 1000 or high > 1e8 or (plain is fixed and low < 1e-4)
        use_scientific = wide_range if options.sci_mode is None else options.sci_mode
        self.text = scientific if use_scientific else plain
        self.width = max(map(len, map(self.text, telling)))

    def __call__(self, value: Any) -> str:
        return self.text(value).rjust(self.width)


def _integral(value: float) -> str:
    return f"{value:.0f}." if value - value == 0 else f"{value:.0f}"


class _ComplexColumn:
    """Real and imaginary columns joined: ``1.0000+0.5000j``."""

    __slots__ = ("imag", "real", "width")

    def __init__(self, values: np.ndarray[Any, Any], options: PrintOptions) -> None:
        self.real = _Column(values.real.ravel().tolist(), True, options)
        self.imag = _Column(values.imag.ravel().tolist(), True, options)
        self.width = self.real.width + self.imag.width + 1  # the j; the sign belongs to neither column

    def __call__(self, value: complex) -> str:
        imag = self.imag(value.imag).lstrip()
        return f"{self.real(value.real)}{imag}j" if imag[0] == "-" else f"{self.real(value.real)}+{imag}j"


# --- nested brackets ---------------------------------------------------------------------------------------------


def _edges(array: np.ndarray[Any, Any], edgeitems: int) -> tuple[np.ndarray[Any, Any], tuple[bool, ...]]:
    """What a summary shows of an array, and which of its dimensions were cut."""
    cut = tuple(length > 2 * edgeitems for length in array.shape)
    for axis, is_cut in enumerate(cut):
        if is_cut:
            ends = [*range(edgeitems), *range(array.shape[axis] - edgeitems, array.shape[axis])]
            array = array.take(np.array(ends, dtype=np.intp), axis=axis)
    return array, cut


def _brackets(
    values: list[Any],
    cut: Sequence[bool],
    column: Callable[[Any], str],
    per_line: int,
    indent: int,
    edgeitems: int,
) -> str:
    """A nested list in brackets; `cut` says, by dimension, where an ellipsis stands in the middle."""
    if len(cut) == 1:
        items = list(map(column, values))
        if cut[0]:
            items.insert(edgeitems, " ..." if edgeitems else "...")
        if len(items) <= per_line:
            return f"[{', '.join(items)}]"
        lines = [", ".join(items[start : start + per_line]) for start in range(0, len(items), per_line)]
        return f"[{(',' + chr(10) + ' ' * (indent + 1)).join(lines)}]"
    inner = cut[1:]
    parts = [_brackets(item, inner, column, per_line, indent + 1, edgeitems) for item in values]
    if cut[0]:
        parts.insert(edgeitems, "...")
    return f"[{(',' + chr(10) * len(inner) + ' ' * (indent + 1)).join(parts)}]"


def _contents(array: np.ndarray[Any, Any], dtype: DType, indent: int, options: PrintOptions) -> str:
    """The part of the text that shows the elements."""
    edgeitems = options.edgeitems
    summarised = array.size > options.threshold
    cut: tuple[bool, ...] = (False,) * array.ndim
    if summarised:
        array, cut = _edges(array, edgeitems)
    if dtype.is_floating_point and dtype is not dtypes.float64 and dtype is not dtypes.float32:
        # ml_dtypes' own lists hold NumPy scalars; float32 holds each of these values exactly.
        array = array.astype(np.float32)
    column: _Column | _ComplexColumn
    if dtype.is_complex:
        column = _ComplexColumn(array, options)
    else:
        column = _Column(array.ravel().tolist(), dtype.is_floating_point, options)
    if array.ndim == 0:
        return column(array.item())
    # The innermost brackets open ndim - 1 places further right.
    room = options.linewidth - indent - (array.ndim - 1)
    per_line = max(1, room // (column.width + 2))
    return _brackets(array.tolist(), cut, column, per_line, indent, edgeitems)


def format_tensor(
    array: np.ndarray[Any, Any] | None,
    *,
    dtype: DType,
    default_dtype: DType,
    device: str | None = None,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    indent: int = 0,
    prefix: str = "tensor(",
    shape: Sequence[int] | None = None,
    extra: Sequence[str] = (),
) -> str:
    """The text ``repr(tensor)`` gives.

    `array` holds the elements on the host, in the dtype's NumPy equivalent; None prints ``...`` and takes `shape`
    (a tensor without data). `device` is the text shown as ``device='…'``, None for the default device.
    `grad_fn_name`, such as ``AddBackward0``, wins over `requires_grad`. `extra` are more remarks, each ``name=value``.
    `indent` shifts all lines but the first; `prefix` is what stands before the elements.
    """
    options = _options
    indent += len(prefix)
    remarks: list[str] = []
    if device is not None:
        remarks.append(f"device='{device}'")
    usual = dtype is default_dtype or dtype is dtypes.int64 or dtype is dtypes.bool_
    if not usual and dtype.is_complex:
        usual = dtype is default_dtype.to_complex()
    if array is None:
        remarks.append(f"size={tuple(shape or ())}")
        if dtype is not default_dtype:
            remarks.append(f"dtype={dtype!r}")
        text = "..."
    elif array.size == 0:
        # Empty brackets say the shape of a vector only.
        if array.ndim != 1:
            remarks.append(f"size={tuple(array.shape)}")
        if dtype is not default_dtype:
            remarks.append(f"dtype={dtype!r}")
        text = "[]"
    else:
        if not options.edgeitems:  # a summary of no items at all hides the shape
            remarks.append(f"size={tuple(array.shape)}")
        if not usual:
            remarks.append(f"dtype={dtype!r}")
        text = _contents(array, dtype, indent, options)
    if grad_fn_name is not None:
        remarks.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        remarks.append("requires_grad=True")
    remarks.extend(extra)
    return _with_remarks(prefix + text, remarks, indent, options.linewidth)


def _with_remarks(text: str, remarks: Sequence[str], indent: int, linewidth: int) -> str:
    """The text closed by its remarks, each on the last line while it fits."""
    # PyTorch counts the line one longer than it is (two on the first line); where lines break depends on it.
    used = len(text) - text.rfind("\n") + 1
    for remark in remarks:
        if used + len(remark) + 2 > linewidth:
            text += ",\n" + " " * indent + remark
            used = indent + len(remark)
        else:
            text += ", " + remark
            used += len(remark) + 2
    return text + ")"


def tensor_repr(tensor: Any) -> str:
    """The text of a tensor: its elements on the host and what is unusual about it."""
    from torchere.devices import default_device
    from torchere.promotion import get_default_dtype

    if tensor._key.level:
        array = tensor._array
        axis = 0 if array.is_batched else None
        return f"BatchedTensor(lvl={tensor._key.level}, bdim={axis}, value=\n    {tensor_repr(array.tensor)}\n)"
    device = tensor._key.device
    shown = None if device == default_device() or device.type == default_device().type == "cpu" else str(device)
    node = tensor.grad_fn
    return format_tensor(
        tensor._key.backend.to_numpy(tensor._array),
        dtype=tensor._key.dtype,
        default_dtype=get_default_dtype(),
        device=shown,
        requires_grad=tensor._requires_grad,
        grad_fn_name=None if node is None else node.name(),
    )
