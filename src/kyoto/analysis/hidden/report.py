"""The report of one estimate: one HTML file that opens without a network and says what a ministry can publish."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kyoto.analysis.hidden.checks import Finding, check_table, overlap_frame, require_estimable
from kyoto.analysis.hidden.diagnostics import influence, leave_one_list_out
from kyoto.analysis.hidden.drawing import intervals_svg, upset_svg
from kyoto.analysis.hidden.estimate import compare_methods, estimate_population
from kyoto.analysis.hidden.existence import Verdict, check_model
from kyoto.analysis.hidden.graphs import delta_sensitivity
from kyoto.analysis.hidden.hierarchy import format_model, parse_model
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.options import Options
from kyoto.analysis.hidden.result import EstimateTable, PopulationEstimate, number
from kyoto.analysis.hidden.selection import search_models
from kyoto.analysis.hidden.tables_in import CaptureInput
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Report", "build_report", "plain_interval"]

NAMES = {
    "loglinear": "Log-linear",
    "chao": "Chao's lower bound",
    "coverage": "Sample coverage",
    "graphs": "Average over graphs",
    "bayes": "Bayesian, shrunken",
    "latent": "Latent classes",
    "heterogeneity": "Heterogeneity (Mth)",
}
SELECTION_NAMES = {
    "main": "independent lists",
    "stepwise": "pairs chosen stepwise",
    "bic": "model chosen by BIC",
    "aic": "model chosen by AIC",
    "aicc": "model chosen by AICc",
    "downhill": "model found downhill by BIC",
    "model": "given model",
}


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What the report shows.

    Parameters
    ----------
    title, source
        Heading, and where the lists come from.
    table
        The lists.
    headline
        The estimate that the report stands for.
    methods
        All methods side by side.
    findings, verdicts
        Checks of the lists; existence of the main models.
    models
        Log-linear models with most weight.
    without
        Estimate without each list.
    deltas
        Graph average under several priors.
    people
        Histories where one person moves the estimate most.
    strata
        Estimates by stratum, if asked for.
    options
        How the headline was made.
    """

    title: str
    source: str
    table: CaptureTable
    headline: PopulationEstimate
    methods: EstimateTable
    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...]
    models: pd.DataFrame
    without: EstimateTable
    deltas: EstimateTable
    people: pd.DataFrame
    strata: EstimateTable | None
    options: Options

    def html(self) -> str:
        """The page."""
        from kyoto.statistics.report.room_page import room_page

        labels = [method_name(estimate) for estimate in self.methods]
        without = [f"without {estimate.strata['without']}" for estimate in self.without]
        return room_page(
            Path(__file__).parent,
            filters={"people": lambda value: number(None if value is None or math.isnan(value) else value)},
            report=self,
            plain=plain_interval(self.headline),
            upset=_both(lambda narrow: upset_svg(self.table, narrow=narrow)),
            chart=_both(
                lambda narrow: intervals_svg(self.methods, labels, observed=self.table.observed, narrow=narrow)
            ),
            without_chart=_both(
                lambda narrow: intervals_svg(self.without, without, observed=self.table.observed, narrow=narrow)
            )
            if without
            else "",
            labels=labels,
            overlaps=overlap_frame(self.table).to_dict("records"),
            models=self.models.to_dict("records"),
            people=self.people.head(6).to_dict("records"),
            caveats=caveats(self),
            reach=reach(self.methods),
            headline_name=method_name(self.headline),
        )


def _both(drawn: Callable[[bool], str]) -> Markup:
    """A drawing for wide and one for narrow screens; the style of the page shows one of them."""
    from markupsafe import Markup

    return Markup(drawn(False) + drawn(True))  # noqa: S704 - the drawing escapes every name


def method_name(estimate: PopulationEstimate) -> str:
    """Name of a method as the report prints it."""
    name = NAMES.get(estimate.method, estimate.method)
    select = SELECTION_NAMES.get(str(estimate.details.get("select", "")))
    return f"{name}, {select}" if select else name


def rounded(value: float) -> float:
    """Number without false digits: two significant figures, three where the first is 1.

    Examples
    --------
    >>> rounded(11313), rounded(9288), rounded(157)
    (11300.0, 9300.0, 157.0)
    """
    if value <= 0:
        return 0.0
    power = math.floor(math.log10(value))
    keep = 2 if value / 10**power < 2 else 1
    return float(round(value, keep - power))


def plain_interval(estimate: PopulationEstimate) -> str:
    """The headline in plain words.

    Examples
    --------
    >>> plain_interval(PopulationEstimate("loglinear", "", 2744, 11313.0, 9288.0, 15831.0))
    'Between 9\u202f300 and 15\u202f800 people, most likely about 11\u202f300.'
    """
    if estimate.estimate is None or estimate.lower is None or estimate.upper is None:
        return "These lists do not support an estimate."
    parts = (number(rounded(value)) for value in (estimate.lower, estimate.upper, estimate.estimate))
    low, high, middle = parts
    return f"Between {low} and {high} people, most likely about {middle}."


def reach(methods: EstimateTable) -> tuple[float, float] | None:
    """Smallest and largest estimate."""
    values = [estimate.estimate for estimate in methods if estimate.estimate is not None]
    return (min(values), max(values)) if values else None


def caveats(report: Report) -> list[str]:
    """What a reader must know, in plain language, for these lists."""
    found = [
        "The estimate assumes that everybody in the population could have been on a list. People whom no list could "
        "ever reach are not in it.",
        "It assumes that the same person is recognised on every list. Missed links make the estimate too high, false "
        "links too low.",
        "It assumes that the population did not change while the lists were made.",
    ]
    span = reach(report.methods)
    if span and span[1] > 1.5 * span[0]:
        low, high = (number(rounded(value)) for value in span)
        found.insert(
            0,
            f"The methods disagree: from {low} to {high}. The lists alone cannot say which is right; the choice of a "
            "model is part of the uncertainty.",
        )
    if report.table.k == 2:
        found.insert(0, "With two lists, dependence between them cannot be seen, and it biases the estimate.")
    if any(finding.code in {"hidden.no-overlap", "hidden.few-overlaps"} for finding in report.findings):
        found.append(
            "Some lists share few people or none. Estimates hang on these small numbers, and one more or one less "
            "person can matter."
        )
    return found


def build_report(
    source: CaptureInput,
    options: Options | None = None,
    *,
    title: str = "How many people are there?",
    origin: str = "",
    strata: EstimateTable | None = None,
    methods: Sequence[str] | None = None,
) -> Report:
    """Make everything that the report shows.

    Parameters
    ----------
    source
        The lists as read.
    options
        How the headline is estimated; stepwise log-linear with a bootstrap interval by default.
    title, origin
        Heading, and the source that stands under every chart.
    strata
        Estimates by stratum; partially pooled ones are made here if not given.
    methods
        Methods side by side; all by default.
    """
    from kyoto.analysis.hidden.strata import pooled_strata

    chosen = options or Options()
    table = require_estimable(source.table)
    quick = replace(chosen, method="loglinear", select="stepwise", replicates=0)
    if strata is None and source.strata:
        strata = pooled_strata(source.strata, source.by, seed=chosen.seed, level=chosen.level)
    headline = estimate_population(table, chosen)
    return Report(
        title=title,
        source=origin,
        table=table,
        headline=headline,
        methods=compare_methods(table, chosen, methods=methods),
        findings=(*source.findings, *check_table(source.table, source.strata)),
        verdicts=_verdicts(table, headline),
        models=_models(table),
        without=leave_one_list_out(table, quick),
        deltas=delta_sensitivity(table) if table.k <= 6 else EstimateTable(()),
        people=influence(table, quick),
        strata=strata,
        options=chosen,
    )


def _verdicts(table: CaptureTable, headline: PopulationEstimate) -> tuple[Verdict, ...]:
    names = ["main", headline.model, "pairs"] if headline.method == "loglinear" else ["main", "pairs"]
    found: dict[str, Verdict] = {}
    for name in names:
        try:
            terms = parse_model(name, table)
        except KyotoError:
            continue
        found.setdefault(format_model(terms), check_model(table, terms))
    return tuple(found.values())


def _models(table: CaptureTable) -> pd.DataFrame:
    try:
        frame: Any = search_models(table, "bic").tidy(top=10)
    except KyotoError:
        return pd.DataFrame()
    return pd.DataFrame(frame)
