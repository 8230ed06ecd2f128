"""Cases of the normalisations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]
Optional = Array | None


def _affine(x: Array, weight: Optional, bias: Optional, shape: Sequence[int] | None = None) -> Array:
    for value, combine in ((weight, np.multiply), (bias, np.add)):
        if value is not None:
            x = combine(x, value if shape is None else value.reshape(tuple(shape)))
    return x


def _standard(x: Array, axes: Any, eps: float) -> tuple[Array, Array, Array]:
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(var + eps), mean, var


def layer_norm(x: Array, shape: Any, weight: Optional = None, bias: Optional = None, eps: float = 1e-5) -> Array:
    return _affine(_standard(x, tuple(range(x.ndim - len(shape), x.ndim)), eps)[0], weight, bias)


def _layer_norm(x: Array, weight: Optional, bias: Optional, axes: int, eps: float) -> tuple[Array, Array, Array]:
    normal, mean, var = _standard(x, tuple(range(x.ndim - axes, x.ndim)), eps)
    return _affine(normal, weight, bias), mean, 1 / np.sqrt(var + eps)


def rms_norm(x: Array, shape: Any, weight: Optional = None, eps: float | None = None) -> Array:
    return _rms_norm(x, weight, len(shape), 2.0**-52 if eps is None else eps)


def _rms_norm(x: Array, weight: Optional, axes: int, eps: float) -> Array:
    scale = np.sqrt((x**2).mean(axis=tuple(range(x.ndim - axes, x.ndim)), keepdims=True) + eps)
    return _affine(x / scale, weight, None)


def _per_channel(x: Array) -> tuple[int, ...]:
    return (1, -1) + (1,) * (x.ndim - 2)


def _others(x: Array) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))


def batch_norm(
    x: Array,
    running_mean: Optional,
    running_var: Optional,
    weight: Optional = None,
    bias: Optional = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    if training:
        normal = _standard(x, _others(x), eps)[0]
    else:
        shape = _per_channel(x)
        normal = (x - running_mean.reshape(shape)) / np.sqrt(running_var.reshape(shape) + eps)
    return _affine(normal, weight, bias, _per_channel(x))


def _batch_norm_train(x: Array, weight: Optional, bias: Optional, eps: float) -> tuple[Array, Array, Array]:
    normal, mean, var = _standard(x, _others(x), eps)
    return _affine(normal, weight, bias, _per_channel(x)), mean.reshape(-1), var.reshape(-1)


def _batch_norm_eval(x: Array, mean: Array, var: Array, weight: Optional, bias: Optional, eps: float) -> Array:
    return batch_norm(x, mean, var, weight, bias, False, 0.1, eps)


def group_norm(x: Array, groups: int, weight: Optional = None, bias: Optional = None, eps: float = 1e-5) -> Array:
    return _group_norm(x, weight, bias, groups, eps)[0]


def _group_norm(x: Array, weight: Optional, bias: Optional, groups: int, eps: float) -> tuple[Array, Array, Array]:
    normal, mean, var = _standard(x.reshape(x.shape[0], groups, -1), -1, eps)
    return _affine(normal.reshape(x.shape), weight, bias, _per_channel(x)), mean[..., 0], var[..., 0]


def instance_norm(
    x: Array,
    running_mean: Optional = None,
    running_var: Optional = None,
    weight: Optional = None,
    bias: Optional = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    return _affine(_standard(x, tuple(range(2, x.ndim)), eps)[0], weight, bias, _per_channel(x))


def local_response_norm(x: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Array:
    result = np.empty_like(x)
    for channel in range(x.shape[1]):
        window = x[:, max(0, channel - size // 2) : channel + (size - 1) // 2 + 1]
        result[:, channel] = x[:, channel] / (k + alpha * (window**2).sum(axis=1) / size) ** beta
    return result


def _backward(
    grad: Array, normal: Array, scale: Array, weight: Any, axes: Any, affine_axes: Any, affine: bool
) -> tuple[Array, Array, Array]:
    slope = grad if weight is None else grad * weight
    level = slope.mean(axis=axes, keepdims=True)
    along = (slope * normal).mean(axis=axes, keepdims=True)
    found = (slope - level - normal * along) * scale
    if not affine:
        return found, np.zeros(0), np.zeros(0)
    return found, (grad * normal).sum(axis=affine_axes).reshape(-1), grad.sum(axis=affine_axes).reshape(-1)


def _layer_norm_backward(
    grad: Array, x: Array, mean: Array, rstd: Array, weight: Optional, axes: int, eps: float, affine: bool
) -> tuple[Array, Array, Array]:
    last = tuple(range(x.ndim - axes, x.ndim))
    normal, _, var = _standard(x, last, eps)
    return _backward(grad, normal, 1 / np.sqrt(var + eps), weight, last, tuple(range(x.ndim - axes)), affine)


def _batch_norm_backward(
    grad: Array, x: Array, mean: Array, var: Array, weight: Optional, eps: float, affine: bool
) -> tuple[Array, Array, Array]:
    normal, _, spread = _standard(x, _others(x), eps)
    shaped = None if weight is None else weight.reshape(_per_channel(x))
    return _backward(grad, normal, 1 / np.sqrt(spread + eps), shaped, _others(x), _others(x), affine)


def _group_norm_backward(
    grad: Array, x: Array, mean: Array, var: Array, weight: Optional, groups: int, eps: float, affine: bool
) -> tuple[Array, Array, Array]:
    shape = (x.shape[0], groups, x.shape[1] // groups, -1)
    normal, _, spread = _standard(x.reshape(shape), (2, 3), eps)
    shaped = None if weight is None else weight.reshape(1, groups, -1, 1)
    found = _backward(grad.reshape(shape), normal, 1 / np.sqrt(spread + eps), shaped, (2, 3), (0, 3), affine)
    return found[0].reshape(x.shape), found[1], found[2]


#: An input whose statistics are known: the kernels of backward operators trust the mean and variance they are given,
#: the bodies compute them.
SMALL = np.array([[1.0, 2.0, 4.0], [0.0, -1.0, 2.5], [3.0, 0.5, -2.0], [1.5, 1.0, 0.25]])
GIVEN = Values(SMALL.tolist(), gradient=False)


def _column(values: Array) -> Values:
    return Values(values.tolist(), gradient=False)


CASES = [
    Case("layer_norm", A(3, 4), (4,), reference=layer_norm),
    Case("layer_norm", A(3, 4), [4], A(4), A(4), reference=layer_norm),
    Case("layer_norm", A(2, 3, 4), (3, 4), A(3, 4), None, 0.1, reference=layer_norm),
    Case("layer_norm", A(2, 3, 4), (4,), bias=A(4), reference=layer_norm),
    Case("layer_norm", A(4), (4,), A(4), A(4), reference=layer_norm),
    Case("layer_norm", A(0, 3), (3,), A(3), A(3), reference=lambda x, *rest: x),
    Case("layer_norm", A(300, 500), (500,), A(500), A(500), reference=layer_norm, gradient=False),
    Case("_layer_norm", A(2, 3, 4), A(4), A(4), 1, 0.1, reference=_layer_norm),
    Case("rms_norm", A(3, 4), (4,), reference=rms_norm, dtypes=("float64",)),
    Case("rms_norm", A(3, 4), (4,), A(4), 0.1, reference=rms_norm),
    Case("rms_norm", A(2, 3, 4), (3, 4), A(3, 4), eps=0.1, reference=rms_norm),
    Case("_rms_norm", A(2, 3, 4), A(4), 1, 0.1, reference=_rms_norm),
    Case("batch_norm", A(4, 3), None, None, training=True, reference=batch_norm),
    Case("batch_norm", A(4, 3, 5), None, None, A(3), A(3), True, reference=batch_norm),
    Case("batch_norm", A(2, 3, 4, 5), None, None, A(3), None, True, 0.1, 0.1, reference=batch_norm),
    Case("batch_norm", A(4, 3), A(3, gradient=False), A(3, low=0.5, gradient=False), reference=batch_norm),
    Case(
        "batch_norm", A(2, 3, 4), A(3, gradient=False), A(3, low=0.5, gradient=False), A(3), A(3), reference=batch_norm
    ),
    Case("batch_norm", A(0, 3), A(3, gradient=False), A(3, low=0.5, gradient=False), reference=batch_norm),
    Case(
        "batch_norm",
        A(4, 3),
        A(3, gradient=False),
        A(3, low=0.5, gradient=False),
        A(3),
        A(3),
        True,
        0.3,
        writes=(1, 2),
        reference=batch_norm,
    ),
    Case(
        "instance_norm",
        A(4, 3, 5),
        A(3, gradient=False),
        A(3, low=0.5, gradient=False),
        writes=(1, 2),
        reference=instance_norm,
    ),
    Case("batch_norm", A(8, 3, 50, 60), None, None, A(3), A(3), True, reference=batch_norm, gradient=False),
    Case("_batch_norm_train", A(4, 3, 2), A(3), A(3), 0.1, reference=_batch_norm_train),
    Case("_batch_norm_eval", A(4, 3, 2), A(3), A(3, low=0.5), A(3), A(3), 0.1, reference=_batch_norm_eval),
    Case("group_norm", A(2, 4), 2, reference=group_norm),
    Case("group_norm", A(2, 6, 3), 3, A(6), A(6), reference=group_norm),
    Case("group_norm", A(2, 4, 3, 2), 1, A(4), None, 0.1, reference=group_norm),
    Case("group_norm", A(0, 4, 2), 2, reference=lambda x, groups: x),
    Case("group_norm", A(6, 8, 40, 50), 4, A(8), A(8), reference=group_norm, gradient=False),
    Case("_group_norm", A(2, 6, 3), A(6), A(6), 2, 0.1, reference=_group_norm),
    Case("instance_norm", A(2, 3, 4), reference=instance_norm),
    Case("instance_norm", A(2, 3, 4, 2), weight=A(3), bias=A(3), eps=0.1, reference=instance_norm),
    Case(
        "instance_norm",
        A(2, 3, 4),
        A(3, gradient=False),
        A(3, low=0.5, gradient=False),
        A(3),
        A(3),
        False,
        reference=instance_norm,
    ),
    Case("local_response_norm", A(2, 5, 3), 3, reference=local_response_norm),
    Case("local_response_norm", A(2, 5, 3, 2), 2, 0.5, 0.6, 2.0, reference=local_response_norm),
    Case("local_response_norm", A(0, 3, 1), 2, reference=local_response_norm),
]


CASES += [
    Case(
        "_layer_norm_backward",
        A(4, 3),
        GIVEN,
        _column(SMALL.mean(1, keepdims=True)),
        _column(1 / np.sqrt(SMALL.var(1, keepdims=True) + 0.1)),
        weight,
        1,
        0.1,
        affine,
        reference=_layer_norm_backward,
    )
    for weight, affine in ((A(3), True), (A(3), False), (None, False))
]
CASES += [
    Case(
        "_batch_norm_backward",
        A(4, 3),
        GIVEN,
        _column(SMALL.mean(0)),
        _column(SMALL.var(0)),
        weight,
        0.1,
        affine,
        reference=_batch_norm_backward,
    )
    for weight, affine in ((A(3), True), (A(3), False), (None, True))
]
CASES += [
    Case(
        "_group_norm_backward",
        A(1, 4, 3),
        Values([SMALL.tolist()], gradient=False),
        _column(SMALL.reshape(1, 2, 6).mean(2)),
        _column(SMALL.reshape(1, 2, 6).var(2)),
        weight,
        2,
        0.1,
        affine,
        reference=_group_norm_backward,
    )
    for weight, affine in ((A(4), True), (A(4), False), (None, False))
]

ERRORS = [
    ErrorCase("layer_norm", A(2, 3), (4,), raises=RuntimeError, match=r"Given normalized_shape=\[4\], expected input"),
    ErrorCase("layer_norm", A(2, 3), (), raises=RuntimeError, match="to be at least 1-dimensional"),
    ErrorCase("layer_norm", A(2, 3), (2, 3), A(3), raises=RuntimeError, match="Expected weight to be of same shape"),
    ErrorCase("layer_norm", A(2, 3), (3,), None, A(2), raises=RuntimeError, match="Expected bias to be of same shape"),
    ErrorCase("layer_norm", A(2, 3), (3,), dtype="int64", raises=NotImplementedError, match="'Long'"),
    ErrorCase("rms_norm", A(2, 3), (4,), raises=RuntimeError, match=r"Given normalized_shape=\[4\]"),
    ErrorCase("rms_norm", A(2, 3), (3,), A(4), raises=RuntimeError, match="Expected weight to be of same shape"),
    ErrorCase("group_norm", A(2, 3), 2, raises=RuntimeError, match="divisible by num_groups"),
    ErrorCase("group_norm", A(1, 4), 4, raises=ValueError, match="Expected more than 1 value per channel"),
    ErrorCase("group_norm", A(4), 2, raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("group_norm", A(2, 4, 2), 2, A(3), raises=RuntimeError, match="Expected weight to be a vector"),
    ErrorCase("batch_norm", A(2, 3), None, None, raises=RuntimeError, match="running_mean must be defined"),
    ErrorCase(
        "batch_norm", A(1, 3), None, None, training=True, raises=ValueError, match="more than 1 value per channel"
    ),
    ErrorCase("batch_norm", A(2, 3), A(2), A(2), raises=RuntimeError, match="running_mean should contain 3 elements"),
    ErrorCase("batch_norm", A(2, 3), A(3), A(3), A(2), raises=RuntimeError, match="weight should contain 3 elements"),
    ErrorCase("instance_norm", A(2, 3, 1), raises=ValueError, match="more than 1 spatial element"),
    ErrorCase("instance_norm", A(2, 3, 4), use_input_stats=False, raises=RuntimeError, match="to be defined when"),
    ErrorCase("local_response_norm", A(2, 3), 2, raises=ValueError, match="3D or higher"),
]
