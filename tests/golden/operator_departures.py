"""Where torchere's operators differ from PyTorch's golden results on purpose, and why.

Keys are regular expressions over ``operator/sample dtype`` (``d/dtype`` for gradients).
"""

__all__ = ["DEPARTURES", "TOLERANCES"]

DEPARTURES: dict[str, str] = {}

# Multiples of the usual tolerance.
TOLERANCES: dict[str, float] = {}
