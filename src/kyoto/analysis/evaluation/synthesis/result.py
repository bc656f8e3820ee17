"""What a synthesis gives: rows that scripts read, text, forest and funnel plots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats
from kyoto.analysis.evaluation.result import figure, p_text
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["Studies", "Synthesis", "SynthesisRow"]

MODEL_NAMES = {
    "fixed": "fixed effect",
    "dl": "random effects (DerSimonian–Laird)",
    "reml": "random effects (REML)",
    "pm": "random effects (Paule–Mandel)",
    "ml": "random effects (maximum likelihood)",
    "eb": "random effects (empirical Bayes)",
    "sj": "random effects (Sidik–Jonkman)",
    "he": "random effects (Hedges)",
    "hs": "random effects (Hunter–Schmidt)",
}


@dataclass(frozen=True, slots=True, eq=False)
class Studies:
    """The effects that are pooled.

    Parameters
    ----------
    labels
        Name of each study.
    effects, variances
        Shape (k,).
    groups
        Subgroup of each study, empty where there are none.
    clusters
        Study to which each effect belongs, empty where each effect is a study.
    moderators
        Characteristics by name, each of shape (k,).
    left_out
        Rows without an effect.
    """

    labels: tuple[str, ...]
    effects: Floats
    variances: Floats
    groups: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    moderators: Mapping[str, Floats] = field(default_factory=dict)
    left_out: int = 0

    def only(self, kept: Any) -> Studies:
        """The studies where a mask is true."""

        def pick(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(name for name, keep in zip(names, kept, strict=True) if keep) if names else ()

        moderators = {name: values[kept] for name, values in self.moderators.items()}
        return Studies(
            pick(self.labels),
            self.effects[kept],
            self.variances[kept],
            pick(self.groups),
            pick(self.clusters),
            moderators,
        )


@dataclass(frozen=True, slots=True)
class SynthesisRow:
    """One pooled number.

    Parameters
    ----------
    term
        ``pooled``, the value of a subgroup, or a coefficient of a meta-regression.
    k
        Effects behind it.
    estimate, std_error, lower, upper, p_value
        On the scale of the effects.
    prediction_lower, prediction_upper
        Limits of a new study's effect; None for coefficients and the fixed model.
    tau2, tau2_lower, tau2_upper
        Between-study variance with its interval; None where one study says nothing of it.
    i2, h2, q, q_df, q_p
        Heterogeneity.
    extra
        What the model adds, such as the two variances of a three-level model.
    note
        What to know.
    """

    term: str
    k: int
    estimate: float
    std_error: float
    lower: float
    upper: float
    p_value: float
    prediction_lower: float | None = None
    prediction_upper: float | None = None
    tau2: float | None = None
    tau2_lower: float | None = None
    tau2_upper: float | None = None
    i2: float | None = None
    h2: float | None = None
    q: float | None = None
    q_df: int | None = None
    q_p: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


_ON_THE_SCALE = ("estimate", "lower", "upper", "prediction_lower", "prediction_upper")


@dataclass(frozen=True, slots=True, eq=False)
class Synthesis:
    """A synthesis of studies.

    Parameters
    ----------
    rows
        Pooled numbers; the last is that of all studies together unless there are moderators.
    studies
        What was pooled.
    model, hksj, level
        How.
    by
        Name of the column of subgroups, empty where there is none.
    between
        Test that subgroups, or all moderators, make no difference: statistic, degrees of freedom, p-value.
    exponentiate
        Whether numbers are shown as ratios; standard errors stay those of the logarithm.
    measure
        Name of the effect for axes.
    weights
        Percentage of each study, shape (k,).
    """

    rows: tuple[SynthesisRow, ...]
    studies: Studies
    model: str
    hksj: bool
    level: float
    by: str = ""
    between: tuple[float, float, float] | None = None
    exponentiate: bool = False
    measure: str = "effect"
    weights: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def overall(self) -> SynthesisRow:
        """The row of all studies."""
        return self.rows[-1]

    def to_rows(self) -> list[dict[str, Any]]:
        """One mapping a row, for JSON."""
        return [self._row(row) for row in self.rows]

    def _row(self, row: SynthesisRow) -> dict[str, Any]:
        found: dict[str, Any] = {"term": row.term}
        if self.by:
            found[self.by] = "_T" if row is self.overall else row.term
        found |= {name: getattr(row, name) for name in row.__slots__ if name not in {"term", "extra", "note"}}
        if self.exponentiate:
            found |= {name: math.exp(found[name]) for name in _ON_THE_SCALE if found[name] is not None}
        scale = "ratio" if self.exponentiate else "effect"
        settings = {"model": self.model, "hksj": self.hksj, "level": self.level, "scale": scale}
        return {**found, **row.extra, **settings, "left_out": self.studies.left_out, "note": row.note}

    def tidy(self) -> pd.DataFrame:
        """One row a pooled number: ``term``, ``estimate``, ``std_error``, ``lower``, ``upper``, ``tau2`` and more."""
        return estimates_frame(self.to_rows())

    def summary(self) -> str:
        """Text for a terminal.

        Examples
        --------
        >>> import numpy as np
        >>> from kyoto.analysis.evaluation.synthesis import synthesize
        >>> print(synthesize([-0.2, 0.1, -0.5], [0.04, 0.02, 0.05], model="dl").summary())
        Random effects (DerSimonian–Laird) of 3 effects
          pooled: −0.167 (95% −0.515 to 0.180), p = 0.345; a new study: −0.759 to 0.424
          tau² 0.0595 (0 to 3.52), I² 63 %, Q = 5.45 on 2 df, p = 0.066
        """
        name = MODEL_NAMES[self.model]
        head = f"{name[0].upper()}{name[1:]}" + (", Knapp–Hartung" if self.hksj else "")
        lines = [f"{head} of {len(self.studies.effects)} effects"]
        for row in self.to_rows():
            lines += self._lines(row)
        if self.between:
            statistic, degrees, p_value = self.between
            lines.append(f"  difference between them: {figure(statistic)} on {degrees:.0f} df, {p_text(p_value)}")
        if self.studies.left_out:
            lines.append(f"  {self.studies.left_out} rows without an effect were left out")
        return "\n".join(lines)

    def _lines(self, row: Mapping[str, Any]) -> list[str]:
        text = f"  {row['term']}: {figure(row['estimate'])} ({self.level:.0%} {figure(row['lower'])} to "
        text += f"{figure(row['upper'])}), {p_text(row['p_value'])}"
        if row["prediction_lower"] is not None and self.model != "fixed":
            text += f"; a new study: {figure(row['prediction_lower'])} to {figure(row['prediction_upper'])}"
        lines = [text]
        if row["tau2"] is not None and row["q_df"]:
            limits = ""
            if row["tau2_lower"] is not None:
                limits = f" ({figure(row['tau2_lower'])} to {figure(row['tau2_upper'])})"
            lines.append(
                f"  tau² {figure(row['tau2'])}{limits}, I² {row['i2']:.0f} %, "
                f"Q = {figure(row['q'])} on {row['q_df']} df, {p_text(row['q_p'])}"
            )
        if row["note"]:
            lines.append(f"  {row['note']}")
        return lines

    def _repr_html_(self) -> str:
        columns = ["term", "k", "estimate", "lower", "upper", "p_value", "tau2", "i2"]
        return str(self.tidy()[columns].to_html(index=False, na_rep="–", float_format=figure))

    def plot(self) -> altair.LayerChart:
        """Forest plot as an Altair chart."""
        from kyoto.analysis.evaluation.synthesis.charts import forest_chart

        return forest_chart(self)

    def forest_svg(self, title: str = "") -> str:
        """Forest plot as a drawing for print: studies, weights, diamonds, prediction interval."""
        from kyoto.analysis.evaluation.synthesis.drawing import forest_svg

        return forest_svg(self, title)

    def funnel_svg(self, title: str = "") -> str:
        """Funnel plot with the regions in which a single study would be significant."""
        from kyoto.analysis.evaluation.synthesis.drawing import funnel_svg

        return funnel_svg(self, title)
