"""The section ``[survey]`` as a step of a build: observations with intervals, a page, and a panel for the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kyoto.analysis.surveys.settings import SurveySettings, read_settings
from kyoto.core.build.model import Facts, Step, StepContext
from kyoto.core.rooms import Panel, PanelRow

if TYPE_CHECKING:
    from kyoto.analysis.surveys.indicator_run import SurveyFigures
    from kyoto.core.project import Project

__all__ = ["build_steps", "read_settings"]

_ESTIMATES, _PAGE = "survey/estimates.csv", "survey/report.html"
_OBSERVATIONS = ("survey/observations.parquet", "survey/observations.csv")


def build_steps(settings: SurveySettings, project: Project, before: Sequence[str]) -> list[Step]:
    """The step ``survey``.

    Parameters
    ----------
    settings
        The section.
    project, before
        Not needed: the survey is read from its own file.
    """
    from dataclasses import asdict

    plain = asdict(settings)
    plain.pop("file")
    return [
        Step(
            name="survey",
            run=lambda context: _make(context, settings),
            inputs=(settings.file,),
            settings=plain,
            outputs=(_ESTIMATES, *_OBSERVATIONS, _PAGE),
        )
    ]


def _make(context: StepContext, settings: SurveySettings) -> Facts:
    from kyoto.analysis.surveys.indicator_run import run_settings
    from kyoto.analysis.surveys.report import figures_page
    from kyoto.core.files import write_whole
    from kyoto.statistics.observations import write_observations

    found = run_settings(settings)
    folder = context.folder / "survey"
    folder.mkdir(exist_ok=True)
    write_whole(context.folder / _ESTIMATES, found.tidy().to_csv(index=False))
    write_observations(found.observations(), folder, "observations")
    write_whole(context.folder / _PAGE, figures_page(found))
    panel = _panel(found, settings)
    return {
        "rows": found.rows,
        "series": [one.series for one in found.series],
        "series_titles": {one.name: one.title for one in settings.figures},
        **panel.facts(),
    }


def _panel(found: SurveyFigures, settings: SurveySettings) -> Panel:
    """Totals of the series that share the unit of the first: a panel has one scale; the page has them all."""
    unit = found.series[0].unit
    return Panel(
        title=settings.title,
        sentence=_sentence(found),
        rows=tuple(
            PanelRow(f"{one.series} {one.title}", figure.estimate, figure.lower, figure.upper, figure.note)
            for one in found.series
            for figure in one.estimates
            if one.unit == unit and not figure.by
        ),
        unit="per cent" if unit == "%" else unit or "in units of the survey",
        source=settings.source or settings.file.name,
        page=_PAGE,
    )


def _sentence(found: SurveyFigures) -> str:
    from kyoto.analysis.surveys.result import shown_number

    first = next((one for one in found.series if one.estimates[0].estimate is not None), None)
    if first is None:
        return "No figure of this survey may be published under its rule."
    figure = first.estimates[0]
    unit = " %" if first.unit == "%" else f" {first.unit}" if first.unit else ""
    return (
        f"{first.title}: {shown_number(figure.estimate)}{unit} "
        f"({shown_number(figure.lower)} to {shown_number(figure.upper)})."
    )
