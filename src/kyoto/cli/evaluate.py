"""``kyoto evaluate``: what works, from the design of an evaluation to the card that a mayor reads."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from kyoto.cli.evaluate_studies import LevelOption, bias, effects, register, synthesize
from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Evaluate programmes: design, power, effect, worth, evidence.")


app.command()(effects)
app.command()(synthesize)
app.command()(bias)
app.command()(register)

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


class CardLanguage(StrEnum):
    """Languages of cards."""

    en = "en"
    fr = "fr"
    es = "es"


@app.command()
def card(
    design: DesignArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")] = Path("card.html"),
    worth_file: Annotated[
        str | None, typer.Option("--worth", help="TOML of `kyoto evaluate worth`: what it cost and saved.")
    ] = None,
    language: Annotated[
        CardLanguage, typer.Option("--language", help="Language of the sentences that are made.")
    ] = CardLanguage.en,
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
    found = card_of_evaluation(run_design(read_design(design)), appraisal, language=language.value)
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
