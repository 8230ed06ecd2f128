"""PyTorch's aliasing and geometry on arrays that know neither."""

import pytest

import torchere as torch


def arange(*shape, device):
    return torch.arange(float(torch.Size(shape).numel()), device=device).reshape(shape)


VIEWS = {
    "slice": lambda x: x[1:, ::2],
    "integer": lambda x: x[1],
    "transposed": lambda x: x.t(),
    "diagonal": lambda x: x.diagonal(1),
    "windows": lambda x: x.unfold(1, 2, 2),
    "reshaped": lambda x: x.view(2, 6),
    "strided": lambda x: x.as_strided((2, 2), (5, 1), 1),
    "nested": lambda x: x.t()[1:][:, 1].view(3, 1),
}


OFFSETS = dict.fromkeys(VIEWS, 0) | {"slice": 4, "integer": 4, "diagonal": 1, "strided": 1, "nested": 5}


@pytest.mark.parametrize("name", VIEWS)
def test_writes_reach_every_view(name, device):
    here, there = arange(3, 4, device="cpu"), arange(3, 4, device=device)
    for x in (here, there):
        view = VIEWS[name](x)
        other = x.view(-1)
        view.mul_(10).add_(1)
        x[2, 3] = -5
        assert other[-1].item() == -5
        x.sub_(0.5)
        view[...] = view + 100
    assert there.tolist() == here.tolist()
    assert VIEWS[name](there).tolist() == VIEWS[name](here).tolist()
    assert VIEWS[name](there).stride() == VIEWS[name](here).stride()
    assert VIEWS[name](there).storage_offset() == OFFSETS[name]
    assert VIEWS[name](there).is_contiguous() == VIEWS[name](here).is_contiguous()


def test_windows_that_overlap(device):
    x = arange(6, device=device)
    windows = x.unfold(0, 3, 1)
    x[2] = 50.0
    assert windows[:, 0].tolist() == [0, 1, 50, 3]
    assert windows[0].tolist() == [0, 1, 50]


def test_expanded_tensors_repeat_one_element(device):
    x = torch.ones(3, 1, device=device)
    wide = x.expand(3, 4)
    assert wide.stride() == (1, 0)
    x[1] = 7
    assert wide[1].tolist() == [7, 7, 7, 7]
    with pytest.raises(RuntimeError, match="single memory location"):
        wide.add_(1)


def test_clone_and_detach(device):
    x = arange(2, 3, device=device)
    clone, alias = x.clone(), x.detach()
    x.zero_()
    assert clone.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert alias.sum().item() == 0


def test_incompatible_views_say_so(device):
    x = arange(3, 4, device=device)
    with pytest.raises(RuntimeError, match=r"view size is not compatible .* Use \.reshape"):
        x.t().view(12)
    with pytest.raises(RuntimeError, match="out of bounds for storage of size 48"):
        x.as_strided((4, 4), (4, 1))
    assert x.t().reshape(12).tolist()[:3] == [0, 4, 8]


def test_complex_parts_are_views(device):
    z = torch.tensor([1 + 2j, 3 - 4j]).to(device)
    z.real[0] = 10
    z.imag.mul_(2)
    assert z.tolist() == [10 + 4j, 3 - 8j]
    torch.view_as_real(z)[1, 1] = 0
    assert z[1].item() == 3
    pairs = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).to(device)
    torch.view_as_complex(pairs)[0] = 5j
    assert pairs.tolist() == [[0, 5], [3, 4]]


def test_bytes_are_views(device):
    x = torch.ones(2, device=device)
    x.view(torch.int32)[0] = 0
    assert x.tolist() == [0, 1]
    assert x.view(torch.uint8).shape == (8,)


def test_channels_last(device):
    x = torch.zeros(2, 3, 4, 5, device=device).contiguous(memory_format=torch.channels_last)
    assert x.stride() == (60, 1, 15, 3)
    assert x.clone().stride() == (60, 1, 15, 3)


def test_gradients_through_writes_into_views(device):
    x = torch.ones(3, device=device, requires_grad=True)
    y = x * 2
    y[1:].mul_(3)
    y.sum().backward()
    assert x.grad.tolist() == [2, 6, 6]
