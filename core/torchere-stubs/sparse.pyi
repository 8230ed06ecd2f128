"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_sparse.gradient_checks import as_sparse_gradcheck as as_sparse_gradcheck
from torchere_sparse.invariants import check_sparse_tensor_invariants as check_sparse_tensor_invariants
from torchere_sparse.semi_structured import SparseSemiStructuredTensor as SparseSemiStructuredTensor
from torchere_sparse.semi_structured import SparseSemiStructuredTensorCUSPARSELT as SparseSemiStructuredTensorCUSPARSELT
from torchere_sparse.semi_structured import SparseSemiStructuredTensorCUTLASS as SparseSemiStructuredTensorCUTLASS
from torchere_sparse.semi_structured import to_sparse_semi_structured as to_sparse_semi_structured

def __getattr__(name: str) -> Any: ...
