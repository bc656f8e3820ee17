"""``kyoto evaluate``: what works, from the design of an evaluation to the card that a mayor reads."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.synthesis import Synthesis

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Evaluate programmes: design, power, effect, worth, evidence.")


class Model(StrEnum):
    """Models of synthesis."""

    fixed = "fixed"
    dl = "dl"
    reml = "reml"
    pm = "pm"
    ml = "ml"
    eb = "eb"
    sj = "sj"
    he = "he"
    hs = "hs"


StudiesArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="CSV, Excel or Parquet, a row a study; - reads CSV from standard input.")
]
LevelOption = Annotated[float, typer.Option("--level", min=0.5, max=0.999, help="Confidence of the intervals.")]


@app.command()
def synthesize(
    file: StudiesArgument,
    effect: Annotated[str, typer.Option("--effect", help="Column of effects; of ratios, their logarithms.")],
    variance: Annotated[str | None, typer.Option("--variance", help="Column of sampling variances.")] = None,
    std_error: Annotated[str | None, typer.Option("--se", help="Column of standard errors instead.")] = None,
    model: Annotated[Model, typer.Option("--model", help="Fixed effect, or the estimator of tau².")] = Model.reml,
    hksj: Annotated[bool, typer.Option("--hksj", help="Knapp–Hartung errors and t limits.")] = False,
    by: Annotated[str | None, typer.Option("--by", help="Column of subgroups.")] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="Column of studies with several effects: three levels, CR2 errors.")
    ] = None,
    moderator: Annotated[
        list[str] | None, typer.Option("--moderator", help="Characteristic of studies: meta-regression; repeatable.")
    ] = None,
    label: Annotated[str | None, typer.Option("--label", help="Column of names of studies.")] = None,
    exponentiate: Annotated[bool, typer.Option("--exp", help="Show ratios: effects are logarithms.")] = False,
    measure: Annotated[str, typer.Option("--measure", help="Name of the effect in charts.")] = "Effect",
    chart: Annotated[Path | None, typer.Option("--chart", help="Write a forest plot: .svg, .html or .png.")] = None,
    funnel: Annotated[Path | None, typer.Option("--funnel", help="Write a funnel plot.")] = None,
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Pool the effects of several studies.

    One row a pooled number, with `estimate`, `std_error`, `lower`, `upper` and `tau2`.

    Example: kyoto evaluate synthesize studies.csv --effect yi --variance vi --model reml --hksj --json
    """
    from kyoto.analysis.evaluation.synthesis import Columns, read_studies, synthesize_studies

    with input_file(file) as path:
        columns = Columns(effect, variance, std_error, label, by, cluster, tuple(moderator or ()))
        studies = read_studies(path, columns)
    found = synthesize_studies(
        studies,
        model=model.value,
        hksj=hksj,
        level=level,
        exponentiate=exponentiate,
        by=by or "",
        measure=measure,
    )
    _print_synthesis(found, as_json, as_csv)
    for target, drawing in ((chart, found.forest_svg), (funnel, found.funnel_svg)):
        if target is not None:
            _write_drawing(target, drawing())


def _print_synthesis(found: Synthesis, as_json: bool, as_csv: bool) -> None:
    rows = found.to_rows()
    if as_json or as_csv:
        print_rows(rows, as_json=as_json, as_csv=as_csv)
        return
    typer.echo(found.summary())


def _write_drawing(path: Path, svg: str) -> None:
    from kyoto.analysis.evaluation.pictures import write_picture

    write_picture(path, svg)
    typer.echo(f"Wrote {path}", err=True)


@app.command()
def bias(
    file: StudiesArgument,
    effect: Annotated[str, typer.Option("--effect", help="Column of effects; of ratios, their logarithms.")],
    variance: Annotated[str | None, typer.Option("--variance", help="Column of sampling variances.")] = None,
    std_error: Annotated[str | None, typer.Option("--se", help="Column of standard errors instead.")] = None,
    direction: Annotated[
        str, typer.Option("--direction", help="Which effects are welcome: `greater` or `less`.")
    ] = "greater",
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Look for studies that were never published: Egger, PET-PEESE, trim and fill, selection model.

    Example: kyoto evaluate bias studies.csv --effect yi --variance vi --direction less
    """
    from kyoto.analysis.evaluation.synthesis import Columns, read_studies
    from kyoto.analysis.evaluation.synthesis.panel import publication_bias

    with input_file(file) as path:
        studies = read_studies(path, Columns(effect, variance, std_error))
    rows: list[dict[str, Any]] = publication_bias(studies, direction=direction, level=level)
    columns = ["method", "estimate", "lower", "upper", "p_value", "reading"]
    title = f"What may be missing? {len(studies.effects)} effects, {level:.0%} limits"
    print_rows(rows, as_json=as_json, as_csv=as_csv, columns=columns, title=title)


DesignArgument = Annotated[
    str, typer.Argument(metavar="DESIGN", help="The design of the evaluation, or the folder of its evaluation.toml.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed; the same seed gives the same numbers.")]


@app.command()
def freeze(
    design: DesignArgument,
    again: Annotated[bool, typer.Option("--again", help="Replace a frozen copy that differs; it is kept.")] = False,
) -> None:
    """Freeze a design before the outcomes are read, so that later changes show.

    Example: kyoto evaluate freeze evaluation.toml
    """
    from kyoto.analysis.evaluation.plan import freeze as freeze_design
    from kyoto.analysis.evaluation.plan import read_design

    state = freeze_design(read_design(design), again=again)
    typer.echo(state.sentence())


@app.command()
def run(
    design: DesignArgument,
    checks: Annotated[bool, typer.Option("--checks", help="Print the checks instead of the estimates.")] = False,
    require_frozen: Annotated[
        bool, typer.Option("--require-frozen", help="Refuse a design that was not frozen, or changed since.")
    ] = False,
    chart: Annotated[
        Path | None, typer.Option("--chart", help="Write the picture of the design: .html, .svg or .png.")
    ] = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Estimate the effect as the design says, with the checks of its assumptions.

    Example: kyoto evaluate run evaluation.toml --json
    """
    from kyoto.analysis.evaluation.pictures import write_chart
    from kyoto.analysis.evaluation.plan import read_design
    from kyoto.analysis.evaluation.plan.freeze import require
    from kyoto.analysis.evaluation.plan.run import run_design

    plan = read_design(design)
    if require_frozen:
        require(plan)
    found = run_design(plan)
    if chart is not None:
        write_chart(chart, found.result.plot())
        typer.echo(f"Wrote {chart}", err=True)
    if checks:
        print_rows([check.row() for check in found.result.checks], as_json=as_json, as_csv=as_csv, title="Checks")
    elif as_json or as_csv:
        print_rows(found.rows(), as_json=as_json, as_csv=as_csv)
    else:
        typer.echo(found.summary())


class PowerDesign(StrEnum):
    """Designs whose power has a formula."""

    means = "means"
    shares = "shares"
    wedge = "stepped-wedge"


@app.command()
def power(
    design: Annotated[PowerDesign, typer.Option("--design", help="Comparison of means or shares, or a stepped wedge.")],
    n: Annotated[
        int, typer.Option("--n", min=2, help="People in each group; in a stepped wedge, per cluster and period.")
    ],
    effect: Annotated[
        float | None, typer.Option("--effect", help="True effect; without it, the smallest that is found.")
    ] = None,
    sd: Annotated[float, typer.Option("--sd", min=0.0, help="Standard deviation of the outcome.")] = 1.0,
    share: Annotated[float, typer.Option("--share", min=0.0, max=1.0, help="Share without the programme.")] = 0.5,
    cluster_size: Annotated[float, typer.Option("--cluster-size", min=1.0, help="People in a cluster.")] = 1.0,
    icc: Annotated[float, typer.Option("--icc", min=0.0, max=1.0, help="Correlation within clusters.")] = 0.0,
    clusters: Annotated[int, typer.Option("--clusters", min=2, help="Clusters of a stepped wedge.")] = 12,
    periods: Annotated[int, typer.Option("--periods", min=3, help="Periods of a stepped wedge.")] = 5,
    wanted: Annotated[float, typer.Option("--power", min=0.1, max=0.999, help="Power of the smallest effect.")] = 0.8,
    alpha: Annotated[float, typer.Option("--alpha", min=0.0001, max=0.5, help="Significance level, two-sided.")] = 0.05,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Tell the power of a design, or the smallest effect that it can find.

    Example: kyoto evaluate power --design shares --n 400 --share 0.42
    """
    from kyoto.analysis.evaluation.plan.power import (
        power_of_means,
        power_of_shares,
        power_of_stepped_wedge,
        smallest_effect,
    )

    def at(size: float) -> Any:
        if design is PowerDesign.means:
            return power_of_means(size, sd=sd, treated=n, untreated=n, cluster_size=cluster_size, icc=icc, alpha=alpha)
        if design is PowerDesign.shares:
            return power_of_shares(
                share, share + size, treated=n, untreated=n, cluster_size=cluster_size, icc=icc, alpha=alpha
            )
        return power_of_stepped_wedge(
            size, sd=sd, clusters=clusters, periods=periods, cluster_size=n, icc=icc, alpha=alpha
        )

    if effect is None:
        if design is PowerDesign.shares:
            limit = 0.999999 * max(share, 1 - share)
            sign = -1.0 if share >= 0.5 else 1.0
            size = sign * smallest_effect(lambda value: at(sign * min(value, limit)).power, wanted=wanted, scale=limit)
        else:
            size = smallest_effect(lambda value: at(value).power, wanted=wanted, scale=sd)
    else:
        size = effect
    found = at(size)
    print_rows([found.row()], as_json=as_json, as_csv=as_csv, columns=["design", "effect", "power", "alpha", "how"])


@app.command()
def simulate(
    design: DesignArgument,
    effect: Annotated[float, typer.Option("--effect", help="True effect, in the unit of the outcome.")],
    relative: Annotated[bool, typer.Option("--relative", help="The effect is a share: -0.1 is a tenth less.")] = False,
    replicates: Annotated[int, typer.Option("--replicates", min=20, help="Draws of treated units.")] = 200,
    seed: SeedOption = 1,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Tell the power of a written design from the data before the programme.

    Example: kyoto evaluate simulate evaluation.toml --effect -0.1 --relative
    """
    from kyoto.analysis.evaluation.plan import read_design
    from kyoto.analysis.evaluation.plan.simulation import design_power

    found = design_power(read_design(design), effect, relative=relative, replicates=replicates, seed=seed)
    columns = ["effect", "power", "lower", "upper", "alpha", "how"]
    print_rows([found.row()], as_json=as_json, as_csv=as_csv, columns=columns)


@app.command()
def worth(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Costs, offences prevented and unit costs as TOML.")],
    tornado: Annotated[Path | None, typer.Option("--tornado", help="Write the tornado: .html, .svg or .png.")] = None,
    acceptability: Annotated[
        Path | None, typer.Option("--acceptability", help="Write the acceptability curve: .html, .svg or .png.")
    ] = None,
    draws: Annotated[int, typer.Option("--draws", min=100, help="Simulated draws.")] = 20_000,
    seed: SeedOption = 1,
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Weigh what a programme cost against what it saved.

    Example: kyoto evaluate worth worth.toml --tornado tornado.html
    """
    from kyoto.analysis.evaluation.pictures import write_chart
    from kyoto.analysis.evaluation.worth import appraise_file

    found = appraise_file(file, draws=draws, seed=seed, level=level)
    for path, picture in ((tornado, found.plot), (acceptability, found.plot_acceptability)):
        if path is not None:
            write_chart(path, picture())
            typer.echo(f"Wrote {path}", err=True)
    if as_json or as_csv:
        rows: list[dict[str, Any]] = [dict(row) for row in found.tidy().to_dict("records")]  # type: ignore[arg-type]
        print_rows(rows, as_json=as_json, as_csv=as_csv)
    else:
        typer.echo(found.summary())


@app.command()
def card(
    design: DesignArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")] = Path("card.html"),
    worth_file: Annotated[
        str | None, typer.Option("--worth", help="TOML of `kyoto evaluate worth`: what it cost and saved.")
    ] = None,
    seed: SeedOption = 1,
) -> None:
    """Write one page in plain language from the results of an evaluation.

    Example: kyoto evaluate card evaluation.toml -o card.html
    """
    from kyoto.analysis.evaluation.card import card_of_evaluation, render_card
    from kyoto.analysis.evaluation.plan import read_design
    from kyoto.analysis.evaluation.plan.run import run_design
    from kyoto.analysis.evaluation.worth import appraise_file
    from kyoto.core.files import write_whole

    appraisal = appraise_file(worth_file, seed=seed) if worth_file else None
    found = card_of_evaluation(run_design(read_design(design)), appraisal)
    write_whole(output, render_card(found))
    typer.echo(f"Wrote {output}")


@app.command()
def monitor(
    design: DesignArgument,
    values: Annotated[str, typer.Option("--values", help="Table: indicator, period, value, denominator.")],
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Compare the indicators of the logframe with their targets.

    Example: kyoto evaluate monitor evaluation.toml --values indicators.csv
    """
    from kyoto.analysis.evaluation.monitoring import monitor as compare
    from kyoto.analysis.evaluation.plan import read_design

    with input_file(values) as path:
        rows = compare(path, read_design(design).logframe)
    columns = ["indicator", "level", "period", "value", "baseline", "target", "status", "signal"]
    print_rows(rows, as_json=as_json, as_csv=as_csv, columns=columns, empty="The logframe has no indicators.")


@app.command()
def register(
    file: StudiesArgument,
    words: Annotated[str, typer.Option("--words", help="Words that must occur.")] = "",
    iccs: Annotated[str, typer.Option("--iccs", help="Offence, with what lies above and below.")] = "",
    sdg: Annotated[str, typer.Option("--sdg", help="SDG goal or target.")] = "",
    area: Annotated[str, typer.Option("--area", help="Country or area.")] = "",
    grade: Annotated[int, typer.Option("--grade", min=0, max=5, help="Least grade on the Maryland scale.")] = 0,
    pooled: Annotated[bool, typer.Option("--pool", help="Pool the effects of what was found.")] = False,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Search a register of evaluations, reviews and practices.

    Example: kyoto evaluate register register.csv --words lighting --grade 3
    """
    from kyoto.analysis.evaluation.register import pool_records, read_register, search_register

    with input_file(file) as path:
        records = read_register(path)
    found = search_register(records, words, iccs=iccs, sdg=sdg, area=area, least_grade=grade)
    if pooled:
        _print_synthesis(pool_records(found), as_json, as_csv)
        return
    columns = ["id", "title", "year", "grade", "direction", "effect", "lower", "upper", "measure"]
    rows = [record.row() for record in found]
    print_rows(rows, as_json=as_json, as_csv=as_csv, columns=columns, empty="No record fits.")
