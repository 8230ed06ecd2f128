"""The answer of the dispatcher, and its explanation in seven steps."""

from __future__ import annotations

from typing import Any, NamedTuple

from .kernel import Kernel

__all__ = ["STEPS", "Explanation", "Resolution", "Step"]

STEPS = {
    1: "a pin (prefer)",
    2: "a kernel for this dtype",
    3: "a kernel for any dtype",
    4: "a compute-cast",
    5: "the decomposition",
    6: "another device",
    7: "an error",
}


class Resolution(NamedTuple):
    """How one operator runs for one device and dtype.

    ``kind`` is ``"kernel"`` (call ``kernel``), ``"compute-cast"`` (cast to ``compute_dtype``, call ``kernel``, cast
    back), ``"decomposition"`` (run the operator's body on the same device; ``kernel`` is None) or ``"fallback"`` (move
    to ``device``, cast to ``compute_dtype`` where it differs, call ``kernel``, move back, and count it).
    ``step`` is the step of resolution that chose it, 1 to 6.
    """

    kind: str
    kernel: Kernel | None
    compute_dtype: str
    device: str
    step: int


class Step(NamedTuple):
    """One step of an explanation; ``verdict`` is ``"chosen"``, ``"passed over"`` or ``"not needed"``."""

    number: int
    title: str
    verdict: str
    reason: str
    candidates: tuple[Kernel, ...] = ()


class Explanation:
    """Why ``operator`` on ``device`` for ``dtype`` resolves as it does: one ``Step`` for each of the seven."""

    __slots__ = ("device", "dtype", "operator", "remark", "resolution", "steps")

    def __init__(
        self,
        operator: str,
        device: str,
        dtype: str,
        steps: tuple[Step, ...],
        resolution: Resolution | None,
        remark: str = "",
    ) -> None:
        self.operator = operator
        self.device = device
        self.dtype = dtype
        self.steps = steps
        self.resolution = resolution
        self.remark = remark

    def to_dict(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        chosen = self.resolution
        return {
            "operator": self.operator,
            "device": self.device,
            "dtype": self.dtype,
            "remark": self.remark,
            "resolution": chosen
            and {
                "kind": chosen.kind,
                "step": chosen.step,
                "device": chosen.device,
                "compute_dtype": chosen.compute_dtype,
                "kernel": chosen.kernel and chosen.kernel.to_dict(),
            },
            "steps": [
                {
                    "number": step.number,
                    "title": step.title,
                    "verdict": step.verdict,
                    "reason": step.reason,
                    "candidates": [kernel.to_dict() for kernel in step.candidates],
                }
                for step in self.steps
            ],
        }

    def __str__(self) -> str:
        chosen = self.resolution
        lines = [f"{self.operator} on {self.device} for {self.dtype}"]
        if self.remark:
            lines.append(f"  note: {self.remark}")
        for step in self.steps:
            mark = "→" if step.verdict == "chosen" else " "
            lines.append(f"{mark} {step.number} {step.title}: {step.verdict}: {step.reason}")
            for kernel in step.candidates:
                used = chosen is not None and kernel is chosen.kernel and step.verdict == "chosen"
                lines.append(f"      {'*' if used else '-'} {kernel.describe()}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        outcome = self.resolution.kind if self.resolution else "nothing"
        return f"<Explanation {self.operator} {self.device} {self.dtype}: {outcome}>"
