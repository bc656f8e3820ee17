"""Charts of the room, for notebooks (Altair)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import altair

    from kyoto.analysis.flow.projection import Projection
    from kyoto.analysis.flow.result import FlowTable

__all__ = ["interval_chart", "population_chart"]

PALETTE = ("#1f5a94", "#b5651d", "#3d7a4e", "#7a4e8a", "#8a939c")
QUIET = "#8a939c"


def interval_chart(table: FlowTable) -> altair.LayerChart:
    """Estimates with their intervals; over time where the rows have periods."""
    import altair as alt
    import pandas as pd

    rows = [dict(row) for row in table.rows if row["estimate"] is not None]
    if not rows:
        raise KyotoError("There is no estimate to draw", code="flow.nothing-to-draw", got=table.what)
    unit = table.unit
    if unit == "mixed":  # figures of several units do not go on one axis: the first of them is drawn
        rows = [row for row in rows if row["term"] == rows[0]["term"]]
        unit = rows[0]["unit"]
    data = pd.DataFrame(rows)
    groups = [[str(row[name]) for name in table.by if row[name] != "_T"] for row in rows]
    data["label"] = [" ".join([row["term"], *names]) for row, names in zip(rows, groups, strict=True)]
    data["upper"] = data["upper"].replace(float("inf"), data["estimate"].max())
    axis = alt.Axis(format="%") if unit == "share" else alt.Axis()
    title = alt.Title(table.what, subtitle=f"Bands and bars: {table.level:.0%} intervals.")
    if "period" in data and data["period"].nunique() > 1:
        base = alt.Chart(data).encode(x=alt.X("period:N", title=None), color=_colour("label:N"))
        band = base.mark_area(opacity=0.2).encode(y=alt.Y("lower:Q", title=unit, axis=axis), y2="upper:Q")
        line = base.mark_line(point=True).encode(y="estimate:Q")
        return cast("altair.LayerChart", alt.layer(band, line).properties(title=title, width=520))
    base = alt.Chart(data).encode(y=alt.Y("label:N", sort=None, title=None))
    x = alt.X("lower:Q", title=unit, axis=axis, scale=alt.Scale(zero=True))
    rule = base.mark_rule(color=PALETTE[0], strokeWidth=3).encode(x=x, x2="upper:Q")
    point = base.mark_point(color=PALETTE[0], filled=True, size=70, opacity=1).encode(x="estimate:Q")
    return cast("altair.LayerChart", alt.layer(rule, point).properties(title=title, width=520))


def population_chart(projections: Sequence[Projection]) -> altair.LayerChart:
    """Past of the population and its future under each projection, from zero, the interval as a band."""
    import altair as alt
    import pandas as pd

    first = projections[0]
    histories = list(first.history.values())
    past = pd.DataFrame({"period": histories[0].periods, "people": sum(each.stock for each in histories)})
    rows: list[dict[str, Any]] = []
    for found in projections:
        whole = [row for row in found.rows() if row["group"] == "_T" or len(found.paths) == 1]
        last = float(past["people"].iloc[-1])
        start = {"period": histories[0].periods[-1], "estimate": last, "lower": last, "upper": last}
        rows += [{**row, "scenario": whole[0]["scenario"]} for row in (start, *whole)]
    ahead = pd.DataFrame(rows)
    order = [*past["period"], *first.periods]
    x = alt.X("period:N", sort=order, title=None)
    line = alt.Chart(past).mark_line(color="black").encode(x=x, y=alt.Y("people:Q", title="People in prison"))
    base = alt.Chart(ahead).encode(x=x, color=_colour("scenario:N"))
    band = base.mark_area(opacity=0.18).encode(y="lower:Q", y2="upper:Q")
    middle = base.mark_line(strokeDash=[5, 3]).encode(y="estimate:Q")
    title = alt.Title(
        "How many people will be in prison?", subtitle=f"Dashed: projection; bands: {first.level:.0%} intervals."
    )
    return cast("altair.LayerChart", alt.layer(band, middle, line).properties(title=title, width=560, height=300))


def _colour(field: str) -> Any:
    import altair as alt

    return alt.Color(
        field, scale=alt.Scale(range=list(PALETTE)), legend=alt.Legend(title=None, orient="top", labelLimit=300)
    )
