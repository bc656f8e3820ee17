"""``kyoto survey plan``, ``draw``, ``form`` and ``read``: the survey before there are figures."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from kyoto.analysis.surveys.questionnaire import Instrument

__all__ = ["draw", "form", "plan", "read"]

SHOWN = 12
LevelOption = Annotated[float, typer.Option("--level", min=0.5, max=0.999, help="Confidence of the limits.")]


class AllocationName(StrEnum):
    """Ways to share a sample out over strata."""

    proportional = "proportional"
    equal = "equal"
    neyman = "neyman"
    cost = "cost"
    power = "power"


class DrawName(StrEnum):
    """Ways to draw."""

    srs = "srs"
    systematic = "systematic"
    pps = "pps"


def plan(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="CSV of domains: domain, population, prevalence, margin, deff, response, cost …"
        ),
    ],
    prevalence: Annotated[float, typer.Option("--prevalence", help="Expected share of victims.")] = 0.1,
    margin: Annotated[float, typer.Option("--margin", help="Wanted half width of the interval.")] = 0.03,
    deff: Annotated[float, typer.Option("--deff", help="Design effect.")] = 1.0,
    response: Annotated[float, typer.Option("--response", help="Expected response rate.")] = 1.0,
    cluster_take: Annotated[float, typer.Option("--cluster-take", help="Interviews in a cluster.")] = 1.0,
    correlation: Annotated[
        float, typer.Option("--correlation", help="Correlation within clusters; gives the design effect.")
    ] = 0.0,
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, help="Interviews to share out over the domains instead.")
    ] = None,
    allocation: Annotated[
        AllocationName, typer.Option("--allocation", help="How --sample is shared out.")
    ] = AllocationName.proportional,
    power: Annotated[float, typer.Option("--power", help="Exponent of the power allocation.")] = 0.5,
    level: LevelOption = 0.95,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Plan a sample: interviews for a wanted precision by domain, or a given sample shared out.

    Columns of FILE override the options. One row a domain, and the precision it will have.

    Example: kyoto survey plan regions.csv --prevalence 0.08 --margin 0.015 --response 0.7 --deff 1.6
    """
    from kyoto.analysis.surveys.planning import plan_rows
    from kyoto.analysis.surveys.sample_size import DomainWish
    from kyoto.analysis.surveys.tables_in import open_table

    defaults = DomainWish(
        prevalence=prevalence,
        margin=margin,
        deff=deff,
        response=response,
        cluster_take=cluster_take,
        correlation=correlation,
        level=level,
    )
    with input_file(file) as path, open_table(path) as table:
        given: list[dict[str, Any]] = table.frame().to_dict("records")  # type: ignore[assignment]
    rows = plan_rows(given, defaults, sample=sample, allocation=allocation.value, power=power)
    print_rows(rows, as_json=as_json, as_csv=as_csv, title="The sample by domain")


def draw(
    file: Annotated[str, typer.Argument(metavar="FRAME", help="CSV, Parquet or Excel: one row a unit.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV of the drawn units to write.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed; the same frame and seed draw the same.")],
    count: Annotated[
        list[str],
        typer.Option(
            "--count",
            help="How many of each stratum: a number, or STRATUM=NUMBER, repeatable; of clusters with --cluster.",
        ),
    ],
    strata: Annotated[str | None, typer.Option("--strata", help="Column of strata.")] = None,
    method: Annotated[DrawName, typer.Option("--method", help="pps: systematic, proportional to size.")] = DrawName.srs,
    size: Annotated[str | None, typer.Option("--size", help="Column of sizes for pps.")] = None,
    cluster: Annotated[str | None, typer.Option("--cluster", help="Column of clusters, drawn first.")] = None,
    take: Annotated[int | None, typer.Option("--take", min=1, help="Units to draw in each cluster.")] = None,
    order: Annotated[
        list[str] | None, typer.Option("--order", help="Column to sort by before a systematic draw; repeatable.")
    ] = None,
) -> None:
    """Draw a stratified sample in one or more stages, with an audit trail beside it.

    Writes the drawn units with their probabilities and base weights, and OUTPUT.audit.json with the seed, the digest
    of the frame and the random starts: who has the frame can draw the same sample again. Two stages go in one draw
    (--cluster, --take); for a further one, such as a person of each household, list the people of the drawn
    households with their probabilities, and draw again.

    Example: kyoto survey draw frame.csv --strata region --count north=40 --count south=60 --seed 2024 -o drawn.csv
    """
    import json

    from kyoto.analysis.surveys.drawing import draw_sample
    from kyoto.analysis.surveys.planning import counts_from_words
    from kyoto.analysis.surveys.tables_in import open_table
    from kyoto.core.files import write_whole, writing

    with input_file(file) as path, open_table(path) as table:
        frame = table.frame()
    drawn = draw_sample(
        frame,
        counts_from_words(count),
        seed=seed,
        strata=strata,
        method=method.value,
        size=size,
        cluster=cluster,
        take=take,
        order=tuple(order or ()),
    )
    with writing(output) as part:
        drawn.frame.to_csv(part, index=False)
    audit = output.with_suffix(".audit.json")
    write_whole(audit, json.dumps(dict(drawn.audit), indent=2) + "\n")
    typer.echo(f"Wrote {output} ({len(drawn.frame):,} units) and {audit}")


InstrumentOption = Annotated[
    str, typer.Option("--instrument", help="persons (victimization and corruption) or business (bribery).")
]
ModuleOption = Annotated[
    list[str] | None, typer.Option("--module", help="Only this module, and the start; repeatable. See the explanation.")
]
QuestionsOption = Annotated[
    Path | None, typer.Option("--questions", help="Own file of questions in the shape of Kyoto's.")
]


def form(
    output: Annotated[Path, typer.Option("--out", "-o", help="Workbook to write, .xlsx.")],
    instrument: InstrumentOption = "persons",
    module: ModuleOption = None,
    language: Annotated[
        list[str] | None,
        typer.Option("--language", help="en, fr or es; repeatable, the first one starts; all if none."),
    ] = None,
    questions: QuestionsOption = None,
    codebook: Annotated[
        Path | None, typer.Option("--codebook", help="CSV to write: every variable, its codes, whom it asks.")
    ] = None,
) -> None:
    """Write the questionnaire as an XLSForm for ODK and KoboToolbox.

    Skip logic, limits, safety notes for interviews on violence, and each language as columns; the columns iccs and sdg
    say which offence and indicator a question serves.

    Example: kyoto survey form --out form.xlsx --language es --language en
    """
    from kyoto.analysis.surveys.xlsform import write_xlsform

    found = _instrument(instrument, module, questions)
    write_xlsform(found, output, languages=language or ())
    if codebook is not None:
        _write_codebook(found, codebook, (language or ["en"])[0])
    typer.echo(f"Wrote {output}: {len(found.questions())} questions, {len(found.screeners())} offences")


def read(
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV or JSON export of ODK or KoboToolbox.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV to write: checked answers, counts, SDG columns.")
    ] = None,
    instrument: InstrumentOption = "persons",
    module: ModuleOption = None,
    questions: QuestionsOption = None,
    cap: Annotated[float, typer.Option("--cap", min=1.0, help="Most victimizations of a kind that count.")] = 10.0,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Read answers back and check them against the questionnaire.

    Prints what was found: unknown codes, numbers out of range, answers to questions that were not to be asked,
    duplicates. -o writes the interviews kept, with victimizations and SDG indicators as columns.

    Example: kyoto survey read submissions.csv -o answers.csv
    """
    from kyoto.analysis.surveys.answers import read_answers
    from kyoto.analysis.surveys.sdg import derive

    with input_file(file) as path:
        found = read_answers(path, _instrument(instrument, module, questions))
    if output is not None:
        from kyoto.core.files import writing

        with writing(output) as part:
            derive(found.frame, cap=cap).to_csv(part, index=False)
    rows = [finding.as_row() for finding in found.findings]
    if as_json:
        kept = {"rows_in": found.rows_in, "kept": len(found.frame), "rejected": found.rejected}
        print_json({**kept, "findings": rows})
        return
    if not as_csv:
        typer.echo(found.summary())
    shown = rows if as_csv else rows[:SHOWN]
    print_rows(shown, as_csv=as_csv, title="Findings", empty="Every answer fits the questionnaire.")
    if len(shown) < len(rows):
        typer.echo(f"  and {len(rows) - len(shown):,} more; --csv and --json list them all")
    if output is not None and not as_csv:
        typer.echo(f"Wrote {output}")


def _write_codebook(found: Instrument, path: Path, language: str) -> None:
    import csv

    from kyoto.analysis.surveys.codebook import codebook_rows
    from kyoto.core.files import writing

    rows = codebook_rows(found, language=language)
    with writing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _instrument(name: str, modules: list[str] | None, questions: Path | None) -> Instrument:
    from kyoto.analysis.surveys.questionnaire import FILE, instrument
    from kyoto.statistics.sources.single import existing_file

    return instrument(name, modules=modules or (), path=existing_file(questions) if questions else FILE)
