"""Selective checkpoints: what the policy keeps does not run again, and kept results are guarded."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from torchere.utils.checkpoint import CheckpointPolicy, checkpoint, create_selective_checkpoint_contexts

import torchere as torch
from torchere.operators.interception import Call, intercepted


def _work(x: Any, w: Any) -> Any:
    return ((x @ w).exp() @ w).sin()


EXPECTED = torch.full((3, 3), 0.1, requires_grad=True)
_work(torch.ones(2, 3), EXPECTED).sum().backward()


def _asked() -> tuple[list[Any], Any]:
    asked: list[Any] = []

    def policy(context: Any, op: Any, *args: Any) -> Any:
        asked.append((context.is_recompute, op, args, context.op_output))
        return op is torch.matmul

    return asked, policy


def test_the_policy_sees_operators_arguments_and_results() -> None:
    asked, policy = _asked()
    x, w = torch.ones(2, 3, requires_grad=True), torch.full((3, 3), 0.1, requires_grad=True)
    contexts = functools.partial(create_selective_checkpoint_contexts, policy)
    checkpoint(_work, x, w, use_reentrant=False, context_fn=contexts).sum().backward()
    assert torch.allclose(w.grad, EXPECTED.grad)
    assert [op.__name__ for _, op, _, _ in asked] == ["matmul", "exp", "matmul", "sin"]
    assert not any(again for again, _, _, _ in asked)
    _, _, (left, right), result = asked[0]
    assert torch.equal(left @ right, result)


@pytest.mark.parametrize(
    ("policy", "runs"),
    [
        ([torch.matmul], {"exp", "sin"}),
        (lambda *_: True, set()),
        (lambda *_: False, {"matmul", "exp", "sin"}),
        (lambda *_: CheckpointPolicy.MUST_CPU_OFFLOAD, set()),
        (lambda *_: CheckpointPolicy.PREFER_RECOMPUTE, {"matmul", "exp", "sin"}),
    ],
)
def test_only_the_rest_runs_again(policy: Any, runs: set[str]) -> None:
    kernels: list[str] = []

    def count(call: Call) -> Any:
        kernels.append(call.op.name)
        return call.run()

    x, w = torch.ones(2, 3, requires_grad=True), torch.full((3, 3), 0.1, requires_grad=True)
    contexts = functools.partial(create_selective_checkpoint_contexts, policy)
    y = checkpoint(_work, x, w, use_reentrant=False, context_fn=contexts, early_stop=False)
    with intercepted(count):  # around the contexts: sees what they let through
        y.sum().backward()
    counts = {name: kernels.count(name) for name in ("exp", "sin")}
    assert torch.allclose(w.grad, EXPECTED.grad)
    # exp and sin run nowhere in backward but in the recomputation.
    assert {name for name, count in counts.items() if count} == runs - {"matmul"}


def test_writing_to_a_kept_result_is_noticed() -> None:
    def work(t: Any) -> Any:
        y = t.exp()
        y.mul_(2)
        return y.sin()

    for allow in (False, True):
        x = torch.ones(2, requires_grad=True)
        contexts = functools.partial(
            create_selective_checkpoint_contexts, lambda *_: True, allow_cache_entry_mutation=allow
        )
        y = checkpoint(work, x, use_reentrant=False, context_fn=contexts)
        if allow:
            y.sum().backward()
        else:
            with pytest.raises(RuntimeError, match="has been mutated: the result of exp"):
                y.sum().backward()


def test_only_one_backward() -> None:
    x = torch.ones(2, requires_grad=True)
    contexts = functools.partial(create_selective_checkpoint_contexts, [torch.exp])
    y = checkpoint(lambda t: t.exp().sin(), x, use_reentrant=False, context_fn=contexts).sum()
    y.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="backward an extra time"):
        y.backward()


def test_wrong_policies() -> None:
    with pytest.raises(TypeError, match="either a function or a list"):
        create_selective_checkpoint_contexts(3)
    with pytest.raises(ValueError, match="Expected an operator in the list"):
        create_selective_checkpoint_contexts([len])
    contexts = functools.partial(create_selective_checkpoint_contexts, lambda *_: "keep")
    with pytest.raises(TypeError, match="must return a CheckpointPolicy"):
        checkpoint(torch.exp, torch.ones(2, requires_grad=True), use_reentrant=False, context_fn=contexts)


def test_interception_ends_with_its_block() -> None:
    seen: list[str] = []

    def note(call: Call) -> Any:
        seen.append(call.op.name)
        return call.run()

    x = torch.ones(2)
    x.exp()
    with intercepted(note), intercepted(note):
        x.exp()
        x.add_(1)
    x.exp()
    assert seen == ["exp", "exp", "add", "add"]
    assert torch.exp.operator.table[x._key][0].__name__ != "run"
