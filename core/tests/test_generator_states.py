"""States of generators as tensors."""

import torchere as torch


def test_states_have_one_length() -> None:
    states = []
    for seed in (0, 7, 2**63 - 1):
        torch.manual_seed(seed)
        torch.rand(seed % 11)
        states.append(torch.get_rng_state())
    assert len({state.shape for state in states}) == 1
    assert not bool((states[0] == states[1]).all())
    torch.set_rng_state(states[1])
    assert torch.equal(torch.get_rng_state(), states[1])
