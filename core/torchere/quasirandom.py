"""``torchere.quasirandom``: numbers that fill the unit cube more evenly than random ones do."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from torchere.creation import tensor
from torchere.dtypes import DType
from torchere.promotion import get_default_dtype
from torchere.tensors.tensor import Tensor

__all__ = ["SobolEngine"]


class SobolEngine:
    """Points of the Sobol sequence in ``[0, 1)**dimension``, drawn one after the other.

    `scramble` mixes the bits at random (`seed`, or the default generator) and shifts them, which keeps the evenness.
    The first point without scrambling is the origin. Direction numbers and Gray-code order are SciPy's, which are
    those of PyTorch: without scrambling the points agree.

    Raises: ValueError for a dimension outside ``1 … MAXDIM``, ImportError without SciPy.
    Source: Joe and Kuo 2008, "Constructing Sobol sequences with better two-dimensional projections".
    """

    MAXBIT: ClassVar = 30
    MAXDIM: ClassVar = 21201

    def __init__(self, dimension: int, scramble: bool = False, seed: int | None = None) -> None:
        if not 1 <= dimension <= self.MAXDIM:
            raise ValueError(
                f"Supported range of dimensionality for SobolEngine is [1, {self.MAXDIM}], got {dimension}"
            )
        try:
            qmc = import_module("scipy.stats.qmc")
        except ImportError as error:
            raise ImportError("SobolEngine needs SciPy: pip install 'scipy>=1.15'") from error
        self.dimension = dimension
        self.scramble = scramble
        self.seed = seed
        self.num_generated = 0
        drawn = seed
        if scramble and seed is None:
            import torchere

            drawn = int(torchere.randint(0, 2**31 - 1, ()).item())
        self._points = qmc.Sobol(dimension, scramble=scramble, bits=self.MAXBIT, rng=np.random.default_rng(drawn))

    def draw(self, n: int = 1, out: Tensor | None = None, dtype: DType | None = None) -> Tensor:
        """The next `n` points, ``(n, dimension)``, in `dtype` (the default dtype), or in `out`, which is resized."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about numbers of points that are no power of 2
            points = self._points.random(n) if n else np.zeros((0, self.dimension))
        self.num_generated += n
        made = tensor(points, dtype=dtype or (out.dtype if out is not None else get_default_dtype()))
        if out is None:
            return made
        out.resize_(made.shape)
        return out.copy_(made)  # type: ignore[no-any-return]

    def draw_base2(self, m: int, out: Tensor | None = None, dtype: DType | None = None) -> Tensor:
        """The next ``2**m`` points. ValueError unless their number in all is a power of 2, which evenness needs."""
        n = 2**m
        total = self.num_generated + n
        if total & (total - 1):
            raise ValueError(
                "The balance properties of Sobol' points require the total number of points to be a power of 2. "
                f"{self.num_generated} points have been previously generated, then: n={self.num_generated}+2**{m}="
                f"{total}. If you still want to do this, please use 'SobolEngine.draw()' instead."
            )
        return self.draw(n, out=out, dtype=dtype)

    def reset(self) -> SobolEngine:
        """Start again at the first point."""
        self._points.reset()
        self.num_generated = 0
        return self

    def fast_forward(self, n: int) -> SobolEngine:
        """Leave out the next `n` points."""
        if n:
            self._points.fast_forward(n)
        self.num_generated += n
        return self

    def __repr__(self) -> str:
        words: list[Any] = [f"dimension={self.dimension}"]
        if self.scramble:
            words.append("scramble=True")
        if self.seed is not None:
            words.append(f"seed={self.seed}")
        return f"{type(self).__name__}({', '.join(words)})"
