"""`export`: from a module and example inputs to an ONNX model."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import torchere as torch
from torchere_onnx.errors import OnnxExporterError
from torchere_onnx.graph import Graph
from torchere_onnx.tracing import Traced, trace

__all__ = ["ONNXProgram", "export"]

#: The operator set written unless asked otherwise: LayerNormalization needs 17, Gelu 20.
DEFAULT_OPSET = 18
_OLDEST, _NEWEST = 17, 23


class ONNXProgram:
    """An exported model: `model_proto` is the ``onnx.ModelProto``."""

    def __init__(self, model_proto: Any) -> None:
        self.model_proto = model_proto

    def save(self, destination: str | os.PathLike[str] | BinaryIO) -> None:
        """Write the model; a path is written atomically (an interrupted write leaves an older file whole)."""
        content = self.model_proto.SerializeToString()
        if hasattr(destination, "write"):
            destination.write(content)
            return
        from torchere.atomic_write import atomic_write

        with atomic_write(destination) as file:
            file.write(content)

    def __repr__(self) -> str:
        graph = self.model_proto.graph
        inputs = ", ".join(item.name for item in graph.input)
        return f"<ONNXProgram {len(graph.node)} nodes, inputs {inputs}>"


def _dynamic_names(dynamic_axes: Mapping[str, Any] | None, names: Sequence[str]) -> dict[str, dict[int, str]]:
    """{tensor name: {axis: name of its size}}. ValueError for tensors the model does not have."""
    found: dict[str, dict[int, str]] = {}
    for name, axes in (dynamic_axes or {}).items():
        if name not in names:
            raise ValueError(f"dynamic_axes names '{name}', which is no input or output; there are {', '.join(names)}")
        if isinstance(axes, Mapping):
            found[name] = {int(axis): str(label) for axis, label in axes.items()}
        else:
            found[name] = {int(axis): f"{name}_dynamic_axes_{number + 1}" for number, axis in enumerate(axes)}
    return found


def export(
    model: Any,
    args: Any = (),
    f: str | os.PathLike[str] | BinaryIO | None = None,
    *,
    kwargs: Mapping[str, Any] | None = None,
    export_params: bool = True,
    verbose: bool | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    opset_version: int | None = None,
    dynamic_axes: Mapping[str, Any] | None = None,
    keep_initializers_as_inputs: bool = False,
    training: Any = None,
    do_constant_folding: bool = True,
    dynamo: bool = True,
) -> ONNXProgram:
    """Write `model` (a module or function) as ONNX, by running it once on the example `args`.

    `args`: a tensor or a tuple of arguments. `f`: a path or binary file, written if given. `input_names`,
    `output_names`: names for the graph's ends. `dynamic_axes`: ``{"input": {0: "batch"}}`` for sizes that may vary.
    `opset_version`: 17 … 23, by default 18. A module is exported in evaluation mode and left in the mode it was in.

    Control flow is written as this one run took it. Raises UnsupportedOperatorError for an operator without ONNX form
    and decomposition, ValueError for bad names or opsets, ImportError without the package ``onnx``.
    """
    opset = DEFAULT_OPSET if opset_version is None else opset_version
    if not _OLDEST <= opset <= _NEWEST:
        raise ValueError(f"opset_version {opset} is not supported; choose {_OLDEST} … {_NEWEST}")
    arguments = tuple(args) if isinstance(args, (tuple, list)) else (args,)
    graph = Graph(opset)
    is_module = hasattr(model, "named_parameters")
    modes = [(module, module.training) for module in model.modules()] if is_module else []
    if is_module:
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            graph.parameter_names[id(tensor)] = name
        model.eval()
    for name, axes in (dynamic_axes or {}).items():
        for axis in axes:
            place = list(input_names or ["input"]).index(name) if name in (input_names or ["input"]) else None
            if place is not None and place < len(arguments) and isinstance(arguments[place], torch.Tensor):
                graph.dynamic_sizes[int(axis)] = int(arguments[place].shape[int(axis)])
    try:
        inputs, results = trace(model, arguments, dict(kwargs or {}), graph, list(input_names or []))
    finally:
        for module, mode in modes:
            module.training = mode
    proto = _model(graph, inputs, results, output_names, dynamic_axes, keep_initializers_as_inputs)
    graph.onnx.checker.check_model(proto, full_check=True)
    program = ONNXProgram(proto)
    if f is not None:
        program.save(f)
    return program


def _model(
    graph: Graph,
    inputs: Sequence[tuple[str, torch.Tensor]],
    results: Sequence[Any],
    output_names: Sequence[str] | None,
    dynamic_axes: Mapping[str, Any] | None,
    keep_initializers_as_inputs: bool,
) -> Any:
    helper = graph.onnx.helper
    if not results:
        raise OnnxExporterError("the model returned no tensor")
    names: list[str] = []
    outputs: list[tuple[str, torch.Tensor]] = []
    for place, result in enumerate(results):
        wanted = output_names[place] if output_names and place < len(output_names) else None
        # A constant or an input handed through still needs an output of its own.
        source = result.value.name if isinstance(result, Traced) else graph.constant(result)
        name = graph.fresh(wanted or "output")
        graph.nodes.append(helper.make_node("Identity", [source], [name], name=graph.fresh("node_Identity")))
        outputs.append((name, result.as_subclass(torch.Tensor) if isinstance(result, Traced) else result))
    names = [name for name, _ in [*inputs, *outputs]]
    dynamic = _dynamic_names(dynamic_axes, names)

    def info(name: str, example: torch.Tensor) -> Any:
        shape: list[int | str] = list(example.shape)
        for axis, label in dynamic.get(name, {}).items():
            shape[axis] = label
        return helper.make_tensor_value_info(name, graph.element_type(example.dtype), shape)

    entries = [info(name, example) for name, example in inputs]
    if keep_initializers_as_inputs:
        entries += [
            helper.make_tensor_value_info(item.name, item.data_type, list(item.dims)) for item in graph.initializers
        ]
    body = helper.make_graph(
        graph.nodes, "torchere", entries, [info(name, example) for name, example in outputs], graph.initializers
    )
    return helper.make_model(
        body,
        producer_name="torchere",
        producer_version=torch.__version__,
        opset_imports=[helper.make_opsetid("", graph.opset)],
        ir_version=min(10, graph.onnx.IR_VERSION),
    )
