"""The base of all optimizers: parameter groups, state, closures, checkpoints and hooks.

A subclass says what it keeps for one parameter (:meth:`Optimizer.init_state`) and how one parameter moves
(:meth:`Optimizer.update`); this file does the rest.
"""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any, ClassVar

import torchere as torch
from torchere import Tensor
from torchere.autograd.node import HookHandle

__all__ = [
    "Optimizer",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
    "required",
]

Group = dict[str, Any]
State = dict[str, Any]
Hook = Callable[..., Any]


class _Required:
    """Stands in ``defaults`` for an option that each parameter group must give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()

_global_pre_hooks: OrderedDict[int, Hook] = OrderedDict()
_global_post_hooks: OrderedDict[int, Hook] = OrderedDict()


class _Counter:
    """Numbers for hooks, unique in the process."""

    last = 0


def _add_hook(table: OrderedDict[int, Hook], hook: Hook, prepend: bool = False) -> HookHandle:
    _Counter.last += 1
    table[_Counter.last] = hook
    if prepend:
        table.move_to_end(_Counter.last, last=False)
    return HookHandle(table, _Counter.last)


def register_optimizer_step_pre_hook(hook: Hook) -> HookHandle:
    """Call ``hook(optimizer, args, kwargs)`` before every step of every optimizer; it may return new
    ``(args, kwargs)``."""
    return _add_hook(_global_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Hook) -> HookHandle:
    """Call ``hook(optimizer, args, kwargs)`` after every step of every optimizer."""
    return _add_hook(_global_post_hooks, hook)


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """``step`` with the hooks around it, and a note that it was called, which schedulers check."""

    @functools.wraps(step)
    def wrapper(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        self._opt_called = True
        if not (
            _global_pre_hooks or _global_post_hooks or self._optimizer_step_pre_hooks or self._optimizer_step_post_hooks
        ):
            return step(self, *args, **kwargs)
        for hook in chain(_global_pre_hooks.values(), self._optimizer_step_pre_hooks.values()):
            # As in PyTorch the positional arguments that hooks see and return begin with the optimizer.
            replaced = hook(self, (self, *args), kwargs)
            if replaced is None:
                continue
            if not (isinstance(replaced, tuple) and len(replaced) == 2):
                raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {replaced}.")
            (_, *args), kwargs = replaced  # type: ignore[assignment]
        result = step(self, *args, **kwargs)
        for hook in chain(self._optimizer_step_post_hooks.values(), _global_post_hooks.values()):
            hook(self, (self, *args), kwargs)
        return result

    wrapper.hooked = True  # type: ignore[attr-defined]
    return wrapper


class Optimizer:
    """Base class of optimizers.

    ``params``: tensors, (name, tensor) pairs, or dicts of ``params`` and options (parameter groups); ``defaults``: the
    options of groups that do not say otherwise. A subclass defines :meth:`update` and, if it keeps anything between
    steps, :meth:`init_state`; or :meth:`step` as a whole.

    Example:
        >>> import torchere as torch
        >>> class SignSGD(torch.optim.Optimizer):
        ...     def __init__(self, params, lr=1e-3):
        ...         super().__init__(params, {"lr": lr})
        ...     def update(self, p, grad, state, *, lr):
        ...         p.sub_(lr * grad.sign())
    """

    #: State values kept as Python numbers that checkpoints hold as tensors, which is PyTorch's layout.
    scalar_state: ClassVar[tuple[str, ...]] = ("step",)

    #: Whether `update` takes sparse gradients.
    sparse_gradients: ClassVar[bool] = False

    _opt_called: bool = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        step = cls.__dict__.get("step")
        if step is not None and not getattr(step, "hooked", False):
            cls.step = _with_hooks(step)  # type: ignore[method-assign]

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._make_hook_tables()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"torch.{type(params).__name__}. Write [tensor]"
            )
        self.state: defaultdict[Any, State] = defaultdict(dict)
        self.param_groups: list[Group] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _make_hook_tables(self) -> None:
        for name in (
            "_optimizer_step_pre_hooks",
            "_optimizer_step_post_hooks",
            "_optimizer_state_dict_pre_hooks",
            "_optimizer_state_dict_post_hooks",
            "_optimizer_load_state_dict_pre_hooks",
            "_optimizer_load_state_dict_post_hooks",
        ):
            self.__dict__.setdefault(name, OrderedDict())

    # -- what a subclass says ----------------------------------------------------------------------------------------

    def init_state(self, p: Tensor, group: Group) -> State:
        """What is kept for parameter ``p`` between steps; made at its first step."""
        return {}

    def update(self, p: Tensor, grad: Tensor, state: State, **options: Any) -> None:
        """Move ``p`` in place by one step; ``options`` are the group's values of ``defaults``.

        ``grad`` is never to be written. Where the group has ``maximize``, the sign is already turned; complex
        parameters arrive as views of their real and imaginary parts.
        """
        raise NotImplementedError(f"{type(self).__name__} must define update() or step()")

    # -- stepping ----------------------------------------------------------------------------------------------------

    @_with_hooks
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move all parameters that have a gradient. ``closure`` computes the loss anew and returns it; so does
        ``step`` then."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        with torch.set_grad_enabled(bool(self.defaults.get("differentiable", False))):
            for group in self.param_groups:
                self._step_group(group)
        return loss

    def _step_group(self, group: Group) -> None:
        options = {name: group[name] for name in self.defaults if name in group}
        maximize = options.get("maximize", False)
        for p in group["params"]:
            grad = p.grad
            if grad is None:
                continue
            self._check_layout(grad)
            state = self.state[p]
            if not state:
                state.update(self.init_state(p, group))
            if p.is_complex():
                self._update_complex(p, -grad if maximize else grad, state, options)
            else:
                self.update(p, -grad if maximize else grad, state, **options)

    def _check_layout(self, grad: Tensor) -> None:
        """Raise RuntimeError for a sparse gradient that `update` does not take."""
        if grad.is_sparse and not self.sparse_gradients and type(self).__module__.startswith("torchere_optim"):
            raise RuntimeError(
                f"{type(self).__name__} does not support sparse gradients, please consider SparseAdam instead"
            )

    def _update_complex(self, p: Tensor, grad: Tensor, state: State, options: dict[str, Any]) -> None:
        """Update through views of real and imaginary parts; the state stays complex."""

        def is_complex(value: Any) -> bool:
            return isinstance(value, Tensor) and value.is_complex()

        views = {key: torch.view_as_real(value) if is_complex(value) else value for key, value in state.items()}
        real = torch.view_as_real(p)
        self.update(real, torch.view_as_real(grad), views, **options)
        for key, value in views.items():
            if isinstance(value, Tensor) and value.shape == real.shape:
                value = torch.view_as_complex(value)
            state[key] = value

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros with ``set_to_none=False``."""
        for group in self.param_groups:
            for p in group["params"]:
                grad = p.grad
                if grad is None:
                    continue
                if set_to_none:
                    p.grad = None
                    continue
                if grad.grad_fn is not None:
                    grad.detach_()
                else:
                    grad.requires_grad_(False)
                grad.zero_()

    # -- groups ------------------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: Group) -> None:
        """Optimise more parameters: a dict with ``params`` and options that differ from the defaults.

        Raises TypeError for something that is no dict or no tensor, or for a set; ValueError for tensors that are
        results of operations, parameters of another group, names on some only, or a required option missing.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        tensors, names = self._tensors_and_names(param_group["params"])
        param_group["params"] = tensors
        if names:
            param_group["param_names"] = names
        for p in tensors:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not self.defaults.get("differentiable") and not (p.is_leaf or p.retains_grad):
                raise ValueError(
                    "can't optimize a non-leaf Tensor: it is the result of an operation. Pass the tensors it is "
                    "computed from, or use detach()"
                )
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        if len(tensors) != len(set(tensors)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error",
                stacklevel=3,
            )
        known: set[Tensor] = set()
        for group in self.param_groups:
            known.update(group["params"])
            if ("param_names" in param_group) != ("param_names" in group):
                with_names = "with names" if "param_names" in param_group else "without names"
                raise ValueError(
                    "all optimizer param groups should be with/without names. "
                    f"cannot add param group {with_names} to the optimizer"
                )
        if not known.isdisjoint(tensors):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    @staticmethod
    def _tensors_and_names(params: Any) -> tuple[list[Any], list[str]]:
        if isinstance(params, Tensor):
            return [params], []
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in "
                "sets will change between runs. Please use a list instead."
            )
        items = list(params)
        names = [item[0] for item in items if isinstance(item, tuple)]
        if names and len(names) != len(items):
            raise ValueError("all optimizer params should be with/without names. Some param names are missing")
        return [item[1] if isinstance(item, tuple) else item for item in items], names

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines.extend(f"    {key}: {group[key]}" for key in sorted(group) if key != "params")
        return "\n".join(lines) + "\n)"

    # -- hooks -------------------------------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook: Hook) -> HookHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; it may return new ``(args, kwargs)``."""
        return _add_hook(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Hook) -> HookHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return _add_hook(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call ``hook(optimizer)`` before ``state_dict`` collects."""
        return _add_hook(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call ``hook(optimizer, state_dict)`` before ``state_dict`` returns; a result replaces it."""
        return _add_hook(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call ``hook(optimizer, state_dict)`` before loading; a result replaces the state dict."""
        return _add_hook(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call ``hook(optimizer)`` after loading."""
        return _add_hook(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    # -- checkpoints -------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """``{"state": {number: state}, "param_groups": [...]}`` with the parameters numbered in order.

        The tensors are the optimizer's own, not copies; step counts are 0-d tensors.
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                numbers.setdefault(id(p), len(numbers))
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [numbers[id(p)] for p in group["params"]]
            groups.append(packed)
        state = {}
        for key, value in self.state.items():
            name = numbers[id(key)] if isinstance(key, Tensor) else key
            state[name] = self._scalars_as_tensors(value)
        result: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            replaced = hook(self, result)
            if replaced is not None:
                result = replaced
        return result

    def _scalars_as_tensors(self, state: Any) -> Any:
        if not isinstance(state, dict):
            return state
        dtype = torch.float64 if torch.get_default_dtype() == torch.float64 else torch.float32
        return {
            key: torch.tensor(float(value), dtype=dtype)
            if key in self.scalar_state and isinstance(value, (int, float))
            else value
            for key, value in state.items()
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned; tensors are copied where dtype or device of a parameter differ.

        Raises ValueError unless groups and their sizes match.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            replaced = hook(self, state_dict)
            if replaced is not None:
                state_dict = replaced
        groups = self.param_groups
        saved = deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved):
            raise ValueError(
                "loaded state dict has a different number of parameter groups: "
                f"{len(saved)}, the optimizer has {len(groups)}"
            )
        for i, (group, other) in enumerate(zip(groups, saved, strict=True)):
            if len(group["params"]) != len(other["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
                    f"group {i} has {len(other['params'])} parameters, the optimizer's {len(group['params'])}"
                )
        numbers = chain.from_iterable(group["params"] for group in saved)
        tensors = chain.from_iterable(group["params"] for group in groups)
        parameter = dict(zip(numbers, tensors, strict=True))
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in parameter:
                state[parameter[key]] = self._fitted(parameter[key], value)
            else:
                state[key] = value
        for group, other in zip(groups, saved, strict=True):
            other["params"] = group["params"]
            if "param_names" in group:
                other.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def _fitted(self, p: Tensor, value: Any, key: Any = None) -> Any:
        """A loaded value in the dtype and on the device of its parameter."""
        if isinstance(value, Tensor):
            if key in self.scalar_state and value.numel() == 1:
                return float(value)
            if p.is_floating_point() and key != "step":
                return value.to(dtype=p.dtype, device=p.device)
            return value.to(device=p.device)
        if isinstance(value, dict):
            return {name: self._fitted(p, item, name) for name, item in value.items()}
        if isinstance(value, Iterable) and not isinstance(value, str):
            return type(value)(self._fitted(p, item) for item in value)  # type: ignore[call-arg]
        return value

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._make_hook_tables()
        # Checkpoints of older versions lack the newer options.
        for group in self.param_groups:
            for name, default in self.defaults.items():
                if default is not required:
                    group.setdefault(name, default)
