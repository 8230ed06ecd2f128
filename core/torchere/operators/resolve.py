"""From a key to the function an entry calls: asks the dispatcher once, caches in the operator's table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.backend import Key, backend_of, key_for
from torchere.devices import device as Device
from torchere.dtypes import FLOATING, bool_, by_name, int64
from torchere.errors import UnsupportedDTypeError
from torchere.layouts import strided
from torchere.operators.declaration import Operator
from torchere.operators.interception import wrapped
from torchere.promotion import get_default_dtype, scalar_type_name

__all__ = ["clear_tables", "resolve", "resolve_inplace"]

#: Operators whose tables hold something; cleared at each invalidation.
_filled: set[Operator] = set()


def clear_tables(*_: Any) -> None:
    """Forget every resolved kernel; the dispatcher calls this under its lock when anything changes."""
    for op in _filled:
        op.table.clear()
        op.inplace_table.clear()
    _filled.clear()


def _compute_key(op: Operator, key: Key) -> Key:
    """The key an operator computes in: integers become the default floating dtype under ``promote="float"``."""
    dtype = key.dtype
    if op.promote == "float" and dtype.category < FLOATING:
        dtype = get_default_dtype()
    if op.dtypes is not None and dtype.name not in op.dtypes:
        raise UnsupportedDTypeError(
            f"\"{op.name}\" not implemented for '{scalar_type_name(dtype)}': it is defined for "
            f"{', '.join(sorted(op.dtypes))}. Convert first, e.g. x.float()."
        )
    return key.with_dtype(dtype)


def _result_key(op: Operator, compute: Key) -> Key | None:
    kind = op.result
    if compute.backend.layout is not strided:
        return None  # a layout's kernel may return any layout: what it returned says which
    if kind == "same":
        return compute
    if kind == "bool":
        return compute.with_dtype(bool_)
    if kind == "int64":
        return compute.with_dtype(int64)
    if kind == "real":
        return compute.with_dtype(compute.dtype.to_real())
    if kind == "array":
        return None
    raise ValueError(f"operator {op.name}: result={kind!r} is none of 'same', 'bool', 'int64', 'real', 'array'")


def resolve(op: Operator, key: Key) -> tuple[Callable[..., Any] | None, Key | None]:
    """The function for `key`, cached. (None, …): run the decomposition."""
    from torchere.plugins import dispatcher, load_kernels

    if key.level:
        return _resolve_level(op, key)
    load_kernels(key.backend.name)
    if op.check_dtypes is not None:
        op.check_dtypes(*[key.dtype for p in op.parameters if p.is_tensor])
    compute = _compute_key(op, key)
    while True:
        generation = dispatcher.generation
        try:
            resolution = dispatcher.resolve(op.name, key.backend.name, compute.dtype.name)
        except NotImplementedError as error:
            if key.backend.layout is strided:
                raise
            raise NotImplementedError(
                f"{op.name}: not implemented for layout torch.{key.backend.name} (dtype {key.dtype.name}, device "
                f"'{key.device}'). Make the tensor dense first: x.to_dense()."
            ) from error
        kernel, result = _runner(op, key, compute, resolution)
        found = wrapped(op, key, kernel, writes=False), result
        with dispatcher.lock:
            if dispatcher.generation == generation:
                op.table[key] = found
                _filled.add(op)
                return found


def _resolve_level(op: Operator, key: Key) -> tuple[Callable[..., Any] | None, Key | None]:
    """The batching rule of a level of `vmap`; no plugin registers or removes it."""
    from torchere.func.batching import kernel_for

    if op.check_dtypes is not None:
        op.check_dtypes(*[key.dtype for p in op.parameters if p.is_tensor])
    result = _result_key(op, _compute_key(op, key))
    kernel, _ = kernel_for(op, key)  # type: ignore[arg-type]
    found = op.table[key] = (kernel, result if kernel is None else None)
    _filled.add(op)
    return found


def resolve_inplace(op: Operator, key: Key) -> Callable[..., Any] | None:
    """The kernel for `key` that writes into its last argument, cached; None if there is none."""
    from torchere.plugins import dispatcher, load_kernels

    if key.level:
        return None

    load_kernels(key.backend.name)
    while True:
        generation = dispatcher.generation
        found = None
        if _compute_key(op, key) is key and _result_key(op, key) is key:
            resolution = dispatcher.resolve(op.name, key.backend.name, key.dtype.name)
            writer = _writer(op, key, resolution, ())
            found = None if writer is None else wrapped(op, key, writer, writes=True)
        with dispatcher.lock:
            if dispatcher.generation == generation:
                op.inplace_table[key] = found
                _filled.add(op)
                return found


def _writer(op: Operator, key: Key, resolution: Any, yielded: tuple[Any, ...]) -> Callable[..., Any] | None:
    """What writes into its last argument: the kernel, and after one that leaves calls to others, the next that does."""
    from torchere.plugins import dispatcher

    kernel = resolution.kernel
    if resolution.kind != "kernel" or kernel is None:
        return None
    if not kernel.yields:
        return _writing(kernel.function) if kernel.writes_out else None
    yielded = (*yielded, kernel)
    following = dispatcher.find(op.name, key.backend.name, key.dtype.name, yielded)
    rest = None if following is None else _writer(op, key, following, yielded)
    if not kernel.writes_out or rest is None:
        return rest
    return _choosing(op, key, kernel, kernel.function, rest, writes=True)


def _writing(function: Callable[..., Any]) -> Callable[..., Any]:
    if function is not np.maximum and function is not np.minimum:
        return function
    # NumPy 2.4 deprecates a third positional argument of these two ufuncs.
    return lambda a, b, out: function(a, b, out=out)


def _runner(
    op: Operator, key: Key, compute: Key, resolution: Any, yielded: tuple[Any, ...] = ()
) -> tuple[Callable[..., Any] | None, Key | None]:
    result = _result_key(op, compute)
    if resolution.kind == "decomposition":
        return None, result
    if resolution.kind == "kernel":
        function = key.backend.bound(resolution.kernel.function, key.device.index)
        if resolution.kernel.yields:
            function = _yielding(op, compute, function, (*yielded, resolution.kernel))
        return (function if compute is key else _casting(op, function, key, compute, compute)), result
    if resolution.kind == "compute-cast":
        wide = compute.with_dtype(by_name(resolution.compute_dtype))
        if op.mutates:
            return None, result
        function = key.backend.bound(resolution.kernel.function, key.device.index)
        if resolution.kernel.yields:
            function = _yielding(op, wide, function, (*yielded, resolution.kernel))
        return _casting(op, function, key, wide, compute), result
    return _elsewhere(op, key, compute, resolution), result


def _yielding(op: Operator, key: Key, function: Callable[..., Any], kernels: tuple[Any, ...]) -> Callable[..., Any]:
    """`function`, and for calls that it leaves to others the best kernel, or the body, after `kernels`."""
    try:
        rest = _following(op, key, kernels)
    except NotImplementedError as error:
        reason = error

        def rest(*args: Any) -> Any:
            raise reason

    return _choosing(op, key, kernels[-1], function, rest)


def _choosing(
    op: Operator,
    key: Key,
    kernel: Any,
    function: Callable[..., Any],
    rest: Callable[..., Any],
    writes: bool = False,
) -> Callable[..., Any]:
    """`function`, but `rest` for calls that it answers with NotImplemented and for too small ones.

    Small calls must not pay for kernels that want large ones, so their way has no call but that of `rest`. The first
    array decides.
    """
    array_type: Any = key.array_type
    smallest = kernel.smallest

    def one(x: Any) -> Any:
        if x.size < smallest:
            return rest(x)
        result = function(x)
        return rest(x) if result is NotImplemented else result

    def two(x: Any, y: Any) -> Any:
        if x.__class__ is array_type:
            if x.size < smallest:
                return rest(x, y)
        elif y.size < smallest:
            return rest(x, y)
        result = function(x, y)
        return rest(x, y) if result is NotImplemented else result

    def three(x: Any, y: Any, z: Any) -> Any:
        if x.__class__ is array_type and x.size < smallest:
            return rest(x, y, z)
        result = function(x, y, z)
        return rest(x, y, z) if result is NotImplemented else result

    def several(x: Any, *others: Any) -> Any:
        if x.__class__ is array_type and x.size < smallest:
            return rest(x, *others)
        result = function(x, *others)
        return rest(x, *others) if result is NotImplemented else result

    def any_call(*args: Any) -> Any:
        result = function(*args)
        return rest(*args) if result is NotImplemented else result

    if not smallest or not op.parameters[0].is_tensor:
        return any_call
    count = sum(p.name not in op.neutral for p in op.parameters) + writes
    by_count: dict[int, Callable[..., Any]] = {1: one, 2: two, 3: three}
    return by_count.get(count, several)


def _following(op: Operator, key: Key, kernels: tuple[Any, ...]) -> Callable[..., Any]:
    from torchere.plugins import dispatcher

    resolution = dispatcher.find(op.name, key.backend.name, key.dtype.name, kernels)
    if resolution is None:
        raise NotImplementedError(
            f"{op.name}: {kernels[-1].source} leaves this call to another kernel on '{key.backend.name}', and there is "
            "none. Install a plugin that has one, or report the arguments to the plugin's authors."
        )
    found = _runner(op, key, key, resolution, kernels)[0]
    return _body_on_arrays(op, key) if found is None else found


def _body_on_arrays(op: Operator, key: Key) -> Callable[..., Any]:
    """The decomposition as a kernel: arrays in, arrays out."""
    from torchere.operators.general import decompose
    from torchere.tensors.tensor import wrap

    def value(kind: str, given: Any) -> Any:
        if given is None:
            return None
        if kind == "tensors":
            return [wrap(item, key.of_array(item)) for item in given]
        if kind in ("tensor", "optional_tensor"):
            return wrap(given, key.of_array(given)) if isinstance(given, key.array_type) else given
        return by_name(key.backend.dtype_name(given)) if kind == "dtype" else given

    kinds = [p.kind for p in op.parameters if p.name not in op.neutral]
    names = [p.name for p in op.parameters if p.name not in op.neutral]
    keywords = {p.name for p in op.parameters if p.keyword_only}

    def run(*args: Any) -> Any:
        values = [value(kind, given) for kind, given in zip(kinds, args, strict=True)]
        pairs = list(zip(names, values, strict=True))
        return decompose(
            op, op.function, [v for n, v in pairs if n not in keywords], {n: v for n, v in pairs if n in keywords}
        )

    return run


def _dtype_positions(op: Operator) -> tuple[int, ...]:
    names = [p for p in op.parameters if p.name not in op.neutral]
    return tuple(i for i, p in enumerate(names) if p.kind == "dtype")


def _casting(op: Operator, function: Callable[..., Any], key: Key, wide: Key, narrow: Key) -> Callable[..., Any]:
    """A kernel of dtype `wide` for arrays of `key`; results of `wide` become `narrow`.

    Operators with a dtype argument compute and return what it asks for.
    """
    array_type, astype = key.array_type, key.backend.astype
    source, target, back = key.native, wide.native, narrow.native
    casts = key.backend.compute_casts
    positions = _dtype_positions(op)
    factory = op.factory

    def widen(value: Any) -> Any:
        if isinstance(value, array_type):
            array: Any = value
            return astype(array, target) if array.dtype == source else array
        if value.__class__ is list:
            return [widen(item) for item in value]
        return value

    def shrink(value: Any, wanted: Any) -> Any:
        if value.__class__ is tuple or value.__class__ is list:
            return tuple(shrink(item, wanted) for item in value)
        if value is not None and value.dtype == target and wanted != target:
            return astype(value if isinstance(value, array_type) else key.backend.adopt(value, target), wanted)
        return value

    def run(*args: Any) -> Any:
        converted = [widen(value) for value in args]
        wanted = back
        for position in positions:
            asked = args[position]
            if asked is not None:
                wanted = asked
                name = key.backend.dtype_name(asked)
                if name in casts:
                    converted[position] = key.with_dtype(by_name(casts[name])).native
        if factory:
            converted[-1] = target
        return shrink(function(*converted), wanted)

    return run


def _elsewhere(op: Operator, key: Key, compute: Key, resolution: Any) -> Callable[..., Any]:
    """A kernel of another device: copies there and back, counted."""
    from torchere.plugins import dispatcher

    here, there = key.backend, backend_of(resolution.device)
    other = key_for(Device(resolution.device), by_name(resolution.compute_dtype or compute.dtype.name))
    index = key.device.index
    array_type = key.array_type
    if resolution.kernel is None:
        raise NotImplementedError(f"{op.name}: device '{resolution.device}' has no kernel to fall back to")
    function = resolution.kernel.function
    if other.dtype is not compute.dtype:
        function = _casting(op, function, compute, other, compute)

    def move(value: Any) -> Any:
        if isinstance(value, array_type):
            return there.from_numpy(here.to_numpy(value), None)
        if value.__class__ is list:
            return [move(item) for item in value]
        return value

    def back(value: Any) -> Any:
        if value.__class__ is tuple or value.__class__ is list:
            return tuple(back(item) for item in value)
        native = there.native_dtype(there.dtype_of(value))
        return here.from_numpy(there.to_numpy(there.adopt(value, native)), index)

    def run(*args: Any) -> Any:
        dispatcher.count_fallback(op.name, here.name, there.name)
        return back(function(*[move(value) for value in args]))

    return run
