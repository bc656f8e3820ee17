"""Tornado and acceptability curve (Altair)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from kyoto.analysis.evaluation.svg import ACCENT, QUIET

if TYPE_CHECKING:
    import altair

    from kyoto.analysis.evaluation.worth.appraisal import Appraisal

__all__ = ["acceptability_chart", "tornado_chart"]


def tornado_chart(appraisal: Appraisal) -> altair.LayerChart:
    """Net present value at the ends of each input's range."""
    import altair as alt
    import pandas as pd

    data = appraisal.tornado
    title = f"Net present value ({appraisal.currency})" if appraisal.currency else "Net present value"
    bars = (
        alt.Chart(data)
        .mark_bar(color=ACCENT, opacity=0.7)
        .encode(
            y=alt.Y("input:N", sort=None, title=None),
            x=alt.X("at_lower:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(format="~s", tickCount=6)),
            x2="at_upper:Q",
            tooltip=["input", alt.Tooltip("at_lower:Q", format=",.0f"), alt.Tooltip("at_upper:Q", format=",.0f")],
        )
    )
    centre = appraisal.central["benefit"] - appraisal.central["cost"]
    marks = pd.DataFrame({"x": [centre]})
    rule = alt.Chart(marks).mark_rule(color="black").encode(x="x:Q")
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=QUIET, strokeDash=[3, 3]).encode(x="x:Q")
    heading = alt.Title("Which uncertainty matters most?", subtitle="Bars: each input over its range. Dashed: no gain.")
    return cast("altair.LayerChart", alt.layer(bars, zero, rule).properties(title=heading, width=480))


def acceptability_chart(appraisal: Appraisal) -> altair.LayerChart:
    """Chance of being worth the money against what one offence prevented is worth."""
    import altair as alt
    import pandas as pd

    point = appraisal.central["cost"] / max(appraisal.central["offences"], 1e-9)
    data = appraisal.acceptability(np.linspace(0, 3 * abs(point), 61).tolist())
    unit = f" ({appraisal.currency})" if appraisal.currency else ""
    title = f"What preventing one offence is worth{unit}"
    x = alt.X("worth:Q", title=title, axis=alt.Axis(format="~s", tickCount=6))
    line = (
        alt.Chart(data)
        .mark_line(color=ACCENT)
        .encode(x=x, y=alt.Y("chance:Q", title="Chance", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])))
    )
    half = alt.Chart(pd.DataFrame({"y": [0.5]})).mark_rule(color=QUIET, strokeDash=[3, 3]).encode(y="y:Q")
    heading = "How likely is the programme worth its money?"
    return cast("altair.LayerChart", alt.layer(half, line).properties(title=heading, width=480))
