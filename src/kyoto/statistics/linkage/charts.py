"""Charts of the linkage, for notebooks (Altair)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    import altair

    from kyoto.statistics.linkage.result import Linkage

__all__ = ["weight_chart"]

ACCENT, QUIET, DOUBT = "#1f5a94", "#8a939c", "#b5651d"


def weight_chart(linkage: Linkage) -> altair.LayerChart:
    """Histogram of the match weights of candidate pairs, doubtful ones coloured, the threshold as a line."""
    import altair as alt
    import pandas as pd

    options = linkage.options
    weights = np.clip(linkage.pairs["weight"].to_numpy(), -10, 40)
    heights, edges = np.histogram(
        weights, bins=np.arange(np.floor(weights.min(initial=0)), np.ceil(weights.max(initial=1)) + 1)
    )
    low, high = (np.log2(share / (1 - share)) for share in options.review)
    middle = (edges[:-1] + edges[1:]) / 2
    kind = np.where(middle < low, "refused", np.where(middle < high, "doubtful", "sure"))
    data = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "pairs": heights, "kind": kind})
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=["refused", "doubtful", "sure"], range=[QUIET, DOUBT, ACCENT]),
        legend=alt.Legend(title=None, orient="top"),
    )
    bars = (
        alt.Chart(data)
        .mark_bar(stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X("from:Q", bin="binned", title="Match weight (bits)"),
            x2="to:Q",
            y=alt.Y("pairs:Q", title="Pairs of records"),
            color=colour,
        )
    )
    line = pd.DataFrame({"x": [np.log2(options.threshold / (1 - options.threshold))]})
    rule = alt.Chart(line).mark_rule(strokeDash=[4, 3]).encode(x="x:Q")
    title = alt.Title("How sure are the links?", subtitle=f"Dashed: threshold (probability {options.threshold:g}).")
    return cast("altair.LayerChart", alt.layer(bars, rule).properties(title=title, width=520))
