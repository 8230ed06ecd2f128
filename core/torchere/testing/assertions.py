"""`assert_close`: are two results, or two nested structures of them, the same within a tolerance?

The whole structure is walked before a value is compared, so wrong keys and lengths are found first. Values are
compared as NumPy arrays, whichever device they came from.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from torchere.dtypes import DType
from torchere.promotion import promote_types
from torchere.tensors.tensor import Tensor

__all__ = ["assert_allclose", "assert_close"]

Path = tuple[Any, ...]
Array = np.ndarray[Any, Any]

#: dtype → default ``rtol`` and ``atol``; every other dtype is compared exactly.
DEFAULT_TOLERANCES: dict[str, tuple[float, float]] = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}

#: The table of the deprecated `assert_allclose`.
_FORMER_TOLERANCES: dict[str, tuple[float, float]] = {
    "float16": (1e-3, 1e-3),
    "float32": (1e-4, 1e-5),
    "float64": (1e-5, 1e-8),
}


class _Different(Exception):
    """Two things are not the same: what differs, and where in the structure."""

    def __init__(self, text: str, path: Path) -> None:
        super().__init__(text)
        self.text, self.path = text, path

    def __str__(self) -> str:
        return self.text + _place(self.path)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The keywords of `assert_close`."""

    allow_subclasses: bool
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_device: bool
    check_dtype: bool
    check_layout: bool
    check_stride: bool

    def tolerances(self, *dtypes: str) -> tuple[float, float]:
        """``rtol`` and ``atol``: those given, or the widest defaults of the dtypes."""
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        defaults = [DEFAULT_TOLERANCES.get(name, (0.0, 0.0)) for name in dtypes]
        return max(rtol for rtol, _ in defaults), max(atol for _, atol in defaults)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise AssertionError unless ``|actual - expected| <= atol + rtol * |expected|`` holds for every element.

    Tensors, NumPy arrays, Python and NumPy numbers, bools and None are compared, and sequences and mappings of them by
    items and keys. Infinities are equal to themselves, NaNs only with ``equal_nan=True``. Give both tolerances or
    neither: the defaults (rtol, atol) are (1e-3, 1e-5) for float16, (1.6e-2, 1e-5) for bfloat16, (1.3e-6, 1e-5) for
    float32 and complex64, (1e-7, 1e-7) for float64, complex128 and Python's float and complex, and 0 otherwise.

    Shapes must agree, and unless the keyword is False: ``check_device`` devices, ``check_dtype`` dtypes (of numbers:
    types), ``check_layout`` layouts; with ``check_stride=True`` also strides. Without the check, values are moved,
    promoted or made dense first. ``allow_subclasses=False`` asks for the very same type.

    ``msg`` replaces the text of the error; a callable makes it from the text.

    Raises: AssertionError for a difference; TypeError for things of unrelated or unknown types; ValueError for one
    tolerance without the other. Follows ``torch.testing.assert_close``.

    >>> import torchere as torch
    >>> torch.testing.assert_close(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0 + 1e-7]))
    """
    if (rtol is None) != (atol is None):
        absent = "rtol" if rtol is None else "atol"
        raise ValueError(f"assert_close: give both rtol and atol, or neither of them; there is no {absent}")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value is not None and not value >= 0:
            raise ValueError(f"assert_close: {name} must be zero or more, not {value}")
    rules = _Rules(allow_subclasses, rtol, atol, equal_nan, check_device, check_dtype, check_layout, check_stride)
    try:
        for left, right, path in list(_pairs(actual, expected, (), rules)):
            _compare(left, right, path, rules)
    except _Different as difference:
        text = str(difference)
        if callable(msg):
            text = msg(text)
        elif isinstance(msg, str):
            text = msg
    else:
        return
    raise AssertionError(text)


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """Deprecated, as in PyTorch: `assert_close` on what `torchere.as_tensor` makes of both, with looser defaults.

    Devices, dtypes and strides are not compared. Raises what `assert_close` raises.
    """
    warnings.warn(
        "torchere.testing.assert_allclose is deprecated, as in PyTorch. Use torchere.testing.assert_close.",
        FutureWarning,
        stacklevel=2,
    )
    import torchere

    tensors = [item if isinstance(item, Tensor) else torchere.as_tensor(item) for item in (actual, expected)]
    if rtol is None and atol is None:
        former = [_FORMER_TOLERANCES.get(item.dtype.name, (0.0, 0.0)) for item in tensors]
        rtol, atol = max(pair[0] for pair in former), max(pair[1] for pair in former)
    assert_close(
        *tensors,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        check_device=False,
        check_dtype=False,
        check_stride=False,
        msg=msg or None,
    )


def _place(path: Path) -> str:
    return "\n\nIt is item " + "".join(f"[{key!r}]" for key in path) + " of what was compared." if path else ""


def _pairs(actual: Any, expected: Any, path: Path, rules: _Rules) -> Iterator[tuple[Any, Any, Path]]:
    """The leaves of two structures, side by side."""
    if _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            raise _Different(f"The sequences differ in length: {len(actual)} != {len(expected)}.", path)
        for index, (left, right) in enumerate(zip(actual, expected, strict=True)):
            yield from _pairs(left, right, (*path, index), rules)
    elif isinstance(actual, Mapping) and isinstance(expected, Mapping):
        missing, additional = ([k for k in a if k not in b] for a, b in ((expected, actual), (actual, expected)))
        if missing or additional:
            raise _Different(
                f"The mappings differ in their keys.\nMissing in the actual one: {_sorted(missing)}\n"
                f"Additional in the actual one: {_sorted(additional)}",
                path,
            )
        for key in _sorted(list(actual)):
            yield from _pairs(actual[key], expected[key], (*path, key), rules)
    else:
        yield (*_leaves(actual, expected, path, rules), path)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _sorted(keys: list[Any]) -> list[Any]:
    try:
        return sorted(keys)
    except TypeError:  # keys of several types keep their order
        return keys


def _leaves(actual: Any, expected: Any, path: Path, rules: _Rules) -> tuple[Any, Any]:
    """Two leaves as numbers, None, or tensors; TypeError if they cannot be compared."""
    if actual is None or expected is None:
        return actual, expected
    numbers = (bool, int, float, complex, np.number, np.bool_)
    if isinstance(actual, numbers) and isinstance(expected, numbers):
        return tuple(item.item() if isinstance(item, np.generic) else item for item in (actual, expected))  # type: ignore[return-value]
    ours, theirs = type(actual), type(expected)
    related = ours is theirs or (rules.allow_subclasses and (issubclass(ours, theirs) or issubclass(theirs, ours)))
    if related and not isinstance(actual, numbers):
        try:
            return _tensor(actual), _tensor(expected)
        except (TypeError, ValueError, RuntimeError):
            pass
    raise TypeError(
        f"assert_close: cannot compare {ours.__module__}.{ours.__qualname__} and {theirs.__module__}."
        f"{theirs.__qualname__}. It takes tensors, arrays and numbers of related types, None, and sequences and "
        f"mappings of them.{_place(path)}"
    )


def _tensor(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (str, set, frozenset)):
        raise TypeError
    import torchere

    made: Tensor = torchere.as_tensor(value)
    return made


def _compare(actual: Any, expected: Any, path: Path, rules: _Rules) -> None:
    if actual is None or expected is None:
        if actual is not expected:
            raise _Different(f"None on one side only: {actual!r} is not {expected!r}.", path)
    elif isinstance(actual, Tensor):
        _compare_tensors(actual, expected, path, rules)
    else:
        _compare_numbers(actual, expected, path, rules)


def _compare_numbers(actual: Any, expected: Any, path: Path, rules: _Rules) -> None:
    ours, theirs = type(actual), type(expected)
    if ours is bool and theirs is bool:
        if actual is not expected:
            raise _Different(f"The booleans differ: {actual} is not {expected}.", path)
        return
    if rules.check_dtype and ours is not theirs:
        raise _Different(f"The numbers differ in type: {ours.__name__} != {theirs.__name__}.", path)
    names = {float: "float64", complex: "complex128"}
    rtol, atol = rules.tolerances(*(names.get(kind, "int64") for kind in (ours, theirs)))
    if actual == expected or (rules.equal_nan and actual != actual and expected != expected):
        return
    difference, relative = _distances(actual, expected)
    if math.isfinite(abs(expected)) and difference <= atol + rtol * abs(expected):
        return
    raise _Different(_scalar_text(actual, expected, difference, relative, rtol, atol), path)


def _distances(actual: Any, expected: Any) -> tuple[float, float]:
    """The absolute and the relative difference of two numbers."""
    try:
        difference = abs(actual - expected)
        return difference, difference / abs(expected) if expected else math.inf
    except OverflowError:  # of a complex number's size, or of an integer that no float holds
        return math.inf, math.inf


def _compare_tensors(actual: Tensor, expected: Tensor, path: Path, rules: _Rules) -> None:
    attributes: list[tuple[str, Any, Any]] = [("shape", tuple(actual.shape), tuple(expected.shape))]
    if rules.check_layout:
        attributes.append(("layout", actual.layout, expected.layout))
    if rules.check_device:
        attributes.append(("device", actual.device, expected.device))
    if rules.check_dtype:
        attributes.append(("dtype", actual.dtype, expected.dtype))
    if rules.check_stride and _layout(actual) == _layout(expected) == "strided":
        attributes.append(("stride()", actual.stride(), expected.stride()))
    for name, left, right in attributes:
        if left != right:
            raise _Different(f"The tensors differ in {name}: {left} != {right}.", path)
    if "meta" in (actual.device.type, expected.device.type):
        return  # nothing there to compare
    rtol, atol = rules.tolerances(actual.dtype.name, expected.dtype.name)
    layout = _layout(actual)
    if layout != _layout(expected):
        actual, expected, layout = _dense(actual), _dense(expected), "strided"
    for what, left, right, exact in _parts(actual, expected, layout, path):
        limits = (0.0, 0.0) if exact else (rtol, atol)
        _compare_arrays(left, right, what, limits, rules.equal_nan, path)


def _layout(tensor: Tensor) -> str:
    return str(tensor.layout).rpartition(".")[2]


def _dense(tensor: Tensor) -> Tensor:
    return tensor if _layout(tensor) == "strided" else tensor.to_dense()


def _parts(left: Any, right: Any, layout: str, path: Path) -> list[tuple[str, Tensor, Tensor, bool]]:
    """What of two tensors of one layout is compared: name, both, and whether they must agree exactly."""
    if layout == "sparse_coo":
        if left._nnz() != right._nnz():
            raise _Different(
                f"The sparse COO tensors differ in the number of specified values: {left._nnz()} != {right._nnz()}.",
                path,
            )
        # Stored order and duplicates mean nothing: both are compared coalesced.
        left, right = left.coalesce(), right.coalesce()
        return [
            ("Sparse COO indices", left.indices(), right.indices(), True),
            ("Sparse COO values", left.values(), right.values(), False),
        ]
    if layout.startswith("sparse"):
        kind = layout.removeprefix("sparse_").upper()
        names = ("crow_indices", "col_indices") if kind in ("CSR", "BSR") else ("ccol_indices", "row_indices")
        if left._nnz() != right._nnz():
            raise _Different(
                f"The sparse {kind} tensors differ in the number of specified values: {left._nnz()} != {right._nnz()}.",
                path,
            )
        parts = [(f"Sparse {kind} {name}", getattr(left, name)(), getattr(right, name)(), True) for name in names]
        return [*parts, (f"Sparse {kind} values", left.values(), right.values(), False)]
    return [("Scalars" if left.ndim == 0 else "Tensor-likes", left, right, False)]


def _array(tensor: Tensor, dtype: DType) -> Array:
    """The values in `dtype`, widened to one NumPy calculates well in."""
    array: Array = tensor.detach().cpu().to(dtype).resolve_conj().resolve_neg().numpy()
    if dtype.category >= 2:
        if dtype.is_complex:
            return array
        return array.astype(np.float32) if dtype.itemsize < 4 else array
    return array if dtype.name == "uint64" else array.astype(np.int64)


def _compare_arrays(
    actual: Tensor, expected: Tensor, what: str, limits: tuple[float, float], equal_nan: bool, path: Path
) -> None:
    common = actual.dtype if actual.dtype == expected.dtype else promote_types(actual.dtype, expected.dtype)
    ours, theirs = _array(actual, common), _array(expected, common)
    rtol, atol = limits
    with np.errstate(all="ignore"):
        same = np.equal(ours, theirs)
        if equal_nan:
            same |= np.isnan(ours) & np.isnan(theirs)
        difference = _difference(ours, theirs)
        size = np.abs(theirs)
        if rtol or atol:
            allowed: Array = np.asarray(atol + rtol * size)
            if common.is_floating_point and common.itemsize < 4:
                # Both sides as the dtype has them: 1e-5 in float16 is a little more than 1e-5.
                difference = difference.astype(common.numpy).astype(np.float32)
                allowed = allowed.astype(common.numpy).astype(np.float32)
            same |= (difference <= allowed) & np.isfinite(size) & np.isfinite(difference)
        if same.all():
            return
        wide = size if size.dtype.kind == "f" else size.astype(np.float64)
        relative = np.asarray(difference / wide)
        if ours.dtype.kind in "iu":  # as PyTorch: quotients of integers have the default dtype
            relative = relative.astype(np.float32)
    if not ours.ndim:
        value, wanted = ours.item(), theirs.item()
        raise _Different(_scalar_text(value, wanted, *_distances(value, wanted), rtol, atol, what), path)
    wrong = ~same
    count = int(wrong.sum())
    kind = "close" if rtol or atol else "equal"
    lines = [
        f"{what} are not {kind}: shape {tuple(ours.shape)}, dtype {common}.\n",
        f"Mismatched elements: {count} / {wrong.size} ({count / wrong.size:.1%})",
    ]
    for name, values, limit in (("absolute", difference, atol), ("relative", relative, rtol)):
        values = np.where(same, 0, values)
        place = np.unravel_index(int(np.argmax(values)), values.shape)  # argmax prefers a nan, as wanted
        bound = f" (up to {limit} allowed)" if kind == "close" else ""
        index = tuple(int(i) for i in place)
        lines.append(f"Greatest {name} difference: {values[place].item()} at index {index}{bound}")
    raise _Different("\n".join(lines), path)


def _difference(ours: Array, theirs: Array) -> Array:
    if ours.dtype.kind not in "iu":
        return np.asarray(np.abs(ours - theirs))
    # In unsigned arithmetic the distance of any two integers fits.
    left, right = ours.astype(np.uint64), theirs.astype(np.uint64)
    return np.where(ours >= theirs, left - right, right - left)


def _scalar_text(
    actual: Any, expected: Any, difference: Any, relative: float, rtol: float, atol: float, what: str = "Scalars"
) -> str:
    if rtol or atol:
        return (
            f"{what} are not close: expected {expected}, got {actual}.\n\nAbsolute difference: {difference} (up to "
            f"{atol} allowed)\nRelative difference: {relative} (up to {rtol} allowed)"
        )
    return (
        f"{what} are not equal: expected {expected}, got {actual}.\n\nAbsolute difference: {difference}\n"
        f"Relative difference: {relative}"
    )
