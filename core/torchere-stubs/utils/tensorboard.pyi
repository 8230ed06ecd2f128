"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_tensorboard.file_writer import FileWriter as FileWriter
from torchere_tensorboard.writer import SummaryWriter as SummaryWriter
RecordWriter: Any

def __getattr__(name: str) -> Any: ...
