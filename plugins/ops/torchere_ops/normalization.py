"""Normalisation by statistics of the data: batch, layer, group, instance and RMS norm, local response norm.

Each public function checks its arguments and calls an inner operator that also returns the statistics, because their
backward passes want them. A backward operator takes the statistics for its kernels' sake only: its body computes them
again from the input, so that differentiating the body (for second derivatives) sees how they depend on the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torchere
from torchere import Tensor
from torchere.errors import ArgumentError, DimensionError, ShapeError, UnsupportedDTypeError
from torchere.operators import composite, operator
from torchere.promotion import scalar_type_name

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm"]

Needs = tuple[bool, ...]


def _like(value: Tensor | None, input: Tensor) -> Tensor | None:
    """A weight, bias or statistic in the input's dtype: float32 parameters may go with 16-bit inputs."""
    return value if value is None or value.dtype is input.dtype else value.to(input.dtype)


def _require_floating(name: str, input: Tensor) -> None:
    if not (input.dtype.is_floating_point or (input.dtype.is_complex and name == "rms_norm")):
        raise UnsupportedDTypeError(
            f"\"{name}\" not implemented for '{scalar_type_name(input.dtype)}'. Convert first: input.float()."
        )


def _standardised(input: Tensor, dim: Sequence[int], eps: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Input with mean 0 and variance 1 over `dim`, then mean, (biased) variance and 1/deviation, axes kept."""
    mean = input.mean(dim, True)
    centred = input - mean
    variance = (centred * centred).mean(dim, True)
    scale = (variance + eps).rsqrt()
    return centred * scale, mean, variance, scale


def _backward(
    grad: Tensor,
    input: Tensor,
    weight: Tensor | None,
    weight_shape: Sequence[int],
    dim: Sequence[int],
    affine_dim: Sequence[int],
    eps: float,
    affine: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of ``standardised(input) * weight + bias``; empty tensors for weight and bias unless `affine`."""
    normal, _, _, scale = _standardised(input, dim, eps)
    weighted = grad if weight is None else grad * weight.reshape(tuple(weight_shape))
    centred = weighted - weighted.mean(dim, True) - normal * (weighted * normal).mean(dim, True)
    if not affine:
        return centred * scale, input.new_zeros((0,)), input.new_zeros((0,))
    size = (prod(weight_shape),)
    return centred * scale, (grad * normal).sum(affine_dim).reshape(size), grad.sum(affine_dim).reshape(size)


# --- layer norm ------------------------------------------------------------------------------------------------------


def _last_axes(input: Tensor, count: int) -> tuple[int, ...]:
    return tuple(range(input.ndim - count, input.ndim))


@operator(differentiable=(), outputs=("input", "weight", "bias"))
def _layer_norm_backward(
    grad: Tensor,
    input: Tensor,
    mean: Tensor,
    rstd: Tensor,
    weight: Tensor | None,
    axes: int,
    eps: float,
    affine: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of `_layer_norm`: input's, and flattened weight's and bias' (empty unless `affine`)."""
    shape = input.shape[input.ndim - axes :]
    before = tuple(range(input.ndim - axes))
    if not before:
        # Nothing to sum over: a leading axis of length one makes the same formula hold.
        grad, input, before = grad.unsqueeze(0), input.unsqueeze(0), (0,)
        gradients = _backward(grad, input, weight, shape, _last_axes(input, axes), before, eps, affine)
        return gradients[0].squeeze(0), gradients[1], gradients[2]
    return _backward(grad, input, weight, shape, _last_axes(input, axes), before, eps, affine)


@operator(outputs=("output", "mean", "rstd"), differentiable=(0,), node_name="NativeLayerNormBackward0")
def _layer_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, axes: int, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """`layer_norm` over the last `axes` axes, with the mean and reciprocal deviation of each row (axes kept)."""
    normal, mean, _, scale = _standardised(input, _last_axes(input, axes), eps)
    if weight is not None:
        normal = normal * weight
    if bias is not None:
        normal = normal + bias
    return normal, mean, scale


def _layer_norm_gradients(
    grad: Tensor,
    input: Tensor,
    mean: Tensor,
    rstd: Tensor,
    weight: Tensor | None,
    axes: int,
    eps: float,
    needs: Needs,
) -> tuple[Tensor | None, ...]:
    affine = needs[1] or needs[2]
    found = _layer_norm_backward(grad, input, mean, rstd, weight, axes, eps, affine)
    shape = input.shape[input.ndim - axes :]
    return (
        found[0],
        found[1].reshape(shape) if needs[1] else None,
        found[2].reshape(shape) if needs[2] else None,
    )


_layer_norm.gradients(_layer_norm_gradients)


def _require_normalized_shape(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None, bias: Tensor | None, star: str
) -> tuple[int, ...]:
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape:
        raise ShapeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, "
            "but got normalized_shape = []"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != shape:
            raise ShapeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(value.shape)} and normalized_shape = {list(shape)}"
            )
    if input.ndim < len(shape) or tuple(input.shape[input.ndim - len(shape) :]) != shape:
        wanted = ", ".join(str(length) for length in shape)
        raise ShapeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*{star}{wanted}], "
            f"but got input of size{list(input.shape)}"
        )
    return shape


@operator(namespace=("", "nn.functional"), same_dtype=False)
def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise over the last axes: ``(x - mean) / sqrt(var + eps) * weight + bias``, var being the biased variance.

    Shape: input ``(*, *normalized_shape)``, weight and bias ``normalized_shape``.
    Raises: RuntimeError where the shapes do not agree, NotImplementedError for integers.
    Source: Ba et al. 2016, https://arxiv.org/abs/1607.06450
    """
    shape = _require_normalized_shape(input, normalized_shape, weight, bias, ", ")
    _require_floating("LayerNormKernelImpl", input)
    return _layer_norm(input, _like(weight, input), _like(bias, input), len(shape), eps)[0]


@operator()
def _rms_norm(input: Tensor, weight: Tensor | None, axes: int, eps: float) -> Tensor:
    """`rms_norm` over the last `axes` axes."""
    scaled = input * ((input * input).mean(_last_axes(input, axes), True) + eps).rsqrt()
    return scaled if weight is None else scaled * weight


@operator(namespace=("", "nn.functional"), same_dtype=False)
def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Divide by the root mean square over the last axes: ``x / sqrt(mean(x²) + eps) * weight``.

    `eps` is the dtype's machine epsilon unless given. Shapes and errors as `layer_norm`.
    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
    """
    shape = _require_normalized_shape(input, normalized_shape, weight, None, "")
    _require_floating("rms_norm", input)
    if eps is None:
        eps = float(torchere.finfo(input.dtype).eps)
    return _rms_norm(input, _like(weight, input), len(shape), eps)


# --- batch norm ------------------------------------------------------------------------------------------------------


def _per_channel(values: Tensor, ndim: int) -> Tensor:
    """A ``(C,)`` tensor shaped to multiply ``(N, C, *)``."""
    return values.reshape((1, values.shape[0]) + (1,) * (ndim - 2))


def _other_axes(input: Tensor) -> tuple[int, ...]:
    return (0, *range(2, input.ndim))


@operator(differentiable=(), outputs=("input", "weight", "bias"))
def _batch_norm_backward(
    grad: Tensor, input: Tensor, mean: Tensor, var: Tensor, weight: Tensor | None, eps: float, affine: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of `_batch_norm_train`: input's, weight's and bias' (empty unless `affine`)."""
    axes = _other_axes(input)
    shape = (1, input.shape[1]) + (1,) * (input.ndim - 2)
    return _backward(grad, input, weight, shape, axes, axes, eps, affine)


@operator(outputs=("output", "mean", "var"), differentiable=(0,), node_name="NativeBatchNormBackward0")
def _batch_norm_train(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise every channel of ``(N, C, *)`` by its own statistics; also its mean and biased variance ``(C,)``."""
    normal, mean, variance, _ = _standardised(input, _other_axes(input), eps)
    if weight is not None:
        normal = normal * _per_channel(weight, input.ndim)
    if bias is not None:
        normal = normal + _per_channel(bias, input.ndim)
    return normal, mean.reshape(-1), variance.reshape(-1)


def _batch_norm_gradients(
    grad: Tensor, input: Tensor, mean: Tensor, var: Tensor, weight: Tensor | None, eps: float, needs: Needs
) -> tuple[Tensor | None, ...]:
    found = _batch_norm_backward(grad, input, mean, var, weight, eps, needs[1] or needs[2])
    return found[0], found[1] if needs[1] else None, found[2] if needs[2] else None


_batch_norm_train.gradients(_batch_norm_gradients)


@operator()
def _batch_norm_eval(
    input: Tensor, mean: Tensor, var: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
) -> Tensor:
    """Normalise every channel of ``(N, C, *)`` by given statistics."""
    scale = (var + eps).rsqrt()
    if weight is not None:
        scale = scale * weight
    shift = -mean * scale
    if bias is not None:
        shift = shift + bias
    return input * _per_channel(scale, input.ndim) + _per_channel(shift, input.ndim)


def _update_running(running: Tensor | None, batch: Tensor, momentum: float) -> None:
    if running is not None:
        with torchere.no_grad():
            running.mul_(1 - momentum).add_(batch.to(running.dtype), alpha=momentum)


def _require_channels(channels: int, **parameters: Tensor | None) -> None:
    for name, value in parameters.items():
        if value is not None and value.numel() != channels:
            raise ShapeError(
                f"{name} should contain {channels} elements not {value.numel()}: one per channel (axis 1) of input."
            )


@operator(namespace="nn.functional", same_dtype=False)
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel over the batch and all positions: ``(x - mean) / sqrt(var + eps) * weight + bias``.

    Shape: input ``(N, C)`` or ``(N, C, *)``, the others ``(C,)``. While `training` the statistics are the batch's
    (biased variance), and the running ones, if given, move towards them in place by the fraction `momentum` (unbiased
    variance); otherwise the running statistics are used.
    Raises: ValueError for a single value per channel in training, RuntimeError where sizes do not agree or running
    statistics are missing in evaluation, NotImplementedError for integers.
    Source: Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
    """
    channels = input.shape[1] if input.ndim > 1 else 0
    if training:
        if input.ndim and input.shape[0] * prod(input.shape[2:]) == 1:
            raise ArgumentError(
                f"Expected more than 1 value per channel when training, got input size {input.shape}. "
                "Use a larger batch, or evaluation mode."
            )
    else:
        for name, value in (("running_mean", running_mean), ("running_var", running_var)):
            if value is None:
                raise ShapeError(f"{name} must be defined in evaluation mode. Pass it, or training=True.")
    _require_channels(channels, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if input.ndim < 2:
        raise DimensionError(
            f"batch_norm: expected input (N, C, *) with at least 2 axes, got shape {tuple(input.shape)}."
        )
    _require_floating("batch_norm", input)
    weight, bias = _like(weight, input), _like(bias, input)
    if not training:
        return _batch_norm_eval(input, _like(running_mean, input), _like(running_var, input), weight, bias, eps)
    if input.numel() == 0:
        return _batch_norm_eval(input, input.new_zeros((channels,)), input.new_ones((channels,)), weight, bias, eps)
    output, mean, var = _batch_norm_train(input, weight, bias, eps)
    if running_mean is not None or running_var is not None:
        count = input.numel() // channels
        _update_running(running_mean, mean, momentum)
        _update_running(running_var, var * (count / (count - 1)), momentum)
    return output


@composite(name="batch_norm")
def batch_norm_of_statistics(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Tensor:
    """`nn.functional.batch_norm` with the argument order of ``torch.batch_norm``; `cudnn_enabled` has no effect."""
    return batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


# --- group and instance norm -----------------------------------------------------------------------------------------


def _grouped(input: Tensor, groups: int) -> Tensor:
    batch, channels = input.shape[:2]
    return input.reshape(batch, groups, channels // groups, prod(input.shape[2:]))


@operator(differentiable=(), outputs=("input", "weight", "bias"))
def _group_norm_backward(
    grad: Tensor,
    input: Tensor,
    mean: Tensor,
    var: Tensor,
    weight: Tensor | None,
    groups: int,
    eps: float,
    affine: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of `_group_norm`: input's, weight's and bias' (empty unless `affine`)."""
    shape = (1, groups, input.shape[1] // groups, 1)
    found = _backward(_grouped(grad, groups), _grouped(input, groups), weight, shape, (2, 3), (0, 3), eps, affine)
    return found[0].reshape(input.shape), found[1], found[2]


@operator(outputs=("output", "mean", "var"), differentiable=(0,), node_name="NativeGroupNormBackward0")
def _group_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, groups: int, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """`group_norm`, with the mean and biased variance ``(N, groups)`` of every group."""
    normal, mean, variance, _ = _standardised(_grouped(input, groups), (2, 3), eps)
    normal = normal.reshape(input.shape)
    if weight is not None:
        normal = normal * _per_channel(weight, input.ndim)
    if bias is not None:
        normal = normal + _per_channel(bias, input.ndim)
    shape = (input.shape[0], groups)
    return normal, mean.reshape(shape), variance.reshape(shape)


def _group_norm_gradients(
    grad: Tensor,
    input: Tensor,
    mean: Tensor,
    var: Tensor,
    weight: Tensor | None,
    groups: int,
    eps: float,
    needs: Needs,
) -> tuple[Tensor | None, ...]:
    found = _group_norm_backward(grad, input, mean, var, weight, groups, eps, needs[1] or needs[2])
    return found[0], found[1] if needs[1] else None, found[2] if needs[2] else None


_group_norm.gradients(_group_norm_gradients)


@operator(namespace=("", "nn.functional"), same_dtype=False)
def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Normalise over groups of channels and all positions of each sample, then scale and shift each channel.

    Shape: input ``(N, C, *)`` with C divisible by `num_groups`; weight and bias ``(C,)``.
    Raises: RuntimeError where sizes do not agree, ValueError for a single value per group.
    Source: Wu and He 2018, https://arxiv.org/abs/1803.08494
    """
    if input.ndim < 2:
        raise ShapeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    channels = input.shape[1]
    if channels // num_groups * input.shape[0] * prod(input.shape[2:]) == 1:
        raise ArgumentError(
            "Expected more than 1 value per channel when training, got input size "
            f"{list(input.shape)} with num_groups={num_groups}."
        )
    if channels % num_groups:
        raise ShapeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(input.shape)} and num_groups={num_groups}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != (channels,):
            raise ShapeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {list(value.shape)} and input of shape {list(input.shape)}"
            )
    _require_floating("GroupNormKernelImpl", input)
    if input.numel() == 0:
        return input.clone()
    return _group_norm(input, _like(weight, input), _like(bias, input), num_groups, eps)[0]


@operator(namespace="nn.functional", same_dtype=False)
def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise every channel of every sample over its positions, then scale and shift each channel.

    Shape: input ``(N, C, *)``, the others ``(C,)``. With `use_input_stats` the running statistics, if given, move
    towards the batch's averages in place by the fraction `momentum`; otherwise they are used.
    Raises: ValueError for a single position, RuntimeError where sizes do not agree or statistics are missing.
    Source: Ulyanov et al. 2016, https://arxiv.org/abs/1607.08022
    """
    if use_input_stats and prod(input.shape[2:]) == 1:
        raise ArgumentError(
            f"Expected more than 1 spatial element when training, got input size {input.shape}. "
            "Instance norm needs several positions per channel."
        )
    if not use_input_stats and (running_mean is None or running_var is None):
        raise ShapeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    channels = input.shape[1]
    _require_channels(channels, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    _require_floating("batch_norm", input)
    weight, bias = _like(weight, input), _like(bias, input)
    if not use_input_stats:
        return _batch_norm_eval(input, _like(running_mean, input), _like(running_var, input), weight, bias, eps)
    if input.numel() == 0:
        return input.clone()
    output, mean, var = _group_norm(input, weight, bias, channels, eps)
    if running_mean is not None or running_var is not None:
        count = prod(input.shape[2:])
        _update_running(running_mean, mean.mean(0), momentum)
        _update_running(running_var, var.mean(0) * (count / (count - 1)), momentum)
    return output


@composite(name="instance_norm")
def instance_norm_of_statistics(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Tensor:
    """`nn.functional.instance_norm` with the argument order of ``torch.instance_norm``."""
    return instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


@operator(namespace="nn.functional")
def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Divide by ``(k + alpha * mean of squares over `size` neighbouring channels) ** beta``; outside counts as zero.

    Shape: ``(N, C, *)`` with three or more axes. Raises: ValueError for fewer.
    Source: Krizhevsky et al. 2012, section 3.3.
    """
    if input.ndim < 3:
        raise ArgumentError(f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)")
    if input.numel() == 0:
        return input
    channels = input.shape[1]
    squares = input * input

    def zeros(count: int) -> Tensor:
        return squares.new_zeros((input.shape[0], count, *input.shape[2:]))

    padded = torchere.cat([zeros(size // 2), squares, zeros((size - 1) // 2)], 1)
    total = padded.narrow(1, 0, channels)
    for offset in range(1, size):
        total = total + padded.narrow(1, offset, channels)
    return input / (total * (alpha / size) + k).pow(beta)
