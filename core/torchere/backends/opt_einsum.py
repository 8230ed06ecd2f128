"""``torchere.backends.opt_einsum``: paths for `einsum`, which torchere contracts from left to right."""

from __future__ import annotations

from typing import Any

from torchere.backends.switches import Switch, SwitchModule

__all__ = ["get_opt_einsum", "is_available"]


def is_available() -> bool:
    """False: opt_einsum is not asked, even if it is installed."""
    return False


def get_opt_einsum() -> Any:
    """None."""
    return None


def _any(value: Any) -> Any:
    return value


def _strategy(value: Any) -> Any:
    if value is not None:
        raise ValueError(
            f"opt_einsum is not used, so `strategy` {value!r} would have no meaning: torch.einsum contracts from left "
            "to right. Leave it None, or choose the order with several calls."
        )
    return value


class _OptEinsumModule(SwitchModule):
    enabled = Switch(False, _any)
    strategy = Switch(None, _strategy)


_OptEinsumModule.adopt(__name__)
