"""Cases of Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]

BOTH = WIDE_FLOATING + COMPLEX
FACTORS = {None: 0.0, "backward": 0.0, "ortho": 0.5, "forward": 1.0}


def _matrix(n: int, sign: float, exponent: float) -> Array:
    places = np.arange(n)
    return np.exp(sign * 2j * np.pi * np.outer(places, places) / n) / n**exponent


def _direct(forward: bool) -> Callable[..., Array]:
    """The transform as the matrix product it is, cut or filled up first."""

    def run(x: Array, n: int | None = None, dim: int = -1, norm: str | None = None) -> Array:
        n = x.shape[dim] if n is None else n
        rows = np.zeros((*np.moveaxis(x, dim, -1).shape[:-1], n), complex)
        kept = min(n, x.shape[dim])
        rows[..., :kept] = np.moveaxis(x, dim, -1)[..., :kept]
        exponent = FACTORS[norm] if forward else 1 - FACTORS[norm]
        return np.moveaxis(rows @ _matrix(n, -1 if forward else 1, exponent), -1, dim)

    return run


def _numpy(name: str, dims: Any = None) -> Callable[..., Array]:
    def run(x: Array, s: Any = None, dim: Any = dims, norm: str | None = None) -> Array:
        if s is not None and dim is None:
            dim = tuple(range(x.ndim - len(s), x.ndim))
        if name == "hfftn":
            other = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}[norm]
            return np.fft.irfftn(x.conj(), s, dim, other)
        if name == "ihfftn":
            other = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}[norm]
            return np.fft.rfftn(x, s, dim, other).conj()
        return getattr(np.fft, name)(x, s, dim, norm)

    return run


CASES = [
    Case(
        "_fft_c2c", A(3, 4), (0, 1), "ortho", True, reference=lambda x, *_: np.fft.fftn(x, norm="ortho"), dtypes=COMPLEX
    ),
    Case(
        "_fft_r2c",
        A(3, 4),
        0,
        "forward",
        reference=lambda x, *_: np.fft.rfft(x, axis=0, norm="forward"),
        dtypes=WIDE_FLOATING,
    ),
    Case("_fft_c2r", A(3, 4), 1, "backward", 7, reference=lambda x, *_: np.fft.irfft(x, 7), dtypes=COMPLEX),
]
for name, reference in (("fft_fft", _direct(True)), ("fft_ifft", _direct(False))):
    CASES += [
        Case(name, A(7), reference=reference, dtypes=BOTH),
        Case(name, A(3, 4), 6, 0, reference=reference, dtypes=BOTH),
        Case(name, A(3, 4), n=2, norm="ortho", reference=reference, dtypes=BOTH),
        Case(name, A(3, 4), norm="forward", dim=-2, reference=reference, dtypes=COMPLEX),
        Case(name, A(1), reference=reference, dtypes=COMPLEX),
        Case(name, A(0, 4), reference=lambda x: np.empty((0, 4), complex), dtypes=COMPLEX),
        Case(name, A(5, low=-9, high=9), reference=reference, dtypes=("int64", "int32", "bool")),
    ]
for name, reference, dtypes in (
    ("rfft", np.fft.rfft, WIDE_FLOATING),
    ("irfft", np.fft.irfft, COMPLEX),
    ("hfft", np.fft.hfft, COMPLEX),
    ("ihfft", np.fft.ihfft, WIDE_FLOATING),
):
    for options in ((), (8,), (3,), (5, 0), (None, 0, "ortho"), (6, 1, "forward"), (None, -1, "backward")):
        CASES.append(
            Case(f"fft_{name}", A(3, 4), *options, reference=lambda x, *o, f=reference: f(x, *o), dtypes=dtypes)
        )
CASES += [
    Case("fft_irfft", A(3, 4), reference=np.fft.irfft, dtypes=WIDE_FLOATING),
    Case("fft_hfft", A(3, 4), reference=np.fft.hfft, dtypes=WIDE_FLOATING),
]
for name, dtypes in (
    ("fftn", BOTH),
    ("ifftn", COMPLEX),
    ("rfftn", WIDE_FLOATING),
    ("irfftn", COMPLEX),
    ("hfftn", COMPLEX),
    ("ihfftn", WIDE_FLOATING),
):
    CASES += [
        Case(f"fft_{name}", A(2, 3, 4), reference=_numpy(name), dtypes=dtypes),
        Case(f"fft_{name}", A(2, 3, 4), (4, 5), reference=_numpy(name), dtypes=dtypes),
        Case(f"fft_{name}", A(2, 3, 4), None, (2, 0), "ortho", reference=_numpy(name), dtypes=dtypes),
        Case(f"fft_{name}", A(2, 3, 4), (3, 2), (0, 1), norm="forward", reference=_numpy(name), dtypes=dtypes),
        Case(f"fft_{name[:-1]}2", A(2, 3, 4), reference=_numpy(name, (-2, -1)), dtypes=dtypes),
        Case(f"fft_{name[:-1]}2", A(3, 4), (2, 6), norm="ortho", reference=_numpy(name, (-2, -1)), dtypes=dtypes),
    ]

ERRORS = [
    ErrorCase("fft_fft", A(3), 0, raises=RuntimeError, match=r"Invalid number of data points \(0\) specified"),
    ErrorCase("fft_fft", A(3), norm="x", raises=RuntimeError, match='Invalid normalization mode: "x"'),
    ErrorCase("fft_fft", A(), raises=IndexError, match="tensor has no dimensions"),
    ErrorCase("fft_fft", A(3), dim=1, raises=IndexError, match="Dimension out of range"),
    ErrorCase("fft_fft", A(3), dtype="float16", raises=RuntimeError, match="Unsupported dtype Half"),
    ErrorCase("fft_rfft", A(3), dtype="complex64", raises=RuntimeError, match="expects a real input tensor"),
    ErrorCase("fft_ihfft", A(3), dtype="complex64", raises=RuntimeError, match="expects a real input tensor"),
    ErrorCase("fft_irfft", A(1), raises=RuntimeError, match="Invalid number of data points"),
    ErrorCase("fft_fftn", A(3, 4), (2, 2, 2), raises=RuntimeError, match="input tensor only has 2 dimensions"),
    ErrorCase("fft_fftn", A(3, 4), None, (0, 0), raises=RuntimeError, match="FFT dims must be unique"),
    ErrorCase("fft_fftn", A(3, 4), (2,), (0, 1), raises=RuntimeError, match="must have the same length"),
    ErrorCase("fft_rfftn", A(), raises=RuntimeError, match="must transform at least one axis"),
    ErrorCase("fft_irfftn", A(3), None, (), raises=RuntimeError, match="must transform at least one axis"),
    ErrorCase("fft_fft2", A(3), raises=IndexError, match="Dimension out of range"),
]
for name in ("fft_fft2", "fft_ifft2", "fft_rfft2", "fft_irfft2", "fft_hfft2", "fft_ihfft2"):
    ERRORS += [
        ErrorCase(name, A(3), raises=IndexError, match=r"range of \[-1, 0\], but got -2"),
        ErrorCase(name, A(3, 4), norm="x", raises=RuntimeError, match='Invalid normalization mode: "x"'),
        ErrorCase(
            name, A(3, 4), (2, 2, 2), raises=RuntimeError, match="must have the same length|only has 2 dimensions"
        ),
    ]
for name in ("fft_ifft", "fft_hfft"):
    ERRORS += [
        ErrorCase(name, A(3), A(3), raises=TypeError, match=r"'n' \(position 2\) must be int"),
        ErrorCase(name, A(3), dim=1, raises=IndexError, match="Dimension out of range"),
        ErrorCase(name, A(3), norm="x", raises=RuntimeError, match='Invalid normalization mode: "x"'),
    ]
for name in ("fft_ifftn", "fft_hfftn", "fft_ihfftn"):
    ERRORS += [
        ErrorCase(name, A(3, 4), None, (0, 0), raises=RuntimeError, match="FFT dims must be unique"),
        ErrorCase(name, A(3, 4), (2, 2, 2), raises=RuntimeError, match="input tensor only has 2 dimensions"),
    ]
