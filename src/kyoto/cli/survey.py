"""``kyoto survey``: from a survey's rows to figures with their sampling error."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows
from kyoto.cli.survey_field import draw, form, plan, read

if TYPE_CHECKING:
    from kyoto.analysis.surveys.result import SurveyEstimates

__all__ = ["app"]

NAMED = 4
"""Figures that a note names before it counts the others."""

app = typer.Typer(no_args_is_help=True, help="Plan victimization and corruption surveys, weight them, estimate.")
app.command("plan")(plan)
app.command("draw")(draw)
app.command("form")(form)
app.command("read")(read)


class Limits(StrEnum):
    """Kinds of limits of shares."""

    logit = "logit"
    beta = "beta"
    wald = "wald"


class LonelyRule(StrEnum):
    """Rules for strata with one cluster."""

    fail = "fail"
    remove = "remove"
    certainty = "certainty"
    adjust = "adjust"
    average = "average"


class Replicates(StrEnum):
    """Kinds of replicate weights."""

    brr = "brr"
    fay = "fay"
    jk1 = "jk1"
    jkn = "jkn"
    jk2 = "jk2"
    bootstrap = "bootstrap"
    sdr = "sdr"
    other = "other"


FileArgument = Annotated[str, typer.Argument(metavar="FILE", help="CSV, Parquet or Excel; - reads standard input.")]
WeightOption = Annotated[str, typer.Option("--weight", help="Column of the sampling weight.")]
StrataOption = Annotated[
    list[str] | None, typer.Option("--strata", help="Column of strata; repeat for later stages, first stage first.")
]
ClusterOption = Annotated[
    list[str] | None, typer.Option("--cluster", help="Column of clusters; repeat for later stages, first stage first.")
]
FpcOption = Annotated[
    list[str] | None,
    typer.Option("--fpc", help="Column of the population (clusters in the stratum) or sampling fraction; repeatable."),
]
LonelyOption = Annotated[LonelyRule, typer.Option("--lonely", help="Rule for a stratum with one cluster.")]
LevelOption = Annotated[float, typer.Option("--level", min=0.5, max=0.999, help="Confidence of the limits.")]


@app.command()
def estimate(
    file: FileArgument,
    weight: WeightOption,
    strata: StrataOption = None,
    cluster: ClusterOption = None,
    fpc: FpcOption = None,
    total: Annotated[list[str] | None, typer.Option("--total", help="Column to total; repeatable.")] = None,
    mean: Annotated[list[str] | None, typer.Option("--mean", help="Column to average; repeatable.")] = None,
    ratio: Annotated[list[str] | None, typer.Option("--ratio", help="Ratio of two columns, Y/X; repeatable.")] = None,
    proportion: Annotated[
        list[str] | None,
        typer.Option("--proportion", help="Column whose levels become shares; of 0 and 1 only the share of 1."),
    ] = None,
    quantile: Annotated[
        list[str] | None, typer.Option("--quantile", help="Quantiles, Y@0.5 or Y@0.25,0.75; Y alone is the median.")
    ] = None,
    by: Annotated[list[str] | None, typer.Option("--by", help="Column of domains; several are crossed.")] = None,
    method: Annotated[Limits, typer.Option("--method", help="Limits of shares; beta is Korn-Graubard.")] = Limits.logit,
    level: LevelOption = 0.95,
    df: Annotated[
        str | None, typer.Option("--df", help="Degrees of freedom, or inf; by default those of the design.")
    ] = None,
    per: Annotated[float, typer.Option("--per", help="Factor of all figures: 1000 for rates, 100 for per cent.")] = 1.0,
    lonely: LonelyOption = LonelyRule.fail,
    replicates: Annotated[
        str | None, typer.Option("--replicates", help='Columns of replicate weights, such as "rw*"; instead of strata.')
    ] = None,
    replicate_kind: Annotated[
        Replicates, typer.Option("--replicate-kind", help="How the replicates were made.")
    ] = Replicates.brr,
    rho: Annotated[float, typer.Option("--rho", help="Fay's factor.")] = 0.0,
    scale: Annotated[float | None, typer.Option("--scale", help="Own factor of the replicate variance.")] = None,
    rscales: Annotated[
        str | None,
        typer.Option("--rscales", help="Factor of each replicate, comma-separated, or one for all (jkn needs them)."),
    ] = None,
    publish_rule: Annotated[
        str | None,
        typer.Option("--publish", help="Mark or withhold by a rule: default, statcan, bjs, inegi, nchs."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="HTML file to write: charts of the estimates with their tables.")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="Heading of the report.")] = "What the survey says",
    source: Annotated[str, typer.Option("--source", help="Where the rows come from; stands under every chart.")] = "",
    mse: Annotated[
        bool, typer.Option("--mse", help="Replicates around the full estimate instead of around their mean.")
    ] = False,
    replicate_factors: Annotated[
        bool, typer.Option("--replicate-factors", help="The replicate columns are factors of the weight.")
    ] = False,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Estimate totals, means, ratios, shares and quantiles with their sampling error.

    One row a figure: estimate, std_error, lower, upper, cv, n (rows with a weight; of a ratio those that count in its
    denominator), cases (those that add something to the figure), df, deff, missing. Rows without a value are left out
    and counted as missing; rows with weight 0 stay in the design.

    Example: kyoto survey estimate households.csv --weight w --strata stratum --cluster psu --mean burglary --by region
    """
    from kyoto.analysis.surveys.from_file import estimate_table
    from kyoto.analysis.surveys.publication import publish, rule_named
    from kyoto.analysis.surveys.request import Request, SampleColumns, wanted_figures
    from kyoto.analysis.surveys.tables_in import open_table

    request = Request(
        wanted=wanted_figures(
            totals=total or (),
            means=mean or (),
            ratios=ratio or (),
            proportions=proportion or (),
            quantiles=quantile or (),
            by=by or (),
        ),
        by=tuple(dict.fromkeys(by or ())),
        method=method.value,
        level=level,
        df=_degrees(df),
        per=1.0 if publish_rule else per,
    )
    sample = SampleColumns(
        weight=weight,
        strata=tuple(strata or ()),
        clusters=tuple(cluster or ()),
        fpc=tuple(fpc or ()),
        lonely=lonely.value,
        replicates=replicates or "",
        kind=replicate_kind.value,
        rho=rho,
        scale=scale,
        rscales=_numbers(rscales, "--rscales"),
        around_estimate=mse,
        factors=replicate_factors,
    )
    with input_file(file) as path, open_table(path) as table:
        found = estimate_table(table, sample, request)
    if publish_rule:
        found = publish(found, rule_named(publish_rule)).scaled(per)
    if report is not None:
        from kyoto.analysis.surveys.report import estimates_page
        from kyoto.core.files import write_whole

        write_whole(report, estimates_page(found, title=title, source=source, rule=publish_rule or "none", per=per))
    if as_json or as_csv:
        print_rows(found.rows(), as_json=as_json, as_csv=as_csv)
        return
    columns = ["term", *request.by, "estimate", "std_error", "lower", "upper", "cv", "n", "deff"]
    if any(figure.missing for figure in found):
        columns.append("missing")
    print_rows(found.rows(), columns=columns, title=f"Estimates ({level:.0%} limits)")
    for line in _notes(found):
        typer.echo(f"  {line}")


def _notes(found: SurveyEstimates) -> list[str]:
    """What to know of figures, each note once with the figures that it is about."""
    about: dict[str, list[str]] = {}
    for figure in found:
        if figure.note:
            about.setdefault(figure.note, []).append(figure.label())
    return [
        f"{'; '.join(labels[:NAMED])}{f' and {len(labels) - NAMED} more' if len(labels) > NAMED else ''}: {note}"
        for note, labels in about.items()
    ]


def _degrees(text: str | None) -> float | None:
    if text is None:
        return None
    values = _numbers(text, "--df")
    if len(values) != 1 or not values[0] > 0:
        raise _not_numbers("--df", text, "a number above 0, or inf")
    return values[0]


def _numbers(text: str | None, option: str) -> tuple[float, ...]:
    """Numbers of an option, separated by commas."""
    if not text:
        return ()
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise _not_numbers(option, text, "numbers separated by commas") from None


def _not_numbers(option: str, got: str, expected: str) -> Exception:
    from kyoto.core.errors import KyotoError

    return KyotoError(f"{option} is not understood", code="survey.wrong-option", got=got, expected=expected)


class MadeReplicates(StrEnum):
    """Kinds of replicate weights that a file carries without factors beside it."""

    brr = "brr"
    fay = "fay"
    jk1 = "jk1"
    bootstrap = "bootstrap"
    sdr = "sdr"


class DistanceName(StrEnum):
    """Distances of the calibration."""

    raking = "raking"
    linear = "linear"
    logit = "logit"


@app.command()
def weight(
    file: FileArgument,
    base: Annotated[str | None, typer.Option("--base", help="Column of base weights.")] = None,
    probability: Annotated[
        list[str] | None, typer.Option("--probability", help="Column of the probability of selection; one a stage.")
    ] = None,
    response: Annotated[
        str | None, typer.Option("--response", help="Column: 1 responded, 0 did not, empty not eligible.")
    ] = None,
    classes: Annotated[
        list[str] | None, typer.Option("--class", help="Column of nonresponse classes; several are crossed.")
    ] = None,
    predictor: Annotated[
        list[str] | None, typer.Option("--predictor", help="Column of a response model, instead of classes.")
    ] = None,
    least: Annotated[int, typer.Option("--least", min=1, help="Fewest respondents in a class.")] = 1,
    trim: Annotated[
        float | None, typer.Option("--trim", min=1.0, help="Largest weight, as a multiple of the median.")
    ] = None,
    targets: Annotated[
        Path | None, typer.Option("--targets", help="CSV of known totals: variable, level, total.")
    ] = None,
    distance: Annotated[DistanceName, typer.Option("--distance", help="Kind of calibration.")] = DistanceName.raking,
    bounds: Annotated[
        str | None, typer.Option("--bounds", help="Smallest and largest calibration factor, such as 0.3,3.")
    ] = None,
    strata: StrataOption = None,
    cluster: ClusterOption = None,
    replicates: Annotated[
        MadeReplicates | None, typer.Option("--replicates", help="Make replicate weights of this kind too.")
    ] = None,
    count: Annotated[int, typer.Option("--count", min=2, help="Number of replicates, for bootstrap and sdr.")] = 200,
    rho: Annotated[float, typer.Option("--rho", help="Fay's factor.")] = 0.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the bootstrap.")] = 1,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="CSV to write, with the new columns.")] = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Make weights: inverse probabilities, nonresponse, trimming, calibration to known totals.

    Prints what each step did to the weights; -o writes the rows with the columns weight_base … weight. With
    --replicates everybody drawn gets replicate_1 … too, each taken through all steps: estimates with them count what
    nonresponse and known totals add to the error and take from it.

    Example: kyoto survey weight drawn.csv --probability p --response answered --targets census.csv -o weighted.csv
    """
    from kyoto.analysis.surveys.known_totals import read_targets
    from kyoto.analysis.surveys.tables_in import open_table
    from kyoto.analysis.surveys.weight_steps import WeightSettings, make_weights

    limits = _numbers(bounds, "--bounds")
    if bounds and len(limits) != 2:
        raise _not_numbers("--bounds", bounds, "two numbers, such as 0.3,3")
    settings = WeightSettings(
        base=base or "",
        probabilities=tuple(probability or ()),
        response=response or "",
        classes=tuple(classes or ()),
        predictors=tuple(predictor or ()),
        least=least,
        trim=trim,
        distance=distance.value,
        bounds=(limits[0], limits[1]) if limits else (float("-inf"), float("inf")),
        strata=tuple(strata or ()),
        clusters=tuple(cluster or ()),
        replicate_kind=replicates.value if replicates else "",
        replicates=count,
        seed=seed,
        rho=rho,
    )
    margins, totals = read_targets(targets) if targets else ({}, {})
    with input_file(file) as path, open_table(path) as table:
        made = make_weights(table.frame(), settings, margins, totals)
    if output is not None:
        from kyoto.core.files import writing

        with writing(output) as part:
            made.frame.to_csv(part, index=False)
    rows = [step.row() for step in made.steps]
    if as_json:
        print_json({"steps": rows, "totals": list(made.totals)})
        return
    print_rows(rows, as_csv=as_csv, title="Weights after each step")
    if made.totals and not as_csv:
        typer.echo("")
        print_rows(made.totals, title="Known totals")
    if output is not None and not as_csv:
        typer.echo(f"Wrote {output}")
