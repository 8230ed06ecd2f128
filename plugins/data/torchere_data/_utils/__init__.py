"""The path under which PyTorch's documentation names the parts of `default_collate` that programs extend.

``torchere.utils.data._utils.collate`` is the module `collate`, ``_utils.worker`` the module `worker`.
"""

import sys

from torchere_data import collate, worker

sys.modules[f"{__name__}.collate"] = collate
sys.modules[f"{__name__}.worker"] = worker

__all__ = ["collate", "worker"]
