"""From the record to the sentence: what was counted at each stage of justice, beside what was recorded.

Nothing is followed here. The persons prosecuted in a year are not those of the offences recorded in it: cases take
time, one person may answer for many offences and many persons for one. So each stage is set against the records of
every year that it may stem from, and what comes out is a range with its lag, rounded outwards, never a share.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

from kyoto.statistics.comparability.judging import judged
from kyoto.statistics.comparability.model import Definition, Verdict, spans
from kyoto.statistics.comparability.reasons import Reason, reason
from kyoto.statistics.comparability.stages import STAGES, Count, StageCounts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAGS", "LEAST_RECORDED", "Funnel", "StageRange", "StageVerdict", "funnel_of", "rounded_outwards"]

LAGS: Final[Mapping[str, tuple[int, int]]] = {
    "suspected": (0, 1),
    "prosecuted": (0, 1),
    "convicted": (0, 2),
    "imprisoned": (0, 2),
}
"""Least and most years by which a stage is taken to lie behind the record."""
LEAST_RECORDED: Final = 20
"""Fewer recorded offences in any of the years give no range: it would say next to nothing."""
_PER: Final = 100
_STEPS: Final = (0.1, *(step * 10.0**power for power in range(9) for step in (1, 2, 5)))
_WHY: Final = {
    "none": "not counted here",
    "stock": "persons held on a day are a stock",
    "withheld": "withheld",
    "years": "no record in the years it may stem from",
    "few": f"fewer than {LEAST_RECORDED} recorded",
    "not comparable": "not comparable with the record",
}
_ORDER: Final[tuple[Verdict, ...]] = ("comparable", "with caution", "not comparable")


@dataclass(frozen=True, slots=True)
class StageRange:
    """One stage of one area for every hundred recorded.

    Parameters
    ----------
    area, stage
        Of which area, and one of :data:`.stages.STAGES` but ``recorded``.
    unit, base_unit
        What the stage counts, and what was recorded.
    year, base_years
        Year of the stage, and the years of the record that it is set against; empty where there is no range.
    lag
        Least and most years by which the stage is taken to lie behind the record.
    lower, upper
        Ends of the range for every hundred recorded, rounded outwards; None where there is none.
    missing
        Why there is none: ``none`` (not counted here), ``stock``, ``withheld``, ``years`` (no record in the years that
        it may stem from), ``few``, ``not comparable``; empty where there is one.
    reasons
        What forbids the range, or what to mind, in words.
    count, base_counts
        Published count of the stage, and those of the record in ``base_years``.
    """

    area: str
    stage: str
    unit: str
    base_unit: str
    year: int | None
    base_years: tuple[int, ...]
    lag: tuple[int, int]
    lower: float | None
    upper: float | None
    missing: str
    reasons: tuple[str, ...] = ()
    count: float | None = None
    base_counts: tuple[float, ...] = ()

    @property
    def whole_lag(self) -> bool:
        """Whether every year of the lag is among those of the record."""
        return len(self.base_years) == self.lag[1] - self.lag[0] + 1


@dataclass(frozen=True, slots=True)
class StageVerdict:
    """Whether the ranges of a stage may stand side by side in two areas."""

    stage: str
    left: str
    right: str
    verdict: Verdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Funnel:
    """What was counted at each stage of justice in some areas.

    Parameters
    ----------
    iccs
        Class of offence.
    areas
        In the order of their codes.
    stages
        Stages after the record that any of them counts.
    ranges
        By area and stage.
    verdicts
        On each pair of areas, for each stage that both have a range of.
    """

    iccs: str
    areas: tuple[str, ...]
    stages: tuple[str, ...]
    ranges: tuple[StageRange, ...]
    verdicts: tuple[StageVerdict, ...]

    def of(self, area: str) -> tuple[StageRange, ...]:
        """Ranges of an area, in the order of the stages."""
        return tuple(each for each in self.ranges if each.area == area)

    @property
    def highest(self) -> float:
        """Largest end of a range; 0 without any."""
        return max((each.upper for each in self.ranges if each.upper is not None), default=0.0)

    def summary(self) -> str:
        """Text for a terminal: the ranges of each area, then the verdicts."""
        lines = [f"{self.iccs}: for every {_PER} recorded, ranges over the years named; nothing is followed"]
        for area in self.areas:
            lines += ["", area, *(f"  {each.stage:<11} {_told(each)}" for each in self.of(area))]
        for verdict in self.verdicts:
            lines += ["", f"{verdict.stage}, {verdict.left} – {verdict.right}: {verdict.verdict.upper()}"]
            lines += [f"    - {each}" for each in verdict.reasons]
        return "\n".join(lines)

    def tidy(self) -> pd.DataFrame:
        """One row a stage and area: ``iccs, area, stage, unit, year, recorded_in, lower, upper, missing, reasons``."""
        import pandas as pd

        rows = [
            {
                "iccs": self.iccs,
                "area": each.area,
                "stage": each.stage,
                "unit": each.unit,
                "year": each.year,
                "recorded_in": spans(each.base_years),
                "lower": each.lower,
                "upper": each.upper,
                "missing": each.missing,
                "reasons": "; ".join(each.reasons),
            }
            for each in self.ranges
        ]
        columns = ["iccs", "area", "stage", "unit", "year", "recorded_in", "lower", "upper", "missing", "reasons"]
        return pd.DataFrame(rows, columns=columns)


def funnel_of(
    code: str,
    counts: Mapping[tuple[str, str], StageCounts],
    definitions: Sequence[Definition] = (),
    areas: Sequence[str] = (),
) -> Funnel:
    """Set what was counted at each stage against what was recorded.

    Parameters
    ----------
    code
        ICCS class.
    counts
        By stage and area, from :func:`.stages.stage_counts`.
    definitions
        What the sources mean by the class; they decide whether two stages, or two areas, may be set against each other.
    areas
        Which areas; all that have a record and a later stage if empty.

    Returns
    -------
    Funnel
        Without areas where none has both.

    Examples
    --------
    >>> from kyoto.statistics.comparability.stages import Count
    >>> def of(stage, unit, years):
    ...     figures = {year: Count(value, 0.9 * value, 1.1 * value) for year, value in years.items()}
    ...     return StageCounts(stage, "XX", stage, stage, unit, False, figures)
    >>> recorded = of("recorded", "offence", {2019: 1000.0, 2020: 800.0})
    >>> funnel = funnel_of("0401", {("recorded", "XX"): recorded,
    ...     ("prosecuted", "XX"): of("prosecuted", "person prosecuted", {2020: 200.0})})
    >>> found = funnel.ranges[0]
    >>> found.year, found.base_years, found.lower, found.upper
    (2020, (2019, 2020), 16.0, 31.0)
    """
    known = {(each.source, each.area): each for each in definitions}
    with_record = sorted(area for stage, area in counts if stage == "recorded")
    chosen = [area for area in with_record if any((stage, area) in counts for stage in STAGES[1:])]
    chosen = [area for area in chosen if not areas or area in areas]
    stages = tuple(stage for stage in STAGES[1:] if any((stage, area) in counts for area in chosen))
    ranges = tuple(
        _range(area, stage, counts[("recorded", area)], counts.get((stage, area)), known)
        for area in chosen
        for stage in stages
    )
    verdicts = tuple(_verdicts(stages, chosen, ranges, counts, known))
    return Funnel(code, tuple(chosen), stages, ranges, verdicts)


def _told(each: StageRange) -> str:
    reasons = f" ({'; '.join(each.reasons)})" if each.reasons else ""
    if each.lower is None:
        return f"no range: {_WHY[each.missing]}{reasons}"
    return f"{each.lower:g} to {each.upper:g}: {each.year} against the record of {spans(each.base_years)}{reasons}"


def rounded_outwards(lower: float, upper: float) -> tuple[float, float]:
    """Ends of a range in steps of a fortieth of its end or more, so that it claims no digit that it does not have.

    Examples
    --------
    >>> rounded_outwards(17.31, 24.9), rounded_outwards(0.21, 0.46), rounded_outwards(103.0, 168.0)
    ((17.0, 25.0), (0.2, 0.5), (100.0, 170.0))
    """
    step = next(each for each in _STEPS if each >= upper / 40)
    ends = math.floor(lower / step + 1e-9) * step, math.ceil(upper / step - 1e-9) * step
    return round(ends[0], 1), round(ends[1], 1)


def _range(
    area: str,
    stage: str,
    base: StageCounts,
    counts: StageCounts | None,
    known: Mapping[tuple[str, str], Definition],
) -> StageRange:
    """A stage of an area against its record, or why there is none."""
    lag = LAGS[stage]
    empty = StageRange(area, stage, "", base.unit, None, (), lag, None, None, "none")
    if counts is None:
        return empty
    empty = replace(empty, unit=counts.unit)
    if counts.stock:
        return replace(empty, missing="stock", year=max(counts.years, default=None))
    verdict, reasons = _along(base, counts, known)
    if verdict == "not comparable":
        return replace(empty, missing="not comparable", reasons=reasons)
    year, years, missing = _years(base.years, counts.years, lag)
    if missing:
        return replace(empty, missing=missing, year=year, reasons=reasons)
    top, below = counts.years[year], [base.years[each] for each in years]
    ends = rounded_outwards(
        _PER * top.lower / max(each.upper for each in below), _PER * top.upper / min(each.lower for each in below)
    )
    return replace(
        empty,
        year=year,
        base_years=years,
        lower=ends[0],
        upper=ends[1],
        missing="",
        reasons=reasons,
        count=top.value,
        base_counts=tuple(each.value or 0.0 for each in below),
    )


def _years(
    base: Mapping[int, Count], stage: Mapping[int, Count], lag: tuple[int, int]
) -> tuple[int, tuple[int, ...], str]:
    """Latest year of the stage that most years of the record stand behind, those years, and what is missing."""
    found: list[tuple[int, int, tuple[int, ...]]] = []
    missing = "years"
    for year, count in stage.items():
        if count.value is None:
            missing = "withheld"
            continue
        years = tuple(each for each in _unbroken(base, year, lag) if _recorded(base[each]))
        if years:
            found.append((len(years), year, years))
        elif any(each in base and base[each].value is not None for each in range(year - lag[1], year - lag[0] + 1)):
            missing = "few"
    if not found:
        return max(stage), (), missing
    _, year, years = max(found)
    return year, years, ""


def _recorded(count: Count) -> bool:
    return count.value is not None and count.value >= LEAST_RECORDED and count.lower > 0


def _unbroken(base: Mapping[int, Count], year: int, lag: tuple[int, int]) -> list[int]:
    """Years of the record behind a year, back to a break in its series: before it other things were counted."""
    years: list[int] = []
    for each in range(year - lag[0], year - lag[1] - 1, -1):
        if each not in base:
            continue
        years.append(each)
        if base[each].broken:
            break
    return sorted(years)


def _along(
    base: StageCounts, counts: StageCounts, known: Mapping[tuple[str, str], Definition]
) -> tuple[Verdict, tuple[str, ...]]:
    """Whether two stages of an area mean the same class. Their units differ always, which the page says once."""
    first, second = known.get((base.source, base.area)), known.get((counts.source, counts.area))
    if first is None or second is None:
        return "comparable", ()
    pair = judged(replace(first, units=("case",), dates=()), replace(second, units=("case",), dates=()))
    return pair.verdict, tuple(each for each in pair.reasons if getattr(each, "key", "") != "no_common_year")


def _verdicts(
    stages: Sequence[str],
    areas: Sequence[str],
    ranges: Sequence[StageRange],
    counts: Mapping[tuple[str, str], StageCounts],
    known: Mapping[tuple[str, str], Definition],
) -> Iterable[StageVerdict]:
    shown = {(each.area, each.stage): each for each in ranges if each.lower is not None}
    for stage in stages:
        for left, right in combinations(areas, 2):
            if (left, stage) in shown and (right, stage) in shown:
                yield _verdict(shown[left, stage], shown[right, stage], counts, known)


def _verdict(
    first: StageRange,
    second: StageRange,
    counts: Mapping[tuple[str, str], StageCounts],
    known: Mapping[tuple[str, str], Definition],
) -> StageVerdict:
    """The worse of two verdicts: on what was recorded, and on what was counted at the stage."""
    stage, left, right = first.stage, first.area, second.area
    reasons = list(_by_years(first, second))
    worst = 1 if reasons else 0
    for each in ("recorded", stage):
        pair = [known.get((counts[each, area].source, area)) for area in (left, right)]
        if pair[0] is None or pair[1] is None:
            worst = max(worst, 1)
            reasons.append(reason("stage_unknown", stage=each))
            continue
        found = judged(pair[0], pair[1])
        worst = max(worst, _ORDER.index(found.verdict))
        reasons += [reason("at_stage", stage=each, text=why) for why in found.reasons]
    return StageVerdict(stage, left, right, _ORDER[worst], tuple(dict.fromkeys(reasons)))


def _by_years(first: StageRange, second: StageRange) -> Iterable[Reason]:
    if first.year != second.year:
        areas = {"left_area": first.area, "right_area": second.area}
        yield reason("other_year", **areas, left_years=str(first.year), right_years=str(second.year))
    for each in (first, second):
        if not each.whole_lag:
            yield reason("lacks_years", area=each.area)
