"""Dependencies run one way, `import torchere` loads little, and nobody reaches into another's private parts."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: Import package → packages of ours that it may import; docs/architecture.md, section 1.
ALLOWED = {
    "torchere_dispatch": set(),
    "torchere": {"torchere_dispatch"},
    "torchere_ops": {"torchere", "torchere_dispatch"},
    "torchere_cpu": {"torchere", "torchere_dispatch"},
    "torchere_arrayapi": {"torchere", "torchere_dispatch"},
    "torchere_cuda": {"torchere", "torchere_dispatch", "torchere_arrayapi"},
    "torchere_onednn": {"torchere", "torchere_dispatch"},
    "torchere_compiled": {"torchere", "torchere_dispatch"},
    "torchere_sparse": {"torchere", "torchere_dispatch"},
    "torchere_nn": {"torchere"},
    "torchere_optim": {"torchere"},
    "torchere_data": {"torchere"},
    "torchere_vision": {"torchere"},
    "torchere_onnx": {"torchere"},
    "torchere_tensorboard": {"torchere"},
    "torchere_distributed": {"torchere"},
}
DEVICES = {
    *("torchere_cpu", "torchere_arrayapi", "torchere_cuda", "torchere_onednn", "torchere_compiled", "torchere_sparse")
}
#: Those that use torchere as a user does.
USERS = sorted(package for package, allowed in ALLOWED.items() if allowed == {"torchere"})

#: Modules of the core that users' programs may import; all others are private to the core and the devices.
PUBLIC = {
    "torchere",
    "torchere.atomic_write",
    "torchere.autograd",
    "torchere.backend",
    "torchere.dtype_sets",
    "torchere.errors",
    "torchere.operators",
    "torchere.overrides",
    "torchere.plugins",
    "torchere.testing",
}
#: Private modules that one package may use, and why.
EXCEPTIONS = {
    (
        "torchere_nn",
        "torchere.tensors.parameter",
    ): "autograd and pickling know Parameter, so its class lies in the core",
    ("torchere_nn", "torchere.hook_handles"): "modules' hooks return the same class of handle as tensors' hooks",
    ("torchere_optim", "torchere.autograd.node"): "optimizers' hooks return the same handle as tensors' hooks",
}
#: Namespaces that plugins provide below torchere.
PROVIDED = ("torchere.nn", "torchere.optim", "torchere.utils", "torchere.vision", "torchere.onnx", "torchere.linalg")


def folder_of(package: str) -> Path:
    (folder,) = [
        path for path in (ROOT / "dispatch", ROOT / "core", *(ROOT / "plugins").iterdir()) if (path / package).is_dir()
    ]
    return folder / package


def imports_of(file: Path, package: str) -> Iterator[tuple[str, int]]:
    """Every module that a file names in an import statement, wherever it stands, and the line."""
    parts = [package, *file.relative_to(folder_of(package)).with_suffix("").parts]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(parts[: -node.level]) if node.level else ""
            named = ".".join(filter(None, [base, node.module]))
            yield named, node.lineno
            # `from torchere import startup` names a module as well.
            for alias in node.names if named == "torchere" else ():
                if any((ROOT / "core" / "torchere").glob(f"{alias.name}.py")):
                    yield f"torchere.{alias.name}", node.lineno


def imports(package: str) -> Iterator[tuple[str, str, int]]:
    """(module imported, file, line) of a package."""
    for file in sorted(folder_of(package).rglob("*.py")):
        for module, line in imports_of(file, package):
            yield module, str(file.relative_to(ROOT)), line


def test_contracts_of_import_linter():
    """The same direction over whole import chains, as pyproject.toml states it."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    folders = os.pathsep.join(str(folder_of(package).parent) for package in ALLOWED)  # also those not installed yet
    environment = {**os.environ, "PYTHONPATH": folders}
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert " 0 broken" in found.stdout


def test_every_package_is_in_the_table():
    found = {path.name for path in ROOT.glob("plugins/*/torchere_*") if (path / "__init__.py").exists()}
    assert found | {"torchere", "torchere_dispatch"} == set(ALLOWED)


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_only_what_the_table_allows(package):
    wrong = [
        f"{file}:{line} imports {module}"
        for module, file, line in imports(package)
        if (top := module.partition(".")[0]) in ALLOWED and top not in {package, *ALLOWED[package]}
    ]
    assert wrong == []


@pytest.mark.parametrize("package", sorted(set(ALLOWED) - {"torchere_cuda"}))
def test_nobody_imports_a_device(package):
    wrong = [
        f"{file}:{line} imports {module}"
        for module, file, line in imports(package)
        if (top := module.partition(".")[0]) in DEVICES and top != package
    ]
    assert wrong == []


@pytest.mark.parametrize("package", USERS)
def test_users_of_the_namespace_import_public_paths_only(package):
    wrong = [
        f"{file}:{line} imports {module}"
        for module, file, line in imports(package)
        if module.partition(".")[0] == "torchere"
        and module not in PUBLIC
        and not module.startswith(PROVIDED)
        and (package, module) not in EXCEPTIONS
    ]
    assert wrong == []


def test_exceptions_are_still_needed():
    assert {key for key in EXCEPTIONS if key[1] in {module for module, _, _ in imports(key[0])}} == set(EXCEPTIONS)


#: What `import torchere` may not bring along: interfaces, extras, plugins nobody asked for, and slow modules.
UNWANTED = {
    "typer", "click", "rich", "matplotlib", "scipy", "sklearn", "onnx", "onnxruntime", "cupy", "jax", "pytest",
    "hypothesis", "array_api_strict", "torch", "PIL", "safetensors",
    "torchere_nn", "torchere_optim", "torchere_data", "torchere_vision", "torchere_onnx", "torchere_cuda",
    "torchere_arrayapi", "torchere_tensorboard", "torchere_distributed", "tensorboard", "google",
    "multiprocessing", "concurrent", "asyncio", "unittest", "http", "urllib.request", "ssl", "sqlite3", "pydoc",
}  # fmt: skip

STRANGERS = {
    "v1.operators": "stranger = stranger_module",
    "v1.device": "stranger = stranger_module",
    "v1.layer": "Stranger = stranger_module:Stranger",
    "v1.optimizer": "Stranger = stranger_module:Stranger",
    "v1.namespace": "stranger = stranger_module",
    "v1.kernels": "stranger.fast = stranger_module",
}


def test_import_loads_little(running_environment):
    code = """
        import json, sys
        before = set(sys.modules)
        import torchere
        print(json.dumps(sorted(set(sys.modules) - before)))
        """
    loaded = running_environment.program(code).json
    assert [name for name in loaded if name in UNWANTED or name.partition(".")[0] in UNWANTED] == []
    assert "torchere_cpu.plugin" in loaded
    assert "torchere_ops.plugin" in loaded


def test_import_runs_no_strangers_code(site):
    site.install("stranger", STRANGERS, {"stranger_module": "import sys\nprint('I run')\nclass Stranger: ...\n"})
    code = """
        import sys, torchere as torch
        (torch.ones(2, 2, requires_grad=True) @ torch.ones(2)).relu().sum().backward()
        import torchere.nn, torchere.optim
        torch.nn.Linear(2, 2)
        print(sorted({str(item.state) for item in torch.plugins.list() if item.distribution == "stranger"}))
        assert "stranger_module" not in sys.modules
        hasattr(torch, "a_name_nobody_has")
        assert "stranger_module" in sys.modules  # now somebody asked
        """
    assert site.environment.program(code).output.splitlines()[0] == "['available']"
