"""A pickle machine that runs no code of the file: it knows containers, numbers and texts, and a table of names.

Every other name is an error. `add_safe_globals` lets a program vouch for classes and functions of its own. Memory and
time stay proportional to the length of the pickle, whatever it holds. Opcodes: the module `pickletools` of Python.
"""

from __future__ import annotations

import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

from torchere.errors import FileFormatError

__all__ = [
    "Constructor",
    "RestrictedUnpickler",
    "UnsafeGlobalError",
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "safe_globals",
    "vouched_names",
]


class UnsafeGlobalError(FileFormatError, pickle.UnpicklingError):
    """A file names a class or function that loading does not allow."""


# --- what a program vouches for ----------------------------------------------------------------------------------

_vouched: dict[str, Any] = {}


def _full_name(value: Any) -> str:
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        raise TypeError(f"add_safe_globals: expected classes and functions, got {type(value).__name__}.")
    return f"{module}.{name}"


def add_safe_globals(safe_globals: Sequence[Any]) -> None:
    """Let `load` call these classes and functions when a file names them; a pair (object, "module.name") renames."""
    for item in safe_globals:
        value, name = item if isinstance(item, tuple) else (item, _full_name(item))
        _vouched[name] = value


def get_safe_globals() -> list[Any]:
    """What `add_safe_globals` was given."""
    return list(_vouched.values())


def clear_safe_globals() -> None:
    """Forget what `add_safe_globals` was given."""
    _vouched.clear()


def vouched_names() -> set[str]:
    """The names `add_safe_globals` allows."""
    return set(_vouched)


@contextmanager
def safe_globals(allowed: Sequence[Any]) -> Iterator[None]:
    """`add_safe_globals` for a ``with`` block."""
    before = dict(_vouched)
    add_safe_globals(allowed)
    try:
        yield
    finally:
        _vouched.clear()
        _vouched.update(before)


# --- the machine -------------------------------------------------------------------------------------------------


class Constructor:
    """A function that a pickle may call by a name of the table."""

    __slots__ = ("function", "name")

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name, self.function = name, function


#: Hashing a nested tuple recurses and takes as long as all that it reaches, so keys are small.
_MAX_KEY_PARTS: Final = 10_000
_MAX_KEY_DEPTH: Final = 100
_PLAIN_KEYS: Final = frozenset((str, int, float, bool, complex, bytes, type(None)))


def _check_key(key: Any) -> Any:
    """`key`, or ValueError if it cannot be hashed in bounded time."""
    if type(key) in _PLAIN_KEYS:
        return key
    parts, pending = 0, [(key, 0)]
    while pending:
        item, depth = pending.pop()
        parts += 1
        if parts > _MAX_KEY_PARTS or depth > _MAX_KEY_DEPTH:
            raise ValueError("a key of a dict or an item of a set is too large")
        if isinstance(item, (tuple, frozenset)):
            pending.extend((part, depth + 1) for part in item)
    return key


class RestrictedUnpickler:
    """Reads one pickle from a stream.

    `table` maps "module.name" to a `Constructor` or a plain value; `persistent_load` gets the persistent ids.
    `load` raises UnsafeGlobalError for other names and ValueError, TypeError, KeyError … for damaged pickles.
    """

    def __init__(
        self, stream: BinaryIO, name: str, table: dict[str, Any], persistent_load: Callable[[Any], Any]
    ) -> None:
        self._stream, self._name, self._table, self._persistent_load = stream, name, table, persistent_load
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def load(self) -> Any:
        """The object of the pickle; the stream then stands behind it."""
        for opcode, argument, _ in pickletools.genops(self._stream):
            step = _STEPS.get(opcode.name)
            if step is None:
                raise ValueError(f"the pickle uses {opcode.name}, which data files do not need")
            step(self, argument)
        (result,) = self._stack
        return result

    # --- the stack ---

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self._stack.append(value)

    def pop(self) -> Any:
        """Take the top value, which must lie above the last mark."""
        if self._marks and len(self._stack) <= self._marks[-1]:
            raise ValueError("the pickle takes a value below its mark")
        return self._stack.pop()

    def pop_mark(self) -> list[Any]:
        """Everything above the last mark."""
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def pops(self, count: int) -> tuple[Any, ...]:
        """The top `count` values in the order they were put there."""
        return tuple(reversed([self.pop() for _ in range(count)]))

    def do_pop(self, argument: Any) -> None:
        """Drop the top value, or an empty mark."""
        if self._marks and len(self._stack) == self._marks[-1]:
            self._marks.pop()
        else:
            self._stack.pop()

    def drop_to_mark(self, argument: Any) -> None:
        """Drop everything above the last mark."""
        self.pop_mark()

    def mark(self, argument: Any) -> None:
        """Remember this height of the stack."""
        self._marks.append(len(self._stack))

    def put(self, argument: Any) -> None:
        """Remember the top value under a number."""
        self._memo[int(argument)] = self._stack[-1]

    # --- containers ---

    def append(self, items: Sequence[Any]) -> None:
        """Add items to the list below them."""
        target = self._stack[-1]
        if not isinstance(target, list):
            raise ValueError(f"the pickle appends to a {type(target).__name__}")
        target.extend(items)

    def set_items(self, items: Sequence[Any]) -> None:
        """Add keys and values in turn to the dict below them."""
        target = self._stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise ValueError(f"the pickle sets {len(items)} keys and values of a {type(target).__name__}")
        for place in range(0, len(items), 2):
            target[_check_key(items[place])] = items[place + 1]

    def add_items(self, argument: Any) -> None:
        """Add items to the set below them."""
        items = self.pop_mark()
        target = self._stack[-1]
        if not isinstance(target, set):
            raise ValueError(f"the pickle adds to a {type(target).__name__}")
        target.update(map(_check_key, items))

    def make_dict(self, argument: Any) -> None:
        """A dict of everything above the mark."""
        items = self.pop_mark()
        self._stack.append({})
        self.set_items(items)

    # --- names and calls ---

    def find(self, module: Any, name: Any) -> None:
        """Put what a name stands for on the stack."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise ValueError("the name of a class is no text")
        if module == "__builtin__":  # Python 2, and every pickle of protocol 2
            module = "builtins"
        full = f"{module}.{name}"
        if full in self._table:
            self._stack.append(self._table[full])
        elif full in _vouched:
            self._stack.append(_vouched[full])
        else:
            raise UnsafeGlobalError(
                f"{self._name}: names {full!r:.200}, which may run code when loaded; loading allows tensors, "
                "containers and numbers alone. If you trust the file, vouch for the class before loading: "
                f"torch.serialization.add_safe_globals([{name:.80}]). Or store plain data, such as module.state_dict()."
            )

    def global_(self, argument: str) -> None:
        """GLOBAL: module and name in one text."""
        module, _, name = argument.partition(" ")
        self.find(module, name)

    def reduce(self, argument: Any) -> None:
        """Call a function of the table, or one a program vouched for."""
        function, args = self.pops(2)
        if not isinstance(args, tuple):
            raise ValueError("the pickle calls with no tuple of arguments")
        self._stack.append(self._call(function, args))

    def _call(self, function: Any, args: tuple[Any, ...]) -> Any:
        if isinstance(function, Constructor):
            return function.function(*args)
        if self._is_vouched(function):
            return function(*args)
        raise ValueError(f"the pickle calls a {type(function).__name__}")

    def _is_vouched(self, value: Any) -> bool:
        return any(value is known for known in _vouched.values())

    def new_object(self, argument: Any) -> None:
        """Make an object of a class a program vouched for, without calling ``__init__``."""
        kind, args = self.pops(2)
        self._new(kind, args, {})

    def new_object_with_keywords(self, argument: Any) -> None:
        """As `new_object`, with keyword arguments."""
        kind, args, keywords = self.pops(3)
        self._new(kind, args, keywords)

    def _new(self, kind: Any, args: Any, keywords: Any) -> None:
        if isinstance(kind, Constructor) and not keywords:
            self._stack.append(kind.function(*args))
        elif isinstance(kind, type) and self._is_vouched(kind):
            self._stack.append(kind.__new__(kind, *args, **keywords))
        else:
            raise ValueError(f"the pickle makes an object of a {type(kind).__name__}")

    def build(self, argument: Any) -> None:
        """Give an object its state."""
        state = self.pop()
        target = self._stack[-1]
        vouched = self._is_vouched(type(target))
        if vouched and hasattr(target, "__setstate__"):
            target.__setstate__(state)
            return
        stateful = getattr(target, "restore_state", None) if isinstance(target, Stateful) else None
        if stateful is not None:
            stateful(state)
            return
        if not vouched and type(target) is not OrderedDict:
            raise ValueError(f"the pickle gives state to a {type(target).__name__}")
        slots: Any = {}
        if vouched and isinstance(state, tuple) and len(state) == 2:
            state, slots = state
        if not isinstance(state or {}, dict) or not isinstance(slots or {}, dict):
            raise ValueError("the state of an object is no dict")
        for name, value in (state or {}).items():
            # An attribute must not hide a method.
            if not isinstance(name, str) or (not vouched and hasattr(type(target), name)):
                raise ValueError(f"the pickle sets the attribute {name!r:.80}")
            target.__dict__[name] = value
        for name, value in (slots or {}).items():
            setattr(target, name, value)

    def persistent(self, argument: Any) -> None:
        """What lies elsewhere in the file."""
        self._stack.append(self._persistent_load(argument))

    def frozen_set(self, argument: Any) -> None:
        """A frozenset of everything above the mark."""
        items = self.pop_mark()
        self._stack.append(frozenset(map(_check_key, items)))


class Stateful:
    """A value that takes its state by ``restore_state(state)``."""

    __slots__ = ()

    def restore_state(self, state: Any) -> None:
        """Take the state a pickle gives."""
        raise NotImplementedError


_Step = Callable[[RestrictedUnpickler, Any], None]


def _constant(value: Any) -> _Step:
    return lambda machine, argument: machine.push(value)


def _push(machine: RestrictedUnpickler, argument: Any) -> None:
    machine._stack.append(argument)


def _nothing(machine: RestrictedUnpickler, argument: Any) -> None:
    return None


def _tuple_of(count: int) -> _Step:
    return lambda machine, argument: machine.push(machine.pops(count))


def _get(machine: RestrictedUnpickler, argument: Any) -> None:
    machine._stack.append(machine._memo[int(argument)])


_STEPS: Final[dict[str, _Step]] = {
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), _nothing),
    **dict.fromkeys(
        (
            "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "STRING", "BINSTRING", "SHORT_BINSTRING",
            "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE",
            "BINUNICODE8", "FLOAT", "BINFLOAT",
        ),
        _push,
    ),
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "EMPTY_TUPLE": _constant(()),
    "EMPTY_LIST": lambda machine, argument: machine.push([]),
    "EMPTY_DICT": lambda machine, argument: machine.push({}),
    "EMPTY_SET": lambda machine, argument: machine.push(set()),
    "LIST": lambda machine, argument: machine.push(machine.pop_mark()),
    "TUPLE": lambda machine, argument: machine.push(tuple(machine.pop_mark())),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "DICT": RestrictedUnpickler.make_dict,
    "FROZENSET": RestrictedUnpickler.frozen_set,
    "APPEND": lambda machine, argument: machine.append((machine.pop(),)),
    "APPENDS": lambda machine, argument: machine.append(machine.pop_mark()),
    "SETITEM": lambda machine, argument: machine.set_items(machine.pops(2)),
    "SETITEMS": lambda machine, argument: machine.set_items(machine.pop_mark()),
    "ADDITEMS": RestrictedUnpickler.add_items,
    "POP": RestrictedUnpickler.do_pop,
    "POP_MARK": RestrictedUnpickler.drop_to_mark,
    "DUP": lambda machine, argument: machine.push(machine._stack[-1]),
    "MARK": RestrictedUnpickler.mark,
    "GET": _get,
    "BINGET": _get,
    "LONG_BINGET": _get,
    "PUT": RestrictedUnpickler.put,
    "BINPUT": RestrictedUnpickler.put,
    "LONG_BINPUT": RestrictedUnpickler.put,
    "MEMOIZE": lambda machine, argument: machine.put(len(machine._memo)),
    "GLOBAL": RestrictedUnpickler.global_,
    "STACK_GLOBAL": lambda machine, argument: machine.find(*machine.pops(2)),
    "REDUCE": RestrictedUnpickler.reduce,
    "NEWOBJ": RestrictedUnpickler.new_object,
    "NEWOBJ_EX": RestrictedUnpickler.new_object_with_keywords,
    "BUILD": RestrictedUnpickler.build,
    "PERSID": RestrictedUnpickler.persistent,
    "BINPERSID": lambda machine, argument: machine.persistent(machine.pop()),
}  # fmt: skip
