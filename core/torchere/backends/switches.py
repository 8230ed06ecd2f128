"""Settings that are attributes of a module: checked when assigned, and changed for a block by ``flags(...)``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

__all__ = ["Precision", "Switch", "SwitchModule", "disable_global_flags", "flags_frozen", "precision_name"]

_PRECISIONS = ("none", "ieee", "tf32", "bf16")


class _Frozen:
    """Whether settings may only be changed by ``with flags(...):``."""

    state = False


def disable_global_flags() -> None:
    """From now on refuse assignments to settings; ``with torch.backends.cudnn.flags(...):`` still changes them."""
    _Frozen.state = True


def flags_frozen() -> bool:
    """Whether `disable_global_flags` was called."""
    return _Frozen.state


def precision_name(value: Any) -> str:
    """A permitted internal precision of float32 products: none, ieee, tf32 or bf16. RuntimeError for others."""
    if value not in _PRECISIONS:
        raise RuntimeError(f"Unknown precision: {value}. Choose from {', '.join(_PRECISIONS)}.")
    return str(value)


class Precision:
    """One kind of operation whose ``fp32_precision`` may be set; a permission that torchere makes no use of."""

    def __init__(self, precision: str = "none") -> None:
        self._precision = precision

    @property
    def fp32_precision(self) -> str:
        """``"none"``, ``"ieee"``, ``"tf32"`` or ``"bf16"``."""
        return self._precision

    @fp32_precision.setter
    def fp32_precision(self, value: str) -> None:
        self._precision = precision_name(value)


class Switch:
    """A setting of a `SwitchModule`: its default, and what checks an assigned value (by default: a bool).

    `within` is its value in a block of ``flags()`` that does not name it; None leaves it as it is.
    """

    def __init__(self, default: Any, check: Callable[[Any], Any] | None = None, *, within: Any = None) -> None:
        self.default = default
        self.check = check
        self.within = within

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, module: Any, owner: type | None = None) -> Any:
        return self if module is None else _values(module).get(self.name, self.default)

    def checked(self, module: ModuleType, value: Any) -> Any:
        """The value to keep. RuntimeError for what is no bool."""
        if self.check is not None:
            return self.check(value)
        if not isinstance(value, bool):
            raise RuntimeError(f"{module.__name__}.{self.name} expects a bool, but got {type(value).__name__}")
        return value

    def __set__(self, module: Any, value: Any) -> None:
        value = self.checked(module, value)
        if _Frozen.state:
            raise RuntimeError(
                f"not allowed to set {module.__name__} flags after disable_global_flags; "
                "please use flags() context manager instead"
            )
        _values(module)[self.name] = value


def _values(module: ModuleType) -> dict[str, Any]:
    """What was assigned, by name of the switch."""
    found: dict[str, Any] = vars(module).setdefault("__switches__", {})
    return found


class SwitchModule(ModuleType):
    """A module with `Switch` attributes. A subclass lists them; its `adopt(__name__)` gives the module that class."""

    @classmethod
    def adopt(cls, name: str) -> None:
        """Make the module called `name` one of this class."""
        sys.modules[name].__class__ = cls

    @classmethod
    def _switches(cls) -> dict[str, Switch]:
        return {name: item for name, item in vars(cls).items() if isinstance(item, Switch)}

    def _replaced(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Set those that are not None; the former values of all."""
        switches = self._switches()
        before = tuple(getattr(self, name) for name in switches)
        unknown = [name for name in values if name.removeprefix("_") not in switches]
        if unknown:
            raise TypeError(f"{self.__name__}.flags() got an unexpected keyword argument '{unknown[0]}'")
        for name, value in values.items():
            key = name.removeprefix("_")
            if value is not None:
                _values(self)[key] = switches[key].checked(self, value)
        return before

    def set_flags(self, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Set the settings given, in their order or by name with a leading underscore; the former values of all."""
        if _Frozen.state:
            raise RuntimeError(f"not allowed to set {self.__name__} flags after disable_global_flags; use flags()")
        return self._replaced({**dict(zip(self._switches(), args, strict=False)), **kwargs})

    @contextmanager
    def flags(self, *args: Any, **kwargs: Any) -> Iterator[None]:
        """A block with the settings given, and the others as PyTorch sets them there; later they are what they were."""
        unnamed = {name: item.within for name, item in self._switches().items()}
        before = self._replaced({**unnamed, **dict(zip(self._switches(), args, strict=False)), **kwargs})
        try:
            yield
        finally:
            _values(self).update(zip(self._switches(), before, strict=True))
