"""An array namespace and one of its devices, seen the way kernels need them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection
from typing import Any

import ml_dtypes
import numpy as np

from torchere.dtype_sets import ALL, FLOAT8

__all__ = ["Library", "host_dtype"]

Array = Any
HostArray = np.ndarray[Any, Any]
Shape = tuple[int, ...]

#: Names a namespace may use instead of the standard's.
_SPELLINGS = {"bool": ("bool", "bool_")}
#: What holds a dtype that the library lacks, though no program can do without it.
_STAND_INS = {"int64": "int32"}


def host_dtype(name: str) -> np.dtype[Any]:
    """The NumPy dtype of a torchere dtype name."""
    return np.dtype(getattr(ml_dtypes, name) if name == "bfloat16" else name)


class Library:
    """An Array-API namespace `xp` on one `device` (None: the namespace's default).

    `native` maps NumPy dtypes to the namespace's own: exactly those the device can hold. Where there is no int64, as in
    JAX by default, int64 is stored as int32: values beyond 2³¹ wrap around.
    """

    def __init__(self, xp: Any, device: Any = None) -> None:
        self.xp = xp
        self.device = device
        self.native: dict[np.dtype[Any], Any] = {}
        self.stored: dict[np.dtype[Any], np.dtype[Any]] = {}
        self._index_functions: dict[str, Callable[..., Any]] = {}
        self._find_dtypes()
        self._export = self._find_export()
        self.int64 = self.native[np.dtype(np.int64)]
        self.bool = self.native[np.dtype(np.bool_)]

    # --- dtypes ---

    def _find_dtypes(self) -> None:
        listed = self._listed()
        for name in ALL:
            standard = name not in ("float16", "bfloat16")
            if name in FLOAT8 or (listed is not None and standard and name not in listed):
                continue
            held = self._held(name)
            if held is not None:
                dtype = host_dtype(name)
                self.native[dtype], self.stored[dtype] = held, dtype
        for name, other in _STAND_INS.items():
            dtype, substitute = np.dtype(name), np.dtype(other)
            if dtype not in self.native and substitute in self.native:
                self.native[dtype], self.stored[dtype] = self.native[substitute], substitute

    def _listed(self) -> Collection[str] | None:
        """Names of the dtypes the namespace says the device has; None if it says nothing."""
        describe = getattr(self.xp, "__array_namespace_info__", None)
        return None if describe is None else tuple(describe().dtypes(device=self.device))

    def _candidate(self, name: str) -> Any:
        """What the namespace calls a dtype; None if it has no such thing."""
        candidates = (getattr(self.xp, spelling, None) for spelling in _SPELLINGS.get(name, (name,)))
        return next((found for found in candidates if found is not None), None)

    def _made(self, native: Any) -> Array:
        """Some array of this dtype."""
        return self.xp.asarray([1], dtype=native, device=self.device)

    def _held(self, name: str) -> Any:
        """The dtype an array made with it says it has; None if it cannot be made or comes out otherwise.

        Not the namespace's object of that name: in JAX that is a class, equal to the arrays' dtype, but with another
        hash.
        """
        native = self._candidate(name)
        if native is None:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # some libraries narrow with a warning
                made = self._made(native)
        except Exception:
            return None
        matches = made.dtype == native and str(made.dtype).rpartition(".")[2] in (name, f"{name}_")
        return made.dtype if matches else None

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Names of the dtypes this device can hold."""
        return tuple(name for name in ALL if name not in FLOAT8 and host_dtype(name) in self.native)

    def dtype(self, dtype: np.dtype[Any]) -> Any:
        """The namespace's dtype for a NumPy one."""
        return self.native[dtype]

    def host_dtype_of(self, x: Array) -> np.dtype[Any]:
        """The NumPy dtype of an array's stored elements."""
        found = self._host_dtypes.get(x.dtype)
        if found is None:
            raise TypeError(f"the array library returned dtype {x.dtype}, which it does not claim to hold")
        return found

    @property
    def _host_dtypes(self) -> dict[Any, np.dtype[Any]]:
        found = self.__dict__.get("_by_native")
        if found is None:
            # Backwards, so that int32 itself wins over what is stored as int32.
            found = self.__dict__["_by_native"] = {
                native: self.stored[dtype] for dtype, native in self.native.items() if self.stored[dtype] == dtype
            }
        return found  # type: ignore[no-any-return]

    def kind(self, x: Array) -> str:
        """NumPy's letter for the kind of an array's dtype; bfloat16 counts as ``"f"``."""
        found = self.host_dtype_of(x).kind
        return "f" if found == "V" else found

    def astype(self, x: Array, native: Any) -> Array:
        """`x` converted to a dtype of the namespace, `x` itself if it has it."""
        if x.dtype == native:
            return x
        cast = getattr(self.xp, "astype", None)
        return cast(x, native) if cast is not None else x.astype(native)

    def truth(self, x: Array) -> Array:
        """Whether each element differs from zero; the standard forbids casting complex numbers to bool."""
        return self.xp.not_equal(x, self.scalar(0, x)) if self.kind(x) == "c" else self.astype(x, self.bool)

    # --- to and from the host ---

    def asarray(self, array: HostArray, native: Any = None) -> Array:
        """A new array with the values of a NumPy array, of its dtype (or of `native`)."""
        stored = self.stored[array.dtype]
        if stored != array.dtype:
            array = array.astype(stored)
        array = np.array(array, order="C", copy=True)
        return self.xp.asarray(array, dtype=self.native[stored] if native is None else native, device=self.device)

    def _find_export(self) -> Callable[[Array], HostArray]:
        """The first way to bring an array to the host that works."""

        def through_host_device(x: Array) -> HostArray:
            return np.asarray(x.to_device("cpu"))

        probe = self.ones((2,), next(iter(self.native.values())))
        ways: tuple[Callable[[Array], Any], ...] = (
            lambda x: x.get(),  # CuPy
            np.asarray,
            np.from_dlpack,
            through_host_device,
        )
        reasons = []
        for way in ways:
            try:
                if isinstance(found := way(probe), np.ndarray) and found.shape == (2,) and found.dtype.kind != "O":
                    return way
            except Exception as error:
                reasons.append(f"{type(error).__name__}: {error}")
        raise TypeError(
            f"arrays of {self.xp.__name__} cannot be copied to the host: neither numpy.asarray nor numpy.from_dlpack "
            f"nor to_device('cpu') works ({'; '.join(reasons)})"
        )

    def to_numpy(self, x: Array, dtype: np.dtype[Any] | None = None) -> HostArray:
        """A copy on the host, converted to `dtype`."""
        return np.array(self._export(x), dtype=dtype, copy=True)

    def on_host(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function` of NumPy arrays as a function of the library's."""

        def run(*args: Any) -> Array:
            return self.asarray(np.asarray(function(*(self.to_numpy(arg) for arg in args))))

        return run

    def function(self, name: str) -> Callable[..., Any]:
        """The namespace's function of this name; where it lacks one, NumPy's on the host."""
        found = getattr(self.xp, name, None)
        return found if found is not None else self.on_host(getattr(np, name))

    def index_function(self, name: str) -> Callable[..., Any]:
        """The namespace's ``argsort``, ``argmax``, ``argmin`` or ``nonzero``; NumPy's where that fails on this device.

        It does where such functions insist on int64 indices and the device has none.
        """
        found = self._index_functions.get(name)
        if found is None:
            own, host = getattr(self.xp, name, None), getattr(np, name)

            def run_on_host(x: Array, **options: Any) -> Any:
                result = host(self.to_numpy(x), **options)
                if isinstance(result, tuple):
                    return tuple(self.asarray(part.astype(np.int64)) for part in result)
                return self.asarray(np.asarray(result).astype(np.int64))

            try:
                found = own if own is not None else run_on_host
                found(self.asarray(np.zeros(2, np.int32)))
            except Exception:
                found = run_on_host
            self._index_functions[name] = found
        return found

    def sorting_order(self, rows: Array) -> Array:
        """Indices that sort each row of a matrix, equal elements in their order."""
        return self.index_function("argsort")(rows, axis=1, stable=True)

    # --- operands ---

    def scalar(self, value: complex, like: Array) -> Array:
        """A Python number as a 0-d array of the dtype of `like`. OverflowError where integers cannot hold it."""
        dtype = self.host_dtype_of(like)
        return self.asarray(np.asarray(value, dtype), like.dtype)

    def operands(self, x: Any, y: Any) -> tuple[Array, Array]:
        """Both as arrays; at most one is a Python number."""
        if isinstance(x, (bool, int, float, complex)):
            return self.scalar(x, y), y
        if isinstance(y, (bool, int, float, complex)):
            return x, self.scalar(y, x)
        return x, y

    # --- fresh arrays ---

    def zeros(self, shape: Shape, native: Any) -> Array:
        """An array of zeros."""
        return self.xp.zeros(shape, dtype=native, device=self.device)

    def ones(self, shape: Shape, native: Any) -> Array:
        """An array of ones."""
        return self.xp.ones(shape, dtype=native, device=self.device)

    def empty(self, shape: Shape, native: Any) -> Array:
        """An array of whatever values."""
        return self.xp.empty(shape, dtype=native, device=self.device)

    def full(self, shape: Shape, value: complex, native: Any) -> Array:
        """An array of one number."""
        return self.xp.full(shape, value, dtype=native, device=self.device)

    def eye(self, rows: int, columns: int, native: Any) -> Array:
        """Ones on the main diagonal."""
        return self.xp.eye(rows, columns, dtype=native, device=self.device)

    def copy(self, x: Array) -> Array:
        """A copy."""
        return self.xp.asarray(x, copy=True)

    # --- positions ---

    def pick(self, flat: Array, positions: Array) -> Array:
        """``flat[positions]`` of a 1-d array, for 1-d positions known to be in range."""
        return self.xp.take(flat, positions, axis=0)

    def write(self, flat: Array, positions: Array, values: Array, accumulate: bool = False) -> Array:
        """A 1-d array with `values` written (or added) at 1-d `positions` known to be in range.

        Of several values for one position the last stays (any of them in libraries with an ``at`` property).
        """
        at = getattr(flat, "at", None)
        if at is not None and self.kind(flat) != "b":
            target = at[positions]
            return target.add(values) if accumulate else target.set(values)
        host, where, new = self.to_numpy(flat), self.to_numpy(positions), self.to_numpy(values)
        if not accumulate:
            host[where] = new
        elif host.dtype.itemsize <= 2 and host.dtype.kind not in "biu":
            # Sums in 16 bits lose digits.
            wide = host.astype(np.float32)
            np.add.at(wide, where, new.astype(np.float32))
            host = wide.astype(host.dtype)
        else:
            np.add.at(host, where, new)
        return self.asarray(host, flat.dtype)
