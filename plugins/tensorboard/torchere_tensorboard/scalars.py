"""Single numbers, and charts made of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.plugins.custom_scalar import layout_pb2

from .arrays import Data, make_np
from .plugin_values import owned_by, tensor_summary

__all__ = ["custom_scalars", "scalar"]


def scalar(
    name: str, tensor: Data, collections: object = None, new_style: bool = False, double_precision: bool = False
) -> Summary:
    """The summary of one number: a ``simple_value``, or with ``new_style`` a tensor.

    Args:
        tensor: anything with one element.
        collections: accepted and unused.
        double_precision: with ``new_style``, float64 instead of float32.

    Raises:
        AssertionError: more than one element, or none.
    """
    array = make_np(tensor).squeeze()
    if array.ndim != 0:
        raise AssertionError(
            f"scalar '{name}': expected one number, got an array of shape {array.shape}. "
            "Reduce it first, by mean() or sum(), or use add_histogram or add_tensor."
        )
    value = float(array)
    if not new_style:
        return Summary(value=[Summary.Value(tag=name, simple_value=value)])
    if double_precision:
        message = TensorProto(double_val=[value], dtype="DT_DOUBLE")
    else:
        message = TensorProto(float_val=[value], dtype="DT_FLOAT")
    return tensor_summary(name, message, owned_by("scalars"))


def custom_scalars(layout: Mapping[str, Mapping[str, Sequence]]) -> Summary:
    """The layout of TensorBoard's page of custom scalars: ``{category: {chart: [kind, tags]}}``.

    ``kind`` is ``"Multiline"``, or ``"Margin"`` with three tags: value, lower and upper bound.

    Raises:
        AssertionError: a margin chart without exactly three tags.
    """
    categories = []
    for title, charts in layout.items():
        found = [_chart(name, kind, tags) for name, (kind, tags, *_) in charts.items()]
        categories.append(layout_pb2.Category(title=title, chart=found))
    content = layout_pb2.Layout(category=categories).SerializeToString()
    message = TensorProto(dtype="DT_STRING", string_val=[content], tensor_shape=TensorShapeProto())
    return tensor_summary("custom_scalars__config__", message, owned_by("custom_scalars"))


def _chart(title: str, kind: str, tags: Sequence[str]) -> layout_pb2.Chart:
    if kind != "Margin":
        return layout_pb2.Chart(title=title, multiline=layout_pb2.MultilineChartContent(tag=tags))
    if len(tags) != 3:
        raise AssertionError(f"a margin chart needs 3 tags (value, lower, upper), got {len(tags)}: {list(tags)}")
    value, lower, upper = tags
    series = layout_pb2.MarginChartContent.Series(value=value, lower=lower, upper=upper)
    return layout_pb2.Chart(title=title, margin=layout_pb2.MarginChartContent(series=[series]))
