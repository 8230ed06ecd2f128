"""``torchere.nn.utils.parametrize``: a parameter or buffer as a function of other tensors.

The module gets a class of its own, with a property in place of the tensor that computes it at each access.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torchere as torch
from torchere import Tensor
from torchere_nn.containers import ModuleDict, ModuleList
from torchere_nn.module import Module
from torchere_nn.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]


class _Cache:
    """What the parametrized tensors evaluated to within `cached` blocks: (id of the module, name) → value."""

    def __init__(self) -> None:
        self.depth = 0
        self.values: dict[tuple[int, str], Any] = {}


_cache = _Cache()


@contextmanager
def cached() -> Iterator[None]:
    """Within the block each parametrized tensor is computed once, at its first access."""
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if not _cache.depth:
            _cache.values = {}


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _set(target: Tensor, value: Tensor) -> None:
    """Let ``target``, which optimizers may hold, show ``value``."""
    if target is not value:
        target.set_(value)


def _check_same(found: Any, wanted: Tensor, what: str, of: str) -> None:
    """ValueError unless ``found`` is a tensor of the dtype and shape of ``wanted``."""
    if not isinstance(found, Tensor):
        raise ValueError(f"{what} must return a tensor. Got: {type(found)}")
    if found.dtype != wanted.dtype:
        raise ValueError(
            f"{what} may not change the dtype of the tensor, unless the `unsafe` flag is enabled.\n"
            f"{of}.dtype: {wanted.dtype}\n{what}.dtype: {found.dtype}"
        )
    if found.shape != wanted.shape:
        raise ValueError(
            f"{what} may not change the shape of the tensor, unless the `unsafe` flag is enabled.\n"
            f"{of}.shape: {tuple(wanted.shape)}\n{what}.shape: {tuple(found.shape)}"
        )


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, applied one after the other, and what they start from.

    Attributes: ``original``, or ``original0``, ``original1``, … if the first parametrization's ``right_inverse``
    gives several tensors; parameters if the tensor was one, else buffers. ``unsafe``: dtype and shape may change.

    Raises ValueError if the list is empty, or the result (unless ``unsafe``) has another dtype or shape.
    """

    original: Tensor
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Tensor | Parameter, unsafe: bool = False) -> None:
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with torch.no_grad():
            new: Any = original
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    continue
                try:
                    new = module.right_inverse(new)
                except NotImplementedError:
                    pass  # nothing can be assigned, but the parametrization itself works
            if not isinstance(new, Tensor) and not isinstance(new, Sequence):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                    f"Got {type(new).__name__}"
                )
            self.is_tensor = isinstance(new, Tensor)
            self.ntensors = 1 if self.is_tensor else len(new)
            if self.is_tensor:
                if original.dtype != new.dtype:
                    raise ValueError(
                        "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                        f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {new.dtype}"
                    )
                if original.device != new.device:
                    raise ValueError(
                        "When `right_inverse` outputs one tensor, it may not change the device.\n"
                        f"original.device: {original.device}\nright_inverse(original).device: {new.device}"
                    )
                # The same object stays, because optimizers may hold it.
                _set(original, new)
                _register(self, "original", original)
            else:
                for i, part in enumerate(new):
                    if not isinstance(part, Tensor):
                        raise ValueError(
                            "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                            f"Got element {i} of the sequence with type {type(part).__name__}."
                        )
                    if isinstance(original, Parameter):
                        part = Parameter(part, original.requires_grad)
                    part.requires_grad_(original.requires_grad)
                    _register(self, f"original{i}", part)
        if not unsafe:
            with torch.no_grad():
                result = self()
            if not isinstance(result, Tensor):
                raise ValueError(f"A parametrization must return a tensor. Got {type(result).__name__}.")
            if result.dtype != dtype:
                raise ValueError(
                    "Registering a parametrization may not change the dtype of the tensor, unless the `unsafe` flag "
                    f"is enabled.\nunparametrized dtype: {dtype}\nparametrized dtype: {result.dtype}"
                )
            if result.shape != shape:
                raise ValueError(
                    "Registering a parametrization may not change the shape of the tensor, unless the `unsafe` flag "
                    f"is enabled.\nunparametrized shape: {shape}\nparametrized shape: {result.shape}"
                )

    def _originals(self) -> list[Tensor]:
        return [self.original] if self.is_tensor else [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Change the originals so that the parametrized tensor becomes ``value``: what an assignment to it does.

        Raises RuntimeError if a parametrization has no ``right_inverse``, ValueError if one gives something else than
        the originals are.
        """
        with torch.no_grad():
            result: Any = value
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse: the tensor cannot "
                        "be assigned to"
                    )
                result = module.right_inverse(result)
            if self.is_tensor:
                if not isinstance(result, Tensor):
                    raise ValueError(f"`right_inverse` should return a tensor. Got {type(result).__name__}")
                parts = [result]
            else:
                if not isinstance(result, Sequence):
                    raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(result)}.")
                if len(result) != self.ntensors:
                    raise ValueError(
                        "'right_inverse' must return a sequence of tensors of length "
                        f"{self.ntensors}. Got a sequence of length {len(result)}."
                    )
                parts = list(result)
            for i, (part, original) in enumerate(zip(parts, self._originals(), strict=True)):
                name = "original" if self.is_tensor else f"original{i}"
                if not isinstance(part, Tensor):
                    raise ValueError(
                        f"`right_inverse` must return a sequence of tensors. Got element {i} of type {type(part)}"
                    )
                if original.dtype != part.dtype:
                    raise ValueError(
                        f"The tensor of dtype {part.dtype} that `right_inverse` returned cannot become {name}, which "
                        f"has dtype {original.dtype}"
                    )
                _set(original, part)

    def forward(self) -> Tensor:
        """The parametrized tensor."""
        first, *rest = list(self)
        value = first(*self._originals())
        for module in rest:
            value = module(value)
        return value


def _deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    found = memo.get(id(self))
    if found is not None:
        return found
    replica = self.__new__(self.__class__)
    memo[id(self)] = replica
    replica.__dict__ = copy.deepcopy(self.__dict__, memo)
    # The properties are on the class: a copy that shared it would lose them when the other is freed of its own.
    _inject_class(replica, type_before_parametrizations(self))
    for name in replica.parametrizations:
        _inject_property(replica, name)
    return replica


def _refuse_state(self: Any) -> Any:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(): save that, build the module, "
        "register its parametrizations and load_state_dict()"
    )


def _inject_class(module: Module, kind: type) -> None:
    members: dict[str, Any] = {"__getstate__": _refuse_state, "__module__": kind.__module__}
    if not hasattr(kind, "__deepcopy__"):
        members["__deepcopy__"] = _deepcopy
    module.__class__ = type(f"Parametrized{kind.__name__}", (kind,), members)


def _inject_property(module: Module, name: str) -> None:
    def get(self: Any) -> Tensor:
        parametrization = self.parametrizations[name]
        if not _cache.depth:
            return parametrization()
        key = (id(self), name)
        if key not in _cache.values:
            _cache.values[key] = parametrization()
        return _cache.values[key]

    def assign(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(get, assign))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Replace ``module.<tensor_name>`` by ``parametrization`` of it; a second one is applied to the first's result.

    Args:
        module: the owner of the tensor; its class becomes ``Parametrized<class>``.
        tensor_name: a parameter, a buffer, or a tensor that is parametrized already.
        parametrization: a module called with the original tensor, or with several if its method ``right_inverse``,
            which says what the originals are for a given value, returns several. With it the tensor can be assigned.
        unsafe: skip the check that dtype and shape stay, and that right_inverse fits.

    Returns:
        ``module``. In its state dict the originals are ``parametrizations.<tensor_name>.original``.

    Raises:
        ValueError: if the module has no such tensor, or a check fails.

    Example:
        >>> import torchere as torch
        >>> from torchere.nn.utils.parametrize import register_parametrization
        >>> class Symmetric(torch.nn.Module):
        ...     def forward(self, X):
        ...         return X.triu() + X.triu(1).mT
        >>> layer = register_parametrization(torch.nn.Linear(3, 3), "weight", Symmetric())
        >>> bool((layer.weight == layer.weight.mT).all())
        True
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        known = module.parametrizations[tensor_name]
        if not unsafe:
            before = getattr(module, tensor_name)
            after = parametrization(before)
            _check_same(after, before, "A parametrization", f"module.{tensor_name}")
            if hasattr(parametrization, "right_inverse"):
                back = parametrization.right_inverse(after)
                _check_same(back, before, "parametrization.right_inverse", f"module.{tensor_name}")
        known.append(parametrization)
        known.unsafe |= unsafe
        return module
    if tensor_name not in module._buffers and tensor_name not in module._parameters:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    # Made first: if a check fails, the module is as it was.
    made = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        _inject_class(module, type(module))
        module.parametrizations = ModuleDict()
    _inject_property(module, tensor_name)
    module.parametrizations[tensor_name] = made
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the tensor, or any tensor of the module, is parametrized."""
    found = getattr(module, "parametrizations", None)
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make ``module.<tensor_name>`` an ordinary parameter or buffer again; returns the module.

    With ``leave_parametrized`` it keeps the parametrized value, otherwise it gets the original one.

    Raises ValueError if it is not parametrized, or has several originals and none of them can be chosen.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations = module.parametrizations[tensor_name]
    if parametrizations.is_tensor:
        original = parametrizations.original
        if leave_parametrized:
            with torch.no_grad():
                value = getattr(module, tensor_name)
                if value.dtype != original.dtype:
                    raise RuntimeError(
                        f"cannot leave the parametrized value, of dtype {value.dtype}, in the original tensor, of "
                        f"dtype {original.dtype}. Use leave_parametrized=False, or register without `unsafe`"
                    )
                _set(original, value)
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The module's class before any parametrization was registered."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Give ``to_module`` copies of the parametrizations of ``from_module`` and the values of what they start from.

    With ``tensor_name`` only those of that tensor; they are added to what ``to_module`` has under the name. Returns
    ``to_module``, unchanged if ``from_module`` has nothing to give.
    """
    if not is_parametrized(from_module, tensor_name):
        return to_module
    names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        source = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        for parametrization in source:
            register_parametrization(to_module, name, copy.deepcopy(parametrization), unsafe=True)
        target = to_module.parametrizations[name]
        target.unsafe = source.unsafe
        for i, parametrization in enumerate(source, start=len(target) - len(source)):
            # Registering has run it, which may have changed its buffers.
            target[i] = copy.deepcopy(parametrization)
        if target.is_tensor != source.is_tensor:
            raise AssertionError(f"'{name}' has one original in one module and several in the other")
        with torch.no_grad():
            for mine, theirs in zip(target._originals(), source._originals(), strict=True):
                if mine.shape == theirs.shape:
                    mine.copy_(theirs)
                else:
                    _set(mine, theirs.clone())
    return to_module
