"""The ``[reoffending]`` section of a project file.

One row a person:

.. code-block:: toml

   [reoffending]
   title = "Reoffending after release"
   origin = "Prison service, 2019 to 2023"  # stands under every chart
   file = "releases.csv"
   event = "rearrest"            # or "status=arrest"
   time = "days"                 # time to the event or to the end of follow-up
   competing = ["death"]         # values of the event column that are other events
   windows = [365, 730]          # in the unit of time
   unit = "days"                 # days, weeks, months, years
   by = ["sex"]                  # each breaks the rates down by itself
   threshold = 10                # groups of fewer persons have no rate, whatever [disclosure] lets out
   level = 0.95
   period = "2019/2023"          # of the observations; the project's by default

Or a cohort from events:

.. code-block:: toml

   [reoffending]
   end = 2023-12-31              # last day on which the events are complete
   persons = "persons.csv"       # attributes; optional
   person = "pid"                # its column of identifiers
   by = ["sex"]

   [reoffending.events.releases] # as many files as there are
   file = "releases.csv"
   kind = "release"              # or kind_column, with words
   person = "pid"
   date = "released"

   [reoffending.cohort]
   index = "release"
   outcome = "reconviction"
   windows = [6, 12, 24]         # months
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kyoto.core.project import Section

__all__ = ["OUTCOMES", "EventFile", "ReoffendingSettings", "read_settings", "series_titles"]

OUTCOMES = "reoffending-outcomes"
"""Name of the protected table of how often people reoffend, for files."""

_INDEX = ("release", "conviction", "supervision", "arrest", "charge")
_OUTCOMES = ("re-arrest", "re-charge", "reconviction", "return to custody", "technical violation", "any")
_FIELDS = ("person", "date", "until", "offence_date", "iccs", "severity")
_CHOICES = {
    "per_person": ("first", "every"),
    "start": ("index", "liberty"),
    "clock": ("calendar", "liberty"),
    "pseudo": ("exclude", "count"),
    "dated_by": ("event", "offence"),
    "deaths": ("leave", "stay"),
    "departures": ("leave", "stay"),
    "imprecise": ("earliest", "middle", "latest"),
}


@dataclass(frozen=True, slots=True)
class EventFile:
    """A file of events: path, kind of all its events or None, columns, words of the column of kinds, linked source."""

    name: str
    path: Path
    kind: str | None
    columns: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...]
    link: str = ""


@dataclass(frozen=True, slots=True)
class ReoffendingSettings:
    """What the section says.

    Parameters
    ----------
    title, origin
        Heading of the page, and the source that stands under its charts.
    by, threshold, level
        Columns that break the figures down, smallest group shown, confidence.
    file, event, time, start, follow_up, unit, windows, competing
        Of a file with one row a person; ``file`` is None for a cohort from events.
    end, persons, person
        Last day of the events; file of persons and its column of identifiers.
    events
        Files of events.
    rules
        Counting rules of the cohort, by the names of :class:`.cohorts.model.CohortRules`.
    period
        Of the observations, ISO 8601; empty for the project's.
    persons_link
        Source of ``[link]`` whose records the file of persons lists; empty where it lists persons.
    """

    title: str
    origin: str
    by: tuple[str, ...]
    threshold: int
    level: float
    file: Path | None
    event: str
    time: str | None
    start: str | None
    follow_up: str | None
    unit: str
    windows: tuple[float, ...]
    competing: tuple[str, ...]
    end: dt.date | None
    persons: Path | None
    person: str
    events: tuple[EventFile, ...]
    rules: tuple[tuple[str, Any], ...]
    period: str = ""
    persons_link: str = ""

    @property
    def source(self) -> str:
        """What stands under every figure."""
        return self.origin or ", ".join(path.name for path in self.inputs)

    @property
    def linked(self) -> bool:
        """Whether persons are those that ``[link]`` made."""
        return bool(self.persons_link) or any(part.link for part in self.events)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the protected tables of a build, for files."""
        from kyoto.analysis.reoffending.naming import table_names

        if self.file is not None:
            return tuple(table_names(self.by, sorted({float(window) for window in self.windows})))
        from kyoto.analysis.reoffending.cohorts.model import DEFAULT_WINDOWS, window_days

        months = dict(self.rules).get("windows", DEFAULT_WINDOWS)
        days = sorted({float(window_days(number)) for number in months})
        return (*table_names(self.by, days), OUTCOMES)

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Files that the section reads."""
        files = [self.file, self.persons, *(events.path for events in self.events)]
        return tuple(path for path in files if path is not None)


def read_settings(section: Section) -> ReoffendingSettings:
    """Settings from a parsed section; problems are recorded in it, not raised.

    Parameters
    ----------
    section
        ``project.section("reoffending", problems=problems)``.
    """
    folder = section.project.folder
    whole = "events" not in section
    section.require(*(("file", "event", "windows") if whole else ("end", "cohort")))
    file, persons = section.text("file"), section.text("persons")
    settings = ReoffendingSettings(
        title=section.text("title", "How many reoffend?"),
        origin=section.text("origin", ""),
        by=section.texts("by"),
        threshold=section.whole("threshold", least=1) or 10,
        level=section.number("level") or 0.95,
        file=folder / file if file and whole else None,
        event=section.text("event", ""),
        time=section.text("time"),
        start=section.text("start"),
        follow_up=section.text("follow_up"),
        unit=section.text("unit", "days", choices=("days", "weeks", "months", "years")),
        windows=_numbers(section, "windows"),
        competing=section.texts("competing"),
        end=_day(section, "end"),
        persons=folder / persons if persons else None,
        person=section.text("person", "person"),
        events=() if whole else tuple(_event_file(part) for part in section.table("events").tables()),
        rules=() if whole else _rules(section.table("cohort")),
        period=section.text("period", ""),
        persons_link=section.text("persons_link", ""),
    )
    section.finish()
    return settings


def series_titles(title: str) -> dict[str, str]:
    """Titles of the series of the observations, by code."""
    return {
        "reoffending": title,
        "reoffending.persons": f"{title}: persons followed through the window",
        "reoffending.events": f"{title}: persons with the event within it",
    }


def _event_file(section: Section) -> EventFile:
    section.require("file")
    columns = [(field, section.text(field)) for field in _FIELDS] + [("kind", section.text("kind_column"))]
    words = section.table("words")
    listed = tuple((word, words.text(word, "")) for word in words.keys())  # noqa: SIM118 - no mapping
    found = EventFile(
        name=section.name,
        path=section.project.folder / section.text("file", ""),
        kind=section.text("kind"),
        columns=tuple((field, column) for field, column in columns if column),
        words=listed,
        link=section.text("link", ""),
    )
    section.finish()
    return found


def _rules(section: Section) -> tuple[tuple[str, Any], ...]:
    section.require("index", "outcome")
    found: dict[str, Any] = {
        "index": section.text("index", "release", choices=_INDEX),
        "outcome": section.text("outcome", "reconviction", choices=_OUTCOMES),
        "first_index": _day(section, "first_index"),
        "last_index": _day(section, "last_index"),
        "same_section": section.flag("same_section"),
        "least_severity": section.number("least_severity"),
        "settle_months": section.number("settle_months"),
        "windows": _numbers(section, "windows") or None,
    }
    found |= {name: section.text(name, choices=choices) for name, choices in _CHOICES.items()}
    section.finish()
    return tuple((name, value) for name, value in found.items() if value is not None)


def _numbers(section: Section, key: str) -> tuple[float, ...]:
    """One number, or a list of them."""
    value = section.raw(key, [])
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in items):
        section.wrong(key, "Not numbers", expected="for example [365, 730]", got=repr(value))
        return ()
    return tuple(items)


def _day(section: Section, key: str) -> dt.date | None:
    """A date, as TOML writes it or as text."""
    value = section.raw(key)
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            value = key
    if isinstance(value, dt.datetime):
        return value.date()
    if value is not None and not isinstance(value, dt.date):
        section.wrong(key, "Not a date", expected=f"{key} = 2023-12-31")
        return None
    return value
