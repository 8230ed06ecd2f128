"""The text of a generated function, with the objects it refers to."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

from torchere import function_modes
from torchere.autograd import node as nodes
from torchere.autograd.modes import INFERENCE, state
from torchere.operators import arguments, general, inplace, resolve, spelling
from torchere.operators.declaration import Operator
from torchere.storage import InferenceStorage, Storage, fresh_storage, mark_view
from torchere.tensors.tensor import PLAIN, Tensor, refresh_view

__all__ = ["Source"]


class Source:
    """Lines of generated code with the objects they refer to."""

    def __init__(self, op: Operator) -> None:
        self.op = op
        self.lines: list[str] = []
        self.names: dict[str, Any] = {
            "__name__": f"torchere.generated.{op.name}",
            "PLAIN": PLAIN,
            "Tensor": Tensor,
            "Storage": Storage,
            "InferenceStorage": InferenceStorage,
            "INFERENCE": INFERENCE,
            "fresh_storage": fresh_storage,
            "mark_view": mark_view,
            "new": object.__new__,
            "state": state,
            "table": op.table,
            "resolve": lambda key: resolve.resolve(op, key),
            "op": op,
            "body": op.function,
            "general": general,
            "writing": inplace,
            "wrap_dim": arguments.wrap_dim,
            "wrap_dims": arguments.wrap_dims,
            "shape_tuple": arguments.shape_tuple,
            "refresh_view": refresh_view,
            "OutputSlot": nodes.OutputSlot,
            "MODES": function_modes.MODES,
            "PASS": function_modes.PASS,
            "intercepted": function_modes.intercepted,
            "ABSENT": spelling.ABSENT,
            "respelled": spelling.respelled,
            "missing": spelling.missing,
        }

    def add(self, text: str, indent: int = 1) -> None:
        """Append lines at an indentation level."""
        for line in text.strip("\n").split("\n"):
            self.lines.append("    " * indent + line)

    def guard(self) -> None:
        """Put everything below the ``def`` line in a ``try`` that names the operator; free until something raises."""
        if not self.op.namespaces and not self.op.method:
            return
        head, *body = self.lines
        known = ", ".join(f"{p.name!r}: {p.name}" for p in self.op.parameters)
        self.lines = [head, "    try:", *(f"    {line}" for line in body)]
        self.add(f"except Exception as error_:\n    op.explain(error_, {{{known}}})\n    raise")

    def compile(self, name: str) -> Callable[..., Any]:
        """Compile the lines; tracebacks show them."""
        text = "\n".join(self.lines) + "\n"
        filename = f"<torchere {self.op.name}.{name}>"
        exec(compile(text, filename, "exec"), self.names)
        linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
        return self.names[name]  # type: ignore[no-any-return]
