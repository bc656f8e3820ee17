"""Groups, sites or years of a file compared: tests, ratios, and rates made fair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kyoto.analysis.reoffending.following import default_times
from kyoto.analysis.reoffending.standardise import StandardisedRate, standardised_curves
from kyoto.analysis.reoffending.survival import (
    GroupTest,
    Regression,
    aalen_johansen,
    cox_regression,
    fine_gray,
    gray_test,
    kaplan_meier,
    log_rank_test,
)
from kyoto.analysis.reoffending.survival.intervals import quantile_of_normal
from kyoto.analysis.reoffending.times import PeopleTimes
from kyoto.analysis.reoffending.weighting import inverse_weights
from kyoto.core.errors import KyotoError
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "Method", "compare_groups"]

Method = Literal["direct", "weights"]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Groups compared.

    Parameters
    ----------
    test
        Log-rank test, or Gray's where other events compete.
    model
        Ratios of the groups to the reference, by Cox's or Fine and Gray's model; None where it has no answer.
    reference
        The group to which the others are compared.
    rows
        Rates at each time: group by group, with the difference to the reference.
    adjusted
        Columns adjusted for.
    method
        How: ``direct`` or ``weights``.
    remarks
        What a reader should know.
    level
        Confidence of the limits.
    """

    test: GroupTest
    model: Regression | None
    reference: str
    rows: tuple[dict[str, Any], ...]
    adjusted: tuple[str, ...]
    method: Method
    remarks: tuple[str, ...]
    level: float

    def records(self) -> list[dict[str, Any]]:
        """Rows for scripts: group, time, rate with limits, difference to the reference with limits, and the test."""
        ratios = {} if self.model is None else {row.term: row for row in self.model.tidy().itertuples()}
        found = []
        for row in self.rows:
            ratio = ratios.get(f"group={row['group']}")
            more: dict[str, float | None] = dict.fromkeys(("ratio", "ratio_lower", "ratio_upper"))
            if ratio is not None:
                more = {name: float(getattr(ratio, name)) for name in more}
            test = {"test": self.test.name, "statistic": self.test.statistic, "p_value": self.test.p_value}
            found.append({**row, **more, **test, "reference": self.reference, "level": self.level})
        return found

    def tidy(self) -> pd.DataFrame:
        """One row a group and time."""
        return estimates_frame(
            {"term": f"{row['group']} by {row['time']:g}"} | row
            for row in self.records()
            if row["estimate"] is not None
        )

    def plot(self, *, title: str = "How do the groups differ?", source: str = "") -> Any:
        """Rates of the groups with their limits, at every time."""
        from kyoto.analysis.reoffending.charts import points_chart, sourced

        rows = [{**row, "window": row["time"], "events": None} for row in self.rows]
        note = f"Adjusted for {', '.join(self.adjusted)}." if self.adjusted else ""
        return points_chart(rows, str(self.rows[0]["unit"]), self.level, title=title, notes=(note, sourced(source)))

    def summary(self) -> str:
        """Test, ratios and differences in words for a terminal."""
        lines = [self.test.summary()]
        lines += [self.model.summary()] if self.model is not None else []
        return "\n".join([*lines, *self.remarks])


def compare_groups(
    people: PeopleTimes,
    times: Sequence[float] = (),
    *,
    reference: str | None = None,
    adjusted: Sequence[str] = (),
    method: Method = "direct",
    level: float = 0.95,
) -> Comparison:
    """Compare the groups of a file, adjusted for their composition if asked.

    Parameters
    ----------
    people
        From :func:`.times.read_times`, with ``adjust`` where ``adjusted``.
    times
        Times at which rates are compared.
    reference
        Group to which the others are compared; the largest by default.
    adjusted
        Names of the columns that ``people.adjust`` joins.
    method
        ``direct``: rates standardised to all persons. ``weights``: inverse weighting.
    level
        Confidence of the limits.

    Raises
    ------
    KyotoError
        ``reoffending.one-group``, ``reoffending.unknown-group``, ``reoffending.no-events``.
    """
    if len(people.groups) < 2:
        raise KyotoError(
            "There is nothing to compare",
            code="reoffending.one-group",
            got=", ".join([*people.groups, *people.remarks]),
            expected="two or more groups that are large enough to be shown, with --by",
        )
    competing = len(people.causes) > 1
    if competing and adjusted:
        raise KyotoError(
            "Adjusted rates with competing events are not offered",
            code="reoffending.options-conflict",
            expected="--adjust or --competing",
            hint="Without --adjust, Fine and Gray's model compares the groups.",
        )
    base = _reference(people, reference)
    test = _test(people, competing, bool(adjusted))
    model = _model(people, base, competing, adjusted, level)
    rows = []
    for time in default_times(people, times):
        rates = _adjusted_rates(people, time, method, level) if adjusted else _plain_rates(people, time, level)
        rows += [_row(rate, rates, base, time, people.unit, level) for rate in rates]
    remarks = list(people.remarks)
    if adjusted:
        way = "standardised to all persons" if method == "direct" else "by inverse weighting"
        remarks.append(f"Rates adjusted for {', '.join(adjusted)}, {way}.")
    return Comparison(test, model, base, tuple(rows), tuple(adjusted), method, tuple(remarks), level)


def _reference(people: PeopleTimes, reference: str | None) -> str:
    if reference is not None and reference not in people.groups:
        raise KyotoError(
            "No such group", code="reoffending.unknown-group", got=reference, expected=", ".join(people.groups)
        )
    return reference or max(people.groups, key=lambda group: int((people.group == group).sum()))


def _test(people: PeopleTimes, competing: bool, adjusted: bool) -> GroupTest:
    if competing:
        return gray_test(people.time, people.cause, people.group, of="1")
    strata = people.adjust if adjusted else None
    return log_rank_test(people.time, people.cause == 1, people.group, strata=strata)


def _model(people: PeopleTimes, base: str, competing: bool, adjusted: Sequence[str], level: float) -> Regression | None:
    """Ratios of each group to the reference, stratified by what is adjusted for; None where there are none."""
    others = [group for group in people.groups if group != base]
    covariates = {f"group={group}": (people.group == group).astype(float) for group in others}
    try:
        if competing:
            return fine_gray(people.time, people.cause, covariates, of="1", level=level)
        strata = people.adjust if adjusted else None
        return cox_regression(people.time, people.cause == 1, covariates, strata=strata, level=level)
    except KyotoError:
        return None


def _plain_rates(people: PeopleTimes, time: float, level: float) -> list[StandardisedRate]:
    found = []
    for group in people.groups:
        own = people.of(group)
        if len(people.causes) > 1:
            curves = aalen_johansen(own.time, own.cause, causes=own.causes, level=level)
            point = curves.at([time]).iloc[0]
        else:
            point = kaplan_meier(own.time, own.cause == 1, level=level).at([time]).iloc[0]
        n = len(own.time)
        if not np.isfinite(point["estimate"]):
            found.append(StandardisedRate(group, np.nan, None, None, None, None, n, n, "nobody was followed so long"))
            continue
        value, error, low, high = (float(point[name]) for name in ("estimate", "std_error", "lower", "upper"))
        found.append(StandardisedRate(group, value, value, error, low, high, n, n))
    return found


def _adjusted_rates(people: PeopleTimes, time: float, method: Method, level: float) -> list[StandardisedRate]:
    if method == "direct":
        found = standardised_curves(people.time, people.cause == 1, people.group, people.adjust, time, level=level)
        return sorted(found, key=lambda rate: people.groups.index(rate.group))
    weights, _, _ = inverse_weights(people.group, {"stratum": people.adjust})
    rates = []
    for plain in _plain_rates(people, time, level):
        rows = people.group == plain.group
        curve = kaplan_meier(people.time[rows], people.cause[rows] == 1, weights=weights[rows], level=level)
        point = curve.at([time]).iloc[0]
        value, error, low, high = (float(point[name]) for name in ("estimate", "std_error", "lower", "upper"))
        effective = float(weights[rows].sum() ** 2 / (weights[rows] ** 2).sum())
        rates.append(StandardisedRate(plain.group, plain.crude, value, error, low, high, plain.n, effective))
    return rates


def _row(
    rate: StandardisedRate, rates: Sequence[StandardisedRate], base: str, time: float, unit: str, level: float
) -> dict[str, Any]:
    other = next(found for found in rates if found.group == base)
    gap: dict[str, float | None] = dict.fromkeys(("difference", "difference_lower", "difference_upper"))
    if rate.group != base and rate.estimate is not None and other.estimate is not None:
        reach = quantile_of_normal(level) * float(np.hypot(rate.std_error or 0.0, other.std_error or 0.0))
        value = rate.estimate - other.estimate
        gap = {"difference": value, "difference_lower": value - reach, "difference_upper": value + reach}
    crude = rate.crude if np.isfinite(rate.crude) else None
    return {
        "group": rate.group, "time": time, "unit": unit, "estimate": rate.estimate, "std_error": rate.std_error,
        "lower": rate.lower, "upper": rate.upper, "n": rate.n, "crude": crude, **gap, "note": rate.note,
    }  # fmt: skip
