"""``torch.return_types``: the named tuples that operators with several named results return.

A class is made when first asked for: ``torch.return_types.max``, ``torch.return_types.linalg_svd``.
"""

from __future__ import annotations

from typing import Any

from torchere.operators.catalogue import operators

__all__: list[str] = []


def _classes() -> dict[str, Any]:
    """Operators by the name of the tuple they return: ``max`` for the one that reduces a dimension."""
    named = ((op.name.strip("_"), op) for op in operators().values() if getattr(op, "outputs", None) is not None)
    return dict(named)


def __getattr__(name: str) -> Any:
    op = None if name.startswith("_") else _classes().get(name)
    if op is None:
        raise AttributeError(
            f"module 'torchere.return_types' has no attribute '{name}': no operator returns such a tuple"
        )
    return op.return_class


def __dir__() -> list[str]:
    return sorted(_classes())
