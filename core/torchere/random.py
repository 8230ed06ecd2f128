"""Random numbers: one Philox stream per device, and generators of one's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torchere.backend import backend_of
from torchere.devices import device as Device
from torchere.errors import ArgumentError

__all__ = [
    "Generator",
    "fork_rng",
    "generator_of",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
    "thread_safe_generator",
]

_MASK = (1 << 64) - 1


def _check_seed(value: Any) -> int:
    number = int(value)
    if not -(1 << 63) <= number < 1 << 64:
        raise ArgumentError(f"Overflow when unpacking long long: seed {number} is outside -2**63 … 2**64-1")
    return number & _MASK


class Generator:
    """A stream of random numbers on one device. Same seed, same numbers on the same device and version."""

    __slots__ = ("_seed", "device", "native")

    def __init__(self, device: Any = "cpu") -> None:
        self.device = Device(device)
        self._seed = 67280421310721
        self.native = backend_of(self.device.type).new_generator(self._seed, self.device.index)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of `seed` (any 64-bit number; negative ones wrap)."""
        self._seed = _check_seed(seed)
        self.native = backend_of(self.device.type).new_generator(self._seed, self.device.index)
        return self

    def seed(self) -> int:
        """Start at a seed drawn from the operating system, and return it."""
        import secrets

        self.manual_seed(secrets.randbits(63))
        return self._seed

    def initial_seed(self) -> int:
        """The seed the stream started at."""
        return self._seed

    def get_state(self) -> Any:
        """The whole state as a uint8 tensor."""
        return _state_tensor((self._seed, backend_of(self.device.type).generator_state(self.native)))

    def set_state(self, new_state: Any) -> Generator:
        """Continue from a state `get_state` returned. TypeError or RuntimeError for anything else."""
        self._seed, inner = _state_content(new_state)
        backend_of(self.device.type).set_generator_state(self.native, inner)
        return self

    def clone_state(self) -> Generator:
        """A generator that continues with the same numbers."""
        made = Generator(self.device)
        made.set_state(self.get_state())
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_generator, (self.device, self.get_state())

    def __repr__(self) -> str:
        return f"<torch.Generator on {self.device}>"


def _rebuild_generator(device: Any, state: Any) -> Generator:
    made = Generator(device)
    made.set_state(state)
    return made


def _encode(value: Any) -> Any:
    import numpy as np

    if isinstance(value, np.ndarray):
        return {"__array__": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, dict):
        return {name: _encode(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _decode(value: Any) -> Any:
    import numpy as np

    if isinstance(value, dict):
        if "__array__" in value:
            return np.array(value["__array__"], dtype=value["dtype"])
        return {name: _decode(item) for name, item in value.items()}
    return value


def _state_tensor(content: Any) -> Any:
    import json

    import numpy as np

    from torchere.creation import tensor

    text = json.dumps(_encode(content)).encode()
    # Of one length whatever the digits, so that states compare element by element, as PyTorch's do.
    text = text.ljust(-(-len(text) // 512) * 512)
    return tensor(np.frombuffer(text, dtype=np.uint8).copy(), device="cpu")


def _state_content(state: Any) -> Any:
    import json

    from torchere.dtypes import uint8
    from torchere.tensors.tensor import Tensor

    if not isinstance(state, Tensor) or state.dtype is not uint8:
        raise TypeError("expected a torch.ByteTensor, but got " + type(state).__name__)
    try:
        seed, inner = json.loads(bytes(state.cpu().numpy().tobytes()).decode())
        return seed, _decode(inner)
    except (ValueError, UnicodeDecodeError) as error:
        raise RuntimeError("RNG state is of wrong size or content: pass what get_rng_state() returned") from error


_defaults: dict[Device, Generator] = {}
_lock = threading.Lock()
_first_seed: list[int | None] = [None]


def generator_of(device: Any = "cpu") -> Generator:
    """The generator operators use when none is passed."""
    where = Device(device)
    found = _defaults.get(where)
    if found is None:
        with _lock:
            found = _defaults.get(where)
            if found is None:
                found = Generator(where)
                if _first_seed[0] is not None:
                    found.manual_seed(_first_seed[0])
                else:
                    found.seed()
                _defaults[where] = found
    return found


def __getattr__(name: str) -> Any:
    if name == "default_generator":  # the cpu's, made when first asked for
        return generator_of("cpu")
    raise AttributeError(f"module 'torchere.random' has no attribute '{name}'")


def manual_seed(seed: int) -> Generator:
    """Seed the default generators of all devices; returns that of the cpu."""
    _first_seed[0] = _check_seed(seed)
    for generator in list(_defaults.values()):
        generator.manual_seed(seed)
    return generator_of("cpu").manual_seed(seed)


def seed() -> int:
    """Seed all default generators from the operating system; returns the seed."""
    import secrets

    drawn = secrets.randbits(63)
    manual_seed(drawn)
    return drawn


def initial_seed() -> int:
    """The seed of the cpu's default generator."""
    return generator_of("cpu").initial_seed()


def get_rng_state() -> Any:
    """The state of the cpu's default generator as a uint8 tensor."""
    return generator_of("cpu").get_state()


def set_rng_state(new_state: Any) -> None:
    """Set the state of the cpu's default generator."""
    generator_of("cpu").set_state(new_state)


class _Worker(threading.local):
    """The generator of the data-loading worker that this thread is; None elsewhere."""

    generator: Generator | None = None


_worker = _Worker()


def thread_safe_generator() -> Generator | None:
    """The generator to draw from in a data-loading worker that is a thread; None where the default one is safe.

    Pass it on: ``torch.randint(10, (2,), generator=torch.thread_safe_generator())``.
    """
    return _worker.generator


@contextmanager
def fork_rng(
    devices: Sequence[Any] | None = None, enabled: bool = True, device_type: str = "cuda", **_: Any
) -> Iterator[None]:
    """Within the block random states change freely; afterwards they are as before (cpu and `devices`)."""
    if not enabled:
        yield
        return
    chosen = [Device("cpu")]
    if devices is None:
        chosen += [item for item in _defaults if item.type == device_type]
    else:
        chosen += [Device(device_type, item) if isinstance(item, int) else Device(item) for item in devices]
    states = [(item, generator_of(item).get_state()) for item in dict.fromkeys(chosen)]
    try:
        yield
    finally:
        for item, state in states:
            generator_of(item).set_state(state)
