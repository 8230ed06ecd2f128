"""Cases of names of dimensions. What names do is tested in ``core/tests/test_named_tensors.py``."""

from __future__ import annotations

from typing import Any

from torchere.testing import A, Case, ErrorCase

ONE = ("float32",)


def _has(names: tuple[str | None, ...]) -> Any:
    def check(found: Any, *_: Any, **__: Any) -> None:
        assert found.shape == tuple(2 if name == "N" else 3 for name in names)

    return check


CASES = [
    Case("rename", A(2, 3), "N", "C", reference=lambda x, *_: x, dtypes=ONE, gradient=False),
    Case("rename_", A(2, 3), None, reference=lambda x, *_: x, dtypes=ONE, gradient=False, writes=(0,)),
    Case("refine_names", A(2, 3), "N", ..., reference=lambda x, *_: x, dtypes=ONE, gradient=False),
    Case("has_names", A(2, 3), properties=lambda found, x: None, dtypes=ONE, gradient=False),
    # These need a named tensor, which a case cannot hold.
    Case("align_to", A(2, 3), "C", "N", properties=_has(("C", "N")), dtypes=(), gradient=False),
    Case("align_as", A(2, 3), A(2, 3), properties=_has(("N", "C")), dtypes=(), gradient=False),
    Case("align_tensors", A(2, 3), A(2, 3), properties=lambda found, *_: None, dtypes=(), gradient=False),
]

ERRORS = [
    ErrorCase("rename", A(2, 3), "N", raises=RuntimeError, match="do not match"),
    ErrorCase("rename_", A(2, 3), "N", "N", raises=RuntimeError, match="duplicate names"),
    ErrorCase("refine_names", A(2), "1x", raises=RuntimeError, match="valid identifier"),
    ErrorCase("align_to", A(2, 3), "C", "N", raises=RuntimeError, match="must be named"),
    ErrorCase("align_as", A(2, 3), A(2, 3), raises=RuntimeError, match="must be named"),
    ErrorCase("align_tensors", A(2, 3), A(2, 3), raises=RuntimeError, match="must be named"),
]
