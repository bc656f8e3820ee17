"""Numbers, periods and names as a reader sees them: thin spaces, no false digits, whole words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from kyoto.statistics.exchange.series.areas import area_names
from kyoto.statistics.observations import NOT_APPLICABLE, TOTAL, UNKNOWN

__all__ = [
    "THIN",
    "Period",
    "area_words",
    "common_decimals",
    "decimals",
    "dimension_name",
    "interval",
    "number",
    "parse_period",
    "period_span",
    "plural",
    "sentence_case",
    "value_name",
]

THIN: Final = "\u00a0"
"""Space between groups of three digits (ISO 80000-1, 7.3.1), unbroken.

In the report's typeface the no-break space is a fifth of an em wide, as a thin space should be; the narrow no-break
space is not in it and would come out at half that width.
"""

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_PLURALS: Final = {
    "person": "persons",
    "person_arrested": "persons arrested",
    "person_prosecuted": "persons prosecuted",
    "person_convicted": "persons convicted",
}
_DIMENSIONS: Final = {
    "iccs": "Offence (ICCS)",
    "area": "Area",
    "region": "Area",
    "sex": "Sex",
    "age": "Age",
    "period": "Period",
    "attempted": "Attempted or completed",
}
_VALUES: Final = {
    ("sex", "F"): "Female",
    ("sex", "M"): "Male",
    ("sex", "O"): "Other",
    ("attempted", "1"): "Attempted",
    ("attempted", "2"): "Completed",
}
_SPECIAL: Final = {TOTAL: "Total", UNKNOWN: "Not known", NOT_APPLICABLE: "Not applicable"}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A reference period that can be placed on an axis.

    Parameters
    ----------
    ordinal
        Position among periods of its grain: consecutive periods differ by one.
    grain
        ``year``, ``quarter``, ``month``, ``week``, ``day`` or ``span`` (any start and end).
    code
        ISO 8601, as in the observations.
    label, short
        As in running text, and where there is little room.
    year
        Calendar (or ISO week) year in which it starts.
    first
        Whether it is the first of its year.
    """

    ordinal: int
    grain: str
    code: str
    label: str
    short: str
    year: int
    first: bool


def parse_period(code: str) -> Period:
    """Read a period of an observation.

    Examples
    --------
    >>> parse_period("2016-07").label, parse_period("2016-Q3").label, parse_period("2016-W27").label
    ('July 2016', '3rd quarter 2016', 'week 27 of 2016')
    >>> parse_period("2017-01").ordinal - parse_period("2016-12").ordinal
    1
    """
    found = re.fullmatch(r"(\d{4})(?:-(?:Q([1-4])|W(\d{2})|(\d{2})(?:-(\d{2}))?))?", code)
    if found is None:
        return _span(code)
    try:
        return _regular(code, found)
    except (ValueError, IndexError):  # 2016-13, 2016-W54: a text, but no period
        return _span(code)


def _regular(code: str, found: re.Match[str]) -> Period:
    year = int(found[1])
    if found[2]:
        quarter = int(found[2])
        label = f"{('1st', '2nd', '3rd', '4th')[quarter - 1]} quarter {year}"
        return Period(year * 4 + quarter, "quarter", code, label, f"Q{quarter} {year}", year, quarter == 1)
    if found[3]:
        week = int(found[3])
        ordinal = date.fromisocalendar(year, week, 1).toordinal() // 7
        return Period(ordinal, "week", code, f"week {week} of {year}", f"W{week} {year}", year, week == 1)
    if found[5]:
        day = date(year, int(found[4]), int(found[5]))
        label = f"{day.day} {_MONTHS[day.month - 1]} {year}"
        return Period(day.toordinal(), "day", code, label, label, year, day.month == day.day == 1)
    if found[4]:
        month = int(found[4])
        name = _MONTHS[date(year, month, 1).month - 1]
        return Period(year * 12 + month, "month", code, f"{name} {year}", f"{name[:3]} {year}", year, month == 1)
    return Period(year, "year", code, str(year), str(year), year, True)


def _span(code: str) -> Period:
    start, _, end = code.partition("/")
    year = int(code[:4]) if code[:4].isdigit() else 0
    if end and re.match(r"\d{4}", start) and re.match(r"\d{4}", end):
        label = f"{parse_period(start).label} to {parse_period(end).label}"
        return Period(0, "span", code, label, label, year, True)
    label = {TOTAL: "all periods", UNKNOWN: "period not known"}.get(code, code)
    return Period(0, "span", code, label, label, year, True)


def period_span(first: Period, last: Period) -> str:
    """Words for the time from one period to another, both inside.

    Examples
    --------
    >>> period_span(parse_period("2016-01"), parse_period("2016-07"))
    'January to July 2016'
    >>> period_span(parse_period("2016"), parse_period("2018"))
    '2016 to 2018'
    """
    if first.code == last.code:
        return first.label
    if first.grain == "month" and first.year == last.year:
        return f"{first.label.split()[0]} to {last.label}"
    return f"{first.label} to {last.label}"


def number(value: float | None, digits: int = 0) -> str:
    r"""Write a number with thin spaces and a true minus sign.

    Parameters
    ----------
    value
        The number; None and not-a-number give an empty text.
    digits
        Decimals, see :func:`decimals`.

    Examples
    --------
    >>> number(1234567), number(-0.25, 2)
    ('1\xa0234\xa0567', '−0.25')
    """
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:,.{digits}f}".replace(",", THIN).replace("-", "−")


def decimals(value: float | None, lower: float | None = None, upper: float | None = None) -> int:
    """Decimals that a figure can bear: to the first digit of its interval's half-width, or three digits in all.

    Examples
    --------
    >>> decimals(1234.0), decimals(12.34, 11.9, 12.8), decimals(12.34, 7.0, 18.0), decimals(0.0123)
    (0, 1, 0, 4)
    """
    if value is None or not math.isfinite(value) or float(value).is_integer():
        return 0
    width = (upper - lower) / 2 if lower is not None and upper is not None else 0.0
    if math.isfinite(width) and width > 0:
        return min(max(-math.floor(math.log10(width)), 0), 4)
    return min(max(2 - math.floor(math.log10(abs(value))), 0), 4)


def common_decimals(figures: Iterable[tuple[float | None, float | None, float | None]]) -> int:
    """Decimals that most of a set of figures can bear, so that a column reads as one.

    Parameters
    ----------
    figures
        Value, lower and upper bound of each.

    Examples
    --------
    >>> common_decimals([(1.04, 0.8, 1.3), (0.52, 0.3, 0.8), (12.3, 10.0, 15.0), (3.0, None, None)])
    1
    """
    counts = Counter(
        decimals(*figure) for figure in figures if figure[0] is not None and not float(figure[0]).is_integer()
    )
    return max(counts, key=lambda digits: (counts[digits], digits), default=0)


def interval(lower: float | None, upper: float | None, digits: int = 0) -> str:
    """Interval in words, empty where there is none.

    Counts are whole, so the bounds are rounded outwards: the interval shown never claims more than the one computed.

    Examples
    --------
    >>> interval(401.4, 467.2)
    '401 to 468'
    """
    if lower is None or upper is None or not (math.isfinite(lower) and math.isfinite(upper)):
        return ""
    scale = 10**digits
    return (
        f"{number(math.floor(lower * scale + 1e-9) / scale, digits)}"
        f" to {number(math.ceil(upper * scale - 1e-9) / scale, digits)}"
    )


def plural(unit: str) -> str:
    r"""Counting unit as a plural.

    Examples
    --------
    >>> plural("offence"), plural("person_arrested"), plural("per 100000 population")
    ('offences', 'persons arrested', 'per 100\xa0000 population')
    """
    if unit.startswith("per "):
        return re.sub(r"\d{4,}", lambda found: number(int(found[0])), unit)
    if unit in _PLURALS:
        return _PLURALS[unit]
    words = unit.replace("_", " ")
    return words if not words or words.endswith(("s", "%")) or " " in words else f"{words}s"


def dimension_name(concept: str) -> str:
    """Heading of a dimension.

    Examples
    --------
    >>> dimension_name("iccs"), dimension_name("bias_motive")
    ('Offence (ICCS)', 'Bias motive')
    """
    return _DIMENSIONS.get(concept) or sentence_case(concept.replace("_", " "))


def value_name(concept: str, code: str) -> str:
    """Words for a value of a dimension other than ICCS and period.

    Examples
    --------
    >>> value_name("sex", "F"), value_name("age", "Y15T24"), value_name("age", "Y_GE65"), value_name("area", "_T")
    ('Female', '15 to 24', '65 and over', 'Total')
    """
    if code in _SPECIAL:
        return _SPECIAL[code]
    if concept == "age":
        return _age_name(code)
    return _VALUES.get((concept, code), code)


def _age_name(code: str) -> str:
    for pattern, words in (
        (r"Y(\d+)T(\d+)", "{} to {}"),
        (r"Y_GE(\d+)", "{} and over"),
        (r"Y_LT(\d+)", "under {}"),
        (r"Y(\d+)", "{}"),
    ):
        found = re.fullmatch(pattern, code)
        if found:
            return words.format(*found.groups())
    return code


def sentence_case(text: str) -> str:
    """First letter as a capital, the rest as it is."""
    return text[:1].upper() + text[1:]


def area_words(area: str) -> str:
    """Area of a project for a line of text; projects of several areas have none of their own.

    Examples
    --------
    >>> area_words("US-NYC"), area_words("GBR_S"), area_words("_Z")
    ('US-NYC', 'Scotland', 'all its areas')
    """
    return "all its areas" if area == NOT_APPLICABLE else area_names([area]).get(area, area)
