"""``kyoto sdmx``: published figures for machines, and theirs for us."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from kyoto.statistics.exchange.sdmx.model import Catalogue, Flow
    from kyoto.statistics.exchange.sdmx.query import DataQuery
    from kyoto.statistics.exchange.sdmx.source import BuildSource

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="SDMX: structures and data of a build, and files of others.")

ProjectArgument = Annotated[Path, typer.Argument(help="Folder of a project that has been built, or its kyoto.toml.")]
OutOption = Annotated[
    str, typer.Option("--out", "-o", metavar="PATH", help="File or folder to write; - prints the message.")
]


@app.command("list")
def list_flows(
    project: ProjectArgument,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """List the dataflows of a build: one a table, and the indicators.

    `key` names the dimensions in the order of a key.

    Example: kyoto sdmx list examples/four-areas
    """
    _, catalogue = _opened(project)
    rows = [
        {
            "flow": flow.id,
            "name": flow.name,
            "observations": flow.observations,
            "key": ".".join(part.id for part in flow.dimensions),
        }
        for flow in catalogue.flows.values()
    ]
    print_rows(rows, as_json=as_json, as_csv=as_csv, title=f"Dataflows of {catalogue.agency.id}")


@app.command()
def structures(
    project: ProjectArgument,
    file_format: Annotated[
        str, typer.Option("--format", help="sdmx-ml-3.0, sdmx-ml-2.1, sdmx-json-2.0 or sdmx-json-1.0.")
    ] = "sdmx-ml-3.0",
    out: OutOption = "-",
) -> None:
    """Write the structures of a build: concepts, code lists, data structures, dataflows, categories, constraints.

    Example: kyoto sdmx structures examples/four-areas --format sdmx-ml-2.1 --out structures.xml
    """
    from kyoto.core.files import write_whole
    from kyoto.statistics.exchange.sdmx.formats import structure_message
    from kyoto.statistics.exchange.sdmx.structures import structures_of

    _, catalogue = _opened(project)
    content = structure_message(file_format, catalogue, structures_of(catalogue).values())
    if out == "-":
        sys.stdout.write(content.decode())
        return
    path = Path(out)
    if path.is_dir():
        path = path / f"structures.{file_format}{'.json' if 'json' in file_format else '.xml'}"
    write_whole(path, content)
    typer.echo(f"Wrote {path}")


@app.command()
def data(
    project: ProjectArgument,
    flow: Annotated[
        str | None, typer.Option("--flow", help="Dataflow or table; all of them, into a folder, if not given.")
    ] = None,
    key: Annotated[
        str, typer.Option("--key", help="Key such as A.*.*.0401: codes between dots, * for any, + between several.")
    ] = "*",
    where: Annotated[
        list[str] | None,
        typer.Option("--filter", help="Filter of a component, such as OBS_VALUE=ge:100; repeatable."),
    ] = None,
    start: Annotated[str | None, typer.Option("--start", help="First period, such as 2016 or 2016-Q3.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="Last period.")] = None,
    last: Annotated[int | None, typer.Option("--last", min=1, help="Last observations of each series.")] = None,
    file_format: Annotated[
        str,
        typer.Option(
            "--format",
            help="sdmx-csv-2.0, sdmx-csv-1.0, sdmx-ml-3.0, sdmx-ml-2.1, sdmx-ml-2.1-generic, sdmx-json-2.0 or -1.0.",
        ),
    ] = "sdmx-csv-2.0",
    out: OutOption = "-",
) -> None:
    """Write observations of a build as SDMX.

    Example: kyoto sdmx data examples/four-areas --flow berlin --start 2015 --format sdmx-ml-3.0 --out berlin.xml
    """
    from kyoto.core.errors import KyotoError
    from kyoto.statistics.exchange.sdmx.formats import DATA_FORMATS, format_named

    suffix = format_named(file_format, DATA_FORMATS).suffix
    source, catalogue = _opened(project)
    flows = list(catalogue.flows.values()) if flow is None else [catalogue.flow(flow)]
    folder = Path(out)
    if flow is None:
        if out == "-" or folder.suffix:
            raise KyotoError(
                "Several dataflows make several files",
                code="sdmx.needs-folder",
                got=f"--out {out}",
                hint="Name a folder with --out, or one dataflow with --flow.",
            )
        folder.mkdir(parents=True, exist_ok=True)
    for one in flows:
        path = folder / f"{one.id}.{file_format}{suffix}" if folder.is_dir() and out != "-" else folder
        _write(source, catalogue, one, _query(one, key, where or [], start, end, last), file_format, out, path)


@app.command()
def read(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="SDMX-ML, SDMX-CSV or SDMX-JSON; - reads standard input.")
    ],
    structure: Annotated[
        Path | None,
        typer.Option("--structures", help="Structure message (SDMX-ML) to check codes and dimensions against."),
    ] = None,
    flow: Annotated[str | None, typer.Option("--flow", help="Dataflow to read, where the file holds several.")] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Say what the file holds, not its observations.")] = False,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Read observations from an SDMX file, whoever wrote it, in the shape of published figures.

    With --structures every code is checked, and codes become the texts that they stand for.

    Example: kyoto sdmx read figures.xml --json
    """
    from kyoto.statistics.exchange.sdmx.reading import read_knowledge, read_sdmx

    with input_file(file, suffix=".sdmx") as path:
        found = read_sdmx(path, flow=flow or "")
        if structure is not None:
            knowledge = read_knowledge(structure, flow or found.dataflow)
            found = read_sdmx(path, flow=flow or "", knowledge=knowledge)
    if summary:
        if as_json:
            described = {"file": file, "format": found.format, "dataflow": found.dataflow}
            print_json({**described, "observations": found.table.num_rows, "columns": found.table.column_names})
        else:
            typer.echo(found.summary())
        return
    names = found.table.column_names
    if not (as_json or as_csv):  # a terminal is narrow: what is the same in all rows is left out
        names = [name for name in names if name in ("period", "value") or len(found.table.column(name).unique()) > 1]
    print_rows(found.table.to_pylist(), as_json=as_json, as_csv=as_csv, columns=names)


def _opened(project: Path) -> tuple[BuildSource, Catalogue]:
    """Build of a project with its catalogue, in the name that the project file gives."""
    from kyoto.core.errors import Problems
    from kyoto.core.project import load_project
    from kyoto.statistics.exchange.sdmx.catalogue import read_catalogue
    from kyoto.statistics.exchange.sdmx.settings import read_sdmx_settings
    from kyoto.statistics.exchange.sdmx.source import open_build

    found = load_project(project)
    problems = Problems()
    settings = read_sdmx_settings(found.section("publish", problems=problems))
    title = found.section("project", problems=problems).text("title", "")
    problems.raise_if_any()
    source = open_build(found.build_folder)
    return source, read_catalogue(source, settings.agency, title)


def _query(flow: Flow, key: str, where: list[str], start: str | None, end: str | None, last: int | None) -> DataQuery:
    """What is wanted of a flow."""
    from kyoto.core.errors import KyotoError
    from kyoto.statistics.exchange.sdmx.query import Condition, DataQuery, parse_filter, parse_key, period_conditions

    filters: dict[str, tuple[tuple[Condition, ...], ...]] = {}
    for text in where:
        name, sign, value = text.partition("=")
        if not sign:
            raise KyotoError(
                "A filter names a component and a value",
                code="sdmx.wrong-filter",
                got=text,
                expected="COMPONENT=VALUE, such as OBS_VALUE=ge:100",
            )
        filters[name] = parse_filter(value)
    limits = period_conditions(start, end)
    if limits and flow.time is not None:
        filters[flow.time.id] = tuple((*group, *limits) for group in filters.get(flow.time.id, ((),)))
    return DataQuery(keys=parse_key(flow, key), filters=filters, last=last)


def _write(
    source: BuildSource, catalogue: Catalogue, flow: Flow, query: DataQuery, name: str, out: str, path: Path
) -> None:
    """Write one flow to a file, or print it."""
    from kyoto.core.files import writing
    from kyoto.statistics.exchange.sdmx.files import data_of

    pieces, count = data_of(source, catalogue, flow, name, query)
    if out == "-":
        for piece in pieces:
            sys.stdout.write(piece.decode())
        return
    with writing(path) as part, part.open("wb") as opened:
        for piece in pieces:
            opened.write(piece)
    typer.echo(f"Wrote {path} ({count:,} observations)")
