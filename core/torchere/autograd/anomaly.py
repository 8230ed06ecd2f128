"""Anomaly mode: where was the operation recorded whose gradient fails or is nan."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Sequence
from typing import Any

from torchere.autograd.modes import state
from torchere.autograd.node import Node, OutputSlot
from torchere.errors import GradientError

__all__ = ["detect_anomaly", "is_anomaly_enabled", "set_detect_anomaly"]


class Anomaly:
    """Remembers the traceback of each recorded node and watches backward."""

    def __init__(self, check_nan: bool) -> None:
        self.check_nan = check_nan

    def recorded(self, node: Node) -> None:
        """Keep where the node was made."""
        node.metadata["traceback_"] = traceback.format_stack()[:-2]

    def run(self, node: Node, grad: Any) -> Sequence[Any]:
        """Run the node; on an error or a nan show where it was recorded."""
        if isinstance(node, OutputSlot):
            return (grad,)
        try:
            grads = node.apply(grad)
        except Exception:
            self._show(node)
            raise
        if self.check_nan:
            for index, item in enumerate(grads):
                if item is not None and item.is_floating_point() and bool(item.isnan().any()):
                    self._show(node)
                    raise GradientError(f"Function '{node.name()}' returned nan values in its {index}th output.")
        return grads

    @staticmethod
    def _show(node: Node) -> None:
        lines = node.metadata.get("traceback_")
        where = (
            f"Traceback of forward call that caused the error:\n{''.join(lines)}"
            if lines
            else "No forward pass information available. Enable detect anomaly during forward pass for more "
            "information."
        )
        warnings.warn(f"Error detected in {node.name()}. {where}", UserWarning, stacklevel=4)


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on for this thread."""
    return state.anomaly is not None


class set_detect_anomaly:
    """Turn anomaly mode on or off: at once, and back at the end of a ``with`` block."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._previous = state.anomaly
        state.anomaly = Anomaly(check_nan) if mode else None
        state.refresh()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        state.anomaly = self._previous
        state.refresh()


class detect_anomaly:
    """Context manager: failing or nan gradients name the forward operation, with its traceback."""

    def __init__(self, check_nan: bool = True) -> None:
        self._check_nan = check_nan
        self._previous: Any = None
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self._previous = state.anomaly
        state.anomaly = Anomaly(self._check_nan)
        state.refresh()

    def __exit__(self, *_: object) -> None:
        state.anomaly = self._previous
        state.refresh()
