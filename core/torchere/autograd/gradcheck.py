"""``torch.autograd.gradcheck`` as a module: PyTorch has both a function and a module of this name.

The module can be called like the function, so that importing it takes nothing away.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from torchere.autograd.numerical import (
    GradcheckError,
    get_analytical_jacobian,
    get_numerical_jacobian,
    get_numerical_jacobian_wrt_specific_input,
    gradcheck,
    gradgradcheck,
)

__all__ = [
    "GradcheckError",
    "get_analytical_jacobian",
    "get_numerical_jacobian",
    "get_numerical_jacobian_wrt_specific_input",
    "gradcheck",
    "gradgradcheck",
]


class _CallableModule(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> bool:
        return gradcheck(*args, **kwargs)


sys.modules[__name__].__class__ = _CallableModule
