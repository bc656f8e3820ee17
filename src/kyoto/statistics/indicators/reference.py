"""Indicators in words: cards for the command line, and the reference page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kyoto.statistics.indicators.model import Count, Households, Indicator
from kyoto.statistics.observations import TOTAL

__all__ = ["card", "count_text", "denominator_text", "reference_page"]

_HEAD = """# Indicators

This page is made from the registry of indicators (`python -m kyoto.statistics.indicators.reference`); do not edit it.
`kyoto indicators list` prints the same in a terminal, `kyoto indicators show CODE` one of them. A project names what it
uses in `[indicators] use = [...]` and may [add its own](../how-to/own-indicator.md).

Titles, custodians and series codes are those of the global indicator framework for the Sustainable Development Goals
(United Nations Statistics Division). Numerators and denominators of the other indicators follow the items of the
UN-CTS questionnaire; what is counted is said in full.

Rates and counts carry exact Poisson intervals (Garwood 1936), shares Wilson intervals (Wilson 1927), at 95 %. Each is
computed for the area and the year, and by the disaggregations named here where a source has them. An indicator that no
source of a project can serve is listed with the reason, without a figure.
"""


def card(indicator: Indicator) -> dict[str, Any]:
    """Everything about an indicator in words, without what is empty.

    Examples
    --------
    >>> from kyoto.statistics.indicators import registry
    >>> card(registry()["16.1.1"])["numerator"]
    'victims, ICCS 0101'
    """
    parts = {
        "code": indicator.code,
        "title": indicator.title,
        "computed": indicator.computed,
        "numerator": count_text(indicator.numerator) if indicator.numerator else "",
        "denominator": denominator_text(indicator),
        "multiplier": indicator.multiplier if indicator.computed else "",
        "unit": indicator.unit,
        "by": [dimension.text for dimension in indicator.by],
        "needs": indicator.needs,
        "iccs": list(indicator.iccs),
        "disaggregations": list(indicator.disaggregations),
        "custodian": list(indicator.custodian),
        "series": list(indicator.series),
        "source_type": indicator.source_type,
        "note": indicator.note,
    }
    return {name: value for name, value in parts.items() if value not in ("", [])}


def count_text(count: Count) -> str:
    """What is counted, in words.

    Examples
    --------
    >>> count_text(Count("victim", iccs=("0101",), sex="F", where=("age < 18",)))
    'victims, ICCS 0101, sex F, where age < 18'
    """
    parts = [_plural(count.unit)]
    if count.iccs:
        parts.append("ICCS " + ", ".join(count.iccs))
    if count.sex != TOTAL:
        parts.append(f"sex {count.sex}")
    if count.where:
        parts.append("where " + ", or ".join(count.where))
    if count.attempts == "excluded":
        parts.append("without attempts")
    return ", ".join(parts)


def denominator_text(indicator: Indicator) -> str:
    """What the count is set against, in words; empty where nothing is."""
    denominator = indicator.denominator
    if denominator is None:
        return ""
    if isinstance(denominator, Count):
        return count_text(denominator)
    if isinstance(denominator, Households):
        return "households"
    parts = [f"{name} {value}" for name in ("sex", "age") if (value := getattr(denominator, name)) != TOTAL]
    return ", ".join(["population", *parts])


def reference_page(indicators: Iterable[Indicator]) -> str:
    """Reference page of indicators, in Markdown."""
    known = list(indicators)
    goals = [entry for entry in known if entry.code[0].isdigit()]
    others = [entry for entry in known if not entry.code[0].isdigit()]
    lines = [
        _HEAD,
        "## SDG indicators that records can serve\n",
        *_computed(entry for entry in goals if entry.computed),
        "## Justice rates and shares\n",
        *_computed(others),
        "## SDG indicators that need another source\n",
        *_declared(entry for entry in goals if not entry.computed),
        "Figures of these indicators that an office has from elsewhere can stand beside the others: name a file in\n"
        "`[indicators] given` with the columns `indicator, area, period` and `value`, or `part` and `whole`, and\n"
        "where there are any `sex, age, lower, upper, status, source, note`.\n",
    ]
    return "\n".join(lines)


def _computed(indicators: Iterable[Indicator]) -> Iterator[str]:
    for entry in indicators:
        yield f"### `{entry.code}`\n"
        yield f"{entry.title}.\n"
        yield from _rows(
            {
                "Numerator": _code_conditions(entry.numerator),
                "Denominator": denominator_text(entry),
                "Unit": entry.unit,
                "By": ", ".join(f"`{dimension.text}`" for dimension in entry.by),
                "Custodian asks for": ", ".join(entry.disaggregations),
                "Custodian": ", ".join(entry.custodian),
                "SDG series": ", ".join(f"`{code}`" for code in entry.series),
                "Note": entry.note,
            }
        )


def _code_conditions(count: Count | None) -> str:
    if count is None:
        return ""
    text = count_text(count)
    for condition in count.where:
        text = text.replace(condition, f"`{condition}`")
    return text


def _rows(cells: dict[str, str]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    yield from (f"| {label} | {text} |" for label, text in cells.items() if text)
    yield ""


def _declared(indicators: Iterable[Indicator]) -> Iterator[str]:
    yield "| Indicator | Title | Needs | ICCS | Unit | Custodian | SDG series |"
    yield "|---|---|---|---|---|---|---|"
    for entry in indicators:
        cells = [
            f"`{entry.code}`",
            entry.title,
            entry.needs,
            ", ".join(entry.iccs),
            entry.unit,
            ", ".join(entry.custodian),
            ", ".join(f"`{code}`" for code in entry.series),
        ]
        yield "| " + " | ".join(cells) + " |"
    yield ""


def _plural(unit: str) -> str:
    """Several of a counting unit.

    Examples
    --------
    >>> _plural("person arrested"), _plural("offence")
    ('persons arrested', 'offences')
    """
    first, _, rest = unit.partition(" ")
    return f"{first}s {rest}".strip()


if __name__ == "__main__":
    import sys

    from kyoto.statistics.indicators import registry

    sys.stdout.write(reference_page(registry().values()))
