"""The base class of all layers and models: calling with hooks, walking the tree, modes and printing.

Ownership of parameters lives in ``registration.py``, saving and loading in ``state.py``, moving in ``conversion.py``.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from torchere import Tensor

from .backward_hooks import BackwardWatch, OldBackwardHook, first_tensor, warn_about_old_hook
from .conversion import ModuleConversion
from .hooks import GlobalHooks, Hook, RemovableHandle, add_hook
from .parameter import Parameter
from .state import ModuleState

__all__ = ["Module"]

#: The type of state dicts, for annotations.
T_destination = TypeVar("T_destination", bound=dict[str, Any])

# The tables of the global hooks are looked up once: `__call__` tests them on every call.
_global_forward_pre = GlobalHooks.forward_pre
_global_forward = GlobalHooks.forward
_global_backward_pre = GlobalHooks.backward_pre
_global_backward = GlobalHooks.backward


def _no_forward(self: Module, *input: Any) -> None:
    """The computation done at every call; subclasses override it.

    Raises NotImplementedError in a class that does not.
    """
    raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


class Module(ModuleState, ModuleConversion):
    """Base class of layers and models: owns parameters, buffers and child modules, and is called like a function.

    A subclass calls ``super().__init__()`` first, sets parameters and children as attributes, and defines
    ``forward``. With the class attribute ``call_super_init = True`` other bases' ``__init__`` is called with the
    arguments given.

    Example:
        >>> import torchere as torch
        >>> class Net(torch.nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.layer = torch.nn.Linear(2, 3)
        ...     def forward(self, input):
        ...         return self.layer(input).relu()
        >>> Net()
        Net(
          (layer): Linear(in_features=2, out_features=3, bias=True)
        )
    """

    T_destination = T_destination
    dump_patches: bool = False
    training: bool
    call_super_init: bool = False
    _is_full_backward_hook: bool | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        # Into the dict, past __setattr__, which needs these tables to decide where an attribute goes.
        self.__dict__.update(
            training=True,
            _parameters={},
            _buffers={},
            _non_persistent_buffers_set=set(),
            _backward_pre_hooks=OrderedDict(),
            _backward_hooks=OrderedDict(),
            _is_full_backward_hook=None,
            _forward_hooks=OrderedDict(),
            _forward_hooks_with_kwargs=OrderedDict(),
            _forward_hooks_always_called=OrderedDict(),
            _forward_pre_hooks=OrderedDict(),
            _forward_pre_hooks_with_kwargs=OrderedDict(),
            _state_dict_hooks=OrderedDict(),
            _state_dict_pre_hooks=OrderedDict(),
            _load_state_dict_pre_hooks=OrderedDict(),
            _load_state_dict_post_hooks=OrderedDict(),
            _modules={},
        )
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    forward: Callable[..., Any] = _no_forward

    # -- calling -----------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or _global_forward
            or _global_forward_pre
            or _global_backward
            or _global_backward_pre
        ):
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    # The name under which programs for PyTorch call or replace it.
    _call_impl = __call__

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result: Any = None
        called: set[int] = set()
        try:
            args, kwargs = self._run_forward_pre_hooks(args, kwargs)
            full, old, pre = self._backward_hook_lists()
            watch = BackwardWatch(self, full, pre) if full or pre else None
            if watch is not None:
                args = watch.watch_inputs(args)
            result = self.forward(*args, **kwargs)
            for identity, hook, with_kwargs, _ in self._forward_hook_list():
                called.add(identity)
                replaced = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
                if replaced is not None:
                    result = replaced
            if watch is not None:
                if not isinstance(result, (Tensor, tuple)):
                    warnings.warn(
                        "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but "
                        f"received {type(result)}",
                        stacklevel=3,
                    )
                result = watch.watch_outputs(result)
            if old:
                self._attach_old_hooks(old, args, result)
            return result
        except Exception:
            for identity, hook, with_kwargs, always in self._forward_hook_list():
                if not always or identity in called:
                    continue
                try:
                    replaced = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
                    if replaced is not None:
                        result = replaced
                except Exception as error:  # the first error is the one to report
                    warnings.warn(
                        "module forward hook with ``always_call=True`` raised an exception that was silenced as "
                        f"another error was raised in forward: {error}",
                        stacklevel=3,
                    )
            raise

    def _run_forward_pre_hooks(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for identity, hook in (*_global_forward_pre.items(), *self._forward_pre_hooks.items()):
            if identity in self._forward_pre_hooks_with_kwargs:
                replaced = hook(self, args, kwargs)
                if replaced is None:
                    continue
                if not (isinstance(replaced, tuple) and len(replaced) == 2):
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replaced}."
                    )
                args, kwargs = replaced
            else:
                replaced = hook(self, args)
                if replaced is not None:
                    args = replaced if isinstance(replaced, tuple) else (replaced,)
        return args, kwargs

    def _forward_hook_list(self) -> Iterator[tuple[int, Hook, bool, bool]]:
        """(id, hook, with_kwargs, always_call) of all forward hooks, the global ones first."""
        for identity, hook in tuple(_global_forward.items()):
            with_kwargs = identity in GlobalHooks.forward_with_kwargs
            yield identity, hook, with_kwargs, identity in GlobalHooks.forward_always_called
        for identity, hook in tuple(self._forward_hooks.items()):
            with_kwargs = identity in self._forward_hooks_with_kwargs
            yield identity, hook, with_kwargs, identity in self._forward_hooks_always_called

    def _backward_hook_lists(self) -> tuple[list[Hook], list[Hook], list[Hook]]:
        """Full backward hooks, old-style ones, and backward pre-hooks; the global ones first in each."""
        full: list[Hook] = []
        old: list[Hook] = []
        (full if GlobalHooks.backward_is_full is True else old).extend(_global_backward.values())
        (full if self._is_full_backward_hook is True else old).extend(self._backward_hooks.values())
        return full, old, [*_global_backward_pre.values(), *self._backward_pre_hooks.values()]

    def _attach_old_hooks(self, hooks: list[Hook], args: tuple[Any, ...], result: Any) -> None:
        node = first_tensor(result).grad_fn
        if node is None:
            return
        for hook in hooks:
            node.register_hook(OldBackwardHook(hook, self))
        warn_about_old_hook(args, result, node)

    # -- registering hooks -------------------------------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before forward; what it returns (a value or tuple) replaces the arguments.

        With ``with_kwargs``: ``hook(module, args, kwargs)``, returning None or ``(args, kwargs)``. ``prepend`` puts
        it before the hooks registered so far.
        """
        flags = ((self._forward_pre_hooks_with_kwargs, with_kwargs),)
        return add_hook(self._forward_pre_hooks, hook, prepend=prepend, flags=flags)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after forward; a result other than None replaces the output.

        With ``with_kwargs``: ``hook(module, args, kwargs, output)``. With ``always_call`` also when forward raised.
        """
        flags = (
            (self._forward_hooks_with_kwargs, with_kwargs),
            (self._forward_hooks_always_called, always_call),
        )
        return add_hook(self._forward_hooks, hook, prepend=prepend, flags=flags)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients by the outputs are known; a result replaces them."""
        return add_hook(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients by the inputs are known.

        Both are tuples, None where no gradient is defined; a result other than None replaces ``grad_input``.
        Raises RuntimeError if the module has old-style backward hooks.
        """
        if self._is_full_backward_hook is False:
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. "
                "Please use only one of them."
            )
        self._is_full_backward_hook = True
        return add_hook(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """Old-style backward hook; it sees the last operation only. Use :meth:`register_full_backward_hook`."""
        if self._is_full_backward_hook is True:
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. "
                "Please use only one of them."
            )
        self._is_full_backward_hook = False
        return add_hook(self._backward_hooks, hook)

    # -- walking the tree --------------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Dotted path and module for this module and all below it, depth first; each once unless
        ``remove_duplicate=False``."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it, each once."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Name and module of the direct children, each module once."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct children, each once."""
        for _, module in self.named_children():
            yield module

    def _named_members(
        self,
        get_members_fn: Callable[[Module], Iterable[tuple[str, Any]]],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        """Dotted path and value of what ``get_members_fn(module)`` lists, over the tree."""
        seen: set[Any] = set()
        tree = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in tree:
            for name, value in get_members_fn(module):
                if value is None or value in seen:
                    continue
                if remove_duplicate:
                    seen.add(value)
                yield f"{path}.{name}" if path else name, value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Dotted path and parameter; a shared parameter appears once unless ``remove_duplicate=False``."""
        return self._named_members(lambda module: module._parameters.items(), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once; of this module alone with ``recurse=False``."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Dotted path and buffer; a shared buffer appears once unless ``remove_duplicate=False``."""
        return self._named_members(lambda module: module._buffers.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers, each once; of this module alone with ``recurse=False``."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call ``fn`` on every module of the tree, children first; returns the module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # -- modes -------------------------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Module:
        """Set training mode (dropout drops, batch norm uses batch statistics) on the whole tree."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Module:
        """Set evaluation mode: the same as ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Set ``requires_grad`` of all parameters; returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros with ``set_to_none=False``."""
        for parameter in self.parameters():
            grad = parameter.grad
            if grad is None:
                continue
            if set_to_none:
                parameter.grad = None
                continue
            if grad.grad_fn is not None:
                grad.detach_()
            else:
                grad.requires_grad_(False)
            grad.zero_()

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Accepted for PyTorch's programs; the module runs as written."""

    def _replicate_for_data_parallel(self) -> Any:
        """A copy for one pass on another device: with the attributes, without parameters, buffers and children of its
        own, which ``replicate`` puts in."""
        replica = self.__new__(type(self))
        replica.__dict__.update(self.__dict__)
        replica.__dict__.update(
            _parameters={},
            _buffers=dict(self._buffers),
            _modules=dict(self._modules),
            _is_replica=True,
            _former_parameters={},
        )
        return replica

    # -- printing and copying ----------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of ``repr`` before the children; one or several lines."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        child_lines = []
        for name, module in self._modules.items():
            child_lines.append(f"({name}): " + repr(module).replace("\n", "\n  "))
        if len(extra_lines) == 1 and not child_lines:
            return f"{self._get_name()}({extra})"
        lines = extra_lines + child_lines
        inside = "\n  " + "\n  ".join(lines) + "\n" if lines else ""
        return f"{self._get_name()}({inside})"

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # Pickles of older versions lack the newer tables.
        for table in (
            "_forward_pre_hooks",
            "_forward_pre_hooks_with_kwargs",
            "_forward_hooks_with_kwargs",
            "_forward_hooks_always_called",
            "_state_dict_hooks",
            "_state_dict_pre_hooks",
            "_load_state_dict_pre_hooks",
            "_load_state_dict_post_hooks",
            "_backward_pre_hooks",
        ):
            self.__dict__.setdefault(table, OrderedDict())
        self.__dict__.setdefault("_non_persistent_buffers_set", set())
        self.__dict__.setdefault("_is_full_backward_hook", None)
