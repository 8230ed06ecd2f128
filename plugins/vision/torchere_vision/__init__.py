"""Image datasets and transforms: ``torchere.vision``."""

from . import datasets, transforms

__all__ = ["datasets", "transforms"]
