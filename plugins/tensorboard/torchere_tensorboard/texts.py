"""Texts."""

from __future__ import annotations

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.text.plugin_data_pb2 import TextPluginData

from .plugin_values import owned_by, shape_proto, tensor_summary

__all__ = ["text"]


def text(tag: str, text: str) -> Summary:
    """The summary of a text, which TensorBoard shows as Markdown."""
    message = TensorProto(dtype="DT_STRING", string_val=[text.encode()], tensor_shape=shape_proto([1]))
    content = TextPluginData(version=0).SerializeToString()
    return tensor_summary(f"{tag}/text_summary", message, owned_by("text", content))
