"""The commands of ``kyoto evaluate`` that read studies: effect sizes, synthesis, publication bias, register."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.synthesis import Synthesis

__all__ = ["bias", "effects", "register", "synthesize"]


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
    str, typer.Argument(metavar="FILE", help="CSV, Excel or Parquet, a row a study; - reads standard input.")
]
LevelOption = Annotated[float, typer.Option("--level", min=0.5, max=0.999, help="Confidence of the intervals.")]


def effects(
    file: StudiesArgument,
    measure: Annotated[
        str, typer.Option("--measure", help="odds-ratio, risk-ratio, smd, rate-ratio, change-ratio, interval, …")
    ],
    columns: Annotated[str, typer.Option("--columns", help="Columns that the measure needs, comma-separated.")],
    dispersion: Annotated[
        float | None, typer.Option("--dispersion", min=0.01, help="Variance of counts over their mean.")
    ] = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Compute effects and variances from what papers report.

    Example: kyoto evaluate effects reports.csv --measure odds-ratio --columns a,b,c,d --csv
    """
    from kyoto.analysis.evaluation.synthesis.reported import effects_of_table

    names = [name.strip() for name in columns.split(",")]
    with input_file(file) as path:
        found = effects_of_table(path, measure, names, dispersion=dispersion)
    rows: list[dict[str, Any]] = [dict(row) for row in found.to_dict("records")]  # type: ignore[arg-type]
    print_rows(rows, as_json=as_json, as_csv=as_csv)


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


def register(
    file: StudiesArgument,
    words: Annotated[str, typer.Option("--words", help="Words that must occur.")] = "",
    iccs: Annotated[str, typer.Option("--iccs", help="Offence, with what lies above and below.")] = "",
    sdg: Annotated[str, typer.Option("--sdg", help="SDG goal or target.")] = "",
    area: Annotated[str, typer.Option("--area", help="Country or area.")] = "",
    programme: Annotated[str, typer.Option("--programme", help="What was done, as the register writes it.")] = "",
    outcome: Annotated[str, typer.Option("--outcome", help="What was measured, as the register writes it.")] = "",
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
    found = search_register(
        records, words, iccs=iccs, sdg=sdg, area=area, programme=programme, outcome=outcome, least_grade=grade
    )
    if pooled:
        _print_synthesis(pool_records(found), as_json, as_csv)
        return
    columns = ["id", "title", "year", "grade", "direction", "effect", "lower", "upper", "measure"]
    rows = [record.row() for record in found]
    print_rows(rows, as_json=as_json, as_csv=as_csv, columns=columns, empty="No record fits.")
