"""How good a linkage is: against labelled pairs, or as the match weights themselves say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["Quality", "estimated_quality", "labelled_quality", "true_pairs", "truth_quality", "wilson"]


@dataclass(frozen=True, slots=True)
class Quality:
    """Precision and recall of the pairs that a linkage joins.

    Parameters
    ----------
    basis
        ``labels``, ``truth`` or ``match weights``.
    rows
        One mapping a measure: ``term``, ``estimate``, ``lower``, ``upper``, ``n``.
    note
        What the figures do not cover.
    """

    basis: str
    rows: tuple[dict[str, Any], ...]
    note: str

    def __getitem__(self, term: str) -> dict[str, Any]:
        return next(row for row in self.rows if row["term"] == term)

    def tidy(self) -> pd.DataFrame:
        """One row a measure."""
        return estimates_frame({**row, "basis": self.basis} for row in self.rows)

    def summary(self) -> str:
        """One line a measure."""
        lines = [
            f"{row['term']}: {row['estimate']:.1%} ({row['lower']:.1%} to {row['upper']:.1%}), from {self.basis}"
            for row in self.rows
        ]
        return "\n".join([*lines, self.note])

    def plot(self) -> altair.LayerChart:
        """Both measures with their intervals."""
        import altair as alt

        base = alt.Chart(self.tidy()).encode(y=alt.Y("term:N", title=None))
        axis = alt.Axis(format="%")
        scale = alt.Scale(domain=[0, 1])
        rule = base.mark_rule(strokeWidth=3).encode(
            x=alt.X("lower:Q", title="Share of pairs", axis=axis, scale=scale), x2="upper:Q"
        )
        point = base.mark_point(filled=True, size=70).encode(x="estimate:Q")
        title = alt.Title("How good is the linkage?", subtitle=f"From {self.basis}; bars are 95% intervals.")
        return cast("altair.LayerChart", alt.layer(rule, point).properties(title=title, width=480))


def wilson(hits: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a share (Wilson 1927, equation 7).

    Examples
    --------
    >>> low, high = wilson(81, 263)
    >>> round(low, 4), round(high, 4)
    (0.2553, 0.3662)
    """
    from scipy.stats import norm

    if trials <= 0:
        return 0.0, 1.0
    z = float(norm.ppf(0.5 + level / 2))
    share, spread = hits / trials, z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    # rounding must not cut an estimate of 0 or 1 off its own interval
    return (max(0.0, centre - half) if hits > 0 else 0.0), (min(1.0, centre + half) if hits < trials else 1.0)


def true_pairs(labels: Any) -> int:
    """Pairs of records inside the same group.

    Examples
    --------
    >>> true_pairs([0, 0, 0, 1])
    3
    """
    counts = np.unique(np.asarray(labels), return_counts=True)[1].astype(np.int64)
    return int((counts * (counts - 1) // 2).sum())


def labelled_quality(same: Any, linked: Any) -> Quality:
    """Precision and recall from pairs whose truth is known.

    Parameters
    ----------
    same
        Whether each labelled pair is one person, shape (pairs,).
    linked
        Whether the linkage joins it.

    Examples
    --------
    >>> labelled_quality([True, True, True, False], [True, True, False, False])["recall"]["estimate"]
    0.6666666666666666
    """
    truth, found = np.asarray(same, dtype=bool), np.asarray(linked, dtype=bool)
    both = int((truth & found).sum())
    note = "Holds for pairs like the labelled ones; pairs chosen because they were doubtful say less of the others."
    return Quality(
        "labels", (_share("precision", both, int(found.sum())), _share("recall", both, int(truth.sum()))), note
    )


def truth_quality(truth: Any, labels: Any) -> Quality:
    """Precision and recall over all pairs, where the person of every record is known."""
    joint = np.unique(
        np.stack([np.unique(truth, return_inverse=True)[1], np.asarray(labels)]), axis=1, return_counts=True
    )[1]
    both = int((joint.astype(np.int64) * (joint - 1) // 2).sum())
    rows = (_share("precision", both, true_pairs(labels)), _share("recall", both, true_pairs(truth)))
    return Quality(
        "truth", rows, "Pairs of one person are not independent of each other: the intervals are too narrow."
    )


def estimated_quality(probability: Any, accepted: Any, missed: float | None = None) -> Quality:
    """Precision and recall as the match probabilities imply them, if the model is right.

    Parameters
    ----------
    probability
        Of each candidate pair, shape (pairs,).
    accepted
        Whether the pair is inside one person.
    missed
        Estimated share of the true pairs that are not candidates (:func:`.missed.missed_share`); None if unknown.

    Returns
    -------
    Quality
        The expected share of true pairs among the accepted ones, and the share of all expected true pairs that were
        accepted.

    Examples
    --------
    >>> found = estimated_quality(np.array([1.0, 0.8, 0.2]), np.array([True, True, False]))
    >>> found["precision"]["estimate"], found["recall"]["estimate"]
    (0.9, 0.9)
    """
    spread = probability * (1 - probability)
    inside, outside = float(probability[accepted].sum()), float(probability[~accepted].sum())
    number, total = int(accepted.sum()), inside + outside
    error = math.sqrt(spread[accepted].sum()) / max(number, 1)
    looked_at = 1 - (missed or 0.0)
    recall_error = looked_at * _recall_error(inside, outside, spread, accepted)
    rows = (
        _normal("precision", inside / number if number else None, error, number),
        _normal("recall", looked_at * inside / total if total else None, recall_error, number),
    )
    note = (
        "If the model is right; pairs that were never compared count in neither. Label some pairs to be sure."
        if missed is None
        else f"If the model is right; {missed:.1%} of the true pairs, or more, were never compared: they count as "
        "missed. Label some pairs to be sure."
    )
    return Quality("match weights", rows, note)


def _recall_error(inside: float, missed: float, spread: Any, accepted: Any) -> float:
    """Standard error of inside / (inside + missed) by the delta method."""
    total = inside + missed
    if not total:
        return 0.0
    variance = (missed**2 * spread[accepted].sum() + inside**2 * spread[~accepted].sum()) / total**4
    return math.sqrt(variance)


def _share(term: str, hits: int, trials: int) -> dict[str, Any]:
    lower, upper = wilson(hits, trials)
    known = trials > 0
    return {
        "term": term,
        "estimate": hits / trials if known else float("nan"),
        "lower": lower,
        "upper": upper,
        "n": trials,
    }


def _normal(term: str, share: float | None, error: float, number: int) -> dict[str, Any]:
    value = float("nan") if share is None else share
    return {
        "term": term,
        "estimate": value,
        "std_error": error,
        "lower": max(0.0, value - 1.96 * error),
        "upper": min(1.0, value + 1.96 * error),
        "n": number,
    }
