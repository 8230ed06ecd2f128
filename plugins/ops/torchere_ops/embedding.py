"""Look-up of rows by index: embedding, bags of embeddings, one-hot vectors."""

from __future__ import annotations

import torchere
from torchere import Tensor, dtypes
from torchere.errors import ArgumentError, DimensionError, DTypeError, ShapeError
from torchere.operators import composite, operator
from torchere.promotion import scalar_type_name

from .anywhere import anywhere

__all__ = ["embedding", "embedding_bag", "one_hot"]


def _require_indices(name: str, indices: Tensor) -> None:
    if indices.dtype not in (dtypes.int64, dtypes.int32):
        raise DTypeError(
            f"Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{scalar_type_name(indices.dtype)}Tensor instead (while checking arguments for {name}). "
            "Convert: indices.long()."
        )


@operator(differentiable=())
def _embedding_renorm(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> Tensor:
    """`weight` with the rows named in `indices` shortened to `max_norm` where their norm is larger."""
    norms = weight.norm(norm_type, 1, True)
    named = weight.new_zeros((weight.shape[0],)).index_fill(0, indices.reshape(-1).to(dtypes.int64), 1).unsqueeze(1)
    # PyTorch adds 1e-7 to the norm, so that the shortened row does not exceed max_norm by rounding.
    shortened = weight * (max_norm / (norms + 1e-7))
    return torchere.where((norms > max_norm).logical_and(named != 0), shortened, weight)


@operator()
def _embedding_backward(
    grad: Tensor, indices: Tensor, num_weights: int, padding_idx: int, scale_grad_by_freq: bool
) -> Tensor:
    """Gradient of the table: rows of `grad` summed where their index says, none at `padding_idx`."""
    width = grad.shape[-1]
    flat = indices.reshape(-1).to(dtypes.int64)
    if not flat.shape[0]:
        return grad.new_zeros((num_weights, width))
    rows = grad.reshape(flat.shape[0], width)
    if padding_idx >= 0:
        rows = rows.masked_fill((flat == padding_idx).unsqueeze(1), 0)
    if scale_grad_by_freq:
        counts = flat.bincount(minlength=num_weights)
        rows = rows / counts.index_select(0, flat).unsqueeze(1).to(rows.dtype)
    return rows.new_zeros((num_weights, width)).index_add(0, flat, rows)


def _embedding_sparse_backward(
    grad: Tensor, indices: Tensor, num_weights: int, padding_idx: int, scale_grad_by_freq: bool
) -> Tensor:
    """Gradient of the table as a sparse tensor: one row for every index, none for `padding_idx`."""
    if scale_grad_by_freq:
        raise ShapeError(
            "embedding_backward: scale_grad_by_freq not supported with sparse gradients. Pass sparse=False."
        )
    flat = indices.reshape(-1).to(dtypes.int64)
    rows = grad.reshape(flat.shape[0], grad.shape[-1])
    if padding_idx >= 0:
        kept = (flat != padding_idx).nonzero().reshape(-1)
        flat, rows = flat.index_select(0, kept), rows.index_select(0, kept)
    made: Tensor = torchere.sparse_coo_tensor(flat.unsqueeze(0), rows, (num_weights, rows.shape[1]))
    return made


@operator(result="same")
def _embedding(weight: Tensor, indices: Tensor, padding_idx: int, scale_grad_by_freq: bool) -> Tensor:
    """Rows of `weight` ``(V, D)`` at `indices` ``(*)``, as ``(*, D)``."""
    flat = indices.reshape(-1).to(dtypes.int64)
    return weight.index_select(0, flat).reshape((*indices.shape, weight.shape[1]))


_embedding.gradient(
    weight=lambda grad, indices, weight_shape, padding_idx, scale_grad_by_freq: _embedding_backward(
        grad, indices, weight_shape[0], padding_idx, scale_grad_by_freq
    )
)


@operator(result="same", node_name="EmbeddingBackward0")
def _embedding_sparse(weight: Tensor, indices: Tensor, padding_idx: int, scale_grad_by_freq: bool) -> Tensor:
    """`_embedding` whose gradient is a sparse tensor."""
    return _embedding(weight, indices, padding_idx, scale_grad_by_freq)


_embedding_sparse.gradient(
    weight=lambda grad, indices, weight_shape, padding_idx, scale_grad_by_freq: _embedding_sparse_backward(
        grad, indices, weight_shape[0], padding_idx, scale_grad_by_freq
    )
)


def _check_range(indices: Tensor, rows: int) -> None:
    if anywhere((indices < 0) | (indices >= rows)):
        raise DimensionError(
            f"index out of range in self: embedding got indices from {int(indices.min())} to {int(indices.max())}, "
            f"but the table has {rows} rows."
        )


def _renormalise(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    with torchere.no_grad():
        weight.copy_(_embedding_renorm(weight, indices, max_norm, norm_type))


@operator(namespace="nn.functional")
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of the table `weight` at the indices `input`.

    Shape: input ``(*)`` of int64 or int32, weight ``(V, D)``, result ``(*, D)``. The row `padding_idx` gets no
    gradient. `max_norm` first shortens, in place, the rows used whose `norm_type`-norm is larger. `scale_grad_by_freq`
    divides gradients by the number of times a row occurs in `input`. With `sparse` the gradient
    of `weight` is a sparse COO tensor with a row for every index.
    Raises: IndexError for an index outside the table, RuntimeError for other dtypes or shapes, AssertionError for a
    padding_idx outside.
    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
    """
    if weight.ndim != 2:
        raise ShapeError(f"'weight' must be 2-D, but it has shape {tuple(weight.shape)}.")
    rows = weight.shape[0]
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise AssertionError(
                f"Padding_idx must be within num_embeddings: got {padding_idx} for a table of {rows} rows."
            )
        padding_idx %= rows
    _require_indices("embedding", input)
    _check_range(input, rows)
    if max_norm is not None:
        _renormalise(weight, input, max_norm, norm_type)
    look_up = _embedding_sparse if sparse else _embedding
    return look_up(weight, input, -1 if padding_idx is None else padding_idx, scale_grad_by_freq)


@composite(name="embedding")
def embedding_of_table(
    weight: Tensor,
    indices: Tensor,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """``torch.embedding``: the table first, and a negative `padding_idx` means none."""
    return embedding(indices, weight, padding_idx if padding_idx >= 0 else None, None, 2.0, scale_grad_by_freq, sparse)


def _check_bags(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None,
    scale_grad_by_freq: bool,
    mode: str,
    sparse: bool,
    per_sample_weights: Tensor | None,
) -> None:
    if not weight.dtype.is_floating_point:
        raise DTypeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, "
            f"Float, Double; but got {scalar_type_name(weight.dtype)} instead. Convert it: weight.float()."
        )
    if per_sample_weights is not None and per_sample_weights.shape != input.shape:
        raise ArgumentError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the "
            f"same shape as the input ({input.shape})"
        )
    if input.ndim == 2 and offsets is not None:
        raise ArgumentError(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
            f"sequences. However, found offsets of type {type(offsets)}"
        )
    if input.ndim == 1:
        if not isinstance(offsets, Tensor):
            raise ArgumentError(f"offsets has to be a 1D Tensor but got {offsets}")
        if offsets.ndim != 1:
            raise ArgumentError(f"offsets has to be a 1D Tensor, but got shape {tuple(offsets.shape)}")
    if input.ndim not in (1, 2):
        raise ArgumentError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
    if mode not in ("sum", "mean", "max"):
        raise ArgumentError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ArgumentError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ArgumentError("max mode does not support sparse weights")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
            f"(got mode='{mode}')."
        )
    _require_indices("embedding_bag", input)


def _bag_starts(input: Tensor, offsets: Tensor | None, include_last_offset: bool) -> Tensor:
    """Where each bag starts in the flattened input, checked."""
    if offsets is None:
        return torchere.arange(input.shape[0], device=input.device) * input.shape[1]
    starts = offsets.to(dtypes.int64)
    if starts.shape[0]:
        if int(starts[0]) != 0:
            raise ShapeError(
                "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
                f"However, got {int(starts[0])}"
            )
        if int(starts[-1]) > input.shape[0]:
            raise ShapeError(
                f"offsets[-1] can not be greater than input's length {input.shape[0]} but got offsets[-1] of "
                f"{int(starts[-1])}"
            )
        if starts.shape[0] > 1 and bool((starts.diff() < 0).any()):
            raise ShapeError("embedding_bag: Expected offsets to ascend, but got a smaller one after a larger one.")
    if include_last_offset:
        if starts.shape[0] == 0:
            raise ShapeError("include_last_offset: number of offset should be at least 1")
        starts = starts.narrow(0, 0, starts.shape[0] - 1)
    return starts


def _bag_maximum(rows: Tensor, bag: Tensor, bags: int) -> Tensor:
    """Largest element of each column in each bag; zero for empty bags. Its gradient goes to the first of equals."""
    # Sorting by value and then, stably, by bag puts every bag's largest element in front.
    order = rows.sort(0, True)[1]
    order = order.gather(0, bag.index_select(0, order.reshape(-1)).reshape(order.shape).sort(0)[1])
    counts = bag.bincount(minlength=bags)
    first = counts.cumsum(0) - counts
    present = counts > 0
    position = torchere.where(present, first, 0).unsqueeze(1).expand((bags, rows.shape[1]))
    return rows.gather(0, order.gather(0, position)).masked_fill(present.logical_not().unsqueeze(1), 0)


@operator(namespace="nn.functional")
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Sum, mean or maximum of the rows of `weight` that each bag of indices names; zero for an empty bag.

    Shape: input ``(B, n)`` is B bags of n indices; input ``(N,)`` is cut at `offsets` ``(B,)`` (with
    `include_last_offset` ``(B + 1,)``, the last being the end). weight ``(V, D)``, result ``(B, D)``. Indices equal to
    `padding_idx` are left out; `per_sample_weights` (input's shape, mode sum only) multiplies the rows. The other
    arguments as `embedding`; counts of `scale_grad_by_freq` are those of the whole input (PyTorch's differ).
    Raises: ValueError and RuntimeError as PyTorch for arguments that contradict each other.
    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html
    """
    _check_bags(input, weight, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights)
    vocabulary = weight.shape[0]
    if padding_idx is not None and not -vocabulary <= padding_idx < vocabulary:
        raise ShapeError(
            f"padding_idx must be within the number of embeddings, -{vocabulary} through {vocabulary - 1}, "
            f"but got {padding_idx}"
        )
    flat = input.reshape(-1).to(dtypes.int64)
    for place, value in enumerate(flat.tolist()) if flat.shape[0] and not _inside(flat, vocabulary) else ():
        if not 0 <= value < vocabulary:
            raise ShapeError(
                f"Index {place} of input takes value {value} which is not in the valid range [0, {vocabulary})"
            )
    starts = _bag_starts(input, offsets, include_last_offset)
    bags = starts.shape[0]
    if max_norm is not None:
        _renormalise(weight, flat, max_norm, norm_type)
    bag = torchere.searchsorted(starts, torchere.arange(flat.shape[0], device=input.device), right=True) - 1
    factors = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    if include_last_offset and offsets is not None and int(offsets[-1]) < flat.shape[0]:
        # What lies behind the last bag's end belongs to none.
        end = int(offsets[-1])
        flat, bag = flat.narrow(0, 0, end), bag.narrow(0, 0, end)
        factors = None if factors is None else factors.narrow(0, 0, end)
    if padding_idx is not None:
        kept = flat != padding_idx % vocabulary
        flat, bag = flat.masked_select(kept), bag.masked_select(kept)
        factors = None if factors is None else factors.masked_select(kept)
    rows = (_embedding_sparse if sparse else _embedding)(weight, flat, -1, scale_grad_by_freq)
    width = weight.shape[1]
    if flat.shape[0] == 0 or bags == 0:
        return (rows.sum() * 0).expand((bags, width)).clone()
    if mode == "max":
        return _bag_maximum(rows, bag, bags)
    if factors is not None:
        rows = rows * factors.unsqueeze(1)
    total = rows.new_zeros((bags, width)).index_add(0, bag, rows)
    if mode == "sum":
        return total
    return total / bag.bincount(minlength=bags).clamp(min=1).unsqueeze(1).to(total.dtype)


def _inside(indices: Tensor, rows: int) -> bool:
    return not anywhere((indices < 0) | (indices >= rows))


@operator(namespace="nn.functional")
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """For every class index a vector of zeros with a one at that index: ``(*)`` to ``(*, num_classes)``, int64.

    Without `num_classes` it is one more than the largest index.
    Raises: RuntimeError for other dtypes than int64, negative indices, or indices beyond num_classes.
    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
    """
    if tensor.dtype is not dtypes.int64:
        raise DTypeError(
            "one_hot is only applicable to index tensor of type LongTensor. "
            f"Got {scalar_type_name(tensor.dtype)}; convert: tensor.long()."
        )
    if tensor.numel() == 0:
        if num_classes <= 0:
            raise ShapeError("Can not infer total number of classes from empty tensor. Pass num_classes.")
        return torchere.zeros((*tensor.shape, num_classes), dtype=dtypes.int64, device=tensor.device)
    low, high = int(tensor.min()), int(tensor.max())
    if low < 0:
        raise ShapeError(f"Class values must be non-negative. Got {low}.")
    if num_classes == -1:
        num_classes = high + 1
    elif high >= num_classes:
        raise ShapeError(f"Class values must be smaller than num_classes. Got {high} with num_classes={num_classes}.")
    zeros = torchere.zeros((*tensor.shape, num_classes), dtype=dtypes.int64, device=tensor.device)
    return zeros.scatter(-1, tensor.unsqueeze(-1), 1)
