"""The command line's entry point: ``torchere``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .demo import demo
from .environment import env
from .output import ExitCode
from .plugins import plugins

__all__ = ["app", "main"]

app = typer.Typer(
    name="torchere",
    help="A deep-learning framework with PyTorch's API that any device, operator, layer or exporter plugs into.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(plugins, name="plugins")
app.command()(demo)
app.command()(env)


def _print_version(asked: bool) -> None:
    if asked:
        import torchere

        typer.echo(f"torchere {torchere.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A deep-learning framework with PyTorch's API that any device, operator, layer or exporter plugs into."""


def main() -> None:
    """Run the command. Errors of torchere are shown as their message, without a traceback; the exit code is 2."""
    from torchere.errors import TorchereError

    try:
        app()
    except (TorchereError, LookupError, FileExistsError, FileNotFoundError) as error:
        from torchere_dispatch import DispatchError, PluginError

        if isinstance(error, LookupError) and not isinstance(error, TorchereError | DispatchError | PluginError):
            raise  # a bug of ours, not a name the user got wrong
        typer.echo(f"torchere: {error}", err=True)
        sys.exit(int(ExitCode.BROKEN))
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
