"""Cases of fractional max pooling, compared with loops over windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...]

# Exact in every dtype, and none of them at an edge where rounding would move a window.
_PLANE = [0.25, 0.625]
_SPACE = [0.25, 0.625, 0.375]


def _starts(sample: float, size: int, count: int, width: int) -> list[int]:
    if count == 1:
        return [size - width]
    alpha = (size - width) / (count - 1)
    return [int((i + sample) * alpha) - int(sample * alpha) for i in range(count - 1)] + [size - width]


def _places(planes: Array, samples: Array, kernel: Sizes, output: Sizes) -> Array:
    places = np.empty((len(planes), *output), np.int64)
    for number, image in enumerate(planes):
        own = samples[number][::-1] if image.ndim == 2 else samples[number]
        first = [_starts(*row) for row in zip(own, image.shape, output, kernel, strict=True)]
        for where in np.ndindex(*output):
            corner = [first[axis][n] for axis, n in enumerate(where)]
            window = image[tuple(slice(c, c + k) for c, k in zip(corner, kernel, strict=True))]
            inside = np.unravel_index(int(window.argmax()), window.shape)
            places[(number, *where)] = np.ravel_multi_index(
                [int(c + i) for c, i in zip(corner, inside, strict=True)], image.shape
            )
    return places


def _both(
    x: Array,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = True,
    _random_samples: Any = None,
) -> tuple[Array, Array]:
    axes = _random_samples.shape[-1]
    sizes = x.shape[-axes:]
    kernel = (kernel_size,) * axes if isinstance(kernel_size, int) else kernel_size
    if output_size is None:
        output_size = tuple(int(size * output_ratio) for size in sizes)
    output = (output_size,) * axes if isinstance(output_size, int) else output_size
    planes = x.reshape(-1, *sizes)
    places = _places(planes, _random_samples.reshape(-1, axes), kernel, output)
    values = np.take_along_axis(planes.reshape(len(planes), -1), places.reshape(len(planes), -1), 1)
    lead = x.shape[:-axes]
    return values.reshape(*lead, *output), places.reshape(*lead, *output)


def _one(*args: Any, **kwargs: Any) -> Any:
    both = _both(*args, **kwargs)
    return both if kwargs.get("return_indices") else both[0]


CASES = [
    Case(
        "fractional_max_places",
        A(2, 6, 7, distinct=True),
        Values([_PLANE, _PLANE[::-1]]),
        (2, 3),
        (3, 4),
        reference=_places,
        dtypes=WIDE_FLOATING,
        gradient=False,
        why="places are whole numbers",
    ),
    *(
        Case(
            name,
            A(1, 2, 7, 8, distinct=True),
            2,
            3,
            **more,
            _random_samples=Values([[_PLANE, _PLANE[::-1]]]),
            reference=reference,
            dtypes=WIDE_FLOATING,
            gradient=False,
            why="the samples, of the input's dtype, are no argument to differentiate by",
        )
        for name, reference, more in (
            ("fractional_max_pool2d", _one, {}),
            ("fractional_max_pool2d", _one, {"return_indices": True}),
            ("fractional_max_pool2d_with_indices", _both, {}),
        )
    ),
    *(
        Case(
            name,
            A(2, 5, 6, 7, distinct=True),
            (1, 2, 2),
            None,
            0.5,
            **more,
            _random_samples=Values([[_SPACE, _SPACE[::-1]]]),
            reference=reference,
            dtypes=WIDE_FLOATING,
            gradient=False,
            why="the samples, of the input's dtype, are no argument to differentiate by",
        )
        for name, reference, more in (
            ("fractional_max_pool3d", _one, {}),
            ("fractional_max_pool3d_with_indices", _both, {}),
        )
    ),
]

ERRORS = [
    ErrorCase(name, A(1, *(4,) * axes), 2, raises=ValueError, match="either an output_size or an output_ratio")
    for axes, name in (
        (2, "fractional_max_pool2d"),
        (2, "fractional_max_pool2d_with_indices"),
        (3, "fractional_max_pool3d"),
        (3, "fractional_max_pool3d_with_indices"),
    )
]
