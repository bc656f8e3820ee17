"""The picture of each design (Altair)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kyoto.analysis.evaluation.svg import ACCENT, QUIET

if TYPE_CHECKING:
    import altair

    from kyoto.analysis.evaluation.result import EffectResult

__all__ = ["draw"]

PLACEBOS = 60


def draw(result: EffectResult) -> altair.LayerChart:
    """Chart of a result, as its design asks for."""
    drawers = {
        "intervals": _intervals,
        "event": _event,
        "paths": _paths,
        "series": _paths,
        "discontinuity": _discontinuity,
        "honest": _intervals,
    }
    return drawers[result.figure](result)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _rows(result: EffectResult) -> list[dict[str, Any]]:
    return [
        {
            "term": item.term,
            "estimate": item.estimate,
            "lower": _finite(item.lower),
            "upper": _finite(item.upper),
            "time": item.extra.get("time"),
        }
        for item in result.estimates
    ]


def _intervals(result: EffectResult) -> altair.LayerChart:
    import altair as alt
    import pandas as pd

    base = alt.Chart(pd.DataFrame(_rows(result))).encode(y=alt.Y("term:N", sort=None, title=None))
    axis = alt.X("lower:Q", title=_axis(result), scale=alt.Scale(zero=True))
    bars = base.mark_rule(color=ACCENT, strokeWidth=3).encode(x=axis, x2="upper:Q")
    points = base.mark_point(color=ACCENT, filled=True, size=70, opacity=1).encode(
        x="estimate:Q", tooltip=["term", alt.Tooltip("estimate:Q", format=".3g")]
    )
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color="black").encode(x="x:Q")
    title = alt.Title("How large is the effect?", subtitle=f"{result.method}; bars: {result.level:.0%} limits")
    return cast("altair.LayerChart", alt.layer(zero, bars, points).properties(title=title, width=480))


def _event(result: EffectResult) -> altair.LayerChart:
    import altair as alt
    import pandas as pd

    rows = [row for row in _rows(result) if row["time"] is not None]
    if not rows:
        return _intervals(result)
    named = any(not row["term"].lstrip("+-").isdigit() or int(row["term"]) != row["time"] for row in rows)
    data = pd.DataFrame(rows)
    base = alt.Chart(data)
    x = alt.X("term:O", sort=None, title="Start" if named else "Periods since the start")
    bars = base.mark_rule(color=ACCENT, strokeWidth=2).encode(
        x=x, y=alt.Y("lower:Q", title=_axis(result)), y2="upper:Q"
    )
    points = base.mark_point(color=ACCENT, filled=True, size=60, opacity=1).encode(
        x=x, y="estimate:Q", tooltip=["term", alt.Tooltip("estimate:Q", format=".3g")]
    )
    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color="black").encode(y="y:Q")
    title = alt.Title(
        "Did the programme change the outcome, and when?",
        subtitle=f"{result.method}; bars: simultaneous {result.level:.0%} limits",
    )
    return cast("altair.LayerChart", alt.layer(zero, bars, points).properties(title=title, width=480))


def _paths(result: EffectResult) -> altair.LayerChart:
    """Observed path against that without the programme; placebos have their own picture in the gaps."""
    import altair as alt
    import pandas as pd

    periods = list(result.details["periods"])
    start = int(result.details["start"])
    lines = [("observed", result.details["observed"]), ("without the programme", result.details["comparison"])]
    data = pd.DataFrame(
        [
            {"period": period, "value": float(value), "line": name}
            for name, values in lines
            for period, value in zip(periods, values, strict=True)
        ]
    )
    kind = "Q" if all(isinstance(period, (int, float, np.number)) for period in periods) else "O"
    x = alt.X(f"period:{kind}", title=None, axis=alt.Axis(format="d") if kind == "Q" else alt.Axis())
    if kind == "Q":
        x = x.scale(zero=False)
    y = alt.Y("value:Q", title=_axis(result), scale=alt.Scale(zero=True))
    colour = alt.Color(
        "line:N", legend=None, scale=alt.Scale(domain=[name for name, _ in lines], range=[ACCENT, QUIET])
    )
    drawn = alt.Chart(data).mark_line().encode(x=x, y=y, color=colour, strokeDash=alt.StrokeDash("line:N", legend=None))
    ends = data[data.period == periods[-1]]
    labels = alt.Chart(ends).mark_text(align="left", dx=6).encode(x=x, y=y, text="line:N", color=colour)
    rule = alt.Chart(pd.DataFrame({"period": [periods[start]]})).mark_rule(color="black", strokeDash=[2, 3])
    title = alt.Title("What would have happened without the programme?", subtitle=f"{result.method}; dotted: start")
    layers = alt.layer(rule.encode(x=x), drawn, labels)
    return cast("altair.LayerChart", layers.properties(title=title, width=480))


def _discontinuity(result: EffectResult) -> altair.LayerChart:
    import altair as alt
    import pandas as pd

    y, x = np.asarray(result.details["outcome"]), np.asarray(result.details["score"])
    threshold, bandwidth = float(result.details["threshold"]), float(result.details["bandwidth"])
    rows = []
    for side in (x < threshold, x >= threshold):
        edges = np.quantile(x[side], np.linspace(0, 1, 21))
        place = np.clip(np.searchsorted(edges, x[side], side="right") - 1, 0, 19)
        rows += [
            {"score": float(x[side][place == at].mean()), "value": float(y[side][place == at].mean())}
            for at in np.unique(place)
        ]
    lines = []
    for name, side in (("below", x < threshold), ("above", x >= threshold)):
        near = side & (np.abs(x - threshold) <= bandwidth)
        weights = np.sqrt(1 - np.abs(x[near] - threshold) / bandwidth)
        slope, level = np.polyfit(x[near] - threshold, y[near], 1, w=weights)
        end = threshold + (bandwidth if name == "above" else -bandwidth)
        lines += [
            {"score": at, "value": float(level + slope * (at - threshold)), "side": name} for at in (threshold, end)
        ]
    axis = alt.X("score:Q", title="Score", scale=alt.Scale(zero=False))
    vertical = alt.Y("value:Q", title=_axis(result), scale=alt.Scale(zero=False))
    points = alt.Chart(pd.DataFrame(rows)).mark_circle(color=QUIET, size=45).encode(x=axis, y=vertical)
    fits = alt.Chart(pd.DataFrame(lines)).mark_line(color=ACCENT).encode(x=axis, y=vertical, detail="side:N")
    rule = alt.Chart(pd.DataFrame({"score": [threshold]})).mark_rule(color="black", strokeDash=[2, 3]).encode(x=axis)
    title = alt.Title("Is there a jump at the threshold?", subtitle="Dots: means of equal numbers of units")
    return cast("altair.LayerChart", alt.layer(rule, points, fits).properties(title=title, width=480))


def _axis(result: EffectResult) -> str:
    return f"{result.outcome} ({result.unit})" if result.unit else result.outcome
