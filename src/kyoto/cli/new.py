"""``kyoto new``: a first project file, proposed from the user's own data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kyoto.statistics.pipeline.proposal import Proposal

__all__ = ["new"]


def new(
    folder: Annotated[Path, typer.Argument(help="Folder of the new project; made if absent.")],
    from_: Annotated[
        Path | None, typer.Option("--from", help="Your data (CSV, XLSX or Parquet): its columns are recognised.")
    ] = None,
    title: Annotated[str, typer.Option(help="Title of the project.")] = "",
    area: Annotated[str, typer.Option(help="ISO 3166 code of the country or region, or your own code.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the project file; write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a kyoto.toml that is there.")] = False,
) -> None:
    """Start a project: write a commented kyoto.toml, filled in as far as your data allow.

    The data stay where they are; the project refers to them by their path.

    Example: kyoto new burglaries --from extract-2024.csv --area GB-WYK
    """
    from kyoto.core.errors import KyotoError, Where
    from kyoto.core.files import write_whole
    from kyoto.core.project import PROJECT_FILE
    from kyoto.statistics.pipeline.project_text import project_text

    file = folder / PROJECT_FILE
    if file.exists() and not (force or dry_run):
        raise KyotoError(
            "There is a project here already",
            code="project.exists",
            where=Where(file=str(file)),
            hint="Choose another folder, look with --dry-run, or replace it with --force.",
        )
    proposal = _proposal(from_) if from_ else None
    text = project_text(folder, proposal, title=title, area=area)
    if dry_run:
        typer.echo(text, nl=False)
        return
    write_whole(file, text)
    if proposal is not None:
        _print_proposal(proposal)
    _print_next(folder, file, proposal)


def _proposal(file: Path) -> Proposal:
    from kyoto.core.engine import open_engine
    from kyoto.statistics.pipeline.proposal import propose

    with open_engine("duckdb") as engine:
        return propose(engine, file)


def _print_proposal(proposal: Proposal) -> None:
    from kyoto.cli.output import print_rows

    concepts = {column: concept for concept, column in proposal.concepts.items()}
    print_rows(
        [{"column": name, "concept": concepts.get(name, "not recognised")} for name in proposal.columns],
        title=proposal.file.name,
    )
    for note in proposal.notes:
        typer.echo(f"note: {note}")
    fit = proposal.fit
    if fit is not None:
        typer.echo(
            f"Offences: {fit.correspondence} knows {fit.known:,} of {fit.rows:,} rows of {fit.column!r}"
            f" ({fit.share:.0%})."
        )
    elif "iccs" not in proposal.concepts:
        typer.echo("Offences: no table that comes with Kyoto fits; see `kyoto iccs map`.")


def _print_next(folder: Path, file: Path, proposal: Proposal | None) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[green]Wrote[/] {file}")
    if proposal is None:
        console.print("Put in the path and the columns of your data, then run:")
    else:
        console.print("Read it through, change what is not so, then run:")
    console.print(f"  kyoto build {folder}")
