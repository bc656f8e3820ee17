"""Forest and funnel plots for notebooks (Altair)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kyoto.analysis.evaluation.svg import ACCENT, QUIET
from kyoto.analysis.evaluation.synthesis.pooling import critical_value

if TYPE_CHECKING:
    import altair

    from kyoto.analysis.evaluation.synthesis.result import Synthesis

__all__ = ["forest_chart", "funnel_chart"]


def _study_rows(synthesis: Synthesis) -> list[dict[str, Any]]:
    studies = synthesis.studies
    reach = critical_value(synthesis.level, None) * np.sqrt(studies.variances)
    show = math.exp if synthesis.exponentiate else float
    return [
        {
            "label": f"{index + 1}. {studies.labels[index]}",
            "estimate": show(float(effect)),
            "lower": show(float(effect - reach[index])),
            "upper": show(float(effect + reach[index])),
            "weight": float(synthesis.weights[index]),
            "kind": "study",
        }
        for index, effect in enumerate(studies.effects)
    ]


def forest_chart(synthesis: Synthesis) -> altair.LayerChart:
    """Studies and pooled effects with their intervals."""
    import altair as alt
    import pandas as pd

    rows = _study_rows(synthesis)
    for row in synthesis.to_rows():
        rows.append(
            {
                "label": f"pooled: {row['term']}",
                **{name: row[name] for name in ("estimate", "lower", "upper")},
                "weight": 100.0,
                "kind": "pooled",
            }
        )
    data = pd.DataFrame(rows)
    nothing = 1.0 if synthesis.exponentiate else 0.0
    scale = alt.Scale(type="log") if synthesis.exponentiate else alt.Scale(zero=False)
    axis = alt.X("lower:Q", title=synthesis.measure, scale=scale)
    base = alt.Chart(data).encode(y=alt.Y("label:N", sort=None, title=None))
    colour = alt.condition("datum.kind == 'pooled'", alt.value(ACCENT), alt.value(QUIET))
    bars = base.mark_rule().encode(x=axis, x2="upper:Q", color=colour)
    points = base.mark_square(opacity=1).encode(
        x="estimate:Q",
        color=colour,
        size=alt.Size("weight:Q", legend=None, scale=alt.Scale(range=[15, 160])),
        tooltip=["label", alt.Tooltip("estimate:Q", format=".3f"), alt.Tooltip("weight:Q", format=".1f")],
    )
    zero = alt.Chart(pd.DataFrame({"x": [nothing]})).mark_rule(color="black").encode(x="x:Q")
    title = alt.Title("What do the studies say together?", subtitle="Squares: studies by weight. Blue: pooled.")
    return cast("altair.LayerChart", alt.layer(zero, bars, points).properties(title=title, width=480))


def funnel_chart(synthesis: Synthesis) -> altair.LayerChart:
    """Effects against their standard errors, with the pooled effect."""
    import altair as alt
    import pandas as pd

    studies = synthesis.studies
    data = pd.DataFrame({"label": studies.labels, "effect": studies.effects, "std_error": np.sqrt(studies.variances)})
    points = (
        alt.Chart(data)
        .mark_circle(color=ACCENT, size=60)
        .encode(
            x=alt.X("effect:Q", title=synthesis.measure),
            y=alt.Y("std_error:Q", title="Standard error", scale=alt.Scale(reverse=True, domainMin=0)),
            tooltip=["label", "effect", "std_error"],
        )
    )
    centre = pd.DataFrame({"x": [synthesis.overall.estimate]})
    rule = alt.Chart(centre).mark_rule(color=QUIET, strokeDash=[4, 3]).encode(x="x:Q")
    title = "Are small studies with unwelcome results missing?"
    return cast("altair.LayerChart", alt.layer(rule, points).properties(title=title, width=480))
