"""Einstein summation and tensor contraction: every pair of operands becomes one batched matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from string import ascii_letters
from typing import Any

import torchere
from torchere import Tensor
from torchere.errors import ArgumentError, ShapeError
from torchere.operators import composite

from .creation import placed
from .matmul import matmul

__all__ = ["einsum", "tensordot"]

#: A labelled dimension: 0 … 51 are letters, negative numbers the dimensions an ellipsis covers, -1 the last.
Labels = list[int]

_ELLIPSIS = None


# ----------------------------------------------------------------------------------------------------------- parsing


def _parse_term(term: str, where: str, offset: int) -> list[int | None]:
    """The labels of one operand (or of the output) of an equation; None stands for an ellipsis."""
    labels: list[int | None] = []
    at = 0
    while at < len(term):
        letter = term[at]
        if letter == " ":
            at += 1
        elif letter == ".":
            if _ELLIPSIS in labels:
                raise ShapeError(f"einsum(): found '.' for {where} but an ellipsis (...) was already found")
            if term[at : at + 3] != "...":
                raise ShapeError(f"einsum(): found '.' for {where} that is not part of any ellipsis")
            labels.append(_ELLIPSIS)
            at += 3
        elif letter in ascii_letters:
            labels.append(_number(letter))
            at += 1
        else:
            raise ShapeError(
                f"einsum(): invalid subscript given at index {offset + at} in the equation string, subscripts must be "
                "in [a-zA-Z]"
            )
    return labels


def _number(letter: str) -> int:
    # Capitals come first, as in the order in which an implicit output lists its letters.
    return ord(letter) - ord("A") if letter.isupper() else ord(letter) - ord("a") + 26


def _letter(label: int) -> str:
    return chr(ord("A") + label) if label < 26 else chr(ord("a") + label - 26)


@lru_cache(maxsize=256)
def _parse_equation(equation: str, count: int) -> tuple[list[list[int | None]], list[int | None] | None]:
    arrow = equation.find("->")
    left = equation if arrow < 0 else equation[:arrow]
    terms, offset = [], 0
    for number, term in enumerate(left.split(",")):
        terms.append(_parse_term(term, f"operand {number}", offset))
        offset += len(term) + 1
    if len(terms) > count:
        raise ShapeError("einsum(): fewer operands were provided than specified in the equation")
    if len(terms) < count:
        raise ShapeError("einsum(): more operands were provided than specified in the equation")
    return terms, None if arrow < 0 else _parse_term(equation[arrow + 2 :], "output", arrow + 2)


def _parse_sublist(sublist: Sequence[Any]) -> list[int | None]:
    labels: list[int | None] = []
    for item in sublist:
        if item is Ellipsis:
            labels.append(_ELLIPSIS)
        elif isinstance(item, int) and 0 <= item < 52:
            labels.append(item)
        else:
            raise ArgumentError(
                f"einsum(): subscript in subscript list is not within the valid range [0, 52): got {item!r}"
            )
    return labels


def _spread_ellipses(terms: list[list[int | None]], operands: list[Tensor]) -> list[Labels]:
    """Labels for every dimension of every operand."""
    spread = []
    for number, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        named = len(term) - term.count(_ELLIPSIS)
        if _ELLIPSIS in term:
            if named > operand.ndim:
                raise ShapeError(
                    f"einsum(): the number of subscripts in the equation ({named}) is more than the number of "
                    f"dimensions ({operand.ndim}) for operand {number}"
                )
        elif named != operand.ndim:
            raise ShapeError(
                f"einsum(): the number of subscripts in the equation ({named}) does not match the number of "
                f"dimensions ({operand.ndim}) for operand {number} and no ellipsis was given"
            )
        labels: Labels = []
        for label in term:
            if label is None:
                labels.extend(range(named - operand.ndim, 0))
            else:
                labels.append(label)
        spread.append(labels)
    return spread


def _output_labels(output: list[int | None] | None, terms: list[Labels]) -> Labels:
    covered = max((-min(term, default=0) for term in terms), default=0)
    ellipsis = list(range(-max(covered, 0), 0))
    seen = [label for term in terms for label in term]
    if output is None:
        return ellipsis + sorted(label for label in set(seen) if label >= 0 and seen.count(label) == 1)
    labels: Labels = []
    for label in output:
        if label is None:
            labels.extend(ellipsis)
            continue
        if label in labels:
            raise ShapeError(f"einsum(): output subscript {_letter(label)} appears more than once in the output")
        if label not in seen:
            raise ShapeError(
                f"einsum(): output subscript {_letter(label)} does not appear in the equation for any input operand"
            )
        labels.append(label)
    return labels


# -------------------------------------------------------------------------------------------------------- contraction


def _take_diagonals(operand: Tensor, labels: Labels, number: int) -> tuple[Tensor, Labels]:
    """Repeated labels of one operand become one, along the diagonal."""
    labels = list(labels)
    at = 0
    while at < len(labels):
        label = labels[at]
        if label in labels[:at]:
            first = labels.index(label)
            if operand.shape[at] != operand.shape[first]:
                raise ShapeError(
                    f"einsum(): subscript {_letter(label)} is repeated for operand {number} but the sizes don't match, "
                    f"{operand.shape[at]} != {operand.shape[first]}"
                )
            operand = operand.diagonal(0, first, at).movedim(-1, first)
            del labels[at]
        else:
            at += 1
    return operand, labels


def _label_sizes(operands: list[Tensor], terms: list[Labels]) -> dict[int, int]:
    """The size of every label; operands of size 1 broadcast to it."""
    sizes: dict[int, int] = {}
    for number, (operand, labels) in enumerate(zip(operands, terms, strict=True)):
        for label, size in zip(labels, operand.shape, strict=True):
            known = sizes.get(label, 1)
            if size != known and 1 not in (size, known):
                name = _letter(label) if label >= 0 else "of the ellipsis"
                raise ShapeError(
                    f"einsum(): subscript {name} has size {size} for operand {number} which does not broadcast with "
                    f"previously seen size {known}"
                )
            sizes[label] = size if known == 1 else known
    return sizes


def _without(
    operand: Tensor, labels: Labels, drop: set[int], sizes: dict[int, int], alone: bool = False
) -> tuple[Tensor, Labels]:
    """Sum over the labels in `drop`; and remove broadcast dimensions (size 1 where the label is longer).

    An operand that is `alone` sums as `sum` does, integers as int64; others keep their dtype for the product.
    """
    thin = [i for i, label in enumerate(labels) if operand.shape[i] == 1 and sizes[label] != 1]
    if thin:
        operand = operand.reshape([size for i, size in enumerate(operand.shape) if i not in thin])
        labels = [label for i, label in enumerate(labels) if i not in thin]
    summed = [i for i, label in enumerate(labels) if label in drop]
    if summed:
        operand = operand.sum(summed) if alone else operand.sum(summed, dtype=operand.dtype)
        labels = [label for i, label in enumerate(labels) if i not in summed]
    return operand, labels


def _arranged(operand: Tensor, labels: Labels, order: Labels) -> Tensor:
    positions = [labels.index(label) for label in order]
    return operand if positions == list(range(len(positions))) else operand.permute(positions)


def _contract_pair(
    left: Tensor, left_labels: Labels, right: Tensor, right_labels: Labels, kept: set[int], sizes: dict[int, int]
) -> tuple[Tensor, Labels]:
    """Multiply two operands and sum over the labels nobody needs any more."""
    shared = [label for label in left_labels if label in right_labels]
    batch = [label for label in shared if label in kept]
    summed = [label for label in shared if label not in kept]
    rows = [label for label in left_labels if label not in shared]
    columns = [label for label in right_labels if label not in shared]
    labels = batch + rows + columns

    def size_of(group: Labels) -> int:
        return prod(sizes[label] for label in group)

    shape = [sizes[label] for label in labels]
    if not summed:
        # Nothing to add up: a broadcast product needs no matrix.
        first = _arranged(left, left_labels, batch + rows)
        first = first.reshape([*first.shape, *(1,) * len(columns)])
        second = _arranged(right, right_labels, batch + columns)
        count = len(batch)
        second = second.reshape([*second.shape[:count], *(1,) * len(rows), *second.shape[count:]])
        return first * second, labels
    first = _arranged(left, left_labels, batch + rows + summed)
    second = _arranged(right, right_labels, batch + summed + columns)
    length = size_of(summed)
    outer = [size_of(batch)] if batch else []
    first = first.reshape([*outer, size_of(rows), length])
    second = second.reshape([*outer, length, size_of(columns)])
    return matmul(first, second).reshape(shape), labels


def _next_pair(terms: list[Labels], output: Labels, sizes: dict[int, int]) -> tuple[int, int]:
    """The pair whose product is smallest compared with what it replaces (the first of equals)."""
    best, chosen = None, (0, 1)
    for i in range(len(terms)):
        for j in range(i + 1, len(terms)):
            rest = {label for k, term in enumerate(terms) if k not in (i, j) for label in term} | set(output)
            union = set(terms[i]) | set(terms[j])
            result = prod(sizes[label] for label in union & rest)
            replaced = sum(prod(sizes[label] for label in terms[k]) for k in (i, j))
            work = prod(sizes[label] for label in union)
            cost = (result - replaced, work)
            if best is None or cost < best:
                best, chosen = cost, (i, j)
    return chosen


@composite
def einsum(*args: Any) -> Tensor:
    """Sum of products of the operands' elements over the subscripts the output does not have.

    ``einsum("bij,bjk->bik", x, y)``, or with subscript lists ``einsum(x, [0, 1], y, [1, 2], [0, 2])``. Letters (or
    numbers below 52) name dimensions, ``...`` those not named, which broadcast; a letter repeated within an operand
    takes its diagonal; without ``->`` (or a last list) the output has the ellipsis, then the letters that occur once
    in alphabetical order. Operands are multiplied in pairs, smallest results first.
    Raises RuntimeError for malformed equations and sizes that do not broadcast, ValueError for missing operands.
    """
    if len(args) < 2:
        raise ArgumentError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
            "subscripts list"
        )
    if not isinstance(args[0], str | Tensor):
        raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {type(args[0]).__name__}")
    output: list[int | None] | None
    if isinstance(args[0], str):
        equation, *rest = args
        operands = list(rest[0]) if len(rest) == 1 and isinstance(rest[0], list | tuple) else list(rest)
        terms, output = _parse_equation(equation, len(operands))
    else:
        operands = list(args[: len(args) // 2 * 2 : 2])
        terms = [_parse_sublist(sublist) for sublist in args[1::2]]
        output = _parse_sublist(args[-1]) if len(args) % 2 else None
    for number, operand in enumerate(operands):
        if not isinstance(operand, Tensor):
            raise TypeError(f"einsum(): argument 'operands' must be tensors, operand {number} is {type(operand)}")
        if operand.dtype is not operands[0].dtype:
            raise ShapeError(
                f"expected scalar type {operands[0].dtype} but found {operand.dtype}: einsum() takes operands of one "
                f"dtype, operand {number} differs."
            )
    labelled = _spread_ellipses(terms, operands)
    result_labels = _output_labels(output, labelled)
    pairs = [
        _take_diagonals(operand, labels, number)
        for number, (operand, labels) in enumerate(zip(operands, labelled, strict=True))
    ]
    operands, labelled = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    sizes = _label_sizes(operands, labelled)
    alone = len(operands) == 1
    while len(operands) > 1:
        i, j = _next_pair(labelled, result_labels, sizes) if len(operands) > 2 else (0, 1)
        elsewhere = set(result_labels).union(*(labels for k, labels in enumerate(labelled) if k not in (i, j)))
        single = [set(labelled[i]) - set(labelled[j]) - elsewhere, set(labelled[j]) - set(labelled[i]) - elsewhere]
        left, left_labels = _without(operands[i], labelled[i], single[0], sizes)
        right, right_labels = _without(operands[j], labelled[j], single[1], sizes)
        # A label that was thin on one side may now be on the other side alone.
        left, left_labels = _without(left, left_labels, set(left_labels) - set(right_labels) - elsewhere, sizes)
        right, right_labels = _without(right, right_labels, set(right_labels) - set(left_labels) - elsewhere, sizes)
        product = _contract_pair(left, left_labels, right, right_labels, elsewhere, sizes)
        for k in (j, i):
            del operands[k], labelled[k]
        operands.append(product[0])
        labelled.append(product[1])
    result, labels = _without(operands[0], labelled[0], set(labelled[0]) - set(result_labels), sizes, alone)
    return _arranged(result, labels, result_labels)


# ---------------------------------------------------------------------------------------------------------- tensordot


def _contracted_dims(a: Tensor, b: Tensor, dims: Any) -> tuple[list[int], list[int]]:
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise ShapeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise ShapeError(
                f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims} for shapes {tuple(a.shape)} and "
                f"{tuple(b.shape)}"
            )
        return list(range(a.ndim - dims, a.ndim)), list(range(dims))
    if not isinstance(dims, Sequence) or len(dims) != 2:
        raise ShapeError(f"tensordot expects dims to be int or two lists of dimensions, but got dims={dims}")
    first, second = dims
    first = [first] if isinstance(first, int) else list(first)
    second = [second] if isinstance(second, int) else list(second)
    return first, second


def _wrapped(dims: list[int], ndim: int) -> list[int]:
    wrapped = []
    for dim in dims:
        if not -ndim <= dim < ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})"
            )
        if dim % ndim in wrapped:
            raise ShapeError(f"dim {dim % ndim} appears multiple times in the list of dims")
        wrapped.append(dim % ndim)
    return wrapped


@composite
def tensordot(
    a: Tensor, b: Tensor, dims: int | Sequence[Sequence[int]] | Tensor = 2, out: Tensor | None = None
) -> Tensor:
    """Sum of products over pairs of dimensions: the last `dims` of `a` with the first `dims` of `b`, or two lists.

    The result has the remaining dimensions of `a`, then those of `b`. Dimensions of size 1 broadcast.
    Raises RuntimeError when sizes or the lists' lengths differ, IndexError for a dimension out of range.
    """
    first, second = _contracted_dims(a, b, dims)
    if len(first) != len(second):
        raise ShapeError(f"both dimension lists should have same length, but tensordot() got {first} and {second}")
    if a.dtype is not b.dtype:
        raise ShapeError(f"both inputs should have same dtype, but tensordot() got {a.dtype} and {b.dtype}")
    left_dims, right_dims = _wrapped(first, a.ndim), _wrapped(second, b.ndim)
    for at, (i, j) in enumerate(zip(left_dims, right_dims, strict=True)):
        if a.shape[i] == b.shape[j]:
            continue
        if b.shape[j] == 1:
            a = a.sum(i, keepdim=True, dtype=a.dtype)
        elif a.shape[i] == 1:
            b = b.sum(j, keepdim=True, dtype=b.dtype)
        else:
            raise ShapeError(
                f"contracted dimensions need to match, but first has size {a.shape[i]} in dim {first[at]} and second "
                f"has size {b.shape[j]} in dim {second[at]} (tensordot() of shapes {tuple(a.shape)}, {tuple(b.shape)})"
            )
    rows = [i for i in range(a.ndim) if i not in left_dims]
    columns = [j for j in range(b.ndim) if j not in right_dims]
    length = prod(a.shape[i] for i in left_dims)
    shape = [*(a.shape[i] for i in rows), *(b.shape[j] for j in columns)]
    left = a.permute([*rows, *left_dims]).reshape(prod(a.shape[i] for i in rows), length)
    right = b.permute([*right_dims, *columns]).reshape(length, prod(b.shape[j] for j in columns))
    return placed(torchere.mm(left, right).reshape(shape), out)
