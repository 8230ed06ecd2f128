"""``torchere.backends.cuda``: CuPy's libraries, and the choice among ways to compute attention.

`scaled_dot_product_attention` has one way, the plain one; the permissions below are kept and reported.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from torchere import determinism
from torchere.backends.switches import precision_name

if TYPE_CHECKING:
    from torchere.tensors.tensor import Tensor

__all__ = [
    "SDPAParams",
    "allow_fp16_bf16_reduction_math_sdp",
    "blas_workspace_size",
    "can_use_cudnn_attention",
    "can_use_efficient_attention",
    "can_use_flash_attention",
    "cublas_workspace_size",
    "cublaslt_workspace_size",
    "cudnn_sdp_enabled",
    "cufft_plan_cache",
    "enable_cudnn_sdp",
    "enable_flash_sdp",
    "enable_math_sdp",
    "enable_mem_efficient_sdp",
    "flash_sdp_enabled",
    "fp16_bf16_reduction_math_sdp_allowed",
    "is_built",
    "is_ck_sdpa_available",
    "is_flash_attention_available",
    "math_sdp_enabled",
    "matmul",
    "mem_efficient_sdp_enabled",
    "preferred_blas_library",
    "preferred_linalg_library",
    "preferred_rocm_fa_library",
    "sdp_kernel",
]


def is_built() -> bool:
    """Whether CuPy, with which the device cuda computes, is installed; not whether there is a GPU."""
    from importlib.util import find_spec

    return find_spec("cupy") is not None


def _cupy(index: int | None = None) -> Any:
    """CuPy, if the device cuda works."""
    from torchere.backend import backend_of

    try:
        count = backend_of("cuda").count()
    except Exception as error:
        raise AssertionError(f"cufft_plan_cache: there is no device cuda here ({error})") from error
    if index is not None and not 0 <= index < count:
        raise RuntimeError(f"cufft_plan_cache: expected 0 <= device index < {count}, but got device with index {index}")
    return sys.modules["cupy"]


class _PlanCache:
    """CuPy's cache of FFT plans of one device: `size`, `max_size` (settable), `clear()`.

    AssertionError without cuda.
    """

    def __init__(self, index: int | None = None) -> None:
        self._index = index

    def _cache(self) -> Any:
        cupy = _cupy(self._index)
        with cupy.cuda.Device(self._index):
            return cupy.fft.config.get_plan_cache()

    @property
    def size(self) -> int:
        """Plans in the cache."""
        return int(self._cache().get_curr_size())

    @property
    def max_size(self) -> int:
        """How many plans the cache keeps."""
        return int(self._cache().get_size())

    @max_size.setter
    def max_size(self, value: int) -> None:
        self._cache().set_size(value)

    def clear(self) -> None:
        """Forget all plans."""
        self._cache().clear()

    def __getitem__(self, device: Any) -> _PlanCache:
        from torchere.devices import device as Device

        index = device if isinstance(device, int) else Device(device).index or 0
        try:
            _cupy(index)
        except AssertionError as error:
            raise RuntimeError(
                f"cufft_plan_cache: expected 0 <= device index < 0, but got device with index {index}"
            ) from error
        return _PlanCache(index)


cufft_plan_cache = _PlanCache()


class _Matmul:
    """Permissions for matrix products on cuda. `allow_tf32` is `set_float32_matmul_precision` by another name."""

    def __init__(self) -> None:
        vars(self).update(
            allow_fp16_reduced_precision_reduction=True,
            allow_bf16_reduced_precision_reduction=True,
            allow_fp16_accumulation=False,
        )

    def __getattr__(self, name: str) -> Any:
        if name == "allow_tf32":
            return determinism.get_float32_matmul_precision() != "highest"
        if name == "fp32_precision":
            return vars(self).get("_precision") or ("tf32" if self.allow_tf32 else "none")
        raise AttributeError(f"Unknown attribute {name}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "fp32_precision":
            vars(self)["_precision"] = precision_name(value)
            return
        if name != "allow_tf32" and name not in vars(self):
            raise AttributeError(f"Unknown attribute {name}")
        if name.endswith("_reduction") and isinstance(value, (tuple, list)):
            if len(value) != 2 or not all(isinstance(item, bool) for item in value):
                raise TypeError(f"cuda.matmul.{name} expects a bool or two, but got {value!r}")
            if value[0] and not value[1]:
                raise RuntimeError("allow_splitk=False is not supported when reduced precision reductions are enabled")
            value = value[0]
        if not isinstance(value, bool):
            raise RuntimeError(f"cuda.matmul.{name} expects a bool, but got {type(value).__name__}")
        if name == "allow_tf32":
            vars(self).pop("_precision", None)
            determinism.set_float32_matmul_precision("high" if value else "highest")
        else:
            vars(self)[name] = value


matmul = _Matmul()


# --- libraries -------------------------------------------------------------------------------------------------------


class BlasBackend(IntEnum):
    """Libraries for products; CuPy calls cuBLAS."""

    Default, Cublas, Cublaslt, Ck = range(4)


class LinalgBackend(IntEnum):
    """Libraries for factorisations; CuPy calls cuSOLVER."""

    Default, Cusolver, Magma = range(3)


class ROCmFABackend(IntEnum):
    """Libraries for attention on ROCm."""

    Default, AOTriton, Ck = range(3)


def _preferred(kind: type[IntEnum], asked: Any, words: dict[str, int], fixed: IntEnum) -> Any:
    """The library in use; asking for another raises RuntimeError."""
    if asked is None:
        return fixed
    if isinstance(asked, str):
        if asked not in words:
            raise RuntimeError(f"Unknown input value. Choose from: {', '.join(words)}.")
        asked = kind(words[asked])
    if not isinstance(asked, kind):
        raise RuntimeError(f"Unknown input value type {type(asked).__name__}: pass a str or a {kind.__name__}.")
    if asked not in (fixed, kind(0)):
        raise RuntimeError(f"Cannot set preferred backend to {asked.name}: torchere's device cuda uses {fixed.name}.")
    return fixed


def preferred_blas_library(backend: str | BlasBackend | None = None) -> BlasBackend:
    """cuBLAS. Asking for another raises RuntimeError."""
    words = {"default": 0, "cublas": 1, "hipblas": 1, "cublaslt": 2, "hipblaslt": 2, "ck": 3}
    return _preferred(BlasBackend, backend, words, BlasBackend.Cublas)  # type: ignore[no-any-return]


def preferred_linalg_library(backend: str | LinalgBackend | None = None) -> LinalgBackend:
    """The default, cuSOLVER. Asking for another raises RuntimeError."""
    words = {"default": 0, "cusolver": 0, "magma": 2}
    return _preferred(LinalgBackend, backend, words, LinalgBackend.Default)  # type: ignore[no-any-return]


def preferred_rocm_fa_library(backend: str | ROCmFABackend | None = None) -> ROCmFABackend:
    """The default: there is no ROCm here. Asking for another raises RuntimeError."""
    words = {"default": 0, "aotriton": 1, "ck": 2}
    return _preferred(ROCmFABackend, backend, words, ROCmFABackend.Default)  # type: ignore[no-any-return]


def _workspace(name: str, size: int | None) -> int:
    if size is not None:
        raise RuntimeError(f"cuda.{name}(): torchere gives cuBLAS no workspace of its own; CuPy manages it.")
    return 0


def cublas_workspace_size(size: int | None = None) -> int:
    """Bytes set aside for cuBLAS: 0, CuPy manages them. RuntimeError for another size."""
    return _workspace("cublas_workspace_size", size)


def cublaslt_workspace_size(size: int | None = None) -> int:
    """Bytes set aside for cuBLASLt: 0. RuntimeError for another size."""
    return _workspace("cublaslt_workspace_size", size)


def blas_workspace_size(size: int | None = None, backend: str | BlasBackend | None = None) -> int:
    """Bytes set aside for a library for products: 0. RuntimeError for another size."""
    return _workspace("blas_workspace_size", size)


# --- attention -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SDPAParams:
    """The arguments of a call of `scaled_dot_product_attention`, to ask which way could compute it."""

    query: Tensor
    key: Tensor
    value: Tensor
    attn_mask: Tensor | None
    dropout: float
    is_causal: bool
    enable_gqa: bool


_permitted = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True, "reduction": False}


def _permit(name: str, enabled: Any) -> None:
    if not isinstance(enabled, bool):
        raise RuntimeError(f"enable_{name}_sdp expects a bool, but got {type(enabled).__name__}")
    _permitted[name] = enabled


def flash_sdp_enabled() -> bool:
    """What `enable_flash_sdp` last said; True at first."""
    return _permitted["flash"]


def enable_flash_sdp(enabled: bool) -> None:
    """Permit flash attention. RuntimeError for what is no bool."""
    _permit("flash", enabled)


def mem_efficient_sdp_enabled() -> bool:
    """What `enable_mem_efficient_sdp` last said; True at first."""
    return _permitted["mem_efficient"]


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Permit memory-efficient attention. RuntimeError for what is no bool."""
    _permit("mem_efficient", enabled)


def math_sdp_enabled() -> bool:
    """What `enable_math_sdp` last said; True at first."""
    return _permitted["math"]


def enable_math_sdp(enabled: bool) -> None:
    """Permit attention by plain operators. RuntimeError for what is no bool."""
    _permit("math", enabled)


def cudnn_sdp_enabled() -> bool:
    """What `enable_cudnn_sdp` last said; True at first."""
    return _permitted["cudnn"]


def enable_cudnn_sdp(enabled: bool) -> None:
    """Permit cuDNN's attention. RuntimeError for what is no bool."""
    _permit("cudnn", enabled)


def fp16_bf16_reduction_math_sdp_allowed() -> bool:
    """What `allow_fp16_bf16_reduction_math_sdp` last said; False at first."""
    return _permitted["reduction"]


def allow_fp16_bf16_reduction_math_sdp(enabled: bool) -> None:
    """Permit plain attention to add up in half precision. RuntimeError for what is no bool."""
    _permit("reduction", enabled)


def is_flash_attention_available() -> bool:
    """False: there is no flash attention."""
    return False


def is_ck_sdpa_available() -> bool:
    """False: there is no ROCm."""
    return False


def _cannot(name: str, params: SDPAParams, debug: bool) -> bool:
    if not isinstance(params, SDPAParams):
        raise TypeError(f"{name}(): params must be SDPAParams, not {type(params).__name__}")
    if debug:
        warnings.warn(f"{name}(): torchere computes attention by plain operators only", UserWarning, stacklevel=3)
    return False


def can_use_flash_attention(params: SDPAParams, debug: bool = False) -> bool:
    """False; with `debug` a warning says why."""
    return _cannot("can_use_flash_attention", params, debug)


def can_use_efficient_attention(params: SDPAParams, debug: bool = False) -> bool:
    """False; with `debug` a warning says why."""
    return _cannot("can_use_efficient_attention", params, debug)


def can_use_cudnn_attention(params: SDPAParams, debug: bool = False) -> bool:
    """False; with `debug` a warning says why."""
    return _cannot("can_use_cudnn_attention", params, debug)


@contextmanager
def _kernel(wanted: dict[str, bool]) -> Iterator[dict[str, bool]]:
    before = dict(_permitted)
    for name, enabled in wanted.items():
        _permit(name, enabled)
    try:
        yield {}
    finally:
        _permitted.update(before)


def sdp_kernel(
    enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True, enable_cudnn: bool = True
) -> Any:
    """A block with these permissions. Deprecated in PyTorch, with the same FutureWarning."""
    warnings.warn(
        "torch.backends.cuda.sdp_kernel() is deprecated; use torch.nn.attention.sdpa_kernel()",
        FutureWarning,
        stacklevel=2,
    )
    return _kernel(
        {
            "flash": enable_flash,
            "math": enable_math,
            "mem_efficient": enable_mem_efficient,
            "cudnn": enable_cudnn,
        }
    )
