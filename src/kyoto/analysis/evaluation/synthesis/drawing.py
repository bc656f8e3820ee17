"""Forest and funnel plots as drawings for print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.evaluation.result import figure, p_text
from kyoto.analysis.evaluation.svg import ACCENT, INK, LINE, QUIET, document, line, path, rect, scale, text, ticks
from kyoto.analysis.evaluation.synthesis.pooling import critical_value
from kyoto.analysis.evaluation.synthesis.result import Synthesis, SynthesisRow

__all__ = ["forest_svg", "funnel_svg"]

ROW, WIDTH, PLOT_LEFT, PLOT_RIGHT = 24.0, 960.0, 330.0, 700.0
LONGEST_NAME = 42


@dataclass(frozen=True, slots=True)
class _Axis:
    """Horizontal axis on the scale of the effects."""

    low: float
    high: float
    exponentiate: bool

    def at(self, value: float) -> float:
        return scale(self.low, self.high, PLOT_LEFT, PLOT_RIGHT, min(max(value, self.low), self.high))

    def label(self, value: float) -> str:
        return figure(math.exp(value), 2) if self.exponentiate else figure(value, 2)


def _axis(synthesis: Synthesis) -> _Axis:
    """Range of most limits: single wide intervals get arrows instead of squeezing all others."""
    errors = np.sqrt(synthesis.studies.variances)
    reach = critical_value(synthesis.level, None) * errors
    lows, highs = synthesis.studies.effects - reach, synthesis.studies.effects + reach
    rows = [
        value for row in synthesis.rows for value in (row.lower, row.upper, row.prediction_lower, row.prediction_upper)
    ]
    low = min([float(np.quantile(lows, 0.1)), *synthesis.studies.effects, 0.0, *(v for v in rows if v is not None)])
    high = max([float(np.quantile(highs, 0.9)), *synthesis.studies.effects, 0.0, *(v for v in rows if v is not None)])
    pad = 0.04 * (high - low)
    return _Axis(low - pad, high + pad, synthesis.exponentiate)


def _marks(axis: _Axis) -> list[float]:
    if not axis.exponentiate:
        return ticks(axis.low, axis.high)
    ratios = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
    found = [math.log(ratio) for ratio in ratios if axis.low <= math.log(ratio) <= axis.high]
    return found if len(found) > 2 else [math.log(v) for v in ticks(math.exp(axis.low), math.exp(axis.high)) if v > 0]


def _numbers(axis: _Axis, estimate: float, lower: float, upper: float) -> str:
    values = (math.exp(v) if axis.exponentiate else v for v in (estimate, lower, upper))
    point, low, high = (f"{v:.2f}".replace("-", "−") for v in values)
    return f"{point} ({low} to {high})"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _study(synthesis: Synthesis, axis: _Axis, index: int, y: float) -> list[str]:
    effect = float(synthesis.studies.effects[index])
    reach = critical_value(synthesis.level, None) * math.sqrt(float(synthesis.studies.variances[index]))
    low, high = effect - reach, effect + reach
    weight = float(synthesis.weights[index])
    side = 4 + 9 * math.sqrt(weight / max(float(synthesis.weights.max()), 1e-9))
    parts = [text(14, y + 4, _short(synthesis.studies.labels[index]))]
    parts.append(line(axis.at(low), y, axis.at(high), y, colour=INK))
    for limit, outside, sign in ((low, low < axis.low, -1), (high, high > axis.high, 1)):
        if outside:
            x = axis.at(limit)
            parts.append(path([(x, y), (x - sign * 6, y - 4), (x - sign * 6, y + 4)], colour=INK, fill=True))
    parts.append(rect(axis.at(effect) - side / 2, y - side / 2, side, side))
    parts.append(text(WIDTH - 70, y + 4, _numbers(axis, effect, low, high), anchor="end"))
    parts.append(text(WIDTH - 14, y + 4, f"{weight:.1f}", anchor="end", colour=QUIET))
    return parts


def _pooled(axis: _Axis, row: SynthesisRow, name: str, y: float, *, predicted: bool) -> list[str]:
    left, middle, right = axis.at(row.lower), axis.at(row.estimate), axis.at(row.upper)
    parts = [text(14, y + 4, name, bold=True)]
    if predicted and row.prediction_lower is not None and row.prediction_upper is not None:
        parts.append(line(axis.at(row.prediction_lower), y, axis.at(row.prediction_upper), y, colour=ACCENT, width=3))
    parts.append(path([(left, y), (middle, y - 8), (right, y), (middle, y + 8)], fill=True))
    parts.append(text(WIDTH - 70, y + 4, _numbers(axis, row.estimate, row.lower, row.upper), anchor="end", bold=True))
    return parts


def _blocks(synthesis: Synthesis) -> list[tuple[str, list[int], SynthesisRow | None]]:
    """Studies in the order of their groups, each group with its own row."""
    everyone = list(range(len(synthesis.studies.effects)))
    if not synthesis.studies.groups:
        return [("", everyone, None)]
    rows = {row.term: row for row in synthesis.rows[:-1]}
    return [(name, [i for i in everyone if synthesis.studies.groups[i] == name], rows[name]) for name in rows]


def forest_svg(synthesis: Synthesis, title: str = "") -> str:
    """Forest plot: one line a study, a diamond for each pooled effect, a bar for the prediction interval.

    Parameters
    ----------
    synthesis
        A synthesis without moderators.
    title
        Question that the plot answers.
    """
    axis = _axis(synthesis)
    heading = title or "What do the studies say together?"
    parts: list[str] = [text(14, 30, heading, size=18, bold=True)]
    level = f"{synthesis.level:.0%}"
    parts += [
        text(14, 62, "Study", colour=QUIET),
        text(WIDTH - 70, 62, f"{synthesis.measure} ({level} interval)", anchor="end", colour=QUIET),
        text(WIDTH - 14, 62, "weight, %", anchor="end", colour=QUIET, size=11),
    ]
    y = 84.0
    body: list[str] = []
    for name, members, row in _blocks(synthesis):
        if name:
            body.append(text(14, y + 4, name, bold=True, colour=QUIET))
            y += ROW
        for index in members:
            body += _study(synthesis, axis, index, y)
            y += ROW
        if row is not None:
            body += _pooled(axis, row, f"{_short(name)}, {row.k} effects", y, predicted=False)
            y += ROW * 1.4
    bottom = y + ROW * 0.2
    total = synthesis.overall
    y = bottom + ROW * 0.6
    body += _pooled(axis, total, f"All {total.k} effects", y, predicted=True)
    parts.append(line(14, 70, WIDTH - 14, 70, colour=LINE))
    parts.append(line(axis.at(0.0), 74, axis.at(0.0), y + 14, colour=QUIET))
    parts.append(line(axis.at(total.estimate), 74, axis.at(total.estimate), y, colour=ACCENT, dash="3 4"))
    parts += body
    parts += _scale(axis, y + 20)
    parts += _footer(synthesis, y + 64)
    return document(parts, WIDTH, y + 104, f"Forest plot: {heading}")


def _scale(axis: _Axis, y: float) -> list[str]:
    parts = [line(PLOT_LEFT, y, PLOT_RIGHT, y, colour=QUIET)]
    for mark in _marks(axis):
        parts.append(line(axis.at(mark), y, axis.at(mark), y + 5, colour=QUIET))
        parts.append(text(axis.at(mark), y + 20, axis.label(mark), anchor="middle", colour=QUIET, size=12))
    return parts


def _footer(synthesis: Synthesis, y: float) -> list[str]:
    row = synthesis.overall
    first = "Squares: studies, size by weight. Diamonds: pooled effects."
    if row.prediction_lower is not None:
        first += " Bar through the last: where the effect of a new study lies."
    second = ""
    if row.tau2 is not None and row.q_df:
        second = f"tau² {figure(row.tau2)}, I² {row.i2:.0f} %, Q {figure(row.q)} on {row.q_df} df, {p_text(row.q_p)}."
    if synthesis.between:
        second += f" Difference between groups: {p_text(synthesis.between[2])}."
    return [text(14, y, first, colour=QUIET, size=12), text(14, y + 18, second, colour=QUIET, size=12)]


def funnel_svg(synthesis: Synthesis, title: str = "") -> str:
    """Funnel plot around no effect: contours of significance, studies, the pooled effect.

    Studies missing in the white middle, where nothing is significant, speak for publication bias; studies missing
    elsewhere for other reasons (Peters et al. 2008).
    """
    width, height, left, right, top, bottom = 720.0, 520.0, 70.0, 690.0, 70.0, 440.0
    effects, errors = synthesis.studies.effects, np.sqrt(synthesis.studies.variances)
    highest = float(errors.max()) * 1.05
    reach = 2.2 * highest
    low, high = min(float(effects.min()), -reach), max(float(effects.max()), reach)

    def x(value: float) -> float:
        return scale(low, high, left, right, min(max(value, low), high))

    def y(error: float) -> float:
        return scale(0.0, highest, top, bottom, error)

    heading = title or "Are small studies with unwelcome results missing?"
    parts: list[str] = [
        text(14, 30, heading, size=18, bold=True),
        rect(left, top, right - left, bottom - top, colour="#dfe7ee"),
    ]
    for share, shade in ((0.99, "#eef2f6"), (0.95, "#f7f9fb"), (0.90, "#ffffff")):
        arm = critical_value(share, None) * highest
        parts.append(_wedge(x, y, arm, highest, (low, high), shade))
    parts.append(line(x(0.0), top, x(0.0), bottom, colour=QUIET))
    pooled = synthesis.overall.estimate
    parts.append(line(x(pooled), top, x(pooled), bottom, colour=ACCENT, dash="4 4"))
    parts += [
        f'<circle cx="{x(float(e)):.1f}" cy="{y(float(s)):.1f}" r="4.5" fill="{ACCENT}" fill-opacity="0.8"/>'
        for e, s in zip(effects, errors, strict=True)
    ]
    axis = _Axis(low, high, synthesis.exponentiate)
    for mark in _marks(axis):
        parts.append(text(x(mark), bottom + 20, axis.label(mark), anchor="middle", colour=QUIET, size=12))
    for mark in ticks(0.0, highest, 4):
        parts.append(text(left - 8, y(mark) + 4, figure(mark, 2), anchor="end", colour=QUIET, size=12))
    parts.append(text((left + right) / 2, bottom + 42, synthesis.measure, anchor="middle", colour=QUIET, size=12))
    parts.append(text(14, top - 12, "standard error (precise studies above)", colour=QUIET, size=12))
    note = "White: p above 0.10; then 0.10, 0.05 and 0.01. Dashed: pooled effect. Dots: studies."
    parts.append(text(14, height - 14, note, colour=QUIET, size=12))
    return document(parts, width, height, f"Funnel plot: {heading}")


def _wedge(x: Any, y: Any, arm: float, highest: float, limits: Sequence[float], shade: str) -> str:
    """Area inside which a study is not significant."""
    points = [(x(0.0), y(0.0))]
    for sign, limit in ((1, limits[1]), (-1, limits[0])):
        reached = min(arm, abs(limit))
        depth = highest * reached / arm
        side = [(x(sign * reached), y(depth)), (x(sign * reached), y(highest))]
        points += side if sign == 1 else side[::-1]
    return path(points, colour=shade, fill=True)
