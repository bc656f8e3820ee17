"""Checks of when and where: missing months and areas, breaks in series, heaped dates and hours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from kyoto.statistics.quality.breaks import LevelShift, level_shifts
from kyoto.statistics.quality.heaping import Heap, heaped_days, heaped_hours, read_days, read_hours
from kyoto.statistics.quality.model import Finding, percent
from kyoto.statistics.quality.subject import Subject
from kyoto.statistics.quality.timeline import (
    Timeline,
    empty_cells,
    incomplete_ends,
    month_name,
    read_timeline,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["gaps_and_breaks", "heaps"]

_LEAST_FOR_AREAS = 50.0
_MOST_AREAS = 200
_MONTHS_TO_TELL_SEASONS = 18
_FEW = 5


def gaps_and_breaks(subject: Subject) -> Iterator[Finding]:
    """Months and areas without records, and series that break."""
    timeline = read_timeline(subject.engine, subject.records)
    if timeline is None:
        return
    total = timeline.total
    yield from _missing_months(subject, timeline, total)
    yield from _missing_areas(subject, timeline)
    yield from _breaks(subject, timeline, total)
    yield from _breaks_in_areas(subject, timeline)


def _missing_months(subject: Subject, timeline: Timeline, total: NDArray[np.float64]) -> Iterator[Finding]:
    empty = [int(position) for position in np.flatnonzero(total == 0)]
    usual = float(np.median(total[total > 0]))
    if empty and usual >= subject.settings.gap:
        first, last = month_name(int(timeline.months[0])), month_name(int(timeline.months[-1]))
        yield Finding(
            "warning",
            "time.missing-months",
            subject.name,
            f"{len(empty):,} of {len(total):,} months from {first} to {last} have no record.",
            "Ask for the missing extracts; figures of these years are too low.",
            variable=timeline.date,
            count=len(empty),
            share=len(empty) / len(total),
            examples=tuple({"month": month_name(int(timeline.months[position]))} for position in empty[:_FEW]),
        )
    for position in incomplete_ends(total, subject.settings.gap):
        month = month_name(int(timeline.months[position]))
        yield Finding(
            "warning",
            "time.incomplete-month",
            subject.name,
            f"{month}, the {'last' if position else 'first'} month, has {total[position]:,.0f} records,"
            " less than half of the months beside it.",
            "Set the reference period of the tables to whole months, or ask for the rest.",
            variable=timeline.date,
            count=int(total[position]),
            examples=({"month": month, "records": int(total[position])},),
        )


def _missing_areas(subject: Subject, timeline: Timeline) -> Iterator[Finding]:
    found = empty_cells(timeline, subject.settings.gap)
    if not found:
        return
    areas = len({area for area, _ in found})
    yield Finding(
        "warning",
        "areas.missing",
        subject.name,
        f"{areas:,} of {len(timeline.areas):,} areas have no record in some month in which at least"
        f" {subject.settings.gap:g} were to be expected ({len(found):,} months of areas).",
        "Ask whether these areas reported; a gap is no fall in crime.",
        variable=timeline.area,
        count=len(found),
        share=len(found) / (len(timeline.areas) * len(timeline.months)),
        examples=tuple(
            {timeline.area: timeline.areas[area], "month": month_name(int(timeline.months[month]))}
            for area, month in found[:_FEW]
        ),
    )


def _breaks(subject: Subject, timeline: Timeline, total: NDArray[np.float64]) -> Iterator[Finding]:
    short = len(total) < _MONTHS_TO_TELL_SEASONS
    for shift in level_shifts(total, change=subject.settings.level_shift):
        month = month_name(int(timeline.months[shift.at]))
        doubt = " The series is too short to tell a break from a season." if short else ""
        yield Finding(
            "note" if short else "warning",
            "series.break",
            subject.name,
            f"The level of records a month {_changed(shift)} from {month} on.{doubt}",
            "Find out what changed (law, recording practice, system, coverage) and note it beside the figures.",
            variable=timeline.date,
            count=int(total[shift.at :].sum()),
            examples=({"month": month, "ratio": round(shift.ratio, 2), "z": round(shift.z, 1)},),
        )


def _breaks_in_areas(subject: Subject, timeline: Timeline) -> Iterator[Finding]:
    """Breaks of single areas that are large enough, where the others go on."""
    if len(timeline.areas) < 2 or len(timeline.months) < _MONTHS_TO_TELL_SEASONS:
        return
    found = []
    means = timeline.counts[: len(timeline.areas)].mean(axis=1)
    for area in np.argsort(-means, kind="stable")[:_MOST_AREAS]:
        if means[area] < _LEAST_FOR_AREAS:
            break
        rest = timeline.total - timeline.counts[area]
        # against the other areas, so that what happens everywhere is reported once
        relative = timeline.counts[area] * (rest.mean() / np.maximum(rest, 1.0))
        shifts = level_shifts(relative, change=subject.settings.level_shift)
        found += [(timeline.areas[area], shift) for shift in shifts]
    if found:
        found.sort(key=lambda pair: -abs(pair[1].z))
        areas = len({area for area, _ in found})
        yield Finding(
            "warning",
            "series.break-in-area",
            subject.name,
            f"The level of records a month breaks in {areas:,} of {len(timeline.areas):,} areas and not in the others.",
            "Find out what changed there (boundaries, stations, recording) before areas or years are compared.",
            variable=timeline.area,
            count=areas,
            share=areas / len(timeline.areas),
            examples=tuple(
                {
                    timeline.area: area,
                    "month": month_name(int(timeline.months[shift.at])),
                    "ratio": round(shift.ratio, 2),
                }
                for area, shift in found[:_FEW]
            ),
        )


def _changed(shift: LevelShift) -> str:
    if shift.ratio >= 1:
        return f"rises by {percent(shift.ratio - 1, 1)}"
    return f"falls by {percent(1 - shift.ratio, 1)}"


def heaps(subject: Subject) -> Iterator[Finding]:
    """Days and hours that stand too often."""
    if subject.counts_already:
        return
    ratio = subject.settings.heaping
    for name in subject.profile.variables:
        column = subject.records[name]
        if column.type().is_date() or column.type().is_timestamp():
            days = read_days(subject.engine, subject.records, name)
            for heap in heaped_days(days, ratio):
                yield _heaped(subject, name, heap, f"day {heap.value} of the month", sum(days.values()))
        if column.type().is_timestamp() or name in ("hour", "time"):
            hours = read_hours(subject.engine, subject.records, name)
            for heap in heaped_hours(hours, ratio):
                yield _heaped(subject, name, heap, f"hour {heap.value}", sum(hours.values()))


def _heaped(subject: Subject, name: str, heap: Heap, what: str, records: int) -> Finding:
    return Finding(
        "warning",
        "heaping.day" if what.startswith("day") else "heaping.hour",
        subject.name,
        f"{name} has {what} in {heap.count:,} records ({percent(heap.count, records)}), where about"
        f" {heap.expected:,.0f} were to be expected.",
        "It probably stands for an unknown one: do not use the "
        + ("day." if what.startswith("day") else "hour of these records."),
        variable=name,
        count=heap.count,
        share=heap.count / records,
    )
