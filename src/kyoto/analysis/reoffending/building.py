"""Rates of reoffending as a step of a build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kyoto.analysis.reoffending.settings import OUTCOMES, ReoffendingSettings, read_settings, series_titles
from kyoto.core.build.model import Facts, Step, StepContext
from kyoto.core.rooms import Panel, PanelRow

if TYPE_CHECKING:
    from kyoto.analysis.reoffending.report import Report, Road
    from kyoto.core.project import Project
    from kyoto.statistics.pipeline.room_tables import RoomRoad

__all__ = ["build_steps", "read_settings", "run_settings"]

_ESTIMATES, _PAGE = "reoffending/estimates.csv", "reoffending/report.html"
_OBSERVATIONS = ("reoffending/observations.parquet", "reoffending/observations.csv")


def build_steps(settings: ReoffendingSettings, project: Project, before: Sequence[str]) -> list[Step]:
    """The step ``reoffending``: rates as observations and CSV, their page, and a panel for the report.

    Parameters
    ----------
    settings
        The section ``[reoffending]``.
    project
        Its ``[disclosure]`` protects the counts, and its area and period stand in the observations.
    before
        Names of the steps there are; ``link`` is needed where persons were linked.
    """
    from dataclasses import asdict

    from kyoto.statistics.pipeline.room_tables import road_of

    road = road_of(project, "reoffending")
    plain = {key: value for key, value in asdict(settings).items() if key not in {"file", "persons"}}
    plain["events"] = [{**part, "path": part["path"].name} for part in plain["events"]]
    tables = settings.tables if road.settings.protects else ()
    return [
        Step(
            name="reoffending",
            run=lambda context: _make(context, settings, road),
            inputs=(*settings.inputs, *road.inputs(tables)),
            needs=("link",) if settings.linked and "link" in before else (),
            settings={**{key: str(value) for key, value in plain.items()}, **road.plain()},
            outputs=(_ESTIMATES, *_OBSERVATIONS, _PAGE, *_for_the_office(settings, road)),
        )
    ]


def _for_the_office(settings: ReoffendingSettings, road: RoomRoad) -> tuple[str, ...]:
    """What protection writes: the attacker's reports, and what later releases must know."""
    from dataclasses import replace

    if not road.settings.protects:
        return ()
    rates = [name for name in settings.tables if name != OUTCOMES]
    found = road.outputs(rates)
    return found if settings.file is not None else (*found, *replace(road, room=OUTCOMES).outputs([OUTCOMES]))


def run_settings(settings: ReoffendingSettings, road: Road | None = None) -> Report:
    """Rates, curves and rules that the section asks for.

    Parameters
    ----------
    settings
        From :func:`read_settings`.
    road
        The project's disclosure control and the folder of its build; without it the section's own threshold alone
        withholds.

    Raises
    ------
    KyotoError
        Everything that can be wrong with the files; codes start with ``reoffending.``.
    """
    from kyoto.analysis.reoffending.cohort_report import report_of_cohort
    from kyoto.analysis.reoffending.report import report_of_people

    return report_of_people(settings, road) if settings.file is not None else report_of_cohort(settings, road)


def _make(context: StepContext, settings: ReoffendingSettings, road: RoomRoad) -> Facts:
    from kyoto.analysis.reoffending.observed import observed
    from kyoto.analysis.reoffending.report import Road
    from kyoto.core.files import write_whole
    from kyoto.statistics.observations import write_observations

    folder = context.folder / "reoffending"
    folder.mkdir(exist_ok=True)
    report = run_settings(settings, Road(road, context.folder))
    write_whole(context.folder / _ESTIMATES, report.estimates().to_csv(index=False))
    write_whole(context.folder / _PAGE, report.html())
    write_observations(observed(report, settings, road), folder, "observations")
    panel = Panel(
        title=settings.title,
        sentence=report.sentence(),
        rows=tuple(_row(row) for row in report.rows()),
        unit="per cent",
        source=settings.source,
        page=_PAGE,
    )
    facts: Facts = {"rows": report.total.rows, "read": report.total.used, "rejected": report.total.rejected}
    facts |= {"rules": list(report.total.rules), "series_titles": series_titles(settings.title)}
    facts["disclosure"] = report.protection or {"method": "none", "guarantee": "No disclosure control was applied."}
    return {**facts, **panel.facts()}


def _row(row: dict[str, object]) -> PanelRow:
    def percent(name: str) -> float | None:
        value = row.get(name)
        return 100 * value if isinstance(value, float) else None

    window = f"within {row['window']} {row['unit']}"
    label = window if row["group"] == "all" else f"{row['group']}, {window}"
    note = str(row["note"])
    low, high = percent("linkage_lower"), percent("linkage_upper")
    if low is not None and high is not None:
        note = f"With linkage error {low:.1f} to {high:.1f}."
    return PanelRow(label, percent("estimate"), percent("lower"), percent("upper"), note)
