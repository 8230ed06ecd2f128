"""The conjugate that complex gradients need, free of charge for real ones."""

from __future__ import annotations

from torchere import Tensor
from torchere.operators import Number

__all__ = ["conjugate"]


def conjugate(value: Tensor | Number) -> Tensor | Number:
    """The complex conjugate of a complex tensor or number; a real one itself, without an operator call.

    Gradients of holomorphic functions are ``grad * conjugate(derivative)``; calling the operator ``conj`` on real
    tensors would cost one call per gradient on the hottest path of backward.
    """
    if isinstance(value, Tensor):
        return value.conj() if value.dtype.is_complex else value
    return value.conjugate()
