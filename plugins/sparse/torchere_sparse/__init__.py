"""``torchere.sparse``: functions of sparse tensors. Tensors in COO, CSR, CSC, BSR and BSC format are this plugin's.

SciPy's sparse kernels do the products; it is imported when one is first computed.
"""

from __future__ import annotations

from typing import Any

from torchere import plugins

plugins.manager.load("operators", "sparse")

from .gradient_checks import as_sparse_gradcheck  # noqa: E402
from .invariants import check_sparse_tensor_invariants  # noqa: E402
from .legacy_types import (  # noqa: E402
    BFloat16Tensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
)
from .semi_structured import (  # noqa: E402
    SparseSemiStructuredTensor,
    SparseSemiStructuredTensorCUSPARSELT,
    SparseSemiStructuredTensorCUTLASS,
    to_sparse_semi_structured,
)

_FUNCTIONS = ("addmm", "log_softmax", "mm", "sampled_addmm", "softmax", "spdiags", "spsolve", "sum")

__all__ = [
    "BFloat16Tensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "SparseSemiStructuredTensor",
    "SparseSemiStructuredTensorCUSPARSELT",
    "SparseSemiStructuredTensorCUTLASS",
    "addmm",
    "as_sparse_gradcheck",
    "check_sparse_tensor_invariants",
    "log_softmax",
    "mm",
    "sampled_addmm",
    "softmax",
    "spdiags",
    "spsolve",
    "sum",
    "to_sparse_semi_structured",
]


def __getattr__(name: str) -> Any:
    if name in _FUNCTIONS:
        from torchere.operators.catalogue import function

        return function("sparse", name)
    raise AttributeError(f"module 'torchere.sparse' has no attribute '{name}'")
