"""``torchere.backends``: which libraries compute here, and PyTorch's settings of them.

Answers are about this installation: ``mkldnn`` asks for the plugin onednn, ``mkl`` for NumPy's BLAS, ``cuda`` for CuPy.
Settings that name another precision or algorithm are kept and reported for programs that read them; torchere's kernels
compute in full precision whatever they say.
"""

from __future__ import annotations

from torchere.backends.switches import Switch, SwitchModule, disable_global_flags, flags_frozen, precision_name

from . import (
    cpu,
    cuda,
    cudnn,
    cusparselt,
    kleidiai,
    mha,
    miopen,
    mkl,
    mkldnn,
    mps,
    nnpack,
    openmp,
    opt_einsum,
    python_native,
    quantized,
    xeon,
    xnnpack,
)

__all__ = [
    "cpu", "cuda", "cudnn", "cusparselt", "disable_global_flags", "flags_frozen", "kleidiai", "mha", "miopen", "mkl",
    "mkldnn", "mps", "nnpack", "openmp", "opt_einsum", "python_native", "quantized", "xeon", "xnnpack",
]  # fmt: skip


class _Backends(SwitchModule):
    fp32_precision = Switch("none", precision_name)


_Backends.adopt(__name__)
