"""The report of a survey: one HTML file with dot-and-interval charts, each with its table and what to know about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.analysis.surveys.charts import dots_svg
from kyoto.analysis.surveys.result import SurveyEstimate, SurveyEstimates, shown_number

if TYPE_CHECKING:
    from kyoto.analysis.surveys.indicator_run import SurveyFigures

__all__ = ["ReportPart", "estimates_page", "figures_page", "render_page"]


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One chart with its table.

    Parameters
    ----------
    title
        What it shows.
    rule
        Who counts.
    unit
        Of the figures.
    figures, labels
        Its figures and their names.
    """

    title: str
    rule: str
    unit: str
    figures: tuple[SurveyEstimate, ...]
    labels: tuple[str, ...]

    def chart(self) -> str:
        """The drawing, wide and narrow; the style sheet shows one."""
        wide = dots_svg(self.figures, self.labels, unit=self.unit)
        return wide + dots_svg(self.figures, self.labels, unit=self.unit, narrow=True)

    def rows(self) -> list[tuple[str, SurveyEstimate]]:
        """Names and figures together."""
        return list(zip(self.labels, self.figures, strict=True))

    def noted(self) -> bool:
        """Whether a figure is marked or withheld."""
        return any(figure.note for figure in self.figures)


def figures_page(found: SurveyFigures) -> str:
    """Page of the figures that ``[survey]`` asks for.

    Parameters
    ----------
    found
        From :func:`kyoto.analysis.surveys.indicator_run.run_settings`.
    """
    parts = [
        ReportPart(
            title=f"{one.title}" + (f" (SDG {one.series})" if one.series[0].isdigit() else ""),
            rule=one.rule,
            unit="Per cent" if one.unit == "%" else one.unit or "In units of the survey",
            figures=one.estimates.estimates,
            labels=tuple(_domain(figure) for figure in one.estimates),
        )
        for one in found.series
    ]
    settings = found.settings
    facts = {
        "rows": shown_number(found.rows),
        "figures": shown_number(sum(len(part.figures) for part in parts)),
        "period": settings.period,
    }
    return render_page(
        settings.title, settings.source or settings.file.name, parts, facts, settings.level, settings.rule
    )


def estimates_page(
    found: SurveyEstimates, *, title: str, source: str = "", rule: str = "none", per: float = 1.0
) -> str:
    """Page of estimates: a chart for each term.

    Parameters
    ----------
    found
        Figures.
    title, source
        Heading, and where the rows come from.
    rule
        Name of the publication rule applied.
    per
        Factor that the figures were multiplied by.
    """
    groups: dict[str, list[SurveyEstimate]] = {}
    for figure in found:
        groups.setdefault(f"{figure.statistic.capitalize()} of {figure.term}", []).append(figure)
    parts = [
        ReportPart(name, "", _unit(figures[0], per), tuple(figures), tuple(_domain(figure) for figure in figures))
        for name, figures in groups.items()
    ]
    facts = {"figures": shown_number(len(found)), "largest base": shown_number(max(one.n for one in found))}
    return render_page(title, source, parts, facts, found.level, rule)


def render_page(
    title: str, source: str, parts: Sequence[ReportPart], facts: dict[str, str], level: float, rule: str
) -> str:
    """The page as HTML.

    Parameters
    ----------
    title, source
        Heading and source.
    parts
        Charts.
    facts
        Numbers at the top, by their label.
    level
        Confidence of the limits.
    rule
        Name of the publication rule.
    """
    from markupsafe import Markup

    from kyoto.analysis.surveys.publication import RULES
    from kyoto.statistics.report.room_page import room_page

    return room_page(
        Path(__file__).parent,
        filters={"number": shown_number},
        title=title,
        source=source,
        parts=[(part, Markup(part.chart())) for part in parts],  # noqa: S704 - the drawing escapes every name
        facts=facts,
        level=f"{level:.0%}".replace("%", " %"),
        rule=RULES[rule].source if rule in RULES else "",
    )


def _unit(figure: SurveyEstimate, per: float) -> str:
    """Words under the axis."""
    if figure.statistic == "proportion":
        return {1.0: "Share of the group", 100.0: "Per cent of the group"}.get(per, f"Per {shown_number(per)}")
    return "In the unit of the column" if per == 1.0 else f"Per {shown_number(per)}"


def _domain(figure: SurveyEstimate) -> str:
    """Name of a domain for the eye.

    Examples
    --------
    >>> _domain(SurveyEstimate("x", "mean", {"sex": "F", "age": "Y15T24"}, 1.0, 0.1, 0.8, 1.2, 90, 9.0))
    'Female, 15 to 24'
    """
    return ", ".join(_value(name, value) for name, value in figure.by.items()) or "Total"


def _value(name: str, value: str) -> str:
    words = {"_T": "Total", "_U": f"{name} not known"}
    if name == "sex":
        words |= {"F": "Female", "M": "Male", "O": "Other sex"}
    if value in words:
        return words[value]
    band = re.fullmatch(r"Y(\d+)T(\d+)", value)
    if band:
        return f"{band[1]} to {band[2]}"
    edge = re.fullmatch(r"Y_(GE|LT)(\d+)", value)
    if edge:
        return f"{edge[2]} and over" if edge[1] == "GE" else f"under {edge[2]}"
    return f"{name.replace('_', ' ')} {value}"
