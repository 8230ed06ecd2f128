"""Max pooling of images ``(N, H, W)``.

Indices are unsigned, so that none is taken for one from the end: numba would check each.
"""

from __future__ import annotations

import numpy as np

from .jit import inlined, loop

__all__ = ["max_pool", "max_pool_by_two", "max_pool_gradient"]


@inlined
def _winner(source, start, top, left, height, width, kernel, dilation):
    """The best value of one window, and its number."""
    kh, kw = kernel
    dh, dw = dilation
    first, begin = max(0, (dh - 1 - top) // dh), max(0, (dw - 1 - left) // dw)
    # Where nothing exceeds the border's -inf, the first place inside is the winner.
    best, number = source.dtype.type(-np.inf), first * kw + begin
    y = top + first * dh
    for ky in range(first, kh):
        if y >= height:
            break
        x = left + begin * dw
        for kx in range(begin, kw):
            if x >= width:
                break
            v = source[np.uint64(start + y * width + x)]
            if v > best or v != v:
                best, number = v, ky * kw + kx
            x += dw
        y += dh
    return best, number


@inlined
def _better(v, number, best, code):
    wins = (v > best) | (v != v)
    return (v if wins else best), (number if wins else code)


@loop
def max_pool(start, stop, x, values, codes, kernel, strides, padding, dilation):
    """Maxima and the numbers of the winners: the first of equal ones, the last NaN. `x` … are ``(N, H, W)``."""
    height, width = x.shape[1], x.shape[2]
    rows, columns = values.shape[1], values.shape[2]
    sh, sw = strides
    ph, pw = padding
    source, best, code = x.reshape(x.size), values.reshape(values.size), codes.reshape(codes.size)
    by_three = kernel == (3, 3) and dilation == (1, 1)
    # The windows from `inner` on and before `outer` lie inside a row of `x`.
    inner, outer = (pw + sw - 1) // sw, min((width - 3 + pw) // sw + 1, columns)
    for image in range(start, stop):
        first = image * height * width
        for row in range(rows):
            out = (image * rows + row) * columns
            top = row * sh - ph
            begin = end = columns
            if by_three and top >= 0 and top + 3 <= height and inner < outer:
                begin, end = inner, outer
            for column in range(begin):
                v, c = _winner(source, first, top, column * sw - pw, height, width, kernel, dilation)
                best[np.uint64(out + column)], code[np.uint64(out + column)] = v, c
            upper = first + top * width - pw
            middle, lower = upper + width, upper + 2 * width
            for i in range(begin, end):
                v, c = source[np.uint64(upper + sw * i)], np.uint8(0)
                v, c = _better(source[np.uint64(upper + sw * i + 1)], np.uint8(1), v, c)
                v, c = _better(source[np.uint64(upper + sw * i + 2)], np.uint8(2), v, c)
                v, c = _better(source[np.uint64(middle + sw * i)], np.uint8(3), v, c)
                v, c = _better(source[np.uint64(middle + sw * i + 1)], np.uint8(4), v, c)
                v, c = _better(source[np.uint64(middle + sw * i + 2)], np.uint8(5), v, c)
                v, c = _better(source[np.uint64(lower + sw * i)], np.uint8(6), v, c)
                v, c = _better(source[np.uint64(lower + sw * i + 1)], np.uint8(7), v, c)
                v, c = _better(source[np.uint64(lower + sw * i + 2)], np.uint8(8), v, c)
                best[np.uint64(out + i)], code[np.uint64(out + i)] = v, c
            for column in range(end, columns):
                v, c = _winner(source, first, top, column * sw - pw, height, width, kernel, dilation)
                best[np.uint64(out + column)], code[np.uint64(out + column)] = v, c


@loop
def max_pool_by_two(start, stop, x, values, codes):
    """`max_pool` of windows 2 × 2 side by side."""
    height, width = x.shape[1], x.shape[2]
    rows, columns = values.shape[1], values.shape[2]
    source, best, code = x.reshape(x.size), values.reshape(values.size), codes.reshape(codes.size)
    for image in range(start, stop):
        for row in range(rows):
            out = (image * rows + row) * columns
            above = (image * height + 2 * row) * width
            below = above + width
            for i in range(columns):
                b, c = source[np.uint64(above + 2 * i)], np.uint8(0)
                v = source[np.uint64(above + 2 * i + 1)]
                wins = (v > b) | (v != v)
                b, c = (v if wins else b), (np.uint8(1) if wins else c)
                v = source[np.uint64(below + 2 * i)]
                wins = (v > b) | (v != v)
                b, c = (v if wins else b), (np.uint8(2) if wins else c)
                v = source[np.uint64(below + 2 * i + 1)]
                wins = (v > b) | (v != v)
                best[np.uint64(out + i)] = v if wins else b
                code[np.uint64(out + i)] = np.uint8(3) if wins else c


@loop
def max_pool_gradient(start, stop, grad, codes, result, kernel, strides, padding, dilation):
    """`grad` added up at the winners' places."""
    height, width = result.shape[1], result.shape[2]
    kh, kw = kernel
    down, right = np.empty(kh * kw, np.int64), np.empty(kh * kw, np.int64)
    for number in range(kh * kw):
        down[number], right[number] = number // kw * dilation[0], number % kw * dilation[1]
    for image in range(start, stop):
        result[image] = 0
        for row in range(grad.shape[1]):
            top = row * strides[0] - padding[0]
            for column in range(grad.shape[2]):
                number = codes[image, row, column]
                y, x = top + down[number], column * strides[1] - padding[1] + right[number]
                if 0 <= y < height and 0 <= x < width:
                    result[image, y, x] += grad[image, row, column]
