"""The page on reoffending for a cohort from events: followed, protected, and counted again for each linkage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kyoto.analysis.reoffending.cohorts import (
    Cohort,
    CohortRules,
    EventSource,
    EventTable,
    Repetition,
    build_cohort,
    frequency,
    open_events,
    protected_frequency,
)
from kyoto.analysis.reoffending.linked_rates import Tables, linkage_bands, with_repetition_bands
from kyoto.analysis.reoffending.report import Report, Road, banded_report, protected_report
from kyoto.analysis.reoffending.settings import ReoffendingSettings
from kyoto.analysis.reoffending.window_cells import cells_of
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.statistics.linkage import Linked

__all__ = ["report_of_cohort"]


def report_of_cohort(settings: ReoffendingSettings, road: Road | None = None) -> Report:
    """Report on a cohort from events.

    Parameters
    ----------
    settings
        With ``events`` and ``rules``.
    road
        As in :func:`report_of_people`.
    """
    options: dict[str, Any] = {"level": settings.level, "threshold": settings.threshold}
    linked = _linked(settings, road)
    with _opened(settings, linked, "linked") as events:
        cohort = build_cohort(events, _rules(settings))
        plain = Report(settings.title, settings.origin, cohort.rates(**options), (), None, (), ())
        if road is not None and road.project.settings.protects:
            found = _protected_cohort(plain, cohort, settings, road)
        else:
            found = replace(
                plain,
                groups=tuple((by, cohort.rates([by], **options)) for by in settings.by),
                curve=cohort.curves(**options),
                group_curves=tuple((by, cohort.curves([by], **options)) for by in settings.by),
                repetitions=frequency(cohort, **options),
            )
    return found if linked is None else _with_linkage_error(found, settings, linked)


def _rules(settings: ReoffendingSettings) -> CohortRules:
    return CohortRules(**{"end": settings.end, **dict(settings.rules)})


def _linked(settings: ReoffendingSettings, road: Road | None) -> Linked | None:
    """Persons of records that ``[link]`` of the same build made; None where no file is linked."""
    if not settings.linked:
        return None
    from kyoto.statistics.linkage import read_linked

    folder = None if road is None else road.build / "link"
    if folder is None or not folder.is_dir():
        raise KyotoError(
            "The persons are to be those of [link], and the project has none",
            code="reoffending.not-linked",
            hint="Add a section [link], or leave out the keys `link` and `persons_link` of [reoffending].",
        )
    found = read_linked(folder)
    found.require(*(name for name in (settings.persons_link, *(part.link for part in settings.events)) if name))
    return found


@contextmanager
def _opened(settings: ReoffendingSettings, linked: Linked | None, label: str) -> Iterator[EventTable]:
    """Events of the section, of the persons of one linkage."""
    assert settings.end is not None

    def people(source: str) -> Any:
        return linked.people(source, label) if source and linked is not None else None

    sources = [
        EventSource(part.path, part.kind, part.columns, part.words, part.name, people(part.link))
        for part in settings.events
    ]
    listed: dict[str, Any] = {"persons": settings.persons, "person_column": settings.person}
    with open_events(sources, settings.end, **listed, persons_linked=people(settings.persons_link)) as events:
        yield events


def _with_linkage_error(found: Report, settings: ReoffendingSettings, linked: Linked) -> Report:
    """The report with limits that also hold the error of linkage."""
    tables: dict[str, Tables] = {}
    repeated: dict[str, Sequence[Repetition]] = {}
    for label in linked.labels:
        with _opened(settings, linked, label) as events:
            cohort = build_cohort(events, _rules(settings))
            options: dict[str, Any] = {"level": settings.level, "threshold": 1}
            tables[label] = [(by, cohort.rates([by] if by else [], **options)) for by in ("", *settings.by)]
            repeated[label] = frequency(cohort, **options)
    from kyoto.statistics.linkage import Carried

    banded = banded_report(found, linkage_bands(tables["linked"], Carried.of(tables), level=settings.level))
    rows = with_repetition_bands(found.repetitions, repeated["linked"], Carried.of(repeated), level=settings.level)
    return replace(banded, repetitions=rows)


def _protected_cohort(plain: Report, cohort: Cohort, settings: ReoffendingSettings, road: Road) -> Report:
    people, windows = cohort.identified(), [rate.window for rate in plain.total]
    people.require(*settings.by)
    base = cells_of(
        people,
        cohort.columns(settings.by),
        windows,
        key="concat(identifier, '|', CAST(index_day AS VARCHAR))",
        person="person" if cohort.rules.per_person == "every" else None,
    )
    found = protected_report(plain, base, settings, road)
    repeated = protected_frequency(
        cohort, found.total, road=road.project, build=road.build, level=settings.level, threshold=settings.threshold
    )
    return replace(found, repetitions=repeated)
