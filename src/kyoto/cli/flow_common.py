"""What the commands of ``kyoto flow`` share: options, reading of stages, printing of tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.linkage_error import DRAWN, drawn_of
from kyoto.cli.output import print_json, print_rows

if TYPE_CHECKING:
    from kyoto.analysis.flow import CaseFile, FlowTable

__all__ = [
    "ByOption",
    "ColumnOption",
    "FileArgument",
    "IdOption",
    "LevelOption",
    "NarrowFlag",
    "PeriodOption",
    "SeedOption",
    "StageOption",
    "UntilOption",
    "WithinOption",
    "cases_of",
    "day_of",
    "doubted",
    "lags_of",
    "pairs_of",
    "print_table",
    "stages_of",
]

FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="CSV, Excel or Parquet; - reads CSV from standard input.")
]
StageOption = Annotated[
    list[str] | None,
    typer.Option(
        "--stage",
        help="Stage and the column of its day (or of its count), STAGE=COLUMN, in order; repeatable. By default the "
        "columns named recorded, solved, charged, convicted, sentenced, admitted, released.",
    ),
]
ByOption = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        help="Column that splits the cases; iccs:section takes the section of a code, age:0-17,18+ the group of an "
        "age; repeatable.",
    ),
]
WithinOption = Annotated[int, typer.Option("--within", min=1, help="Days for which every case is followed.")]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="Last day that the file covers; by default the latest in it.")
]
IdOption = Annotated[str | None, typer.Option("--id", help="Column that tells cases apart; repeated ones are refused.")]
LevelOption = Annotated[float, typer.Option("--level", min=0.5, max=0.999, help="Confidence of the intervals.")]
NarrowFlag = Annotated[bool, typer.Option("--narrow", help="Draw pictures for a page as wide as a telephone.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same figures.")]
PeriodOption = Annotated[str, typer.Option("--period", help="Column of periods.")]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option("--column", help="QUANTITY=COLUMN (or series) where the column has another name; repeatable."),
]


def cases_of(
    path: Path,
    stage: list[str] | None,
    by: list[str] | None,
    identifier: str | None,
    until: str | None,
    *,
    own: bool = False,
) -> CaseFile:
    """Cases of a file as the options describe them; ``own``: this program wrote it, its form is known."""
    import pandas as pd

    from kyoto.analysis import flow
    from kyoto.analysis.flow.reading import read_table
    from kyoto.core.errors import KyotoError

    try:
        last = date.fromisoformat(until) if until else None
    except ValueError:
        raise KyotoError("Not a date", code="flow.wrong-date", expected="--until 2024-12-31", got=until or "") from None
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""]) if own else read_table(path)
    stages = stages_of(stage, frame.columns)
    return flow.type_cases(frame, stages, by=by or [], identifier=identifier, until=last, file=str(path))


def doubted(file: str, found: FlowTable, made_of: Callable[[Path], FlowTable]) -> FlowTable:
    """A table of cases with limits that hold linkage error, where the cases were put together from linked records.

    Parameters
    ----------
    file
        What the user named.
    found
        The table.
    made_of
        The same of another file of cases, nothing withheld.
    """
    from kyoto.analysis.flow import with_linkage_error

    return with_linkage_error(found, drawn_of(file, made_of))


def day_of(cases: CaseFile) -> str:
    """Last day that cases cover, so that the same cases of another linkage end on it too."""
    return (date(1970, 1, 1) + timedelta(days=cases.until)).isoformat()


def stages_of(given: list[str] | None, known: Any) -> dict[str, str]:
    """Column of each stage: as stated, or those whose names are stages."""
    from kyoto.analysis.flow.model import STAGES
    from kyoto.core.errors import KyotoError

    if given:
        return pairs_of(given, ())
    names = set(known)
    found = {stage: stage for stage in STAGES if stage in names}
    if len(found) < 2:
        raise KyotoError(
            "No stages found",
            code="flow.no-stages",
            expected="--stage recorded=COLUMN --stage charged=COLUMN …",
            got=", ".join(sorted(map(str, names))),
        )
    return found


def pairs_of(given: list[str] | None, known: tuple[str, ...]) -> dict[str, str]:
    """Names and columns of ``NAME=COLUMN`` options; with ``known`` only such names."""
    from kyoto.core.errors import KyotoError, did_you_mean

    found: dict[str, str] = {}
    for text in given or []:
        name, equals, column = text.partition("=")
        name = name.strip()
        if not equals or not column:
            raise KyotoError("Not NAME=COLUMN", code="flow.wrong-option", expected="charged=charged_on", got=text)
        if known and name not in known:
            hint = did_you_mean(name, known)
            raise KyotoError(f"Unknown quantity {name!r}", code="flow.unknown-quantity", hint=hint)
        found[name] = column.strip()
    return found


def lags_of(given: list[str] | None) -> dict[str, tuple[int, int]]:
    """Lags of ``STAGE=LEAST:MOST`` options."""
    from kyoto.core.errors import KyotoError

    found: dict[str, tuple[int, int]] = {}
    for name, text in pairs_of(given, ()).items():
        least, colon, most = text.partition(":")
        if not (least.isdigit() and (most.isdigit() or not colon)):
            raise KyotoError("Not a lag", code="flow.wrong-lag", expected="charged=0:1", got=f"{name}={text}")
        found[name] = (int(least), int(most or least))
    return found


def print_table(found: FlowTable, as_json: bool, as_csv: bool) -> None:
    """Print estimates as a table for people, or as JSON or CSV."""
    rows = [dict(row) for row in found.rows]
    if as_json:
        findings = [finding.row() for finding in found.findings]
        print_json({"estimates": rows, "method": found.method, "findings": findings, "facts": found.facts})
        return
    if as_csv:
        print_rows(rows, as_csv=True)
        return
    from kyoto.analysis.flow.result import shown_number

    shown = []
    for row in rows:
        unit = row.get("unit", found.unit)
        figures = {name: shown_number(row[name], unit) for name in DRAWN if name in row}
        counts = {name: shown_number(row.get(name)) for name in ("cases", "of") if name in row}
        extra: dict[str, Any] = {name: row[name] for name in ("term", "period", *found.by) if name in row}
        shown.append(extra | counts | figures | {"note": row.get("note", "")})
    print_rows(shown, title=f"{found.what} ({found.level:.0%} limits)")
    for line in [
        found.method,
        *(f"{finding.severity}: {finding.message} ({finding.count:,})" for finding in found.findings),
    ]:
        if line:
            typer.echo(f"  {line}")
    rejected = found.facts.get("rejected") or {}
    for reason, number in rejected.items():
        typer.echo(f"  rejected: {reason} ({number:,})")
