"""Cases of functions of Python's applied to elements."""

from __future__ import annotations

from torchere.testing import A, Case, ErrorCase, I

CASES = [
    Case("apply_", A(3, 4), lambda x: x * 2, reference=lambda x, _: x * 2, gradient=False, writes=(0,), cpu_only=True),
    Case("apply_", A(), lambda x: 1, reference=lambda x, _: x * 0 + 1, gradient=False, writes=(0,), cpu_only=True),
    Case("map_", A(3, 4), A(4), lambda x, y: x + y, reference=lambda x, y, _: x + y,
         gradient=False, writes=(0,), cpu_only=True),
    Case("map2_", A(3, 4), A(4), A(3, 1), lambda x, y, z: x + y - z, reference=lambda x, y, z, _: x + y - z,
         gradient=False, writes=(0,), cpu_only=True),
]  # fmt: skip

ERRORS = [
    ErrorCase("apply_", A(2), lambda x: "word", raises=TypeError, match="must return a real number"),
    ErrorCase("map_", A(2), I(2), lambda x, y: x, raises=TypeError, match="expected torch.float32"),
    ErrorCase("map_", A(2), A(3), lambda x, y: x, raises=RuntimeError, match="does not expand"),
]
