"""The drawing on the card: where the effect lies, between harm and help."""

from __future__ import annotations

import math
import re
from html import escape

from kyoto.analysis.evaluation.card.model import Card
from kyoto.analysis.evaluation.phrases import phrases
from kyoto.analysis.evaluation.svg import scale, ticks

__all__ = ["effect_svg"]

WIDTH, HEIGHT, LEFT, RIGHT, MIDDLE = 660.0, 162.0, 30.0, 630.0, 58.0


def effect_svg(card: Card) -> str:
    """Effect and limits on a line with no effect in it; empty where nothing was measured."""
    if not card.measured:
        return ""
    say = phrases(card.language)
    ends = [value for value in (card.lower, card.upper, card.effect) if math.isfinite(value)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    pad = 0.18 * (high - low or 1.0)
    low, high = low - pad, high + pad

    def x(value: float) -> float:
        return scale(low, high, LEFT, RIGHT, min(max(value, low), high))

    better_left = card.good == "down"
    kinds = ("better", "worse") if better_left else ("worse", "better")
    words = tuple(say(f"card.{kind}") for kind in kinds)
    parts = [
        f'<rect x="{LEFT:g}" y="34" width="{x(0.0) - LEFT:.1f}" height="48" class="{kinds[0]}"/>',
        f'<rect x="{x(0.0):.1f}" y="34" width="{RIGHT - x(0.0):.1f}" height="48" class="{kinds[1]}"/>',
        f'<text x="{LEFT + 6:g}" y="26" class="word">← {words[0]}</text>',
        f'<text x="{RIGHT - 6:g}" y="26" class="word" text-anchor="end">{words[1]} →</text>',
        f'<line x1="{x(0.0):.1f}" x2="{x(0.0):.1f}" y1="28" y2="90" class="zero"/>',
        f'<line x1="{x(card.lower):.1f}" x2="{x(card.upper):.1f}" y1="{MIDDLE:g}" y2="{MIDDLE:g}" class="range"/>',
        f'<circle cx="{x(card.effect):.1f}" cy="{MIDDLE:g}" r="9" class="dot"/>',
    ]
    sign = " %" if card.unit == "%" else ""
    for mark in ticks(low, high, 6):
        label = say("card.nothing") if mark == 0 else say.number(f"{mark:+g}".replace("-", "−")) + sign
        parts.append(f'<text x="{x(mark):.1f}" y="106" class="tick" text-anchor="middle">{label}</text>')
    for row, sentence in enumerate(
        re.split(r"(?<=\.) ", say("card.reading"))
    ):  # a line each: type is larger on telephones
        parts.append(f'<text x="{LEFT:g}" y="{130 + 23 * row}" class="tick">{sentence}</text>')
    label = escape(f"{card.answer} {card.detail}")
    return f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
