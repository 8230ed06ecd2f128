"""``torchere plugins new``: a complete small package for each kind of plugin, from the templates beside this file."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from importlib.resources import files
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


def create(kind: str, name: str, *, into: Path, xp: str = "") -> Created:
    """Write the package ``torchere-<name>`` into the folder ``into``.

    Raises:
        ValueError: an unknown kind, or a name or module that Python cannot have.
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
    return Created(folder, tuple(folder / path for path in contents), f"torchere plugins check {name}")


def _render(folder: str, name: str, values: dict[str, str]) -> str:
    # Suffix .txt: templates are not Python until their names are filled in, and tools should not read them as such.
    template = files(__package__).joinpath("templates", folder, f"{name}.txt").read_text(encoding="utf-8")
    return Template(template).substitute(values)
