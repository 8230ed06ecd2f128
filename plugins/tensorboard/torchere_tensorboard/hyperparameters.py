"""Hyperparameters and the results reached with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.struct_pb2 import ListValue, Value
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.api_pb2 import DataType, Experiment, HParamInfo, MetricInfo, MetricName, Status
from tensorboard.plugins.hparams.metadata import (
    EXPERIMENT_TAG,
    PLUGIN_DATA_VERSION,
    PLUGIN_NAME,
    SESSION_END_INFO_TAG,
    SESSION_START_INFO_TAG,
)
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo

import torchere

from .arrays import make_np
from .plugin_values import owned_by

__all__ = ["hparams"]


def hparams(
    hparam_dict: Mapping[str, Any],
    metric_dict: Mapping[str, Any],
    hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
) -> tuple[Summary, Summary, Summary]:
    """Three summaries: of the experiment, of the session's start (with the values) and of its end.

    Args:
        hparam_dict: name to number, string, bool, one-element tensor, or None (left out). Bools are stored as
            numbers, as PyTorch does.
        metric_dict: names of the results; the values are logged as scalars beside these summaries.
        hparam_domain_discrete: all values that hyperparameters can have.

    Raises:
        TypeError: not dictionaries, or a domain of another type than the hyperparameter's value.
        ValueError: a value of another type.
    """
    domains = _checked(hparam_dict, metric_dict, hparam_domain_discrete)
    start = SessionStartInfo()
    infos = []
    for name, value in hparam_dict.items():
        if value is None:
            continue
        plain = _plain(name, value)
        start.hparams[name].CopyFrom(_message(plain))
        domain = [_message(_plain(name, choice)) for choice in domains[name]] if name in domains else None
        infos.append(
            HParamInfo(
                name=name,
                type=DataType.DATA_TYPE_STRING if isinstance(plain, str) else DataType.DATA_TYPE_FLOAT64,
                domain_discrete=None if domain is None else ListValue(values=domain),
            )
        )
    metrics = [MetricInfo(name=MetricName(tag=tag)) for tag in metric_dict]
    return (
        _summary(EXPERIMENT_TAG, experiment=Experiment(hparam_infos=infos, metric_infos=metrics)),
        _summary(SESSION_START_INFO_TAG, session_start_info=start),
        _summary(SESSION_END_INFO_TAG, session_end_info=SessionEndInfo(status=Status.STATUS_SUCCESS)),
    )


def _checked(hparam_dict: Any, metric_dict: Any, domains: Any) -> Mapping[str, Sequence[Any]]:
    for name, given in (("hparam_dict", hparam_dict), ("metric_dict", metric_dict)):
        if not isinstance(given, dict):
            raise TypeError(f"{name} should be a dictionary, got {type(given).__name__}; nothing was logged")
    domains = domains or {}
    if not isinstance(domains, dict):
        raise TypeError(
            f"hparam_domain_discrete should be a dictionary, got {type(domains).__name__}; nothing was logged"
        )
    for name, choices in domains.items():
        if name not in hparam_dict:
            raise TypeError(f"hparam_domain_discrete[{name}]: hparam_dict has no such hyperparameter")
        kind = type(hparam_dict[name])
        if not isinstance(choices, list) or not all(isinstance(choice, kind) for choice in choices):
            raise TypeError(
                f"hparam_domain_discrete[{name}] should be a list of the type of hparam_dict[{name}], {kind.__name__}"
            )
    return domains


def _plain(name: str, value: Any) -> float | str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):  # bool is an int
        return float(value)
    if isinstance(value, torchere.Tensor):
        return make_np(value).reshape(-1)[0].item()
    raise ValueError(
        f"hyperparameter '{name}' should be int, float, str, bool or a tensor, got {type(value).__name__}. "
        "Pass str(value) or float(value)."
    )


def _message(value: float | str) -> Value:
    return Value(string_value=value) if isinstance(value, str) else Value(number_value=value)


def _summary(tag: str, **part: Any) -> Summary:
    content = HParamsPluginData(version=PLUGIN_DATA_VERSION, **part).SerializeToString()
    return Summary(value=[Summary.Value(tag=tag, metadata=owned_by(PLUGIN_NAME, content))])
