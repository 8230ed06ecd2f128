"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_sparse.gradient_checks import as_sparse_gradcheck as as_sparse_gradcheck
from torchere_sparse.invariants import check_sparse_tensor_invariants as check_sparse_tensor_invariants
from torchere_sparse.legacy_types import BFloat16Tensor as BFloat16Tensor
from torchere_sparse.legacy_types import ByteTensor as ByteTensor
from torchere_sparse.legacy_types import CharTensor as CharTensor
from torchere_sparse.legacy_types import DoubleTensor as DoubleTensor
from torchere_sparse.legacy_types import FloatTensor as FloatTensor
from torchere_sparse.legacy_types import HalfTensor as HalfTensor
from torchere_sparse.legacy_types import IntTensor as IntTensor
from torchere_sparse.legacy_types import LongTensor as LongTensor
from torchere_sparse.legacy_types import ShortTensor as ShortTensor
from torchere_sparse.semi_structured import SparseSemiStructuredTensor as SparseSemiStructuredTensor
from torchere_sparse.semi_structured import SparseSemiStructuredTensorCUSPARSELT as SparseSemiStructuredTensorCUSPARSELT
from torchere_sparse.semi_structured import SparseSemiStructuredTensorCUTLASS as SparseSemiStructuredTensorCUTLASS
from torchere_sparse.semi_structured import to_sparse_semi_structured as to_sparse_semi_structured

def __getattr__(name: str) -> Any: ...
