"""Charts of the room: rates, curves of survival and of incidence, in one look.

A chart starts with its question, labels lines directly, shows limits as bands, and says unit and source below.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kyoto.core.errors import KyotoError, Where, extra_hint
from kyoto.core.files import writing

if TYPE_CHECKING:
    import altair
    import pandas as pd

    from kyoto.analysis.reoffending.rate_table import RateTable

__all__ = ["COLOURS", "apart", "curves_chart", "points_chart", "rates_chart", "save_chart", "sourced", "styled"]

COLOURS = ("#0b5c8a", "#c2571a", "#4f7d35", "#7a4a8c", "#8a6d00", "#a03050", "#4a5a66", "#2f8f83")
"""Distinct without red against green, and in print."""
_POINTS = 300

Chart: TypeAlias = "altair.LayerChart | altair.FacetChart"


def styled(chart: Any) -> Any:
    """One type family, pale grid, no frame."""
    return (
        chart.configure(font="Inter, 'Segoe UI', system-ui, sans-serif", background="white")
        .configure_view(stroke=None)
        .configure_axis(grid=True, gridColor="#e6e6e3", domainColor="#999", tickColor="#999", labelColor="#333",
                        titleColor="#333", titleFontWeight="normal", labelFontSize=12, titleFontSize=12)
        .configure_title(anchor="start", fontSize=16, fontWeight=600, subtitleColor="#555", subtitleFontSize=12,
                         offset=14)
    )  # fmt: skip


def rates_chart(table: RateTable, *, title: str = "How many reoffend?", source: str = "") -> Any:
    """Rates with their limits; one line a group and window.

    Parameters
    ----------
    table
        From :func:`.rates.fixed_window_rates`.
    title, source
        The question that the chart answers, and what stands under it.
    """
    rows = table.records()
    notes = ["Small groups are withheld."] if any(row["estimate"] is None for row in rows) else []
    if table.linked:
        rows = [{**row, "lower": row["linkage_lower"], "upper": row["linkage_upper"]} for row in rows]
        notes.append("Limits hold linkage error.")
    return points_chart(rows, table.columns.unit, table.level, title=title, notes=(sourced(source), *notes))


def points_chart(
    records: Sequence[dict[str, Any]], unit: str, level: float, *, title: str, notes: Sequence[str] = ()
) -> Any:
    """Rates as points with their limits, from zero; one panel a window.

    Parameters
    ----------
    records
        ``group``, ``window``, ``estimate``, ``lower``, ``upper``, ``n``, ``events``; without an estimate not shown.
    unit
        Unit of the windows.
    level
        Confidence of the limits.
    title, notes
        The question that the chart answers, and what else stands with it.
    """
    import altair as alt
    import pandas as pd

    rows = [row for row in records if row["estimate"] is not None]
    frame = pd.DataFrame(rows, columns=["group", "window", "estimate", "lower", "upper", "n", "events"])
    frame["label"] = [f"{row['estimate']:.1%}" for row in rows]
    frame["span"] = frame["window"].map(lambda window: f"{window:g} {unit}")
    y = alt.Y("group:N", title=None, sort=list(dict.fromkeys(frame["group"])), axis=alt.Axis(labelLimit=260))
    top = max(0.01, *frame["upper"]) if len(frame) else 1.0
    x_scale = alt.Scale(domain=[0, min(1.0, top * 1.12)], nice=True)
    base = alt.Chart(frame)
    x = alt.X("estimate:Q", title="share with the event", scale=x_scale, axis=alt.Axis(format=".0%"))
    limits = base.mark_rule(strokeWidth=3, color=COLOURS[0], opacity=0.45).encode(
        y=y, x=alt.X("lower:Q", title="share with the event", scale=x_scale), x2="upper:Q"
    )
    points = base.mark_circle(size=85, color=COLOURS[0], opacity=1).encode(y=y, x=x, tooltip=["group", "n", "events"])
    labels = base.mark_text(dy=-12, fontSize=11, color="#333").encode(y=y, x=x, text="label:N")
    layers = alt.layer(limits, points, labels).properties(width=520, height=alt.Step(38))
    heading = alt.TitleParams(title, subtitle=_below(f"{level:.0%} limits.", *notes))
    if frame["span"].nunique() > 1:
        faceted = layers.facet(row=alt.Row("span:N", title=None, sort=list(dict.fromkeys(frame["span"]))))
        return styled(faceted.properties(title=heading))
    return styled(layers.properties(title=heading))


def curves_chart(
    curves: Sequence[tuple[str, pd.DataFrame]],
    *,
    title: str = "How soon do people reoffend?",
    unit: str = "days",
    level: float = 0.95,
    source: str = "",
    measure: str = "share with the event",
    percent: bool = True,
) -> Any:
    """Share with the event over time, one line a group, with bands.

    Parameters
    ----------
    curves
        Name and frame of each: ``time``, ``estimate``, ``lower``, ``upper``.
    title
        The question that the chart answers.
    unit
        Unit of time.
    level
        Confidence of the bands.
    source
        What stands under the chart.
    measure, percent
        What the lines show, and whether as per cent.
    """
    import altair as alt
    import pandas as pd

    frame = pd.concat([_steps(part).assign(group=name) for name, part in curves], ignore_index=True)
    names = [name for name, _ in curves]
    palette = alt.Scale(domain=names, range=[COLOURS[place % len(COLOURS)] for place in range(len(names))])
    colour = alt.Color("group:N", scale=palette, legend=None)
    x = alt.X("time:Q", title=f"{unit} since the start of follow-up")
    axis = alt.Axis(format=".0%" if percent else "~g")
    y = alt.Y("estimate:Q", title=measure, axis=axis, scale=alt.Scale(zero=True))
    base = alt.Chart(frame)
    low = alt.Y("lower:Q", title=measure)
    bands = base.mark_area(opacity=0.16, interpolate="step-after").encode(x=x, y=low, y2="upper:Q", color=colour)
    lines = base.mark_line(interpolate="step-after", strokeWidth=2).encode(x=x, y=y, color=colour)
    ends = frame.groupby("group", sort=False).tail(1).sort_values("estimate")
    ends = ends.assign(label_at=apart(ends["estimate"].to_list(), 0.045 * float(frame["upper"].max() or 1)))
    labels = (
        alt.Chart(ends)
        .mark_text(align="left", dx=7, fontSize=12, fontWeight=600)
        .encode(x=x, y=alt.Y("label_at:Q"), text="group:N", color=colour)
    )
    layers = bands + lines + (labels if len(names) > 1 or names[0] else alt.layer())
    heading = alt.TitleParams(title, subtitle=_below(f"{level:.0%} limits as bands.", sourced(source)))
    return styled(
        layers.properties(
            width=600, height=330, title=heading, padding={"right": 130, "left": 8, "top": 8, "bottom": 8}
        )
    )


def save_chart(chart: Any, path: Path) -> None:
    """Write a chart as SVG, PNG, HTML or JSON, by the ending of the file's name.

    Raises
    ------
    KyotoError
        ``reoffending.chart-format`` for another ending, ``reoffending.no-image-writer`` where the extra ``images`` is
        not installed.
    """
    ending = path.suffix.lower().lstrip(".")
    if ending not in {"svg", "png", "html", "json"}:
        raise KyotoError(
            "Charts are not written in this format",
            code="reoffending.chart-format",
            where=Where(file=str(path)),
            expected="a name that ends in .svg, .png, .html or .json",
        )
    options: dict[str, Any] = {"inline": True} if ending == "html" else {"scale_factor": 2} if ending == "png" else {}
    try:
        with writing(path) as part:
            chart.save(str(part), format=ending, **options)
    except (ImportError, ValueError) as error:
        raise KyotoError(
            "Charts cannot be written as files here",
            code="reoffending.no-image-writer",
            detail=str(error).splitlines()[0],
            hint=extra_hint("images"),
        ) from error


def sourced(source: str) -> str:
    """The line that names the source; empty without one."""
    return f"Source: {source}" if source else ""


def _below(*parts: str) -> list[str]:
    return [part for part in parts if part]


def _steps(frame: pd.DataFrame) -> pd.DataFrame:
    """A curve from the start, with no more points than the eye sees."""
    import numpy as np
    import pandas as pd

    kept = frame[["time", "estimate", "lower", "upper"]]
    if len(kept) > _POINTS:
        kept = kept.iloc[np.unique(np.linspace(0, len(kept) - 1, _POINTS).round().astype(int))]
    start = pd.DataFrame({"time": [0.0], "estimate": [0.0], "lower": [0.0], "upper": [0.0]})
    return pd.concat([start, kept], ignore_index=True)


def apart(values: list[float], least: float) -> list[float]:
    """Heights of labels, from the lowest, moved up where they would overlap.

    Examples
    --------
    >>> apart([0.1, 0.11, 0.5], 0.05)
    [0.1, 0.15000000000000002, 0.5]
    """
    found: list[float] = []
    for value in values:
        found.append(max(value, found[-1] + least) if found else value)
    return found
