"""Batching rules of elementwise operators, reductions, joins and random draws; importing it registers all rules."""

from __future__ import annotations

from typing import Any

from torchere.func import rules_indexing, rules_linear, rules_views
from torchere.func.batching import Call, _check_randomness, _constant, aligned, expanded, flattened, rule
from torchere.func.levels import Batched
from torchere.operators import operator_named

__all__: list[str] = []

#: Imported for the rules they register.
_PARTS = (rules_indexing, rules_linear, rules_views)

_POINTWISE = """
abs acos acosh add addcdiv addcmul angle asin asinh atan atan2 atanh binary_cross_entropy_terms bitwise_and
bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor ceil celu clamp clone complex conj_physical
copysign cos cosh deg2rad digamma div elu eq erf erfc erfinv exp exp2 expm1 floor floor_divide fmax fmin fmod frac frexp
ge gelu gt hardshrink hardsigmoid hardswish hardtanh hypot i0 igamma igammac imag isfinite isinf isnan le leaky_relu
lerp lgamma log log10 log1p log2 logaddexp logaddexp2 logit logsigmoid lt masked_fill_value maximum minimum mish mul
nan_to_num ne neg nextafter polygamma pow rad2deg real reciprocal relu remainder round rsqrt selu sgn sigmoid sign
signbit silu sin sinc sinh softplus softshrink special_entr special_erfcx special_i0e special_i1 special_i1e
special_log_ndtr special_ndtr special_ndtri special_xlog1py special_zeta sqrt square sub tan tanh threshold
threshold_backward to_dtype trunc view_as_real where xlogy gelu_backward silu_backward
"""


@rule(*_POINTWISE.split())
def pointwise(call: Call) -> Any:
    """Bring examples to one number of dimensions; the batch broadcasts against what has none."""
    arrays = call.arrays()
    ndim = max(len(array.shape) for array in arrays)
    if "memory_format" in call.arguments:
        kept = call["memory_format"]
        contiguous = kept is not None and str(kept).endswith("contiguous_format")
        return call.below(memory_format=kept if contiguous else None)
    return call.below(
        **{name: aligned(value, ndim) for name, value in call.arguments.items() if value.__class__ is Batched}
    )


_ALONG = """
_linear_recurrence _log_softmax_backward_data _max _median _min _nanmedian _softmax_backward_data _std _var all amax
amin any argmax argmin cummax cummin cumprod cumsum flip kthvalue linalg_vector_norm log_softmax logcumsumexp logsumexp
mean mode nansum prod softmax sort sum topk
"""


@rule(*_ALONG.split())
def along(call: Call) -> Any:
    """Operators along dimensions: those of an example are one further."""
    arrays = [name for name, value in call.arguments.items() if value.__class__ is Batched]
    tensors = {name: expanded(call[name], call.size) for name in arrays}
    ndim = len(call[arrays[0]].shape)
    if not ndim:
        tensors = {name: tensor.unsqueeze(1) for name, tensor in tensors.items()}
    changed: dict[str, Any] = {}
    keepdim = call.arguments.get("keepdim", False)
    flat = False
    for p in call.op.parameters:
        if p.name not in ("dim", "dims"):
            continue
        value = call[p.name]
        if value is None or (p.name == "dim" and p.kind == "dims" and value == () and call.op.name not in ("all",)):
            if p.kind == "dims":
                changed[p.name] = tuple(range(1, max(ndim, 1) + 1))
            else:  # argmax of all elements
                flat = ndim > 1
                changed[p.name] = 1
        elif isinstance(value, int):
            changed[p.name] = value + 1
        else:
            changed[p.name] = tuple(item + 1 for item in value)
    if flat:
        tensors = {name: flattened(tensor) for name, tensor in tensors.items()}
    result = call.below(**tensors, **changed)
    if not ndim:
        return _reshaped(result, (call.size,))
    if flat and keepdim:
        return _reshaped(result, (call.size, *([1] * ndim)))
    return result


def _reshaped(result: Any, shape: tuple[int, ...]) -> Any:
    if isinstance(result, tuple):
        return tuple(_reshaped(item, shape) for item in result)
    return result.reshape(shape)


@rule("_max_all", "_min_all", "_median_all", "_nanmedian_all")
def of_all(call: Call) -> Any:
    """Reductions of all elements: along the flattened example."""
    if 0 in call["input"].shape:
        return NotImplemented
    flat = flattened(call["input"].tensor)
    name = call.op.name
    if name in ("_max_all", "_min_all"):
        return operator_named("amax" if name == "_max_all" else "amin").entry(flat, (1,))
    return operator_named(name.removesuffix("_all")).entry(flat, 1, False)[0]


@rule("cat")
def cat(call: Call) -> Any:
    """Every part with the batch."""
    parts = call["tensors"]
    ndim = max(len(item.shape) for item in parts)
    if any(len(item.shape) != ndim for item in parts):
        return NotImplemented
    return call.below(tensors=[expanded(item, call.size) for item in parts], dim=call["dim"] + 1)


@rule("stack")
def stack(call: Call) -> Any:
    """Every part with the batch."""
    return call.below(tensors=[expanded(item, call.size) for item in call["tensors"]], dim=call["dim"] + 1)


_MATRICES = """
cholesky_parts linalg_det linalg_eig linalg_eigh linalg_inv linalg_matrix_exp linalg_slogdet linalg_svd
lu_parts tril triu
"""


@rule(*_MATRICES.split())
def of_matrices(call: Call) -> Any:
    """Operators on the last two axes: the batch is one more before them."""
    return call.below()


@rule("linalg_qr")
def qr(call: Call) -> Any:
    """The batch is one more leading axis; Q is empty in mode ``r``, whatever the batch."""
    found = call.below()
    if call["mode"] == "r":
        return found[0].new_zeros((call.size, 0)), found[1]
    return found


@rule("solved_matrix", "triangular_solution")
def of_two_matrices(call: Call) -> Any:
    """Two stacks of matrices, whose leading axes broadcast."""
    a, b = call["A"], call["B"]
    if len(b.shape) < 2:
        return NotImplemented
    ndim = max(len(a.shape), len(b.shape))
    return call.below(A=aligned(a, ndim), B=aligned(b, ndim))


# --- random ----------------------------------------------------------------------------------------------------------


@rule("random_uniform", "random_normal", "random_integers")
def random_fill(call: Call) -> Any:
    """Draw for all examples at once, or once for all."""
    if _check_randomness(call.key, call.op.name) == "same":
        return _constant(call.below())
    return call.below(size=(call.size, *call["size"]))


@rule("random_permutation")
def random_permutation(call: Call) -> Any:
    """A permutation for each example, or one for all."""
    if _check_randomness(call.key, "randperm") == "same":
        return _constant(call.below())
    return operator_named("stack").entry([call.below() for _ in range(call.size)], 0)


@rule("dropout_mask")
def dropout_mask(call: Call) -> Any:
    """A mask for each example, or one for all."""
    if _check_randomness(call.key, "dropout") == "same":
        return _constant(call.below())
    return call.below(shape=(call.size, *call["shape"]))


@rule("bernoulli", "poisson")
def random_of(call: Call) -> Any:
    """Draws whose parameters are the elements of the input."""
    if _check_randomness(call.key, call.op.name) == "same":
        if call["input"].is_batched:
            raise RuntimeError(
                f"vmap: {call.op.name}() of a mapped tensor cannot draw the same numbers for every example. Use "
                "randomness='different'."
            )
        return _constant(call.below())
    return call.below(input=expanded(call["input"], call.size).contiguous())


@rule("multinomial")
def multinomial(call: Call) -> Any:
    """Draws by rows: the batch is folded into them."""
    if _check_randomness(call.key, "multinomial") == "same":
        if call["input"].is_batched:
            raise RuntimeError("vmap: multinomial() of a mapped tensor needs randomness='different'")
        return _constant(call.below())
    tensor = expanded(call["input"], call.size)
    shape = tensor._array.shape
    found = call.below(input=tensor.reshape(-1, shape[-1]))
    return found.reshape(*shape[:-1], call["num_samples"])
