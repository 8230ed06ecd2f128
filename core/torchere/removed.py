"""Functions PyTorch once had: calling one says what takes its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["SUCCESSORS", "removed_function"]

#: Name → what to write instead.
SUCCESSORS = {
    "eig": "torch.linalg.eigvals(A), or torch.linalg.eig(A) for the vectors too. Both return complex tensors.",
    "symeig": "torch.linalg.eigvalsh(A, UPLO='L'), or torch.linalg.eigh(A, UPLO='L') for the vectors too. "
    "They read the lower triangle by default, symeig read the upper one.",
    "lstsq": "torch.linalg.lstsq(A, B).solution. Its arguments are the other way round; residuals are a field of their "
    "own, and the QR decomposition is torch.linalg.qr(A).",
    "matrix_rank": "torch.linalg.matrix_rank(A), whose parameter 'hermitian' was called 'symmetric' here.",
    "solve": "torch.linalg.solve(A, B). Its arguments are the other way round; the LU factorization is "
    "torch.linalg.lu_factor(A).",
}


def removed_function(name: str) -> Callable[..., NoReturn]:
    """The function that stands at a removed `name`: RuntimeError naming the successor."""

    def removed(*arguments: Any, **options: Any) -> NoReturn:
        raise RuntimeError(
            f"torch.{name}: This function was deprecated since version 1.9 and is now removed. Use {SUCCESSORS[name]}"
        )

    removed.__name__ = removed.__qualname__ = name
    removed.__doc__ = f"Removed; raises RuntimeError. Use {SUCCESSORS[name]}"
    return removed
