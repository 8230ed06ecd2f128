"""Names of the methods that the sparse plugin declares: touching one of them loads the plugin."""

from __future__ import annotations

from typing import Any

__all__ = ["Sparsity"]

_NAMES = (
    "_coalesced_",
    "_indices",
    "_nnz",
    "_sparse_mask_helper",
    "_values",
    "ccol_indices",
    "coalesce",
    "col_indices",
    "crow_indices",
    "dense_dim",
    "indices",
    "is_coalesced",
    "row_indices",
    "smm",
    "sparse_dim",
    "sparse_mask",
    "sparse_resize_",
    "sparse_resize_and_clear_",
    "sspaddmm",
    "to_dense",
    "to_sparse",
    "to_sparse_bsc",
    "to_sparse_bsr",
    "to_sparse_coo",
    "to_sparse_csc",
    "to_sparse_csr",
    "values",
)


class _Awaited:
    """Stands for a method until its plugin is loaded, whose operators put the method itself on Tensor."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        from torchere import plugins
        from torchere.tensors.tensor import Tensor

        plugins.manager.load("operators", "sparse")
        found = Tensor.__dict__.get(self.name)
        if found is None:
            raise AttributeError(
                f"'Tensor' object has no attribute '{self.name}'. "
                f"{plugins.manager.unavailable_message('operators', 'sparse')}"
            )
        return found.__get__(instance, owner)


class Sparsity:
    """Methods of sparse tensors, and those that make a tensor sparse or dense."""

    __slots__ = ()


for _name in _NAMES:
    setattr(Sparsity, _name, _Awaited(_name))
