"""``kyoto series``: what UNODC, Eurostat, Our World in Data and the World Bank published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows

if TYPE_CHECKING:
    import pandas as pd

    from kyoto.statistics.exchange.series import Fetched

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Read, compare and download published series.")

_SHOWN = 20


@app.command("read")
def read_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Workbook, CSV, TSV or JSON of a publisher.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write observations: .parquet or .csv.")] = None,
    area: Annotated[list[str] | None, typer.Option("--area", help="Only this area; may be given again.")] = None,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Only rows whose key stands more than once, next to each other.")
    ] = False,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Read a published file as observations; the publisher is recognized by its heading.

    Prints what the file holds, and what to know about it: keys that stand twice, areas that no list holds. With --json
    or --csv all figures are printed.

    Example: kyoto series read data_cts_prisons_and_prisoners.xlsx --area AUT --csv
    """
    from kyoto.statistics.exchange.series import area_of, read_series
    from kyoto.statistics.exchange.series.writing import write_series

    series = read_series(file)
    if out is not None:
        write_series(series, out)
        typer.echo(f"Wrote {out}.", err=True)
    frame = series.duplicates if duplicates else series.observations
    rows = _rows(frame, [area_of(code).code for code in area or ()])
    if as_json or as_csv:
        print_rows(rows, as_json=as_json, as_csv=as_csv, columns=list(series.observations.columns))
        for note in series.notes:
            typer.echo(f"{note.severity}: {note.message}", err=True)
        return
    typer.echo(series.summary())
    columns = [name for name in series.keys if series.observations[name].nunique() > 1 or name in ("area", "period")]
    typer.echo("")
    empty = "No key stands more than once." if duplicates else "No figures of this area."
    print_rows(rows[:_SHOWN], columns=[*columns, "value", "status"], empty=empty)
    if len(rows) > _SHOWN:
        typer.echo(f"… and {len(rows) - _SHOWN:,} more; --csv prints all.")


@app.command("revisions")
def show_revisions(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier vintage.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later vintage.")],
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Compare two vintages of a series: what was revised, added and taken out.

    Example: kyoto series revisions prisons-2023.xlsx prisons-2025.xlsx --csv
    """
    from kyoto.statistics.exchange.series import read_series, revisions

    found = revisions(read_series(old), read_series(new))
    rows = [{str(name): value for name, value in row.items()} for row in found.tidy().to_dict("records")]
    columns = list(found.table.columns)
    if as_json or as_csv:
        print_rows(rows, as_json=as_json, as_csv=as_csv, columns=columns)
        return
    typer.echo(found.summary())
    shown = [name for name in columns if name not in ("status_old", "status_new") and found.table[name].nunique() > 1]
    typer.echo("")
    print_rows(rows[:_SHOWN], columns=shown, empty="Nothing changed.")
    if len(rows) > _SHOWN:
        typer.echo(f"… and {len(rows) - _SHOWN:,} more; --csv prints all.")


@app.command("fetch")
def fetch_file(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="unodc, eurostat, owid, world-bank or police-uk.")],
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Its name there; of police-uk a month.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Copy the file here.")] = None,
    place: Annotated[str, typer.Option("--place", help="Of police-uk: lat=…&lng=… or poly=….")] = "",
    max_age: Annotated[float, typer.Option("--max-age", min=0, help="Days for which a copy is not asked for.")] = 1.0,
    cache: Annotated[Path | None, typer.Option("--cache", help="Folder of copies; KYOTO_CACHE if not given.")] = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Download a published file, politely: a copy is kept with its checksum, and asked for again only when it is old.

    Months of data.police.uk are written as CSV with the columns of its files, ready for a project.

    Example: kyoto series fetch eurostat crim_off_cat --out crim_off_cat.csv
    """
    from kyoto.core.files import write_whole
    from kyoto.statistics.exchange.series import fetch
    from kyoto.statistics.exchange.series.street_crime import street_crime_csv

    found = fetch(service, dataset, place=place, folder=cache, max_age=max_age * 86_400)
    if out is not None and service == "police-uk" and out.suffix == ".csv":
        write_whole(out, street_crime_csv(found.path))
    elif out is not None:
        write_whole(out, found.path.read_bytes())
    if found.state == "stale":
        typer.echo("warning: the service did not answer; this is the last copy", err=True)
    print_rows([_fetched(found, out)], as_json=as_json, as_csv=as_csv)


@app.command("services")
def list_services(as_json: JsonFlag = False, as_csv: CsvFlag = False, as_table: TableFlag = False) -> None:
    """Print the services that series are downloaded from, with some of their data sets and their terms.

    Example: kyoto series services
    """
    from kyoto.statistics.exchange.series import services

    rows = [
        {"service": each.name, "title": each.title, "datasets": ", ".join(each.datasets), "terms": each.terms}
        for each in services().values()
    ]
    print_rows(rows, as_json=as_json, as_csv=as_csv)


def _rows(frame: pd.DataFrame, areas: list[str]) -> list[dict[str, Any]]:
    if areas:
        frame = frame[frame["area"].isin(areas)]
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _fetched(found: Fetched, out: Path | None) -> dict[str, Any]:
    return {
        "file": out or found.path,
        "state": found.state,
        "bytes": found.bytes,
        "sha256": found.sha256,
        "fetched": found.fetched,
        "url": found.url,
    }
