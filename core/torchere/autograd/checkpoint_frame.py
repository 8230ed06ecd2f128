"""One checkpointed call: what it would have saved, and the recomputation that finds it again."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torchere.autograd.engine import in_backward, queue_callback
from torchere.autograd.graph import saved_tensors_hooks
from torchere.autograd.modes import enable_grad, state
from torchere.operators.interception import Call, intercepted
from torchere.random import generator_of
from torchere.tensors.tensor import Tensor

__all__ = ["CheckpointError", "Frame", "RandomState", "Settings"]


class CheckpointError(RuntimeError):
    """The recomputation differed from the first run."""


class Settings:
    """What blocks have set for the checkpoints in them; None leaves it to the arguments."""

    early_stop: bool | None = None
    debug: bool | None = None


class _Complete(Exception):
    """Raised within a recomputation that has found everything."""


class RandomState:
    """The random states of the cpu and of the arguments' devices; as a context it goes back to them for a while."""

    def __init__(self, arguments: Sequence[Any], preserve: bool) -> None:
        devices = {"cpu"} | {
            str(item.device) for item in arguments if isinstance(item, Tensor) and item.device.type != "meta"
        }
        self.states = [(name, generator_of(name).get_state()) for name in sorted(devices)] if preserve else []
        self.now: list[tuple[str, Any]] = []

    def __enter__(self) -> None:
        self.now = [(name, generator_of(name).get_state()) for name, _ in self.states]
        for name, value in self.states:
            generator_of(name).set_state(value)

    def __exit__(self, *_: object) -> None:
        for name, value in self.now:
            generator_of(name).set_state(value)


class _SavedArguments:
    """The arguments; tensors among them go through the saved-tensor hooks around the call, if there are any.

    So an inner checkpoint does not keep what an outer one will recompute.
    """

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        hooks = state.pack_hooks[-1] if state.pack_hooks else None
        self.unpack = None if hooks is None else hooks[1]
        self.args = tuple(self._save(item, hooks) for item in args)
        self.kwargs = {name: self._save(item, hooks) for name, item in kwargs.items()}

    @staticmethod
    def _save(item: Any, hooks: Any) -> tuple[bool, Any, Any]:
        if hooks is None or not isinstance(item, Tensor) or item._node is None:
            return False, item, None
        return True, hooks[0](item.detach()), item._requires_grad

    def _load(self, saved: tuple[bool, Any, Any]) -> Any:
        packed, content, requires_grad = saved
        if not packed:
            return content
        assert self.unpack is not None
        return self.unpack(content).detach().requires_grad_(requires_grad)

    def load(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments to run the function with."""
        kwargs = {name: self._load(saved) for name, saved in self.kwargs.items()}
        return tuple(self._load(saved) for saved in self.args), kwargs


class Frame:
    """What one checkpointed call saved: the places, and the recomputed tensors once backward needs one."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        preserve: bool,
        context: Any,
        early_stop: bool,
        compare: bool,
        debug: bool,
    ) -> None:
        self.function, self.context = function, context
        self.arguments = _SavedArguments(args, kwargs)
        self.random = RandomState([*args, *kwargs.values()], preserve)
        self.early_stop, self.compare, self.debug = early_stop, compare, debug
        self.saved: list[dict[str, Any]] = []
        #: Recomputed tensors by place; each is given away once, so that backward frees them as it goes.
        self.recomputed: dict[int, Tensor] = {}
        self.logs: dict[str, list[str]] = {}

    # -- the saved-tensor hooks of the first run ---------------------------------------------------------------------

    def pack(self, tensor: Tensor) -> int:
        """Note the tensor; only its number is kept."""
        self.saved.append(_metadata(tensor))
        return len(self.saved) - 1

    def unpack(self, place: int) -> Tensor:
        """The tensor with that number, recomputed together with all others unless that was done."""
        if place not in self.recomputed:
            self._recompute()
            if in_backward():
                queue_callback(self.recomputed.clear)
        return self.recomputed.pop(place)

    # -- the second run ----------------------------------------------------------------------------------------------

    def _recompute(self) -> None:
        again: list[Tensor] = []
        expected = len(self.saved)

        def keep(tensor: Tensor) -> int:
            again.append(tensor.detach())
            if self.early_stop and len(again) == expected:
                raise _Complete
            return len(again) - 1

        args, kwargs = self.arguments.load()
        try:
            with (
                self.random,
                enable_grad(),
                saved_tensors_hooks(keep, lambda place: again[place]),
                self.logging("recomputation"),
                self.context,
            ):
                self.function(*args, **kwargs)
        except _Complete:
            pass
        if len(again) != expected:
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {expected}\n"
                f"Number of tensors saved during recomputation: {len(again)}.{self._report()}"
            )
        if self.compare:
            self._compare(again)
        self.recomputed = dict(enumerate(again))

    def _compare(self, again: Sequence[Tensor]) -> None:
        lines = []
        for place, (before, tensor) in enumerate(zip(self.saved, again, strict=True)):
            now = _metadata(tensor)
            if now != before:
                lines.append(f"tensor at position {place}:\nsaved metadata: {before}\nrecomputed metadata: {now}")
        if lines:
            text = "\n".join(lines)
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than "
                f"during the forward pass.\n{text}{self._report()}"
            )

    # -- debugging ---------------------------------------------------------------------------------------------------

    @contextmanager
    def logging(self, run: str) -> Iterator[None]:
        """Within the block note every operator, if `debug` is on."""
        if not self.debug:
            yield
            return
        log = self.logs[run] = []

        def note(call: Call) -> Any:
            stack = traceback.extract_stack()
            lines = [f"    {item.filename}:{item.lineno}:{item.name}" for item in stack if _is_users(item.filename)]
            log.append("\n".join([call.op.name, *lines[-8:]]))
            return call.run()

        with intercepted(note):
            yield

    def _report(self) -> str:
        if not self.debug:
            return (
                "\n\nTip: To see a more detailed error message, either pass `debug=True` to "
                "`torch.utils.checkpoint.checkpoint(...)` or wrap the code block with "
                "`with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):`."
            )
        forward, again = (self.logs.get(run, []) for run in ("forward", "recomputation"))
        parts = [f"\n\nOperators of the {run}:\n" + "\n".join(self.logs.get(run, [])) for run in self.logs]
        for number, (one, other) in enumerate(zip(forward, again, strict=False)):
            if one.partition("\n")[0] != other.partition("\n")[0]:
                parts.append(
                    f"\n\nThey differ first at operator {number}: {one.partition(chr(10))[0]}, then "
                    f"{other.partition(chr(10))[0]}."
                )
                break
        return "".join(parts)


def _metadata(tensor: Tensor) -> dict[str, Any]:
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


def _is_users(filename: str) -> bool:
    return "<torchere" not in filename and "/torchere/" not in filename and "/torchere_" not in filename
