"""Tensors whose dimensions have names, and how names pass through operators.

A named tensor is of a hidden subclass with a ``__torch_function__`` of its own, so plain tensors pay nothing. It looks
names up where dimensions are asked for, runs the function on plain tensors and names the result: elementwise functions
unify names from the right, reductions drop them, products contract them. PyTorch had this as a prototype up to 2.12;
rules and errors are those of its documentation, https://pytorch.org/docs/2.12/name_inference.html.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from torchere.deprecation import say_once
from torchere.errors import ShapeError
from torchere.tensors.tensor import PLAIN, Tensor

__all__ = ["NamedTensor", "Names", "check_names", "dim_named", "named", "names_of", "unified"]

#: One name or None for each dimension.
Names = tuple[str | None, ...]


def names_of(tensor: Any) -> Names:
    """The names of a tensor's dimensions; None where one has none."""
    found = tensor.__dict__.get("_names") if isinstance(tensor, NamedTensor) else None
    return (None,) * len(tensor._array.shape) if found is None else found


def check_names(names: Sequence[Any], ndim: int) -> Names:
    """`names` as a tuple. RuntimeError for a wrong number of them, repeated ones, or words that are no identifiers."""
    found = tuple(names)
    if len(found) != ndim:
        raise ShapeError(f"Number of names ({len(found)}) and number of dimensions in tensor ({ndim}) do not match.")
    for name in found:
        if name is not None and not (isinstance(name, str) and name.isidentifier()):
            raise ShapeError(f"Invalid name: a valid identifier contains only digits, letters and '_', got: {name!r}.")
        if name is not None and found.count(name) > 1:
            raise ShapeError(f"Cannot construct a tensor with duplicate names. Got names: {list(found)}.")
    return found


def named(tensor: Any, names: Names | None) -> Any:
    """`tensor`, sharing memory and history, with these names; a plain tensor for None or nothing but None."""
    plain = tensor.as_subclass(Tensor) if isinstance(tensor, NamedTensor) else tensor
    if names is None or not any(names):
        return plain
    say_once("named tensors", "Named tensors and all their associated APIs are an experimental feature.")
    made = plain.as_subclass(NamedTensor)
    made.__dict__["_names"] = names
    return made


def dim_named(name: str, names: Names) -> int:
    """The place of a dimension. RuntimeError if none is called so."""
    if name not in names:
        raise ShapeError(f"Name '{name}' not found in Tensor{list(names)}.")
    return names.index(name)


def unified(first: Names, second: Names, action: str = "broadcast") -> Names:
    """Names of two broadcast operands, matched from the right. RuntimeError where they differ or are misaligned."""
    found: list[str | None] = []
    for place in range(1, max(len(first), len(second)) + 1):
        one = first[-place] if place <= len(first) else None
        two = second[-place] if place <= len(second) else None
        if one is not None and two is not None and one != two:
            raise ShapeError(
                f"Error when attempting to {action} dims {list(first)} and dims {list(second)}: dim '{one}' and dim "
                f"'{two}' are at the same position from the right but do not match."
            )
        for here, others in ((one, second), (two, first)):
            if here is not None and (one is None or two is None) and here in others:
                raise ShapeError(
                    f"Misaligned dims when attempting to {action} dims {list(first)} and dims {list(second)}: dim "
                    f"'{here}' appears in a different position from the right across both lists."
                )
        found.insert(0, one if one is not None else two)
    return check_names(found, len(found))


class NamedTensor(Tensor):
    """A tensor with names; made by ``names=``, ``rename`` and ``refine_names``."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operator on plain tensors and name its results."""
        if not all(issubclass(cls, kind) for kind in types):
            return NotImplemented
        return run_named(func, args, kwargs or {})

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name in THROUGH_METHODS:
            function = getattr(Tensor, name)
            return lambda *args, **kwargs: run_named(function, (self, *args), kwargs)
        return found

    def size(self, dim: Any = None) -> Any:
        """The shape, or the size of a dimension given by number or name."""
        return Tensor.size(self, dim_named(dim, names_of(self)) if isinstance(dim, str) else dim)

    def stride(self, dim: Any = None) -> Any:
        """The strides, or that of a dimension given by number or name."""
        return Tensor.stride(self, dim_named(dim, names_of(self)) if isinstance(dim, str) else dim)

    def detach(self) -> Any:
        """The same memory and names outside the graph."""
        return named(_plain(self).detach(), names_of(self))

    def flatten(self, dims: Any = 0, end: Any = -1, *, out_dim: str | None = None, **places: Any) -> Any:
        """Neighbouring dimensions as one called `out_dim`: ``flatten(["H", "W"], "features")``, or first to last."""
        names = names_of(self)
        if isinstance(dims, (list, tuple)):
            out_dim = out_dim if out_dim is not None else end
            order = [dim_named(name, names) for name in dims]
            if order != list(range(order[0], order[0] + len(order))):
                raise ShapeError(
                    f"flatten(tensor, dims, out_dim): dims {list(dims)} must be consecutive in Tensor{list(names)}"
                )
            first, last = order[0], order[-1]
        else:
            if isinstance(end, str) and end not in names and not places:
                raise ShapeError(f"Name '{end}' not found in Tensor{list(names)}.")
            ends = (places.get("start_dim", dims), places.get("end_dim", end))
            first, last = (dim_named(e, names) if isinstance(e, str) else e % max(self.ndim, 1) for e in ends)
        result = _plain(self).flatten(first, last)
        return named(result, check_names((*names[:first], out_dim, *names[last + 1 :]), result.ndim))

    def unflatten(self, dim: Any, sizes: Any) -> Any:
        """A dimension as several: ``unflatten("features", (("H", 2), ("W", 3)))``."""
        names = names_of(self)
        place = dim_named(dim, names) if isinstance(dim, str) else dim % self.ndim
        parts = list(sizes.items()) if hasattr(sizes, "items") else list(sizes)
        if not parts or not isinstance(parts[0], (tuple, list)):
            raise ShapeError(f"unflatten(): a named tensor needs pairs of name and size, got {parts}")
        result = _plain(self).unflatten(place, [size for _, size in parts])
        made = (*names[:place], *(name for name, _ in parts), *names[place + 1 :])
        return named(result, check_names(made, result.ndim))

    def __repr__(self, *, tensor_contents: str | None = None) -> str:  # type: ignore[override]
        text = repr(_plain(self))
        names = ", ".join("None" if name is None else repr(name) for name in names_of(self))
        return f"{text[:-1]}, names=({names}{',' if self.ndim == 1 else ''}))"

    __str__ = __repr__  # type: ignore[assignment]


NamedTensor.__name__ = NamedTensor.__qualname__ = "Tensor"


def _plain(value: Any) -> Any:
    if isinstance(value, NamedTensor):
        return value.as_subclass(Tensor)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_plain(item) for item in value)
    return value


# --- rules -----------------------------------------------------------------------------------------------------------

Rule = Callable[..., Names]


def _remove(names: Names, dims: Any) -> Names:
    gone = {dim % len(names) for dim in ((dims,) if isinstance(dims, int) else dims)} if names else set()
    return tuple(name for dim, name in enumerate(names) if dim not in gone)


def _swapped(names: Names, first: int = 0, second: int = 1) -> Names:
    made = list(names)
    if made:
        made[first], made[second] = made[second], made[first]
    return tuple(made)


def _permuted(names: Names, *dims: Any) -> Names:
    order = dims[0] if len(dims) == 1 and isinstance(dims[0], (list, tuple)) else dims
    return tuple(names[dim] for dim in order)


def _matrix_product(first: Names, second: Names) -> Names:
    """Contract the last dimension of the first with the last but one (or only) of the second."""
    contracted = second[-2] if len(second) > 1 else second[-1]
    rows, columns = first[:-2] if len(first) > 1 else (), second[:-2] if len(second) > 1 else ()
    batch = unified(rows, columns) if rows or columns else ()
    kept = (*((first[-2],) if len(first) > 1 else ()), *((second[-1],) if len(second) > 1 else ()))
    if contracted is not None and contracted == first[-1] and contracted in kept:
        raise ShapeError(f"matmul: dim '{contracted}' is contracted and left over: {list(first)}, {list(second)}")
    made = (*batch, *kept)
    for name in made:
        if name is not None and made.count(name) > 1:
            raise ShapeError(
                f"Matrix multiplying Tensor{list(first)} with Tensor{list(second)} would produce an output with "
                f"duplicate names {list(made)}. Rename dim '{name}' of one of them."
            )
    return made


def _indexed(names: Names, index: Any) -> Names:
    """Names left by basic indexing."""
    items = list(index) if isinstance(index, tuple) else [index]
    used = sum(item is not None and item is not Ellipsis for item in items)
    if Ellipsis in items:
        place = items.index(Ellipsis)
        items[place : place + 1] = [slice(None)] * (len(names) - used)
    found: list[str | None] = []
    rest = list(names)
    for item in items:
        if item is None:
            found.append(None)
        elif isinstance(item, slice):
            found.append(rest.pop(0))
        else:
            rest.pop(0)
    return (*found, *rest)


#: Functions of one named tensor, by what follows it.
_RULES: dict[str, Rule] = {
    "transpose": _swapped,
    "swapaxes": _swapped,
    "swapdims": _swapped,
    "t": lambda names: names[::-1],
    "permute": _permuted,
    "permute_view": _permuted,
    "transpose_view": _swapped,
    "select": lambda names, dim, index: _remove(names, dim),
    "unbind": lambda names, dim=0: _remove(names, dim),
    "unsqueeze": lambda names, dim: (*names[: dim % (len(names) + 1)], None, *names[dim % (len(names) + 1) :]),
    "diagonal": lambda names, offset=0, dim1=0, dim2=1: (*_remove(names, (dim1, dim2)), None),
    "index_view": _indexed,
    "nonzero": lambda names, **_: (None, None),
    "masked_select": lambda names, mask: (None,),
    "numel": lambda names: (),
}
_PRODUCTS: dict[str, Rule] = {
    "matmul": _matrix_product, "mm": _matrix_product, "bmm": _matrix_product, "mv": _matrix_product,
    "dot": lambda first, second: (), "outer": lambda first, second: (*first, *second),
    "addmm": lambda bias, first, second: unified(bias, _matrix_product(first, second)),
    "addmv": lambda bias, first, second: unified(bias, _matrix_product(first, second)),
    "baddbmm": lambda bias, first, second: unified(bias, _matrix_product(first, second)),
}  # fmt: skip
#: Functions whose results have the dimensions of the first tensor.
_KEEPS = frozenset(
    """
    softmax log_softmax cumsum cumprod logcumsumexp cummax cummin sort topk narrow split chunk clone contiguous
    to_dtype to_device dropout bernoulli masked_fill renorm alias view_as_real resolve_conj resolve_neg copy triu tril
    zeros_like ones_like empty_like full_like rand_like randn_like normal multinomial detach tensor_split
    split_with_sizes nan_to_num clamp logical_not angle conj real imag masked_fill_value
    """.split()
)
#: Methods that no operator of the same name stands behind.
THROUGH_METHODS = frozenset(
    """
    split chunk unbind select transpose permute t narrow contiguous squeeze sum_to_size diagonal unsqueeze
    split_with_sizes tensor_split swapaxes swapdims max min std var std_mean var_mean median nanmedian mode norm sum
    mean prod all any logsumexp argmax argmin amax amin nansum nanmean
    """.split()
)


def _squeezed(names: Names, shape: Sequence[int], dim: Any = None) -> Names:
    dims = range(len(names)) if dim is None else [d % len(names) for d in ((dim,) if isinstance(dim, int) else dim)]
    return tuple(name for place, name in enumerate(names) if not (place in dims and shape[place] == 1))


def _translated(value: Any, names: Names) -> Any:
    """Dimensions given by name as numbers."""
    if isinstance(value, str):
        return dim_named(value, names)
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, str) for item in value):
        return type(value)(dim_named(item, names) for item in value)
    return value


def _takes_words(name: str) -> bool:
    return name in ("einsum", "norm", "div", "gelu", "quantile")


def run_named(function: Any, args: Sequence[Any], kwargs: Any) -> Any:
    """Call `function` with names in place of dimensions and on named tensors; name its results."""
    name = getattr(function, "__name__", "")
    declared = getattr(function, "operator", None)
    tensors = [
        v for value in (*args, *kwargs.values()) for v in (value if isinstance(value, (list, tuple)) else [value])
    ]
    tensors = [value for value in tensors if isinstance(value, Tensor)]
    first = names_of(tensors[0])
    if not _takes_words(name):
        args = tuple(_translated(value, first) if place else value for place, value in enumerate(args))
        kwargs = {key: _translated(value, first) if key in ("dim", "dim0", "dim1", "dim2", "dims", "axis") else value
                  for key, value in kwargs.items()}  # fmt: skip
    if declared is not None and declared.promote is not None and "keepdim" not in _parameters(declared):
        _unify_all(tensors)  # names are looked at before sizes
    result = function(*_plain(tuple(args)), **{key: _plain(value) for key, value in kwargs.items()})
    if not any(type(value) not in PLAIN for value in tensors):
        return result
    names = _names_after(name, function, args, kwargs, tensors, first, result)
    return _dressed(result, names)


def _parameters(declared: Any) -> set[str]:
    return {p.name for p in declared.parameters}


def _unify_all(tensors: Sequence[Any]) -> Names:
    found = names_of(tensors[0])
    for value in tensors[1:]:
        found = unified(found, names_of(value))
    return found


def _dressed(result: Any, names: Names) -> Any:
    if isinstance(result, Tensor):
        return named(result, names if len(names) == result.ndim else None)
    if isinstance(result, tuple):
        parts = [_dressed(item, names) for item in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return result


def _names_after(
    name: str, function: Any, args: Any, kwargs: Any, tensors: Sequence[Any], first: Names, result: Any
) -> Names:
    name = name.removesuffix("_") if not name.startswith("_") else name
    if name in _PRODUCTS:
        return _PRODUCTS[name](*(names_of(value) for value in tensors))
    if name == "squeeze":
        return _squeezed(first, tensors[0].shape, *args[1:], **kwargs)
    if name in _RULES:
        return _RULES[name](first, *args[1:], **kwargs)
    if name == "cat":
        found = first
        for value in tensors[1:]:
            found = unified(found, names_of(value), "cat")
        return found
    if name in _KEEPS:
        return first
    declared = getattr(function, "operator", None)
    parameters = list(inspect.signature(function).parameters)
    if "keepdim" in parameters:
        bound = dict(zip(parameters, args, strict=False)) | dict(kwargs)
        place = bound.get("dim", bound.get("axis"))
        if isinstance(place, bool):  # std(unbiased)
            place = None
        keeps = bound.get("keepdim", bound.get("keepdims", False))
        if isinstance(place, Tensor):
            return unified(first, names_of(tensors[1]))
        if keeps:
            return first
        return () if place is None or place == () else _remove(first, place)
    if declared is not None and declared.promote is not None:
        return _unify_all(tensors)
    if declared is not None and declared.inplace and len(tensors) == 1 and result.shape == tensors[0].shape:
        return first  # what may happen in place, element by element: abs, neg, relu
    sizes = result.ndim if isinstance(result, Tensor) else None
    if sizes is None or sizes == 0:
        return ()
    raise ShapeError(
        f"{name}() is not yet supported with named tensors. Please drop names via `tensor = tensor.rename(None)`, call "
        "the op with an unnamed tensor, and set names on the result of the operation."
    )
