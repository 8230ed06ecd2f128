"""Modes as contexts and decorators, per thread; gradcheck and the errors it finds."""

from typing import Any


def modes(torch):
    found = []

    @torch.no_grad()
    def off():
        return torch.is_grad_enabled()

    @torch.no_grad
    def off_without_parentheses():
        return torch.is_grad_enabled()

    @torch.enable_grad()
    def on():
        return torch.is_grad_enabled()

    @torch.no_grad()
    def generator():
        received = yield torch.is_grad_enabled()
        yield torch.is_grad_enabled(), received

    @torch.inference_mode()
    def inference():
        return torch.is_inference_mode_enabled(), torch.is_grad_enabled()

    with torch.no_grad():
        found.append(on())
        with torch.enable_grad():
            found.append(torch.is_grad_enabled())
        found.append(torch.is_grad_enabled())
        with torch.set_grad_enabled(True):
            found.append(torch.is_grad_enabled())
    run = generator()
    found += [off(), off_without_parentheses(), next(run), torch.is_grad_enabled(), run.send(5), inference()]
    torch.set_grad_enabled(False)
    found.append(torch.is_grad_enabled())
    torch.set_grad_enabled(True)
    with torch.inference_mode(False):
        found.append(torch.is_inference_mode_enabled())
    return found, torch.is_grad_enabled()


def mode_left_by_an_exception(torch):
    try:
        with torch.no_grad():
            raise KeyError
    except KeyError:
        pass
    return torch.is_grad_enabled()


def set_grad_enabled_as_decorator(torch):
    @torch.set_grad_enabled(False)
    def off():
        return torch.is_grad_enabled()

    return torch.is_grad_enabled(), off(), torch.is_grad_enabled()


def generator_closed_in_its_mode(torch):
    seen = []

    @torch.no_grad()
    def generator():
        try:
            yield 1
        finally:
            seen.append(torch.is_grad_enabled())

    run = generator()
    next(run)
    run.close()
    return seen


def generator_receives_exceptions(torch):
    @torch.no_grad()
    def generator():
        try:
            yield 1
        except ValueError:
            yield torch.is_grad_enabled()

    run = generator()
    next(run)
    return run.throw(ValueError()), torch.is_grad_enabled()


def class_in_a_mode(torch):
    seen = []

    @torch.no_grad()
    class Thing:
        def __init__(self):
            seen.append(torch.is_grad_enabled())

    Thing()
    return seen


def modes_are_per_thread(torch):
    import threading

    seen = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(torch.is_grad_enabled()))
        thread.start()
        thread.join()
    return seen


def gradcheck(torch):
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    z = torch.tensor([0.3 + 1j, 0.7 - 0.5j], dtype=torch.complex128, requires_grad=True)
    check, again = torch.autograd.gradcheck, torch.autograd.gradgradcheck
    return check(torch.sin, x), again(torch.sin, x), check(lambda t: t * t, z), check(torch.abs, z), again(torch.exp, z)


def _planted(torch: Any, backward: Any) -> Any:
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * a

    members = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type("Planted", (torch.autograd.Function,), members).apply


def gradcheck_finds_wrong_gradient(torch):
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    torch.autograd.gradcheck(_planted(torch, lambda ctx, g: g * ctx.saved_tensors[0]), x)


def gradcheck_finds_missing_conjugate(torch):
    z = torch.tensor([0.3 + 1j], dtype=torch.complex128, requires_grad=True)
    torch.autograd.gradcheck(_planted(torch, lambda ctx, g: 2 * g * ctx.saved_tensors[0]), z)


def gradcheck_returns_false(torch):
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    wrong = _planted(torch, lambda ctx, g: g * ctx.saved_tensors[0])
    return torch.autograd.gradcheck(wrong, x, raise_exception=False)


def gradgradcheck_finds_wrong_second_derivative(torch):
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    torch.autograd.gradgradcheck(_planted(torch, lambda ctx, g: 2 * g * ctx.saved_tensors[0].detach()), x)


def gradcheck_without_gradients(torch):
    torch.autograd.gradcheck(torch.sin, torch.ones(2, dtype=torch.float64))


def gradcheck_finds_nondeterminism(torch):
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    count = [0]

    def backward(ctx, g):
        count[0] += 1
        return 2 * g * ctx.saved_tensors[0] + 1e-9 * count[0]

    torch.autograd.gradcheck(_planted(torch, backward), x)
