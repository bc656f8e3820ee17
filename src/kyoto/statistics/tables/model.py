"""What a table counts: declared, without behaviour of any engine."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Final

from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.core.project import Section
from kyoto.statistics.units import COUNTING_UNITS

__all__ = [
    "AGE_BANDS",
    "ATTEMPTS",
    "DATE_CONCEPTS",
    "GRAINS",
    "AgeBand",
    "Dimension",
    "TableSpec",
    "parse_age_bands",
    "parse_dimension",
]

GRAINS: Final = ("year", "quarter", "month", "week")
ATTEMPTS: Final = ("inside", "apart", "excluded")
DATE_CONCEPTS: Final = (
    "period",
    "date",
    "recorded",
    "reported",
    "occurred",
    "arrested",
    "prosecuted",
    "convicted",
    "admitted",
    "released",
)
"""Concepts that can place a record in time, in the order in which one is chosen when a table does not say."""

AGE_BANDS: Final = "0-14,15-24,25-34,35-44,45-54,55-64,65+"
"""Age groups of a table by ``age`` that names none."""

LEVELS: Final = {"1": 2, "2": 4, "3": 5, "4": 6}
"""ICCS level and the length of its codes."""


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Ages from ``low`` to ``high`` years, both inside; ``high`` None is open.

    Examples
    --------
    >>> AgeBand(15, 24).code, AgeBand(65, None).code, AgeBand(17, 17).code
    ('Y15T24', 'Y_GE65', 'Y17')
    """

    low: int
    high: int | None

    @property
    def code(self) -> str:
        """Code as in SDMX's CL_AGE."""
        if self.high is None:
            return f"Y_GE{self.low}"
        return f"Y{self.low}" if self.high == self.low else f"Y{self.low}T{self.high}"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One disaggregation of a table.

    Parameters
    ----------
    concept
        Concept of the records (``iccs``, ``region``, ``sex`` …), or ``period``.
    grain
        Of ``period``: year, quarter, month or week.
    bands
        Of ``age``: the groups; empty for ages as they stand.
    level
        Of ``iccs``: deepest level that is shown, 1 to 4.
    """

    concept: str
    grain: str | None = None
    bands: tuple[AgeBand, ...] = ()
    level: int = 4

    @property
    def column(self) -> str:
        """Column of the observations that this dimension fills."""
        return "area" if self.concept == "region" else self.concept

    @property
    def text(self) -> str:
        """The dimension as a project file writes it."""
        if self.grain:
            return f"{self.concept}:{self.grain}"
        if self.bands:
            return "age:" + ",".join(f"{b.low}+" if b.high is None else f"{b.low}-{b.high}" for b in self.bands)
        return f"iccs:{self.level}" if self.concept == "iccs" and self.level < 4 else self.concept


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Counting rule of one table.

    Parameters
    ----------
    name, source
        Name of the table and of the source whose records it counts.
    by
        Disaggregations, in the user's order.
    unit
        Counting unit; the source's if None. Another unit than the source's counts distinct identifiers.
    where
        Condition on concepts; all counted records if None.
    attempts
        ``inside`` counts attempts with completed offences, ``apart`` shows them in a dimension ``attempted``,
        ``excluded`` leaves them out.
    principal_offence
        Count each unit once, under its most severe offence.
    severity
        ICCS codes, most severe first; a code stands for its whole branch. Kyoto's default order if empty.
    date
        Concept that places a record in time; the first of :data:`DATE_CONCEPTS` that the source has if None.
    first, last
        Reference period, ISO 8601 dates or parts of them (``2016`` or ``2016-07``), both inside; open if None.
    rate
        Multiplier of rates against the population, such as 100000; no rates if None.
    share
        Concept whose parts are also shown as a share of their total; none if None.
    title
        Question that the table answers, as a heading.
    """

    name: str
    source: str
    by: tuple[Dimension, ...]
    unit: str | None = None
    where: str | None = None
    attempts: str = "inside"
    principal_offence: bool = False
    severity: tuple[str, ...] = ()
    date: str | None = None
    first: str | None = None
    last: str | None = None
    rate: int | None = None
    share: str | None = None
    title: str | None = None

    @classmethod
    def from_section(cls, section: Section) -> TableSpec:
        """Read ``[tables.NAME]``; problems go to the section's collector."""
        section.require("source", "by")
        by = _dimensions(section)
        first, last = _reference_period(section)
        spec = cls(
            name=section.name,
            source=section.text("source", ""),
            by=by,
            unit=section.text("unit", choices=COUNTING_UNITS),
            where=section.text("where"),
            attempts=section.text("attempts", "inside", choices=ATTEMPTS),
            principal_offence=section.flag("principal_offence"),
            severity=section.texts("severity"),
            date=section.text("date", choices=DATE_CONCEPTS),
            first=first,
            last=last,
            rate=section.whole("rate", least=1),
            share=section.text("share"),
            title=section.text("title"),
        )
        if spec.share and spec.share not in {dimension.concept for dimension in by}:
            section.wrong("share", f"The table is not by {spec.share!r}", hint="A share is of one of the table's `by`.")
        section.finish()
        return spec

    @property
    def disaggregations(self) -> list[str]:
        """Columns of the observations that this table fills, beside series and value."""
        columns = [dimension.column for dimension in self.by]
        return [*columns, "attempted"] if self.attempts == "apart" else columns


def parse_dimension(text: str) -> Dimension:
    """Read one item of ``by``.

    Raises
    ------
    KyotoError
        ``table.unknown-dimension``.

    Examples
    --------
    >>> parse_dimension("period:month")
    Dimension(concept='period', grain='month', bands=(), level=4)
    >>> [band.code for band in parse_dimension("age:0-17,18+").bands]
    ['Y0T17', 'Y_GE18']
    """
    concept, _, detail = (part.strip() for part in text.partition(":"))
    if concept == "period":
        if detail not in GRAINS:
            raise KyotoError(
                f"Unknown grain {detail!r} of period" if detail else "Period without a grain",
                code="table.unknown-dimension",
                expected="period:" + ", period:".join(GRAINS),
                hint=did_you_mean(detail, GRAINS),
            )
        return Dimension("period", grain=detail)
    if concept == "age":
        return Dimension("age", bands=() if detail == "years" else parse_age_bands(detail or AGE_BANDS))
    if concept == "iccs":
        if detail and detail not in LEVELS:
            raise KyotoError(
                f"Unknown level {detail!r} of iccs", code="table.unknown-dimension", expected="iccs:1 to iccs:4"
            )
        return Dimension("iccs", level=int(detail or 4))
    if detail:
        raise KyotoError(
            f"{concept!r} has no groups to choose from", code="table.unknown-dimension", hint=f"Write {concept!r}."
        )
    return Dimension(concept)


def parse_age_bands(text: str) -> tuple[AgeBand, ...]:
    """Read age groups such as ``0-14,15-24,65+``; they must not overlap.

    Raises
    ------
    KyotoError
        ``table.wrong-age-groups``.
    """
    bands = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)|(\+))?\s*", part)
        if found is None:
            raise _wrong_bands(text, f"{part.strip()!r} is not an age group")
        low = int(found[1])
        high = None if found[3] else int(found[2] or low)
        bands.append(AgeBand(low, high))
    for earlier, later in itertools.pairwise(bands):
        if earlier.high is None or later.low <= earlier.high:
            raise _wrong_bands(text, f"{later.code} overlaps or precedes {earlier.code}")
    if any(band.high is not None and band.high < band.low for band in bands):
        raise _wrong_bands(text, "a group ends before it starts")
    return tuple(bands)


def _wrong_bands(text: str, detail: str) -> KyotoError:
    return KyotoError(
        "Wrong age groups",
        code="table.wrong-age-groups",
        got=text,
        detail=detail,
        expected=f"ascending groups such as {AGE_BANDS}",
    )


def _dimensions(section: Section) -> tuple[Dimension, ...]:
    found: list[Dimension] = []
    for text in section.texts("by"):
        try:
            dimension = parse_dimension(text)
        except KyotoError as error:
            section.wrong("by", error.title, expected=error.expected, got=error.got, hint=error.hint)
            continue
        if dimension.column in {known.column for known in found}:
            section.wrong("by", f"{text!r} fills column {dimension.column!r} a second time", hint="Remove one of them.")
            continue
        found.append(dimension)
    return tuple(found)


def _reference_period(section: Section) -> tuple[str | None, str | None]:
    """Read ``reference_period = "2016"`` or ``["2016-07", "2017-06"]``."""
    ends = section.texts("reference_period")
    if len(ends) > 2 or not all(re.fullmatch(r"\d{4}(-\d{2}){0,2}", end) for end in ends):
        section.wrong(
            "reference_period",
            "Not a reference period",
            got=repr(list(ends)),
            expected='"2016", or first and last as in ["2016-07", "2017-06"]',
        )
        return None, None
    return (ends[0], ends[-1]) if ends else (None, None)
