"""Event files for TensorBoard: ``torchere.utils.tensorboard``.

`SummaryWriter` has the methods, tags and file contents of ``torch.utils.tensorboard``. Messages and records are the
package ``tensorboard``'s own, so what it reads is what is written here. Without it (``pip install
'torchere[tensorboard]'``) the import fails with ModuleNotFoundError.
Page in PyTorch's documentation: https://pytorch.org/docs/stable/tensorboard.html
"""

from __future__ import annotations

from tensorboard.summary.writer.record_writer import RecordWriter

from torchere_tensorboard.file_writer import FileWriter
from torchere_tensorboard.writer import SummaryWriter

__all__ = ["FileWriter", "RecordWriter", "SummaryWriter"]
