"""The version of this distribution."""

import re
from collections.abc import Iterable

__all__ = ["TorchVersion", "__version__", "cuda", "debug", "git_version", "hip", "xpu"]


class TorchVersion(str):
    """A version that compares with tuples and texts by its numbers: ``torchere.__version__ >= (0, 1)``."""

    @staticmethod
    def _numbers(value: object) -> tuple[int, ...]:
        parts = value.partition("+")[0].split(".") if isinstance(value, str) else value
        if not isinstance(parts, Iterable):
            raise TypeError(f"a version compares with texts and tuples of numbers, not {type(value).__name__}")
        # What follows a number ("0rc1") does not count.
        found = [re.match(r"\d+", str(part)) for part in parts]
        return tuple(int(match[0]) for match in found if match is not None)

    def _compared(self, other: object) -> tuple[tuple[int, ...], tuple[int, ...]]:
        first, second = self._numbers(str(self)), self._numbers(other)
        length = max(len(first), len(second))
        return first + (0,) * (length - len(first)), second + (0,) * (length - len(second))

    def __lt__(self, other: object) -> bool:
        first, second = self._compared(other)
        return first < second

    def __le__(self, other: object) -> bool:
        first, second = self._compared(other)
        return first <= second

    def __gt__(self, other: object) -> bool:
        return not self <= other

    def __ge__(self, other: object) -> bool:
        return not self < other

    def __eq__(self, other: object) -> bool:
        if isinstance(other, tuple):
            first, second = self._compared(other)
            return first == second
        return str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


__version__ = TorchVersion("0.1.0")

#: Versions of the toolkits PyTorch would be built with. Nothing is built: device plugins bring their own libraries.
cuda: str | None = None
hip: str | None = None
xpu: str | None = None
debug = False
git_version: str | None = None
