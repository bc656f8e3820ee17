"""Sentences that the cards share: what happened, how far it may be from the truth, in the words of one language."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kyoto.analysis.evaluation.phrases import Phrases

__all__ = ["Effect", "sentence_of"]


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect as a card tells it, with 0 as none.

    Parameters
    ----------
    outcome
        Word for what was measured.
    estimate, lower, upper
        The effect with its interval.
    unit
        ``%``, or the unit of the outcome.
    better
        ``down`` or ``up``.
    """

    outcome: str
    estimate: float
    lower: float
    upper: float
    unit: str
    better: str

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out that there is no effect."""
        return not self.lower <= 0 <= self.upper

    def answer(self, say: Phrases, certainty: int) -> str:
        """What happened, as sure as the certainty allows."""
        outcome = self.outcome or say("answer.the_outcome")
        if not self.sure:
            return say("answer.cannot_tell", outcome=outcome)
        amount, name = self._amount(say, self.estimate), sentence_of(outcome)
        if certainty <= 1:
            return say("answer.lower" if self.estimate < 0 else "answer.higher", name=name, amount=amount)
        helped = (self.estimate < 0) == (self.better == "down")
        verdict = f"answer.{'helped' if helped else 'harmed'}{'' if certainty == 3 else '_probably'}"
        key = "answer.fell" if self.estimate < 0 else "answer.rose"
        return say(key, name=name, amount=amount, verdict=say(verdict))

    def detail(self, say: Phrases, level: float) -> str:
        """Best guess and interval."""
        best, low, high = (self._change(say, value) for value in (self.estimate, self.lower, self.upper))
        if not (math.isfinite(self.lower) and math.isfinite(self.upper)):
            return say("answer.guess_alone", effect=best)
        return say("answer.guess", effect=best, lower=low, upper=high, level=say.number(f"{100 * level:g}"))

    def _change(self, say: Phrases, value: float) -> str:
        if abs(value) < (0.05 if self.unit == "%" else 1e-12):
            return say("answer.no_change")
        return say("answer.fall" if value < 0 else "answer.rise", amount=self._amount(say, value))

    def _amount(self, say: Phrases, value: float) -> str:
        if math.isinf(value):
            return say("answer.any_amount")
        size = abs(value)
        if self.unit != "%":
            return f"{say.figure(size)} {self.unit}".strip()
        return say.number(f"{size:.0f}" if size >= 1 else f"{size:.1f}") + " %"


def sentence_of(text: str) -> str:
    """Text with a capital at its beginning.

    Examples
    --------
    >>> sentence_of("éclairage"), sentence_of("")
    ('Éclairage', '')
    """
    return f"{text[:1].upper()}{text[1:]}"
