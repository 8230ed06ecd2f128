"""Tier 1: what every operator must do on a device, one function a check.

A check gets a `Run` (operator, case, device, dtype) and raises AssertionError with a message, or `Skipped` with a
reason. `APPLIES` says which runs it is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

import torchere
from torchere.backend import backend_of
from torchere.deprecation import silenced
from torchere.dtypes import DType, by_name
from torchere.operators import Operator
from torchere.operators.guard import is_named
from torchere.plugins import dispatcher
from torchere.promotion import get_default_dtype
from torchere.random import Generator
from torchere.tensors.tensor import Tensor
from torchere.testing.cases import ErrorCase
from torchere.testing.closeness import assert_close
from torchere.testing.report import Unvaried
from torchere.testing.running import Run, decomposed, error_arguments, flat, host, same_memory, subject_of
from torchere.testing.values import LAYOUTS, to_numpy

__all__ = ["ERROR_CHECKS", "OPERATOR_CHECKS", "RunCheck", "check_error"]

RunCheck = Callable[[Run], None]

#: bfloat16 and float16 lose digits at each operator of a decomposition.
DECOMPOSED_FACTOR = 4.0


def _compare(run: Run, result: Any, expected: Any, what: str, factor: float = 1.0) -> None:
    """Compare results (tensors, tuples of them, Python values) with what a reference returned."""
    ours = list(result) if isinstance(result, (tuple, list)) else [result]
    theirs = list(expected) if isinstance(expected, (tuple, list)) else [expected]
    if isinstance(result, (tuple, list)) != isinstance(expected, (tuple, list)):
        raise AssertionError(f"{what}: returned {type(result).__name__}, the reference {type(expected).__name__}")
    if len(ours) != len(theirs):
        raise AssertionError(f"{what}: {len(ours)} results, the reference has {len(theirs)}")
    for index, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        name = what if len(ours) == 1 else f"{what} [{index}]"
        if other is None:
            continue
        if isinstance(other, (tuple, list)):
            _compare(run, mine, other, name, factor)
            continue
        if not isinstance(mine, Tensor):
            if isinstance(mine, (bool, int, float, complex)) and mine != np.asarray(other).item():
                raise AssertionError(f"{name}: {mine!r}, expected {other!r}")
            continue
        # Where the inputs are coarser than the result (float16 summed in float32), theirs is the tolerance.
        factor_here = run.case.tolerance * factor
        assert_close(to_numpy(mine), other, mine.dtype.name, factor_here, name)


def _check_tensor(run: Run, value: Any, what: str) -> None:
    """The tensor is sound: array and key agree, and it lies on the device asked for."""
    if not isinstance(value, Tensor):
        return
    inner: Any = value
    backend, array = inner._key.backend, inner._array
    if not isinstance(array, backend.array_type):
        raise AssertionError(f"{what}: holds a {type(array).__name__}, not {backend.array_type.__name__}")
    if backend.dtype_of(array) is not value.dtype:
        raise AssertionError(f"{what}: dtype says {value.dtype.name}, its array has {backend.dtype_of(array).name}")
    if value.device.type != run.device:
        raise AssertionError(f"{what}: lies on {value.device}, the operands on {run.device}")


def _check_dtypes(run: Run, result: Any, expected: Any) -> None:
    """The result dtypes: what the declaration promises, or what the reference's kind implies."""
    operator = run.subject.operator
    results = result if isinstance(result, (tuple, list)) else (result,)
    references = expected if isinstance(expected, (tuple, list)) else (expected,)
    for index, value in enumerate(results):
        if not isinstance(value, Tensor):
            continue
        reference = references[index] if index < len(references) else None
        wanted = _expected_dtype(run, operator, reference)
        if wanted is not None and value.dtype.name != wanted:
            raise AssertionError(f"result {index}: dtype {value.dtype.name}, expected {wanted}")


def _expected_dtype(run: Run, operator: Operator | None, reference: Any) -> str | None:
    if run.subject.writes_first:
        return run.inputs[0].dtype.name if isinstance(run.inputs[0], np.ndarray) else None
    given = run.kwargs.get("dtype") or next((item for item in run.inputs if isinstance(item, DType)), None)
    if given is not None:
        return given if isinstance(given, str) else str(given.name)
    tensors = [item for item in flat((run.inputs, run.kwargs)) if isinstance(item, np.ndarray)]
    names = {item.dtype.name for item in tensors}
    single = next(iter(names)) if len(names) == 1 else None
    if operator is not None and _promises(run, operator) and single is not None:
        compute = by_name(single)
        if operator.promote == "float" and compute.category < 2:
            compute = get_default_dtype()
        promised = {"same": compute.name, "bool": "bool", "int64": "int64", "real": compute.to_real().name}
        if operator.result in promised and not any(p.kind == "dtype" for p in operator.parameters):
            return promised[operator.result]
    if reference is None or single is None:
        return None
    kind, dtype = np.asarray(reference).dtype.kind, by_name(single)
    if kind == "b":
        return "bool"
    if kind == "f" and dtype.category == 2:
        return dtype.name
    if kind == "f" and dtype.category == 3:
        return dtype.to_real().name
    if kind == "c" and dtype.category == 3:
        return dtype.name
    if (
        operator is not None
        and kind in "iu"
        and dtype.category == 1
        and np.asarray(reference).itemsize > dtype.itemsize
    ):
        return "int64"  # what NumPy widens (sums, products, counts), PyTorch widens to int64
    return None


def _promises(run: Run, operator: Operator) -> bool:
    """Whether `result` of the declaration holds: bodies return what they like, and they serve neutral keywords."""
    if operator.is_multiple or operator.factory or not (operator.is_primitive or _has_kernel(run, operator)):
        return False
    return all(run.kwargs.get(name, value) == value for name, value in operator.neutral.items())


def _has_kernel(run: Run, operator: Operator) -> bool:
    first = next((item for item in flat((run.inputs, run.kwargs)) if isinstance(item, np.ndarray)), None)
    found = None if first is None else dispatcher.find(operator.name, run.device, first.dtype.name)
    return found is not None and found.kind in ("kernel", "compute-cast")


# --- checks ----------------------------------------------------------------------------------------------------------


def forward(run: Run) -> None:
    """The result equals the reference (or has the stated properties); dtype and shape; inputs stay as they were."""
    args, kwargs = run.tensors()
    result = run.call(args, kwargs)
    for value in flat(result):
        _check_tensor(run, value, "result")
    before = [item for item in flat((run.inputs, run.kwargs)) if isinstance(item, np.ndarray)]
    after = [item for item in flat((args, kwargs)) if isinstance(item, Tensor)]
    meant = _written(run, args, kwargs) if _mutates(run) else ()
    for index, (array, tensor) in enumerate(zip(before, after, strict=True)):
        if index in run.case.writes or any(tensor is item for item in meant):
            continue
        now = to_numpy(tensor)
        if now.tobytes() != array.tobytes() or now.shape != array.shape:
            raise AssertionError(f"tensor argument {index} was modified by the call")
    if run.case.properties is not None:
        shown = tuple(host(item) for item in result) if isinstance(result, (tuple, list)) else host(result)
        run.case.properties(shown, *run.inputs, **run.kwargs)
    expected = run.reference() if run.case.reference is not None else None
    if run.case.reference is not None:
        _compare(run, _written(run, args, kwargs) if result is None else result, expected, "result")
    if result is not None:
        _check_dtypes(run, result, expected)


def _written(run: Run, args: Any, kwargs: Any) -> Any:
    """For an operator that returns nothing: the tensors it has written, in the order of its parameters."""
    operator = run.subject.operator
    assert operator is not None
    bound = dict(zip((p.name for p in operator.parameters), args, strict=False)) | kwargs
    return tuple(bound[name] for name in operator.mutates if bound.get(name) is not None)


def layouts(run: Run) -> None:
    """Inputs whose elements lie apart, or in another order, give the same result."""
    expected = run.forward()
    if expected is None:
        args, kwargs = run.tensors()
        run.call(args, kwargs)
        expected = _written(run, args, kwargs)
    for layout in LAYOUTS:
        args, kwargs = run.tensors(layout=layout)
        result = run.call(args, kwargs)
        if result is None:
            result = _written(run, args, kwargs)
        if run.subject.is_random:
            _same_shape(result, expected, f"{layout} inputs")
        else:
            _close_results(run, result, expected, f"{layout} inputs")


def _same_shape(result: Any, expected: Any, what: str) -> None:
    for mine, other in zip(flat(result), flat(expected), strict=True):
        if isinstance(mine, Tensor) and tuple(mine.shape) != tuple(other.shape):
            raise AssertionError(f"{what}: shape {list(mine.shape)}, expected {list(other.shape)}")


def _close_results(run: Run, result: Any, expected: Any, what: str, factor: float = 1.0) -> None:
    """Two results of the operator itself: same structure, dtypes, shapes, values within the tolerance."""
    ours, theirs = flat(result), flat(expected)
    if len(ours) != len(theirs):
        raise AssertionError(f"{what}: {len(ours)} results instead of {len(theirs)}")
    skipped = _uncompared(run, len(theirs))
    for index, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        if not isinstance(other, Tensor):
            if mine != other and not (mine != mine and other != other):
                raise AssertionError(f"{what}: {mine!r} instead of {other!r}")
            continue
        if mine.dtype is not other.dtype:
            raise AssertionError(f"{what}: dtype {mine.dtype.name} instead of {other.dtype.name}")
        if index in skipped:
            _same_shape(mine, other, what)
            continue
        assert_close(to_numpy(mine), to_numpy(other), other.dtype.name, run.case.tolerance * factor, what)


def _uncompared(run: Run, count: int) -> frozenset[int]:
    """Results the reference leaves open (None): implementations may differ there."""
    if run.case.reference is None or count < 2:
        return frozenset()
    expected = run.reference()
    if not isinstance(expected, (tuple, list)):
        return frozenset()
    return frozenset(i for i, item in enumerate(expected) if item is None)


def aliasing(run: Run) -> None:
    """A view shares memory with its operand; nothing else does unnoticed, and no result is reused by a later call."""
    args, kwargs = run.tensors()
    operands: list[Any] = [item for item in flat((args, kwargs)) if isinstance(item, Tensor)]
    result = run.call(args, kwargs)
    results: list[Any] = [item for item in flat(result) if isinstance(item, Tensor)]
    operator = run.subject.operator
    for value in results:
        for operand in operands:
            if value is operand:
                continue
            tracked = value._storage is not None and value._storage is operand._storage
            if same_memory(value, operand) and not tracked:
                raise AssertionError("the result lies in an operand's memory, though the operator is no view")
        if operator is not None and operator.view and value.numel() and not value._requires_grad:
            if value._storage is None or value._storage is not operands[0]._storage:
                raise AssertionError("the operator is a view, but its result does not share the operand's storage")
    shown = [to_numpy(value) for value in results]
    inputs, keywords = run.arrays(variant=1)
    again = [item for item in flat(run.call(*run.tensors(inputs, keywords))) if isinstance(item, Tensor)]
    for value, copy, other in zip(results, shown, again, strict=False):
        if to_numpy(value).tobytes() != copy.tobytes():
            raise AssertionError("a second call with other inputs changed the result of the first")
        if value is not other and same_memory(value, other):
            raise AssertionError("two calls returned results in the same memory")


def out(run: Run) -> None:
    """``out=`` is filled and returned: when empty, when it holds other values, and when its elements lie apart."""
    expected = run.forward()
    several = isinstance(expected, (tuple, list))
    parts = list(expected) if several else [expected]
    if not all(isinstance(value, Tensor) for value in parts):
        return  # a Python bool: there is nothing to write
    for style in ("empty", "filled", "strided"):
        args, kwargs = run.tensors()
        targets = [_target(value, style) for value in parts]
        target = tuple(targets) if several else targets[0]
        result = run.call(args, {**kwargs, "out": target})
        returned = list(result) if several else [result]
        for mine, given in zip(returned, targets, strict=True):
            if mine is not given:
                raise AssertionError(f"out= ({style}): the call returned another tensor than the one given")
        if not run.subject.is_random and run.case.op != "empty":  # whose values are whatever the memory holds
            _close_results(run, tuple(targets), tuple(parts), f"out= ({style})")


def _target(value: Tensor, style: str) -> Tensor:
    made: Tensor
    if style == "empty":
        made = torchere.empty((0,), dtype=value.dtype, device=value.device)
    elif style == "filled" or not value.ndim:
        made = torchere.ones(tuple(value.shape), dtype=value.dtype, device=value.device)
    else:
        shape = (*value.shape[:-1], 2 * value.shape[-1] + 1)
        made = torchere.ones(shape, dtype=value.dtype, device=value.device)[..., 1::2]
    return made


def inplace(run: Run) -> None:
    """``op_`` gives what `op` gives, in the memory of its first operand, and counts the write."""
    operator = run.subject.operator
    assert operator is not None
    expected = run.forward()
    if isinstance(expected, (tuple, list)):
        expected = expected[0]
    name = f"{operator.public_name}_"
    for layout in ("plain", "strided"):
        args, kwargs = run.tensors(layout=layout)
        target = args[0]
        if not isinstance(target, Tensor):
            return
        fits = tuple(target.shape) == tuple(expected.shape) and expected.dtype.category <= target.dtype.category
        twin = getattr(target, name)
        version = target._version
        if not fits:
            try:
                run.call(args[1:], kwargs, twin)
            except RuntimeError:
                continue
            raise AssertionError(f"{name} accepted a result of shape {list(expected.shape)}, dtype {expected.dtype}")
        result = run.call(args[1:], kwargs, twin)
        if result is not target:
            raise AssertionError(f"{name} returned another tensor than its operand")
        if target._version <= version:
            raise AssertionError(f"{name} did not count the write: version {target._version} after {version}")
        _check_tensor(run, target, name)
        if not run.subject.is_random:
            _close_results(run, target, expected.to(target.dtype), name)


def method(run: Run) -> None:
    """The method, and every alias, computes what the function does."""
    declared = run.subject.declared
    expected = run.forward()
    for name in (declared.public_name, *declared.aliases):
        args, kwargs = run.tensors()
        place = 0
        if declared.self_parameter is not None and run.subject.operator is not None:
            names = [p.name for p in run.subject.operator.parameters]
            place = names.index(declared.self_parameter)
        if place >= len(args) or not isinstance(args[place], Tensor):
            return
        bound = getattr(args[place], name)
        result = run.call([*args[:place], *args[place + 1 :]], kwargs, bound)
        if not run.subject.writes_first:
            _close_results(run, result, expected, f"Tensor.{name}")


def decomposition(run: Run) -> None:
    """The body of the declaration gives what the kernel gives."""
    operator = run.subject.operator
    assert operator is not None
    expected = run.forward()
    with decomposed(operator, run.device):
        args, kwargs = run.tensors()
        result = run.call(args, kwargs)
    for value in flat(result):
        _check_tensor(run, value, "decomposition")
    if run.subject.is_random:
        _same_shape(result, expected, "decomposition")
        return
    if result is None:
        if run.case.reference is not None:
            _compare(run, _written(run, args, kwargs), run.reference(), "decomposition", DECOMPOSED_FACTOR)
        return
    _close_results(run, result, expected, "decomposition and kernel differ", DECOMPOSED_FACTOR)


def randomness(run: Run) -> None:
    """One seed, one result; ``generator=`` is used and leaves the default generator alone."""
    first, second = run.forward(), run.call(*run.tensors())
    _close_results(run, second, first, "two calls after the same manual_seed")
    if not run.subject.has_keyword("generator") or "generator" in run.kwargs:
        return
    results: list[list[Any]] = []
    for seed in (7, 7, 8):
        args, kwargs = run.tensors()
        torchere.manual_seed(len(results))
        before = torchere.random.generator_of(run.device).get_state().tolist()
        generator = Generator(run.device).manual_seed(seed)
        function = run.subject.function
        if run.subject.writes_first:
            args[0] = args[0].clone()
        results.append([host(item) for item in flat(function(*args, **kwargs, generator=generator))])
        if torchere.random.generator_of(run.device).get_state().tolist() != before:
            raise AssertionError("generator= was given, but the default generator moved on")
    if any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(results[0], results[1], strict=True)):
        raise AssertionError("generator= seeded alike gave different results: it is ignored")
    if all(np.array_equal(a, b, equal_nan=True) for a, b in zip(results[0], results[2], strict=True)):
        few = all(item.size < 8 for item in results[0])
        raise Unvaried("" if few else "generator= seeded differently gave the same result: it is ignored")


def check_error(case: ErrorCase, device: str) -> None:
    """The call fails with the type and message the case states, and the message says which function refuses."""
    subject = subject_of(case.op)
    if case.dtype not in backend_of(device).dtypes:
        return
    try:
        args, kwargs = error_arguments(case, device, subject)
        with silenced():
            subject.function(*args, **kwargs)
    except case.raises as error:
        if not re.search(case.match, str(error)):
            raise AssertionError(f"the message does not match {case.match!r}: {error}") from error
        declared = subject.declared
        if (declared.namespaces or declared.method) and not is_named(declared, str(error)):
            raise AssertionError(f"the message does not name {subject.name}(): {error}") from error
        return
    except Exception as error:
        raise AssertionError(
            f"raised {type(error).__name__} ({error}), expected {case.raises.__name__} matching {case.match!r}"
        ) from error
    raise AssertionError(f"raised nothing, expected {case.raises.__name__} matching {case.match!r}")


def _takes_out(run: Run) -> bool:
    operator = run.subject.operator
    return operator is not None and bool(operator.out) and not run.subject.writes_first and "out" not in run.kwargs


def _has_body(run: Run) -> bool:
    operator = run.subject.operator
    return operator is not None and operator.has_decomposition


def _has_twin(run: Run) -> bool:
    operator = run.subject.operator
    return operator is not None and bool(operator.inplace) and bool(run.inputs) and not operator.mutates


def _has_method(run: Run) -> bool:
    return bool(run.subject.declared.method) and bool(run.inputs)


#: Operators whose result depends on how their operand lies in memory.
_ABOUT_MEMORY = frozenset(("as_strided", "view", "view_as", "view_as_complex", "view_dtype"))
#: Operators whose results lie in their operand's memory unnoticed by autograd: that is what they are for.
_UNSAFE = frozenset(("unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes"))
#: name → (the check, the runs it is for).
OPERATOR_CHECKS: dict[str, tuple[RunCheck, Callable[[Run], bool]]] = {
    "forward": (forward, lambda run: True),
    "layouts": (layouts, lambda run: run.has_tensors and run.case.op not in _ABOUT_MEMORY),
    "aliasing": (aliasing, lambda run: not _mutates(run) and run.case.op not in _UNSAFE),
    "out": (out, _takes_out),
    "inplace": (inplace, _has_twin),
    "method": (method, _has_method),
    "decomposition": (decomposition, _has_body),
    "randomness": (randomness, lambda run: run.subject.is_random),
}


def _mutates(run: Run) -> bool:
    return run.subject.operator is not None and bool(run.subject.operator.mutates)


ERROR_CHECKS = {"errors": check_error}
