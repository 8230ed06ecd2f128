"""What NumPy was built with."""

from __future__ import annotations

from typing import Any, cast

__all__ = ["blas"]


def blas() -> str:
    """Name and build options of NumPy's BLAS in lower case: ``"scipy-openblas use_openmp … haswell"``."""
    import numpy as np

    found = cast("dict[str, Any]", np.show_config(mode="dicts")).get("Build Dependencies", {}).get("blas", {})
    return f"{found.get('name', '')} {found.get('openblas configuration', '')}".lower()
