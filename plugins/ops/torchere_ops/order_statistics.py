"""Order statistics along an axis: median, mode, kth value and quantiles.

They are expressed through `sort`, whose order puts NaN last and keeps equal elements in their order.
"""

from __future__ import annotations

from collections.abc import Callable

import torchere
from torchere import Tensor, dtypes
from torchere.dtype_sets import BOOL, REAL
from torchere.errors import DTypeError, ShapeError
from torchere.operators import Dim, operator
from torchere.promotion import scalar_type_name

from .anywhere import anywhere
from .extremum import require_dim, shared_with_nan
from .reduced_axes import at_index, require_elements

__all__ = ["kthvalue", "median", "mode", "nanmedian", "nanquantile", "quantile"]


def _gradient_at_index(grad: Tensor, indices: Tensor, input_shape: tuple[int, ...], dim: int, keepdim: bool) -> Tensor:
    return at_index(grad, indices, input_shape, dim, keepdim)


def _require(name: str) -> Callable[..., None]:
    def check(input: Tensor, dim: int = -1, keepdim: bool = False) -> None:
        require_elements(name, input.shape, dim)

    return check


def _take_sorted(input: Tensor, position: Tensor, dim: int, keepdim: bool) -> tuple[Tensor, Tensor]:
    """Values and indices of the elements that sorting puts at `position` (its axis `dim` has length one)."""
    values, indices = input.sort(dim)
    values, indices = values.gather(dim, position), indices.gather(dim, position)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


def _only_element(input: Tensor) -> tuple[Tensor, Tensor]:
    return input.clone(), input.new_zeros((), dtype=dtypes.int64)


def _present(input: Tensor, dim: int) -> Tensor:
    """How many elements along `dim` are not NaN; the axis stays."""
    return input.isnan().logical_not().sum(dim, True)


@operator(
    dtypes=REAL,
    outputs=("values", "indices"),
    differentiable=(0,),
    check=_require("median"),
    node_name="MedianBackward1",
)
def _median(input: Tensor, dim: Dim, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """Lower medians along one axis and their indices: ``median`` with `dim`."""
    if input.ndim == 0:
        return _only_element(input)
    present = _present(input, dim)
    length = input.shape[dim]
    # The first NaN is the first element behind those that are present.
    position = torchere.where(present < length, present, (length - 1) // 2)
    return _take_sorted(input, position, dim, keepdim)


_median.gradient(input=_gradient_at_index)


@operator(
    dtypes=REAL,
    outputs=("values", "indices"),
    differentiable=(0,),
    check=_require("nanmedian"),
    node_name="NanmedianBackward1",
)
def _nanmedian(input: Tensor, dim: Dim, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """Lower medians of the elements that are not NaN: ``nanmedian`` with `dim`."""
    if input.ndim == 0:
        return _only_element(input)
    position = ((_present(input, dim) - 1) // 2).clamp(min=0)
    return _take_sorted(input, position, dim, keepdim)


_nanmedian.gradient(input=_gradient_at_index)


def _nothing(input: Tensor) -> Tensor:
    """What the median of no elements is: NaN, or the smallest integer (PyTorch converts the NaN)."""
    if input.dtype.is_floating_point:
        return input.new_full((), float("nan"))
    return input.new_full((), -(2 ** (8 * input.dtype.itemsize - 1)) if input.dtype.is_signed else 0)


@operator(dtypes=REAL, node_name="MedianBackward0")
def _median_all(input: Tensor) -> Tensor:
    """Lower median of the whole input: ``median`` without `dim`."""
    flat = input.reshape(-1)
    return _median(flat, 0)[0] if flat.shape[0] else _nothing(input)


_median_all.gradient(input=shared_with_nan)


@operator(dtypes=REAL, node_name="NanmedianBackward0")
def _nanmedian_all(input: Tensor) -> Tensor:
    """Lower median of the elements that are not NaN: ``nanmedian`` without `dim`."""
    flat = input.reshape(-1)
    return _nanmedian(flat, 0)[0] if flat.shape[0] else _nothing(input)


_nanmedian_all.gradient(input=shared_with_nan)


@operator(method=True, out="exact")
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Median of all elements, or medians along `dim` as a named tuple ``(values, indices)``.

    Of an even number of elements the lower one of the middle two. NaN if one is present.
    Source: https://pytorch.org/docs/stable/generated/torch.median.html
    """
    if dim is None:
        require_dim("median", keepdim)
        return _median_all(input)
    return _median(input, dim, keepdim)


@operator(method=True)
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """As `median`, of the elements that are not NaN; NaN only where all are.

    Source: https://pytorch.org/docs/stable/generated/torch.nanmedian.html
    """
    if dim is None:
        require_dim("nanmedian", keepdim)
        return _nanmedian_all(input)
    return _nanmedian(input, dim, keepdim)


@operator(method=True, dtypes=BOOL + REAL, outputs=("values", "indices"), differentiable=(0,), check=_require("mode"))
def mode(input: Tensor, dim: Dim = -1, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """Most frequent elements along `dim` and the index of their last occurrence; the smallest among equally frequent.

    Source: https://pytorch.org/docs/stable/generated/torch.mode.html
    """
    if input.ndim == 0:
        return _only_element(input)
    length = input.shape[dim]
    values, order = input.sort(dim)
    place = torchere.arange(length, device=input.device).reshape((length,) + (1,) * (input.ndim - 1 - dim))
    starts = values.narrow(dim, 1, length - 1) != values.narrow(dim, 0, length - 1)
    first = torchere.cat([starts.new_ones((*input.shape[:dim], 1, *input.shape[dim + 1 :])), starts], dim)
    # Length of the run of equal values that has been seen so far; its first maximum ends the run that is looked for.
    seen = place - torchere.where(first, place, 0).cummax(dim)[0]
    position = seen.argmax(dim, True)
    values, indices = values.gather(dim, position), order.gather(dim, position)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


mode.gradient(input=_gradient_at_index)


def _check_kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> None:
    require_elements("kthvalue", input.shape, dim)
    length = input.shape[dim] if input.ndim else 1
    if not 1 <= k <= length:
        raise ShapeError(
            f"kthvalue(): selected number k out of range for dimension {dim}: k={k}, but input has shape "
            f"{tuple(input.shape)}. Choose 1 <= k <= {length}."
        )


@operator(method=True, dtypes=REAL, outputs=("values", "indices"), differentiable=(0,), check=_check_kthvalue)
def kthvalue(input: Tensor, k: int, dim: Dim = -1, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """The `k`-th smallest element along `dim` (from 1), as a named tuple ``(values, indices)``. NaN is largest.

    Raises: RuntimeError unless ``1 <= k <= input.shape[dim]``.
    Source: https://pytorch.org/docs/stable/generated/torch.kthvalue.html
    """
    if input.ndim == 0:
        return _only_element(input)
    values, indices = input.sort(dim)
    values, indices = values.narrow(dim, k - 1, 1), indices.narrow(dim, k - 1, 1)
    if keepdim:
        return values.clone(), indices.clone()
    return values.squeeze(dim).clone(), indices.squeeze(dim).clone()


kthvalue.gradient(input=_gradient_at_index)

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _check_quantile(name: str, input: Tensor, q: float | Tensor, interpolation: str) -> None:
    if 0 in input.shape:
        raise ShapeError(f"{name}() input tensor must be non-empty, but it has shape {tuple(input.shape)}.")
    if input.dtype.name not in ("float32", "float64"):
        raise DTypeError(
            f"{name}() input tensor must be either float or double dtype, but got {scalar_type_name(input.dtype)}. "
            "Convert first: input.float()."
        )
    if isinstance(q, Tensor):
        if q.ndim > 1:
            raise ShapeError(f"{name}() q must be a scalar or 1D tensor, but it has shape {tuple(q.shape)}.")
        if q.dtype is not input.dtype:
            raise DTypeError(
                f"{name}() q tensor must be same dtype as the input tensor, but got {scalar_type_name(q.dtype)} and "
                f"{scalar_type_name(input.dtype)}. Convert: q.to(input.dtype)."
            )
        if anywhere(~((q >= 0) & (q <= 1))):
            raise ShapeError(f"{name}() q values must be in the range [0, 1]")
    elif not 0 <= q <= 1:
        raise ShapeError(f"{name}() q must be in the range [0, 1] but got {q}")
    if interpolation not in _INTERPOLATIONS:
        raise ShapeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )


def _quantile(
    input: Tensor, q: float | Tensor, dim: int | None, keepdim: bool, interpolation: str, *, ignore_nan: bool
) -> Tensor:
    """Quantiles: the result has q's axis in front, then the input's axes without `dim` (or with length one)."""
    ranks = q if isinstance(q, Tensor) else input.new_full((), q)
    kept = (1,) * input.ndim if dim is None else (*input.shape[:dim], 1, *input.shape[dim + 1 :])
    if input.ndim == 0:
        kept = ()
    last = input.reshape(1, -1) if dim is None or input.ndim == 0 else input.movedim(dim, -1)
    ordered = last.sort(-1)[0]
    length = ordered.shape[-1]
    present = last.isnan().logical_not().sum(-1, True)
    if ignore_nan:
        rank = ranks.reshape(-1) * (present - 1).clamp(min=0).to(input.dtype)
    else:
        # One NaN makes the quantile NaN: it lies behind all numbers.
        rank = ranks.reshape(-1) * (length - 1)
        rank = torchere.where(present < length, float(length - 1), rank)
    if interpolation in ("lower", "higher", "nearest"):
        rounded = {"lower": rank.floor, "higher": rank.ceil, "nearest": rank.round}[interpolation]()
        found = ordered.gather(-1, rounded.to(dtypes.int64).expand((*ordered.shape[:-1], rank.shape[-1])))
    else:
        shape = (*ordered.shape[:-1], rank.shape[-1])
        below = rank.floor()
        weight = (rank - below) if interpolation == "linear" else torchere.full_like(rank, 0.5)
        low = ordered.gather(-1, below.to(dtypes.int64).expand(shape))
        high = ordered.gather(-1, rank.ceil().to(dtypes.int64).expand(shape))
        found = low.lerp(high, weight.expand(shape))
    # From (…, q) to (q, …), then the axes that stay.
    found = found.movedim(-1, 0)
    shape = kept if keepdim else () if dim is None or input.ndim == 0 else (*input.shape[:dim], *input.shape[dim + 1 :])
    return found.reshape((*ranks.shape, *shape))


@operator(method=True)
def quantile(
    input: Tensor, q: float | Tensor, dim: Dim | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """The `q`-th quantiles of all elements or of each row along `dim`; NaN where a NaN is present.

    `q` is a number or a tensor ``()`` or ``(Q,)`` with values in 0..1; a 1-d `q` puts an axis ``Q`` in front of the
    result. `interpolation` between the two elements the rank falls between: linear, lower, higher, midpoint, nearest.
    Raises: RuntimeError for other dtypes than float32 and float64, an empty input, q outside 0..1.
    Source: https://pytorch.org/docs/stable/generated/torch.quantile.html
    """
    _check_quantile("quantile", input, q, interpolation)
    return _quantile(input, q, dim, keepdim, interpolation, ignore_nan=False)


@operator(method=True)
def nanquantile(
    input: Tensor, q: float | Tensor, dim: Dim | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """As `quantile`, of the elements that are not NaN; NaN only where all are.

    Source: https://pytorch.org/docs/stable/generated/torch.nanquantile.html
    """
    _check_quantile("nanquantile", input, q, interpolation)
    return _quantile(input, q, dim, keepdim, interpolation, ignore_nan=True)
