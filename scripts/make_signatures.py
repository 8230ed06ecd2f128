"""Writes ``tests/golden/signatures.json``: the parameters of PyTorch's functions and methods.

Run under PyTorch 2.13, nothing of torchere is imported::

    python scripts/make_signatures.py

For each public name the file holds its forms (PyTorch's functions may be overloaded); a form is a list of
``[parameter, default, kind]`` with kind ``p`` (positional), ``k`` (keyword only) or ``v`` (any number of them), and
default None where there is none, otherwise its ``repr``. Functions written in Python are read by `inspect`, those made
in C++ from the operators' schemas.
"""

from __future__ import annotations

import enum
import inspect
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

#: Namespaces whose functions are recorded: where they are found, and the prefix of their schemas.
SPACES: dict[str, tuple[ModuleType, tuple[str, ...]]] = {
    "": (torch, ("",)),
    "linalg": (torch.linalg, ("linalg_",)),
    "fft": (torch.fft, ("fft_",)),
    "special": (torch.special, ("special_",)),
    "nn.functional": (torch.nn.functional, ("",)),
}

#: Names that are no tensor functions, or whose object in PyTorch is an accident of its imports.
SKIPPED = frozenset(
    """
    compile export vmap cond while_loop sym_float sym_int sym_max sym_min sym_not sym_sqrt sym_sum sym_ite
    sym_fresh_size typename
    autocast_decrement_nesting autocast_increment_nesting clear_autocast_cache get_autocast_dtype
    get_autocast_cpu_dtype get_autocast_gpu_dtype get_autocast_ipu_dtype get_autocast_xla_dtype import_ir_module
    import_ir_module_from_buffer init_num_threads is_vulkan_available merge_type_from_type_comment parse_ir
    parse_schema parse_type_comment read_vitals set_vital unify_type_list vitals_enabled wait fork
    """.split()
)


def shown(value: Any) -> str:
    """A default as text that does not name PyTorch's classes."""
    if isinstance(value, float) and value == int(value):
        return repr(value)
    if isinstance(value, enum.Enum):
        return str(value)
    return repr(value)


def schemas() -> dict[str, list[Any]]:
    """The operators' schemas by name."""
    found: dict[str, list[Any]] = defaultdict(list)
    for schema in torch._C._jit_get_all_schemas():
        if schema.name.startswith("aten::"):
            found[schema.name.removeprefix("aten::")].append(schema)
    return found


SCHEMAS = schemas()

#: Types of arguments that only TorchScript's own overloads of Python's operators have.
_SCRIPT_TYPES = ("t[]", "Dict", "AnyEnumType", "t", "str[]")


def parameters(arguments: list[Any], method: bool) -> list[list[str | None]]:
    """The parameters that Python's callers see."""
    form: list[list[str | None]] = []
    for place, argument in enumerate(arguments):
        if method and place == 0:
            continue
        label = "input" if argument.name == "self" else argument.name
        default = shown(argument.default_value) if argument.has_default_value() else None
        form.append([label, default, "k" if argument.kwarg_only else "p"])
    return form


def is_public(name: str, schema: Any) -> bool:
    """Whether Python's callers can reach it: not a twin with ``out=`` that was made for the compiler only."""
    packet = getattr(torch.ops.aten, name, None)
    overload = getattr(packet, schema.overload_name or "default", None)
    return overload is None or torch.Tag.generated not in overload.tags


def forms_of_schema(name: str, method: bool) -> list[list[list[str | None]]]:
    """The forms of a function made in C++; a twin that writes into given tensors shows as a parameter `out`."""
    forms = []
    written = []
    for schema in SCHEMAS.get(name, []):
        arguments = list(schema.arguments)
        types = [str(argument.type) for argument in arguments]
        if any(kind in _SCRIPT_TYPES or kind.startswith("Dict") for kind in types):
            continue
        returned = [str(result.type) for result in schema.returns]
        if not any("Tensor" in kind for kind in types + ([] if method else returned)):
            continue
        if any(argument.name == "names" or "dimname" in schema.overload_name.lower() for argument in arguments):
            continue
        out = any(argument.is_out for argument in arguments)
        if not out and schema.overload_name.endswith("out"):
            continue
        form = parameters([argument for argument in arguments if not argument.is_out], method)
        if out and is_public(name, schema):
            written.append(form)
        elif not out and form not in forms:
            forms.append(form)
    if method:
        return forms
    given = [[part[:1] + part[2:] for part in form] for form in written]
    return [
        [*form, ["out", "None", "k"]]
        if [part[:1] + part[2:] for part in form if part[0] not in _FACTORY] in given
        else form
        for form in forms
    ]


#: What factories take beside their own parameters, unless they write into a given tensor.
_FACTORY = ("dtype", "layout", "device", "pin_memory")


def form_of_python(function: Any, method: bool) -> list[list[str | None]]:
    """The form of a function written in Python."""
    form: list[list[str | None]] = []
    kinds = {
        inspect.Parameter.KEYWORD_ONLY: "k",
        inspect.Parameter.VAR_POSITIONAL: "v",
        inspect.Parameter.VAR_KEYWORD: "v",
    }
    for place, parameter in enumerate(inspect.signature(function).parameters.values()):
        if method and place == 0:
            continue
        default = None if parameter.default is inspect.Parameter.empty else shown(parameter.default)
        form.append([parameter.name, default, kinds.get(parameter.kind, "p")])
    return form


def forms(function: Any, names: list[str], method: bool) -> list[list[list[str | None]]]:
    """The forms of a function that the operator of one of these names may stand behind."""
    if inspect.isfunction(function):
        return [form_of_python(function, method)]
    for name in names:
        found = forms_of_schema(name, method)
        if found:
            return found
    return []


def functions() -> Iterator[tuple[str, Any, list[str], bool]]:
    """Every public function and method: its name, the object, names its schemas may have, whether it is a method."""
    for space, (module, prefixes) in SPACES.items():
        listed = dir(module) if space else [name for name in dir(torch) if name in torch.__all__ or name in SCHEMAS]
        for name in sorted(listed):
            value = getattr(module, name, None)
            if name.startswith("_") or name in SKIPPED or inspect.isclass(value) or not callable(value):
                continue
            owner = getattr(value, "__module__", "") or ""
            if inspect.isfunction(value) and not owner.startswith("torch"):
                continue
            yield f"{space}.{name}".lstrip("."), value, [prefix + name for prefix in (*prefixes, "")], False
    for name in sorted(dir(torch.Tensor)):
        value = inspect.getattr_static(torch.Tensor, name)
        if name.startswith("_") or inspect.isclass(value) or not callable(value):
            continue
        yield f"Tensor.{name}", getattr(torch.Tensor, name), [name, f"linalg_{name}", f"special_{name}"], True


def main() -> None:
    """Write the table."""
    table = {}
    unknown = []
    for name, function, names, method in functions():
        found = forms(function, names, method)
        if found:
            table[name] = found
        else:
            unknown.append(name)
    target = Path(__file__).parent.parent / "tests" / "golden" / "signatures.json"
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(found)}" for name, found in sorted(table.items()))
    target.write_text(f'{{"pytorch": {json.dumps(torch.__version__)}, "signatures": {{\n{lines}\n}}}}\n')
    print(f"{len(table)} names written; without a known form: {' '.join(unknown)}", file=sys.stderr)


if __name__ == "__main__":
    main()
