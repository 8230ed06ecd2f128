"""Modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchere.func.calling import functional_call

__all__ = ["functional_call", "replace_all_batch_norm_modules_", "stack_module_state"]


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(parameters, buffers) of models of one architecture, each name's tensors stacked along a new first axis.

    RuntimeError for no models, models of different classes or not all in the same mode.
    """
    from torchere.operators import operator_named

    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if any(model.training is not models[0].training for model in models):
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if any(type(model) is not type(models[0]) for model in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    stack = operator_named("stack").entry
    parameters: dict[str, Any] = {}
    for name, first in models[0].named_parameters():
        parts = [dict(model.named_parameters())[name] for model in models]
        if any(part.requires_grad is not first.requires_grad for part in parts):
            raise RuntimeError(f"Expected {name} to have the same .requires_grad state in all models")
        parameters[name] = stack([part.detach() for part in parts], 0).requires_grad_(first.requires_grad)
    buffers = {
        name: stack([dict(model.named_buffers())[name] for model in models], 0) for name, _ in models[0].named_buffers()
    }
    return parameters, buffers


def replace_all_batch_norm_modules_(root: Any) -> Any:
    """Switch off the running statistics of all batch and instance norms in `root`, in place; returns it.

    Their updates in place cannot be mapped by `vmap`: an example would write into what all share.
    """
    for module in root.modules():
        if hasattr(module, "running_mean") and hasattr(module, "track_running_stats"):
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
