"""The base of learning-rate schedulers."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torchere import Tensor
from torchere_optim.optimizer import Optimizer

__all__ = ["LRScheduler", "current_values", "one_for_each_group", "set_value"]

EPOCH_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. "
    "Please use `scheduler.step()` to step the scheduler: with an epoch the closed form is used, where there is one."
)


def set_value(group: dict[str, Any], key: str, value: Any) -> None:
    """Set an option of a group; a tensor there keeps its identity."""
    if isinstance(group[key], Tensor):
        group[key].fill_(float(value))
    else:
        group[key] = value


def current_values(optimizer: Optimizer, key: str) -> list[Any]:
    """An option of each group; tensors are copied, since they change in place."""
    return [group[key].clone() if isinstance(group[key], Tensor) else group[key] for group in optimizer.param_groups]


def one_for_each_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """``value`` for each group, or the sequence it is. Raises ValueError for a wrong length."""
    count = len(optimizer.param_groups)
    values = list(value) if isinstance(value, (list, tuple)) else [value] * count
    if len(values) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(values)} values, param_groups has {count}."
        )
    return [item.clone() if isinstance(item, Tensor) else item for item in values]


def require_optimizer(optimizer: Any) -> None:
    """Raise TypeError for anything but an optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def pack_function(function: Any) -> dict[str, Any] | None:
    """The state of a callable object; None for a plain function, which cannot be saved."""
    return None if isinstance(function, types.FunctionType) else function.__dict__.copy()


class LRScheduler:
    """Base class: sets the learning rate of every group after each epoch (or step).

    A subclass defines :meth:`get_lr`, the rates for ``last_epoch``, mostly from the present ones so that schedulers can
    be chained; and ``_get_closed_form_lr`` where the rates follow from ``base_lrs`` alone. ``last_epoch`` other than -1
    resumes: every group then needs ``initial_lr``.
    """

    _get_lr_called_within_step: bool = False
    _is_initial: bool = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        require_optimizer(optimizer)
        self.optimizer = optimizer
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, current_values(optimizer, "lr"), strict=True):
                group.setdefault("initial_lr", lr)
        else:
            for i, group in enumerate(optimizer.param_groups):
                if "initial_lr" not in group:
                    raise KeyError(
                        f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with "
                        "last_epoch >= 0. Load the optimizer's state first, or leave last_epoch at -1 for a new run"
                    )
        self.base_lrs: list[Any] = current_values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Any]:
        """The rates set last, one a group."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """The rates for ``last_epoch``; called by :meth:`step`."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr()")

    def _warn_unless_stepping(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.", stacklevel=3
            )

    @contextmanager
    def _stepping(self) -> Iterator[None]:
        self._get_lr_called_within_step = True
        try:
            yield
        finally:
            self._get_lr_called_within_step = False

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch and set its rates. ``epoch`` jumps there (deprecated)."""
        if self._step_count == 1 and not self.optimizer._opt_called:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. Call them in the opposite order: "
                "`optimizer.step()` before `lr_scheduler.step()`, else the first value of the learning rate schedule "
                "is skipped.",
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_WARNING, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        with self._stepping():
            closed: Callable[[], list[Any]] | None = None
            if epoch is None:
                self.last_epoch += 1
            else:
                self.last_epoch = epoch
                closed = getattr(self, "_get_closed_form_lr", None)
            values = self.get_lr() if closed is None else closed()
        self._set_rates(values)

    def _set_rates(self, values: Sequence[Any]) -> None:
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            set_value(group, "lr", lr)
        self._last_lr: list[Any] = current_values(self.optimizer, "lr")

    def _present(self) -> list[Any]:
        """The rates as they are."""
        return current_values(self.optimizer, "lr")

    def _scaled(self, factor: float) -> list[Any]:
        """The rates as they are, times ``factor``."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]


class _LRScheduler(LRScheduler):
    """The base class's former name, for programs that derive from it; torchere's own schedulers do not."""
