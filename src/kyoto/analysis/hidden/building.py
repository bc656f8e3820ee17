"""The estimate of hidden populations as a step of a build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kyoto.analysis.hidden.settings import HiddenSettings, read_settings
from kyoto.core.build.model import Facts, Step, StepContext
from kyoto.core.rooms import Panel, PanelRow

if TYPE_CHECKING:
    from kyoto.analysis.hidden.report import Report
    from kyoto.analysis.hidden.result import PopulationEstimate
    from kyoto.core.project import Project

__all__ = ["build_steps", "read_settings"]

_ESTIMATES, _PAGE = "hidden/estimates.csv", "hidden/report.html"


def build_steps(settings: HiddenSettings, project: Project, before: Sequence[str]) -> list[Step]:
    """The step ``hidden``: estimates as CSV, their page, and a panel for the report.

    Parameters
    ----------
    settings
        The section ``[hidden]``.
    project, before
        Not needed: lists are read from their own file.
    """
    from dataclasses import asdict

    plain = asdict(settings)
    plain.pop("file")
    return [
        Step(
            name="hidden",
            run=lambda context: _make(context, settings),
            inputs=(settings.file,),
            settings=plain,
            outputs=(_ESTIMATES, _PAGE),
        )
    ]


def _make(context: StepContext, settings: HiddenSettings) -> Facts:
    from kyoto.analysis.hidden.report import build_report, plain_interval
    from kyoto.analysis.hidden.result import EstimateTable
    from kyoto.analysis.hidden.stratified import estimate_by_strata
    from kyoto.analysis.hidden.tables_in import read_captures
    from kyoto.core.files import write_whole

    source = read_captures(settings.file, lists=settings.lists, count=settings.count, by=settings.by)
    strata = estimate_by_strata(source, settings.options, pooling=settings.pooling) if source.by else None
    report = build_report(source, settings.options, title=settings.title, origin=settings.origin, strata=strata)
    found = strata or EstimateTable((report.headline,))
    (context.folder / "hidden").mkdir(exist_ok=True)
    write_whole(context.folder / _ESTIMATES, found.tidy().to_csv(index=False))
    write_whole(context.folder / _PAGE, report.html())
    panel = Panel(
        title=settings.title,
        sentence=plain_interval(report.headline),
        rows=tuple(_row(estimate) for estimate in (found if source.by else _side_by_side(report))),
        unit="people",
        source=settings.origin or settings.file.name,
        page=_PAGE,
    )
    return {"people": report.table.observed, "lists": list(report.table.lists), **panel.facts()}


def _side_by_side(report: Report) -> list[PopulationEstimate]:
    """The headline, then the other methods: that they differ is part of the answer."""
    others = [estimate for estimate in report.methods if estimate.model != report.headline.model or not estimate.model]
    return [report.headline, *others]


def _row(estimate: PopulationEstimate) -> PanelRow:
    from kyoto.analysis.hidden.report import method_name

    strata = ", ".join(str(value) for value in estimate.strata.values())
    return PanelRow(
        label=strata or method_name(estimate),
        estimate=estimate.estimate,
        lower=estimate.lower,
        upper=estimate.upper,
        note=estimate.note,
    )
