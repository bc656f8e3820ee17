"""The audit of an instrument as a step of a build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kyoto.analysis.reoffending.audit.settings import InstrumentSettings, read_settings
from kyoto.core.build.model import Facts, Step, StepContext
from kyoto.core.rooms import Panel, PanelRow

if TYPE_CHECKING:
    from pathlib import Path

    from kyoto.analysis.reoffending.audit.instrument import Audit
    from kyoto.analysis.reoffending.audit.scored import ScoredPeople
    from kyoto.core.project import Project
    from kyoto.statistics.pipeline.room_tables import RoomRoad

__all__ = ["build_steps", "read_settings"]

_ESTIMATES, _CUT_OFFS, _PAGE = "instrument/estimates.csv", "instrument/cut_offs.csv", "instrument/report.html"
_SHOWN = {"false_positive_rate": "false positive rate", "false_negative_rate": "false negative rate"}
_UNPROTECTED = "No disclosure control was applied; small groups are left out."


def build_steps(settings: InstrumentSettings, project: Project, before: Sequence[str]) -> list[Step]:
    """The step ``instrument``: measures and cut-offs as CSV, their page, and a panel for the report.

    Parameters
    ----------
    settings
        The section ``[instrument]``.
    project
        Its ``[disclosure]`` protects the counts.
    before
        Names of the steps there are; none is needed.
    """
    from dataclasses import asdict

    from kyoto.statistics.pipeline.room_tables import road_of

    road = road_of(project, "instrument")
    tables = settings.tables if road.settings.protects else ()
    plain = {key: str(value) for key, value in asdict(settings).items() if key != "file"}
    return [
        Step(
            name="instrument",
            run=lambda context: _make(context, settings, road),
            inputs=(settings.file, *road.inputs(tables)),
            settings={**plain, **road.plain()},
            outputs=(_ESTIMATES, _CUT_OFFS, _PAGE, *(road.outputs(tables) if tables else ())),
        )
    ]


def _make(context: StepContext, settings: InstrumentSettings, road: RoomRoad) -> Facts:
    import pandas as pd

    from kyoto.analysis.reoffending.audit.page import audit_page
    from kyoto.core.files import write_whole

    people = _read(settings)
    audit, protection = _audited(people, settings, road, context.folder)
    (context.folder / "instrument").mkdir(exist_ok=True)
    write_whole(context.folder / _ESTIMATES, pd.DataFrame(audit.records()).to_csv(index=False))
    write_whole(context.folder / _CUT_OFFS, pd.DataFrame(audit.cost_records()).to_csv(index=False))
    write_whole(context.folder / _PAGE, audit_page(audit, title=settings.title, source=settings.source))
    panel = Panel(
        title=settings.title,
        sentence=_sentence(audit),
        rows=tuple(_rows(audit)),
        unit="per cent",
        source=settings.source,
        page=_PAGE,
    )
    known = len(people.score) + people.censored
    rejected = sum(people.rejected.values())
    facts: Facts = {"rows": known + rejected, "read": known, "rejected": rejected, "disclosure": protection}
    return {**facts, **panel.facts()}


def _read(settings: InstrumentSettings) -> ScoredPeople:
    from kyoto.analysis.reoffending.audit.scored import read_scored
    from kyoto.analysis.reoffending.people import PeopleColumns, split_event
    from kyoto.analysis.reoffending.reading import open_people

    with open_people(settings.file) as table:
        event, value = split_event(settings.outcome, table.types)
        columns = PeopleColumns(event, value, settings.time, by=settings.by)
        return read_scored(
            table,
            settings.score,
            columns,
            window=settings.window,
            year=settings.year,
            threshold=settings.threshold,
            person=settings.person,
        )


def _audited(
    people: ScoredPeople, settings: InstrumentSettings, road: RoomRoad, build: Path
) -> tuple[Audit, dict[str, Any]]:
    """The audit and what readers may know of its protection."""
    from dataclasses import replace

    from kyoto.analysis.reoffending.audit.instrument import audit_instrument
    from kyoto.analysis.reoffending.audit.protected import protect_audit

    if road.settings.protects:
        return protect_audit(
            people,
            settings.cutoff,
            level=settings.level,
            threshold=settings.threshold,
            road=road,
            build=build,
            grouped=bool(settings.by),
        )
    audit = audit_instrument(people, settings.cutoff, level=settings.level, threshold=settings.threshold)
    remarks = (*audit.remarks, _UNPROTECTED)
    return replace(audit, remarks=remarks), {"method": "none", "guarantee": "No disclosure control was applied."}


def _sentence(audit: Audit) -> str:
    """Who bears which errors, what is withheld, and how well the score tells people apart."""
    from kyoto.analysis.reoffending.audit.instrument import shown_measure

    first, *others = audit.summary().splitlines()
    whole = audit.measures.get("all")
    if not audit.n or whole is None:
        return first
    wrong, missed = (shown_measure(whole[name], name) for name in _SHOWN)
    errors = f"Of those without the outcome, {wrong} were flagged; of those with it, {missed} were not."
    return " ".join([errors, *others, first])


def _rows(audit: Audit) -> list[PanelRow]:
    """Both errors of all and of every group."""

    def percent(value: float | None) -> float | None:
        return None if value is None else 100 * value

    return [
        PanelRow(f"{group}: {words}", percent(own[name].estimate), percent(own[name].lower), percent(own[name].upper),
                 own[name].note)
        for name, words in _SHOWN.items()
        for group, own in audit.measures.items()
    ]  # fmt: skip
