"""A page on reoffending: how many, how soon, who differs, and by which rules. No single person is on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto import __version__
from kyoto.analysis.reoffending.cohorts import (
    CohortRules,
    EventSource,
    Repetition,
    build_cohort,
    frequency,
    open_events,
)
from kyoto.analysis.reoffending.drawing import curves_svg, rates_svg
from kyoto.analysis.reoffending.following import Following, follow
from kyoto.analysis.reoffending.people import PeopleColumns, split_event
from kyoto.analysis.reoffending.rate_table import RateTable
from kyoto.analysis.reoffending.rates import fixed_window_rates
from kyoto.analysis.reoffending.reading import open_people
from kyoto.analysis.reoffending.settings import ReoffendingSettings
from kyoto.analysis.reoffending.survival import IncidenceCurves
from kyoto.analysis.reoffending.times import read_times

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Report", "report_of_cohort", "report_of_people"]


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
    """

    title: str
    origin: str
    total: RateTable
    groups: tuple[tuple[str, RateTable], ...]
    curve: Following | None
    group_curves: tuple[tuple[str, Following], ...]
    repetitions: tuple[Repetition, ...]

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
        return pd.DataFrame(self.rows())[names]

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
        from jinja2 import Environment, FileSystemLoader, select_autoescape
        from markupsafe import Markup

        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(["html"]), trim_blocks=True
        )
        environment.filters["percent"] = lambda value: "–" if value is None else f"{value:.1%}"
        environment.filters["count"] = lambda value: "–" if value is None else f"{value:,}".replace(",", "\u202f")
        page = environment.get_template("report.html")
        curves = dict(self.group_curves)
        return page.render(
            report=self,
            version=__version__,
            rows=self.total.records(),
            curve=Markup(_drawn(self.curve)),  # noqa: S704 - the drawing escapes every name
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


def report_of_people(settings: ReoffendingSettings) -> Report:
    """Report on a file with one row a person.

    Parameters
    ----------
    settings
        With ``file``.
    """
    assert settings.file is not None
    with open_people(settings.file, shown=settings.file.name) as table:
        event, value = split_event(settings.event, table.types)
        options = {"level": settings.level, "threshold": settings.threshold}

        def columns(*by: str) -> PeopleColumns:
            return PeopleColumns(
                event, value, settings.time, settings.start, settings.follow_up, tuple(by), settings.unit
            )

        def curves(*by: str) -> Following:
            chosen = {"competing": settings.competing, "threshold": settings.threshold}
            people = read_times(table, columns(*by), **chosen)  # type: ignore[arg-type]
            return follow(people, settings.windows, level=settings.level)

        windows = list(settings.windows)
        timed = settings.time is not None
        return Report(
            title=settings.title,
            origin=settings.origin,
            total=fixed_window_rates(table, columns(), windows, **options),  # type: ignore[arg-type]
            groups=tuple((by, fixed_window_rates(table, columns(by), windows, **options)) for by in settings.by),  # type: ignore[arg-type]
            curve=curves() if timed else None,
            group_curves=tuple((by, curves(by)) for by in settings.by) if timed else (),
            repetitions=(),
        )


def report_of_cohort(settings: ReoffendingSettings) -> Report:
    """Report on a cohort from events.

    Parameters
    ----------
    settings
        With ``events`` and ``rules``.
    """
    assert settings.end is not None
    rules = CohortRules(**{"end": settings.end, **dict(settings.rules)})
    sources = [EventSource(part.path, part.kind, part.columns, part.words, part.name) for part in settings.events]
    options: dict[str, Any] = {"level": settings.level, "threshold": settings.threshold}
    with open_events(sources, settings.end, persons=settings.persons, person_column=settings.person) as events:
        cohort = build_cohort(events, rules)
        return Report(
            title=settings.title,
            origin=settings.origin,
            total=cohort.rates(**options),
            groups=tuple((by, cohort.rates([by], **options)) for by in settings.by),
            curve=cohort.curves(**options),
            group_curves=tuple((by, cohort.curves([by], **options)) for by in settings.by),
            repetitions=frequency(cohort, **options),
        )


def _drawn(curve: Following | None) -> str:
    if curve is None:
        return ""
    frames = [("" if name == "all" else name, frame) for name, frame in curve.frames()]
    first = curve.curves[0]
    if first.label != "all" and isinstance(first, IncidenceCurves):
        ending = f": {first.causes[0]}"  # a line a group is enough
        frames = [(name.removesuffix(ending), frame) for name, frame in frames if name.endswith(ending)]
    return curves_svg(frames, unit=curve.unit, label="Share with the event over time")


def _rates_drawn(table: RateTable, name: str) -> str:
    rows = table.records()
    several = len({row["window"] for row in rows}) > 1
    named = [
        {**row, "name": f"{row['group']}, {row['window']} {row['unit']}" if several else row["group"]} for row in rows
    ]
    return rates_svg(named, label=f"Rates by {name}")
