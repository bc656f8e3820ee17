"""The ``kyoto`` command: hands over to the commands and turns errors into text and exit codes.

Exit codes: 0 done, 1 a bug (with traceback), 2 a problem the user can solve.
"""

from __future__ import annotations

import gc
import io
import sys
from typing import Annotated

import typer

from kyoto import __version__
from kyoto.cli.lazy import LazyGroup

__all__ = ["app", "main"]

# a million objects live through a build: looking for garbage among them at every 700 new ones took a twentieth of it
_RARELY = (100_000, 50, 100)

app = typer.Typer(
    name="kyoto",
    cls=LazyGroup,
    no_args_is_help=True,
    rich_markup_mode=None,  # the overview is plain text: drawing boxes costs more time than all the rest
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Evidence for crime prevention and criminal justice, from the raw record to the decision.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kyoto {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Evidence for crime prevention and criminal justice, from the raw record to the decision."""


def main() -> None:
    """Run the command line; the entry point of the ``kyoto`` script."""
    from kyoto.core.errors import KyotoError

    _write_utf8()
    gc.set_threshold(*_RARELY)
    try:
        app()
    except KyotoError as error:
        _print_error(error)
        sys.exit(2)


def _write_utf8() -> None:
    """Files and pipes get UTF-8 whatever the machine's language; a terminal gets what it can show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _print_error(error: object) -> None:
    from rich.console import Console
    from rich.text import Text

    from kyoto.core.errors import KyotoError

    assert isinstance(error, KyotoError)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for problem in error.problems:
        console.print(Text("error: ", style="bold red") + Text(problem.title, style="bold"))
        for label, text in problem.fields().items():
            style = "green" if label == "hint" else ""
            console.print(Text(f"  {label:<9}", style="dim") + Text(text, style=style))


if __name__ == "__main__":
    main()
