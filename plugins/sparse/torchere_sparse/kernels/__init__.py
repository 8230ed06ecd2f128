"""Kernels of the sparse layouts: arrays of `torchere_sparse.arrays` in, such or dense arrays out."""

from __future__ import annotations

from collections.abc import Iterator

from torchere_dispatch import KernelTable

__all__ = ["LAYOUTS", "tables"]

LAYOUTS = ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc")


def tables() -> Iterator[KernelTable]:
    """A table of all kernels for each layout, and one of those on dense tensors."""
    from . import arithmetic, conversion, products, rearrange, reduction, values

    for layout in LAYOUTS:
        table = KernelTable(device=layout)
        for module in (arithmetic, conversion, products, rearrange, reduction, values):
            for name, function in module.KERNELS.items():
                table.kernel(name)(function)
        yield table
    dense = KernelTable(device="cpu")
    for name, function in conversion.DENSE_KERNELS.items():
        dense.kernel(name)(function)
    yield dense
