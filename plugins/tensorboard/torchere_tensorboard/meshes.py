"""Meshes and clouds of points."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.mesh import metadata
from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData

from .arrays import Data, make_np
from .plugin_values import shape_proto

__all__ = ["mesh"]


def mesh(
    tag: str,
    vertices: Data,
    colors: Data | None,
    faces: Data | None,
    config_dict: Mapping[str, object] | None,
    display_name: str | None = None,
    description: str | None = None,
) -> Summary:
    """The summary of a mesh: points, triangles as indices of points, and colours of points.

    Shape: each ``(B, N, 3)``. ``config_dict`` goes to three.js as JSON.

    Raises:
        ValueError: another shape.
    """
    config = "{}" if config_dict is None else json.dumps(config_dict, sort_keys=True)
    given = [
        (make_np(part), kind)
        for part, kind in (
            (vertices, MeshPluginData.VERTEX),
            (faces, MeshPluginData.FACE),
            (colors, MeshPluginData.COLOR),
        )
        if part is not None
    ]
    components = metadata.get_components_bitmask([kind for _, kind in given])
    values = []
    for array, kind in given:
        about = metadata.create_summary_metadata(
            tag, display_name, kind, components, array.shape, description, json_config=config
        )
        message = TensorProto(
            dtype="DT_FLOAT", float_val=array.reshape(-1).tolist(), tensor_shape=shape_proto(array.shape)
        )
        values.append(Summary.Value(tag=metadata.get_instance_name(tag, kind), tensor=message, metadata=about))
    return Summary(value=values)
