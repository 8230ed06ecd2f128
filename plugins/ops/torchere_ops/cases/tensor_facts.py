"""Cases of methods that tell how a tensor lies in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

import torchere
from torchere.testing import A, Case, ErrorCase, I

ONE = ("float32",)


def _is(expected: Any) -> Any:
    def compare(found: Any, *_: Any, **__: Any) -> None:
        assert found == expected, f"{found} is not {expected}"

    return compare


def _summed(x: Any, *size: Any) -> Any:
    size = tuple(size[0]) if size and isinstance(size[0], (tuple, list)) else size
    x = x.sum(tuple(range(x.ndim - len(size))))
    return x.sum(tuple(i for i, s in enumerate(size) if s == 1), keepdims=True) if 1 in size else x


CASES = [
    Case("get_device", A(2), properties=lambda found, x: None, dtypes=ONE, gradient=False),
    Case("is_same_size", A(2, 3), A(2, 3), properties=_is(True), dtypes=ONE, gradient=False),
    Case("is_same_size", A(2, 3), A(3, 2), properties=_is(False), dtypes=ONE, gradient=False),
    Case("is_nonzero", I(1, low=1, high=4), properties=_is(True), dtypes=ONE, gradient=False),
    # They tell how the input lies, which the kit varies: see plugins/ops/tests/test_tensor_facts.py.
    Case("dim_order", A(2, 3), properties=lambda found, x: None, dtypes=(), gradient=False),
    Case("const_data_ptr", A(2, 3), properties=lambda found, x: None, dtypes=(), gradient=False),
    Case("storage_type", A(2, 3), properties=lambda found, x: _is(torchere.FloatStorage)(found), dtypes=ONE,
         gradient=False),
    Case("to_mkldnn", A(2, 3), reference=lambda x: x, dtypes=ONE, gradient=False),
    Case("module_load", A(2, 3), A(2, 3), reference=lambda x, y: y, dtypes=ONE, gradient=False, writes=(0,)),
    Case("module_load", A(2, 3), A(2, 3), True, reference=lambda x, y, assign: y, dtypes=ONE, gradient=False),
    Case("sum_to_size", A(2, 3, 4), 3, 1, reference=_summed),
    Case("sum_to_size", A(2, 3, 4), (2, 1, 4), reference=_summed),
    Case("sum_to_size", A(2, 3), (), reference=lambda x, size: np.asarray(x.sum())),
    Case("record_stream", A(2), None, properties=lambda found, x: None, dtypes=(), gradient=False),
]  # fmt: skip

ERRORS = [
    ErrorCase("sum_to_size", A(2, 3), 2, raises=RuntimeError, match="not expandable"),
    ErrorCase("is_nonzero", A(2), raises=RuntimeError, match="ambiguous"),
    ErrorCase("dim_order", A(2, 1), ambiguity_check=True, raises=RuntimeError, match="unique dim order"),
    ErrorCase("dim_order", A(2), ambiguity_check=3, raises=TypeError, match="must be a bool"),
    ErrorCase("to_mkldnn", I(2), raises=RuntimeError, match="expects float"),
    ErrorCase("record_stream", A(2), None, raises=RuntimeError, match="no common stream"),
]
