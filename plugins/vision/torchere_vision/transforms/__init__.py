"""Image transforms, with those that installed plugins provide under the kind ``transform``."""

from typing import Any

from .geometry import RandomAffine, RandomCrop, RandomHorizontalFlip
from .transform import Compose, Transform
from .values import Lambda, Normalize, ToTensor

__all__ = [
    "Compose",
    "Lambda",
    "Normalize",
    "RandomAffine",
    "RandomCrop",
    "RandomHorizontalFlip",
    "ToTensor",
    "Transform",
]


def __getattr__(name: str) -> Any:
    """A transform of a third party: entry-point group ``torchere.v1.transform``."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import torchere.plugins

    try:
        return torchere.plugins.manager.provide("transform", name)
    except LookupError as error:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}. {error}") from error
