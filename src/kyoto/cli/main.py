"""The ``kyoto`` command: puts the groups together and turns errors into text and exit codes.

Exit codes: 0 done, 1 a bug (with traceback), 2 a problem the user can solve.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kyoto import __version__
from kyoto.cli import cts, evaluate, flow, hidden, iccs, indicators, sdmx, series, survey
from kyoto.cli.audit_instrument import audit_instrument
from kyoto.cli.build import build
from kyoto.cli.check import check
from kyoto.cli.compare import compare
from kyoto.cli.explain import explain
from kyoto.cli.link import app as linkage_app
from kyoto.cli.link import link
from kyoto.cli.mandates import app as mandates_app
from kyoto.cli.new import new
from kyoto.cli.release import release
from kyoto.cli.publish import publish
from kyoto.cli.reoffending import app as reoffending_app
from kyoto.cli.serve import serve

__all__ = ["app", "main"]

app = typer.Typer(
    name="kyoto",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Evidence for crime prevention and criminal justice, from the raw record to the decision.",
)

app.command("new")(new)
app.command("build")(build)
app.command("check")(check)
app.command("compare")(compare)
app.command("explain")(explain)
app.command("release")(release)
app.command("audit-instrument")(audit_instrument)
app.command("serve")(serve)
app.command("publish")(publish)
app.add_typer(iccs.app, name="iccs")
app.add_typer(indicators.app, name="indicators")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(flow.app, name="flow")
app.command("link")(link)
app.add_typer(linkage_app, name="linkage")
app.add_typer(hidden.app, name="hidden")
app.add_typer(reoffending_app, name="reoffending")
app.add_typer(mandates_app, name="mandates")
app.add_typer(survey.app, name="survey")
app.add_typer(cts.app, name="cts")
app.add_typer(series.app, name="series")
app.add_typer(sdmx.app, name="sdmx")


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

    try:
        app()
    except KyotoError as error:
        _print_error(error)
        sys.exit(2)


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
