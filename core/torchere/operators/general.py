"""The slow side of every operator: unusual operands, ``out=``, errors."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from torchere import dtypes
from torchere.autograd.modes import no_grad, state
from torchere.backend import Key, key_for
from torchere.devices import default_device
from torchere.devices import device as Device
from torchere.errors import ArgumentError, DeviceError, DTypeError, GradientError, ShapeError, TorchereError
from torchere.function_modes import given, stack
from torchere.layout_keys import layout_key
from torchere.layouts import strided
from torchere.operators.declaration import Operator
from torchere.operators.spelling import ABSENT, missing
from torchere.promotion import common_dtype, get_default_dtype, promote_types, scalar_type_name
from torchere.storage import Storage, refuse_inference_write
from torchere.tensors.overlap import check_distinct
from torchere.tensors.tensor import PLAIN, Tensor, wrap

__all__ = [
    "bind",
    "bump",
    "call",
    "check_key",
    "decompose",
    "dunder",
    "factory_key",
    "finish_factory",
    "into_out",
    "is_operand",
    "native_generator",
    "no_grad",
    "overriding_types",
    "raise_shape_error",
    "recover",
    "reject",
    "with_names",
    "wrap_results",
]

_NUMBERS = (bool, int, float, complex)


def is_operand(value: Any) -> bool:
    """Whether an arithmetic special method accepts `value` beside a tensor."""
    return isinstance(value, (Tensor, *_NUMBERS, np.generic, np.ndarray, numbers.Number))


def dunder(op: Operator) -> Callable[[Any, Any], Any]:
    """The slow path of a binary special method of `op`."""
    entry = op.entry

    def special(first: Any, second: Any) -> Any:
        if isinstance(first, np.ndarray):
            first = _tensor(first)
        if isinstance(second, np.ndarray):
            second = _tensor(second)
        return entry(first, second) if is_operand(first) and is_operand(second) else NotImplemented

    def special_of_tensors(first: Any, second: Any) -> Any:
        # Operators without promotion (matmul) take no numbers, and NumPy arrays in the common dtype.
        if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
            first, second = _tensor_like(first), _tensor_like(second)
            common = promote_types(first.dtype, second.dtype)
            return entry(first.to(common), second.to(common))
        if _overriding((first, second)) or (isinstance(first, Tensor) and isinstance(second, Tensor)):
            return entry(first, second)
        return NotImplemented

    return special if op.promote is not None else special_of_tensors


def _tensor_like(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else _tensor(value)


def _tensor(value: Any) -> Tensor:
    from torchere.creation import tensor

    return tensor(value)


# --- arguments -------------------------------------------------------------------------------------------------------


def bind(op: Operator, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by parameter."""
    bound = dict(zip((p.name for p in op.parameters if not p.keyword_only), args, strict=False))
    bound.update(kwargs)
    return bound


def _number(value: Any) -> Any:
    """NumPy scalars as Python numbers; tensors and Python numbers themselves; None for anything else."""
    if isinstance(value, (Tensor, *_NUMBERS)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, numbers.Number):
        return float(value)  # type: ignore[arg-type]
    return None


def reject(op: Operator, name: str, value: Any, expected: str) -> TypeError:
    """PyTorch's error about an argument of a wrong type."""
    position = next((i + 1 for i, p in enumerate(op.parameters) if p.name == name), 0)
    return TypeError(
        f"{op.name}(): argument '{name}' (position {position}) must be {expected}, not {type(value).__name__}"
    )


def _overriding(values: Sequence[Any]) -> list[type]:
    """Types with a ``__torch_function__`` of their own among the operands."""
    found: list[type] = []
    for value in values:
        kind = type(value)
        if kind in PLAIN or kind in _NUMBERS or value is None or kind in found:
            continue
        function = getattr(kind, "__torch_function__", None)
        if function is not None and function is not Tensor.__torch_function__:
            found.append(kind)
    return found


def overriding_types(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[type, ...]:
    """The classes with a ``__torch_function__`` of their own among arguments, also inside lists."""
    flat: list[Any] = []
    for value in (*args, *kwargs.values()):
        flat += value if isinstance(value, (list, tuple)) else [value]
    return tuple(_overriding(flat))


def call(op: Operator, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call `op` with operands that are not plain tensors of one key."""
    bound = bind(op, args, kwargs)
    if any(value is ABSENT for value in bound.values()):
        raise missing(op.name, bound)
    operands: list[Any] = []
    for p in op.parameters:
        if p.is_tensor:
            value = bound[p.name]
            operands += value if isinstance(value, (list, tuple)) else [value]
    if stack.skips:  # `redispatch_function` asked for the operator itself, once
        stack.skips, overriding = False, []
    else:
        overriding = _overriding(operands)
    if overriding:
        for kind in sorted(overriding, key=lambda item: -len(item.__mro__)):
            result = kind.__torch_function__(op.entry, tuple(overriding), *given(op, args, kwargs))  # type: ignore[attr-defined]
            if result is not NotImplemented:
                return result
        kinds = ", ".join(kind.__name__ for kind in overriding)
        raise TypeError(
            f"Multiple dispatch failed for 'torch.{op.name}'; all __torch_function__ handlers returned NotImplemented: "
            f"{kinds}"
        )
    keyed: list[tuple[str, Any]] = []
    for p in op.parameters:
        if not p.is_tensor:
            continue
        value = bound[p.name]
        promoted = op.promote is not None and p.name not in op.unpromoted
        if p.kind == "tensors":
            value = bound[p.name] = _tensor_list(op, p.name, value)
        elif promoted and not (value is None and p.kind == "optional_tensor"):
            number = _number(value)
            if number is None:
                raise reject(op, p.name, value, "Tensor")
            value = bound[p.name] = number
        elif not isinstance(value, Tensor) and not (value is None and p.kind == "optional_tensor"):
            raise reject(op, p.name, value, "Tensor")
        if promoted and value is not None:
            keyed += [(p.name, item) for item in value] if p.kind == "tensors" else [(p.name, value)]
    level = max((item._key.level for item in operands if isinstance(item, Tensor)), default=0)
    if op.random and state.depth > level:
        level = state.depth
    if level:
        keyed = _lift(op, bound, keyed, level)
    if op.check_dtypes is not None:
        op.check_dtypes(*[_dtype_or_class(bound[p.name]) for p in op.parameters if p.is_tensor])
    if op.promote is not None:
        key = _promote(op, bound, keyed)
    else:
        key = _first_key(op, bound)
    subclass = _common_subclass(operands)
    result = _run(op, key, bound)
    return result if subclass is None else _as_subclass(result, subclass)


def _lift(op: Operator, bound: dict[str, Any], keyed: Sequence[tuple[str, Any]], level: int) -> list[tuple[str, Any]]:
    """Bring all tensors in `bound` to one level of `vmap`; `keyed` anew."""
    from torchere.func.levels import lift

    def lifted(value: Any) -> Any:
        if isinstance(value, list):
            return [lifted(item) for item in value]
        return lift(value, level) if isinstance(value, Tensor) else value

    for p in op.parameters:
        if p.is_tensor:
            bound[p.name] = lifted(bound[p.name])
    return [(name, lifted(item)) for name, item in keyed]


def call_floating(op: Operator, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call `op` with integer operands converted to the default floating dtype."""
    bound = bind(op, args, kwargs)
    dtype = get_default_dtype()
    for p in op.parameters:
        value = bound.get(p.name)
        if p.is_tensor and p.name not in op.unpromoted and isinstance(value, Tensor) and value._key.dtype.category < 2:
            bound[p.name] = value.to(dtype)
    positional = [bound[p.name] for p in op.parameters if not p.keyword_only]
    return op.entry(*positional, **{p.name: bound[p.name] for p in op.parameters if p.keyword_only})


def _dtype_or_class(value: Any) -> Any:
    if value is None or isinstance(value, list):
        return None
    return value._key.dtype if isinstance(value, Tensor) else type(value)


def _run(op: Operator, key: Key, bound: Mapping[str, Any]) -> Any:
    args = [bound[p.name] for p in op.parameters if not p.keyword_only]
    kwargs = {p.name: bound[p.name] for p in op.parameters if p.keyword_only and p.name in bound}
    return op.generated("run")(key, *args, **kwargs)


def _common_subclass(operands: Sequence[Any]) -> type | None:
    found = [type(value) for value in operands if isinstance(value, Tensor) and type(value) not in PLAIN]
    return max(found, key=lambda item: len(item.__mro__)) if found else None


def _as_subclass(result: Any, subclass: type) -> Any:
    if isinstance(result, Tensor):
        return result.as_subclass(subclass) if type(result) is Tensor else result
    if isinstance(result, tuple):
        parts = [_as_subclass(item, subclass) for item in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    return result


def _tensor_list(op: Operator, name: str, value: Any) -> list[Any]:
    if isinstance(value, Tensor) and value.ndim:
        value = list(value.unbind(0))
    if not isinstance(value, (list, tuple)):
        raise reject(op, name, value, "tuple of Tensors")
    for index, item in enumerate(value):
        if item is not None and not isinstance(item, Tensor):
            raise TypeError(
                f"expected Tensor as element {index} in argument 0, but got {type(item).__name__} "
                f"({op.name}(): argument '{name}')"
            )
    return list(value)


def _first_key(op: Operator, bound: Mapping[str, Any]) -> Key:
    key: Key | None = None
    for p in op.parameters:
        if not p.is_tensor or p.name in op.unpromoted:
            continue
        value = bound[p.name]
        for item in value if isinstance(value, list) else [value]:
            if item is None:
                continue
            if key is None:
                key = item._key
            elif item._key is not key:
                check_key(op, key, item, p.name)
                if key.backend.layout is strided and item._key.backend.layout is not strided:
                    key = item._key.with_dtype(key.dtype)
    if key is None:
        raise ArgumentError(f"{op.name}(): expected a non-empty list of Tensors")
    return key


def check_key(op: Operator, key: Key, tensor: Tensor, name: str) -> bool:
    """Raise unless `tensor` may stand beside operands of `key`: same device, same dtype if both are floating.

    True if it is of another level of `vmap`, so that operands must be lifted first, or of another layout, so that the
    key must be chosen.
    """
    other = tensor._key
    if other.device is not key.device:
        raise DeviceError(
            f"Expected all tensors to be on the same device, but found at least two devices, {key.device} and "
            f"{other.device}! ({op.name}(): argument '{name}'). Move one with x.to({str(key.device)!r})."
        )
    floating = other.dtype.category >= 2 and key.dtype.category >= 2
    if op.same_dtype and other.dtype is not key.dtype and (floating or op.same_dtype == "strict"):
        raise DTypeError(
            f"{op.name}(): expected operands of the same dtype, but got: "
            f"{_c_name(key.dtype)} != {_c_name(other.dtype)} "
            f"(argument '{name}' is {other.dtype.name}). Convert one with x.to(torch.{key.dtype.name})."
        )
    return other.level != key.level or other.backend is not key.backend


def _c_name(dtype: dtypes.DType) -> str:
    return {"float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16"}.get(
        dtype.name, dtype.name
    )


def _promote(op: Operator, bound: dict[str, Any], keyed: Sequence[tuple[str, Any]]) -> Key:
    """Bring all promoted operands to one key; numbers stay numbers."""
    tensors = [item for _, item in keyed if isinstance(item, Tensor)]
    if not tensors:
        first = keyed[0][0]
        beside = next((v for p in op.parameters if isinstance(v := bound.get(p.name), Tensor)), None)
        bound[first] = _tensor(bound[first])
        if beside is not None and beside._key.device is not bound[first]._key.device:
            # ``where(condition, 0, 1)``: numbers lie where the condition does.
            bound[first] = bound[first].to(beside._key.device)
        keyed = [(name, bound[name] if name == first else item) for name, item in keyed]
        tensors = [bound[first]]
    # Numbers and 0-d tensors of the host follow the others to their device.
    device = next((t._key.device for t in tensors if t._array.shape), tensors[0]._key.device)
    for name, item in keyed:
        if isinstance(item, Tensor) and item._key.device is not device:
            if item._array.shape or item._key.device.type != "cpu":
                check_key(op, key_for(device, item._key.dtype), item, name)
    sized = [t._key.dtype for t in tensors if t._array.shape]
    zero_dim = [t._key.dtype for t in tensors if not t._array.shape]
    kinds = [type(item) for _, item in keyed if not isinstance(item, Tensor)]
    dtype = common_dtype(sized, zero_dim, kinds)
    key = key_for(device, dtype) if not tensors[0]._key.level else _level_key(tensors[0]._key.level, device, dtype)
    beyond = next((t._key for t in tensors if t._key.backend.layout is not strided), None)
    if beyond is not None:
        key = beyond.with_dtype(dtype)  # kernels of a layout take dense operands beside its own
    for p in op.parameters:
        if not p.is_tensor or p.name in op.unpromoted:
            continue
        value = bound[p.name]
        if isinstance(value, list):
            bound[p.name] = [_convert(item, key) for item in value]
        elif isinstance(value, Tensor):
            bound[p.name] = _convert(value, key)
    return key


def _level_key(level: int, device: Device, dtype: dtypes.DType) -> Key:
    from torchere.func.levels import level_key

    return level_key(level, device, dtype)


def _convert(tensor: Tensor, key: Key) -> Tensor:
    return tensor if tensor._key is key else tensor.to(device=key.device, dtype=key.dtype)


def native_generator(generator: Any, key: Key) -> Any:
    """The device's own generator object behind a `torchere.Generator`, or behind the default one."""
    from torchere.random import Generator, generator_of

    if key.level:
        return generator  # the tensors below draw
    if generator is None:
        return generator_of(key.device).native
    if not isinstance(generator, Generator):
        raise TypeError(f"argument 'generator' must be a torch.Generator, not {type(generator).__name__}")
    if generator.device.type != key.device.type:
        raise DeviceError(
            f"Expected a '{key.device.type}' device type for generator but found '{generator.device.type}'"
        )
    return generator.native


def factory_key(op: Operator, dtype: Any, device: Any, layout: Any, name: str) -> Key:
    """The key of a tensor made without tensor operands."""
    if dtype is None:
        dtype = get_default_dtype()
    elif not isinstance(dtype, dtypes.DType):
        if isinstance(dtype, type) and dtype in (bool, int, float, complex):
            dtype = {bool: dtypes.bool_, int: dtypes.int64, float: dtypes.float64, complex: dtypes.complex128}[dtype]
        else:
            raise TypeError(f"{name}(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")
    key = key_for(default_device() if device is None else Device(device), dtype)
    if layout is not None and layout is not strided:
        return layout_key(layout.name, key.device, dtype)
    # Random numbers drawn inside vmap: whether there are some for each example is the level's affair.
    return _level_key(state.depth, key.device, dtype) if op.random and state.depth else key


def with_names(entry: Callable[..., Any], spelled: dict[str, Any], given: Mapping[str, Any]) -> Any:
    """What a factory makes, with the names of ``names=`` for its dimensions."""
    from torchere.tensors.named import check_names, named

    names = spelled.pop("names")
    made = entry(**spelled, **{name: value for name, value in given.items() if value is not ABSENT})
    return made if names is None else named(made, check_names(names, made.ndim))


def finish_factory(result: Tensor, requires_grad: bool) -> Tensor:
    """A factory's result, requiring gradients if asked."""
    return result.requires_grad_() if requires_grad else result


# --- results ---------------------------------------------------------------------------------------------------------


def wrap_results(arrays: Any, key: Key) -> tuple[Any, ...]:
    """Tensors from the several arrays a kernel returned."""
    found = []
    for array in arrays:
        if array is None or isinstance(array, Tensor):
            found.append(array)
            continue
        own = key.by_native.get(array.dtype) or key.of_array(array)
        if array.__class__ is not own.array_type:
            array = own.adopt(array)
        found.append(wrap(array, own))
    return tuple(found)


def decompose(op: Operator, body: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Run a decomposition without recording; the arrays of its results."""
    with no_grad():
        result = body(*args, **kwargs)
    if isinstance(result, Tensor):
        return result._array
    return tuple(None if item is None else item._array for item in result)


def bump(*written: Any) -> None:
    """Count an in-place write of each tensor."""
    for tensor in written:
        if tensor is None:
            continue
        for item in tensor if isinstance(tensor, (list, tuple)) else (tensor,):
            storage = item._storage
            if storage is None:
                storage = item._storage = Storage()
            storage.version += 1


def into_out(op: Operator, out: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Compute and write into `out` (a tensor, or a tuple of them), resized if it has another shape."""
    outs = out if isinstance(out, (tuple, list)) else (out,)
    bound = [item for value in (*args, *kwargs.values()) for item in (value if isinstance(value, list) else [value])]
    if state.enabled and any(isinstance(item, Tensor) and item._requires_grad for item in (*bound, *outs)):
        raise GradientError(
            f"{op.name}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )
    for target in outs:
        if not isinstance(target, Tensor):
            raise TypeError(f"{op.name}(): argument 'out' must be Tensor, not {type(target).__name__}")
        refuse_inference_write(target._storage)
        check_distinct(target, f"{op.name}")
    kwargs = dict(kwargs)
    if op.factory:
        kwargs["dtype"] = outs[0].dtype if kwargs.get("dtype") is None else kwargs["dtype"]
        kwargs["device"] = outs[0].device if kwargs.get("device") is None else kwargs["device"]
    names = [p.name for p in op.parameters if not p.keyword_only]
    varargs = next((p.name for p in op.parameters if not p.keyword_only and p.kind == "shape"), None)
    if varargs is not None and names and names[-1] == varargs:
        kwargs[varargs] = args[-1]
        args = args[:-1]
    result = op.entry(*args, **kwargs)
    for target, value in zip(outs, result if isinstance(result, tuple) else (result,), strict=True):
        write_out(op, target, value)
    return type(result)(*outs) if hasattr(result, "_fields") else out


def write_out(op: Operator, out: Tensor, result: Tensor) -> None:
    """Write a result into a tensor given as ``out=``."""
    if out._key.device is not result._key.device:
        raise DeviceError(
            f"Expected out tensor to have device {result._key.device}, but got {out._key.device} instead ({op.name}())"
        )
    if op.out == "exact" and out._key.dtype is not result._key.dtype:
        raise DTypeError(
            f"the output given to {op.name} has dtype {scalar_type_name(out._key.dtype)} but the operation's result "
            f"requires dtype {scalar_type_name(result._key.dtype)}. Pass out= of dtype {result._key.dtype.name}."
        )
    if result._key.dtype.category > out._key.dtype.category:
        raise DTypeError(
            f"result type {scalar_type_name(result._key.dtype)} can't be cast to the desired output type "
            f"{scalar_type_name(out._key.dtype)} ({op.name}(): out=). Pass an out tensor of dtype "
            f"{result._key.dtype.name}."
        )
    if tuple(out._array.shape) != tuple(result._array.shape):
        if out.numel():
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(out.shape)}, which does not "
                f"match the required output shape {list(result.shape)}. Resize it to zero elements first: "
                "out.resize_(0).",
                stacklevel=4,
            )
        out.resize_(tuple(result._array.shape))
    out._key.backend.copy_into(out._array, result._array)
    bump(out)


# --- errors ----------------------------------------------------------------------------------------------------------


def recover(op: Operator, key: Key, error: Exception, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """After a kernel raised: try again with wrapped numbers, or raise PyTorch's error."""
    if isinstance(error, TorchereError):
        raise error
    bound = bind(op, args, kwargs)
    if isinstance(error, OverflowError) and key.dtype.category <= 1:
        # PyTorch wraps a Python number to the integer dtype; NumPy refuses.
        changed = False
        for p in op.parameters:
            value = bound.get(p.name)
            if p.kind in ("tensor", "optional_tensor") and isinstance(value, int):
                bound[p.name] = wrap(key.backend.from_numpy(np.asarray(value).astype(key.dtype.numpy), None), key)
                changed = True
        if changed:
            return _run(op, key, bound)
    if op.check_late is not None:
        op.check_late(*args, **kwargs)
    try:
        raise_shape_error(op, bound, error)
        raise error
    finally:
        # The exception's traceback holds this frame: without this the operands live until the garbage collector runs.
        del error


def raise_shape_error(op: Operator, bound: Mapping[str, Any], error: Exception) -> None:
    """Raise PyTorch's message if the operands of an elementwise operator do not broadcast."""
    if op.promote is None:
        return
    shapes: list[tuple[int, ...]] = []
    for p in op.parameters:
        value = bound.get(p.name)
        if p.is_tensor and isinstance(value, Tensor):
            shapes.append(tuple(value._array.shape))
    for first in range(len(shapes)):
        for second in range(first + 1, len(shapes)):
            a, b = shapes[first], shapes[second]
            for offset in range(1, min(len(a), len(b)) + 1):
                if a[-offset] != b[-offset] and 1 not in (a[-offset], b[-offset]):
                    axis = max(len(a), len(b)) - offset
                    raise ShapeError(
                        f"The size of tensor a ({a[-offset]}) must match the size of tensor b ({b[-offset]}) at "
                        f"non-singleton dimension {axis} ({op.name}(): shapes {list(a)} and {list(b)} do not broadcast)"
                    ) from error
