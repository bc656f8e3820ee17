"""What the portal says, in the languages that there is a catalogue of.

A catalogue is one TOML file a language in ``locale/``. Translators edit texts and nothing else: every key of
``en.toml`` stands in every other file, with the same ``{names}`` in it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import Final

from kyoto.core.catalogues import catalogue_texts
from kyoto.statistics.classification import iccs
from kyoto.statistics.observations import NOT_APPLICABLE, TOTAL, UNKNOWN
from kyoto.statistics.report.wording import Period, number, parse_period, sentence_case

__all__ = ["LANGUAGES", "Words", "words"]

LANGUAGES: Final = ("en", "fr", "es")
"""Languages in the order in which they are offered; the first is the default."""

_AGES: Final = (
    (r"Y(\d+)T(\d+)", "age_range"),
    (r"Y_GE(\d+)", "age_from"),
    (r"Y_LT(\d+)", "age_under"),
    (r"Y(\d+)", "age_one"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """Texts, numbers, periods and names in one language.

    Parameters
    ----------
    language
        Its code, such as ``fr``.
    texts
        Text by dotted key.
    decimal
        Decimal sign.
    months
        Names of the twelve months.
    """

    language: str
    texts: Mapping[str, str] = field(repr=False)
    decimal: str
    months: tuple[str, ...] = field(repr=False)

    def __call__(self, key: str, **values: object) -> str:
        """Text of a key with its names filled in.

        Examples
        --------
        >>> words("en")("home.before", value="480", period="2022")
        '480 in 2022'
        """
        return self.texts[key].format(**values)

    def number(self, value: float | None, digits: int = 0) -> str:
        r"""Number with thin spaces between its thousands and the language's decimal sign.

        Examples
        --------
        >>> words("fr").number(1234.5, 1)
        '1\xa0234,5'
        """
        return _number(value, digits, self.decimal)

    def bounds(self, lower: float | None, upper: float | None, digits: int = 0) -> tuple[str, str] | None:
        """Ends of an interval, rounded outwards so that it never claims more than was computed; None without one.

        Examples
        --------
        >>> words("en").bounds(401.4, 467.2)
        ('401', '468')
        """
        if lower is None or upper is None or not (math.isfinite(lower) and math.isfinite(upper)):
            return None
        return _bounds(lower, upper, digits, self.decimal)

    def between(self, lower: float | None, upper: float | None, digits: int = 0) -> str:
        """Interval in words, empty where there is none."""
        ends = self.bounds(lower, upper, digits)
        return self("values.to", first=ends[0], last=ends[1]) if ends else ""

    def period(self, period: Period | str) -> str:
        """Period in words.

        Examples
        --------
        >>> words("es").period("2016-07"), words("en").period("2016-Q3")
        ('julio de 2016', 'quarter 3 of 2016')
        """
        found = parse_period(period) if isinstance(period, str) else period
        if found.grain == "year":
            return str(found.year)
        if found.grain == "span":
            return self._span(found.code)
        parts = [int(part) for part in re.findall(r"\d+", found.code)]
        month = self.months[parts[1] - 1] if found.grain in ("month", "day") else ""
        return self(
            f"periods.{found.grain}", year=parts[0], number=parts[1], month=month, day=parts[2] if len(parts) > 2 else 0
        )

    def _span(self, code: str) -> str:
        start, _, end = code.partition("/")
        if end and parse_period(start).grain != "span" and parse_period(end).grain != "span":
            return self("values.to", first=self.period(start), last=self.period(end))
        return {TOTAL: self("periods.all"), UNKNOWN: self("periods.unknown")}.get(code, code)

    def span(self, first: Period | str, last: Period | str) -> str:
        """Time from one period to another, both inside."""
        start, end = self.period(first), self.period(last)
        return start if start == end else self("values.to", first=start, last=end)

    def moment(self, moment: datetime) -> str:
        """Date and time of day in UTC."""
        return self(
            "periods.datetime",
            day=moment.day,
            month=self.months[moment.month - 1],
            year=moment.year,
            time=f"{moment:%H:%M}",
        )

    def unit(self, unit: str) -> str:
        r"""Counting unit as a plural, or what a rate is per.

        Examples
        --------
        >>> words("en").unit("person arrested"), words("fr").unit("per 100000 population")
        ('persons arrested', 'pour 100\xa0000 habitants')
        """
        if unit == "%":
            return self("units.percent")
        known = self.texts.get(f"units.{unit.replace(' ', '_')}")
        if known:
            return known
        rate = re.fullmatch(r"per (\d+) (population|households)", unit)
        if rate:
            return self(f"units.per_{rate[2]}", number=self.number(int(rate[1])))
        return unit.replace("_", " ")

    def dimension(self, name: str) -> str:
        """Heading of a dimension; the project's own name where it is not a standard one."""
        return self.texts.get(f"dimensions.{name}") or sentence_case(name.replace("_", " "))

    def value(self, dimension: str, code: str) -> str:
        """Words for a code of a dimension other than the period.

        Examples
        --------
        >>> words("es").value("iccs", "0502"), words("en").value("age", "Y_GE65"), words("en").value("sex", "_T")
        ('Hurto', '65 and over', 'Total')
        """
        if dimension == "iccs" and code in iccs():
            category = iccs().get(code)
            return category.title_es if self.language == "es" else category.title
        special = self.texts.get(f"values.{dimension}{code}") if code in (UNKNOWN, NOT_APPLICABLE) else None
        known = special or self.texts.get(f"values.{code}" if code.startswith("_") else f"values.{dimension}_{code}")
        if known:
            return known
        return self._age(code) if dimension == "age" else code

    def _age(self, code: str) -> str:
        for pattern, key in _AGES:
            found = re.fullmatch(pattern, code)
            if found:
                return self.texts[f"values.{key}"].format(*found.groups())
        return code

    def listed(self, items: Iterable[str], most: int = 4) -> str:
        """A few items, and how many more there are."""
        every = list(items)
        shown = ", ".join(every[:most])
        return self("values.and_more", list=shown, count=len(every) - most) if len(every) > most else shown


@lru_cache(maxsize=32_768)
def _number(value: float | None, digits: int, decimal: str) -> str:
    """A page says the same figure in its table, under its pointer and in its sentence."""
    return number(value, digits).replace(".", decimal)


@lru_cache(maxsize=32_768)
def _bounds(lower: float, upper: float, digits: int, decimal: str) -> tuple[str, str]:
    scale = 10**digits
    low, high = math.floor(lower * scale + 1e-9) / scale, math.ceil(upper * scale - 1e-9) / scale
    return _number(low, digits, decimal), _number(high, digits, decimal)


@cache
def words(language: str) -> Words:
    """Words of a language.

    Parameters
    ----------
    language
        One of :data:`LANGUAGES`.
    """
    texts = catalogue_texts(__package__, language)
    return Words(language, texts, texts["language.decimal"], tuple(texts["periods.months"].split()))
