"""The ``[survey]`` section of a project file. Importing it loads neither pandas nor NumPy.

.. code-block:: toml

   [survey]
   file = "answers.csv"          # rows of the survey: CSV, Parquet or Excel
   weight = "weight"             # sampling weight
   strata = ["stratum"]          # one column a stage, first stage first
   cluster = ["cluster"]
   fpc = []                      # population of each stage
   lonely = "adjust"             # fail, remove, certainty, adjust, average
   replicates = "rw*"            # instead of strata and clusters
   replicate_kind = "brr"        # and rho, scale, rscales, mse, replicate_factors
   period = "2024"               # that the figures are about, ISO 8601
   indicators = ["16.1.3", "16.1.4"]   # of the questionnaire; all that the file has if absent
   instrument = "persons"        # or business
   publish = "default"           # default, statcan, bjs, inegi, nchs, none
   method = "logit"              # limits of shares: logit, beta, wald
   level = 0.95
   cap = 10                      # most victimizations of a kind that one person counts
   age_groups = [15, 25, 45, 65] # makes age groups of the column age
   title = "What people have been through"
   source = "National victimization survey 2024"

   [survey.by]                   # disaggregations: concept = column
   sex = "sex"
   age = "age_group"

   [survey.figures.stolen_car]   # figures of your own
   ratio = "cars/homes"          # or total, mean, proportion
   iccs = "050211"
   title = "Vehicles stolen per 1,000 households"
   per = 1000
   unit = "per 1000 households"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from kyoto.analysis.surveys.choices import INTERVALS, LONELY, REPLICATES, RULE_NAMES, SDG_CODES, Kind
from kyoto.analysis.surveys.request import SampleColumns
from kyoto.core.project import Section

__all__ = ["FigureSettings", "SurveySettings", "read_settings"]

INSTRUMENTS = ("persons", "business")


@dataclass(frozen=True, slots=True)
class FigureSettings:
    """A figure of the user's own.

    Parameters
    ----------
    name
        Series of its observations.
    kind
        ``total``, ``mean``, ``ratio`` or ``proportion``.
    above, below
        Columns.
    iccs
        Offence, ``_Z`` if none.
    title
        What it says.
    per
        Factor of the figure.
    unit
        Its unit.
    """

    name: str
    kind: Kind
    above: str
    below: str
    iccs: str
    title: str
    per: float
    unit: str


@dataclass(frozen=True, slots=True)
class SurveySettings:
    """What the section says.

    Parameters
    ----------
    file
        Path of the rows.
    sample
        How they were drawn.
    period
        Period of the figures.
    area
        Area of the project.
    indicators
        SDG codes; all that the file has if empty.
    instrument
        ``persons`` or ``business``.
    by
        Column of each disaggregation.
    figures
        Figures of the user's own.
    rule
        Publication rule.
    method, level
        Limits.
    cap
        Most victimizations of a kind that one person counts.
    age_groups
        Lower bounds of age groups.
    title, source
        Of the page.
    """

    file: Path
    sample: SampleColumns
    period: str
    area: str
    indicators: tuple[str, ...]
    instrument: str
    by: Mapping[str, str]
    figures: tuple[FigureSettings, ...]
    rule: str
    method: str
    level: float
    cap: float
    age_groups: tuple[int, ...]
    title: str
    source: str


def read_settings(section: Section) -> SurveySettings:
    """Settings from a parsed section; problems are recorded in it, not raised.

    Parameters
    ----------
    section
        ``project.section("survey", problems=problems)``.
    """
    section.require("file", "weight", "period")
    project = section.project
    head = project.data.get("project", {})
    area = head.get("area", "_Z") if isinstance(head, Mapping) else "_Z"
    by = section.table("by")
    figures = tuple(_figure(one) for one in section.table("figures").tables())
    settings = SurveySettings(
        file=project.folder / section.text("file", ""),
        sample=_sample(section),
        period=section.text("period", ""),
        area=str(area),
        indicators=_indicators(section),
        instrument=section.text("instrument", "persons", choices=INSTRUMENTS),
        by={name: by.text(name, name) for name in by.keys()},  # noqa: SIM118 - a section is no mapping
        figures=figures,
        rule=section.text("publish", "default", choices=RULE_NAMES),
        method=section.text("method", "logit", choices=INTERVALS),
        level=section.number("level") or 0.95,
        cap=section.number("cap") or 10.0,
        age_groups=_ages(section),
        title=section.text("title", "What the survey says"),
        source=section.text("source", ""),
    )
    section.finish()
    return settings


def _sample(section: Section) -> SampleColumns:
    return SampleColumns(
        weight=section.text("weight", ""),
        strata=section.texts("strata"),
        clusters=section.texts("cluster"),
        fpc=section.texts("fpc"),
        lonely=cast(Any, section.text("lonely", "fail", choices=LONELY)),
        replicates=section.text("replicates", ""),
        kind=cast(Any, section.text("replicate_kind", "brr", choices=REPLICATES)),
        rho=section.number("rho") or 0.0,
        scale=section.number("scale"),
        rscales=_factors(section),
        around_estimate=section.flag("mse"),
        factors=section.flag("replicate_factors"),
    )


def _factors(section: Section) -> tuple[float, ...]:
    given = section.raw("rscales", [])
    whole = given if isinstance(given, list) else [given]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) and one >= 0 for one in whole):
        section.wrong("rscales", "Not factors of replicates", expected="numbers, 0 or more: one, or one a replicate")
        return ()
    return tuple(float(one) for one in whole)


def _indicators(section: Section) -> tuple[str, ...]:
    found = section.texts("indicators")
    for code in found:
        if code not in SDG_CODES:
            section.wrong("indicators", f"No survey indicator {code!r}", expected="one of " + ", ".join(SDG_CODES))
    return tuple(code for code in found if code in SDG_CODES)


def _ages(section: Section) -> tuple[int, ...]:
    bounds = section.raw("age_groups", [])
    whole = isinstance(bounds, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in bounds)
    if not whole or sorted(set(bounds)) != bounds:
        section.wrong("age_groups", "Not bounds of age groups", expected="whole numbers that rise: [15, 25, 65]")
        return ()
    return tuple(bounds)


def _figure(section: Section) -> FigureSettings:
    kinds = [kind for kind in ("total", "mean", "ratio", "proportion") if kind in section]
    for kind in ("total", "mean", "ratio", "proportion"):
        section.text(kind)
    if len(kinds) != 1:
        section.wrong(
            kinds[-1] if kinds else "ratio",
            "What shall be estimated?",
            expected="one of total, mean, ratio, proportion",
        )
    kind = kinds[0] if kinds else "mean"
    above, slash, below = section.text(kind, "").partition("/")
    if (kind == "ratio") != bool(slash):
        section.wrong(
            kind, "Not the columns of a figure", expected="NUMERATOR/DENOMINATOR for a ratio, else one column"
        )
    found = FigureSettings(
        name=section.name,
        kind=cast(Any, kind),
        above=above.strip(),
        below=below.strip(),
        iccs=section.text("iccs", "_Z"),
        title=section.text("title", section.name),
        per=section.number("per") or (100.0 if kind == "proportion" else 1.0),
        unit=section.text("unit", "%" if kind == "proportion" else ""),
    )
    section.finish()
    return found
