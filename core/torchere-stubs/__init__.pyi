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

from torchere import autograd as autograd
from torchere import cuda as cuda
from torchere import distributed as distributed
from torchere import dtypes as dtypes
from torchere import exchange as exchange
from torchere import fft as fft
from torchere import linalg as linalg
from torchere import nn as nn
from torchere import onnx as onnx
from torchere import operators as operators
from torchere import optim as optim
from torchere import plugins as plugins
from torchere import random as random
from torchere import serialization as serialization
from torchere import signal as signal
from torchere import sparse as sparse
from torchere import special as special
from torchere import testing as testing
from torchere import utils as utils
from torchere import vision as vision
from torchere.autograd.modes import enable_grad as enable_grad
from torchere.autograd.modes import inference_mode as inference_mode
from torchere.autograd.modes import is_grad_enabled as is_grad_enabled
from torchere.autograd.modes import is_inference_mode_enabled as is_inference_mode_enabled
from torchere.autograd.modes import no_grad as no_grad
from torchere.autograd.modes import set_grad_enabled as set_grad_enabled
from torchere.compiler import compile as compile
from torchere.creation import as_tensor as as_tensor
from torchere.creation import asarray as asarray
from torchere.creation import from_dlpack as from_dlpack
from torchere.creation import from_file as from_file
from torchere.creation import from_numpy as from_numpy
from torchere.creation import frombuffer as frombuffer
from torchere.creation import scalar_tensor as scalar_tensor
from torchere.creation import tensor as tensor
from torchere.determinism import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
from torchere.determinism import get_deterministic_debug_mode as get_deterministic_debug_mode
from torchere.determinism import get_float32_matmul_precision as get_float32_matmul_precision
from torchere.determinism import is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled
from torchere.determinism import is_warn_always_enabled as is_warn_always_enabled
from torchere.determinism import set_deterministic_debug_mode as set_deterministic_debug_mode
from torchere.determinism import set_float32_matmul_precision as set_float32_matmul_precision
from torchere.determinism import set_warn_always as set_warn_always
from torchere.determinism import use_deterministic_algorithms as use_deterministic_algorithms
from torchere.devices import device as device
from torchere.devices import get_default_device as get_default_device
from torchere.devices import set_default_device as set_default_device
from torchere.dtypes import DType as DType
from torchere.dtypes import DType as dtype
from torchere.dtypes import bfloat16 as bfloat16
from torchere.dtypes import chalf as chalf
from torchere.dtypes import complex128 as complex128
from torchere.dtypes import complex32 as complex32
from torchere.dtypes import complex64 as complex64
from torchere.dtypes import float16 as float16
from torchere.dtypes import float32 as float32
from torchere.dtypes import float4_e2m1fn_x2 as float4_e2m1fn_x2
from torchere.dtypes import float64 as float64
from torchere.dtypes import float8_e4m3fn as float8_e4m3fn
from torchere.dtypes import float8_e4m3fnuz as float8_e4m3fnuz
from torchere.dtypes import float8_e5m2 as float8_e5m2
from torchere.dtypes import float8_e5m2fnuz as float8_e5m2fnuz
from torchere.dtypes import float8_e8m0fnu as float8_e8m0fnu
from torchere.dtypes import int16 as int16
from torchere.dtypes import int32 as int32
from torchere.dtypes import int64 as int64
from torchere.dtypes import int8 as int8
from torchere.dtypes import qint32 as qint32
from torchere.dtypes import qint8 as qint8
from torchere.dtypes import quint2x4 as quint2x4
from torchere.dtypes import quint4x2 as quint4x2
from torchere.dtypes import quint8 as quint8
from torchere.dtypes import uint16 as uint16
from torchere.dtypes import uint32 as uint32
from torchere.dtypes import uint64 as uint64
from torchere.dtypes import uint8 as uint8
from torchere.func import vmap as vmap
from torchere.function_twins import adaptive_max_pool1d as adaptive_max_pool1d
from torchere.function_twins import affine_grid_generator as affine_grid_generator
from torchere.function_twins import as_strided_ as as_strided_
from torchere.function_twins import fill as fill
from torchere.function_twins import fill_ as fill_
from torchere.function_twins import frobenius_norm as frobenius_norm
from torchere.function_twins import grid_sampler as grid_sampler
from torchere.function_twins import grid_sampler_2d as grid_sampler_2d
from torchere.function_twins import grid_sampler_3d as grid_sampler_3d
from torchere.function_twins import gru_cell as gru_cell
from torchere.function_twins import ldexp_ as ldexp_
from torchere.function_twins import lstm_cell as lstm_cell
from torchere.function_twins import norm_except_dim as norm_except_dim
from torchere.function_twins import nuclear_norm as nuclear_norm
from torchere.function_twins import resize_as_ as resize_as_
from torchere.function_twins import rnn_relu_cell as rnn_relu_cell
from torchere.function_twins import rnn_tanh_cell as rnn_tanh_cell
from torchere.function_twins import zero_ as zero_
from torchere.layouts import channels_last as channels_last
from torchere.layouts import channels_last_3d as channels_last_3d
from torchere.layouts import contiguous_format as contiguous_format
from torchere.layouts import layout as layout
from torchere.layouts import memory_format as memory_format
from torchere.layouts import preserve_format as preserve_format
from torchere.layouts import sparse_bsc as sparse_bsc
from torchere.layouts import sparse_bsr as sparse_bsr
from torchere.layouts import sparse_coo as sparse_coo
from torchere.layouts import sparse_csc as sparse_csc
from torchere.layouts import sparse_csr as sparse_csr
from torchere.layouts import strided as strided
from torchere.legacy_types import BFloat16Tensor as BFloat16Tensor
from torchere.legacy_types import BoolTensor as BoolTensor
from torchere.legacy_types import ByteTensor as ByteTensor
from torchere.legacy_types import CharTensor as CharTensor
from torchere.legacy_types import DoubleTensor as DoubleTensor
from torchere.legacy_types import FloatTensor as FloatTensor
from torchere.legacy_types import HalfTensor as HalfTensor
from torchere.legacy_types import IntTensor as IntTensor
from torchere.legacy_types import LongTensor as LongTensor
from torchere.legacy_types import ShortTensor as ShortTensor
from torchere.legacy_types import is_conj as is_conj
from torchere.legacy_types import is_inference as is_inference
from torchere.legacy_types import is_neg as is_neg
from torchere.legacy_types import is_signed as is_signed
from torchere.legacy_types import set_default_tensor_type as set_default_tensor_type
from torchere.legacy_types import set_flush_denormal as set_flush_denormal
from torchere.numbered_losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from torchere.numbered_losses import cosine_embedding_loss as cosine_embedding_loss
from torchere.numbered_losses import ctc_loss as ctc_loss
from torchere.numbered_losses import hinge_embedding_loss as hinge_embedding_loss
from torchere.numbered_losses import kl_div as kl_div
from torchere.numbered_losses import margin_ranking_loss as margin_ranking_loss
from torchere.numbered_losses import poisson_nll_loss as poisson_nll_loss
from torchere.numbered_losses import triplet_margin_loss as triplet_margin_loss
from torchere.promotion import can_cast as can_cast
from torchere.promotion import get_default_dtype as get_default_dtype
from torchere.promotion import promote_types as promote_types
from torchere.promotion import set_default_dtype as set_default_dtype
from torchere.queries import _assert as _assert
from torchere.queries import broadcast_shapes as broadcast_shapes
from torchere.queries import detach as detach
from torchere.queries import detach_ as detach_
from torchere.queries import is_complex as is_complex
from torchere.queries import is_floating_point as is_floating_point
from torchere.queries import is_nonzero as is_nonzero
from torchere.queries import is_same_size as is_same_size
from torchere.queries import is_storage as is_storage
from torchere.queries import is_tensor as is_tensor
from torchere.queries import numel as numel
from torchere.queries import result_type as result_type
from torchere.queries import typename as typename
from torchere.random import Generator as Generator
from torchere.random import default_generator as default_generator
from torchere.random import get_rng_state as get_rng_state
from torchere.random import initial_seed as initial_seed
from torchere.random import manual_seed as manual_seed
from torchere.random import seed as seed
from torchere.random import set_rng_state as set_rng_state
from torchere.random import thread_safe_generator as thread_safe_generator
from torchere.serialization import load as load
from torchere.serialization import save as save
from torchere.size import Size as Size
from torchere.storages import UntypedStorage as UntypedStorage
from torchere.tensors.printing import set_printoptions as set_printoptions
from torchere.tensors.tensor import Tensor as Tensor
from torchere.threads import get_num_interop_threads as get_num_interop_threads
from torchere.threads import get_num_threads as get_num_threads
from torchere.threads import set_num_interop_threads as set_num_interop_threads
from torchere.threads import set_num_threads as set_num_threads
from torchere.typed_storage import BFloat16Storage as BFloat16Storage
from torchere.typed_storage import BoolStorage as BoolStorage
from torchere.typed_storage import ByteStorage as ByteStorage
from torchere.typed_storage import CharStorage as CharStorage
from torchere.typed_storage import ComplexDoubleStorage as ComplexDoubleStorage
from torchere.typed_storage import ComplexFloatStorage as ComplexFloatStorage
from torchere.typed_storage import DoubleStorage as DoubleStorage
from torchere.typed_storage import FloatStorage as FloatStorage
from torchere.typed_storage import HalfStorage as HalfStorage
from torchere.typed_storage import IntStorage as IntStorage
from torchere.typed_storage import LongStorage as LongStorage
from torchere.typed_storage import QInt32Storage as QInt32Storage
from torchere.typed_storage import QInt8Storage as QInt8Storage
from torchere.typed_storage import QUInt2x4Storage as QUInt2x4Storage
from torchere.typed_storage import QUInt4x2Storage as QUInt4x2Storage
from torchere.typed_storage import QUInt8Storage as QUInt8Storage
from torchere.typed_storage import ShortStorage as ShortStorage
from torchere.typed_storage import Storage as Storage
from torchere.typed_storage import TypedStorage as TypedStorage
from torchere.typeinfo import finfo as finfo
from torchere.typeinfo import iinfo as iinfo
from torchere.version import __version__ as __version__
from torchere.view_copies import alias_copy as alias_copy
from torchere.view_copies import as_strided_copy as as_strided_copy
from torchere.view_copies import ccol_indices_copy as ccol_indices_copy
from torchere.view_copies import col_indices_copy as col_indices_copy
from torchere.view_copies import crow_indices_copy as crow_indices_copy
from torchere.view_copies import detach_copy as detach_copy
from torchere.view_copies import diagonal_copy as diagonal_copy
from torchere.view_copies import expand_copy as expand_copy
from torchere.view_copies import indices_copy as indices_copy
from torchere.view_copies import permute_copy as permute_copy
from torchere.view_copies import row_indices_copy as row_indices_copy
from torchere.view_copies import select_copy as select_copy
from torchere.view_copies import slice_copy as slice_copy
from torchere.view_copies import split_copy as split_copy
from torchere.view_copies import split_with_sizes_copy as split_with_sizes_copy
from torchere.view_copies import squeeze_copy as squeeze_copy
from torchere.view_copies import t_copy as t_copy
from torchere.view_copies import transpose_copy as transpose_copy
from torchere.view_copies import unbind_copy as unbind_copy
from torchere.view_copies import unfold_copy as unfold_copy
from torchere.view_copies import unsqueeze_copy as unsqueeze_copy
from torchere.view_copies import values_copy as values_copy
from torchere.view_copies import view_as_complex_copy as view_as_complex_copy
from torchere.view_copies import view_as_real_copy as view_as_real_copy
from torchere.view_copies import view_copy as view_copy

class _aminmax_result(NamedTuple):
    min: Tensor
    max: Tensor

class _cummax_result(NamedTuple):
    values: Tensor
    indices: Tensor

class _cummin_result(NamedTuple):
    values: Tensor
    indices: Tensor

class _frexp_result(NamedTuple):
    mantissa: Tensor
    exponent: Tensor

class _geqrf_result(NamedTuple):
    a: Tensor
    tau: Tensor

class _kthvalue_result(NamedTuple):
    values: Tensor
    indices: Tensor

class _lu_unpack_result(NamedTuple):
    P: Tensor
    L: Tensor
    U: Tensor

class _mode_result(NamedTuple):
    values: Tensor
    indices: Tensor

class _qr_result(NamedTuple):
    Q: Tensor
    R: Tensor

class _slogdet_result(NamedTuple):
    sign: Tensor
    logabsdet: Tensor

class _sort_result(NamedTuple):
    values: Tensor
    indices: Tensor

class _svd_result(NamedTuple):
    U: Tensor
    S: Tensor
    V: Tensor

class _topk_result(NamedTuple):
    values: Tensor
    indices: Tensor

class _triangular_solve_result(NamedTuple):
    solution: Tensor
    cloned_coefficient: Tensor

def abs(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``|input|``; of complex numbers the modulus, in the real dtype. The gradient at 0 is 0."""
    ...

def abs_(input: Tensor) -> Tensor:
    """``|input|``; of complex numbers the modulus, in the real dtype. The gradient at 0 is 0."""
    ...

def absolute(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``|input|``; of complex numbers the modulus, in the real dtype. The gradient at 0 is 0."""
    ...

def absolute_(input: Tensor) -> Tensor:
    """``|input|``; of complex numbers the modulus, in the real dtype. The gradient at 0 is 0."""
    ...

def acos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse cosine in radians, 0 … π; nan beyond ±1."""
    ...

def acos_(input: Tensor) -> Tensor:
    """Inverse cosine in radians, 0 … π; nan beyond ±1."""
    ...

def acosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic cosine; nan below 1."""
    ...

def acosh_(input: Tensor) -> Tensor:
    """Inverse hyperbolic cosine; nan below 1."""
    ...

def adaptive_avg_pool1d(input: Tensor, output_size: _int | None | _tuple[_int | None, ...], *, out: Tensor | None = None) -> Tensor:
    """Means over `output_size` windows that cover signals ``(n, c, length)`` or ``(c, length)`` evenly."""
    ...

def add(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """``input + alpha * other``, broadcast; two bool tensors give their ``or``."""
    ...

def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """``beta * input + alpha * sum over b of (batch1[b] @ batch2[b])``: ``(n, p)``."""
    ...

def addcdiv(input: Tensor | _Number, tensor1: Tensor | _Number, tensor2: Tensor | _Number, *, value: _Number = 1, out: Tensor | None = None) -> Tensor:
    """``input + value * tensor1 / tensor2``, broadcast. RuntimeError: `tensor1` and `tensor2` are integers."""
    ...

def addcmul(input: Tensor | _Number, tensor1: Tensor | _Number, tensor2: Tensor | _Number, *, value: _Number = 1, out: Tensor | None = None) -> Tensor:
    """``input + value * tensor1 * tensor2``, broadcast."""
    ...

def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """``beta * input + alpha * (mat1 @ mat2)``; `input` broadcasts to ``(n, p)``."""
    ...

def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """``beta * input + alpha * (mat @ vec)``; `input` ``(n,)`` or anything that broadcasts to it."""
    ...

def addmv_(input: Tensor, mat: Tensor, vec: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
    """``beta * input + alpha * (mat @ vec)``; `input` ``(n,)`` or anything that broadcasts to it."""
    ...

def addr(input: Tensor | _Number, vec1: Tensor | _Number, vec2: Tensor | _Number, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """``beta * input + alpha * outer(vec1, vec2)``; `input` broadcasts to ``(n, m)``."""
    ...

def adjoint(input: Tensor) -> Tensor:
    """Each matrix conjugated and transposed (``mH`` as a function). RuntimeError for 1-d tensors."""
    ...

def align_tensors(*tensors: Tensor) -> _tuple[Tensor, ...]:
    """All aligned to the names of the one with the most dimensions."""
    ...

def all(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Whether every element over `dim` is non-zero; true for no elements. NaN counts as non-zero."""
    ...

def allclose(input: Tensor, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> _bool:
    """Whether every pair of elements is close, as `isclose` says: a Python bool."""
    ...

def alpha_dropout(input: Tensor, p: _float, train: _bool) -> Tensor:
    """Dropout for `selu` networks: it keeps the mean and the variance of a standard normal input."""
    ...

def alpha_dropout_(input: Tensor, p: _float, train: _bool) -> Tensor:
    """Dropout for `selu` networks: it keeps the mean and the variance of a standard normal input."""
    ...

def amax(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Largest element over `dim` (all axes by default); NaN if there is one."""
    ...

def amin(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Smallest element over `dim` (all axes by default); NaN if there is one."""
    ...

def aminmax(input: Tensor, *, dim: _int | None = None, keepdim: _bool = False, out: _tuple[Tensor, ...] | None = None) -> _aminmax_result:
    """Smallest and largest element along `dim` (over everything by default), as a named tuple ``(min, max)``."""
    ...

def angle(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The argument of complex numbers in radians, -π … π; of real ones 0, π where negative, nan for nan."""
    ...

def any(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Whether some element over `dim` is non-zero; false for no elements. NaN counts as non-zero."""
    ...

def arange(*bounds: _Number, start: _Number = 0, end: _Number | None = None, step: _Number = 1, out: Tensor | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """``arange(end)``, ``arange(start, end, step=1)``: numbers from `start`, in steps, below (or above) `end`."""
    ...

def arccos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse cosine in radians, 0 … π; nan beyond ±1."""
    ...

def arccos_(input: Tensor) -> Tensor:
    """Inverse cosine in radians, 0 … π; nan beyond ±1."""
    ...

def arccosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic cosine; nan below 1."""
    ...

def arccosh_(input: Tensor) -> Tensor:
    """Inverse hyperbolic cosine; nan below 1."""
    ...

def arcsin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse sine in radians, -π/2 … π/2; nan beyond ±1."""
    ...

def arcsin_(input: Tensor) -> Tensor:
    """Inverse sine in radians, -π/2 … π/2; nan beyond ±1."""
    ...

def arcsinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic sine."""
    ...

def arcsinh_(input: Tensor) -> Tensor:
    """Inverse hyperbolic sine."""
    ...

def arctan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse tangent in radians, -π/2 … π/2."""
    ...

def arctan2(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Angle of the point ``(other, input)`` in radians, -π … π, broadcast."""
    ...

def arctan_(input: Tensor) -> Tensor:
    """Inverse tangent in radians, -π/2 … π/2."""
    ...

def arctanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic tangent; ±inf at ±1, nan beyond."""
    ...

def arctanh_(input: Tensor) -> Tensor:
    """Inverse hyperbolic tangent; ±inf at ±1, nan beyond."""
    ...

def argmax(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Index of the largest element along `dim`; without `dim`, its index in the flattened input. int64."""
    ...

def argmin(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Index of the smallest element along `dim`; without `dim`, its index in the flattened input. int64."""
    ...

def argsort(input: Tensor, dim: _int = -1, descending: _bool = False, *, stable: _bool = False, out: Tensor | None = None) -> Tensor:
    """Indices that sort `input` along `dim`; see `sort`. int64."""
    ...

def argwhere(input: Tensor) -> Tensor:
    """The indices of the elements that are not zero, a row each (`nonzero`)."""
    ...

def as_strided(input: Tensor, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None) -> Tensor:
    """A view of the storage of `input` with this size, strides and offset, all counted in elements."""
    ...

def as_strided_scatter(input: Tensor, src: Tensor, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None) -> Tensor:
    """A copy of `input` with ``as_strided(size, stride, storage_offset)`` of the copy replaced by `src`."""
    ...

def asin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse sine in radians, -π/2 … π/2; nan beyond ±1."""
    ...

def asin_(input: Tensor) -> Tensor:
    """Inverse sine in radians, -π/2 … π/2; nan beyond ±1."""
    ...

def asinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic sine."""
    ...

def asinh_(input: Tensor) -> Tensor:
    """Inverse hyperbolic sine."""
    ...

def atan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse tangent in radians, -π/2 … π/2."""
    ...

def atan2(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Angle of the point ``(other, input)`` in radians, -π … π, broadcast."""
    ...

def atan_(input: Tensor) -> Tensor:
    """Inverse tangent in radians, -π/2 … π/2."""
    ...

def atanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic tangent; ±inf at ±1, nan beyond."""
    ...

def atanh_(input: Tensor) -> Tensor:
    """Inverse hyperbolic tangent; ±inf at ±1, nan beyond."""
    ...

def atleast_1d(*tensors: Tensor) -> Any:
    """0-d tensors as 1-d, others as they are; one tensor gives one, several (or a list) a tuple."""
    ...

def atleast_2d(*tensors: Tensor) -> Any:
    """Tensors of less than two dimensions as one row, others as they are."""
    ...

def atleast_3d(*tensors: Tensor) -> Any:
    """Tensors of less than three dimensions with new ones: ``(1, n, 1)`` for vectors, ``(n, m, 1)`` for matrices."""
    ...

def avg_pool1d(input: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, ceil_mode: _bool = False, count_include_pad: _bool = True, *, out: Tensor | None = None) -> Tensor:
    """Mean over sliding windows of signals ``(n, c, length)`` or ``(c, length)``."""
    ...

def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """``beta * input + alpha * bmm(batch1, batch2)``; `input` broadcasts to ``(b, n, p)``."""
    ...

def bartlett_window(window_length: _int, periodic: _bool = True, *, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """Bartlett's window, a triangle that begins and ends at 0, `window_length` points."""
    ...

def batch_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None, training: _bool, momentum: _float, eps: _float, cudnn_enabled: _bool = True) -> Tensor:
    """`nn.functional.batch_norm` with the argument order of ``torch.batch_norm``; `cudnn_enabled` has no effect."""
    ...

def bernoulli(input: Tensor, p: _float | None = None, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor:
    """1 or 0 in the shape and dtype of `input`: with its elements as probabilities, or with probability `p`."""
    ...

def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """``y[o] = sum over i, j of input1[i] * weight[o, i, j] * input2[j] + bias[o]`` for the last dimensions."""
    ...

def bincount(input: Tensor, weights: Tensor | None = None, minlength: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """How often each non-negative integer occurs in a 1-d tensor, or the sum of `weights` where it does."""
    ...

def bitwise_and(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Bits set in both, broadcast; of bools the logical and. Integers and bools only."""
    ...

def bitwise_left_shift(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input * 2 ** other`` in wrapping integers, broadcast; 0 where `other` is negative or at least the bit width."""
    ...

def bitwise_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Every bit flipped; of bools the logical not. Integers and bools only."""
    ...

def bitwise_or(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Bits set in either, broadcast; of bools the logical or. Integers and bools only."""
    ...

def bitwise_right_shift(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``floor(input / 2 ** other)`` of integers, broadcast: the sign is kept."""
    ...

def bitwise_xor(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Bits set in one of the two, broadcast; of bools the exclusive or. Integers and bools only."""
    ...

def blackman_window(window_length: _int, periodic: _bool = True, *, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """Blackman's window, three cosines, `window_length` points."""
    ...

def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix with the given matrices (vectors are rows, numbers of size 1) along its diagonal and zeros elsewhere."""
    ...

def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Batch of matrix products, ``(b, n, m)`` and ``(b, m, p)`` to ``(b, n, p)``, without broadcasting."""
    ...

def broadcast_tensors(*tensors: Tensor) -> _tuple[Tensor, ...]:
    """All tensors expanded to their common shape. RuntimeError where sizes differ and neither is 1."""
    ...

def broadcast_to(input: Tensor, size: Sequence[_int]) -> Tensor:
    """`expand` as a function: `input` repeated without copying to shape `size`."""
    ...

def bucketize(input: Tensor | _Number, boundaries: Tensor, *, out_int32: _bool = False, right: _bool = False, out: Tensor | None = None) -> Tensor:
    """Index of the bucket each value falls into; bucket ``i`` ends at ``boundaries[i]``, which it includes."""
    ...

def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of one element of each 1-d tensor, a row each; one tensor alone is returned as it is."""
    ...

def cat(tensors: Sequence[Tensor], dim: _int = 0, *, axis: _int | None = None, out: Tensor | None = None) -> Tensor:
    """The tensors one after the other along `dim`, in their promoted dtype."""
    ...

def cdist(x1: Tensor, x2: Tensor, p: _float = 2.0, compute_mode: _str = 'use_mm_for_euclid_dist_if_necessary', *, out: Tensor | None = None) -> Tensor:
    """The p-norm of the difference of every row of `x1` and every row of `x2`."""
    ...

def ceil(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smallest whole number not below `input`; integers are copied. The gradient is 0."""
    ...

def ceil_(input: Tensor) -> Tensor:
    """The smallest whole number not below `input`; integers are copied. The gradient is 0."""
    ...

def celu(input: Tensor, alpha: _float = 1.0) -> Tensor:
    """`input` where positive, else ``alpha * (exp(input / alpha) - 1)``. RuntimeError: `alpha` is 0."""
    ...

def celu_(input: Tensor, alpha: _float = 1.0) -> Tensor:
    """`input` where positive, else ``alpha * (exp(input / alpha) - 1)``. RuntimeError: `alpha` is 0."""
    ...

def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """Product of one or more matrices in the cheapest order; `linalg.multi_dot` is the newer name."""
    ...

def channel_shuffle(input: Tensor, groups: _int, *, out: Tensor | None = None) -> Tensor:
    """Channels dealt out among `groups`: channel ``g * n + i`` moves to ``i * groups + g``. Shape ``(b, c, *)`` kept."""
    ...

def cholesky(input: Tensor, upper: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Cholesky factor of ``(*, n, n)``; `upper` reads the upper triangle. Prefer `linalg.cholesky`."""
    ...

def cholesky_inverse(L: Tensor, upper: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Inverse of ``A = L @ L.mH`` (`upper`: ``L.mH @ L``) from its factor ``(*, n, n)``."""
    ...

def cholesky_solve(B: Tensor, L: Tensor, upper: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The X with ``A @ X == B`` where ``A = L @ L.mH`` (`upper`: ``L.mH @ L``); ``(*, n, k)``."""
    ...

def chunk(input: Tensor, chunks: _int, dim: _int = 0) -> _tuple[Tensor, ...]:
    """At most `chunks` pieces of equal size along `dim`; the last may be smaller."""
    ...

def clamp(input: Tensor | _Number, min: Tensor | None = None, max: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """`input` limited to ``min … max``, broadcast; each limit a number, a tensor or None."""
    ...

def clamp_(input: Tensor | _Number, min: Tensor | None = None, max: Tensor | None = None) -> Tensor:
    """`input` limited to ``min … max``, broadcast; each limit a number, a tensor or None."""
    ...

def clamp_max(input: Tensor | _Number, max: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input`, nowhere above `max` (a number or a tensor)."""
    ...

def clamp_max_(input: Tensor | _Number, max: Tensor | _Number) -> Tensor:
    """`input`, nowhere above `max` (a number or a tensor)."""
    ...

def clamp_min(input: Tensor | _Number, min: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input`, nowhere below `min` (a number or a tensor)."""
    ...

def clamp_min_(input: Tensor | _Number, min: Tensor | _Number) -> Tensor:
    """`input`, nowhere below `min` (a number or a tensor)."""
    ...

def clip(input: Tensor | _Number, min: Tensor | None = None, max: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """`input` limited to ``min … max``, broadcast; each limit a number, a tensor or None."""
    ...

def clip_(input: Tensor | _Number, min: Tensor | None = None, max: Tensor | None = None) -> Tensor:
    """`input` limited to ``min … max``, broadcast; each limit a number, a tensor or None."""
    ...

def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy. `memory_format` chooses its layout; by default that of `input`, if it has no gaps."""
    ...

def column_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """0-d and 1-d tensors as columns, others as they are, joined along dimension 1."""
    ...

def combinations(input: Tensor, r: _int = 2, with_replacement: _bool = False) -> Tensor:
    """All sets of `r` elements of a 1-d tensor, in order of position, a row each (``itertools.combinations``)."""
    ...

def complex(real: Tensor | _Number, imag: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``real + imag * 1j``, broadcast: complex64 from float32, complex128 from float64 (float16 gives complex64)."""
    ...

def concat(tensors: Sequence[Tensor], dim: _int = 0, *, axis: _int | None = None, out: Tensor | None = None) -> Tensor:
    """The tensors one after the other along `dim`, in their promoted dtype."""
    ...

def concatenate(tensors: Sequence[Tensor], dim: _int = 0, *, axis: _int | None = None, out: Tensor | None = None) -> Tensor:
    """The tensors one after the other along `dim`, in their promoted dtype."""
    ...

def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself."""
    ...

def conj_physical(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complex conjugate; a copy of a real tensor."""
    ...

def conj_physical_(input: Tensor) -> Tensor:
    """The complex conjugate; a copy of a real tensor."""
    ...

def constant_pad_nd(input: Tensor, pad: _tuple[_int, ...], value: _Number = 0, *, out: Tensor | None = None) -> Tensor:
    """`input` with `value` added around it: `pad` holds (before, after) pairs from the last dimension backwards."""
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

def convolution(input: Tensor, weight: Tensor, bias: Tensor | None, stride: _int | _tuple[_int, ...], padding: _int | _tuple[_int, ...], dilation: _int | _tuple[_int, ...], transposed: _bool, output_padding: _int | _tuple[_int, ...], groups: _int) -> Tensor:
    """Convolution of a batch, plain or `transposed`, in as many dimensions as `weight` has beyond two."""
    ...

def copysign(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The size of `input` with the sign of `other`, broadcast; the sign of -0.0 counts."""
    ...

def corrcoef(input: Tensor) -> Tensor:
    """Pearson's correlations of the rows of `input` ``(variables, observations)``; 1 (or nan), 0-d, for a vector."""
    ...

def cos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Cosine of radians."""
    ...

def cos_(input: Tensor) -> Tensor:
    """Cosine of radians."""
    ...

def cosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic cosine."""
    ...

def cosh_(input: Tensor) -> Tensor:
    """Hyperbolic cosine."""
    ...

def cosine_similarity(x1: Tensor, x2: Tensor, dim: _int = 1, eps: _float = 1e-08) -> Tensor:
    """Cosine of the angle between vectors along `dim`: ``x1 · x2 / (|x1| |x2|)``, each length at least `eps`."""
    ...

def count_nonzero(input: Tensor, dim: _int | Sequence[_int] | None = None) -> Tensor:
    """Number of non-zero elements over `dim`, as int64. NaN counts as non-zero."""
    ...

def cov(input: Tensor, *, correction: _int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None) -> Tensor:
    """Covariances of the rows of `input` ``(variables, observations)``; of a vector its variance, 0-d."""
    ...

def cross(input: Tensor, other: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """Cross product along `dim`, by default the first dimension of size 3 (`linalg.cross` takes the last one)."""
    ...

def cummax(input: Tensor, dim: _int, *, out: _tuple[Tensor, ...] | None = None) -> _cummax_result:
    """Largest elements so far along `dim`, and their indices (the last among equals). A NaN stays to the end."""
    ...

def cummin(input: Tensor, dim: _int, *, out: _tuple[Tensor, ...] | None = None) -> _cummin_result:
    """Smallest elements so far along `dim`, and their indices (the last among equals). A NaN stays to the end."""
    ...

def cumprod(input: Tensor, dim: _int, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """Products of the elements up to and including each along `dim`. Dtype as `cumsum`."""
    ...

def cumsum(input: Tensor, dim: _int, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """Sums of the elements up to and including each along `dim`."""
    ...

def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: _Number | None = None, dim: _int = -1) -> Tensor:
    """The integral up to each sample but the first; arguments as `trapezoid`."""
    ...

def deg2rad(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Degrees to radians."""
    ...

def deg2rad_(input: Tensor) -> Tensor:
    """Degrees to radians."""
    ...

def det(input: Tensor) -> Tensor:
    """Determinants of square matrices ``(*, n, n)``; see `linalg.det`."""
    ...

def diag(input: Tensor, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The diagonal of a matrix (a copy), or the matrix with this vector on its diagonal. RuntimeError otherwise."""
    ...

def diag_embed(input: Tensor, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
    """Matrices, in the plane of `dim1` and `dim2`, with the last dimension of `input` on diagonal `offset`."""
    ...

def diagflat(input: Tensor, offset: _int = 0) -> Tensor:
    """The matrix with the flattened elements on diagonal `offset`."""
    ...

def diagonal(input: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
    """The elements with ``index[dim2] - index[dim1] == offset``; their axis comes last."""
    ...

def diagonal_scatter(input: Tensor, src: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
    """A copy of `input` with ``diagonal(offset, dim1, dim2)`` replaced by `src`."""
    ...

def diff(input: Tensor, n: _int = 1, dim: _int = -1, prepend: Tensor | None = None, append: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """Differences of neighbours along `dim`, taken `n` times; of bools, where neighbours differ."""
    ...

def digamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithmic derivative of the gamma function; ∓inf at ±0, nan at negative integers."""
    ...

def dist(input: Tensor, other: Tensor, p: _Number = 2, *, out: Tensor | None = None) -> Tensor:
    """The p-norm of ``input - other`` (broadcast), a 0-d tensor."""
    ...

def div(input: Tensor | _Number, other: Tensor | _Number, *, rounding_mode: _str | None = None, out: Tensor | None = None) -> Tensor:
    """``input / other``, broadcast; integers give the default float dtype."""
    ...

def divide(input: Tensor | _Number, other: Tensor | _Number, *, rounding_mode: _str | None = None, out: Tensor | None = None) -> Tensor:
    """``input / other``, broadcast; integers give the default float dtype."""
    ...

def dot(input: Tensor, tensor: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Sum of products of two vectors of one length (no conjugation): a 0-d tensor."""
    ...

def dropout(input: Tensor, p: _float, train: _bool) -> Tensor:
    """`input` with each element zeroed with probability `p`, the rest scaled by ``1 / (1 - p)``."""
    ...

def dropout_(input: Tensor, p: _float, train: _bool) -> Tensor:
    """`input` with each element zeroed with probability `p`, the rest scaled by ``1 / (1 - p)``."""
    ...

def dsplit(input: Tensor, indices_or_sections: _int | Sequence[_int] | None = None, *, sections: _int | None = None, indices: Sequence[_int] | None = None) -> _tuple[Tensor, ...]:
    """`tensor_split` into equal pieces along dimension 2."""
    ...

def dstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Tensors, made at least 3-d, joined along dimension 2."""
    ...

def einsum(*args: Any) -> Tensor:
    """Sum of products of the operands' elements over the subscripts the output does not have."""
    ...

def embedding(weight: Tensor, indices: Tensor, padding_idx: _int = -1, scale_grad_by_freq: _bool = False, sparse: _bool = False) -> Tensor:
    """``torch.embedding``: the table first, and a negative `padding_idx` means none."""
    ...

def empty(*size: _int | Sequence[_int], memory_format: Any = None, dtype: DType | None = None, layout: Any = None, device: _device | _str | _int | None = None, pin_memory: _bool = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """A tensor of this size whose values are whatever the memory holds."""
    ...

def empty_like(input: Tensor, *, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False, memory_format: Any = None) -> Tensor:
    """An uninitialised tensor with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    ...

def empty_strided(size: Sequence[_int], stride: Sequence[_int], *, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False, pin_memory: _bool = False) -> Tensor:
    """An uninitialised tensor with these strides (counted in elements)."""
    ...

def eq(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input == other``, broadcast. nan equals nothing."""
    ...

def equal(input: Tensor, other: Tensor) -> _bool:
    """Whether two tensors have one shape and equal elements: a Python bool. nan equals nothing."""
    ...

def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The error function ``2/√π ∫₀ˣ exp(-t²) dt``."""
    ...

def erf_(input: Tensor) -> Tensor:
    """The error function ``2/√π ∫₀ˣ exp(-t²) dt``."""
    ...

def erfc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complementary error function ``1 - erf(input)``, accurate where it is small."""
    ...

def erfc_(input: Tensor) -> Tensor:
    """The complementary error function ``1 - erf(input)``, accurate where it is small."""
    ...

def erfinv(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of `erf`; ±inf at ±1, nan beyond."""
    ...

def exp(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``e ** input``."""
    ...

def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``2 ** input``."""
    ...

def exp2_(input: Tensor) -> Tensor:
    """``2 ** input``."""
    ...

def exp_(input: Tensor) -> Tensor:
    """``e ** input``."""
    ...

def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``e ** input - 1``, accurate near 0."""
    ...

def expm1_(input: Tensor) -> Tensor:
    """``e ** input - 1``, accurate near 0."""
    ...

def eye(n: _int, m: _int | None = None, *, dtype: DType | None = None, layout: Any = None, device: _device | _str | _int | None = None, pin_memory: _bool = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """The `n` by `m` matrix with ones on the main diagonal (`m` defaults to `n`)."""
    ...

def feature_alpha_dropout(input: Tensor, p: _float, train: _bool) -> Tensor:
    """`alpha_dropout` of whole channels."""
    ...

def feature_alpha_dropout_(input: Tensor, p: _float, train: _bool) -> Tensor:
    """`alpha_dropout` of whole channels."""
    ...

def feature_dropout(input: Tensor, p: _float, train: _bool) -> Tensor:
    """`dropout` of whole channels: ``(N, C, *)`` with one draw for each ``(n, c)``."""
    ...

def feature_dropout_(input: Tensor, p: _float, train: _bool) -> Tensor:
    """`dropout` of whole channels: ``(N, C, *)`` with one draw for each ``(n, c)``."""
    ...

def fix(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`input` rounded towards 0; integers are copied. The gradient is 0."""
    ...

def fix_(input: Tensor) -> Tensor:
    """`input` rounded towards 0; integers are copied. The gradient is 0."""
    ...

def flatten(input: Tensor, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
    """Dimensions `start_dim` to `end_dim` joined into one; a 0-d tensor becomes 1-d."""
    ...

def flip(input: Tensor, *args: Any, dims: Any = None) -> Tensor:
    """The elements in reverse order along each of `dims`; a copy. ``flip(x, (0, 1))``, ``x.flip(0, 1)``."""
    ...

def fliplr(input: Tensor) -> Tensor:
    """Columns in reverse order. RuntimeError below two dimensions."""
    ...

def flipud(input: Tensor) -> Tensor:
    """Rows in reverse order. RuntimeError for 0-d tensors."""
    ...

def float_power(input: Tensor | _Number, exponent: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input ** exponent`` computed, and returned, in float64 (complex128 if an operand is complex)."""
    ...

def floor(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The largest whole number not above `input`; integers are copied. The gradient is 0."""
    ...

def floor_(input: Tensor) -> Tensor:
    """The largest whole number not above `input`; integers are copied. The gradient is 0."""
    ...

def floor_divide(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``floor(input / other)``, broadcast, as Python's ``//``. The gradient is 0."""
    ...

def fmax(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The larger of two, broadcast; a nan loses against a number."""
    ...

def fmin(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The smaller of two, broadcast; a nan loses against a number."""
    ...

def fmod(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The remainder of C's ``fmod``, broadcast: its sign is the dividend's."""
    ...

def frac(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``input - trunc(input)``: the signed part after the point."""
    ...

def frac_(input: Tensor) -> Tensor:
    """``input - trunc(input)``: the signed part after the point."""
    ...

def frexp(input: Tensor, *, out: _tuple[Tensor, ...] | None = None) -> _frexp_result:
    """Mantissas in ``[0.5, 1)`` and int32 exponents such that ``mantissa * 2**exponent`` is the input."""
    ...

def full(size: Sequence[_int], fill_value: _Number, *, out: Tensor | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """A tensor of shape `size` whose elements are all `fill_value`; its kind of number decides the dtype."""
    ...

def full_like(input: Tensor, fill_value: _Number, *, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False, memory_format: Any = None) -> Tensor:
    """`fill_value` everywhere, with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    ...

def gather(input: Tensor, dim: _int, index: Tensor, *, sparse_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """``out[i][j] = input[index[i][j]][j]`` for ``dim=0``, and so on: one element for each in `index`."""
    ...

def gcd(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The greatest common divisor of integers, never negative; of 0 and x it is ``|x|``."""
    ...

def gcd_(input: Tensor | _Number, other: Tensor | _Number) -> Tensor:
    """The greatest common divisor of integers, never negative; of 0 and x it is ``|x|``."""
    ...

def ge(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input >= other``, broadcast; not for complex numbers."""
    ...

def geqrf(input: Tensor, *, out: _tuple[Tensor, ...] | None = None) -> _geqrf_result:
    """QR as LAPACK stores it: R above, the Householder vectors (leading 1 left out) below the diagonal of ``a``."""
    ...

def ger(input: Tensor | _Number, vec2: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """All products of two vectors: ``(n,)`` and ``(m,)`` to ``(n, m)``."""
    ...

def get_device(input: Tensor) -> _int:
    """The device's index; -1 on the cpu."""
    ...

def gradient(input: Tensor, *, spacing: Any = None, dim: _int | Sequence[_int] | None = None, edge_order: _int = 1) -> _tuple[Tensor, ...]:
    """The derivative of samples along each of `dim` (all by default), a tuple of tensors of the input's shape."""
    ...

def greater(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input > other``, broadcast; not for complex numbers."""
    ...

def greater_equal(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input >= other``, broadcast; not for complex numbers."""
    ...

def group_norm(input: Tensor, num_groups: _int, weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05, *, out: Tensor | None = None) -> Tensor:
    """Normalise over groups of channels and all positions of each sample, then scale and shift each channel."""
    ...

def gt(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input > other``, broadcast; not for complex numbers."""
    ...

def hamming_window(window_length: _int, periodic: _bool = True, alpha: _float = 0.54, beta: _float = 0.46, *, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """Hamming's window ``alpha - beta cos(2πx)``, `window_length` points."""
    ...

def hann_window(window_length: _int, periodic: _bool = True, *, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """Hann's window ``sin²(πx)``, `window_length` points."""
    ...

def hardshrink(input: Tensor, lambd: _float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """`input` where ``|input| > lambd``, else 0."""
    ...

def heaviside(input: Tensor | _Number, values: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """0 below zero, 1 above, `values` at zero; broadcast. nan counts as below. Not differentiable."""
    ...

def histc(input: Tensor, bins: _int = 100, min: _Number = 0, max: _Number = 0, *, out: Tensor | None = None) -> Tensor:
    """Histogram of all elements in `bins` equal bins between `min` and `max`, in the input's dtype."""
    ...

def histogram(input: Tensor, bins: _int | Tensor = 100, *, range: _tuple[_float, _float] | None = None, weight: Tensor | None = None, density: _bool = False, out: _tuple[Tensor, Tensor] | None = None) -> Any:
    """Counts (or sums of `weight`) of all elements in bins, and the bins' edges."""
    ...

def histogramdd(input: Tensor, bins: _int | Sequence[_int] | Sequence[Tensor], range: Sequence[_float] | None = None, weight: Tensor | None = None, density: _bool = False) -> Any:
    """The histogram of points ``(*, variables)`` in as many dimensions, and the edges along each."""
    ...

def hsplit(input: Tensor, indices_or_sections: _int | Sequence[_int] | None = None, *, sections: _int | None = None, indices: Sequence[_int] | None = None) -> _tuple[Tensor, ...]:
    """`tensor_split` into equal pieces along dimension 1 (0 for 1-d tensors)."""
    ...

def hstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Tensors joined along dimension 1; those of one dimension (0-d become 1-d) along dimension 0."""
    ...

def hypot(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``sqrt(input² + other²)`` without overflow, broadcast; inf if either is infinite. Gradient at 0, 0: nan."""
    ...

def i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the first kind of order 0."""
    ...

def i0_(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order 0."""
    ...

def igamma(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The regularised lower incomplete gamma function ``∫₀ˣ tᵃ⁻¹ exp(-t) dt / Γ(a)``, a `input`, x `other`."""
    ...

def igammac(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The regularised upper incomplete gamma function ``1 - igamma(input, other)``, accurate where that is small."""
    ...

def imag(input: Tensor) -> Tensor:
    """The imaginary part of a complex tensor, as a view. RuntimeError: a real tensor."""
    ...

def index_add(input: Tensor, dim: _int, index: Tensor, source: Tensor, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """A copy of `input` with ``alpha * source`` added to the slices along `dim` that `index` lists, repeatedly."""
    ...

def index_copy(input: Tensor, dim: _int, index: Tensor, source: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy of `input` with the slices along `dim` that `index` lists replaced by those of `source`, in order."""
    ...

def index_fill(input: Tensor, dim: _int, index: Tensor, value: _Number | Tensor) -> Tensor:
    """A copy of `input` with the slices along `dim` that `index` lists filled with a number or 0-d tensor."""
    ...

def index_put(input: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """A copy of `input` with ``input[indices] = values``, or ``+= values`` with `accumulate` (repeated ones add up)."""
    ...

def index_put_(input: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: _bool = False) -> Tensor:
    """A copy of `input` with ``input[indices] = values``, or ``+= values`` with `accumulate` (repeated ones add up)."""
    ...

def index_reduce(input: Tensor, dim: _int, index: Tensor, source: Tensor, reduce: _str, *, include_self: _bool = True, out: Tensor | None = None) -> Tensor:
    """A copy of `input` whose slices along `dim` are reduced with those of `source` that `index` assigns to them."""
    ...

def index_select(input: Tensor, dim: _int, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The slices of `input` along `dim` that the 1-d `index` lists. IndexError for numbers outside ``0 … size - 1``."""
    ...

def inner(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Sum of products over the last axis of both: ``(*a, k)`` and ``(*b, k)`` to ``(*a, *b)``."""
    ...

def instance_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None, use_input_stats: _bool, momentum: _float, eps: _float, cudnn_enabled: _bool = True) -> Tensor:
    """`nn.functional.instance_norm` with the argument order of ``torch.instance_norm``."""
    ...

def inverse(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverses of square matrices ``(*, n, n)``; see `linalg.inv`."""
    ...

def isclose(input: Tensor | _Number, other: Tensor | _Number, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> Tensor:
    """``|input - other| <= atol + rtol * |other|``, broadcast; equal infinities are close, nan only with `equal_nan`."""
    ...

def isfinite(input: Tensor) -> Tensor:
    """Whether an element is neither infinite nor nan (for complex numbers: in both parts)."""
    ...

def isin(elements: Tensor | _Number | None = None, test_elements: Tensor | _Number | None = None, *, element: _Number | None = None, test_element: _Number | None = None, assume_unique: _bool = False, invert: _bool = False, out: Tensor | None = None) -> Tensor:
    """Whether each element is among `test_elements` (with `invert`: is not). One of the operands may be a number."""
    ...

def isinf(input: Tensor) -> Tensor:
    """Whether an element is infinite (for complex numbers: in either part)."""
    ...

def isnan(input: Tensor) -> Tensor:
    """Whether an element is nan (for complex numbers: in either part)."""
    ...

def isneginf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is -inf."""
    ...

def isposinf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is +inf."""
    ...

def isreal(input: Tensor) -> Tensor:
    """Whether an element's imaginary part is 0; always true for real dtypes."""
    ...

def istft(input: Tensor, n_fft: _int, hop_length: _int | None = None, win_length: _int | None = None, window: Tensor | None = None, center: _bool = True, normalized: _bool = False, onesided: _bool | None = None, length: _int | None = None, return_complex: _bool = False) -> Tensor:
    """The signal ``(*, length)`` whose `stft` comes nearest to spectra ``(*, frequencies, frames)``."""
    ...

def kaiser_window(window_length: _int, periodic: _bool = True, beta: _float = 12.0, *, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """Kaiser's window ``I₀(beta √(1 - x²)) / I₀(beta)``, x from -1 to 1, `window_length` points."""
    ...

def kron(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Kronecker product: every element of `input` times all of `other`."""
    ...

def kthvalue(input: Tensor, k: _int, dim: _int = -1, keepdim: _bool = False, *, out: _tuple[Tensor, ...] | None = None) -> _kthvalue_result:
    """The `k`-th smallest element along `dim` (from 1), as a named tuple ``(values, indices)``. NaN is largest."""
    ...

def layer_norm(input: Tensor, normalized_shape: Sequence[_int], weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05, *, out: Tensor | None = None) -> Tensor:
    """Normalise over the last axes: ``(x - mean) / sqrt(var + eps) * weight + bias``, var being the biased variance."""
    ...

def lcm(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The least common multiple of integers, never negative; 0 if either is 0."""
    ...

def lcm_(input: Tensor | _Number, other: Tensor | _Number) -> Tensor:
    """The least common multiple of integers, never negative; 0 if either is 0."""
    ...

def ldexp(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input * 2 ** other``, broadcast."""
    ...

def le(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input <= other``, broadcast; not for complex numbers."""
    ...

def lerp(input: Tensor | _Number, end: Tensor | _Number, weight: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input + weight * (end - input)``, broadcast: `input` at weight 0 and exactly `end` at weight 1."""
    ...

def less(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input < other``, broadcast; not for complex numbers."""
    ...

def less_equal(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input <= other``, broadcast; not for complex numbers."""
    ...

def lgamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``log |Γ(input)|``; inf at 0, at negative integers and at ±inf."""
    ...

def linspace(start: _Number | Tensor, end: _Number | Tensor, steps: _int, *, out: Tensor | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """`steps` evenly spaced numbers from `start` to `end`, both included; integers are truncated."""
    ...

def lobpcg(A: Tensor, k: _int | None = None, B: Tensor | None = None, X: Tensor | None = None, n: _int | None = None, iK: Tensor | None = None, niter: _int | None = None, tol: _float | None = None, largest: _bool | None = None, method: _str | None = None, tracker: Callable[[Any], Any] | None = None, ortho_iparams: Mapping[_str, _int] | None = None, ortho_fparams: Mapping[_str, _float] | None = None, ortho_bparams: Mapping[_str, _bool] | None = None) -> _tuple[Tensor, Tensor]:
    """The `k` largest (or smallest) eigenvalues of ``A x = λ B x`` and their vectors, for symmetric A, positive B."""
    ...

def log(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Natural logarithm; -inf at 0, nan for negative real numbers."""
    ...

def log10(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Logarithm to base 10."""
    ...

def log10_(input: Tensor) -> Tensor:
    """Logarithm to base 10."""
    ...

def log1p(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``log(1 + input)``, accurate near 0."""
    ...

def log1p_(input: Tensor) -> Tensor:
    """``log(1 + input)``, accurate near 0."""
    ...

def log2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Logarithm to base 2."""
    ...

def log2_(input: Tensor) -> Tensor:
    """Logarithm to base 2."""
    ...

def log_(input: Tensor) -> Tensor:
    """Natural logarithm; -inf at 0, nan for negative real numbers."""
    ...

def log_softmax(input: Tensor, dim: _int, dtype: DType | None = None, *, out: Tensor | None = None) -> Tensor:
    """``x - log Σ exp(x)`` along `dim`: the logarithm of `softmax`, exact where that underflows."""
    ...

def logaddexp(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``log(exp(input) + exp(other))`` without overflow, broadcast."""
    ...

def logaddexp2(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``log2(2 ** input + 2 ** other)`` without overflow, broadcast."""
    ...

def logcumsumexp(input: Tensor, dim: _int, *, out: Tensor | None = None) -> Tensor:
    """``log Σ exp(x)`` of the elements up to and including each along `dim`."""
    ...

def logdet(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of determinants ``(*, n, n)`` to ``(*)``; NaN where a real determinant is negative, -inf where 0."""
    ...

def logical_and(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Whether both are not 0, broadcast; nan counts as true."""
    ...

def logical_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether `input` is 0."""
    ...

def logical_or(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Whether either is not 0, broadcast."""
    ...

def logical_xor(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Whether just one is not 0, broadcast."""
    ...

def logit(input: Tensor, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """``log(input / (1 - input))``, the inverse of `sigmoid`; ±inf at 0 and 1, nan outside."""
    ...

def logit_(input: Tensor, eps: _float | None = None) -> Tensor:
    """``log(input / (1 - input))``, the inverse of `sigmoid`; ±inf at 0 and 1, nan outside."""
    ...

def logspace(start: _Number | Tensor, end: _Number | Tensor, steps: _int, base: _float = 10.0, *, out: Tensor | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """``base ** linspace(start, end, steps)``."""
    ...

def logsumexp(input: Tensor, dim: _int | Sequence[_int], keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """``log Σ exp(x)`` over `dim`; -inf for no elements. Integers become the default float dtype."""
    ...

def lt(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input < other``, broadcast; not for complex numbers."""
    ...

def lu(A: Tensor, pivot: _bool = True, get_infos: _bool = False) -> _tuple[Tensor, ...]:
    """``(LU, pivots)``, with `get_infos` also ``info``. Prefer `linalg.lu_factor`."""
    ...

def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The X with ``A @ X == b``, A as `linalg.lu_factor` stores it. Prefer `linalg.lu_solve`."""
    ...

def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, unpack_data: _bool = True, unpack_pivots: _bool = True, *, out: _tuple[Tensor, ...] | None = None) -> _lu_unpack_result:
    """P, L and U from what `linalg.lu_factor` returns; parts not asked for are empty."""
    ...

def masked_fill(input: Tensor, mask: Tensor, value: _Number | Tensor) -> Tensor:
    """`value` (a number or 0-d tensor) where `mask` is true, `input` elsewhere; both broadcast, the dtype is `input`'s."""
    ...

def masked_scatter(input: Tensor, mask: Tensor, source: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`input` with the elements where `mask` is true replaced by those of `source`, taken in order."""
    ...

def masked_select(input: Tensor, mask: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements where `mask` is true, as a 1-d tensor in row-major order; both operands broadcast."""
    ...

def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Matrix product over the last axes, leading axes broadcast."""
    ...

def matrix_exp(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Exponential of square matrices; see `linalg.matrix_exp`."""
    ...

def matrix_power(input: Tensor, n: _int, *, out: Tensor | None = None) -> Tensor:
    """The n-th power of square matrices ``(*, m, m)`` by repeated squaring; a negative `n` inverts first."""
    ...

def max(input: Tensor, dim: _int | Tensor | None = None, keepdim: _bool = False, *, other: Tensor | None = None, out: Tensor | None = None) -> Tensor:
    """Largest element of `input`; largest elements along `dim`; or the elementwise maximum of two tensors."""
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

def max_pool3d(input: Tensor, kernel_size: _int | _tuple[_int, ...], stride: _int | _tuple[_int, ...] | None = None, padding: _int | _tuple[_int, ...] = 0, dilation: _int | _tuple[_int, ...] = 1, ceil_mode: _bool = False, return_indices: _bool = False) -> Any:
    """Maximum over sliding windows of volumes ``(n, c, d, h, w)`` or ``(c, d, h, w)``."""
    ...

def maximum(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The larger of two, broadcast; nan if either is nan. At ties each gets half of the gradient."""
    ...

def mean(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """Arithmetic mean over `dim`; NaN where there are no elements."""
    ...

def median(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Median of all elements, or medians along `dim` as a named tuple ``(values, indices)``."""
    ...

def meshgrid(*tensors: Tensor, indexing: _str | None = None) -> _tuple[Tensor, ...]:
    """Coordinate grids of 1-d (or 0-d) tensors: views of shape ``(len(t0), len(t1), …)``."""
    ...

def min(input: Tensor, dim: _int | Tensor | None = None, keepdim: _bool = False, *, other: Tensor | None = None, out: Tensor | None = None) -> Tensor:
    """Smallest element of `input`; smallest elements along `dim`; or the elementwise minimum of two tensors."""
    ...

def minimum(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The smaller of two, broadcast; nan if either is nan. At ties each gets half of the gradient."""
    ...

def mm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Product of two matrices, ``(n, m)`` and ``(m, p)`` to ``(n, p)``, without broadcasting."""
    ...

def mode(input: Tensor, dim: _int = -1, keepdim: _bool = False, *, out: _tuple[Tensor, ...] | None = None) -> _mode_result:
    """Most frequent elements along `dim` and the index of their last occurrence; the smallest among equally frequent."""
    ...

def moveaxis(input: Tensor, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
    """Dimensions `source` moved to positions `destination`; the others keep their order."""
    ...

def movedim(input: Tensor, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
    """Dimensions `source` moved to positions `destination`; the others keep their order."""
    ...

def msort(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`input` sorted along its first axis."""
    ...

def mul(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input * other``, broadcast; two bool tensors give their ``and``."""
    ...

def multinomial(input: Tensor, num_samples: _int, replacement: _bool = False, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor:
    """Positions drawn from each row with probability proportional to its elements."""
    ...

def multiply(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input * other``, broadcast; two bool tensors give their ``and``."""
    ...

def mv(input: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Product of a matrix ``(n, m)`` and a vector ``(m,)``: ``(n,)``."""
    ...

def mvlgamma(input: Tensor, p: _int, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of the gamma function of dimension `p`: of ``Π Γ(x - j/2)``, with a constant."""
    ...

def nan_to_num(input: Tensor, nan: _float | None = None, posinf: _float | None = None, neginf: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """`input` with nan replaced by `nan` (0), and ±inf by `posinf` and `neginf` (the dtype's extremes)."""
    ...

def nan_to_num_(input: Tensor, nan: _float | None = None, posinf: _float | None = None, neginf: _float | None = None) -> Tensor:
    """`input` with nan replaced by `nan` (0), and ±inf by `posinf` and `neginf` (the dtype's extremes)."""
    ...

def nanmean(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """Mean over `dim` of the elements that are not NaN; NaN where there are none."""
    ...

def nanmedian(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """As `median`, of the elements that are not NaN; NaN only where all are."""
    ...

def nanquantile(input: Tensor, q: _float | Tensor, dim: _int | None = None, keepdim: _bool = False, *, interpolation: _str = 'linear', out: Tensor | None = None) -> Tensor:
    """As `quantile`, of the elements that are not NaN; NaN only where all are."""
    ...

def nansum(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """Sum over `dim` with NaN counted as zero. Dtype as `sum`; complex input raises RuntimeError."""
    ...

def narrow(input: Tensor, dim: _int, start: _int | Tensor, length: _int) -> Tensor:
    """`length` elements of a dimension beginning at `start`, which may be negative or a 0-d integer tensor."""
    ...

def narrow_copy(input: Tensor, dim: _int, start: _int, length: _int, *, out: Tensor | None = None) -> Tensor:
    """A copy of ``narrow(dim, start, length)``."""
    ...

def native_channel_shuffle(input: Tensor, groups: _int, *, out: Tensor | None = None) -> Tensor:
    """Channels dealt out among `groups`: channel ``g * n + i`` moves to ``i * groups + g``. Shape ``(b, c, *)`` kept."""
    ...

def ne(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input != other``, broadcast. nan differs from everything."""
    ...

def neg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``-input``; unsigned integers wrap. RuntimeError: a bool tensor (use ``~``)."""
    ...

def neg_(input: Tensor) -> Tensor:
    """``-input``; unsigned integers wrap. RuntimeError: a bool tensor (use ``~``)."""
    ...

def negative(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``-input``; unsigned integers wrap. RuntimeError: a bool tensor (use ``~``)."""
    ...

def negative_(input: Tensor) -> Tensor:
    """``-input``; unsigned integers wrap. RuntimeError: a bool tensor (use ``~``)."""
    ...

def nextafter(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The next number of the dtype after `input` towards `other`."""
    ...

def nonzero(input: Tensor, *, as_tuple: _bool = False, out: Tensor | None = None) -> Tensor:
    """The indices of the elements that are not zero, a row each in row-major order: shape ``(count, ndim)``."""
    ...

def nonzero_static(input: Tensor, *, size: _int, fill_value: _int = -1, out: Tensor | None = None) -> Tensor:
    """The first `size` rows of `nonzero`, followed by rows of `fill_value` where there are fewer."""
    ...

def norm(input: Tensor, p: _str | _Number | None = 'fro', dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """The p-norm of the elements over `dim` (all by default); ``"fro"`` is p = 2, ``"nuc"`` the nuclear matrix norm."""
    ...

def normal(mean: Tensor | _float = 0.0, std: Tensor | _float = 1.0, size: Sequence[_int] | None = None, *, generator: Generator | None = None, out: Tensor | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """Normal numbers. `mean` and `std` may be tensors, which broadcast; otherwise `size` is needed."""
    ...

def not_equal(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input != other``, broadcast. nan differs from everything."""
    ...

def ones(*size: _int | Sequence[_int], dtype: DType | None = None, layout: Any = None, device: _device | _str | _int | None = None, pin_memory: _bool = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """A tensor of ones. ``ones(2, 3)`` or ``ones((2, 3))``; RuntimeError for negative sizes."""
    ...

def ones_like(input: Tensor, *, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False, memory_format: Any = None) -> Tensor:
    """Ones with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    ...

def orgqr(input: Tensor, tau: Tensor, *, out: Tensor | None = None) -> Tensor:
    """As `linalg.householder_product`."""
    ...

def ormqr(input: Tensor, tau: Tensor, other: Tensor, left: _bool = True, transpose: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """``Q @ other`` (``other @ Q`` without `left`; Q's adjoint with `transpose`), Q as `geqrf` stores it."""
    ...

def outer(input: Tensor | _Number, vec2: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """All products of two vectors: ``(n,)`` and ``(m,)`` to ``(n, m)``."""
    ...

def pairwise_distance(x1: Tensor, x2: Tensor, p: _float = 2.0, eps: _float = 1e-06, keepdim: _bool = False) -> Tensor:
    """The `p`-norm of ``x1 - x2 + eps`` along the last dimension; the operands broadcast."""
    ...

def pca_lowrank(A: Tensor, q: _int | None = None, center: _bool = True, niter: _int = 2) -> _tuple[Tensor, Tensor, Tensor]:
    """Principal components: `svd_lowrank` of ``(*, m, n)`` less, with `center`, the mean of its rows."""
    ...

def pdist(input: Tensor, p: _float = 2.0) -> Tensor:
    """The p-norm of the difference of every two rows: the upper triangle of ``cdist(input, input, p)``, in a row."""
    ...

def permute(input: Tensor, *args: Any, dims: Any = None) -> Tensor:
    """The dimensions in the order `dims`, each named once."""
    ...

def pinverse(input: Tensor, rcond: _float = 1e-15) -> Tensor:
    """Moore-Penrose pseudoinverse; see `linalg.pinv`."""
    ...

def pixel_shuffle(input: Tensor, upscale_factor: _int, *, out: Tensor | None = None) -> Tensor:
    """Channels become pixels: ``(*, c * r * r, h, w)`` to ``(*, c, h * r, w * r)`` for ``r = upscale_factor``."""
    ...

def pixel_unshuffle(input: Tensor, downscale_factor: _int, *, out: Tensor | None = None) -> Tensor:
    """Pixels become channels: ``(*, c, h * r, w * r)`` to ``(*, c * r * r, h, w)`` for ``r = downscale_factor``."""
    ...

def poisson(input: Tensor, generator: Generator | None = None, *, out: Tensor | None = None) -> Tensor:
    """Counts drawn from Poisson distributions with rates `input`; RuntimeError if one is negative."""
    ...

def polar(abs: Tensor | _Number, angle: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``abs * (cos(angle) + sin(angle) * 1j)``, broadcast; the angle in radians."""
    ...

def polygamma(n: _int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The `n`-th derivative of `digamma`. RuntimeError: a negative `n`."""
    ...

def positive(input: Tensor) -> Tensor:
    """`input` itself. RuntimeError: a bool tensor."""
    ...

def pow(input: Tensor | _Number, exponent: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input ** exponent``, broadcast; each may be a number."""
    ...

def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """`input` where positive, else ``weight * input``."""
    ...

def prod(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """Product of the elements over one axis, or over all of them."""
    ...

def put(input: Tensor, index: Tensor, source: Tensor, accumulate: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """A copy of `input` with `source` written to (or, with `accumulate`, added at) positions of its flattened form."""
    ...

def qr(input: Tensor, some: _bool = True, *, out: _tuple[Tensor, ...] | None = None) -> _qr_result:
    """`linalg.qr`, reduced with `some`, else complete. Prefer `linalg.qr`."""
    ...

def quantile(input: Tensor, q: _float | Tensor, dim: _int | None = None, keepdim: _bool = False, *, interpolation: _str = 'linear', out: Tensor | None = None) -> Tensor:
    """The `q`-th quantiles of all elements or of each row along `dim`; NaN where a NaN is present."""
    ...

def rad2deg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Radians to degrees."""
    ...

def rad2deg_(input: Tensor) -> Tensor:
    """Radians to degrees."""
    ...

def rand(*args: Any, size: Any = None, generator: Generator | None = None, out: Tensor | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False, names: Any = None) -> Tensor:
    """Uniform numbers in ``[0, 1)``. ``rand(2, 3)`` or ``rand((2, 3))``."""
    ...

def rand_like(input: Tensor, *, generator: Generator | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False, memory_format: Any = None) -> Tensor:
    """`rand` with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    ...

def randint(*args: Any, low: _int | None = None, high: _int | None = None, size: Sequence[_int] | None = None, generator: Generator | None = None, out: Tensor | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """Uniform integers, ``low ≤ n < high``. ``randint(high, size)``, ``randint(low, high, size)``; int64 by default."""
    ...

def randint_like(input: Tensor, *bounds: _int, low: _int = 0, high: _int | None = None, generator: Generator | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False, memory_format: Any = None) -> Tensor:
    """`randint` with the shape, dtype and device of `input`: ``randint_like(x, high)`` or ``(x, low, high)``."""
    ...

def randn(*args: Any, size: Any = None, generator: Generator | None = None, out: Tensor | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False, names: Any = None) -> Tensor:
    """Standard normal numbers. ``randn(2, 3)`` or ``randn((2, 3))``."""
    ...

def randn_like(input: Tensor, *, generator: Generator | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False, memory_format: Any = None) -> Tensor:
    """`randn` with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    ...

def randperm(n: _int, *, generator: Generator | None = None, out: Tensor | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """The integers ``0 … n - 1`` in random order; int64 by default. RuntimeError if the dtype cannot hold them."""
    ...

def range(start: _Number = 0, end: _Number | None = None, step: _Number = 1, *, out: Tensor | None = None, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """Numbers from `start` in steps to `end`, which is included: deprecated, use `arange`."""
    ...

def ravel(input: Tensor) -> Tensor:
    """All elements as one contiguous dimension."""
    ...

def real(input: Tensor) -> Tensor:
    """The real part, as a view; a real tensor itself."""
    ...

def reciprocal(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``1 / input``."""
    ...

def reciprocal_(input: Tensor) -> Tensor:
    """``1 / input``."""
    ...

def relu(input: Tensor) -> Tensor:
    """``max(input, 0)``, integers too. The gradient at 0 is 0."""
    ...

def relu_(input: Tensor) -> Tensor:
    """``max(input, 0)``, integers too. The gradient at 0 is 0."""
    ...

def remainder(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input - floor(input / other) * other``, broadcast, as Python's ``%``: the sign is the divisor's."""
    ...

def renorm(input: Tensor, p: _Number, dim: _int, maxnorm: _Number, *, out: Tensor | None = None) -> Tensor:
    """Every slice ``input[..., i, ...]`` along `dim` shortened to the p-norm `maxnorm` where its norm is larger."""
    ...

def repeat_interleave(input: Tensor, repeats: _int | Tensor | None = None, dim: _int | None = None, *, output_size: _int | None = None) -> Tensor:
    """Each element (without `dim`, of the flattened tensor) or slice along `dim` repeated in place."""
    ...

def reshape(input: Tensor, *args: Any, shape: Any = None) -> Tensor:
    """The elements in row-major order under another shape; one size may be -1. A view where possible, else a copy."""
    ...

def resolve_conj(input: Tensor) -> Tensor:
    """`input` itself: conjugates are never lazy here."""
    ...

def resolve_neg(input: Tensor) -> Tensor:
    """`input` itself: negatives are never lazy here."""
    ...

def rms_norm(input: Tensor, normalized_shape: Sequence[_int], weight: Tensor | None = None, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """Divide by the root mean square over the last axes: ``x / sqrt(mean(x²) + eps) * weight``."""
    ...

def roll(input: Tensor, shifts: _int | Sequence[_int], dims: _int | Sequence[_int] | None = None) -> Tensor:
    """Elements moved `shifts` places along `dims`, those beyond the end coming back at the start."""
    ...

def rot90(input: Tensor, k: _int = 1, dims: Sequence[_int] = ...) -> Tensor:
    """Rotated `k` times by 90 degrees in the plane of two dimensions, from the first towards the second."""
    ...

def round(input: Tensor, *, decimals: _int = 0, out: Tensor | None = None) -> Tensor:
    """The nearest whole number, halves to the even one; integers are copied. The gradient is 0."""
    ...

def round_(input: Tensor, *, decimals: _int = 0) -> Tensor:
    """The nearest whole number, halves to the even one; integers are copied. The gradient is 0."""
    ...

def row_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Tensors, made at least 2-d, joined along dimension 0."""
    ...

def rrelu(input: Tensor, lower: _float = 0.125, upper: _float = 0.3333333333333333, training: _bool = False, generator: Generator | None = None) -> Tensor:
    """`input` where positive, else `input` times a slope."""
    ...

def rrelu_(input: Tensor, lower: _float = 0.125, upper: _float = 0.3333333333333333, training: _bool = False, generator: Generator | None = None) -> Tensor:
    """`input` where positive, else `input` times a slope."""
    ...

def rsqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``1 / sqrt(input)``; inf at 0, nan for negative real numbers."""
    ...

def rsqrt_(input: Tensor) -> Tensor:
    """``1 / sqrt(input)``; inf at 0, nan for negative real numbers."""
    ...

def rsub(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
    """``other - alpha * input``, broadcast: `sub` with the operands exchanged."""
    ...

def scatter(input: Tensor, dim: _int, index: Tensor, src: Tensor | _Number | None = None, *, value: _Number | None = None, reduce: _str | None = None, out: Tensor | None = None) -> Tensor:
    """A copy of `input` with ``out[index[i][j]][j] = src[i][j]`` for ``dim=0``, and so on. The inverse of `gather`."""
    ...

def scatter_add(input: Tensor, dim: _int, index: Tensor, src: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy of `input` with ``out[index[i][j]][j] += src[i][j]`` for ``dim=0``, and so on; repeated indices add up."""
    ...

def scatter_reduce(input: Tensor, dim: _int, index: Tensor, src: Tensor, reduce: _str, *, include_self: _bool = True, out: Tensor | None = None) -> Tensor:
    """A copy of `input` whose elements are combined with all of `src` that `index` sends there."""
    ...

def searchsorted(sorted_sequence: Tensor, input: Tensor | _Number, *, out_int32: _bool = False, right: _bool = False, side: _str | None = None, sorter: Tensor | None = None, out: Tensor | None = None) -> Tensor:
    """Index at which each value would be inserted so that the row stays sorted."""
    ...

def select(input: Tensor, dim: _int, index: _int) -> Tensor:
    """The slice at position `index` of a dimension, which disappears. IndexError for 0-d tensors and out of range."""
    ...

def select_scatter(input: Tensor, src: Tensor, dim: _int, index: _int) -> Tensor:
    """A copy of `input` with ``select(dim, index)`` replaced by `src`. RuntimeError unless the shapes match."""
    ...

def selu(input: Tensor) -> Tensor:
    """`elu` with the slope and the scale of self-normalising networks (Klambauer et al. 2017)."""
    ...

def selu_(input: Tensor) -> Tensor:
    """`elu` with the slope and the scale of self-normalising networks (Klambauer et al. 2017)."""
    ...

def sgn(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``input / |input|``, 0 at 0: `sign` extended to complex numbers."""
    ...

def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logistic function ``1 / (1 + exp(-input))``."""
    ...

def sigmoid_(input: Tensor) -> Tensor:
    """The logistic function ``1 / (1 + exp(-input))``."""
    ...

def sign(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-1, 0 or 1 by the sign of `input`; nan has sign 0. The gradient is 0."""
    ...

def signbit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """True for negative numbers, -0.0 included."""
    ...

def sin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Sine of radians."""
    ...

def sin_(input: Tensor) -> Tensor:
    """Sine of radians."""
    ...

def sinc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``sin(π input) / (π input)``, 1 at 0."""
    ...

def sinc_(input: Tensor) -> Tensor:
    """``sin(π input) / (π input)``, 1 at 0."""
    ...

def sinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic sine."""
    ...

def sinh_(input: Tensor) -> Tensor:
    """Hyperbolic sine."""
    ...

def slice_scatter(input: Tensor, src: Tensor, dim: _int = 0, start: _int | None = None, end: _int | None = None, step: _int = 1) -> Tensor:
    """A copy of `input` with the slice ``start:end:step`` along `dim` replaced by `src`."""
    ...

def slogdet(input: Tensor, *, out: _tuple[Tensor, ...] | None = None) -> _slogdet_result:
    """Sign and logarithm of the modulus of determinants; see `linalg.slogdet`."""
    ...

def softmax(input: Tensor, dim: _int, dtype: DType | None = None, *, out: Tensor | None = None) -> Tensor:
    """``exp(x) / Σ exp(x)`` along `dim`: positive, summing to one."""
    ...

def sort(input: Tensor, dim: _int = -1, descending: _bool = False, *, stable: _bool | None = None, out: _tuple[Tensor, ...] | None = None) -> _sort_result:
    """Elements sorted along `dim`, and the indices they had, as a named tuple ``(values, indices)``."""
    ...

def split(input: Tensor, split_size_or_sections: _int | Sequence[_int] | None = None, dim: _int = 0, *, split_size: _int | Sequence[_int] | None = None) -> _tuple[Tensor, ...]:
    """Pieces of equal size (the last may be smaller), or of the sizes listed, along `dim`."""
    ...

def split_with_sizes(input: Tensor, split_sizes: Sequence[_int], dim: _int = 0) -> _tuple[Tensor, ...]:
    """Pieces of the sizes listed, which must add up to that of the dimension (RuntimeError otherwise)."""
    ...

def sqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Square root; nan for negative real numbers. The gradient at 0 is inf."""
    ...

def sqrt_(input: Tensor) -> Tensor:
    """Square root; nan for negative real numbers. The gradient at 0 is inf."""
    ...

def square(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``input * input``; bools give int64."""
    ...

def square_(input: Tensor) -> Tensor:
    """``input * input``; bools give int64."""
    ...

def squeeze(input: Tensor, dim: _int | Sequence[_int] | None = None) -> Tensor:
    """`input` without its dimensions of size 1, or only those of them that `dim` names."""
    ...

def stack(tensors: Sequence[Tensor], dim: _int = 0, *, axis: _int | None = None, out: Tensor | None = None) -> Tensor:
    """Tensors of the same shape side by side along a new dimension `dim`. RuntimeError for other shapes or none."""
    ...

def std(input: Tensor, dim: _int | Sequence[_int] | _bool | None = None, unbiased: _bool | None = None, keepdim: _bool = False, *, correction: _Number | None = None, out: Tensor | None = None) -> Tensor:
    """Standard deviation over `dim`: the square root of `var`, with the same arguments."""
    ...

def std_mean(input: Tensor, dim: _int | Sequence[_int] | _bool | None = None, unbiased: _bool | None = None, keepdim: _bool = False, *, correction: _Number | None = None) -> _tuple[Tensor, Tensor]:
    """Standard deviation and mean over `dim`, with the arguments of `var`."""
    ...

def stft(input: Tensor, n_fft: _int, hop_length: _int | None = None, win_length: _int | None = None, window: Tensor | None = None, center: _bool = True, pad_mode: _str = 'reflect', normalized: _bool = False, onesided: _bool | None = None, return_complex: _bool | None = None, align_to_window: _bool | None = None) -> Tensor:
    """Spectra of the frames of a signal ``(length,)`` or ``(batch, length)``: ``(*, frequencies, frames)``."""
    ...

def sub(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """``input - alpha * other``, broadcast."""
    ...

def subtract(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """``input - alpha * other``, broadcast."""
    ...

def sum(input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """Sum of the elements over `dim`."""
    ...

def svd(input: Tensor, some: _bool = True, compute_uv: _bool = True, *, out: _tuple[Tensor, ...] | None = None) -> _svd_result:
    """``input = U @ diag(S) @ V.mH``; U and V are zeros without `compute_uv`. Prefer `linalg.svd`."""
    ...

def svd_lowrank(A: Tensor, q: _int | None = 6, niter: _int | None = 2, M: Tensor | None = None) -> _tuple[Tensor, Tensor, Tensor]:
    """Nearly the `q` largest singular values of ``A - M``."""
    ...

def swapaxes(input: Tensor, axis0: _int, axis1: _int) -> Tensor:
    """`transpose` under NumPy's name."""
    ...

def swapdims(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """Dimensions `dim0` and `dim1` exchanged."""
    ...

def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; tensors of fewer dimensions as they are. RuntimeError above two dimensions."""
    ...

def take(input: Tensor, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements of the flattened `input` at the positions in `index`, in its shape; IndexError out of range."""
    ...

def take_along_dim(input: Tensor, indices: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """`gather` whose operands broadcast beside `dim`; without `dim` both are flattened."""
    ...

def tan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Tangent of radians."""
    ...

def tan_(input: Tensor) -> Tensor:
    """Tangent of radians."""
    ...

def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic tangent."""
    ...

def tanh_(input: Tensor) -> Tensor:
    """Hyperbolic tangent."""
    ...

def tensor_split(input: Tensor, indices_or_sections: _int | Sequence[_int] | Tensor | None = None, dim: _int = 0, *, sections: _int | None = None, indices: Sequence[_int] | None = None, tensor_indices_or_sections: Tensor | None = None) -> _tuple[Tensor, ...]:
    """Pieces between the indices listed, or `n` pieces whose sizes differ by at most one, along `dim`."""
    ...

def tensordot(a: Tensor, b: Tensor, dims: _int | Sequence[Sequence[_int]] | Tensor = 2, out: Tensor | None = None) -> Tensor:
    """Sum of products over pairs of dimensions: the last `dims` of `a` with the first `dims` of `b`, or two lists."""
    ...

def threshold(input: Tensor, threshold: _float, value: _float, *, out: Tensor | None = None) -> Tensor:
    """`input` where it is above `threshold`, else `value`; integers too (then `value` is cut to an integer)."""
    ...

def threshold_(input: Tensor, threshold: _float, value: _float) -> Tensor:
    """`input` where it is above `threshold`, else `value`; integers too (then `value` is cut to an integer)."""
    ...

def tile(input: Tensor, *args: Any, dims: Any = None) -> Tensor:
    """`repeat`, where missing numbers in front count as 1."""
    ...

def topk(input: Tensor, k: _int, dim: _int = -1, largest: _bool = True, sorted: _bool = True, *, out: _tuple[Tensor, ...] | None = None) -> _topk_result:
    """The `k` largest (or smallest) elements along `dim`, with their indices, as a named tuple."""
    ...

def trace(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Sum of the main diagonal of a matrix ``(n, m)``; int64 for integers."""
    ...

def transpose(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """Dimensions `dim0` and `dim1` exchanged."""
    ...

def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: _Number | None = None, dim: _int = -1) -> Tensor:
    """The integral of samples `y` along `dim` by the trapezoidal rule; `x` are their places, or `dx` their distance."""
    ...

def trapz(y: Tensor, x: Tensor | None = None, *, dx: _Number | None = None, dim: _int = -1) -> Tensor:
    """The older name of `trapezoid`."""
    ...

def triangular_solve(b: Tensor, A: Tensor, upper: _bool = True, transpose: _bool = False, unitriangular: _bool = False, *, out: _tuple[Tensor, ...] | None = None) -> _triangular_solve_result:
    """Solution of a triangular system, and a copy of A. Prefer `linalg.solve_triangular`."""
    ...

def tril(input: Tensor, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The lower triangle of each matrix, on and below the `diagonal`-th diagonal; zero elsewhere."""
    ...

def tril_indices(row: _int, col: _int, offset: _int = 0, *, dtype: DType | None = None, device: Any = None, layout: Any = None, pin_memory: _bool = False) -> Tensor:
    """Rows and columns, as a ``(2, n)`` tensor, of a matrix' elements on and below diagonal `offset`."""
    ...

def triu(input: Tensor, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The upper triangle of each matrix, on and above the `diagonal`-th diagonal; zero elsewhere."""
    ...

def triu_indices(row: _int, col: _int, offset: _int = 0, *, dtype: DType | None = None, device: Any = None, layout: Any = None, pin_memory: _bool = False) -> Tensor:
    """Rows and columns, as a ``(2, n)`` tensor, of a matrix' elements on and above diagonal `offset`."""
    ...

def true_divide(input: Tensor | _Number, other: Tensor | _Number, *, rounding_mode: _str | None = None, out: Tensor | None = None) -> Tensor:
    """``input / other``, broadcast; integers give the default float dtype."""
    ...

def trunc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`input` rounded towards 0; integers are copied. The gradient is 0."""
    ...

def trunc_(input: Tensor) -> Tensor:
    """`input` rounded towards 0; integers are copied. The gradient is 0."""
    ...

def unbind(input: Tensor, dim: _int = 0) -> _tuple[Tensor, ...]:
    """All slices along a dimension, which disappears. IndexError for 0-d tensors."""
    ...

def unflatten(input: Tensor, dim: _int, sizes: Sequence[_int]) -> Tensor:
    """Dimension `dim` split into several of these sizes, one of which may be -1."""
    ...

def unique(input: Tensor, sorted: _bool = True, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None) -> Any:
    """Distinct elements in ascending order, or distinct slices along `dim`."""
    ...

def unique_consecutive(input: Tensor, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None) -> Any:
    """`input` flattened (or its slices along `dim`) with runs of equal neighbours merged; returns as `unique`."""
    ...

def unravel_index(indices: Tensor, shape: _int | Sequence[_int]) -> _tuple[Tensor, ...]:
    """Coordinates, a tensor for each dimension of `shape`, of indices into a flattened tensor of that shape."""
    ...

def unsafe_chunk(input: Tensor, chunks: _int, dim: _int = 0) -> _tuple[Tensor, ...]:
    """`chunk` under the conditions of `unsafe_split`."""
    ...

def unsafe_split(input: Tensor, split_size: _int, dim: _int = 0) -> _tuple[Tensor, ...]:
    """`split` whose pieces autograd takes for tensors of their own: write to them only if `input` is not read after."""
    ...

def unsafe_split_with_sizes(input: Tensor, split_sizes: Sequence[_int], dim: _int = 0) -> _tuple[Tensor, ...]:
    """`split_with_sizes` under the conditions of `unsafe_split`."""
    ...

def unsqueeze(input: Tensor, dim: _int) -> Tensor:
    """`input` with a new dimension of size 1 at position `dim`."""
    ...

def vander(x: Tensor, N: _int | None = None, increasing: _bool = False) -> Tensor:
    """The Vandermonde matrix: powers ``x ** (N - 1) … x ** 0`` of a 1-d tensor, a row for each element."""
    ...

def var(input: Tensor, dim: _int | Sequence[_int] | _bool | None = None, unbiased: _bool | None = None, keepdim: _bool = False, *, correction: _Number | None = None, out: Tensor | None = None) -> Tensor:
    """Variance over `dim` (all elements by default): squared deviations divided by ``max(0, n - correction)``."""
    ...

def var_mean(input: Tensor, dim: _int | Sequence[_int] | _bool | None = None, unbiased: _bool | None = None, keepdim: _bool = False, *, correction: _Number | None = None) -> _tuple[Tensor, Tensor]:
    """Variance and mean over `dim`, with the arguments of `var`."""
    ...

def vdot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Sum of ``conj(input) * other`` over two vectors of one length: a 0-d tensor."""
    ...

def view_as_complex(input: Tensor) -> Tensor:
    """``(*, 2)`` real to ``(*)`` complex, a view: the last dimension holds real and imaginary parts."""
    ...

def view_as_real(input: Tensor) -> Tensor:
    """``(*)`` complex to ``(*, 2)`` real, a view: real and imaginary parts along the new last dimension."""
    ...

def vsplit(input: Tensor, indices_or_sections: _int | Sequence[_int] | None = None, *, sections: _int | None = None, indices: Sequence[_int] | None = None) -> _tuple[Tensor, ...]:
    """`tensor_split` into equal pieces along dimension 0."""
    ...

def vstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Tensors, made at least 2-d, joined along dimension 0."""
    ...

def where(condition: Tensor, input: Tensor | _Number | None = None, other: Tensor | _Number | None = None, *, out: Any = None) -> Any:
    """`input` where `condition` holds, else `other`; all three broadcast, either value may be a number."""
    ...

def xlogy(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input * log(other)``, broadcast; 0 where `input` is 0, whatever `other` is, but nan where `other` is nan."""
    ...

def xlogy_(input: Tensor | _Number, other: Tensor | _Number) -> Tensor:
    """``input * log(other)``, broadcast; 0 where `input` is 0, whatever `other` is, but nan where `other` is nan."""
    ...

def zeros(*size: _int | Sequence[_int], dtype: DType | None = None, layout: Any = None, device: _device | _str | _int | None = None, pin_memory: _bool = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """A tensor of zeros. ``zeros(2, 3)`` or ``zeros((2, 3))``; RuntimeError for negative sizes."""
    ...

def zeros_like(input: Tensor, *, dtype: DType | None = None, layout: Any = None, device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False, memory_format: Any = None) -> Tensor:
    """Zeros with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    ...

bool: DType
cdouble: DType
cfloat: DType
double: DType
e: _float
float: DType
half: DType
inf: _float
int: DType
long: DType
nan: _float
newaxis: None
pi: _float
short: DType

def __getattr__(name: _str) -> Any: ...
