"""What `@operator` and `@primitive` promise, with small operators of a plugin made for the test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import torchere as torch
from torchere import Tensor
from torchere.operators import Dim, Dims, DType, NewDim, Number, Shape, operator, primitive
from torchere_dispatch import KernelTable

FLOATS = ("float32", "float64")


@primitive(method=True, promote="float", inplace=True, aliases=("trial_root",), dtypes=FLOATS)
def trial_sqrt(input: Tensor) -> Tensor:
    """Root."""
    ...


trial_sqrt.gradient(input=lambda grad, out: grad / (2 * out))


@primitive(method=True, promote="same", neutral={"alpha": 1}, inplace=True)
def trial_add(input: Tensor, other: Tensor, *, alpha: Number = 1) -> Tensor:
    """Sum."""
    return trial_add(input, other * alpha)


trial_add.gradient(input=lambda grad: grad, other=lambda grad: grad)


@operator(method=True, namespace="nn.functional")
def trial_scaled(input: Tensor, dim: Dim, *, scale: float = 2.0) -> Tensor:
    """Differentiated through its body."""
    return input.exp() * scale + input.sum(dim, keepdim=True)


@primitive
def trial_kinds(
    input: Tensor, dim: Dim, place: NewDim, dims: Dims | None = None, dtype: DType | None = None, flag: bool = False
) -> Tensor:
    """Reports what its kernel receives."""
    ...


@primitive
def trial_shape(input: Tensor, size: Shape) -> Tensor:
    """Varargs."""
    ...


@primitive(factory=True)
def trial_ones(size: Shape) -> Tensor:
    """A factory."""
    ...


@primitive(view=True, method=True)
def trial_tail(input: Tensor, start: int) -> Tensor:
    """A view."""
    ...


def _tail_gradient(grad: Any, input_shape: Any, start: int) -> Any:
    whole = grad.new_zeros(input_shape)
    whole[start:] = grad
    return whole


trial_tail.gradient(input=_tail_gradient)


@primitive(mutates=("state",), namespace="")
def trial_count(state: Tensor, by: int) -> None:
    """Writes into its operand."""
    ...


@primitive(outputs=("low", "high"), differentiable=(0,), result="array")
def trial_split(input: Tensor, place: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Two results, the second without gradient."""
    ...


trial_split.gradient(input=lambda grad, input_shape: torch.cat([grad, grad * 0]).reshape(input_shape))


@primitive(promote="same")
def trial_join(tensors: Sequence[Tensor], weight: Tensor) -> Tensor:
    """Weighted sum of several."""
    ...


@trial_join.gradients
def _join_gradients(grad: Any, tensors: Any, weight: Any, needs: Any) -> Any:
    rows = [grad * weight for _ in tensors] if needs[0] else None
    total = tensors[0]
    for item in tensors[1:]:
        total = total + item
    return rows, grad * total if needs[1] else None


_LOG: list[Any] = []


def _check(input: Any, other: Any) -> None:
    _LOG.append(("check", tuple(input.shape)))
    if input.shape != other.shape:
        raise ValueError("trial_checked(): shapes differ")


def _check_late(input: Any, other: Any) -> None:
    _LOG.append(("late", tuple(input.shape)))
    raise ValueError("trial_late(): explained afterwards")


def _check_dtypes(input: Any, other: Any) -> None:
    if other is torch.float64:
        raise TypeError("trial_checked(): no float64")


@primitive(check=_check, check_dtypes=_check_dtypes)
def trial_checked(input: Tensor, other: Tensor) -> Tensor:
    """Checked before."""
    ...


@primitive(check_late=_check_late)
def trial_late(input: Tensor, other: Tensor) -> Tensor:
    """Checked when the kernel failed."""
    ...


@primitive(promote="same", unpromoted=("mask",))
def trial_select(mask: Tensor, input: Tensor, other: Tensor) -> Tensor:
    """The mask keeps its dtype."""
    ...


trial_select.gradient(input=lambda grad, mask: grad * mask, other=lambda grad, mask: grad * ~mask)

OPERATORS = [
    trial_sqrt, trial_add, trial_scaled, trial_kinds, trial_shape, trial_ones, trial_tail, trial_count, trial_split,
    trial_join, trial_checked, trial_late, trial_select,
]  # fmt: skip

table = KernelTable("cpu")
table.ufuncs(FLOATS, trial_sqrt=np.sqrt)
table.ufuncs(None, trial_add=np.add)


@table.kernel("trial_kinds", None)
def _kinds(x: Any, dim: int, place: int, dims: Any, dtype: Any, flag: bool) -> Any:
    _LOG.append((dim, place, dims, dtype, flag))
    return x.copy()


@table.kernel("trial_shape", None)
def _shape(x: Any, size: tuple[int, ...]) -> Any:
    return np.zeros(size, x.dtype)


@table.kernel("trial_ones", None)
def _ones(size: tuple[int, ...], dtype: Any) -> Any:
    return np.ones(size, dtype)


@table.kernel("trial_tail", None)
def _tail(x: Any, start: int) -> Any:
    return x[start:]


@table.kernel("trial_count", None)
def _count(state: Any, by: int) -> None:
    state += by


@table.kernel("trial_split", None)
def _split(x: Any, place: Any) -> Any:
    half = len(x) // 2
    return x[:half].copy(), x[half:].copy()


@table.kernel("trial_join", None)
def _join(tensors: Any, weight: Any) -> Any:
    return sum(tensors) * weight


@table.kernel("trial_checked", None)
def _checked(x: Any, y: Any) -> Any:
    return x + y


@table.kernel("trial_late", None)
def _late(x: Any, y: Any) -> Any:
    return x + y


@table.kernel("trial_select", None)
def _select(mask: Any, x: Any, y: Any) -> Any:
    return np.where(mask, x, y)


@pytest.fixture(autouse=True)
def registered(trial: Any) -> None:
    _LOG.clear()
    trial(list(OPERATORS), table)


def _leaf(*values: float) -> Any:
    return torch.tensor(values, requires_grad=True)


def test_public_names_come_and_go() -> None:
    from torchere import plugins

    assert torch.trial_sqrt(torch.tensor([4.0])).item() == 2
    assert torch.trial_root(torch.tensor([4.0])).item() == 2
    assert torch.tensor([4.0]).trial_root().item() == 2
    assert torch.nn.functional.trial_scaled(torch.zeros(2), 0).tolist() == [2, 2]
    assert not hasattr(torch, "trial_scaled")
    plugins.dispatcher.remove_plugin("trial")
    assert not hasattr(torch.Tensor, "trial_sqrt")
    assert not hasattr(torch.Tensor, "trial_root_")


def test_promotion_to_floating_point_and_claimed_dtypes() -> None:
    assert torch.trial_sqrt(torch.tensor([4, 9])).tolist() == [2, 3]
    assert torch.trial_sqrt(torch.tensor([4, 9])).dtype is torch.float32
    with pytest.raises(
        NotImplementedError, match=r"\"trial_sqrt\" not implemented for 'ComplexFloat'.*float32, float64"
    ):
        torch.trial_sqrt(torch.tensor([1j]))
    x = torch.tensor([4.0])
    assert x.trial_sqrt_() is x
    assert x.item() == 2
    with pytest.raises(RuntimeError, match=r"can't be cast to the desired output type Long \(trial_sqrt_"):
        torch.tensor([4]).trial_sqrt_()


def test_neutral_keywords_reach_the_body_only() -> None:
    x = _leaf(1.0, 2.0)
    torch.trial_add(x, x, alpha=3).sum().backward()
    assert x.grad.tolist() == [4, 4]
    assert torch.trial_add(torch.ones(2), 1).tolist() == [2, 2]
    y = torch.ones(2)
    assert y.trial_add_(1, alpha=5) is y
    assert y.tolist() == [6, 6]


def test_out() -> None:
    out = torch.empty(0)
    assert torch.trial_add(torch.ones(2), 1, out=out) is out
    assert out.tolist() == [2, 2]


def test_gradient_through_the_body() -> None:
    x = _leaf(0.0, 1.0)
    torch.nn.functional.trial_scaled(x, -1, scale=3).sum().backward()
    assert np.allclose(x.grad.numpy(), 3 * np.exp([0, 1]) + 2)


def test_kernels_receive_normalised_arguments_by_position() -> None:
    x = torch.zeros(2, 3, 4)
    torch.trial_kinds(x, -1, -1, [0, -2], torch.float64, flag=True)
    torch.trial_kinds(x, 1, 0)
    assert _LOG == [(2, 3, (0, 1), np.dtype("float64"), True), (1, 0, None, None, False)]
    with pytest.raises(IndexError, match=r"expected to be in range of \[-3, 2\], but got 3"):
        torch.trial_kinds(x, 3, 0)
    with pytest.raises(IndexError, match=r"\[-4, 3\], but got 4"):
        torch.trial_kinds(x, 0, 4)
    with pytest.raises(RuntimeError, match="appears multiple times"):
        torch.trial_kinds(x, 0, 0, (1, 1))
    with pytest.raises(TypeError, match=r"trial_kinds\(\): argument 'dim' must be int, not float"):
        torch.trial_kinds(x, 0.5, 0)


@pytest.mark.parametrize("arguments", [(2, 3), ((2, 3),), ([2, 3],), (torch.Size([2, 3]),), (torch.tensor(2), 3)])
def test_shapes_come_as_numbers_or_one_sequence(arguments: Any) -> None:
    assert torch.trial_shape(torch.zeros(1), *arguments).shape == (2, 3)
    assert torch.trial_ones(*arguments).shape == (2, 3)


def test_factories() -> None:
    assert torch.trial_ones(2).dtype is torch.float32
    made = torch.trial_ones((2,), dtype=torch.float64, requires_grad=True)
    assert (made.dtype, made.requires_grad, made.is_leaf) == (torch.float64, True, True)
    with pytest.raises(TypeError, match=r"'dtype' must be torch\.dtype, not str"):
        torch.trial_ones(2, dtype="float32")


def test_views_share_memory_version_and_history() -> None:
    base = torch.zeros(4)
    tail = base.trial_tail(2)
    tail.add_(1)
    assert base.tolist() == [0, 0, 1, 1]
    assert (base._version, tail._base) == (1, base)
    x = _leaf(1.0, 2.0, 3.0)
    y = x * 1
    y.trial_tail(1).mul_(5)
    y.sum().backward()
    assert x.grad.tolist() == [1, 5, 5]


def test_mutating_operators_count_as_writes() -> None:
    state = torch.zeros(2)
    assert torch.trial_count(state, 3) is None
    assert state.tolist() == [3, 3]
    assert state._version == 1
    x = _leaf(1.0, 2.0)
    y = x * 1
    z = (y * y).sum()
    torch.trial_count(y.detach(), 1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


def test_named_outputs() -> None:
    x = _leaf(1.0, 2.0, 3.0, 4.0)
    found = torch.trial_split(x)
    assert type(found).__name__ == "trial_split"
    assert (found.low.tolist(), found[1].tolist()) == ([1, 2], [3, 4])
    assert (found.low.requires_grad, found.high.requires_grad) == (True, False)
    found.low.sum().backward()
    assert x.grad.tolist() == [1, 1, 0, 0]


def test_joint_rule_over_a_sequence() -> None:
    a, b, weight = _leaf(1.0, 2.0), _leaf(3.0, 4.0), _leaf(2.0)
    torch.trial_join([a, b], weight).sum().backward()
    assert (a.grad.tolist(), b.grad.tolist(), weight.grad.tolist()) == ([2, 2], [2, 2], [10])
    torch.trial_join((a, torch.ones(2, dtype=torch.int64)), weight.detach()).sum().backward()
    assert a.grad.tolist() == [4, 4]
    with pytest.raises(TypeError, match=r"expected Tensor as element 1 .* trial_join\(\)|element 1"):
        torch.trial_join([a, 3], weight)


def test_checks() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        torch.trial_checked(torch.ones(2), torch.ones(3))
    assert _LOG == [("check", (2,))]
    with pytest.raises(TypeError, match="no float64"):
        torch.trial_checked(torch.ones(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64))
    _LOG.clear()
    assert torch.trial_late(torch.ones(2), torch.ones(2)).tolist() == [2, 2]
    assert not _LOG
    with pytest.raises(ValueError, match="explained afterwards"):
        torch.trial_late(torch.ones(2), torch.ones(3))


def test_operands_of_one_dtype() -> None:
    with pytest.raises(
        RuntimeError, match=r"trial_checked\(\): expected operands of the same dtype.*x\.to\(torch\.float32"
    ):
        torch.trial_checked(torch.ones(2), torch.ones(2, dtype=torch.float16))
    with pytest.raises(TypeError, match=r"trial_checked\(\): argument 'other' \(position 2\) must be Tensor, not int"):
        torch.trial_checked(torch.ones(2), 3)


def test_unpromoted_operands_keep_their_dtype() -> None:
    x = _leaf(1.0, 2.0)
    out = torch.trial_select(torch.tensor([True, False]), x, torch.zeros(2, dtype=torch.float64))
    assert out.dtype is torch.float64
    out.sum().backward()
    assert (x.grad.tolist(), x.grad.dtype) == ([1, 0], torch.float32)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda op: op.gradient(other=lambda grad: grad), "gradient for 'other', which is no tensor parameter"),
        (
            lambda op: op.gradient(input=lambda grad, nonsense: grad),
            "asks for 'nonsense'; known are grad, grads, needs",
        ),
        (lambda op: op.gradient(input=lambda grad, other_shape: grad), "asks for 'other_shape'"),
    ],
)
def test_wrong_rules_are_refused(declare: Any, message: str, trial: Any) -> None:
    @primitive
    def trial_wrong(input: Tensor) -> Tensor:
        """Its gradient is declared wrongly."""
        ...

    declare(trial_wrong)
    trial([trial_wrong])
    with pytest.raises(TypeError, match=message):
        torch.trial_wrong(torch.ones(2))


def test_an_operator_without_kernel_names_it_and_the_device(trial: Any) -> None:
    @primitive
    def trial_homeless(input: Tensor) -> Tensor:
        """No device has it."""
        ...

    trial([trial_homeless])
    with pytest.raises(NotImplementedError, match=r"trial_homeless.*cpu"):
        torch.trial_homeless(torch.ones(2))
