"""Control charts: is a change more than the usual scatter (Shewhart; Laney for overdispersed counts)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.arrays import Booleans, Floats
from kyoto.core.errors import KyotoError, did_you_mean

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["CHARTS", "ControlChart", "control_chart", "run_chart"]

CHARTS = ("individuals", "c", "p", "u", "laney-p", "laney-u")
"""Kinds: single values; counts; shares; rates; shares and rates with overdispersion."""
BIAS = 1.128
"""Mean range of two normal values over their standard deviation (d2)."""

RULES = {
    "beyond": "beyond three standard deviations",
    "two of three": "two of three points beyond two standard deviations on one side",
    "four of five": "four of five points beyond one standard deviation on one side",
    "shift": "eight points in a row on one side of the centre",
    "trend": "six points in a row rising or falling",
}


@dataclass(frozen=True, slots=True, eq=False)
class ControlChart:
    """A control chart.

    Parameters
    ----------
    kind
        One of :data:`CHARTS`.
    periods
        Labels.
    values
        What is drawn: values, shares or rates; shape (n,).
    centre
        Mean over the baseline.
    sigma
        Standard deviation of each point, shape (n,).
    lower, upper
        Limits at three standard deviations, not below 0 for counts; shape (n,).
    signals
        One row a signal: ``period``, ``rule``, ``side``, ``meaning``.
    inflation
        Laney's factor: spread of the points over that of their sampling error; 1 for other charts.
    """

    kind: str
    periods: tuple[Any, ...]
    values: Floats
    centre: float
    sigma: Floats
    lower: Floats
    upper: Floats
    signals: pd.DataFrame
    inflation: float

    def tidy(self) -> pd.DataFrame:
        """One row a period: ``term``, ``estimate``, ``std_error``, ``lower``, ``upper``, ``centre``, ``signal``."""
        import pandas as pd

        found = self.signals.groupby("period").rule.agg(", ".join).to_dict() if len(self.signals) else {}
        return pd.DataFrame(
            {
                "term": [str(period) for period in self.periods],
                "estimate": self.values,
                "std_error": self.sigma,
                "lower": self.lower,
                "upper": self.upper,
                "centre": self.centre,
                "signal": [found.get(period, "") for period in self.periods],
            }
        )

    def summary(self) -> str:
        """Text for a terminal."""
        from kyoto.analysis.evaluation.result import figure

        head = f"{self.kind} chart of {len(self.values)} periods: centre {figure(self.centre)}"
        if self.inflation != 1:
            head += f", spread {self.inflation:.2f} times that of sampling"
        if not len(self.signals):
            return f"{head}\n  no signal: what varies is the usual scatter"
        lines = [f"  {row['period']}: {row['meaning']}, {row['side']}" for row in self.signals.to_dict("records")]
        return "\n".join([head, *lines])

    def plot(self) -> altair.LayerChart:
        """The chart."""
        import altair as alt

        from kyoto.analysis.evaluation.svg import ACCENT, QUIET

        data = self.tidy().assign(order=range(len(self.values)), out=lambda table: table.signal != "")
        x = alt.X("term:O", sort=None, title=None)
        y = alt.Y("estimate:Q", title=self.kind)
        base = alt.Chart(data)
        limits = [
            base.mark_line(color=QUIET, strokeDash=[4, 3]).encode(x=x, y=f"{side}:Q") for side in ("lower", "upper")
        ]
        centre = base.mark_line(color=QUIET).encode(x=x, y="centre:Q")
        line = base.mark_line(color=ACCENT).encode(x=x, y=y)
        points = base.mark_point(filled=True, opacity=1, size=60).encode(
            x=x,
            y=y,
            color=alt.condition("datum.out", alt.value("#b3261e"), alt.value(ACCENT)),
            shape=alt.condition("datum.out", alt.value("diamond"), alt.value("circle")),
            tooltip=["term", alt.Tooltip("estimate:Q", format=".3g"), "signal"],
        )
        title = alt.Title("Did something change?", subtitle="Diamonds: signals. Dashed: three standard deviations.")
        chart = alt.layer(*limits, centre, line, points).properties(title=title, width=520)
        return cast("altair.LayerChart", chart)


def control_chart(
    values: ArrayLike,
    *,
    kind: str = "individuals",
    denominators: ArrayLike | None = None,
    periods: Sequence[Any] = (),
    baseline: int | None = None,
) -> ControlChart:
    """Control chart of an indicator.

    Parameters
    ----------
    values
        Values, or counts for all other charts; shape (n,).
    kind
        ``individuals``, ``c`` (counts over equal exposures), ``p`` (counts of ``denominators`` people), ``u`` (counts
        over exposures), and ``laney-p``, ``laney-u``, which allow for overdispersion (Laney 2002).
    denominators
        Shape (n,); for p and u charts.
    periods
        Labels.
    baseline
        Number of first periods from which centre and spread are taken; all by default.

    Examples
    --------
    >>> control_chart([5, 6, 4, 5, 6, 5, 4, 15]).signals.period.tolist()
    [8]
    """
    y = np.asarray(values, dtype=np.float64)
    n = np.ones_like(y) if denominators is None else np.asarray(denominators, dtype=np.float64)
    _check(y, n, kind, denominators is not None)
    used = len(y) if baseline is None else baseline
    if used < 4 or used > len(y):
        raise KyotoError(
            "Too few periods for a control chart",
            code="evaluation.few-periods",
            got=f"{used}",
            expected="at least four, and twelve for limits to trust",
        )
    drawn, centre, sigma, inflation = _limits(y, n, kind, used)
    lower = centre - 3 * sigma
    if kind != "individuals":
        lower = np.maximum(lower, 0.0)
    upper = centre + 3 * sigma
    if kind.endswith("p"):
        upper = np.minimum(upper, 1.0)
    labels = tuple(periods) if len(periods) else tuple(range(1, len(y) + 1))
    signals = _signals(drawn, centre, sigma, labels)
    return ControlChart(kind, labels, drawn, centre, sigma, lower, upper, signals, inflation)


def _check(y: Floats, n: Floats, kind: str, given: bool) -> None:
    if kind not in CHARTS:
        raise KyotoError("No such chart", code="evaluation.unknown-chart", got=kind, hint=did_you_mean(kind, CHARTS))
    if not (np.isfinite(y).all() and np.isfinite(n).all()):
        raise KyotoError("The series has gaps", code="evaluation.gap", expected="a number in every period")
    if kind == "individuals":
        return
    needs = kind not in {"c"}
    if needs and not given:
        raise KyotoError(
            "This chart needs denominators",
            code="evaluation.no-denominator",
            got=kind,
            expected="people (p) or exposures (u) of every period",
        )
    if (y < 0).any() or (n <= 0).any() or (kind.endswith("p") and (y > n).any()):
        raise KyotoError(
            "A count does not fit its denominator",
            code="evaluation.wrong-count",
            expected="counts of 0 or more, denominators above 0, and shares of at most 1",
        )


def _limits(y: Floats, n: Floats, kind: str, used: int) -> tuple[Floats, float, Floats, float]:
    """What is drawn, its centre, the standard deviation of each point, and Laney's factor."""
    if kind == "individuals":
        spread = float(np.abs(np.diff(y[:used])).mean()) / BIAS
        return y, float(y[:used].mean()), np.full(len(y), spread), 1.0
    centre = float(y[:used].sum() / n[:used].sum())
    drawn = y / n
    sigma = np.sqrt(centre * (1 - centre) / n) if kind.endswith("p") else np.sqrt(centre / n)
    if not kind.startswith("laney"):
        return drawn, centre, sigma, 1.0
    standard = (drawn - centre) / np.where(sigma > 0, sigma, 1.0)
    inflation = float(np.abs(np.diff(standard[:used])).mean()) / BIAS
    return drawn, centre, sigma * inflation, inflation


def _signals(values: Floats, centre: float, sigma: Floats, periods: Sequence[Any]) -> pd.DataFrame:
    import pandas as pd

    z = np.divide(values - centre, sigma, out=np.zeros_like(values), where=sigma > 0)
    rows = []
    for side, signed in (("above", z), ("below", -z)):
        checks = {
            "beyond": signed > 3,
            "two of three": _window(signed > 2, 3, 2) & (signed > 2),
            "four of five": _window(signed > 1, 5, 4) & (signed > 1),
            "shift": _window(signed > 0, 8, 8),
        }
        for rule, hit in checks.items():
            rows += [(int(i), rule, side) for i in np.flatnonzero(hit)]
    steps = np.sign(np.diff(values))
    for side, sign in (("rising", 1), ("falling", -1)):
        hit = np.concatenate([[False], _window(steps == sign, 5, 5)])
        rows += [(int(i), "trend", side) for i in np.flatnonzero(hit)]
    rows.sort()
    return pd.DataFrame(
        [{"period": periods[i], "rule": rule, "side": side, "meaning": RULES[rule]} for i, rule, side in rows],
        columns=["period", "rule", "side", "meaning"],
    )


def _window(hit: Booleans, width: int, least: int) -> Booleans:
    """Whether at least so many of the last ``width`` points are hits; False before there are that many."""
    total = np.cumsum(np.concatenate([[0], hit.astype(int)]))
    out = np.zeros(len(hit), dtype=bool)
    if len(hit) >= width:
        out[width - 1 :] = total[width:] - total[:-width] >= least
    return out


def run_chart(values: ArrayLike) -> dict[str, Any]:
    """Count runs about the median, against what chance gives (Swed and Eisenhart 1943, normal limits).

    Parameters
    ----------
    values
        Shape (n,); points on the median are left out.

    Returns
    -------
    dict
        ``median``, ``runs``, ``fewest`` and ``most`` runs at 95 per cent, ``longest`` run, and ``signal`` in words.

    Examples
    --------
    >>> run_chart([1, 2, 1, 2, 1, 8, 9, 8, 9, 8])["signal"]
    'fewer runs than chance: the level changed'
    """
    y = np.asarray(values, dtype=np.float64)
    median = float(np.median(y))
    sides = np.sign(y - median)
    sides = sides[sides != 0]
    above, below = int((sides > 0).sum()), int((sides < 0).sum())
    if min(above, below) < 2:
        raise KyotoError(
            "Too few points beside the median", code="evaluation.few-periods", got=f"{above} above, {below} below"
        )
    runs = 1 + int((np.diff(sides) != 0).sum())
    total = above + below
    mean = 2 * above * below / total + 1
    spread = np.sqrt(2 * above * below * (2 * above * below - total) / (total**2 * (total - 1)))
    fewest, most = mean - 1.96 * spread, mean + 1.96 * spread
    breaks = np.flatnonzero(np.diff(sides) != 0)
    longest = int(np.diff(np.concatenate([[-1], breaks, [total - 1]])).max())
    words = "no sign of change"
    if runs < fewest:
        words = "fewer runs than chance: the level changed"
    elif runs > most:
        words = "more runs than chance: two processes alternate"
    return {
        "median": median,
        "runs": runs,
        "fewest": float(fewest),
        "most": float(most),
        "longest": longest,
        "signal": words,
    }
