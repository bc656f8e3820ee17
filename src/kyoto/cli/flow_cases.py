"""``kyoto flow cases``: cases put together from the files of several agencies."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from kyoto.cli.output import JsonFlag, print_json

if TYPE_CHECKING:
    from kyoto.analysis.flow import StageFile

__all__ = ["put_cases_together"]


def put_cases_together(
    files: Annotated[
        list[str],
        typer.Argument(metavar="STAGE=FILE...", help="File of each stage, in order: CSV, Excel or Parquet."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="CSV of cases to write; personal data, not to be published.")
    ],
    identifier: Annotated[
        str, typer.Option("--id", metavar="COLUMN", help="Column of records: linked ones, or a number all files share.")
    ] = "id",
    day: Annotated[str, typer.Option("--date", metavar="COLUMN", help="Column of the day of the record.")] = "date",
    linked: Annotated[
        Path | None,
        typer.Option(
            "--linked", help="Persons of the records: FILE of `kyoto link --output FILE`, or the folder build/link."
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="COLUMN", help="Column of the first file to keep, such as iccs; repeatable."),
    ] = None,
    unit: Annotated[
        Literal["case", "person"],
        typer.Option("--unit", help="Follow every record of the first file, or each person from the first."),
    ] = "case",
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Last day that all files cover.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Put cases together from the files of police, prosecution, courts and prisons.

    A record of a later stage belongs to the person's latest case that began before it. The file written has one row a
    case with the day of each stage; the other commands of `kyoto flow` read it. With --linked it takes the doubt of the
    links along, in a file beside it, and every figure made of it gets limits that hold it.

    Example: kyoto flow cases recorded=police.csv charged=courts.csv --linked persons.csv --keep sex -o cases.csv
    """
    from kyoto.analysis import flow
    from kyoto.core.files import write_whole
    from kyoto.statistics.linkage import read_linked, write_carried

    named = [_stage(text, identifier, day, linked is not None) for text in files]
    known = None if linked is None else read_linked(linked)
    if known is not None:
        known.require(*(stage.link for stage in named))
    stages = flow.read_stages(named)
    options: dict[str, Any] = {"by": keep or [], "linked": known, "unit": unit, "until": _day(until)}
    found = flow.put_together(stages, **options)
    write_whole(output, found.frame.to_csv(index=False))
    written = [output]
    if known is not None:
        made = {
            label: flow.put_together(stages, label=label, **options).frame.to_csv(index=False)
            for label in known.labels[1:]
        }
        written.append(write_carried(output, made))
    if as_json:
        print_json({"cases": len(found.frame), "records": found.records})
        return
    typer.echo(f"{len(found.frame):,} cases")
    for stage, count in found.records.items():
        left = [f"{number:,} {reason}" for reason, number in count.items() if reason not in ("rows", "used")]
        typer.echo(
            f"  {stage}: {count['rows']:,} records, {count['used']:,} used" + "".join(f", {one}" for one in left)
        )
    for path in written:
        typer.echo(f"Wrote {path}")


def _stage(text: str, identifier: str, day: str, linked: bool) -> StageFile:
    from kyoto.analysis.flow import StageFile
    from kyoto.core.errors import KyotoError

    stage, equals, file = text.partition("=")
    if not equals or not stage.strip() or not file:
        raise KyotoError("Not STAGE=FILE", code="flow.wrong-option", expected="recorded=police.csv", got=text)
    path = Path(file)
    return StageFile(stage.strip(), path, identifier, day, path.stem if linked else "")


def _day(text: str | None) -> date | None:
    from kyoto.core.errors import KyotoError

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise KyotoError("Not a date", code="flow.wrong-date", expected="--until 2024-12-31", got=text or "") from None
