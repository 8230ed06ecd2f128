"""Made by scripts/make_stubs.py; edit the sources instead."""


from builtins import bool as _bool, bytes as _bytes, complex as _complex, float as _float, int as _int
from builtins import object as _object, property as _property, slice as _slice, str as _str, tuple as _tuple
from builtins import dict as _dict, list as _list, type as _type
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from torchere.devices import device as _device
from torchere.dtypes import DType
from torchere.random import Generator
from torchere.size import Size

_Number = _bool | _int | _float | _complex

from torchere.tensors.tensor import Tensor

def bartlett(M: _int, *, sym: _bool = True, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """A triangle that begins and ends at 0, `M` points."""
    ...

def blackman(M: _int, *, sym: _bool = True, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """Blackman's window, three cosines, `M` points."""
    ...

def cosine(M: _int, *, sym: _bool = True, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """Half a sine wave, `M` points."""
    ...

def exponential(M: _int, *, center: _float | None = None, tau: _float = 1.0, sym: _bool = True, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """``exp(-|n - center| / tau)``, `M` points."""
    ...

def gaussian(M: _int, *, std: _float = 1.0, sym: _bool = True, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """A normal density of deviation `std`, 1 in the middle, `M` points."""
    ...

def general_cosine(M: _int, *, a: Iterable[_float], sym: _bool = True, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """``Σ (-1)ᵏ a[k] cos(2πk x)``, `M` points."""
    ...

def general_hamming(M: _int, *, alpha: _float = 0.54, sym: _bool = True, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """``alpha - (1 - alpha) cos(2πx)``, `M` points."""
    ...

def hamming(M: _int, *, sym: _bool = True, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """Hamming's window, `M` points."""
    ...

def hann(M: _int, *, sym: _bool = True, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """Hann's window ``sin²(πx)``, `M` points."""
    ...

def kaiser(M: _int, *, beta: _float = 12.0, sym: _bool = True, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """Kaiser's window ``I₀(beta √(1 - x²)) / I₀(beta)``, x from -1 to 1, `M` points."""
    ...

def nuttall(M: _int, *, sym: _bool = True, dtype: DType | None = None, layout: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
    """Nuttall's window, four cosines, `M` points."""
    ...

