"""The card of one record of the register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.analysis.evaluation.card.model import Card
from kyoto.analysis.evaluation.card.sentences import Effect, sentence_of
from kyoto.analysis.evaluation.phrases import Phrases, phrases

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.register.model import Evidence

__all__ = ["card_of_evidence"]

_RATIOS = ("odds ratio", "risk ratio", "rate ratio")


def card_of_evidence(record: Evidence, *, language: str = "en") -> Card:
    """Card of one record of the register.

    Parameters
    ----------
    record
        With an effect and its interval; without one the card says that the effect was not measured.
    language
        One of :data:`~kyoto.analysis.evaluation.phrases.LANGUAGES`.
    """
    say = phrases(language)
    effect, grade = _effect(record, say), record.grade
    measured = effect is not None
    sure = effect is not None and effect.sure
    level = max({5: 3, 4: 2, 3: 1}.get(grade.level or 0, 0) - (0 if sure else 1), 0)
    if effect is not None:
        answer, detail = effect.answer(say, level), effect.detail(say, record.level)
    else:
        answer = say("answer.not_measured", outcome=record.outcome or say("answer.the_outcome"))
        detail = say("answer.no_estimate")
    scale = say("source.graded", level=grade.level) if grade.level else say("source.not_graded")
    return Card(
        title=record.title,
        programme=record.programme,
        answer=answer,
        detail=detail,
        certainty=level,
        reasons=tuple(f"{sentence_of(reason)}." for reason in grade.said(language)),
        effect=effect.estimate if effect else 0.0,
        lower=effect.lower if effect else 0.0,
        upper=effect.upper if effect else 0.0,
        unit=effect.unit if effect else "",
        good=record.better,
        cost=(_cost(record, say),),
        took=tuple(
            say(f"took.{key}", text=text)
            for key, text in (("where", record.setting), ("who", record.population))
            if text
        ),
        unknown=(
            say("unknown.transfer", text=record.transfer) if record.transfer else say("unknown.no_transfer"),
            say("unknown.harm", text=record.harm) if record.harm else say("unknown.no_harm"),
        ),
        source=tuple(text for text in (scale, record.source) if text),
        measured=measured,
        language=language,
    )


def _effect(record: Evidence, say: Phrases) -> Effect | None:
    """Effect with 0 as none; None where it was not measured."""
    if record.effect is None or record.lower is None or record.upper is None:
        return None
    values = [record.effect, record.lower, record.upper]
    outcome, unit = record.outcome, ""
    if record.measure in _RATIOS:
        values, unit = [100 * (value - 1) for value in values], "%"
        if record.measure == "odds ratio":  # a fall of the odds by a third is no fall of the risk by a third
            outcome = say("answer.odds", outcome=outcome or say("answer.the_outcome"))
    elif record.measure == "relative change":
        values, unit = [100 * value for value in values], "%"
    elif record.measure == "standardized mean difference":
        unit = say("answer.deviations")
    return Effect(outcome, values[0], values[1], values[2], unit, record.better)


def _took(record: Evidence, say: Phrases) -> tuple[str, ...]:
    told = (("where", record.setting), ("who", record.population))
    return tuple(say(f"took.{key}", text=text) for key, text in told if text)


def _cost(record: Evidence, say: Phrases) -> str:
    if record.cost is None:
        return say("money.no_cost")
    return say("money.cost_each", amount=f"{say.figure(record.cost)} {record.currency}".strip())
