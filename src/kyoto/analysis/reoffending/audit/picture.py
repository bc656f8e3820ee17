"""The chart of an audit: calibration curves of the groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kyoto.analysis.reoffending.charts import COLOURS, apart, sourced, styled

if TYPE_CHECKING:
    from kyoto.analysis.reoffending.audit.instrument import Audit

__all__ = ["calibration_chart"]

_MOST = 4
"""Groups whose lines can be told apart."""


def calibration_chart(audit: Audit, *, title: str, source: str = "") -> Any:
    """Observed share by score, a line a group, with limits.

    Parameters
    ----------
    audit
        What was found.
    title, source
        The question that the chart answers, and what stands under it.
    """
    import altair as alt
    import pandas as pd

    whole = len(audit.curves["all"])
    names = [name for name, points in audit.curves.items() if name != "all" and 2 * len(points) > whole] or ["all"]
    names = sorted(names, key=lambda name: -audit.measures[name]["auc"].n)[:_MOST]
    rows = [
        {"group": name, "score": point.score, "observed": point.observed, "lower": point.lower, "upper": point.upper}
        for name in names
        for point in audit.curves[name]
    ]
    frame = pd.DataFrame(rows, columns=["group", "score", "observed", "lower", "upper"])
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(names))]
    colour = alt.Color("group:N", scale=alt.Scale(domain=names, range=colours), legend=None)
    x = alt.X("score:Q", title="score", scale=alt.Scale(zero=False, nice=False))
    y = alt.Y("observed:Q", title="share with the outcome", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(frame)
    low = alt.Y("lower:Q", title="share with the outcome")
    limits = base.mark_area(opacity=0.14).encode(x=x, y=low, y2="upper:Q", color=colour)
    lines = base.mark_line(point=True, strokeWidth=2).encode(x=x, y=y, color=colour)
    ends = frame.groupby("group", sort=False).tail(1).sort_values("observed")
    ends = ends.assign(label_at=apart(ends["observed"].to_list(), 0.045))
    labels = alt.Chart(ends).mark_text(align="left", dx=8, fontSize=12, fontWeight=600)
    words = labels.encode(x=x, y=alt.Y("label_at:Q"), text="group:N", color=colour)
    layers = limits + lines + (words if names != ["all"] else alt.layer())
    others = len(audit.curves) - 1 - len(names)
    left = ["Groups too small for a curve are left out."] if names != ["all"] and others > 0 else []
    below = [f"{audit.level:.0%} limits (Wilson) as bands.", *left, *([sourced(source)] if source else [])]
    padding = {"right": 130, "left": 8, "top": 8, "bottom": 8}
    heading = alt.TitleParams(title, subtitle=below)
    return styled(layers.properties(width=520, height=360, title=heading, padding=padding))
