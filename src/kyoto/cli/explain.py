"""``kyoto explain``: how a published figure was made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kyoto.cli.output import JsonFlag, print_json

__all__ = ["explain"]


def explain(
    project: Annotated[Path, typer.Argument(help="Folder that holds kyoto.toml.")],
    table: Annotated[str, typer.Argument(help="Table, TABLE.rate, TABLE.share, or code of an indicator.")],
    cell: Annotated[
        list[str] | None,
        typer.Argument(help="dimension=value …; what is not named is at its total, the period at the latest."),
    ] = None,
    rows: Annotated[int, typer.Option(help="Source rows to show.", min=0)] = 5,
    all_rows: Annotated[
        Path | None, typer.Option("--all", metavar="FILE", help="Write all source rows to this CSV file.")
    ] = None,
    confidential: Annotated[
        bool,
        typer.Option(
            "--confidential", help="Show rows and counts of a protected figure. They reveal it: for the office alone."
        ),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Explain a published figure: rule, mapping, classification, denominator, protection, findings, source rows.

    Example: kyoto explain my-project by_type iccs=0501 period=2016-07
    """
    from kyoto.core.errors import KyotoError
    from kyoto.core.project import load_project
    from kyoto.statistics.explain.tracing import explain_figure

    wanted = {}
    for pair in cell or []:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise KyotoError(
                f"Not a dimension and its value: {pair!r}",
                code="explain.syntax",
                expected="dimension=value, for example period=2016-07",
            )
        wanted[name] = value
    found = explain_figure(
        load_project(project),
        table,
        wanted,
        rows=rows,
        write_to=all_rows,
        confidential=confidential,
        shown_as=str(project),
    )
    if found.protected and found.rows is not None:
        typer.secho(
            "Confidential: this shows figures as they were before disclosure control. Do not pass it on.",
            err=True,
            fg=typer.colors.RED,
            bold=True,
        )
    if as_json:
        print_json(found.to_dict())
    else:
        typer.echo(found.summary())
