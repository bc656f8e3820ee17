"""Shares of cases by what was decided: clearance, release decisions, legal aid, alternatives to imprisonment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.flow.attrition import grouped
from kyoto.analysis.flow.counts import number_column
from kyoto.analysis.flow.groups import group_columns, require_columns
from kyoto.analysis.flow.intervals import ratio_limits, share_limits
from kyoto.analysis.flow.model import LEAST_CASES, CaseFile, Finding
from kyoto.analysis.flow.result import FlowTable, withhold_small
from kyoto.core.errors import KyotoError, Where, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["clearance_by_case", "clearance_by_period", "decision_shares", "sentence_lengths"]


def clearance_by_case(
    cases: CaseFile, *, stage: str = "solved", within: int = 365, level: float = 0.95, least: int = LEAST_CASES
) -> FlowTable:
    """Clearance rate: share of cases solved within a fixed time of being recorded.

    Parameters
    ----------
    cases
        With the first stage and ``stage``.
    stage
        What counts as cleared.
    within, level, least
        As in :func:`.attrition.attrition_by_case`.

    Raises
    ------
    KyotoError
        ``flow.unknown-stage``, ``flow.too-young``.
    """
    from dataclasses import replace

    from kyoto.analysis.flow.attrition import attrition_by_case

    if stage not in cases.stages:
        raise KyotoError(f"No stage {stage!r}", code="flow.unknown-stage", hint=did_you_mean(stage, cases.stages))
    pair = replace(cases, days=cases.days[[cases.stages[0], stage]])
    found = attrition_by_case(pair, within=within, level=level, least=least)
    rows = tuple({**row, "term": "cleared"} for row in found.rows if row["term"] == stage)
    return replace(found, what="What share of cases is cleared?", rows=rows)


def clearance_by_period(
    counts: pd.DataFrame,
    *,
    recorded: str = "recorded",
    cleared: str = "solved",
    by: Sequence[str] = (),
    level: float = 0.95,
) -> FlowTable:
    """Clearances of a period over cases recorded in it, as offices publish it where cases do not link.

    Parameters
    ----------
    counts
        ``period``, ``by``, and both counts.
    recorded, cleared
        Their columns.
    by
        Disaggregations.
    level
        Confidence of the ratio of two Poisson counts.

    Returns
    -------
    FlowTable
        One row a period and group.
    """
    rows: list[dict[str, Any]] = []
    for row in counts.to_dict("records"):
        done, total = float(row[cleared]), float(row[recorded])
        common = {"term": "cleared", "period": row["period"], "cases": done, "of": total, **{n: row[n] for n in by}}
        if np.isnan(done) or np.isnan(total) or total <= 0:
            rows.append(
                {**common, "estimate": None, "lower": None, "upper": None, "note": "a count is missing or zero"}
            )
            continue
        lower, upper = ratio_limits(done, total, level)
        rows.append({**common, "estimate": done / total, "lower": lower, "upper": upper, "note": ""})
    return FlowTable(
        "What share of cases is cleared?",
        tuple(rows),
        "share",
        by=tuple(by),
        level=level,
        method=(
            "Clearances of a period over cases recorded in it: those cleared may have been recorded earlier, and the "
            "ratio can exceed 100%. Intervals take both counts as Poisson."
        ),
    )


def decision_shares(
    frame: pd.DataFrame,
    decision: str,
    *,
    count: str | None = None,
    by: Sequence[str] = (),
    level: float = 0.95,
    least: int = LEAST_CASES,
    file: str | None = None,
) -> FlowTable:
    """Share of each decision among those known: release decisions, legal aid, kinds of sentence.

    Parameters
    ----------
    frame
        One row a case, or one a cell with ``count``.
    decision
        Column of the decision; empty and ``_U`` are unknown, and left out of the shares.
    count
        Column of counts; without one each row is a case.
    by
        Disaggregations.
    level
        Confidence of Wilson's intervals.
    least
        Groups of fewer cases are withheld.
    file
        For messages.

    Returns
    -------
    FlowTable
        One row a decision and group: ``cases`` ``of`` those with a known decision.

    Raises
    ------
    KyotoError
        ``flow.wrong-column``, ``flow.wrong-number``, ``flow.no-decision``.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"sentence": ["prison", "fine", "community"], "n": ["30", "50", "20"]})
    >>> decision_shares(frame, "sentence", count="n").row("prison")["estimate"]
    0.3
    """
    require_columns(frame, [decision, *([count] if count else [])], file)
    weight = number_column(frame, count, file).fillna(0.0).to_numpy() if count else np.ones(len(frame))
    text = frame[decision].astype("string").str.strip().replace("", "_U").fillna("_U").astype(str).to_numpy()
    groups = group_columns(frame, by, file).reset_index(drop=True)
    by = tuple(groups.columns)
    known = text != "_U"
    if not weight[known].sum():
        raise KyotoError("No case has a known decision", code="flow.no-decision", expected=f"values in {decision!r}")
    rows: list[dict[str, Any]] = []
    words = sorted(set(text[known]))
    for key, mask in grouped(groups):
        total = float(weight[mask & known].sum())
        for word in words:
            cases = float(weight[mask & (text == word)].sum())
            lower, upper = share_limits(cases, total, level)
            estimate = cases / total if total else None
            limits = {"lower": lower, "upper": upper} if total else {"lower": None, "upper": None}
            rows.append({"term": word, "estimate": estimate, **limits, "cases": cases, "of": total, "note": "", **key})
    unknown = float(weight[~known].sum())
    findings: tuple[Finding, ...] = ()
    if unknown:
        message = "Cases without a known decision; they are left out of the shares."
        findings = (Finding("warning", "flow.unknown-decision", message, int(unknown)),)
    return FlowTable(
        f"What share of cases has which {decision}?",
        tuple(withhold_small(rows, by, least=least)),
        "share",
        by=tuple(by),
        level=level,
        method="Shares of the cases with a known decision.",
        findings=findings,
    )


def sentence_lengths(
    frame: pd.DataFrame,
    length: str,
    *,
    by: Sequence[str] = (),
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.95,
    least: int = LEAST_CASES,
    file: str | None = None,
) -> FlowTable:
    """Mean and median length of sentences or of completed detention.

    Parameters
    ----------
    frame
        One row a sentence.
    length
        Column of lengths, in a unit of your own (days, months).
    by
        Disaggregations.
    draws, seed
        Bootstrap samples for the intervals (percentile method).
    level, least, file
        As in :func:`decision_shares`.

    Raises
    ------
    KyotoError
        ``flow.wrong-column``, ``flow.wrong-number``, ``flow.no-cases``.
    """
    require_columns(frame, [length], file)
    values = number_column(frame, length, file).to_numpy()
    kept = ~np.isnan(values)
    left_out = {"no length": int((~kept).sum())} if not kept.all() else {}
    if not kept.any():
        raise KyotoError("No row has a length", code="flow.no-cases", where=Where(file=file, column=length))
    groups = group_columns(frame, by, file)[kept].reset_index(drop=True)
    by = tuple(groups.columns)
    values = values[kept]
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    tails = [(1 - level) / 2, (1 + level) / 2]
    for key, mask in grouped(groups):
        part = values[mask]
        if not part.size:
            continue
        samples = part[random.integers(0, part.size, (draws, part.size))] if part.size <= 20_000 else None
        for term, statistic in (("mean", np.mean), ("median", np.median)):
            drawn = statistic(samples, axis=1) if samples is not None else _large_sample(part, statistic, draws, random)
            lower, upper = (float(limit) for limit in np.quantile(drawn, tails))
            rows.append(
                {
                    "term": term,
                    "estimate": float(statistic(part)),
                    "lower": lower,
                    "upper": upper,
                    "of": part.size,
                    "note": "",
                    **key,
                }
            )
    return FlowTable(
        f"How long are they ({length})?",
        tuple(withhold_small(rows, by, least=least)),
        length,
        by=tuple(by),
        level=level,
        method=f"Bootstrap with {draws} samples, percentile intervals. Sentences still being served are not in it.",
        facts={"rows": len(frame), "cases": int(kept.sum()), "rejected": left_out},
    )


def _large_sample(values: Any, statistic: Any, draws: int, random: np.random.Generator) -> Any:
    """Bootstrap one sample at a time, for values that do not fit ``draws`` times in memory."""
    return np.array([statistic(values[random.integers(0, values.size, values.size)]) for _ in range(min(draws, 200))])
