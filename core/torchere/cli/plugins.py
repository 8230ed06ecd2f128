"""``torchere plugins``: what is installed, what it does, what is wrong with it."""

from __future__ import annotations

import fnmatch
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .output import ExitCode, JsonFlag, console, finish, print_json, print_table, state_text

__all__ = ["plugins"]

plugins = typer.Typer(help="List, explain, check and create plugins.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A plugin's name as `plugins list` shows it.")]

#: Failures that `check` prints.
_SHOWN = 50


def _is_wrong(record: dict[str, Any]) -> bool:
    """Whether a plugin (a record as JSON values) is not what it should be."""
    broken = record["state"] in ("failed", "incompatible", "missing-dependency") and not record["optional"]
    return broken or bool(record["warnings"])


@plugins.command("list")
def list_plugins(as_json: JsonFlag = False) -> None:
    """Show every installed plugin with its kind and state. Runs no plugin's code.

    Exit code: 0, or 1 when a plugin is known to be broken or incompatible.

    Example: `torchere plugins list`
    """
    import torchere.plugins as api

    records = api.list()
    problems = api.manager.problems
    wrong = problems or any(_is_wrong(record.to_dict()) for record in records)
    if as_json:
        print_json({"plugins": [record.to_dict() for record in records], "problems": list(problems)})
    else:
        from rich.markup import escape

        rows = []
        for record in records:
            note = record.disabled_by if str(record.state) == "disabled" else record.reason
            note = "; ".join([*([note] if note else []), *record.warnings])
            rows.append(
                (record.kind, escape(record.entry), state_text(str(record.state)), escape(record.origin), escape(note))
            )
        print_table(("kind", "provides", "state", "from", "note"), rows)
        for problem in problems:
            console().print(f"[red]unreadable:[/] {escape(problem)}")
        if wrong:
            console().print("Something is wrong: see [bold]torchere plugins doctor[/].")
    finish(ExitCode.WARNINGS if wrong else ExitCode.FINE)


@plugins.command()
def show(
    name: Name,
    load: Annotated[bool, typer.Option(help="Load the plugin first, to show what it registers.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Show one plugin: origin, state, reason, remedy and what it registered.

    Example: `torchere plugins show cpu`
    """
    import torchere.plugins as api

    if load:
        for record in api.manager.find(name) or [api.manager.record(name)]:
            if str(record.state) == "available":
                api.manager.load(record.kind, record.entry)
    data = api.show(name)
    wrong = any(map(_is_wrong, data["records"]))
    if as_json:
        print_json(data)
    else:
        for record in data["records"]:
            _print_record(record)
        _print_registered(data)
    finish(ExitCode.WARNINGS if wrong else ExitCode.FINE)


def _print_record(record: dict[str, Any]) -> None:
    from rich.markup import escape

    origin = f"{record['distribution']} {record['version']}"
    rows = [("from", escape(origin)), ("module", escape(record["value"])), ("state", state_text(record["state"]))]
    rows += [(key, escape(record[key])) for key in ("reason", "remedy") if record[key]]
    if record["contents"]:
        rows.append(
            ("registered", ", ".join(_count(*item) for item in record["contents"].items() if item[1]) or "nothing")
        )
    if record["seconds"] is not None:
        rows.append(("loaded in", f"{record['seconds'] * 1000:.0f} ms"))
    rows += [("warning", f"[yellow]{escape(warning)}[/]") for warning in record["warnings"]]
    print_table((record["kind"], escape(record["entry"])), rows)
    if record["traceback"]:
        console().print(escape(record["traceback"]))


def _count(what: str, count: int) -> str:
    return f"{count} {what.removesuffix('s') if count == 1 else what}"


def _print_registered(data: dict[str, Any]) -> None:
    from rich.markup import escape

    for what in ("devices", "layouts"):
        if data[what]:
            console().print(f"{what}: " + ", ".join(map(escape, data[what])))
    if data["operators"]:
        console().print(f"{len(data['operators'])} operators: " + ", ".join(map(escape, data["operators"])))
    if data["kernels"]:
        served = sorted({kernel["op"] for kernel in data["kernels"]})
        console().print(
            f"{len(data['kernels'])} kernels for {len(served)} operators: " + ", ".join(map(escape, served))
        )


@plugins.command()
def ops(
    op: Annotated[str | None, typer.Option(help="Only operators whose name matches, such as `conv*`.")] = None,
    device: Annotated[str | None, typer.Option(help="The device asked about. [default: cpu]")] = None,
    dtype: Annotated[str | None, typer.Option(help="The dtype asked about. [default: float32]")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Only those that cannot run there.")] = False,
    area: Annotated[str | None, typer.Option(help="With --missing: only this area of PyTorch's API.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show how each operator runs on a device for a dtype: by which kernel, or through which detour.

    An operator that is *not defined* for the dtype (such as `bitwise_and` for floats) is not counted as missing.

    `--missing` alone, or with `--area`, names what of PyTorch's API this installation lacks, functions, classes,
    methods and attributes alike: the live namespace is compared with the inventory that comes with torchere.

    Exit code: 0, or with `--missing` 1 when something is missing.

    Example: `torchere plugins ops --device cuda --dtype bfloat16 --missing`

    Example: `torchere plugins ops --missing --area linalg`
    """
    asked = op is not None or device is not None or dtype is not None
    if area is not None and (asked or not missing):
        raise typer.BadParameter("--area goes with --missing, and not with --op, --device or --dtype")
    if missing and not asked:
        from .coverage import show_missing

        show_missing(area, as_json=as_json)
        return
    op, device, dtype = op or "*", device or "cpu", dtype or "float32"
    import torchere.plugins as api

    api.load_backend(device)
    chosen = {name: item for name, item in api.dispatcher.operators.items() if fnmatch.fnmatchcase(name, op)}
    rows = []
    for name, item in chosen.items():
        found = api.dispatcher.find(name, device, dtype)
        how = found.kind if found is not None else "missing"
        defined = getattr(item, "dtypes", None)
        if defined is not None and dtype not in defined:
            how = "not defined"  # no device has it: and_ of floats, say
        if missing and how != "missing":
            continue
        kernel = found.kernel if found is not None else None
        detail = "" if found is None or found.kind != "compute-cast" else f"in {found.compute_dtype}"
        rows.append({"operator": name, "how": how, "by": _place(kernel), "detail": detail})
    if as_json:
        print_json({"device": device, "dtype": dtype, "operators": rows})
    else:
        from rich.markup import escape

        shown = [
            (escape(row["operator"]), f"[red]{row['how']}[/]" if row["how"] == "missing" else row["how"],
             row["detail"], escape(row["by"]))
            for row in rows
        ]  # fmt: skip
        if shown:
            print_table(("operator", "how", "", "kernel"), shown, title=f"{device}, {dtype}")
        lacking = sum(row["how"] == "missing" for row in rows)
        console().print(f"{len(chosen)} operators, {lacking} of them missing on {device} for {dtype}.")
        if not chosen:
            console().print(f"No name matches {escape(repr(op))}; * stands for anything: --op '*{escape(op)}*'.")
    finish(ExitCode.WARNINGS if missing and rows else ExitCode.FINE)


def _place(kernel: Any) -> str:
    return f"{kernel.plugin}: {kernel.location}" if kernel is not None else ""


@plugins.command()
def why(
    op: Annotated[str, typer.Argument(metavar="OP", help="An operator, such as `matmul`.")],
    device: Annotated[str, typer.Argument(help="A device type.")] = "cpu",
    dtype: Annotated[str, typer.Argument(help="A dtype.")] = "float32",
    as_json: JsonFlag = False,
) -> None:
    """Explain in seven steps which kernel runs an operator, and which ones were passed over.

    Exit code: 0; 1 when it runs on another device; 2 when it cannot run.

    Example: `torchere plugins why matmul cpu bfloat16`
    """
    import torchere.plugins as api

    explanation = api.why(op, device, dtype)
    if as_json:
        print_json(explanation.to_dict())
    else:
        from rich.markup import escape

        console().print(escape(str(explanation)), soft_wrap=True)
    resolution = explanation.resolution
    if resolution is None:
        finish(ExitCode.BROKEN)
    elif resolution.kind == "fallback":
        finish(ExitCode.WARNINGS)


@plugins.command()
def check(
    name: Name,
    tier: Annotated[int, typer.Option(min=0, max=4, help="Highest tier to run; 0 is the contract alone.")] = 3,
    report: Annotated[Path | None, typer.Option(help="Also write the result as JSON to this file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run the conformance kit against a plugin.

    Exit code: 0 all passed; 1 nothing failed, but some checks were skipped for a reason worth a look; 2 failures.

    Example: `torchere plugins check cpu --tier 1 --report cpu.json`
    """
    from torchere.testing import check as run_kit

    from .progress import counting

    with counting(f"checking {name}", quiet=as_json) as advance:

        def progress(done: int, total: int, item: str) -> None:
            if advance is not None:
                advance(done, total, item)

        try:
            result = run_kit(name, tier=tier, progress=progress)
        except ValueError as error:  # there is no kit for this kind
            raise typer.BadParameter(str(error)) from error
    data = result.to_dict()
    if report is not None:
        report.write_text(json.dumps(data, indent=2, default=str) + "\n", encoding="utf-8")
    if as_json:
        print_json(data)
    else:
        from rich.markup import escape

        out = console()
        for failure in result.failed[:_SHOWN]:
            out.print(f"[red]FAILED[/] {escape(str(failure))}", soft_wrap=True)
        if len(result.failed) > _SHOWN:
            out.print(f"... and {len(result.failed) - _SHOWN} more failures; --report FILE writes them all.")
        reasons: dict[str, int] = {}
        for skip in result.skipped:
            reason = str(getattr(skip, "reason", skip))
            reasons[reason] = reasons.get(reason, 0) + 1
        for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
            out.print(f"[yellow]skipped[/] {count}: {escape(reason)}", soft_wrap=True)
        colour = "red" if result.failed else "green"
        out.print(
            f"[{colour}]{len(result.passed)} passed, {len(result.failed)} failed, {len(result.skipped)} skipped[/]"
            f" (plugin {escape(name)}, tiers 0 to {tier})"
        )
        if report is not None:
            out.print(f"Report: {escape(str(report))}")
    if result.failed:
        finish(ExitCode.BROKEN)
    elif not result.passed:
        finish(ExitCode.WARNINGS)


@plugins.command()
def doctor(
    timeout: Annotated[float, typer.Option(help="Seconds each plugin gets.")] = 20.0,
    as_json: JsonFlag = False,
) -> None:
    """Load each plugin in a process of its own, and name those that fail, hang, exit or crash, with the remedy.

    Exit code: 0 all well (also without the hardware, or an extra, that a plugin needs); 1 warnings, such as another
    missing dependency; 2 broken plugins.

    Example: `torchere plugins doctor --timeout 60`
    """
    import torchere.plugins as api

    from .doctor import examine, verdict
    from .progress import counting

    records = api.list()
    with counting("examining plugins", quiet=as_json) as progress:
        findings = examine(records, timeout=timeout, progress=progress)
    problems = list(api.manager.problems)
    code = verdict(findings)
    if problems and code is ExitCode.FINE:
        code = ExitCode.WARNINGS
    if as_json:
        print_json({"findings": [finding.to_dict() for finding in findings], "problems": problems})
    else:
        from rich.markup import escape

        print_table(
            ("kind", "provides", "from", "state", "time"),
            [
                (item.kind, escape(item.entry), escape(item.origin), state_text(item.state), f"{item.seconds:.2f} s")
                for item in findings
            ],
        )
        out = console()
        for item in findings:
            for line in item.complaints():
                out.print(f"[bold]{escape(item.entry)}[/] ({escape(item.origin)}): {escape(line)}", soft_wrap=True)
            if item.remedy and (item.severity or item.optional):
                out.print(f"    remedy: {escape(item.remedy)}", soft_wrap=True)
        for problem in problems:
            out.print(f"[red]unreadable:[/] {escape(problem)}", soft_wrap=True)
        out.print(("All plugins are well.", "Some plugins need attention.", "Some plugins are broken.")[int(code)])
    finish(code)


@plugins.command()
def new(
    kind: Annotated[str, typer.Argument(help="device, operator, layer, optimizer, dataset or transform.")],
    name: Annotated[str, typer.Argument(help="What it provides: `mydev`, `softabs`, `SwiGLU`, `Lion`, ...")],
    xp: Annotated[str, typer.Option("--xp", help="For a device: the Array-API module that computes.")] = "",
    into: Annotated[Path, typer.Option(help="The folder to create the package in.")] = Path("."),
    as_json: JsonFlag = False,
) -> None:
    """Write a complete small plugin package: pyproject.toml, code, tests, README.

    Example: `torchere plugins new device mydev --xp array_api_strict`
    """
    from .scaffold import create

    try:
        created = create(kind, name, into=into, xp=xp)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if as_json:
        found = {"folder": str(created.folder), "files": [str(path) for path in created.files]}
        print_json({**found, "notes": list(created.notes)})
        return
    from rich.markup import escape

    out = console()
    out.print(f"Created {escape(str(created.folder))}:")
    for path in created.files:
        out.print(f"  {escape(str(path))}")
    for note in created.notes:
        out.print(f"[yellow]Note:[/] {escape(note)}", soft_wrap=True)
    out.print("Next:")
    out.print(f"  pip install -e {escape(str(created.folder))}")
    out.print(f"  {escape(created.next_command)}")
