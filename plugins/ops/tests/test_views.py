"""Views: which share memory, through what memory they reach, what writing through them does."""

import pytest

import torchere as torch


def grid(*shape):
    count = 1
    for size in shape:
        count *= size
    return torch.arange(count, dtype=torch.float32).reshape(shape)


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.reshape(6, 4),
        lambda x: x.view(-1),
        lambda x: x.flatten(),
        lambda x: x.unflatten(2, (2, 2)),
        lambda x: x.unsqueeze(1),
        lambda x: x.squeeze(),
        lambda x: x.transpose(0, 2),
        lambda x: x.permute(2, 0, 1),
        lambda x: x.movedim(0, 1),
        lambda x: x.select(0, 1),
        lambda x: x.narrow(1, 1, 2),
        lambda x: x.diagonal(0, 1, 2),
        lambda x: x.unfold(2, 2, 1),
        lambda x: x.split(1)[1],
        lambda x: x.chunk(2, 2)[1],
        lambda x: x.tensor_split(3, 1)[2],
        lambda x: x.unbind(1)[0],
        lambda x: x[1:, ..., ::2],
        lambda x: x.as_strided((2, 2), (4, 1), 3),
        lambda x: x.view(torch.int32),
        lambda x: x.expand(2, 3, 4),
        lambda x: torch.atleast_3d(x),
    ],
)
def test_views_share_memory(view):
    x = grid(2, 3, 4)
    part = view(x)
    before = part.clone()
    x.add_(1)
    assert not torch.equal(part, before)
    assert part.view(torch.int32).shape == part.shape


@pytest.mark.parametrize(
    "copy",
    [
        lambda x: x.t().reshape(-1),
        lambda x: x.repeat(1, 1),
        lambda x: x.flip(0),
        lambda x: x.roll(1),
        lambda x: x.diag(),
        lambda x: x.rot90(0),
        lambda x: x.clone(),
        lambda x: x.t().contiguous(),
        lambda x: torch.cat([x]),
        lambda x: x.index_select(0, torch.tensor([0, 1])),
        lambda x: x[torch.tensor([0, 1])],
        lambda x: x[torch.tensor(1)].clone(),
    ],
)
def test_copies_do_not(copy):
    x = grid(3, 3)
    part = copy(x)
    before = part.clone()
    x.add_(1)
    assert torch.equal(part, before)


def test_contiguous_and_flatten_return_the_tensor_itself():
    x = grid(4)
    assert x.contiguous() is x
    assert x.flatten() is x


def test_as_strided_counts_from_the_start_of_the_storage():
    x = grid(3, 4)
    assert x[1:].as_strided((2, 2), (4, 1), 1).tolist() == [[1, 2], [5, 6]]
    assert x[1:].as_strided((2, 2), (4, 1)).tolist() == [[4, 5], [8, 9]]
    assert x.t().as_strided((2, 3), (1, 4)).tolist() == [[0, 4, 8], [1, 5, 9]]
    assert x[:, 1:3].as_strided((3,), (5,), 0).tolist() == [0, 5, 10]
    bits = x.view(torch.int16)  # half as wide: twice as many
    assert bits[1:].as_strided((2,), (2,), 1).tolist() == bits[0, 1:5:2].tolist()


def test_writing_through_as_strided_keeps_the_graph():
    x = grid(2, 3).requires_grad_()
    y = x.clone()
    y.as_strided((2,), (3,), 1).mul_(3)
    y.sum().backward()
    assert x.grad.tolist() == [[1, 3, 1], [1, 3, 1]]


def test_view_of_a_transpose_says_to_reshape():
    with pytest.raises(RuntimeError, match=r"view size is not compatible .* Use .reshape"):
        grid(2, 3).t().view(6)


def test_writing_through_an_expanded_tensor_is_refused():
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        grid(3, 1).expand(3, 4).add_(1)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2, torch.bool, torch.complex64])
def test_strided_views_of_every_kind_of_dtype(dtype):
    x = torch.ones(4, 4).to(dtype)
    for part in (x.unfold(0, 2, 1), x.as_strided((2, 2), (1, 4)), x.t().expand(2, 4, 4), x.diagonal()):
        assert part.dtype is dtype
        assert part.float().sum() == part.numel() if dtype is not torch.complex64 else True


def test_like_factories_keep_the_order_of_axes():
    x = torch.empty(2, 3, 4).permute(2, 0, 1)
    assert torch.zeros_like(x).stride() == x.stride()
    assert torch.ones_like(x, memory_format=torch.contiguous_format).is_contiguous()
    image = torch.empty(2, 3, 4, 5, memory_format=torch.channels_last)
    assert torch.empty_like(image).stride() == image.stride() == (60, 1, 15, 3)


def test_in_place_scatter_into_a_view():
    x = torch.zeros(3, 4)
    x[:, 1:3].scatter_(1, torch.tensor([[0], [1], [0]]), 5.0)
    assert x.tolist() == [[0, 5, 0, 0], [0, 0, 5, 0], [0, 5, 0, 0]]
    x.t().index_put_((torch.tensor([0, 0]),), torch.tensor([1.0, 2.0, 3.0]), accumulate=True)
    assert x[:, 0].tolist() == [2, 4, 6]
