"""Attrition: what share of cases reaches each stage of justice.

Followed by case where records link: only cases recorded long enough before the end of the file are counted, each for
the same number of days, so that young cases are not taken for failed ones. By period where they do not link: counts of
a stage over counts of the first stage some periods earlier, for every lag that is thought possible; the band covers all
of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.flow.intervals import ratio_limits, share_limits
from kyoto.analysis.flow.model import LEAST_CASES, CaseFile, Finding
from kyoto.analysis.flow.result import FlowTable, withhold_small
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["attrition_by_case", "attrition_by_period", "grouped", "stage_row"]


def attrition_by_case(
    cases: CaseFile,
    *,
    within: int = 365,
    level: float = 0.95,
    least: int = LEAST_CASES,
    totals: bool = False,
) -> FlowTable:
    """Share of cases that reach each stage within a fixed time of the first.

    Parameters
    ----------
    cases
        From :func:`.reading.read_cases`; its groups are the disaggregations.
    within
        Days of follow-up, the same for each case.
    level
        Confidence of Wilson's intervals.
    least
        Groups of fewer cases are withheld.
    totals
        Also give the totals over some of several disaggregations.

    Returns
    -------
    FlowTable
        One row a stage and group: ``estimate`` is the share of the first stage, ``from_previous`` that of the stage
        before with ``previous_lower`` and ``previous_upper``; ``cases`` reached it ``of`` those followed.

    Raises
    ------
    KyotoError
        ``flow.too-young``: no case was followed that long.

    Examples
    --------
    >>> import pandas as pd
    >>> from kyoto.analysis.flow.reading import type_cases
    >>> charged = ["2020-02-01"] * 10 + [None] * 29 + ["2022-01-01"]
    >>> frame = pd.DataFrame({"recorded": ["2020-01-01"] * 40, "charged": charged})
    >>> table = attrition_by_case(type_cases(frame, {"recorded": "recorded", "charged": "charged"}))
    >>> table.row("charged")["estimate"]
    0.25
    """
    start = cases.days[cases.stages[0]]
    followed = start + within <= cases.until
    if not followed.any():
        raise KyotoError(
            "No case was followed that long",
            code="flow.too-young",
            expected=f"cases recorded at least {within} days before the end of the file",
            hint="Shorten the follow-up with --within, or state the end of the file with --until.",
        )
    reached = cases.days[followed].le(start[followed] + within, axis=0)
    groups = cases.groups[followed.to_numpy()]
    rows = [{**row, **key} for key, mask in grouped(groups, totals=totals) for row in _stage_rows(reached[mask], level)]
    young = int((~followed).sum())
    findings = list(cases.findings)
    if young:
        message = f"Cases that were not followed for {within} days yet; they are left out."
        findings.append(Finding("note", "flow.young-cases", message, young))
    return FlowTable(
        "How many cases reach each stage?",
        tuple(withhold_small(rows, tuple(groups.columns), least=least)),
        "share",
        by=tuple(groups.columns),
        level=level,
        method=f"Stages reached within {within} days of being {cases.stages[0]}; shares of those followed so long.",
        findings=tuple(findings),
        facts={**cases.facts(), "followed": int(followed.sum()), "within": within},
    )


def _stage_rows(reached: pd.DataFrame, level: float) -> list[dict[str, Any]]:
    counts = [int(reached[stage].sum()) for stage in reached.columns]
    before = [counts[0], *counts[:-1]]
    return [
        {"term": stage, **stage_row(stage, count, counts[0], previous, first=place == 0, level=level)}
        for place, (stage, count, previous) in enumerate(zip(reached.columns, counts, before, strict=True))
    ]


def stage_row(stage: str, count: float, whole: float, before: float, *, first: bool, level: float) -> dict[str, Any]:
    """Share of cases at a stage, of those of the first stage and of those of the stage before.

    Parameters
    ----------
    stage
        Its name.
    count, whole, before
        Cases at the stage, at the first, and at the stage before.
    first
        Whether it is the first stage, which all cases are at.
    level
        Confidence of Wilson's intervals.
    """
    lower, upper = share_limits(count, whole, level)
    previous = share_limits(count, before, level)
    return {
        "term": stage,
        "estimate": count / whole,
        "lower": 1.0 if first else lower,
        "upper": upper,
        "cases": int(count),
        "of": int(whole),
        "from_previous": count / before if before else None,
        "previous_lower": 1.0 if first else previous[0],
        "previous_upper": previous[1],
        "note": "",
    }


def grouped(groups: pd.DataFrame, *, totals: bool = False) -> Iterator[tuple[dict[str, str], Any]]:
    """Mask of the whole (``_T`` in all disaggregations) and of each combination of their values, in order.

    With ``totals`` the totals over some disaggregations come between them, as published tables have them.
    """
    names = list(groups.columns)
    sizes = range(1, len(names) + 1) if totals else [len(names)]
    yield dict.fromkeys(names, "_T"), np.ones(len(groups), dtype=bool)
    for chosen in (chosen for size in sizes if names for chosen in combinations(names, size)):
        for key in sorted(set(groups[list(chosen)].itertuples(index=False, name=None))):
            parts = [groups[name].to_numpy() == value for name, value in zip(chosen, key, strict=True)]
            yield dict.fromkeys(names, "_T") | dict(zip(chosen, key, strict=True)), np.logical_and.reduce(parts)


def attrition_by_period(
    counts: pd.DataFrame,
    stages: Sequence[str],
    *,
    lags: Mapping[str, tuple[int, int]] | None = None,
    by: Sequence[str] = (),
    level: float = 0.95,
) -> FlowTable:
    """Ratio of each stage to the first one, where cases do not link.

    Parameters
    ----------
    counts
        ``period``, ``by`` and one column a stage (:func:`.counts.read_counts`).
    stages
        Their order.
    lags
        Least and most periods that a stage may lie behind the first; (0, 1) for those not named.
    by
        Disaggregations.
    level
        Confidence of each ratio of two Poisson counts; the band is the union over the lags.

    Returns
    -------
    FlowTable
        One row a stage, period of the stage, and group: ``estimate`` is the ratio at the middle lag, ``lag`` says
        which, ``lower`` and ``upper`` cover all lags and chance.

    Raises
    ------
    KyotoError
        ``flow.unknown-stage``, ``flow.wrong-lag``.
    """
    chosen = dict.fromkeys(stages[1:], (0, 1)) | dict(lags or {})
    for stage, (least, most) in chosen.items():
        if stage not in stages[1:]:
            raise KyotoError(f"No stage {stage!r}", code="flow.unknown-stage", expected=", ".join(stages[1:]))
        if not 0 <= least <= most:
            raise KyotoError(
                "Not a range of lags", code="flow.wrong-lag", expected="charged=0:1", got=f"{least}:{most}"
            )
    rows: list[dict[str, Any]] = []
    parts = counts.groupby(list(by), sort=True) if by else [((), counts)]
    for key, part in parts:
        group = dict(zip(by, key, strict=True))
        series = part.sort_values("period").reset_index(drop=True)
        for stage in stages[1:]:
            rows += [{**row, **group} for row in _lagged_rows(series, stages[0], stage, chosen[stage], level)]
    text = ", ".join(f"{stage} {least} to {most}" for stage, (least, most) in chosen.items())
    return FlowTable(
        "How many cases reach each stage, by period?",
        tuple(rows),
        "share",
        by=tuple(by),
        level=level,
        method=(
            f"Cases do not link: ratios of counts, periods behind {stages[0]}: {text}. The band covers every lag and "
            "chance; a ratio can exceed 100%, because the cases of a stage are not those of the period."
        ),
        facts={"lags": {stage: list(lag) for stage, lag in chosen.items()}},
    )


def _lagged_rows(
    series: pd.DataFrame, first: str, stage: str, lags: tuple[int, int], level: float
) -> Iterator[dict[str, Any]]:
    start, end = series[first].to_numpy(), series[stage].to_numpy()
    middle = (lags[0] + lags[1]) // 2
    for place in range(lags[1], len(series)):
        row = {
            "term": stage,
            "period": series["period"][place],
            "lag": middle,
            "cases": end[place],
            "of": start[place - middle],
        }
        options = [start[place - each] for each in range(lags[0], lags[1] + 1)]
        if np.isnan([end[place], *options]).any() or min(options) <= 0:
            yield {**row, "estimate": None, "lower": None, "upper": None, "note": "a count is missing or zero"}
            continue
        limits = [ratio_limits(end[place], count, level) for count in options]
        yield {
            **row,
            "estimate": end[place] / start[place - middle],
            "lower": min(limit[0] for limit in limits),
            "upper": max(limit[1] for limit in limits),
            "note": "",
        }
