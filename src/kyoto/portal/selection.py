"""What a reader chose to see, read from an address and written back into one.

An address names a choice and nothing else, so that a link always leads to the same choice. What is not said has a
default; defaults are left out of permanent links.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kyoto.portal.catalogue import Axis, Series
from kyoto.statistics.classification import iccs

__all__ = ["CHARTS", "NotPublished", "Selection", "parameter", "read_selection"]

CHARTS: Final = ("time", "bars", "map")
_RESERVED: Final = ("by", "show", "from", "to", "chart", "limit", "offset")


class NotPublished(Exception):
    """The address names a value that the build does not publish.

    Parameters
    ----------
    name, value
        Dimension (or other parameter), and the value that is unknown.
    """

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"{name}={value}")
        self.name = name
        self.value = value


@dataclass(frozen=True, slots=True)
class Selection:
    """One choice of the explorer.

    Parameters
    ----------
    series
        The series.
    by
        Dimension whose parts are shown; empty for one line.
    codes
        Code of every dimension; of ``by`` the class whose parts are shown.
    parts
        Parts that were chosen; empty for those that come by themselves.
    start, end
        First and last period, as codes.
    chart
        One of :data:`CHARTS`.
    """

    series: Series
    by: str
    codes: Mapping[str, str]
    parts: tuple[str, ...]
    start: str
    end: str
    chart: str

    @property
    def shown(self) -> tuple[str, ...]:
        """Codes of the parts, in the order of the dimension; empty without a breakdown."""
        axis = self.series.axis(self.by)
        if axis is None:
            return ()
        return self.parts or parts_of(axis, self.codes[self.by])

    def query(self) -> list[tuple[str, str]]:
        """Parameters of the permanent link: what differs from the defaults, in a fixed order."""
        found = [("by", self.by)] if self.by != default_by(self.series) else []
        found.extend(
            (parameter(axis.name), self.codes[axis.name])
            for axis in self.series.axes
            if self.codes[axis.name] != axis.start
        )
        found.extend(("show", code) for code in self.parts)
        first, last = self.series.periods[0].code, self.series.periods[-1].code
        found.extend(
            pair for pair, usual in ((("from", self.start), first), (("to", self.end), last)) if pair[1] != usual
        )
        if self.chart != default_chart(self.series, self.by, self.start, self.end):
            found.append(("chart", self.chart))
        return found

    def but(self, **changes: object) -> Selection:
        """The same choice but for one thing."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def at(self, dimension: str, code: str) -> Selection:
        """The same choice at another code of a dimension."""
        parts = () if dimension == self.by else self.parts
        return replace(self, codes={**self.codes, dimension: code}, parts=parts)

    def broken_down(self, dimension: str) -> Selection:
        """The same choice, broken down by another dimension (or by none)."""
        chart = default_chart(self.series, dimension, self.start, self.end)
        codes = {
            axis.name: axis.start if axis.name == dimension != "iccs" else self.codes[axis.name]
            for axis in self.series.axes
        }
        return replace(self, by=dimension, parts=(), chart=chart, codes=codes)


def parameter(dimension: str) -> str:
    """Name of a dimension in an address.

    Examples
    --------
    >>> parameter("sex"), parameter("from")
    ('sex', 'dim.from')
    """
    return f"dim.{dimension}" if dimension in _RESERVED else dimension


def parts_of(axis: Axis, code: str) -> tuple[str, ...]:
    """Parts that a class has in the data: its children in ICCS (or itself), all codes of another dimension."""
    if axis.name != "iccs":
        return axis.codes
    if code == axis.total:
        sections = tuple(part for part in axis.codes if len(part) == 2 or part not in iccs())
        return sections or axis.codes
    below = {child.code for child in iccs().children(code)} if code in iccs() else set()
    return tuple(part for part in axis.codes if part in below) or (code,)


def default_by(series: Series) -> str:
    """Breakdown that cannot be left away: of shares, whose parts have no total."""
    return next((axis.name for axis in series.axes if not axis.total), "")


def default_chart(series: Series, by: str, start: str, end: str) -> str:
    """Over time where there are several periods, else bars."""
    timed = start != end and series.periods[0].grain != "span"
    return "time" if timed or not by else "bars"


def read_selection(series: Series, query: Sequence[tuple[str, str]]) -> Selection:
    """Read a choice.

    Parameters
    ----------
    series
        The series that the address names.
    query
        Parameters of the address, in order; a dimension may be named several times. Empty values and parameters that
        no dimension has say nothing.

    Raises
    ------
    NotPublished
        A value that this build does not have.
    """
    given: dict[str, list[str]] = {}
    for name, value in query:
        if value:
            given.setdefault(name, []).append(value)
    by = _by(series, given)
    codes: dict[str, str] = {}
    parts: tuple[str, ...] = ()
    for axis in series.axes:
        values = _known(axis, given.get(parameter(axis.name), []))
        codes[axis.name] = values[-1] if values else axis.start
        if axis.name == by:
            chosen = _known(axis, given.get("show", []))
            parts = tuple(code for code in axis.codes if code in chosen)
            if axis.name != "iccs":  # of ICCS the class whose parts are shown; elsewhere all of them have one whole
                codes[axis.name] = axis.start
    start, end = _span(series, given)
    usual = default_chart(series, by, start, end)
    chart = given.get("chart", [usual])[-1]
    if chart not in CHARTS:
        raise NotPublished("chart", chart)
    return Selection(series, by, codes, parts, start, end, chart if by or chart == "time" else usual)


def _by(series: Series, given: Mapping[str, Sequence[str]]) -> str:
    by = given.get("by", [""])[-1]
    if by and by != "none" and series.axis(by) is None:
        raise NotPublished("by", by)
    return by.removeprefix("none") or default_by(series)


def _known(axis: Axis, values: Sequence[str]) -> list[str]:
    for value in values:
        if value not in axis:
            raise NotPublished(axis.name, value)
    return list(dict.fromkeys(values))


def _span(series: Series, given: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    codes = [period.code for period in series.periods]
    ends = []
    for name, usual in (("from", codes[0]), ("to", codes[-1])):
        value = given.get(name, [usual])[-1]
        if value not in codes:
            raise NotPublished(name, value)
        ends.append(codes.index(value))
    return codes[min(ends)], codes[max(ends)]


def neighbours(selection: Selection) -> Iterator[Selection]:
    """Choices that differ in one dimension: for pages whose choices are links."""
    for axis in selection.series.axes:
        for code in (axis.total, *axis.codes):
            if code and code != selection.codes[axis.name]:
                yield selection.at(axis.name, code)
