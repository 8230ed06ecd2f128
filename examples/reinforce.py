"""REINFORCE learns to balance a pole on a cart: the policy gradient from whole episodes, with a baseline.

Sixteen carts run at once. Actions are drawn by NumPy from the policy's probabilities; numbers are in double, so that
the same actions come up in every framework.

Source: R. J. Williams: Simple statistical gradient-following algorithms for connectionist reinforcement learning,
Machine Learning 8, 1992; A. G. Barto, R. S. Sutton, C. W. Anderson: Neuronlike adaptive elements that can solve
difficult learning control problems, IEEE SMC-13, 1983 (the cart).
"""

import math

import numpy as np
import torchere.nn as nn
from command_line import run
from numpy_randomness import initialise

import torchere as torch


class Carts:
    """Poles on carts, all stepped together: states (N, 4) are position, velocity, angle, angular velocity.

    A push to the left or right each 0.02 s; an episode ends when the pole leans by more than 12 degrees, the cart is
    2.4 m away, or after `limit` steps. Units are metres, seconds, radians, newtons and kilograms.
    """

    GRAVITY, CART, POLE, HALF_LENGTH, FORCE, STEP = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02

    def __init__(self, number: int, rng: np.random.Generator, limit: int = 200) -> None:
        self.number, self.rng, self.limit = number, rng, limit

    def reset(self) -> np.ndarray:
        """New episodes, nearly at rest."""
        self.state = self.rng.uniform(-0.05, 0.05, (self.number, 4))
        self.time = 0
        self.running = np.ones(self.number, dtype=bool)
        return self.state

    def step(self, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Push each cart; the new states, and who was still running when pushed."""
        _, speed, angle, spin = self.state.T
        mass = self.CART + self.POLE
        push = np.where(right, self.FORCE, -self.FORCE)
        pull = (push + self.POLE * self.HALF_LENGTH * spin**2 * np.sin(angle)) / mass
        turn = (self.GRAVITY * np.sin(angle) - np.cos(angle) * pull) / (
            self.HALF_LENGTH * (4 / 3 - self.POLE * np.cos(angle) ** 2 / mass)
        )
        gain = pull - self.POLE * self.HALF_LENGTH * turn * np.cos(angle) / mass
        self.state = self.state + self.STEP * np.stack([speed, gain, spin, turn], axis=1)
        self.time += 1
        ran = self.running
        upright = (np.abs(self.state[:, 0]) < 2.4) & (np.abs(self.state[:, 2]) < math.radians(12))
        self.running = ran & upright & (self.time < self.limit)
        return self.state, ran


class Policy(nn.Module):
    """States (…, 4) to the logarithms (…, 2) of the probabilities of left and right."""

    def __init__(self, hidden: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, hidden), nn.Tanh(), nn.Linear(hidden, 2), nn.LogSoftmax(dim=-1))

    def forward(self, states):
        return self.layers(states)


@torch.no_grad()
def play(policy, carts, rng, greedy=False):
    """One episode a cart: states (T, N, 4), actions (T, N), and who was running (T, N)."""
    states, actions, running = [], [], []
    state = carts.reset()
    while carts.running.any():
        probability = policy(torch.from_numpy(state))[:, 1].exp().numpy()
        action = probability > (0.5 if greedy else rng.random(len(probability)))
        states.append(state)
        actions.append(action)
        state, ran = carts.step(action)
        running.append(ran)
    arrays = np.stack(states), np.stack(actions).astype(np.int64), np.stack(running)
    return tuple(torch.from_numpy(array) for array in arrays)


def returns_of(running, discount=0.98):
    """What is still to come from each step on, a reward of one a step, discounted: (T, N)."""
    returns, rest = torch.zeros(running.shape, dtype=torch.float64), 0.0
    for step in reversed(range(len(running))):
        rest = running[step].double() + discount * rest
        returns[step] = rest
    return returns


def main(quick=False):
    """Learn from rounds of sixteen episodes; then how long the pole stays up, of 200 steps, acting greedily."""
    rng = np.random.default_rng(0)
    carts = Carts(16, rng)
    policy = initialise(Policy().double(), rng)
    optimizer = torch.optim.RMSprop(policy.parameters(), lr=5e-3)
    losses, lengths = [], []
    for number in range(10 if quick else 80):
        states, actions, running = play(policy, carts, rng)
        returns = returns_of(running)
        # The baseline: what carts still running at that step get in the mean.
        alive = running.sum(dim=1, keepdim=True).clamp(min=1)
        advantage = returns - (returns * running).sum(dim=1, keepdim=True) / alive
        advantage = advantage / advantage[running].std().clamp(min=1e-2)
        chosen = policy(states).gather(-1, actions.unsqueeze(-1)).squeeze(-1)
        loss = -(chosen * advantage)[running].mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(policy.parameters(), max_norm=1.0)
        optimizer.step()
        losses.append(loss.item())
        lengths.append(running.sum(dim=0).double().mean().item())
        if (number + 1) % 10 == 0:
            print(f"round {number + 1}: episodes of {lengths[-1]:.1f} steps")
    _, _, running = play(policy, Carts(32, rng), rng, greedy=True)
    return {"losses": losses, "lengths": lengths, "steps balanced": running.sum(dim=0).double().mean().item()}


if __name__ == "__main__":
    run(main)
