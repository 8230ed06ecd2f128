"""ONNX files as graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.versions_pb2 import VersionDef

from .plugin_values import shape_proto

if TYPE_CHECKING:
    from onnx import GraphProto

__all__ = ["load_onnx_graph", "parse"]


def load_onnx_graph(fname: str) -> GraphDef:
    """The graph of an ONNX file.

    Raises:
        ModuleNotFoundError: without onnx.
    """
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "add_onnx_graph needs the package onnx. Install it: pip install 'torchere[onnx]'", name="onnx"
        ) from error
    return parse(onnx.load(fname, load_external_data=False).graph)


def parse(graph: GraphProto) -> GraphDef:
    """Inputs and outputs as variables with dtype and shape, operators with their attributes as text."""
    nodes = [
        NodeDef(
            name=value.name,
            op="Variable",
            attr={
                "dtype": AttrValue(type=value.type.tensor_type.elem_type),
                "shape": AttrValue(shape=shape_proto([d.dim_value for d in value.type.tensor_type.shape.dim])),
            },
        )
        for value in (*graph.input, *graph.output)
    ]
    for node in graph.node:
        attributes = (" = ".join(str(value) for _, value in attribute.ListFields()) for attribute in node.attribute)
        parameters = AttrValue(s=", ".join(attributes).encode())
        nodes.append(NodeDef(name=node.output[0], op=node.op_type, input=node.input, attr={"parameters": parameters}))
    return GraphDef(node=nodes, versions=VersionDef(producer=22))
