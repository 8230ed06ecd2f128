"""``torchere plugins new``: a complete small package for each kind of plugin, from the templates beside this file."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template

__all__ = ["KINDS", "Created", "create"]


@dataclass(frozen=True)
class Kind:
    """What differs between kinds: the entry point, and how the result is used."""

    group: str
    usage: str
    is_module: bool = False  # the entry point names the module, whose hook registers; otherwise a class in it


KINDS = {
    "device": Kind(
        group="device",
        usage='Then `torchere.ones(2, device="$name")` works, and `torchere demo --device $name`.',
        is_module=True,
    ),
    "operator": Kind(group="operators", usage="Then `torchere.$name(x)` works on every device.", is_module=True),
    "layer": Kind(group="layer", usage="Then it is `torchere.nn.$name`."),
    "optimizer": Kind(group="optimizer", usage="Then it is `torchere.optim.$name`."),
    "dataset": Kind(group="dataset", usage="Then it is `torchere.vision.datasets.$name`."),
    "transform": Kind(group="transform", usage="Then it is `torchere.vision.transforms.$name`."),
}


@dataclass(frozen=True)
class Created:
    """A package that was written."""

    folder: Path
    files: tuple[Path, ...]
    next_command: str
    #: What the author should know before going on.
    notes: tuple[str, ...] = ()


def create(kind: str, name: str, *, into: Path, xp: str = "") -> Created:
    """Write the package ``torchere-<name>`` into the folder ``into``.

    Raises:
        ValueError: an unknown kind, a name or module that Python cannot have, or a name that torchere has already.
        FileExistsError: the package's folder is there already.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; kinds are {', '.join(KINDS)}")
    chosen = KINDS[kind]
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{name!r} cannot be a name in Python: use letters, digits and underscores")
    if kind == "device" and not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise ValueError(f"a device's name is lower case, got {name!r}")
    if not chosen.is_module and not name[0].isupper():
        raise ValueError(f"a {kind} is a class: its name begins with a capital letter, got {name!r}")
    if xp and kind != "device":
        raise ValueError(f"--xp is for a device, not for a {kind}")
    xp = xp or "array_api_strict"
    if not all(part.isidentifier() for part in xp.split(".")):
        raise ValueError(f"{xp!r} is not the name of a module")
    _refuse_taken(kind, name)
    notes = [f"module '{xp}' is not installed here: check its spelling, or install it before the device is used"]

    slug = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    package = f"torchere_{slug}"
    distribution = package.replace("_", "-")
    folder = into / distribution
    if folder.exists():
        raise FileExistsError(f"{folder} is there already. Choose another name, or --into another folder.")
    dependencies = ['"torchere>=0.1"']
    if kind == "device":
        dependencies.append(f'"{xp.partition(".")[0].replace("_", "-")}"')
    values = {
        "name": name,
        "package": package,
        "distribution": distribution,
        "group": chosen.group,
        "entry": name,
        "value": package if chosen.is_module else f"{package}:{name}",
        "dependencies": ", ".join(dependencies),
        "xp": xp,
    }
    values["title"] = f"The {kind} `{name}`"
    values["usage"] = Template(chosen.usage).substitute(values)
    contents = {
        "pyproject.toml": _render("shared", "pyproject.toml", values),
        "README.md": _render("shared", "README.md", values),
        f"{package}/__init__.py": _render(kind, "package.py", values),
        f"{package}/py.typed": "",
        f"tests/test_{slug}.py": _render(kind, "test.py", values),
    }
    for path, text in contents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    written = tuple(folder / path for path in contents)
    return Created(
        folder, written, f"torchere plugins check {name}", tuple(notes) if kind == "device" and not _exists(xp) else ()
    )


def _refuse_taken(kind: str, name: str) -> None:
    """ValueError if the name is one of torchere's own: the plugin's would never be found, or be a conflict."""
    from torchere.plugins import manager

    if kind == "device":
        taken = [record for record in manager.records() if record.kind == "device" and record.entry == name]
        if taken:
            raise ValueError(f"{taken[0].origin} provides a device '{name}' already; choose another name")
        return
    home = f"torchere.{_HOMES[kind]}".rstrip(".")
    try:
        known = dir(import_module(home))
    except ImportError:  # the plugin that owns the namespace is switched off
        return
    if name in known:
        raise ValueError(f"{home}.{name} exists already; choose another name")


#: Where what a plugin of the kind provides is found, below torchere.
_HOMES = {
    "operator": "",
    "layer": "nn",
    "optimizer": "optim",
    "dataset": "vision.datasets",
    "transform": "vision.transforms",
}


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False


def _render(folder: str, name: str, values: dict[str, str]) -> str:
    # Suffix .txt: templates are not Python until their names are filled in, and tools should not read them as such.
    template = files(__package__).joinpath("templates", folder, f"{name}.txt").read_text(encoding="utf-8")
    return Template(template).substitute(values)
