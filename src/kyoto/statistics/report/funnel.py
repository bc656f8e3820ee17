"""The justice funnel as rows, verdicts and a drawing, in the words of a page.

The words come from the page: the report has them in English below, the portal in its catalogues.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from kyoto.statistics.comparability.funnel import Funnel, StageRange
from kyoto.statistics.comparability.model import spans
from kyoto.statistics.report.metrics import text_width, wrapped
from kyoto.statistics.report.scales import drawing, nice_ticks, rounded
from kyoto.statistics.report.wording import decimals, number, plural

__all__ = ["ENGLISH", "FunnelLine", "FunnelView", "Speech", "funnel_svg", "funnel_view", "in_english"]

ENGLISH: Final = {
    "title": "From the record to the sentence",
    "lead": "What was counted at each later stage for every 100 recorded. Cases are not followed: what a court decides"
    " in a year was recorded in that year or before, one person may answer for several offences, and several persons"
    " for one. So each figure is a range over the years that it names, rounded outwards: no share, and no ranking.",
    "suspected": "Persons suspected or arrested",
    "prosecuted": "Persons prosecuted",
    "convicted": "Persons convicted",
    "imprisoned": "Persons imprisoned",
    "range": "{lower} to {upper}",
    "recorded": "Recorded ({unit}): 100",
    "none": "not counted here",
    "stock": "held on a day: a stock, no stage that persons pass in a year",
    "withheld": "withheld",
    "years": "no record in the years it may stem from",
    "few": "too few recorded for a range",
    "not_comparable": "not comparable with the record",
    "lag": "record of the same year to {most} years before",
    "lag_one": "record of the same year or the year before",
    "lag_partly": "no usable record of the other years of the lag",
    "counted": "{count} in {year}",
    "stage": "Stage",
    "per_100": "For every 100 recorded",
    "count": "Counted",
    "base": "Recorded",
    "mind": "To mind",
    "verdicts": "May the ranges stand side by side?",
    "chart": "Ranges for every 100 recorded. {told}",
    "note": "Bars run from the lower to the upper end of each range: every year of the lag, and chance at 95 %.",
}
"""What the report says."""

_SIZE: Final = 13.0
_BAR: Final = 18.0


@dataclass(frozen=True, slots=True)
class Speech:
    """How a page says things.

    Parameters
    ----------
    say
        Text of a key of :data:`ENGLISH` with its names filled in.
    number
        Number with so many decimals.
    unit
        Counting unit in the plural.
    area
        Name of an area.
    """

    say: Callable[..., str]
    number: Callable[[float, int], str]
    unit: Callable[[str], str]
    area: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class FunnelLine:
    """One stage of one area in words; without ends where there is no range."""

    area: str
    stage: str
    text: str
    lower: float | None
    upper: float | None
    counted: str
    recorded: str
    lag: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FunnelView:
    """A funnel in words.

    Parameters
    ----------
    areas
        Name of each area, what is recorded there, and its lines.
    verdicts
        Stage, names of two areas, verdict, reasons.
    drawings
        Wide and narrow.
    """

    areas: tuple[tuple[str, str, tuple[FunnelLine, ...]], ...]
    verdicts: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]
    drawings: tuple[Markup, ...]


def in_english(area: Callable[[str], str] = str) -> Speech:
    """Speech of the report.

    Examples
    --------
    >>> in_english().say("range", lower=2, upper=5)
    '2 to 5'
    """
    return Speech(lambda key, **values: ENGLISH[key].format(**values), number, plural, area)


def funnel_view(funnel: Funnel, speech: Speech) -> FunnelView:
    """Say and draw a funnel.

    Parameters
    ----------
    funnel
        What was found.
    speech
        The words of the page.
    """
    areas = tuple(
        (
            speech.area(area),
            speech.say("recorded", unit=speech.unit(funnel.of(area)[0].base_unit)),
            tuple(_line(each, speech) for each in funnel.of(area)),
        )
        for area in funnel.areas
    )
    verdicts = tuple(
        (speech.say(each.stage), speech.area(each.left), speech.area(each.right), each.verdict, each.reasons)
        for each in funnel.verdicts
    )
    told = " ".join(f"{line.area}: {line.stage}, {line.text}." for _, _, lines in areas for line in lines)
    drawings = tuple(
        funnel_svg(areas, speech, told=speech.say("chart", told=told), width=width, variant=variant)
        for width, variant in ((760, "wide"), (360, "narrow"))
    )
    return FunnelView(areas, verdicts, drawings)


def _line(each: StageRange, speech: Speech) -> FunnelLine:
    missing = each.missing.replace(" ", "_")
    recorded = tuple(
        speech.say("counted", count=speech.number(count, 0), year=year)
        for year, count in zip(each.base_years, each.base_counts, strict=True)
    )
    count = "" if each.count is None else speech.say("counted", count=speech.number(each.count, 0), year=each.year)
    return FunnelLine(
        area=speech.area(each.area),
        stage=speech.say(each.stage),
        text=speech.say(missing) if missing else _text(each, speech),
        lower=each.lower,
        upper=each.upper,
        counted=count,
        recorded=", ".join(recorded),
        lag="" if missing else _lag(each, speech),
        reasons=each.reasons,
    )


def _text(each: StageRange, speech: Speech) -> str:
    lower, upper = each.lower or 0.0, each.upper or 0.0
    digits = max(decimals(lower), decimals(upper)) if upper < 10 else 0
    digits = min(digits, 1)
    return speech.say("range", lower=speech.number(lower, digits), upper=speech.number(upper, digits))


def _lag(each: StageRange, speech: Speech) -> str:
    text = speech.say("lag_one") if each.lag[1] == 1 else speech.say("lag", most=each.lag[1])
    years = spans(each.base_years)
    return f"{text}: {years}" if each.whole_lag else f"{text}: {years}; {speech.say('lag_partly')}"


def funnel_svg(
    areas: Sequence[tuple[str, str, Sequence[FunnelLine]]], speech: Speech, *, told: str, width: int, variant: str
) -> Markup:
    """Draw the ranges of all areas on one scale that starts at zero and holds 100.

    Parameters
    ----------
    areas
        As in :class:`FunnelView`.
    speech
        The words of the page.
    told
        What the drawing says, for those who do not see it.
    width
        In pixels at its natural size.
    variant
        ``wide`` or ``narrow``.
    """
    lines = [line for _, _, every in areas for line in every]
    ticks = nice_ticks(max([100.0, *(line.upper or 0.0 for line in lines)]), 4 if variant == "wide" else 2)
    values = max((text_width(line.text, _SIZE) for line in lines if line.upper is not None), default=0.0) + 14
    left = max(text_width(line.stage, _SIZE) for line in lines) + 16 if variant == "wide" else 0.0
    scale = (width - left - values) / ticks[-1]
    body: list[str] = []
    y = 0.0
    for name, recorded, every in areas:
        body.append(f'<text class="end" font-size="14" x="0" y="{rounded(y + 16)}">{escape(name)}</text>')
        body += _recorded(recorded, left, y, scale, width, variant)
        top = y + (30 if variant == "wide" else 46)
        y = top
        for line in every:
            body += _row(line, left, y, scale, width, variant)
            y += 30 if variant == "wide" else 46
        body += _axis(ticks, speech, left, top, y, scale)
        y += 40
    head = f'<svg class="chart {variant}" viewBox="0 0 {width} {rounded(y)}" role="img" aria-label="{escape(told)}">'
    return drawing([head, *body, "</svg>"])


def _recorded(text: str, left: float, y: float, scale: float, width: int, variant: str) -> list[str]:
    """The hundred recorded, as a line that the ranges below are read against."""
    end = rounded(left + 100 * scale)
    down = y + (16 if variant == "wide" else 34)
    return [
        f'<text class="tick" font-size="{_SIZE:g}" text-anchor="end" x="{end}" y="{rounded(down)}">'
        f"{escape(text)}</text>",
        f'<path class="axis" d="M{rounded(left)} {rounded(down + 8)}H{end}"/>',
    ]


def _row(line: FunnelLine, left: float, y: float, scale: float, width: int, variant: str) -> list[str]:
    middle = y + (15 if variant == "wide" else 30)
    name_y = middle + 4.5 if variant == "wide" else y + 14
    parts = [f'<text class="name" font-size="{_SIZE:g}" x="0" y="{rounded(name_y)}">{escape(line.stage)}</text>']
    if line.lower is None or line.upper is None:
        rows = wrapped(line.text, width - left - 10, 2, _SIZE) or [line.text]
        for place, row in enumerate(rows):
            down = middle + 4.5 + (place - (len(rows) - 1) / 2) * 15
            parts.append(
                f'<text class="tick" font-size="{_SIZE:g}" x="{rounded(left + 8)}" y="{rounded(down)}">'
                f"{escape(row)}</text>"
            )
        return parts
    start, end = left + line.lower * scale, left + line.upper * scale
    parts.append(
        f'<rect class="bar" x="{rounded(start)}" y="{rounded(middle - _BAR / 2)}"'
        f' width="{rounded(max(end - start, 2))}" height="{_BAR:g}"/>'
    )
    parts.append(
        f'<text class="value" font-size="{_SIZE:g}" x="{rounded(end + 8)}" y="{rounded(middle + 4.5)}">'
        f"{escape(line.text)}</text>"
    )
    return parts


def _axis(ticks: Sequence[float], speech: Speech, left: float, top: float, bottom: float, scale: float) -> list[str]:
    parts = [f'<path class="axis" d="M{rounded(left)} {rounded(top)}V{rounded(bottom + 2)}"/>']
    for tick in ticks:
        x = left + tick * scale
        anchor = "middle" if tick and left + 12 < x else "start" if x < 12 else "middle"
        parts.append(
            f'<text class="tick" font-size="12" text-anchor="{anchor}" x="{rounded(x)}" y="{rounded(bottom + 16)}">'
            f"{speech.number(tick, 0)}</text>"
        )
    return parts
