"""Made by scripts/make_stubs.py; edit the sources instead."""


from builtins import bool as _bool, bytes as _bytes, complex as _complex, float as _float, int as _int
from builtins import object as _object, property as _property, slice as _slice, str as _str, tuple as _tuple
from builtins import dict as _dict, list as _list, type as _type
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from torchere.devices import device as _device
from torchere.dtypes import DType
from torchere.random import Generator
from torchere.size import Size

_Number = _bool | _int | _float | _complex

from torchere.tensors.tensor import Tensor

from torchere_nn.functional.activation import celu as celu
from torchere_nn.functional.activation import celu_ as celu_
from torchere_nn.functional.activation import elu as elu
from torchere_nn.functional.activation import elu_ as elu_
from torchere_nn.functional.activation import gumbel_softmax as gumbel_softmax
from torchere_nn.functional.activation import hardsigmoid as hardsigmoid
from torchere_nn.functional.activation import hardswish as hardswish
from torchere_nn.functional.activation import hardtanh as hardtanh
from torchere_nn.functional.activation import hardtanh_ as hardtanh_
from torchere_nn.functional.activation import leaky_relu as leaky_relu
from torchere_nn.functional.activation import leaky_relu_ as leaky_relu_
from torchere_nn.functional.activation import log_softmax as log_softmax
from torchere_nn.functional.activation import mish as mish
from torchere_nn.functional.activation import relu as relu
from torchere_nn.functional.activation import relu6 as relu6
from torchere_nn.functional.activation import relu_ as relu_
from torchere_nn.functional.activation import rrelu as rrelu
from torchere_nn.functional.activation import rrelu_ as rrelu_
from torchere_nn.functional.activation import selu as selu
from torchere_nn.functional.activation import selu_ as selu_
from torchere_nn.functional.activation import sigmoid as sigmoid
from torchere_nn.functional.activation import silu as silu
from torchere_nn.functional.activation import softmax as softmax
from torchere_nn.functional.activation import softmin as softmin
from torchere_nn.functional.activation import tanh as tanh
from torchere_nn.functional.activation import threshold as threshold
from torchere_nn.functional.activation import threshold_ as threshold_
from torchere_nn.functional.attention import multi_head_attention_forward as multi_head_attention_forward
from torchere_nn.functional.deprecated_resampling import upsample as upsample
from torchere_nn.functional.deprecated_resampling import upsample_bilinear as upsample_bilinear
from torchere_nn.functional.deprecated_resampling import upsample_nearest as upsample_nearest
from torchere_nn.functional.dropout import alpha_dropout as alpha_dropout
from torchere_nn.functional.dropout import dropout as dropout
from torchere_nn.functional.dropout import feature_alpha_dropout as feature_alpha_dropout
from torchere_nn.functional.linear_cross_entropy import linear_cross_entropy as linear_cross_entropy
from torchere_nn.functional.margin_loss import multi_margin_loss as multi_margin_loss
from torchere_nn.functional.margin_loss import multilabel_margin_loss as multilabel_margin_loss
from torchere_nn.functional.margin_loss import multilabel_soft_margin_loss as multilabel_soft_margin_loss
from torchere_nn.functional.margin_loss import triplet_margin_with_distance_loss as triplet_margin_with_distance_loss
from torchere_nn.functional.scaled_products import ScalingType as ScalingType
from torchere_nn.functional.scaled_products import SwizzleType as SwizzleType
from torchere_nn.functional.scaled_products import grouped_mm as grouped_mm
from torchere_nn.functional.scaled_products import scaled_grouped_mm as scaled_grouped_mm
from torchere_nn.functional.scaled_products import scaled_mm as scaled_mm

def adaptive_avg_pool1d(input: Tensor, output_size: _int | None | _tuple[_int | None, ...], *, out: Tensor | None = None) -> Tensor:
    """Means over `output_size` windows that cover signals ``(n, c, length)`` or ``(c, length)`` evenly."""
    ...

def adaptive_avg_pool2d(input: Tensor, output_size: _int | None | _tuple[_int | None, ...], *, out: Tensor | None = None) -> Tensor:
    """Means over `output_size` (int or pair; None: keep that side) windows that cover images evenly."""
    ...

def adaptive_avg_pool3d(input: Tensor, output_size: _int | None | _tuple[_int | None, ...], *, out: Tensor | None = None) -> Tensor:
    """Means over `output_size` (int or triple; None: keep that side) windows that cover volumes evenly."""
    ...

def adaptive_max_pool1d(input: Tensor, output_size: _int | None | _tuple[_int | None, ...], return_indices: _bool = False) -> Any:
    """Maxima over `output_size` windows that cover signals evenly; with `return_indices` also their places."""
    ...

def adaptive_max_pool1d_with_indices(input: Tensor, output_size: _int | None | _tuple[_int | None, ...]) -> _tuple[Tensor, Tensor]:
    """`adaptive_max_pool1d` with ``return_indices=True``."""
    ...

def adaptive_max_pool2d(input: Tensor, output_size: _int | None | _tuple[_int | None, ...], return_indices: _bool = False) -> Any:
    """Maxima over `output_size` windows that cover images evenly; with `return_indices` also their flat places."""
    ...

def adaptive_max_pool2d_with_indices(input: Tensor, output_size: _int | None | _tuple[_int | None, ...]) -> _tuple[Tensor, Tensor]:
    """`adaptive_max_pool2d` with ``return_indices=True``."""
    ...

def adaptive_max_pool3d(input: Tensor, output_size: _int | None | _tuple[_int | None, ...], return_indices: _bool = False) -> Any:
    """Maxima over `output_size` windows that cover volumes evenly; with `return_indices` also their flat places."""
    ...

def adaptive_max_pool3d_with_indices(input: Tensor, output_size: _int | None | _tuple[_int | None, ...]) -> _tuple[Tensor, Tensor]:
    """`adaptive_max_pool3d` with ``return_indices=True``."""
    ...

def affine_grid(theta: Tensor, size: Sequence[_int], align_corners: _bool | None = None) -> Tensor:
    """Grid for `grid_sample` that maps every pixel of an image of `size` through affine matrices."""
    ...

def avg_pool1d(input: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, ceil_mode: _bool = False, count_include_pad: _bool = True, *, out: Tensor | None = None) -> Tensor:
    """Mean over sliding windows of signals ``(n, c, length)`` or ``(c, length)``."""
    ...

def avg_pool2d(input: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, ceil_mode: _bool = False, count_include_pad: _bool = True, divisor_override: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """Mean over sliding windows of images ``(n, c, h, w)`` or ``(c, h, w)``."""
    ...

def avg_pool3d(input: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, ceil_mode: _bool = False, count_include_pad: _bool = True, divisor_override: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """Mean over sliding windows of volumes ``(n, c, d, h, w)`` or ``(c, d, h, w)``."""
    ...

def batch_norm(input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None, bias: Tensor | None = None, training: _bool = False, momentum: _float = 0.1, eps: _float = 1e-05, *, out: Tensor | None = None) -> Tensor:
    """Normalise each channel over the batch and all positions: ``(x - mean) / sqrt(var + eps) * weight + bias``."""
    ...

def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """``y[o] = sum over i, j of input1[i] * weight[o, i, j] * input2[j] + bias[o]`` for the last dimensions."""
    ...

def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = 'mean') -> Tensor:
    """Cross entropy of probabilities `input` with probabilities `target`, reduced; logarithms are at least -100."""
    ...

def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = 'mean', pos_weight: Tensor | None = None) -> Tensor:
    """`binary_cross_entropy` of ``sigmoid(input)`` without overflow, reduced."""
    ...

def channel_shuffle(input: Tensor, groups: _int, *, out: Tensor | None = None) -> Tensor:
    """Channels dealt out among `groups`: channel ``g * n + i`` moves to ``i * groups + g``. Shape ``(b, c, *)`` kept."""
    ...

def conv1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | _tuple[_int, ...] = 1, padding: _int | _tuple[_int, ...] | _str = 0, dilation: _int | _tuple[_int, ...] = 1, groups: _int = 1, *, out: Tensor | None = None) -> Tensor:
    """Convolution of signals: ``(n, c, length)`` or ``(c, length)`` with ``(filters, c / groups, kernel)``."""
    ...

def conv2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | _tuple[_int, ...] = 1, padding: _int | _tuple[_int, ...] | _str = 0, dilation: _int | _tuple[_int, ...] = 1, groups: _int = 1, *, out: Tensor | None = None) -> Tensor:
    """Convolution of images: ``(n, c, h, w)`` or ``(c, h, w)`` with ``(filters, c / groups, kernel h, kernel w)``."""
    ...

def conv3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | _tuple[_int, ...] = 1, padding: _int | _tuple[_int, ...] | _str = 0, dilation: _int | _tuple[_int, ...] = 1, groups: _int = 1, *, out: Tensor | None = None) -> Tensor:
    """Convolution of volumes: ``(n, c, d, h, w)`` or ``(c, d, h, w)`` with ``(filters, c / groups, *kernel)``."""
    ...

def conv_transpose1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | _tuple[_int, ...] = 1, padding: _int | _tuple[_int, ...] = 0, output_padding: _int | _tuple[_int, ...] = 0, groups: _int = 1, dilation: _int | _tuple[_int, ...] = 1, *, out: Tensor | None = None) -> Tensor:
    """Adjoint of `conv1d`: ``(n, c, length)`` or ``(c, length)`` with ``(c, filters / groups, kernel)``."""
    ...

def conv_transpose2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | _tuple[_int, ...] = 1, padding: _int | _tuple[_int, ...] = 0, output_padding: _int | _tuple[_int, ...] = 0, groups: _int = 1, dilation: _int | _tuple[_int, ...] = 1, *, out: Tensor | None = None) -> Tensor:
    """Adjoint of `conv2d`: ``(n, c, h, w)`` or ``(c, h, w)`` with ``(c, filters / groups, kernel h, kernel w)``."""
    ...

def conv_transpose3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _int | _tuple[_int, ...] = 1, padding: _int | _tuple[_int, ...] = 0, output_padding: _int | _tuple[_int, ...] = 0, groups: _int = 1, dilation: _int | _tuple[_int, ...] = 1, *, out: Tensor | None = None) -> Tensor:
    """Adjoint of `conv3d`: ``(n, c, d, h, w)`` or ``(c, d, h, w)`` with ``(c, filters / groups, *kernel)``."""
    ...

def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: _float = 0, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = 'mean') -> Tensor:
    """``1 - cos`` of the pairs whose `target` is 1, ``max(0, cos - margin)`` of those where it is -1; reduced."""
    ...

def cosine_similarity(x1: Tensor, x2: Tensor, dim: _int = 1, eps: _float = 1e-08) -> Tensor:
    """Cosine of the angle between vectors along `dim`: ``x1 · x2 / (|x1| |x2|)``, each length at least `eps`."""
    ...

def cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, ignore_index: _int = -100, reduce: _bool | None = None, reduction: _str = 'mean', label_smoothing: _float = 0.0) -> Tensor:
    """Cross entropy of scores (logits), reduced: `nll_loss` of their `log_softmax` over the classes."""
    ...

def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: _int = 0, reduction: _str = 'mean', zero_infinity: _bool = False) -> Tensor:
    """``-log P(targets)``, summed over all alignments of the targets to the input."""
    ...

def dropout1d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zeroes whole channels of ``(N, C, L)`` or ``(C, L)`` with probability `p`."""
    ...

def dropout2d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zeroes whole channels of ``(N, C, H, W)`` with probability `p`."""
    ...

def dropout3d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zeroes whole channels of ``(N, C, D, H, W)`` or ``(C, D, H, W)`` with probability `p`; other dimensions warn."""
    ...

def embedding(input: Tensor, weight: Tensor, padding_idx: _int | None = None, max_norm: _float | None = None, norm_type: _float = 2.0, scale_grad_by_freq: _bool = False, sparse: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Rows of the table `weight` at the indices `input`."""
    ...

def embedding_bag(input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: _float | None = None, norm_type: _float = 2, scale_grad_by_freq: _bool = False, mode: _str = 'mean', sparse: _bool = False, per_sample_weights: Tensor | None = None, include_last_offset: _bool = False, padding_idx: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """Sum, mean or maximum of the rows of `weight` that each bag of indices names; zero for an empty bag."""
    ...

def fold(input: Tensor, output_size: _int | _tuple[_int, ...], kernel_size: _int | _tuple[_int, ...], dilation: _int | _tuple[_int, ...] = 1, padding: _int | _tuple[_int, ...] = 0, stride: _int | _tuple[_int, ...] = 1) -> Tensor:
    """Image of `output_size` from columns of blocks, overlapping values added: the adjoint of `unfold`."""
    ...

def fractional_max_pool2d(input: Tensor, kernel_size: _int | _tuple[_int, ...], output_size: _int | _tuple[_int, ...] | None = None, output_ratio: _float | _tuple[_float, ...] | None = None, return_indices: _bool = False, _random_samples: Tensor | None = None) -> Any:
    """Maximum over windows at random places of images ``(n, c, h, w)`` or ``(c, h, w)``, to a given size."""
    ...

def fractional_max_pool2d_with_indices(input: Tensor, kernel_size: _int | _tuple[_int, ...], output_size: _int | _tuple[_int, ...] | None = None, output_ratio: _float | _tuple[_float, ...] | None = None, return_indices: _bool = False, _random_samples: Tensor | None = None) -> _tuple[Tensor, Tensor]:
    """:func:`fractional_max_pool2d` with both results."""
    ...

def fractional_max_pool3d(input: Tensor, kernel_size: _int | _tuple[_int, ...], output_size: _int | _tuple[_int, ...] | None = None, output_ratio: _float | _tuple[_float, ...] | None = None, return_indices: _bool = False, _random_samples: Tensor | None = None) -> Any:
    """Maximum over windows at random places of volumes ``(n, c, t, h, w)`` or ``(c, t, h, w)``, to a given size."""
    ...

def fractional_max_pool3d_with_indices(input: Tensor, kernel_size: _int | _tuple[_int, ...], output_size: _int | _tuple[_int, ...] | None = None, output_ratio: _float | _tuple[_float, ...] | None = None, return_indices: _bool = False, _random_samples: Tensor | None = None) -> _tuple[Tensor, Tensor]:
    """:func:`fractional_max_pool3d` with both results."""
    ...

def gaussian_nll_loss(input: Tensor, target: Tensor, var: Tensor | _float, full: _bool = False, eps: _float = 1e-06, reduction: _str = 'mean') -> Tensor:
    """Negative log likelihood of `target` under normal distributions of mean `input` and variance `var`, reduced."""
    ...

def gelu(input: Tensor, *, approximate: _str = 'none', out: Tensor | None = None) -> Tensor:
    """``input * Φ(input)``, Φ the normal distribution function (Hendrycks and Gimpel 2016)."""
    ...

def gelu_(input: Tensor, *, approximate: _str = 'none') -> Tensor:
    """``input * Φ(input)``, Φ the normal distribution function (Hendrycks and Gimpel 2016)."""
    ...

def glu(input: Tensor, dim: _int = -1, *, out: Tensor | None = None) -> Tensor:
    """``a * sigmoid(b)``, `a` and `b` the halves of `input` along `dim` (Dauphin et al. 2017)."""
    ...

def grid_sample(input: Tensor, grid: Tensor, mode: _str = 'bilinear', padding_mode: _str = 'zeros', align_corners: _bool | None = None) -> Tensor:
    """Values of `input` at the positions in `grid`, whose last dimension holds (x, y[, z]) in ``-1 … 1``."""
    ...

def group_norm(input: Tensor, num_groups: _int, weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05, *, out: Tensor | None = None) -> Tensor:
    """Normalise over groups of channels and all positions of each sample, then scale and shift each channel."""
    ...

def hardshrink(input: Tensor, lambd: _float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """`input` where ``|input| > lambd``, else 0."""
    ...

def hardsigmoid_(input: Tensor) -> Tensor:
    """``min(max(input + 3, 0), 6) / 6`` (Howard et al. 2019)."""
    ...

def hardswish_(input: Tensor) -> Tensor:
    """``input * hardsigmoid(input)`` (Howard et al. 2019)."""
    ...

def hinge_embedding_loss(input: Tensor, target: Tensor, margin: _float = 1.0, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = 'mean') -> Tensor:
    """`input` (a distance) where `target` is 1, ``max(0, margin - input)`` where it is -1; reduced."""
    ...

def huber_loss(input: Tensor, target: Tensor, reduction: _str = 'mean', delta: _float = 1.0, weight: Tensor | None = None) -> Tensor:
    """``d² / 2`` where ``d = |input - target| < delta``, else ``delta (d - delta / 2)``; reduced (Huber 1964)."""
    ...

def instance_norm(input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None, weight: Tensor | None = None, bias: Tensor | None = None, use_input_stats: _bool = True, momentum: _float = 0.1, eps: _float = 1e-05, *, out: Tensor | None = None) -> Tensor:
    """Normalise every channel of every sample over its positions, then scale and shift each channel."""
    ...

def interpolate(input: Tensor, size: _int | Sequence[_int] | None = None, scale_factor: _float | Sequence[_float] | None = None, mode: _str = 'nearest', align_corners: _bool | None = None, recompute_scale_factor: _bool | None = None, antialias: _bool = False) -> Tensor:
    """Resample the dimensions after the first two to `size`, or to ``floor(old * scale_factor)``."""
    ...

def kl_div(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = 'mean', log_target: _bool = False) -> Tensor:
    """Kullback-Leibler divergence ``target * (log(target) - input)``, `input` being log probabilities; reduced."""
    ...

def l1_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = 'mean', weight: Tensor | None = None) -> Tensor:
    """``|input - target|``, reduced; `weight` as in `mse_loss`."""
    ...

def layer_norm(input: Tensor, normalized_shape: Sequence[_int], weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05, *, out: Tensor | None = None) -> Tensor:
    """Normalise over the last axes: ``(x - mean) / sqrt(var + eps) * weight + bias``, var being the biased variance."""
    ...

def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """Affine map of the last dimension: ``input @ weight.T + bias``."""
    ...

def local_response_norm(input: Tensor, size: _int, alpha: _float = 0.0001, beta: _float = 0.75, k: _float = 1.0, *, out: Tensor | None = None) -> Tensor:
    """Divide by ``(k + alpha * mean of squares over `size` neighbouring channels) ** beta``; outside counts as zero."""
    ...

def logsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``log(sigmoid(input))`` without overflow."""
    ...

def lp_pool1d(input: Tensor, norm_type: _Number, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, ceil_mode: _bool = False) -> Tensor:
    """``(sum of x ** norm_type) ** (1 / norm_type)`` over windows of signals ``(n, c, length)`` or ``(c, length)``."""
    ...

def lp_pool2d(input: Tensor, norm_type: _Number, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, ceil_mode: _bool = False) -> Tensor:
    """``(sum of x ** norm_type) ** (1 / norm_type)`` over windows of images ``(n, c, h, w)`` or ``(c, h, w)``."""
    ...

def lp_pool3d(input: Tensor, norm_type: _Number, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, ceil_mode: _bool = False) -> Tensor:
    """``(sum of x ** norm_type) ** (1 / norm_type)`` over windows of volumes ``(n, c, d, h, w)``, also without n."""
    ...

def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: _float = 0, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = 'mean') -> Tensor:
    """``max(0, margin - target * (input1 - input2))``, reduced: `target` 1 wants `input1` above `input2`, -1 below."""
    ...

def max_pool1d(input: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, dilation: _int | _tuple[_int, ...] = 1, ceil_mode: _bool = False, return_indices: _bool = False) -> Any:
    """Maximum over sliding windows of signals ``(n, c, length)`` or ``(c, length)``."""
    ...

def max_pool1d_with_indices(input: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, dilation: _int | _tuple[_int, ...] = 1, ceil_mode: _bool = False) -> _tuple[Tensor, Tensor]:
    """`max_pool1d` with ``return_indices=True``."""
    ...

def max_pool2d(input: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, dilation: _int | _tuple[_int, ...] = 1, ceil_mode: _bool = False, return_indices: _bool = False) -> Any:
    """Maximum over sliding windows of images ``(n, c, h, w)`` or ``(c, h, w)``."""
    ...

def max_pool2d_with_indices(input: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, dilation: _int | _tuple[_int, ...] = 1, ceil_mode: _bool = False) -> _tuple[Tensor, Tensor]:
    """`max_pool2d` with ``return_indices=True``."""
    ...

def max_pool3d(input: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, dilation: _int | _tuple[_int, ...] = 1, ceil_mode: _bool = False, return_indices: _bool = False) -> Any:
    """Maximum over sliding windows of volumes ``(n, c, d, h, w)`` or ``(c, d, h, w)``."""
    ...

def max_pool3d_with_indices(input: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, dilation: _int | _tuple[_int, ...] = 1, ceil_mode: _bool = False) -> _tuple[Tensor, Tensor]:
    """`max_pool3d` with ``return_indices=True``."""
    ...

def max_unpool1d(input: Tensor, indices: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, output_size: _tuple[_int, ...] | None = None) -> Tensor:
    """Maxima put back where `max_pool1d` found them, zero elsewhere: a partial inverse."""
    ...

def max_unpool2d(input: Tensor, indices: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, output_size: _tuple[_int, ...] | None = None) -> Tensor:
    """Maxima put back where `max_pool2d` found them, zero elsewhere: a partial inverse."""
    ...

def max_unpool3d(input: Tensor, indices: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, output_size: _tuple[_int, ...] | None = None) -> Tensor:
    """Maxima put back where `max_pool3d` found them, zero elsewhere: a partial inverse."""
    ...

def mish_(input: Tensor) -> Tensor:
    """``input * tanh(log(1 + exp(input)))`` (Misra 2019)."""
    ...

def mse_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = 'mean', weight: Tensor | None = None) -> Tensor:
    """``(input - target)²``, reduced; `weight` has the input's shape and the mean is then the weighted one."""
    ...

def native_channel_shuffle(input: Tensor, groups: _int, *, out: Tensor | None = None) -> Tensor:
    """Channels dealt out among `groups`: channel ``g * n + i`` moves to ``i * groups + g``. Shape ``(b, c, *)`` kept."""
    ...

def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, ignore_index: _int = -100, reduce: _bool | None = None, reduction: _str = 'mean') -> Tensor:
    """Minus the log probability ``input[n, target[n], …]`` of each target class, reduced."""
    ...

def normalize(input: Tensor, p: _float = 2.0, dim: _int | Sequence[_int] = 1, eps: _float = 1e-12, *, out: Tensor | None = None) -> Tensor:
    """`input` divided by its p-norm along `dim`, the norm being at least `eps`."""
    ...

def one_hot(tensor: Tensor, num_classes: _int = -1, *, out: Tensor | None = None) -> Tensor:
    """For every class index a vector of zeros with a one at that index: ``(*)`` to ``(*, num_classes)``, int64."""
    ...

def pad(input: Tensor, pad: _tuple[_int, ...], mode: _str = 'constant', value: _float | None = None) -> Tensor:
    """Pad the last dimensions of `input`; `pad` holds (before, after) pairs from the last dimension backwards."""
    ...

def pairwise_distance(x1: Tensor, x2: Tensor, p: _float = 2.0, eps: _float = 1e-06, keepdim: _bool = False) -> Tensor:
    """The `p`-norm of ``x1 - x2 + eps`` along the last dimension; the operands broadcast."""
    ...

def pdist(input: Tensor, p: _float = 2.0) -> Tensor:
    """The p-norm of the difference of every two rows: the upper triangle of ``cdist(input, input, p)``, in a row."""
    ...

def pixel_shuffle(input: Tensor, upscale_factor: _int, *, out: Tensor | None = None) -> Tensor:
    """Channels become pixels: ``(*, c * r * r, h, w)`` to ``(*, c, h * r, w * r)`` for ``r = upscale_factor``."""
    ...

def pixel_unshuffle(input: Tensor, downscale_factor: _int, *, out: Tensor | None = None) -> Tensor:
    """Pixels become channels: ``(*, c, h * r, w * r)`` to ``(*, c * r * r, h, w)`` for ``r = downscale_factor``."""
    ...

def poisson_nll_loss(input: Tensor, target: Tensor, log_input: _bool = True, full: _bool = False, size_average: _bool | None = None, eps: _float = 1e-08, reduce: _bool | None = None, reduction: _str = 'mean') -> Tensor:
    """Negative log likelihood of counts `target` under a Poisson distribution, reduced."""
    ...

def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """`input` where positive, else ``weight * input``."""
    ...

def relu6_(input: Tensor) -> Tensor:
    """``min(max(input, 0), 6)``."""
    ...

def rms_norm(input: Tensor, normalized_shape: Sequence[_int], weight: Tensor | None = None, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """Divide by the root mean square over the last axes: ``x / sqrt(mean(x²) + eps) * weight``."""
    ...

def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: _float = 0.0, is_causal: _bool = False, scale: _float | None = None, enable_gqa: _bool = False) -> Tensor:
    """``softmax(query @ key.T * scale + mask) @ value`` over the last two dimensions."""
    ...

def silu_(input: Tensor) -> Tensor:
    """``input * sigmoid(input)``, also called swish."""
    ...

def smooth_l1_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = 'mean', beta: _float = 1.0) -> Tensor:
    """``d² / (2 beta)`` where ``d = |input - target| < beta``, else ``d - beta / 2``; reduced (Girshick 2015)."""
    ...

def soft_margin_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = 'mean') -> Tensor:
    """``log(1 + exp(-target * input))`` with targets 1 and -1, reduced."""
    ...

def softplus(input: Tensor, beta: _float = 1.0, threshold: _float = 20.0, *, out: Tensor | None = None) -> Tensor:
    """``log(1 + exp(beta * input)) / beta``; `input` itself where ``beta * input > threshold``."""
    ...

def softshrink(input: Tensor, lambd: _float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """`input` moved by `lambd` towards 0, where it stops. RuntimeError: a negative `lambd`."""
    ...

def softsign(input: Tensor) -> Tensor:
    """``input / (1 + |input|)``; integers give the default float dtype."""
    ...

def tanhshrink(input: Tensor) -> Tensor:
    """``input - tanh(input)``; integers give the default float dtype."""
    ...

def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: _float = 1.0, p: _float = 2, eps: _float = 1e-06, swap: _bool = False, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = 'mean') -> Tensor:
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)`` with `pairwise_distance`, reduced."""
    ...

def unfold(input: Tensor, kernel_size: _int | _tuple[_int, ...], dilation: _int | _tuple[_int, ...] = 1, padding: _int | _tuple[_int, ...] = 0, stride: _int | _tuple[_int, ...] = 1) -> Tensor:
    """Columns of all sliding blocks of an image."""
    ...

def __getattr__(name: str) -> Any: ...
