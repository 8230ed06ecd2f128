"""Steps of optimizers as operators that change parameters and state in place, one tensor at a time.

Each body is the step in in-place tensor operators, which is what devices without a kernel run (under no_grad).
A kernel writes into the arrays of the tensors named in ``mutates`` and returns None.
"""

from __future__ import annotations

from torchere import Tensor
from torchere.operators import operator

__all__ = ["fused_adam_", "fused_sgd_"]


@operator(namespace=(), mutates=("param", "momentum_buffer"))
def fused_sgd_(
    param: Tensor,
    grad: Tensor,
    momentum_buffer: Tensor | None,
    lr: float,
    weight_decay: float,
    momentum: float,
    dampening: float,
    nesterov: bool,
    maximize: bool,
    first_step: bool,
) -> None:
    """One step of stochastic gradient descent on `param`.

    ``g = grad + weight_decay * param`` (``-grad`` with `maximize`); with `momentum` the buffer becomes
    ``momentum * buffer + (1 - dampening) * g`` (just ``g`` on the `first_step`) and replaces ``g``, or is added to it
    ``momentum`` times (`nesterov`); then ``param -= lr * g``. All tensors have the shape of `param`; the buffer is None
    without momentum. Source: Sutskever et al., ICML 2013, in PyTorch's formulation.
    """
    step = -grad if maximize else grad
    if weight_decay:
        step = step + param * weight_decay
    if momentum_buffer is not None:
        if first_step:
            momentum_buffer.copy_(step)
        else:
            momentum_buffer.mul_(momentum).add_(step * (1 - dampening))
        step = step + momentum_buffer * momentum if nesterov else momentum_buffer
    param.sub_(step * lr)


@operator(namespace=(), mutates=("param", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"))
def fused_adam_(
    param: Tensor,
    grad: Tensor,
    exp_avg: Tensor,
    exp_avg_sq: Tensor,
    max_exp_avg_sq: Tensor | None,
    step: float,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    amsgrad: bool,
    maximize: bool,
    decoupled: bool,
) -> None:
    """One step of Adam on `param`; AdamW with `decoupled` weight decay. `step` counts from 1 and includes this one.

    ``m = beta1 m + (1 - beta1) g``; ``v = beta2 v + (1 - beta2) g conj(g)``; ``param -= lr m / (1 - beta1 ** step) /
    (sqrt(v / (1 - beta2 ** step)) + eps)``, where `amsgrad` takes the largest ``v`` so far. Weight decay is added to
    the gradient, or shrinks the parameter by ``lr * weight_decay`` first (`decoupled`). All tensors have the shape of
    `param`. Complex parameters are passed as views of their real and imaginary parts.
    Sources: Kingma and Ba, arXiv:1412.6980, algorithm 1; Loshchilov and Hutter, arXiv:1711.05101; Reddi et al.,
    arXiv:1904.09237.
    """
    g = -grad if maximize else grad
    if weight_decay:
        if decoupled:
            param.mul_(1 - lr * weight_decay)
        else:
            g = g + param * weight_decay
    exp_avg.mul_(beta1).add_(g * (1 - beta1))
    exp_avg_sq.mul_(beta2).add_(g * g * (1 - beta2))
    second = exp_avg_sq
    if amsgrad and max_exp_avg_sq is not None:
        max_exp_avg_sq.copy_(max_exp_avg_sq.maximum(exp_avg_sq))
        second = max_exp_avg_sq
    denominator = second.sqrt() / (1 - beta2**step) ** 0.5 + eps
    param.sub_(exp_avg / denominator * (lr / (1 - beta1**step)))
