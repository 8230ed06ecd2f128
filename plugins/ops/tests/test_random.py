"""Random operators: one stream, the same numbers for the same seed, generators apart from it."""

import pytest

import torchere as torch

DRAWS = [
    lambda generator: torch.rand(5, generator=generator),
    lambda generator: torch.randn(2000, generator=generator),
    lambda generator: torch.randint(100, (5,), generator=generator),
    lambda generator: torch.randperm(10, generator=generator),
    lambda generator: torch.normal(0.0, 1.0, (5,), generator=generator),
    lambda generator: torch.normal(torch.zeros(5), torch.ones(5), generator=generator),
    lambda generator: torch.bernoulli(torch.full((40,), 0.5), generator=generator),
    lambda generator: torch.multinomial(torch.ones(20), 5, generator=generator),
    lambda generator: torch.poisson(torch.full((20,), 5.0), generator=generator),
    lambda generator: torch.empty(5).uniform_(generator=generator),
    lambda generator: torch.empty(5).normal_(generator=generator),
    lambda generator: torch.empty(5).exponential_(generator=generator),
    lambda generator: torch.empty(5).random_(generator=generator),
    lambda generator: torch.empty(5).cauchy_(generator=generator),
    lambda generator: torch.empty(5).log_normal_(generator=generator),
    lambda generator: torch.empty(20).geometric_(0.3, generator=generator),
]


@pytest.mark.parametrize("draw", DRAWS)
def test_same_seed_same_numbers(draw):
    torch.manual_seed(7)
    first, second = draw(None), draw(None)
    torch.manual_seed(7)
    assert torch.equal(draw(None), first)
    assert torch.equal(draw(None), second)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("draw", DRAWS)
def test_a_generator_is_a_stream_of_its_own(draw):
    own = torch.Generator()
    own.manual_seed(7)
    torch.manual_seed(3)
    first = draw(own)
    ordinary = torch.rand(3)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(3), ordinary)  # the generator's draws left the common stream alone
    own.manual_seed(7)
    assert torch.equal(draw(own), first)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_narrow_uniform_numbers_stay_below_one(dtype):
    draws = torch.rand(50_000, dtype=dtype)
    assert draws.max() < 1
    assert draws.min() == 0
    assert abs(draws.float().mean().item() - 0.5) < 0.01


def test_uniform_over_a_range_wider_than_the_dtype():
    largest = torch.finfo(torch.float32).max
    draws = torch.empty(1000).uniform_(-largest, largest)
    assert torch.isfinite(draws).all()
    assert (draws < 0).any()
    assert (draws > 0).any()


def test_random_fills_what_the_dtype_holds():
    assert torch.empty(20_000, dtype=torch.uint8).random_().max() == 255
    assert set(torch.empty(100, dtype=torch.bool).random_().tolist()) == {False, True}
    assert torch.empty(1000).random_().max() <= 2**24


def test_probabilities_get_zero_gradient():
    p = torch.full((3,), 0.5, requires_grad=True)
    torch.bernoulli(p).sum().backward()
    assert p.grad.tolist() == [0, 0, 0]
    rate = torch.full((3,), 2.0, requires_grad=True)
    torch.poisson(rate).sum().backward()
    assert rate.grad.tolist() == [0, 0, 0]


def test_multinomial_frequencies_without_replacement():
    torch.manual_seed(0)
    weights = torch.tensor([1.0, 2.0, 3.0, 4.0]).expand(4000, 4)
    first = torch.multinomial(weights, 2)[:, 0]
    shares = torch.bincount(first, minlength=4).float() / 4000
    assert (shares - torch.tensor([0.1, 0.2, 0.3, 0.4])).abs().max() < 0.03
