"""``kyoto hidden``: how many people are on no list."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from rich.status import Status

    from kyoto.analysis.hidden.options import Options
    from kyoto.analysis.hidden.result import EstimateTable
    from kyoto.analysis.hidden.tables_in import CaptureInput

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Estimate hidden populations from overlapping lists.")


class Method(StrEnum):
    """Methods of estimation."""

    loglinear = "loglinear"
    chao = "chao"
    heterogeneity = "heterogeneity"
    coverage = "coverage"
    graphs = "graphs"
    bayes = "bayes"
    latent = "latent"
    all = "all"


class Select(StrEnum):
    """Ways to choose a log-linear model."""

    stepwise = "stepwise"
    main = "main"
    aic = "aic"
    aicc = "aicc"
    bic = "bic"
    downhill = "downhill"


class Pooling(StrEnum):
    """Ways to treat strata."""

    none = "none"
    partial = "partial"


FileArgument = Annotated[str, typer.Argument(metavar="FILE", help="CSV, Excel or Parquet; - reads standard input.")]
ListsOption = Annotated[
    str | None, typer.Option("--lists", help="Columns that are lists, comma-separated; by default those of 0 and 1.")
]
CountOption = Annotated[str | None, typer.Option("--count", help="Column of counts; found by its name if not given.")]
ByOption = Annotated[list[str] | None, typer.Option("--by", help="Column that splits people into strata; repeatable.")]
MethodOption = Annotated[Method, typer.Option("--method", help="How to estimate; `all` puts them side by side.")]
SelectOption = Annotated[Select, typer.Option("--select", help="How the log-linear model is chosen.")]
ModelOption = Annotated[
    str | None, typer.Option("--model", help='A given log-linear model, such as "[12,3]", "[LA:NG,GO]", main or pairs.')
]
OrderOption = Annotated[
    int | None, typer.Option("--max-order", min=1, help="Largest interaction that aic, aicc and bic search.")
]
ReplicatesOption = Annotated[
    int, typer.Option("--replicates", min=0, help="Bootstrap samples; 0: interval conditional on the chosen model.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed; the same seed gives the same numbers.")]
LevelOption = Annotated[float, typer.Option("--level", min=0.5, max=0.999, help="Confidence of the interval.")]
DeltaOption = Annotated[
    float | None, typer.Option("--delta", min=0.0, help="Prior of graphs: people in each cell; 2 to the -k by default.")
]
OverCountingOption = Annotated[
    str | None,
    typer.Option("--over-counting", help="Lists that hold strangers too: people on them alone are an upper bound."),
]
MissedOption = Annotated[
    float, typer.Option("--missed-links", min=0.0, max=0.9, help="Share of people on several lists who were split.")
]
FalseOption = Annotated[
    float, typer.Option("--false-links", min=0.0, max=0.9, help="Share of links that join two people.")
]
ReviewedOption = Annotated[int, typer.Option("--reviewed", min=1, help="Pairs reviewed to know these shares.")]


@app.command()
def estimate(
    file: FileArgument,
    method: MethodOption = Method.loglinear,
    select: SelectOption = Select.stepwise,
    model: ModelOption = None,
    max_order: OrderOption = None,
    by: ByOption = None,
    pooling: Annotated[
        Pooling, typer.Option("--pooling", help="Each stratum alone, or partial pooling.")
    ] = Pooling.none,
    lists: ListsOption = None,
    count: CountOption = None,
    replicates: ReplicatesOption = 1000,
    delta: DeltaOption = None,
    over_counting: OverCountingOption = None,
    missed_links: MissedOption = 0.0,
    false_links: FalseOption = 0.0,
    reviewed: ReviewedOption = 1000,
    seed: SeedOption = 1,
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Estimate how many people there are, those on no list included.

    One row an estimate; where none exists, `estimate` is empty and `verdict` says why.

    Example: kyoto hidden estimate lists.csv --method loglinear --select stepwise --seed 1 --json
    """
    from kyoto.analysis.hidden.estimate import compare_methods
    from kyoto.analysis.hidden.stratified import estimate_by_strata

    options = _options(method.value, select.value, model, max_order, replicates, delta, seed, level)
    with _waiting(method.value), input_file(file) as path:
        source = _read(path, lists, count, by)
        if over_counting or missed_links or false_links:
            errors = (missed_links, false_links, reviewed)
            found = _imperfect(source, method, over_counting, errors, options)
        elif method is Method.all:
            found = compare_methods(source.table, options)
        else:
            found = estimate_by_strata(source, options, pooling=pooling.value)
    rows = found.rows()
    columns = ["method", "model", *source.by, "observed", "estimate", "lower", "upper", "level", "interval", "verdict"]
    if as_json or as_csv:
        print_rows(rows, as_json=as_json, as_csv=as_csv, columns=columns)
        return
    shown = [column for column in columns if column not in {"level", "interval"}]
    print_rows([_people(row) for row in rows], columns=shown, title=f"People ({level:.0%} limits)")
    _notes(rows)


@app.command()
def check(
    file: FileArgument,
    model: Annotated[
        list[str] | None, typer.Option("--model", help='Model to test, such as "[12,3]"; repeatable.')
    ] = None,
    by: ByOption = None,
    lists: ListsOption = None,
    count: CountOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Check the lists, and whether models have an estimate at all.

    Without --model the models of independent lists and of all pairs are tested.

    Example: kyoto hidden check lists.csv --model "[12,3]"
    """
    from kyoto.analysis.hidden.checks import check_table, drop_empty_lists, overlap_frame
    from kyoto.analysis.hidden.existence import check_model
    from kyoto.analysis.hidden.result import number

    with input_file(file) as path:
        source = _read(path, lists, count, by)
    findings = [*source.findings, *check_table(source.table, source.strata)]
    table = drop_empty_lists(source.table)
    verdicts = [check_model(table, text) for text in model or ["main", "pairs"]]
    overlaps: list[dict[str, Any]] = [dict(row) for row in overlap_frame(table).to_dict("records")]  # type: ignore[arg-type]
    if as_json:
        print_json(
            {
                "lists": list(table.lists),
                "observed": table.observed,
                "findings": [finding.row() for finding in findings],
                "overlaps": overlaps,
                "verdicts": [verdict.row() for verdict in verdicts],
            }
        )
        return
    rows = [{**verdict.row(), **_joined(verdict.row())} for verdict in verdicts]
    if as_csv:
        columns = ["model", "verdict", "code", "minus_infinity", "dropped", "boundary", "meaning"]
        print_rows(rows, as_csv=True, columns=columns)
        return
    names = ["first", "second", "on_first", "on_second", "on_both", "pair_estimate"]
    shown = [{**row, "pair_estimate": number(row["pair_estimate"])} for row in overlaps]
    print_rows(shown, columns=names, title=f"{table.observed:,} people on {table.k} lists")
    typer.echo("")
    print_rows([finding.row() for finding in findings], columns=["severity", "count", "message"], title="Findings")
    typer.echo("")
    for row, verdict in zip(rows, verdicts, strict=True):
        row["dropped"] = f"{len(verdict.dropped)} histories" if verdict.dropped else ""
    print_rows(rows, columns=["model", "verdict", "minus_infinity", "dropped"], title="Does an estimate exist?")
    for verdict in verdicts:
        if not verdict.exists:
            typer.echo(f"\n{verdict.summary()}")


@app.command()
def report(
    file: FileArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")] = Path("hidden.html"),
    title: Annotated[str, typer.Option("--title", help="Heading of the report.")] = "How many people are there?",
    source: Annotated[str, typer.Option("--source", help="Where the lists come from; stands under every chart.")] = "",
    method: MethodOption = Method.loglinear,
    select: SelectOption = Select.stepwise,
    model: ModelOption = None,
    max_order: OrderOption = None,
    by: ByOption = None,
    lists: ListsOption = None,
    count: CountOption = None,
    replicates: ReplicatesOption = 1000,
    seed: SeedOption = 1,
    level: LevelOption = 0.95,
) -> None:
    """Write a report as one HTML file: lists, overlaps, verdicts, estimates, what would change them.

    Example: kyoto hidden report lists.csv --title "Victims of trafficking, 2013" -o report.html
    """
    from kyoto.analysis.hidden.report import build_report
    from kyoto.core.errors import KyotoError
    from kyoto.core.files import write_whole

    if method is Method.all:
        raise KyotoError(
            "A report has one headline", code="hidden.unknown-method", got="all", hint="Name one; all are shown anyway."
        )
    options = _options(method.value, select.value, model, max_order, replicates, None, seed, level)
    with _waiting("all"), input_file(file) as path:
        found = build_report(_read(path, lists, count, by), options, title=title, origin=source)
        write_whole(output, found.html())
    typer.echo(f"Wrote {output}")


def _imperfect(
    source: CaptureInput,
    method: Method,
    over_counting: str | None,
    errors: tuple[float, float, int],
    options: Options,
) -> EstimateTable:
    """Estimate from lists with strangers on them or with linkage error: log-linear, one at a time, no strata."""
    from kyoto.analysis.hidden.checks import require_estimable
    from kyoto.analysis.hidden.imperfect import LinkageError, estimate_overcounting, estimate_with_linkage_error
    from kyoto.analysis.hidden.result import EstimateTable
    from kyoto.analysis.hidden.selection import select_stepwise
    from kyoto.core.errors import KyotoError

    missed, false, reviewed = errors
    if method is not Method.loglinear or source.by or (over_counting and (missed or false)):
        raise KyotoError(
            "These options do not go together",
            code="hidden.options-conflict",
            expected="--over-counting, or --missed-links and --false-links, with --method loglinear and without --by",
        )
    table = require_estimable(source.table)
    settings = {"replicates": max(options.replicates, 100), "seed": options.seed, "level": options.level}
    if over_counting:
        names = [name.strip() for name in over_counting.split(",")]
        model = options.model or select_stepwise(table).model
        return EstimateTable((estimate_overcounting(table, names, model, **settings),))  # type: ignore[arg-type]
    rates = LinkageError(missed, false, reviewed, reviewed)
    return EstimateTable((estimate_with_linkage_error(table, rates, model=options.model, **settings),))  # type: ignore[arg-type]


def _options(
    method: str,
    select: str,
    model: str | None,
    max_order: int | None,
    replicates: int,
    delta: float | None,
    seed: int,
    level: float,
) -> Options:
    from kyoto.analysis.hidden.options import Options

    return Options(
        method=method if method != "all" else "loglinear",
        select="model" if model else select,
        model=model,
        order=max_order,
        replicates=replicates,
        delta=delta,
        seed=seed,
        level=level,
    )


def _read(path: Path, lists: str | None, count: str | None, by: list[str] | None) -> CaptureInput:
    from kyoto.analysis.hidden.tables_in import read_captures

    names = [name.strip() for name in lists.split(",")] if lists else []
    return read_captures(path, lists=names, count=count, by=by or [])


def _joined(row: dict[str, object]) -> dict[str, str]:
    """Lists of names as text for a table."""
    return {key: ", ".join(value) for key, value in row.items() if isinstance(value, list)}


def _people(row: dict[str, Any]) -> dict[str, Any]:
    """Row for the eye: whole people with thin spaces, as text so that no digit is false."""
    from kyoto.analysis.hidden.result import number

    return {**row, **{name: number(row[name]) for name in ("observed", "estimate", "lower", "upper")}}


def _notes(rows: list[dict[str, object]]) -> None:
    """Reasons and caveats below the table, each once."""
    for note in dict.fromkeys(str(row["note"]) for row in rows if row["note"]):
        typer.echo(f"  {note}")


def _waiting(what: str) -> Status:
    """Spinner on the terminal while long work runs; nothing elsewhere."""
    from rich.console import Console

    return Console(stderr=True).status(f"Estimating ({what}) …")
