"""Charts of this room, for notebooks (Altair)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kyoto.analysis.hidden.arrays import Floats

if TYPE_CHECKING:
    import altair
    import pandas as pd

    from kyoto.analysis.hidden.model import CaptureTable
    from kyoto.analysis.hidden.result import EstimateTable, PopulationEstimate

__all__ = ["ACCENT", "density_chart", "draws_chart", "interval_chart", "upset_chart", "weights_chart"]

ACCENT = "#1f5a94"
QUIET = "#8a939c"
PEOPLE = ",.0f"


def interval_chart(table: EstimateTable) -> altair.LayerChart:
    """Intervals side by side; a refused estimate is named with its verdict instead of a bar."""
    import altair as alt
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for position, estimate in enumerate(table):
        strata = " ".join(estimate.strata.values())
        label = f"{position + 1}. {estimate.method} {estimate.model} {strata}".strip()
        rows.append({**estimate.row(), "label": label, "reason": f"no estimate: {estimate.verdict}"})
    data = pd.DataFrame(rows).drop(columns="strata")
    observed = max(estimate.observed for estimate in table)
    base = alt.Chart(data).encode(y=alt.Y("label:N", sort=None, title=None))
    x = alt.X("lower:Q", title="People", axis=alt.Axis(format=PEOPLE), scale=alt.Scale(zero=True))
    found = base.transform_filter("datum.estimate != null")
    bars = found.mark_rule(color=ACCENT, strokeWidth=3).encode(x=x, x2="upper:Q")
    points = found.mark_point(color=ACCENT, filled=True, size=70, opacity=1).encode(
        x="estimate:Q", tooltip=["label", alt.Tooltip("estimate:Q", format=PEOPLE)]
    )
    missing = (
        base.transform_filter("datum.estimate == null")
        .mark_text(align="left", color=QUIET, dx=4)
        .encode(x=alt.datum(observed), text="reason:N")
    )
    line = alt.Chart(pd.DataFrame({"x": [observed]})).mark_rule(color=QUIET, strokeDash=[4, 3]).encode(x="x:Q")
    title = alt.Title("How many people are there?", subtitle="Dashed: people observed. Bars: intervals.")
    return cast("altair.LayerChart", alt.layer(bars, points, missing, line).properties(title=title, width=520))


def draws_chart(draws: Floats, estimate: PopulationEstimate, what: str) -> altair.LayerChart:
    """Histogram of draws with the estimate and its limits."""
    import altair as alt
    import pandas as pd

    finite = draws[np.isfinite(draws)]
    shown = finite[finite <= np.quantile(finite, 0.995)] if finite.size else finite
    heights, edges = np.histogram(shown, bins=60)
    data = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "draws": heights})
    bars = (
        alt.Chart(data)
        .mark_bar(color=ACCENT, opacity=0.5)
        .encode(
            x=alt.X("from:Q", bin="binned", title="People", axis=alt.Axis(format=PEOPLE)),
            x2="to:Q",
            y=alt.Y("draws:Q", title=what),
        )
    )
    marks = [value for value in (estimate.lower, estimate.estimate, estimate.upper) if value is not None]
    rules = alt.Chart(pd.DataFrame({"x": marks})).mark_rule(color="black").encode(x="x:Q")
    return cast(
        "altair.LayerChart", alt.layer(bars, rules).properties(title="How sure is the number of people?", width=520)
    )


def density_chart(people: Floats, chances: Floats, estimate: PopulationEstimate) -> altair.LayerChart:
    """Posterior over a grid."""
    import altair as alt
    import pandas as pd

    widths = np.gradient(people)
    density = chances / widths
    kept = density > density.max() * 1e-4
    thinned = np.unique(np.linspace(0, kept.sum() - 1, 1500).astype(int))
    data = pd.DataFrame({"people": people[kept][thinned], "density": density[kept][thinned]})
    area = (
        alt.Chart(data)
        .mark_area(color=ACCENT, opacity=0.5)
        .encode(
            x=alt.X("people:Q", title="People", axis=alt.Axis(format=PEOPLE), scale=alt.Scale(zero=False)),
            y=alt.Y("density:Q", title="Posterior density"),
        )
    )
    marks = [value for value in (estimate.lower, estimate.estimate, estimate.upper) if value is not None]
    rules = alt.Chart(pd.DataFrame({"x": marks})).mark_rule(color="black").encode(x="x:Q")
    return cast(
        "altair.LayerChart", alt.layer(area, rules).properties(title="How sure is the number of people?", width=520)
    )


def weights_chart(frame: pd.DataFrame, criterion: str) -> altair.Chart:
    """Estimate of each model against its weight."""
    import altair as alt

    chart = (
        alt.Chart(frame)
        .mark_circle(color=ACCENT, opacity=0.7, size=60)
        .encode(
            x=alt.X("estimate:Q", title="People", axis=alt.Axis(format=PEOPLE), scale=alt.Scale(zero=False)),
            y=alt.Y("weight:Q", title=f"Weight of the model ({criterion.upper()})", axis=alt.Axis(format="%")),
            tooltip=["model", alt.Tooltip("estimate:Q", format=PEOPLE), alt.Tooltip("weight:Q", format=".1%")],
        )
        .properties(title="What does each model say, and how well does it fit?", width=520)
    )
    return cast("altair.Chart", chart)


def upset_chart(table: CaptureTable, *, top: int = 30) -> altair.VConcatChart:
    """Lists and their overlaps: one column a capture history, its people above, its lists below.

    Parameters
    ----------
    table
        The lists.
    top
        How many histories, largest first.
    """
    import altair as alt
    import pandas as pd

    masks = [int(mask) for mask in np.argsort(-table.counts, kind="stable") if table.counts[mask] > 0][:top]
    names = [table.name_of(mask) for mask in masks]
    bars = pd.DataFrame({"history": names, "people": table.counts[masks]})
    x = alt.X("history:N", sort=names, axis=None)
    tall = alt.Chart(bars).mark_bar(color=ACCENT).encode(x=x, y=alt.Y("people:Q", title="People"))
    text = tall.mark_text(dy=-6, fontSize=9).encode(text=alt.Text("people:Q", format=PEOPLE))
    totals = table.list_totals()
    labels = [f"{name} ({totals[name]:,})" for name in table.lists]
    dots = pd.DataFrame(
        [
            {"history": name, "list": labels[index], "on": bool(mask >> index & 1)}
            for name, mask in zip(names, masks, strict=True)
            for index in range(table.k)
        ]
    )
    colour = alt.Color("on:N", scale=alt.Scale(domain=[True, False], range=[ACCENT, "#dfe3e7"]), legend=None)
    y = alt.Y("list:N", sort=labels, title=None)
    matrix = alt.Chart(dots).mark_circle(size=90, opacity=1).encode(x=x, y=y, color=colour)
    width = max(160, 22 * len(masks))
    return alt.vconcat(
        alt.layer(tall, text).properties(width=width, height=200),
        matrix.properties(width=width, height=22 * table.k),
        title="Who is on which lists?",
        spacing=4,
    )
