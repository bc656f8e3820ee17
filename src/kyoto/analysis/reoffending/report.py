"""A page on reoffending: how many, how soon, who differs, and by which rules. No single person is on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.analysis.reoffending.cohorts import (
    Repetition,
)
from kyoto.analysis.reoffending.drawing import curves_svg, rates_drawn
from kyoto.analysis.reoffending.following import Following, follow
from kyoto.analysis.reoffending.linked_rates import Tables, linkage_bands, with_bands
from kyoto.analysis.reoffending.people import PeopleColumns, split_event
from kyoto.analysis.reoffending.protected_rates import protect_rates
from kyoto.analysis.reoffending.rate_table import RateTable
from kyoto.analysis.reoffending.rates import fixed_window_rates
from kyoto.analysis.reoffending.reading import open_people
from kyoto.analysis.reoffending.settings import ReoffendingSettings
from kyoto.analysis.reoffending.survival import IncidenceCurves
from kyoto.analysis.reoffending.times import read_times
from kyoto.analysis.reoffending.window_cells import cells_of, identity_sql

if TYPE_CHECKING:
    import pandas as pd

    from kyoto.statistics.linkage import Carried
    from kyoto.statistics.pipeline.room_tables import RoomRoad

__all__ = ["Report", "Road", "banded_report", "protected_report", "report_of_people"]


@dataclass(frozen=True, slots=True)
class Road:
    """The disclosure control of a project, and the folder of its build."""

    project: RoomRoad
    build: Path


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What the page shows.

    Parameters
    ----------
    title, origin
        Heading, and the source under every chart.
    total
        Rates of all.
    groups
        Rates by each column that breaks them down.
    curve
        Share with the event over time; None without times.
    group_curves
        The same by each column.
    repetitions
        How often; empty where only the first event is known.
    protection
        What readers may know of the disclosure control that the figures went through; empty for a command.
    """

    title: str
    origin: str
    total: RateTable
    groups: tuple[tuple[str, RateTable], ...]
    curve: Following | None
    group_curves: tuple[tuple[str, Following], ...]
    repetitions: tuple[Repetition, ...]
    protection: dict[str, Any] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """Rates of all and of every group."""
        found = self.total.records()
        for column, table in self.groups:
            found += [{**row, "group": f"{column} {row['group']}"} for row in table.records()]
        return found

    def estimates(self) -> pd.DataFrame:
        """Rows as a frame, withheld ones without figures."""
        import pandas as pd

        names = ["group", "window", "unit", "estimate", "lower", "upper", "n", "events", "censored", "rejected", "note"]
        if self.total.linked:
            names[6:6] = ["linkage_lower", "linkage_upper"]
        return pd.DataFrame(self.rows()).reindex(columns=names)

    def sentence(self) -> str:
        """The answer in one sentence."""
        for row in self.total.records():
            if row["estimate"] is not None:
                return (
                    f"{row['estimate']:.1%} reoffended within {row['window']} {row['unit']} "
                    f"({row['lower']:.1%} to {row['upper']:.1%}; {row['events']:,} of {row['n']:,})."
                )
        return "Nobody was followed through a window: there is no rate."

    def html(self) -> str:
        """The page."""
        from markupsafe import Markup

        from kyoto.statistics.report.room_page import room_page

        curves = dict(self.group_curves)
        return room_page(
            Path(__file__).parent,
            filters={
                "percent": lambda value: "–" if value is None else f"{value:.1%}",
                "count": lambda value: "–" if value is None else f"{value:,}".replace(",", "\u202f"),
            },
            report=self,
            rows=self.total.records(),
            curve=Markup(_drawn(self.curve)),  # noqa: S704 - the drawing escapes every name
            overview=Markup(_windows_drawn(self.total)) if self.protection else "",  # noqa: S704
            groups=[
                (
                    name,
                    table.records(),
                    Markup(_rates_drawn(table, name)),  # noqa: S704
                    Markup(_drawn(curves.get(name))),  # noqa: S704
                )
                for name, table in self.groups
            ],
            remarks=list(dict.fromkeys(self.total.remarks)),
        )


def report_of_people(
    settings: ReoffendingSettings, road: Road | None = None, carried: Carried[Path] | None = None
) -> Report:
    """Report on a file with one row a person.

    Parameters
    ----------
    settings
        With ``file``.
    road
        Of a build: all counts go through the project's disclosure control, and no curve is drawn, for its steps are
        single people. Without one the section's own threshold alone withholds.
    carried
        The same file, made of the other linkages (:func:`kyoto.statistics.linkage.carried_files`): the limits then hold
        linkage error too.
    """
    assert settings.file is not None
    found = _report_of_file(settings, road)
    if not carried:
        return found
    own, other = _tables_of_file(settings, settings.file), carried.each(lambda path: _tables_of_file(settings, path))
    return banded_report(found, linkage_bands(own, other, level=settings.level))


def _tables_of_file(settings: ReoffendingSettings, path: Path) -> Tables:
    """Rates of all and by each column, nothing withheld."""
    with open_people(path, shown=path.name) as table:
        event, value = split_event(settings.event, table.types)
        options: dict[str, Any] = {"level": settings.level, "threshold": 1}
        time, start, follow_up = settings.time, settings.start, settings.follow_up
        found = []
        for by in ("", *settings.by):
            columns = PeopleColumns(event, value, time, start, follow_up, (by,) if by else (), settings.unit)
            found.append((by, fixed_window_rates(table, columns, settings.windows, **options)))
        return found


def _report_of_file(settings: ReoffendingSettings, road: Road | None) -> Report:
    assert settings.file is not None
    with open_people(settings.file, shown=settings.file.name) as table:
        event, value = split_event(settings.event, table.types)
        options: dict[str, Any] = {"level": settings.level, "threshold": settings.threshold}

        def columns(*by: str) -> PeopleColumns:
            return PeopleColumns(
                event, value, settings.time, settings.start, settings.follow_up, tuple(by), settings.unit
            )

        def curves(*by: str) -> Following:
            people = read_times(table, columns(*by), competing=settings.competing, threshold=settings.threshold)
            return follow(people, settings.windows, level=settings.level)

        windows = list(settings.windows)
        total = fixed_window_rates(table, columns(), windows, **options)
        plain = Report(settings.title, settings.origin, total, (), None, (), ())
        if road is not None and road.project.settings.protects:
            key, person = identity_sql(table, settings.person)
            table.require(*settings.by)
            base = cells_of(table, columns(*settings.by), [rate.window for rate in total], key=key, person=person)
            return protected_report(plain, base, settings, road)
        timed = settings.time is not None
        return replace(
            plain,
            groups=tuple((by, fixed_window_rates(table, columns(by), windows, **options)) for by in settings.by),
            curve=curves() if timed else None,
            group_curves=tuple((by, curves(by)) for by in settings.by) if timed else (),
        )


def banded_report(found: Report, bands: Mapping[Any, tuple[float, float]]) -> Report:
    """The report with limits that also hold the error of linkage."""
    return replace(
        found,
        total=with_bands(found.total, "", bands),
        groups=tuple((by, with_bands(table, by, bands)) for by, table in found.groups),
    )


def protected_report(plain: Report, base: Any, settings: ReoffendingSettings, road: Road) -> Report:
    """The report with the rates that the project's disclosure control lets out of its cells."""
    found = protect_rates(
        plain.total, base, settings.by, threshold=settings.threshold, road=road.project, build=road.build
    )
    return replace(plain, total=found.total, groups=found.groups, protection=found.facts)


def _drawn(curve: Following | None) -> str:
    if curve is None:
        return ""
    frames = [("" if name == "all" else name, frame) for name, frame in curve.frames()]
    first = curve.curves[0]
    if first.label != "all" and isinstance(first, IncidenceCurves):
        ending = f": {first.causes[0]}"  # a line a group is enough
        frames = [(name.removesuffix(ending), frame) for name, frame in frames if name.endswith(ending)]
    return "".join(
        curves_svg(frames, unit=curve.unit, label="Share with the event over time", narrow=narrow)
        for narrow in (False, True)
    )


def _windows_drawn(table: RateTable) -> str:
    rows = [{**row, "name": f"within {row['window']} {row['unit']}"} for row in table.records()]
    return rates_drawn(rows, label="Rates by window") if len(rows) > 1 else ""


def _rates_drawn(table: RateTable, name: str) -> str:
    rows = table.records()
    several = len({row["window"] for row in rows}) > 1
    named = [
        {**row, "name": f"{row['group']}, {row['window']} {row['unit']}" if several else row["group"]} for row in rows
    ]
    return rates_drawn(named, label=f"Rates by {name}")
