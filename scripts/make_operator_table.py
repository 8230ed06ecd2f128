"""Writes docs/operators.md: every operator, its forms, and what computes it on the cpu.

    python scripts/make_operator_table.py [--check]

With ``--check`` nothing is written; exit status 1 if the file is out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torchere as torch
from torchere import dtype_sets

TARGET = Path(__file__).parent.parent / "docs" / "operators.md"
HEAD = """# Operators

Written by `scripts/make_operator_table.py`. *Primitives* are what a new device implements; every other operator has a
decomposition and runs on any device. *cpu* lists the dtypes of direct NumPy kernels; float16, bfloat16 and float8
compute through float32. *Gradient*: a rule of its own, or that of the body.

"""
FLOATS, WIDE = ["float32", "float64"], ["float32", "float64", "complex64", "complex128"]


def dtypes_of(kernels: list[object]) -> str:
    """The dtypes of an operator's kernels, shortened."""
    if any(kernel.dtype is None for kernel in kernels):
        return "any"
    names = [name for name in dtype_sets.ALL if any(kernel.dtype == name for kernel in kernels)]
    if not names:
        return "decomposition"
    if names == list(dtype_sets.ALL):
        return "all"
    if names == FLOATS:
        return "floating"
    if names == WIDE:
        return "floating, complex"
    short = ", ".join(names)
    integral = ", ".join(dtype_sets.INTEGRAL)
    return short.replace(integral, "integers").replace("float32, float64, complex64, complex128", "floating, complex")


def text() -> str:
    """The whole page."""
    torch.plugins.manager.load("operators", "sparse")
    dispatcher = torch.plugins.dispatcher
    operators = {name: op for name, op in torch.operators.operators().items() if not name.endswith("()")}
    primitives = sum(op.is_primitive for op in operators.values())
    composites = len(torch.operators.operators()) - len(operators)
    lines = [
        HEAD,
        f"{len(operators)} operators, {primitives} of them primitives, and {composites} functions composed of them.\n",
        "\n",
        "| operator | kind | forms | gradient | cpu |\n|---|---|---|---|---|\n",
    ]
    for name, op in sorted(operators.items()):
        forms = [f"{space + '.' if space else ''}{op.public_name}" for space in op.namespaces]
        forms += [f"Tensor.{name}"] if op.method else []
        forms += [f"{name}_"] if op.inplace else []
        gradient = "rule" if op.has_gradient else ("body" if op.has_decomposition else "none")
        kernels = dispatcher.kernels_of(name, device="cpu")
        lines.append(
            f"| `{name}` | {'primitive' if op.is_primitive else 'operator'} | {', '.join(forms) or 'internal'} "
            f"| {gradient} | {dtypes_of(kernels)} |\n"
        )
    return "".join(lines)


def main() -> int:
    """Write or check."""
    page = text()
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text() != page:
            print(f"{TARGET} is out of date. Run: python scripts/make_operator_table.py")
            return 1
        return 0
    TARGET.write_text(page)
    print(f"wrote {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
