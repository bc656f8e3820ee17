"""``kyoto link`` and ``kyoto linkage``: records of agencies that share no identifier become persons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from rich.status import Status

    from kyoto.statistics.linkage import Linkage, LinkFile

__all__ = ["app", "link"]

app = typer.Typer(no_args_is_help=True, help="Prepare, explain and try linkage; `kyoto link` does it.")

FilesArgument = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="CSV, Excel or Parquet; the file name is the source's name.")
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        help="Column of a role, ROLE=COLUMN: id, given, family, name, birth, sex, place. Usual names are found.",
    ),
]
UniqueOption = Annotated[
    list[str] | None, typer.Option("--unique", help="Source in which a person stands once; repeatable.")
]
ExactOption = Annotated[
    list[str] | None, typer.Option("--exact", help="Further column of all files, compared for equality; repeatable.")
]
ThresholdOption = Annotated[
    float, typer.Option("--threshold", min=0.001, max=0.999, help="Pairs at least this probable are links.")
]
MonthFirstFlag = Annotated[bool, typer.Option("--month-first", help="05/04/1980 is 4 May.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same linkage.")]
EngineOption = Annotated[
    str, typer.Option("--engine", help="duckdb, or spark for more records than one machine holds.")
]


def link(
    files: FilesArgument,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV file to write: source, identifier, person_id.")
    ] = None,
    review: Annotated[
        Path | None, typer.Option("--review", help="CSV file to write: the doubtful pairs, to be decided by a person.")
    ] = None,
    reviewed: Annotated[
        Path | None, typer.Option("--reviewed", help="A review file with decisions: same or different.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="Pairs of known truth in the same form; they measure, change nothing."),
    ] = None,
    column: ColumnOption = None,
    unique: UniqueOption = None,
    exact: ExactOption = None,
    threshold: ThresholdOption = 0.95,
    month_first: MonthFirstFlag = False,
    seed: SeedOption = 1,
    engine: EngineOption = "duckdb",
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Link the records of files that share no identifier to persons.

    Names (any script), dates of birth, sex and place are compared. Prints persons, precision and recall; no name is
    printed or written anywhere. Beside --output stand the linkages that could as well be true, from which later
    commands (--linked) take the error of linkage.

    Example: kyoto link police.csv courts.csv prisons.csv --unique prisons --output persons.csv --review review.csv
    """
    from kyoto.statistics.linkage import link_files, read_decisions

    sources = _sources(files, column, unique, month_first)
    decisions = read_decisions(reviewed) if reviewed else None
    known = read_decisions(labels) if labels else None
    with _waiting():
        found = link_files(sources, _options(threshold, seed, engine, exact), reviewed=decisions, labels=known)
    written = _write(found, output, review)
    rows: list[dict[str, Any]] = [dict(row) for row in found.tidy().to_dict("records")]  # type: ignore[arg-type]
    if as_json:
        findings = [finding.row() for finding in found.findings]
        print_json({"estimates": rows, "sources": found.sources().to_dict("records"), "findings": findings})
        return
    if as_csv:
        print_rows(rows, as_csv=True)
        return
    typer.echo(found.summary())
    for path in written:
        typer.echo(f"Wrote {path}")


@app.command()
def explain(
    files: FilesArgument,
    pair: Annotated[
        list[str], typer.Option("--pair", help="Two records, SOURCE:IDENTIFIER,SOURCE:IDENTIFIER; repeatable.")
    ],
    column: ColumnOption = None,
    unique: UniqueOption = None,
    exact: ExactOption = None,
    threshold: ThresholdOption = 0.95,
    month_first: MonthFirstFlag = False,
    seed: SeedOption = 1,
    engine: EngineOption = "duckdb",
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show how single pairs of records are weighed, step by step, without their values.

    Example: kyoto linkage explain police.csv courts.csv --pair police:P17,courts:C204
    """
    from kyoto.statistics.linkage import link_files
    from kyoto.statistics.linkage.comparisons import LEVEL_WORDS

    asked = [_pair(text) for text in pair]
    with _waiting():
        options = _options(threshold, seed, engine, exact)
        found = link_files(_sources(files, column, unique, month_first), options, explain=asked)
    weighed = found.comparisons[len(found.comparisons) - len(asked) :]
    rows: list[dict[str, Any]] = []
    for text, comparison in zip(pair, weighed, strict=True):
        common = {"pair": text, "probability": round(comparison.probability, 6)}
        rows.append({**common, "step": "before comparing", "agreement": "", "bits": round(comparison.prior, 3)})
        rows += [
            {**common, "step": name, "agreement": LEVEL_WORDS[level], "bits": round(bits, 3)}
            for name, level, bits in comparison.steps
        ]
        rows.append({**common, "step": "together", "agreement": "", "bits": round(comparison.weight, 3)})
    if as_json or as_csv:
        print_rows(rows, as_json=as_json, as_csv=as_csv)
        return
    for text, comparison in zip(pair, weighed, strict=True):
        steps = [row for row in rows if row["pair"] == text]
        typer.echo(f"{text}: probability {comparison.probability:.3f}")
        print_rows(steps, columns=["step", "agreement", "bits"])


@app.command("hash")
def hash_file(
    file: Annotated[Path, typer.Argument(help="CSV, Excel or Parquet.")],
    key: Annotated[Path, typer.Option("--key", help="File with the secret that the agencies share.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV file to write.")],
    column: ColumnOption = None,
    exact: ExactOption = None,
    month_first: MonthFirstFlag = False,
) -> None:
    """Replace names, dates and places by keyed one-way codes, so that a file can be linked elsewhere.

    All agencies hash with the same key; the office that links does not get it. Identifiers of records are hashed too.

    Example: kyoto linkage hash police.csv --key secret.key --output police-hashed.csv
    """
    from kyoto.core.files import writing
    from kyoto.statistics.linkage import hash_records, prepare_file, read_key
    from kyoto.statistics.linkage.reading import read_link_file

    secret = read_key(key)
    source = _sources([file], column, None, month_first)[0]
    further = tuple(exact or ())
    table = hash_records(prepare_file(read_link_file(source, further), source, exact=further), secret)
    from pyarrow import csv

    with writing(output) as part:
        csv.write_csv(table, part)
    typer.echo(f"Wrote {output}: {table.num_rows:,} records")


@app.command()
def example(
    folder: Annotated[Path, typer.Argument(help="Folder for the files.")],
    persons: Annotated[
        int, typer.Option("--persons", min=50, max=2_000_000, help="Persons known to the police.")
    ] = 1000,
    errors: Annotated[
        float, typer.Option("--errors", min=0.0, max=10.0, help="Errors, as multiples of the usual.")
    ] = 1.0,
    seed: SeedOption = 1,
) -> None:
    """Write synthetic records of five agencies with their truth, to learn and test linkage. Nobody in them exists.

    Example: kyoto linkage example records --persons 2000
    """
    from kyoto.statistics.linkage import ErrorRates, simulate_agencies, write_agencies

    files = simulate_agencies(persons, seed=seed, errors=ErrorRates().times(errors))
    for path in write_agencies(files, folder):
        typer.echo(f"Wrote {path}")


def _sources(
    files: list[Path], column: list[str] | None, unique: list[str] | None, month_first: bool
) -> list[LinkFile]:
    from kyoto.core.errors import KyotoError, did_you_mean
    from kyoto.statistics.linkage import LinkFile

    columns = dict(_named(text) for text in column or [])
    names = [path.stem for path in files]
    if len(set(names)) < len(names):
        raise KyotoError(
            "Two files have the same name",
            code="linkage.same-name",
            got=", ".join(names),
            hint="Rename one of them: the file name without its ending is the name of the source.",
        )
    for name in unique or []:
        if name not in names:
            raise KyotoError(
                f"No file is called {name!r}", code="linkage.unknown-source", hint=did_you_mean(name, names)
            )
    return [
        LinkFile(path.stem, path, columns, unique=path.stem in (unique or []), month_first=month_first)
        for path in files
    ]


def _named(text: str) -> tuple[str, str]:
    from kyoto.core.errors import KyotoError

    role, equals, column = text.partition("=")
    if not equals or not column:
        raise KyotoError("Not a column of a role", code="linkage.wrong-column-option", expected="ROLE=COLUMN", got=text)
    return role.strip(), column.strip()


def _pair(text: str) -> tuple[tuple[str, str], tuple[str, str]]:
    from kyoto.core.errors import KyotoError

    parts = [tuple(part.strip().split(":", 1)) for part in text.split(",")]
    if len(parts) != 2 or any(len(part) != 2 for part in parts):
        expected = "SOURCE:IDENTIFIER,SOURCE:IDENTIFIER"
        raise KyotoError("Not a pair of records", code="linkage.wrong-pair", expected=expected, got=text)
    return (parts[0][0], parts[0][1]), (parts[1][0], parts[1][1])


def _options(threshold: float, seed: int, engine: str, exact: list[str] | None) -> Any:
    from kyoto.core.errors import KyotoError, did_you_mean
    from kyoto.statistics.linkage import LinkOptions

    if engine not in ("duckdb", "spark"):
        hint = did_you_mean(engine, ["duckdb", "spark"])
        raise KyotoError(f"Unknown engine {engine!r}", code="linkage.unknown-engine", hint=hint)
    return LinkOptions(threshold=threshold, seed=seed, engine=engine, exact=tuple(exact or ()))  # type: ignore[arg-type]


def _write(found: Linkage, output: Path | None, review: Path | None) -> list[Path]:
    from kyoto.core.files import write_whole
    from kyoto.statistics.linkage import review_frame, write_linked

    written = []
    if output is not None:
        written += [output, write_linked(found, output)]
    if review is not None:
        write_whole(review, review_frame(found).to_csv(index=False))
        written.append(review)
    return written


def _waiting() -> Status:
    """Spinner on the terminal while long work runs; nothing elsewhere."""
    from rich.console import Console

    return Console(stderr=True).status("Linking …")
