"""Cases of short-time Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]


def _stft(
    x: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool = True,
) -> Array:
    hop, size = hop_length or n_fft // 4, win_length or n_fft
    taper = np.zeros(n_fft)
    left = (n_fft - size) // 2
    taper[left : left + size] = 1 if window is None else window
    if center:
        x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(n_fft // 2, n_fft // 2)], mode=pad_mode)  # type: ignore[call-overload]
    transform = np.fft.fft if x.dtype.kind == "c" or onesided is False else np.fft.rfft
    starts = range(0, x.shape[-1] - n_fft + 1, hop)
    found = [transform(x[..., s : s + n_fft] * taper, norm="ortho" if normalized else None) for s in starts]
    spectra = np.stack(found, -1)
    return spectra if return_complex else np.stack([spectra.real, spectra.imag], -1)


def _istft(s: Array, n_fft: int, hop_length: int, *, window: Array | None = None, length: int | None = None) -> Array:
    taper = np.ones(n_fft) if window is None else window
    count = s.shape[-1]
    total = n_fft + hop_length * (count - 1)
    signal, weight = np.zeros((*s.shape[:-2], total)), np.zeros(total)
    for t in range(count):
        piece = slice(t * hop_length, t * hop_length + n_fft)
        signal[..., piece] += np.fft.irfft(s[..., t], n_fft) * taper
        weight[piece] += taper**2
    with np.errstate(all="ignore"):
        signal = signal / weight
    end = total - n_fft // 2 if length is None else n_fft // 2 + length
    kept = signal[..., n_fft // 2 : min(end, total)]
    return np.pad(kept, [(0, 0)] * (kept.ndim - 1) + [(0, max(0, end - total))])


WINDOW = A(8, low=0.5, high=1.5)
CASES = [
    Case("stft", A(2, 20), 8, window=WINDOW, return_complex=True, reference=_stft, dtypes=WIDE_FLOATING),
    Case("stft", A(20), 8, 3, 6, A(6, low=0.5), return_complex=True, reference=_stft, dtypes=WIDE_FLOATING),
    Case("stft", A(20), 8, center=False, normalized=True, return_complex=True, reference=_stft, dtypes=WIDE_FLOATING),
    Case(
        "stft",
        A(2, 20),
        8,
        pad_mode="constant",
        onesided=False,
        return_complex=True,
        reference=_stft,
        dtypes=WIDE_FLOATING,
    ),
    Case("stft", A(20), 8, return_complex=False, reference=_stft, dtypes=WIDE_FLOATING),
    Case("stft", A(20), 7, 2, reference=_stft, dtypes=COMPLEX),
    Case(
        "istft",
        A(2, 5, 6),
        8,
        2,
        window=A(8, low=0.5, high=1.5, dtype="float64"),
        reference=_istft,
        dtypes=("complex128",),
    ),
    Case("istft", A(5, 6), 8, 4, reference=_istft, dtypes=COMPLEX),
    Case("istft", A(5, 6), 8, 4, length=30, reference=_istft, dtypes=COMPLEX),
    Case("istft", A(5, 6), 8, 4, length=15, reference=_istft, dtypes=COMPLEX),
]

ERRORS = [
    ErrorCase("stft", A(20), 8, raises=RuntimeError, match="requires the return_complex parameter"),
    ErrorCase("stft", A(20), 0, return_complex=True, raises=RuntimeError, match="expected 0 < n_fft"),
    ErrorCase("stft", A(20), 8, 0, return_complex=True, raises=RuntimeError, match="expected hop_length > 0"),
    ErrorCase(
        "stft", A(20), 8, 2, 9, return_complex=True, raises=RuntimeError, match="expected 0 < win_length <= n_fft"
    ),
    ErrorCase("stft", A(1, 2, 20), 8, return_complex=True, raises=RuntimeError, match="expected a 1D or 2D tensor"),
    ErrorCase("stft", A(20), 8, window=A(3), return_complex=True, raises=RuntimeError, match="expected a 1D window"),
    ErrorCase("istft", A(5, 6), 8, raises=RuntimeError, match="requires a complex-valued input"),
    ErrorCase("istft", A(4, 6), 8, dtype="complex64", raises=RuntimeError, match="expected the frequency dimension"),
    ErrorCase("istft", A(5, 6), 8, 9, dtype="complex64", raises=RuntimeError, match="0 < hop_length <= win_length"),
]
