"""The conformance kit that every plugin runs, ours and third parties', and PyTorch's functions for tests.

>>> from torchere.testing import check
>>> report = check("cpu", tier=0)          # doctest: +SKIP
>>> print(report.summary())                # doctest: +SKIP

With pytest: ``class TestMyDevice(DeviceConformance): device = "mydev"``. Cases of operators are `Case` and `ErrorCase`
objects; `A`, `I` and `Values` describe their arrays. `assert_close` and `make_tensor` are those of ``torch.testing``.
Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from typing import Any

#: Public name → module that has it.
_LAZY = {
    "A": "cases",
    "Case": "cases",
    "DatasetConformance": "classes",
    "DeviceConformance": "classes",
    "ErrorCase": "cases",
    "ExporterConformance": "classes",
    "I": "cases",
    "LayerConformance": "classes",
    "OperatorConformance": "classes",
    "OptimizerConformance": "classes",
    "Report": "report",
    "Sample": "cases",
    "TransformConformance": "classes",
    "Values": "cases",
    "assert_allclose": "assertions",
    "assert_close": "assertions",
    "check": "checking",
    "make_tensor": "random_tensors",
}

__all__ = [
    "A",
    "Case",
    "DatasetConformance",
    "DeviceConformance",
    "ErrorCase",
    "ExporterConformance",
    "I",
    "LayerConformance",
    "OperatorConformance",
    "OptimizerConformance",
    "Report",
    "Sample",
    "TransformConformance",
    "Values",
    "assert_allclose",
    "assert_close",
    "check",
    "make_tensor",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'torchere.testing' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"torchere.testing.{_LAZY[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
