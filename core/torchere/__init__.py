"""torchere: PyTorch's API in pure Python, on devices, operators and layers that plug in.

``import torchere as torch``. Operators, and the namespaces plugins provide (``torchere.nn``, ``torchere.optim``,
``torchere.utils.data``, ``torchere.vision`` …), load on first touch; `torchere.plugins` says what is installed.
"""

from __future__ import annotations

import os as _os
import sys as _sys
from typing import Any

# OpenBLAS's threads spin for 2**26 cycles after each product, which takes the core from whatever comes next; 2**20
# bridges the gap between two products as well. Read when NumPy is first imported; a value of the user's stays.
_os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "20")

from torchere import autograd, dtypes, plugins, testing
from torchere.autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from torchere.devices import device, get_default_device, set_default_device
from torchere.dtypes import (
    DType,
    bfloat16,
    complex64,
    complex128,
    float8_e4m3fn,
    float8_e4m3fnuz,
    float8_e5m2,
    float8_e5m2fnuz,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from torchere.layouts import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    sparse_bsc,
    sparse_bsr,
    sparse_coo,
    sparse_csc,
    sparse_csr,
    strided,
)
from torchere.promotion import can_cast, get_default_dtype, promote_types, set_default_dtype
from torchere.size import Size
from torchere.tensors.tensor import Tensor
from torchere.version import __version__

__all__ = [
    "DType",
    "Size",
    "Tensor",
    "__version__",
    "autograd",
    "bfloat16",
    "bool",
    "can_cast",
    "cdouble",
    "cfloat",
    "channels_last",
    "channels_last_3d",
    "complex64",
    "complex128",
    "contiguous_format",
    "device",
    "double",
    "dtype",
    "dtypes",
    "e",
    "enable_grad",
    "float",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float16",
    "float32",
    "float64",
    "get_default_device",
    "get_default_dtype",
    "half",
    "inf",
    "inference_mode",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "layout",
    "long",
    "memory_format",
    "nan",
    "newaxis",
    "no_grad",
    "pi",
    "plugins",
    "preserve_format",
    "promote_types",
    "set_default_device",
    "set_default_dtype",
    "set_grad_enabled",
    "short",
    "sparse_bsc",
    "sparse_bsr",
    "sparse_coo",
    "sparse_csc",
    "sparse_csr",
    "strided",
    "testing",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]

dtype = DType
float = float32
double = float64
half = float16
cfloat = complex64
cdouble = complex128
short = int16
int = int32
long = int64
bool = dtypes.bool_
inf = _sys.float_info.max * 10
nan = inf - inf
pi = 3.141592653589793
e = 2.718281828459045
newaxis = None

#: Public name → module of the core that has it, imported on first touch.
_LAZY = {
    "as_tensor": "creation",
    "asarray": "creation",
    "from_dlpack": "creation",
    "from_numpy": "creation",
    "frombuffer": "creation",
    "scalar_tensor": "creation",
    "tensor": "creation",
    "vmap": "func",
    "Generator": "random",
    "default_generator": "random",
    "get_rng_state": "random",
    "initial_seed": "random",
    "manual_seed": "random",
    "seed": "random",
    "set_rng_state": "random",
    "finfo": "typeinfo",
    "iinfo": "typeinfo",
    "load": "serialization",
    "save": "serialization",
    "set_printoptions": "tensors.printing",
    "result_type": "queries",
    "detach": "queries",
    "detach_": "queries",
    "is_complex": "queries",
    "is_floating_point": "queries",
    "is_nonzero": "queries",
    "is_storage": "queries",
    "is_tensor": "queries",
    "is_same_size": "queries",
    "numel": "queries",
    "typename": "queries",
    "_assert": "queries",
    "compile": "compiler",
    "are_deterministic_algorithms_enabled": "determinism",
    "get_deterministic_debug_mode": "determinism",
    "get_float32_matmul_precision": "determinism",
    "is_deterministic_algorithms_warn_only_enabled": "determinism",
    "is_warn_always_enabled": "determinism",
    "set_deterministic_debug_mode": "determinism",
    "set_float32_matmul_precision": "determinism",
    "set_warn_always": "determinism",
    "use_deterministic_algorithms": "determinism",
    "get_num_threads": "threads",
    "set_num_threads": "threads",
    "get_num_interop_threads": "threads",
    "set_num_interop_threads": "threads",
    "FloatTensor": "legacy_types",
    "DoubleTensor": "legacy_types",
    "HalfTensor": "legacy_types",
    "BFloat16Tensor": "legacy_types",
    "ByteTensor": "legacy_types",
    "CharTensor": "legacy_types",
    "ShortTensor": "legacy_types",
    "IntTensor": "legacy_types",
    "LongTensor": "legacy_types",
    "BoolTensor": "legacy_types",
    "set_default_tensor_type": "legacy_types",
    "set_flush_denormal": "legacy_types",
    "is_signed": "legacy_types",
    "is_conj": "legacy_types",
    "is_neg": "legacy_types",
    "is_inference": "legacy_types",
    "broadcast_shapes": "queries",
    "chalf": "dtypes",
    "complex32": "dtypes",
    "float4_e2m1fn_x2": "dtypes",
    "float8_e8m0fnu": "dtypes",
    "from_file": "creation",
    "qint8": "dtypes",
    "qint32": "dtypes",
    "quint2x4": "dtypes",
    "quint4x2": "dtypes",
    "quint8": "dtypes",
    "thread_safe_generator": "random",
    "QInt8Storage": "typed_storage",
    "QInt32Storage": "typed_storage",
    "QUInt2x4Storage": "typed_storage",
    "QUInt4x2Storage": "typed_storage",
    "QUInt8Storage": "typed_storage",
    "Storage": "typed_storage",
    "UntypedStorage": "storages",
    "TypedStorage": "typed_storage",
    "BFloat16Storage": "typed_storage",
    "BoolStorage": "typed_storage",
    "ByteStorage": "typed_storage",
    "CharStorage": "typed_storage",
    "ComplexDoubleStorage": "typed_storage",
    "ComplexFloatStorage": "typed_storage",
    "DoubleStorage": "typed_storage",
    "FloatStorage": "typed_storage",
    "HalfStorage": "typed_storage",
    "IntStorage": "typed_storage",
    "LongStorage": "typed_storage",
    "ShortStorage": "typed_storage",
    "binary_cross_entropy_with_logits": "numbered_losses",
    "cosine_embedding_loss": "numbered_losses",
    "ctc_loss": "numbered_losses",
    "hinge_embedding_loss": "numbered_losses",
    "kl_div": "numbered_losses",
    "margin_ranking_loss": "numbered_losses",
    "poisson_nll_loss": "numbered_losses",
    "triplet_margin_loss": "numbered_losses",
    "adaptive_max_pool1d": "function_twins",
    "affine_grid_generator": "function_twins",
    "as_strided_": "function_twins",
    "fill": "function_twins",
    "fill_": "function_twins",
    "frobenius_norm": "function_twins",
    "grid_sampler": "function_twins",
    "grid_sampler_2d": "function_twins",
    "grid_sampler_3d": "function_twins",
    "gru_cell": "function_twins",
    "ldexp_": "function_twins",
    "lstm_cell": "function_twins",
    "norm_except_dim": "function_twins",
    "nuclear_norm": "function_twins",
    "resize_as_": "function_twins",
    "rnn_relu_cell": "function_twins",
    "rnn_tanh_cell": "function_twins",
    "zero_": "function_twins",
    "alias_copy": "view_copies",
    "as_strided_copy": "view_copies",
    "detach_copy": "view_copies",
    "diagonal_copy": "view_copies",
    "expand_copy": "view_copies",
    "permute_copy": "view_copies",
    "select_copy": "view_copies",
    "slice_copy": "view_copies",
    "split_copy": "view_copies",
    "split_with_sizes_copy": "view_copies",
    "squeeze_copy": "view_copies",
    "t_copy": "view_copies",
    "transpose_copy": "view_copies",
    "unbind_copy": "view_copies",
    "unfold_copy": "view_copies",
    "unsqueeze_copy": "view_copies",
    "view_copy": "view_copies",
    "view_as_complex_copy": "view_copies",
    "view_as_real_copy": "view_copies",
    "crow_indices_copy": "view_copies",
    "col_indices_copy": "view_copies",
    "ccol_indices_copy": "view_copies",
    "row_indices_copy": "view_copies",
    "indices_copy": "view_copies",
    "values_copy": "view_copies",
}
_MODULES = frozenset(("random", "serialization", "operators", "exchange"))


def __getattr__(name: str) -> Any:
    if name in ("__config__", "__future__"):  # modules that no listing shows
        from importlib import import_module

        return import_module(f"torchere.{name}")
    from torchere.namespace import lookup

    return lookup(name)


def __dir__() -> list[str]:
    from torchere.namespace import listing

    return listing()


# Not `from torchere import startup`: that asks __getattr__ first, which may load plugins.
import torchere.startup as _startup  # noqa: E402 - needs everything above

_startup.run()
