"""Write ``core/torchere-stubs``: what type checkers and editors see of the ``torchere`` namespace.

Operators become functions and Tensor methods at run time, and ``torchere.nn`` and its like are found through entry
points, so no type checker can read them from the sources. This script derives the missing declarations: functions and
methods from the operators' signatures, namespaces as re-exports from the packages that provide them.

A package called ``torchere-stubs`` is for type checkers alone (PEP 561, partial): Python cannot import it, so a folder
for ``torchere.nn`` cannot hide the namespace found at run time.

Run after adding operators, Tensor methods or layers: ``python scripts/make_stubs.py``; with ``--check`` it only says
whether the files are up to date (exit status 1 if not).
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
TARGET: Final = ROOT / "core" / "torchere-stubs"

HEADER: Final = '"""Made by scripts/make_stubs.py; edit the sources instead."""\n'
#: ``torchere.int``, ``Tensor.float`` and so on hide the builtins, so annotations use other names for those.
IMPORTS: Final = """
from builtins import bool as _bool, bytes as _bytes, complex as _complex, float as _float, int as _int
from builtins import object as _object, property as _property, slice as _slice, str as _str, tuple as _tuple
from builtins import dict as _dict, list as _list, type as _type
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from torchere.devices import device as _device
from torchere.dtypes import DType
from torchere.random import Generator
from torchere.size import Size

_Number = _bool | _int | _float | _complex
"""
BUILTINS: Final = frozenset("bool bytes complex float int object property slice str tuple dict list type".split())
TYPING: Final = frozenset("Any Callable Iterable Iterator Mapping Sequence DType Generator Size Tensor None".split())
KINDS: Final = {
    "Dim": "_int",
    "NewDim": "_int",
    "Dims": "_int | Sequence[_int]",
    "Shape": "_int | Sequence[_int]",
    "Number": "_Number",
    "Device": "_device",
    "np.ndarray": "Any",
}


# --- annotations and defaults ------------------------------------------------------------------------------------


def annotation(text: Any, scope: dict[str, Any]) -> str:
    """An annotation in the names the stubs import; ``Any`` for what they cannot name."""
    if text is None or text is inspect.Parameter.empty:
        return "Any"
    if not isinstance(text, str):
        text = text.__name__ if isinstance(text, type) else str(text)
    text = text.replace("typing.", "").replace("collections.abc.", "").replace("torchere.dtypes.", "")
    if "..." in text and "tuple" not in text and "Callable" not in text:
        return "Any"
    unknown = False

    def name(match: re.Match[str]) -> str:
        nonlocal unknown
        word = match[0]
        if word in KINDS:
            return KINDS[word]
        if word in BUILTINS:
            return f"_{word}"
        if word in TYPING:
            return word
        alias = scope.get(word)
        if alias is not None and not isinstance(alias, (type, ModuleType)):
            return annotation(alias, {})
        unknown = True
        return word

    translated = re.sub(r"[A-Za-z_][\w.]*", name, text)
    return "Any" if unknown else translated


def default(value: Any) -> str:
    """A default as a stub shows it."""
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and value == value):
        return repr(value) if value not in (float("inf"), -float("inf")) else "..."
    return "..."


def summary(documentation: str | None, indent: str) -> str:
    """The first line of a docstring as the body of a stub."""
    line = (documentation or "").strip().split("\n")[0].replace("\\", "\\\\").replace('"""', "'''")
    if line.endswith('"'):
        line += " "
    return f'\n{indent}"""{line}"""\n{indent}...' if line else " ..."


# --- operators ---------------------------------------------------------------------------------------------------


def parameters(op: Any, *, accepts_numbers: bool) -> list[tuple[str, inspect.Parameter, str]]:
    """(name, parameter, annotation) of an operator's declared parameters."""
    found = list(inspect.signature(op.function).parameters.values())
    tensors = sum("Tensor" in str(parameter.annotation) for parameter in found)
    result = []
    for parameter in found:
        text = annotation(parameter.annotation, op.function.__globals__)
        promoted = accepts_numbers and tensors > 1 and parameter.name not in getattr(op, "unpromoted", ())
        if text == "Tensor" and promoted:
            text = "Tensor | _Number"
        if str(parameter.annotation) in ("Shape", "Shape | None") and is_varargs(op, parameter, found):
            parameter = parameter.replace(kind=inspect.Parameter.VAR_POSITIONAL)
        result.append((parameter.name, parameter, text))
    return result


def is_varargs(op: Any, parameter: inspect.Parameter, found: list[inspect.Parameter]) -> bool:
    """Whether a Shape parameter takes its ints one by one: the last positional one of an operator does."""
    positional = [item for item in found if item.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    return hasattr(op, "factory") and bool(positional) and parameter is positional[-1]


def arguments(items: list[tuple[str, inspect.Parameter, str]], extra: list[str]) -> list[str]:
    """The parameters of a stub."""
    parts: list[str] = []
    starred = False
    for name, parameter, text in items:
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            parts.append(f"*{name}: {text}")
            starred = True
            continue
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            extra = [*extra, f"**{name}: {text}"]
            continue
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        has_default = parameter.default is not inspect.Parameter.empty
        parts.append(f"{name}: {text}" + (f" = {default(parameter.default)}" if has_default else ""))
    if extra and not starred and not extra[0].startswith("**"):
        parts.append("*")
    return parts + extra


def returned(op: Any) -> str:
    """The result's annotation: a named tuple's class where outputs have names."""
    if getattr(op, "outputs", None) is not None:
        return f"_{op.name}_result"
    text = annotation(inspect.signature(op.function).return_annotation, op.function.__globals__)
    # What "one tensor or several" is, depends on the arguments: a union would have to be taken apart at every call.
    return "Any" if "|" in text and "tuple" in text else text


def result_class(op: Any) -> str:
    """The named tuple of an operator with named outputs."""
    fields = "\n".join(f"    {name}: Tensor" for name in op.outputs)
    return f"class _{op.name}_result(NamedTuple):\n{fields}\n"


def function_stub(name: str, op: Any, what: str) -> str:
    """``torchere.<name>`` of an operator."""
    extra = []
    if getattr(op, "factory", False):
        extra += ["dtype: DType | None = None", "layout: Any = None", "device: _device | _str | _int | None = None"]
        extra += ["pin_memory: _bool = False", "requires_grad: _bool = False"]
    if getattr(op, "out", False) and what == "entry":
        outputs = "Tensor | None" if returned(op) == "Tensor" else "_tuple[Tensor, ...] | None"
        extra.append(f"out: {outputs} = None")
    items = parameters(op, accepts_numbers=getattr(op, "promote", None) is not None)
    text = "Tensor" if what == "inplace" else returned(op)
    return f"def {name}({', '.join(arguments(items, extra))}) -> {text}:{summary(op.__doc__, '    ')}\n"


def method_stub(name: str, op: Any, what: str) -> str:
    """``Tensor.<name>`` of an operator: its first parameter, or the one it names, is the tensor itself."""
    items = parameters(op, accepts_numbers=getattr(op, "promote", None) is not None)
    own = op.self_parameter or items[0][0]
    items = [item for item in items if item[0] != own]
    if what.startswith("dunder:"):
        items = [item for item in items if item[1].kind is not inspect.Parameter.KEYWORD_ONLY]
    text = "Tensor" if what == "inplace" else returned(op)
    ignore = "  # type: ignore[override]" if name in ("__eq__", "__ne__") else ""
    head = f"    def {name}({', '.join(['self', *arguments(items, [])])}) -> {text}:"
    return f"{head}{ignore}{summary(op.__doc__, ' ' * 8)}\n"


# --- Tensor ------------------------------------------------------------------------------------------------------


def class_members(cls: type) -> dict[str, str]:
    """Stubs of what a class writes in its own body: methods, properties, values."""
    module = ast.parse(Path(inspect.getfile(cls)).read_text())
    body = next(node for node in module.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__).body
    scope = vars(sys.modules[cls.__module__])
    members: dict[str, str] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef) and is_public(node.name):
            members[node.name] = members.get(node.name, "") + member_stub(node, scope)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and is_public(node.target.id):
            if node.target.id != "__slots__":
                members[node.target.id] = f"    {node.target.id}: {annotation(ast.unparse(node.annotation), scope)}\n"
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and is_public(target.id) and target.id not in ("__slots__", "__hash__"):
                    alias = isinstance(node.value, ast.Name) and node.value.id in members
                    text = f"{target.id} = {ast.unparse(node.value)}" if alias else f"{target.id}: {kind(node.value)}"
                    members[target.id] = f"    {text}\n"
    return members


def kind(value: ast.expr) -> str:
    """The annotation of a constant."""
    constant = value.value if isinstance(value, ast.Constant) else None
    return f"_{type(constant).__name__}" if isinstance(constant, (bool, int, float, str)) else "Any"


def is_public(name: str) -> bool:
    """Whether users see a member: no leading underscore, or a special method."""
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__")) or name == "_version"


def member_stub(node: ast.FunctionDef, scope: dict[str, Any]) -> str:
    """A method or property of a class body."""
    decorators = [ast.unparse(item) for item in node.decorator_list]
    lines = "".join(f"    @{'_property' if item == 'property' else item}\n" for item in decorators)
    given = node.args
    parts = []
    positional = [*given.posonlyargs, *given.args]
    missing = len(positional) - len(given.defaults)
    for place, item in enumerate(positional):
        text = item.arg if place == 0 and "staticmethod" not in decorators else typed(item, scope)
        parts.append(text + (f" = {shown(given.defaults[place - missing])}" if place >= missing else ""))
        if given.posonlyargs and place == len(given.posonlyargs) - 1:
            parts.append("/")
    if given.vararg:
        parts.append(f"*{typed(given.vararg, scope)}")
    elif given.kwonlyargs:
        parts.append("*")
    for item, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        parts.append(typed(item, scope) + ("" if value is None else f" = {shown(value)}"))
    if given.kwarg:
        parts.append(f"**{typed(given.kwarg, scope)}")
    result = annotation(ast.unparse(node.returns) if node.returns else None, scope)
    # Methods of the mixins are annotated Any where they return the tensor itself.
    if result == "Any" and node.name.endswith("_") and not node.name.startswith("__"):
        result = "Tensor"
    ignore = "  # type: ignore[override]" if node.name == "__eq__" else ""
    body = summary(ast.get_docstring(node), " " * 8)
    return f"{lines}    def {node.name}({', '.join(parts)}) -> {result}:{ignore}{body}\n"


def typed(item: ast.arg, scope: dict[str, Any]) -> str:
    """A parameter with its annotation."""
    return f"{item.arg}: {annotation(ast.unparse(item.annotation) if item.annotation else None, scope)}"


def shown(value: ast.expr) -> str:
    """A default of a class body."""
    return ast.unparse(value) if isinstance(value, ast.Constant) else "..."


def bound_members(cls: type, known: set[str]) -> dict[str, str]:
    """Stubs of methods and properties put on a class at start-up."""
    found = {}
    for name, value in vars(cls).items():
        if name in known or not is_public(name):
            continue
        if isinstance(value, property):
            body = summary(value.__doc__, " " * 8)
            found[name] = f"    @_property\n    def {name}(self) -> Tensor:{body}\n"
            if value.fset is not None:
                found[name] += f"    @{name}.setter\n    def {name}(self, value: Any) -> None: ...\n"
        elif inspect.isfunction(value):
            signature = inspect.signature(value)
            scope = value.__globals__
            items = [(item.name, item, annotation(item.annotation, scope)) for item in signature.parameters.values()]
            head = f"    def {name}({', '.join(['self', *arguments(items[1:], [])])})"
            found[name] = f"{head} -> {annotation(signature.return_annotation, scope)}:"
            found[name] += f"{summary(value.__doc__, ' ' * 8)}\n"
    return found


def tensor_stub() -> str:
    """``torchere.tensors.tensor``: Tensor with its own members and the operators' methods."""
    from torchere.operators import catalogue
    from torchere.tensors.tensor import Tensor

    members: dict[str, str] = {}
    for cls in reversed(Tensor.__mro__[:-1]):
        members |= class_members(cls)
    ours = {"__new__", "__init__", "__init_subclass__", "__torch_function__", "__hash__"}
    members = {name: text for name, text in members.items() if name not in ours}
    results = {}
    for name, method in sorted(catalogue._methods.items()):
        if is_ours(method.op):
            members[name] = method_stub(name, method.op, method.what)
            if getattr(method.op, "outputs", None) is not None:
                results[method.op.name] = result_class(method.op)
    hidden = ours | set(members) | set(catalogue._methods) | {"__doc__", "__module__", "__slots__", "__annotations__"}
    members |= bound_members(Tensor, hidden)
    fixed = "    def __init__(self, *args: Any, device: Any = None) -> None: ...\n    def __hash__(self) -> _int: ...\n"
    documentation = summary(Tensor.__doc__, "    ").removesuffix("\n    ...").strip("\n")
    return (
        HEADER
        + IMPORTS
        + "\n"
        + "\n".join(results[name] for name in sorted(results))
        + f"\nclass Tensor:\n{documentation}\n\n"
        + fixed
        + "".join(members[name] for name in sorted(members, key=lambda name: (is_alias(members[name]), name)))
        + "\ndef __getattr__(name: _str) -> Any: ...\n"
    )


def is_alias(stub: str) -> bool:
    """Whether a member is another name of one that must stand before it."""
    return " = " in stub.split("(")[0]


def is_ours(op: Any) -> bool:
    """Whether the standard operators declare it (another plugin may be installed)."""
    return str(op.function.__module__).startswith("torchere_ops")


# --- namespaces --------------------------------------------------------------------------------------------------


def operator_functions(namespace: str, taken: set[str]) -> tuple[list[str], list[str]]:
    """(named tuples, functions) of a namespace's operators, without the names already taken."""
    from torchere.operators import catalogue

    classes, functions = {}, []
    for name, (op, what) in sorted(catalogue._functions.get(namespace, {}).items()):
        if name in taken or name.startswith("_") or not is_ours(op):
            continue
        functions.append(function_stub(name, op, what))
        if getattr(op, "outputs", None) is not None and what == "entry":
            classes[op.name] = result_class(op)
    return [classes[name] for name in sorted(classes)], functions


def top_level_stub(namespaces: list[str]) -> str:
    """``torchere`` itself."""
    import torchere
    from torchere.dtypes import DType

    lines: dict[str, str] = {}
    for node in ast.parse(Path(inspect.getfile(torchere)).read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("torchere"):
            for alias in node.names:
                lines[alias.asname or alias.name] = (
                    f"from {node.module} import {alias.name} as {alias.asname or alias.name}"
                )
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if not name.startswith("_"):
                value = getattr(torchere, name)
                known = "DType" if isinstance(value, DType) else f"_{type(value).__name__}"
                lines[name] = f"{name}: {'None' if value is None else known}"
                if value is DType:
                    lines[name] = "from torchere.dtypes import DType as dtype"
    for name, module in torchere._LAZY.items():
        lines[name] = f"from torchere.{module} import {name} as {name}"
    for name in torchere._MODULES:
        lines[name] = f"from torchere import {name} as {name}"
    for name in sorted({namespace.partition(".")[0] for namespace in namespaces}):
        lines[name] = f"from torchere import {name} as {name}"
    classes, functions = operator_functions("", set(lines))
    imported = sorted(line for line in lines.values() if line.startswith("from "))
    values = sorted(line for line in lines.values() if not line.startswith("from "))
    body = [*imported, "", *classes, *functions, *values, "", "def __getattr__(name: _str) -> Any: ..."]
    return HEADER + IMPORTS + "\n" + "\n".join(body) + "\n"


def namespace_stubs(name: str, module: ModuleType, root: str, files: dict[str, str]) -> None:
    """Add the stub of ``torchere.<name>``, provided by `module` of the package `root`, and those below it."""
    lines: dict[str, str] = {}
    children = []
    for attribute in sorted(getattr(module, "__all__", None) or vars(module)):
        value = vars(module).get(attribute)
        if attribute.startswith("_") or value is None:
            continue
        if isinstance(value, ModuleType):
            if value.__name__ == f"{module.__name__}.{attribute}":
                children.append((f"{name}.{attribute}", value))
                lines[attribute] = f"from torchere.{name} import {attribute} as {attribute}"
            continue
        source = getattr(value, "__module__", None)
        found = vars(sys.modules[source]).get(attribute) if source in sys.modules else None
        if found is value and str(source).split(".")[0] in (root, "torchere"):
            lines[attribute] = f"from {source} import {attribute} as {attribute}"
        elif hasattr(module, "__all__"):
            lines[attribute] = f"{attribute}: Any"
    classes, functions = operator_functions(name, set(lines))
    parts = [HEADER, IMPORTS, "from torchere.tensors.tensor import Tensor", ""] if functions else [HEADER]
    if not functions:
        parts.append("from typing import Any\n")
    parts += sorted(lines.values(), key=lambda line: (not line.startswith("from "), line))
    parts += ["", *classes, *functions, "def __getattr__(name: str) -> Any: ..."]
    path = name.replace(".", "/")
    below = {child for child, _ in children}
    files[f"{path}/__init__.pyi" if below else f"{path}.pyi"] = "\n".join(parts) + "\n"
    for child, value in children:
        namespace_stubs(child, value, root, files)


def build() -> dict[str, str]:
    """The text of every stub file by its path below ``core/torchere-stubs``."""
    from torchere import plugins
    from torchere.operators import catalogue

    plugins.manager.load("operators", "sparse")  # loads on first use elsewhere
    sys.path.extend(map(str, ROOT.glob("plugins/*")))  # this tree's packages, also those newer than the installation
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    provided = project["project"]["entry-points"]["torchere.v1.namespace"]
    own = {name for name in catalogue._functions if name and name not in provided}
    parents = {name.rpartition(".")[0] for name in provided} - set(provided) - {""}
    namespaces = sorted({*provided, *own, *parents})
    files = {"py.typed": "partial\n", "tensors/tensor.pyi": tensor_stub()}
    for name, module_name in sorted(provided.items()):
        try:
            module = import_module(module_name)
        except ModuleNotFoundError as error:
            if str(error.name).startswith("torchere"):
                raise
            # Its library is not installed here: nothing new is known of it, and what was written stays.
            kept = TARGET / f"{name.replace('.', '/')}.pyi"
            files[str(kept.relative_to(TARGET))] = kept.read_text()
            continue
        namespace_stubs(name, module, module_name.split(".")[0], files)
    for name in sorted(parents):
        below = sorted(item for item in provided if item.startswith(f"{name}."))
        lines = [
            f"from torchere.{name} import {item.rpartition('.')[2]} as {item.rpartition('.')[2]}" for item in below
        ]
        files[f"{name.replace('.', '/')}/__init__.pyi"] = HEADER + "\n" + "\n".join(lines) + "\n"
    for name in sorted(own):
        path = name.replace(".", "/")
        if f"{path}.pyi" not in files and f"{path}/__init__.pyi" not in files:
            classes, functions = operator_functions(name, set())
            head = [HEADER, IMPORTS, "from torchere.tensors.tensor import Tensor", ""]
            files[f"{path}.pyi"] = "\n".join([*head, *classes, *functions]) + "\n"
    files["__init__.pyi"] = top_level_stub(namespaces)
    return files


def outdated() -> list[str]:
    """Paths of stub files that differ from what `build` gives, are missing or superfluous."""
    wanted = build()
    present = {str(path.relative_to(TARGET)): path.read_text() for path in TARGET.rglob("*") if path.is_file()}
    return sorted(path for path in {*wanted, *present} if wanted.get(path) != present.get(path))


def main() -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only say what is out of date")
    changed = outdated()
    if parser.parse_args().check:
        print("\n".join(f"out of date: {path}" for path in changed) or "stubs are up to date")
        return 1 if changed else 0
    wanted = build()
    for path in changed:
        file = TARGET / path
        if path in wanted:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(wanted[path])
        else:
            file.unlink()
    print(f"wrote {len(changed)} of {len(wanted)} files below {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
