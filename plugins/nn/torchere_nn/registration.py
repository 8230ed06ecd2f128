"""What a module owns: parameters, buffers and submodules, and how attributes reach them.

:class:`ModuleRegistry` is the part of :class:`~torchere_nn.module.Module` that keeps the three tables and routes
attribute access to them.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from torchere import Tensor

from .hooks import GlobalHooks
from .parameter import Buffer, Parameter

__all__ = ["ModuleRegistry"]


def type_name(value: Any) -> str:
    """The type of ``value`` as error messages show it: with its module unless it is a builtin."""
    kind = type(value)
    if isinstance(value, Tensor):
        return "torch.nn.Parameter" if isinstance(value, Parameter) else f"torch.{kind.__name__}"
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _registered(hooks: MutableMapping[int, Any], owner: Any, name: str, value: Any) -> Any:
    """``value`` as the process-wide registration hooks leave it."""
    for hook in hooks.values():
        replaced = hook(owner, name, value)
        if replaced is not None:
            value = replaced
    return value


class ModuleRegistry:
    """Tables ``_parameters``, ``_buffers`` and ``_modules`` behind attribute access."""

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _non_persistent_buffers_set: set[str]
    _modules: dict[str, Any]

    # -- registration ------------------------------------------------------------------------------------------------

    def _check_member_name(self, kind: str, name: Any, table: MutableMapping[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type_name(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if name not in table and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but no parameter, reachable as attribute ``name``.

        A persistent buffer is part of ``state_dict``. ``None`` reserves the name: nothing is saved or converted.

        Raises KeyError for a name that is empty, has a dot or is taken; TypeError for anything but a tensor or None.
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_member_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = _registered(GlobalHooks.buffer_registration, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, reachable as attribute ``name``; ``None`` reserves the name.

        Raises KeyError for a name that is empty, has a dot or is taken; TypeError for anything but a Parameter or
        None; ValueError for a parameter that is the result of an operation.
        """
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._check_member_name("parameter", name, self._parameters)
        if param is None:
            self._parameters[name] = None
            return
        if not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type_name(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        if param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. A parameter is a value of its own; to make "
                f"'{name}' a function of another tensor, compute it in forward()."
            )
        self._parameters[name] = _registered(GlobalHooks.parameter_registration, self, name, param)

    def add_module(self, name: str, module: Any) -> None:
        """Add a child module, reachable as attribute ``name``; ``None`` reserves the name.

        Raises KeyError for a name that is empty, has a dot or is taken; TypeError for anything but a Module or None.
        """
        if module is not None and not isinstance(module, ModuleRegistry):
            raise TypeError(f"{type_name(module)} is not a Module subclass")
        self._check_member_name("module", name, self._modules)
        self._modules[name] = _registered(GlobalHooks.module_registration, self, name, module)

    def register_module(self, name: str, module: Any) -> None:
        """The same as :meth:`add_module`."""
        self.add_module(name, module)

    # -- look-up by dotted path --------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def get_submodule(self, target: str) -> Any:
        """The submodule at the dotted path ``target``; the module itself for ``""``.

        Raises AttributeError where the path breaks off or leads to something that is not a Module.
        """
        module: Any = self
        if target == "":
            return module
        for step in target.split("."):
            if not hasattr(module, step):
                raise AttributeError(f"{module._get_name()} has no attribute `{step}`")
            module = getattr(module, step)
            if not isinstance(module, ModuleRegistry):
                raise AttributeError(f"`{step}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Any, strict: bool = False) -> None:
        """Put ``module`` at the dotted path ``target``; with ``strict`` only in place of an existing one.

        Raises ValueError for an empty path or something that is not a Module; AttributeError where the path breaks.
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, ModuleRegistry):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if hasattr(parent, name):
            if not isinstance(getattr(parent, name), ModuleRegistry):
                raise AttributeError(f"`{name}` is not an nn.Module")
        elif strict:
            raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        setattr(parent, name, module)

    def _get_member(self, target: str) -> tuple[Any, str, Any]:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        return module, name, getattr(module, name)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at the dotted path ``target``. Raises AttributeError if there is none."""
        _, name, value = self._get_member(target)
        if not isinstance(value, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return value

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at the dotted path ``target``. Raises AttributeError if there is none."""
        module, name, value = self._get_member(target)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return value

    # -- attributes --------------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        members = self.__dict__
        # Parameters first and without a test: a layer's forward reads them on every call.
        try:
            return members["_parameters"][name]
        except KeyError:
            pass
        for table in ("_modules", "_buffers"):
            if table in members and name in members[table]:
                return members[table][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        members = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in members:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, except_table="_parameters")
            self.register_parameter(name, value)
        elif "_parameters" in members and name in members["_parameters"]:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type_name(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, None)
        elif isinstance(value, ModuleRegistry):
            if "_modules" not in members:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, except_table="_modules")
            self._modules[name] = _registered(GlobalHooks.module_registration, self, name, value)
        elif "_modules" in members and name in members["_modules"]:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type_name(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            self._modules[name] = _registered(GlobalHooks.module_registration, self, name, value)
        elif "_buffers" in members and (name in members["_buffers"] or isinstance(value, Buffer)):
            self._set_buffer(name, value)
        elif isinstance(value, Buffer):
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str, except_table: str) -> None:
        """Remove ``name`` from the instance and from the other tables, so that it has one meaning."""
        self.__dict__.pop(name, None)
        for table in ("_parameters", "_buffers", "_modules"):
            if table != except_table:
                self.__dict__[table].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def _set_buffer(self, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(
                f"cannot assign '{type_name(value)}' as buffer '{name}' "
                "(torch.nn.Buffer, torch.Tensor or None expected)"
            )
        persistent = value.persistent if isinstance(value, Buffer) else name not in self._non_persistent_buffers_set
        # A subclass may override register_buffer() with the signature it had before `persistent` existed.
        if type(self).register_buffer is ModuleRegistry.register_buffer or self._takes_persistent():
            self.register_buffer(name, value, persistent)
        elif persistent:
            self.register_buffer(name, value)
        else:
            raise RuntimeError(
                f"cannot register the non-persistent buffer '{name}': {type(self).__name__} overrides "
                "register_buffer() without its `persistent` argument. Add it there"
            )

    def _takes_persistent(self) -> bool:
        import inspect  # slow to load, and rarely needed

        return "persistent" in inspect.signature(self.register_buffer).parameters

    def __delattr__(self, name: str) -> None:
        for table in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(table, ()):
                del self.__dict__[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers}
        # Children of a Sequential are named "0", "1", …: no attribute names.
        return sorted(name for name in names if not name[0].isdigit())
