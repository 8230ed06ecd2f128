"""The parts that several kinds of summaries share: a plugin's name, and tensors as messages."""

from __future__ import annotations

from collections.abc import Sequence

from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

__all__ = ["owned_by", "shape_proto", "tensor_summary"]


def owned_by(plugin: str, content: bytes = b"") -> SummaryMetadata:
    """The metadata that tells TensorBoard which of its plugins shows a value."""
    return SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin, content=content))


def shape_proto(shape: Sequence[int]) -> TensorShapeProto:
    """A shape as a message."""
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=int(size)) for size in shape])


def tensor_summary(tag: str, tensor: TensorProto, metadata: SummaryMetadata) -> Summary:
    """A summary of one tensor."""
    return Summary(value=[Summary.Value(tag=tag, tensor=tensor, metadata=metadata)])
