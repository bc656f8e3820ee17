"""The card of a synthesis of several studies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kyoto.analysis.evaluation.card.model import Card
from kyoto.analysis.evaluation.card.sentences import Effect
from kyoto.analysis.evaluation.phrases import Phrases, phrases

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.synthesis.result import Synthesis

__all__ = ["card_of_synthesis"]

_FEW = 5
_MUCH = 50.0


def card_of_synthesis(
    found: Synthesis, *, title: str, programme: str, better: str = "down", outcome: str = "", language: str = "en"
) -> Card:
    """Card of a synthesis of several studies.

    Parameters
    ----------
    found
        A synthesis without moderators.
    title, programme
        Headings.
    better
        Which way the effect is better.
    outcome
        Word for the outcome.
    language
        One of :data:`~kyoto.analysis.evaluation.phrases.LANGUAGES`.
    """
    say = phrases(language)
    row = found.to_rows()[-1]
    word = outcome or found.measure
    named = f"the {word}" if found.exponentiate and not outcome and language == "en" else word
    estimate, lower, upper = (_scaled(found, row[name]) for name in ("estimate", "lower", "upper"))
    effect = Effect(named, estimate, lower, upper, "%" if found.exponentiate else "", better)
    certainty, reasons, unknown = _certainty(found, row, effect, say)
    return Card(
        title=title,
        programme=programme,
        answer=effect.answer(say, certainty),
        detail=effect.detail(say, found.level),
        certainty=certainty,
        reasons=reasons or (say("reason.agree"),),
        effect=estimate,
        lower=lower,
        upper=upper,
        unit=effect.unit,
        good=better,
        cost=(say("money.not_part"),),
        took=(),
        unknown=unknown,
        source=(say("source.pooled", count=row["k"], measure=found.measure, model=found.model),),
        language=language,
    )


def _scaled(found: Synthesis, value: float) -> float:
    """Ratios as per cent of change."""
    return 100 * (value - 1) if found.exponentiate else value


def _certainty(
    found: Synthesis, row: dict[str, Any], effect: Effect, say: Phrases
) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Level, why, and what is not known: down for spread, for a prediction that includes nothing, for few studies."""
    level, reasons = (3, []) if effect.sure else (1, [say("reason.includes_nothing")])
    unknown = [say("unknown.unpublished")]
    if row["i2"] is not None and row["i2"] > _MUCH:
        level -= 1
        reasons.append(say("reason.differ", share=f"{row['i2']:.0f}"))
    nothing = 1.0 if found.exponentiate else 0.0
    if row["prediction_lower"] is not None and row["prediction_lower"] <= nothing <= row["prediction_upper"]:
        level -= 1
        low, high = (say.figure(_scaled(found, row[f"prediction_{end}"]), 2) for end in ("lower", "upper"))
        unknown.insert(0, say("unknown.new_place", lower=low, upper=f"{high} {effect.unit}".strip()))
    if row["k"] < _FEW:
        level -= 1
        reasons.append(say("reason.few", count=row["k"]))
    return max(level, 0), tuple(reasons), tuple(unknown)
