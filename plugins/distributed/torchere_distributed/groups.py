"""The default process group, groups within it, and which rank is who."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from .process_group import ProcessGroup
from .rendezvous import rendezvous
from .stores import PrefixStore, Store

__all__ = [
    "Backend", "GroupMember", "destroy_process_group", "get_backend", "get_global_rank", "get_group_rank",
    "get_process_group_ranks", "get_rank", "get_world_size", "group", "init_process_group", "is_available",
    "is_backend_available", "is_gloo_available", "is_initialized", "is_mpi_available", "is_nccl_available",
    "is_torchelastic_launched", "is_ucc_available", "is_xccl_available", "new_group", "new_subgroups",
    "new_subgroups_by_enumeration", "require_group",
]  # fmt: skip

#: How long operations wait for the other processes unless ``timeout`` says otherwise.
DEFAULT_TIMEOUT = timedelta(minutes=30)
_NOT_INITIALIZED = "Default process group has not been initialized, please make sure to call init_process_group."


class Backend(str):
    """The name of a backend, in lower case. There is one: ``gloo``, here TCP sockets between NumPy arrays."""

    UNDEFINED = "undefined"
    GLOO = "gloo"
    NCCL = "nccl"
    MPI = "mpi"
    backend_list = ("undefined", "gloo")

    def __new__(cls, name: str) -> Backend:
        """Raises ValueError if ``name`` is no string."""
        if not isinstance(name, str):
            raise ValueError(f"Backend constructor parameter must be string, and got {type(name).__name__}")
        return super().__new__(cls, name.lower())


class GroupMember:
    """``WORLD``: the default group, None before ``init_process_group``. ``NON_GROUP_MEMBER``: a group without me."""

    WORLD: ProcessGroup | None = None
    NON_GROUP_MEMBER = -100


class _GroupMeta(type):
    @property
    def WORLD(cls) -> ProcessGroup | None:
        """The default group."""
        return GroupMember.WORLD


class group(metaclass=_GroupMeta):
    """``group.WORLD`` is the default process group, None before ``init_process_group``."""


_groups: list[ProcessGroup] = []
_store: Store | None = None
_made = 0


def is_available() -> bool:
    """Whether this package works here: always."""
    return True


def is_initialized() -> bool:
    """Whether there is a default process group."""
    return GroupMember.WORLD is not None


def is_gloo_available() -> bool:
    """True: the backend of that name is torchere's own."""
    return True


def is_nccl_available() -> bool:
    """False."""
    return False


def is_mpi_available() -> bool:
    """False."""
    return False


def is_ucc_available() -> bool:
    """False."""
    return False


def is_xccl_available() -> bool:
    """False."""
    return False


def is_backend_available(backend: str) -> bool:
    """Whether ``backend`` can be given to ``init_process_group``."""
    return backend.lower() == "gloo"


def is_torchelastic_launched() -> bool:
    """Whether an agent such as torchrun has started this process."""
    return os.environ.get("TORCHELASTIC_RUN_ID") is not None


def _check_backend(backend: str | None) -> str:
    """Raises ValueError for a backend that is not there."""
    name = Backend("gloo" if backend is None else backend)
    served = {part.rpartition(":")[2] for part in name.split(",")}  # "cpu:gloo,cuda:gloo" is PyTorch's long form
    if served != {"gloo"}:
        raise ValueError(
            f"init_process_group: there is no backend {backend!r}. torchere has 'gloo', which serves all devices by "
            "way of the CPU."
        )
    return "gloo"


def _check_timeout(timeout: Any) -> timedelta:
    if timeout is None:
        return DEFAULT_TIMEOUT
    if not isinstance(timeout, timedelta):
        raise TypeError(f"Expected timeout argument to be of type datetime.timedelta, got {timeout!r}")
    return timeout


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: timedelta | None = None,
    world_size: int = -1,
    rank: int = -1,
    store: Store | None = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> None:
    """Make the default process group: every one of ``world_size`` processes calls this with its own ``rank``.

    They find each other through ``store``, or through ``init_method``: ``env://`` (the default; the variables
    RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT), ``tcp://host:port`` of rank 0, or ``file:///path`` of a new file.
    ``timeout`` (30 minutes) bounds this call and every later operation. ``pg_options`` and ``device_id`` are accepted.

    Raises ValueError for a second call, an unknown backend or something missing; DistStoreError or DistNetworkError if
    not all processes come.
    """
    global _store
    if GroupMember.WORLD is not None:
        raise ValueError("trying to initialize the default process group twice!")
    kind = _check_backend(backend)
    limit = _check_timeout(timeout)
    if store is not None:
        if init_method is not None:
            raise AssertionError("Cannot specify both init_method and store.")
        if world_size <= 0:
            raise AssertionError("world_size must be positive if using store")
        if rank < 0:
            raise AssertionError("rank must be non-negative if using store")
    else:
        store, rank, world_size = rendezvous(init_method or "env://", rank, world_size, limit)
        store.set_timeout(limit)
    if not 0 <= rank < world_size:
        raise ValueError(f"init_process_group: rank {rank} is not within 0..{world_size - 1} (world_size {world_size})")
    _store = store
    name = group_name or "0"
    world = ProcessGroup(
        PrefixStore(f"default_pg/{name}", store), range(world_size), rank, limit.total_seconds(), name, kind
    )
    world.group_desc = "default_pg"
    GroupMember.WORLD = world
    _groups.append(world)


def destroy_process_group(group: Any = None) -> None:
    """Leave ``group``; without one, all groups. Operations called before are finished first.

    Raises AssertionError without a default group, ValueError for a group that is not there (any more).
    """
    global _store, _made
    if group == GroupMember.NON_GROUP_MEMBER:
        return
    chosen = GroupMember.WORLD if group is None else group
    if chosen is None:
        raise AssertionError("Process group cannot be None")
    if chosen not in _groups:
        raise ValueError("Invalid process group specified")
    if chosen is GroupMember.WORLD:
        for each in reversed(_groups):
            each.close()
        _groups.clear()
        GroupMember.WORLD = _store = None
        _made = 0
    else:
        chosen.close()
        _groups.remove(chosen)


def require_group(group: Any = None) -> ProcessGroup:
    """``group``, by default the world. Raises ValueError before ``init_process_group``."""
    if group is None:
        if GroupMember.WORLD is None:
            raise ValueError(_NOT_INITIALIZED)
        return GroupMember.WORLD
    if not isinstance(group, ProcessGroup):
        raise ValueError(f"Invalid process group specified: {group!r}")
    return group


def is_outsider(group: Any) -> bool:
    """Whether this process is no member of ``group``; then operations do nothing, with a warning."""
    return group is not None and not isinstance(group, ProcessGroup) and group == GroupMember.NON_GROUP_MEMBER


def warn_outsider(name: str) -> None:
    """Say that an operation does nothing here."""
    rank = -1 if GroupMember.WORLD is None else GroupMember.WORLD.rank()
    warnings.warn(f"Running {name} on global rank {rank} which does not belong to the given group.", stacklevel=3)


def get_rank(group: Any = None) -> int:
    """This process's place in ``group``; -1 if it is no member."""
    return -1 if is_outsider(group) else require_group(group).rank()


def get_world_size(group: Any = None) -> int:
    """How many processes ``group`` has; -1 if this one is no member."""
    return -1 if is_outsider(group) else require_group(group).size()


def get_backend(group: Any = None) -> Backend:
    """The backend of ``group``. Raises ValueError if this process is no member."""
    if is_outsider(group):
        raise ValueError("Invalid process group specified")
    return Backend(require_group(group).backend)


def get_process_group_ranks(group: Any = None) -> list[int]:
    """The global ranks of ``group``, in its order."""
    return list(require_group(group).ranks)


def get_group_rank(group: Any, global_rank: int) -> int:
    """The place in ``group`` of a global rank. Raises ValueError if it is no member."""
    if group is GroupMember.WORLD and group is not None:
        return global_rank
    ranks = require_group(group).ranks
    if global_rank not in ranks:
        raise ValueError(f"Global rank {global_rank} is not part of group {group}")
    return ranks.index(global_rank)


def get_global_rank(group: Any, group_rank: int) -> int:
    """The global rank of a place in ``group``. Raises ValueError if it has none."""
    ranks = require_group(group).ranks
    if not 0 <= group_rank < len(ranks):
        raise ValueError(f"Group rank {group_rank} is not part of group {group}")
    return ranks[group_rank]


def new_group(
    ranks: Sequence[int] | None = None,
    timeout: timedelta | None = None,
    backend: str | None = None,
    pg_options: Any = None,
    use_local_synchronization: bool = False,
    group_desc: str | None = None,
    device_id: Any = None,
    sort_ranks: bool = True,
) -> Any:
    """A group of some processes. All processes of the world call this, in the same order, members or not.

    Returns ``GroupMember.NON_GROUP_MEMBER`` where this process is no member. With ``use_local_synchronization`` only
    the members call it. Raises ValueError for ranks that are not in the world, named twice, or too many.
    """
    global _made
    world = require_group()
    limit = timedelta(seconds=world.seconds) if timeout is None else _check_timeout(timeout)
    kind = _check_backend(backend)
    members = list(range(world.size())) if ranks is None else list(ranks)
    if sort_ranks:
        members.sort()
    if len(members) > world.size():
        raise ValueError(
            "the new group's world size should be less or equal to the world size set by init_process_group"
        )
    if len(set(members)) != len(members):
        raise ValueError(f"new_group: a rank is named twice in {members}")
    for each in members:
        if not 0 <= each < world.size():
            raise ValueError(
                f"The new group's rank should be within the world_size set by init_process_group: {each} is not within "
                f"0..{world.size() - 1}"
            )
    if use_local_synchronization:
        # Members count alone, so that others need not call; the ranks keep the names of different groups apart.
        known = sum(each.ranks == members for each in _groups)
        name = f"{'-'.join(map(str, members))}/{known}"
    else:
        _made += 1
        name = str(_made)
    if world.rank() not in members:
        return GroupMember.NON_GROUP_MEMBER
    assert _store is not None
    place = members.index(world.rank())
    made = ProcessGroup(PrefixStore(f"group/{name}", _store), members, place, limit.total_seconds(), name, kind)
    made.group_desc = group_desc or "undefined"
    _groups.append(made)
    return made


def new_subgroups_by_enumeration(
    ranks_per_subgroup_list: Sequence[Sequence[int]],
    timeout: timedelta | None = None,
    backend: str | None = None,
    pg_options: Any = None,
    group_desc: str | None = None,
) -> tuple[Any, list[Any]]:
    """(the group this process is in, all groups) of a partition of the world. Raises ValueError if ranks overlap."""
    if not ranks_per_subgroup_list:
        raise ValueError("The arg 'ranks_per_subgroup_list' cannot be empty")
    seen: set[int] = set()
    for ranks in ranks_per_subgroup_list:
        if seen & set(ranks):
            raise ValueError(f"Rank {min(seen & set(ranks))} has appeared in more than one subgroup")
        seen |= set(ranks)
    made = [new_group(ranks, timeout, backend, pg_options, group_desc=group_desc) for ranks in ranks_per_subgroup_list]
    mine = next((each for each in made if not is_outsider(each)), None)
    return mine, made


def new_subgroups(
    group_size: int | None = None,
    group: Any = None,
    timeout: timedelta | None = None,
    backend: str | None = None,
    pg_options: Any = None,
    group_desc: str | None = None,
) -> tuple[Any, list[Any]]:
    """(the group this process is in, all groups): the world in groups of ``group_size`` neighbours.

    Raises ValueError if ``group_size`` is missing or does not divide the world's size.
    """
    size = require_group(group).size()
    if group_size is None or not 0 < group_size <= size:
        raise ValueError(f"The arg 'group_size' ({group_size}) must be within 1..{size}, the world size")
    if size % group_size:
        raise ValueError(f"The world size ({size}) must be divisible by 'group_size={group_size}'")
    ranks = [range(start, start + group_size) for start in range(0, size, group_size)]
    return new_subgroups_by_enumeration(ranks, timeout, backend, pg_options, group_desc)
