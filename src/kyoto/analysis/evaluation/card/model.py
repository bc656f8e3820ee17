"""The card a mayor reads: one page in plain language, made from results and never typed by hand."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

__all__ = ["Card"]


@dataclass(frozen=True, slots=True)
class Card:
    """What the page says.

    Parameters
    ----------
    title, programme
        What was evaluated.
    answer
        Headline: what happened.
    detail
        The numbers behind it, in one sentence.
    certainty
        0 (very unsure) to 3 (sure).
    reasons
        Why so sure.
    effect, lower, upper, unit
        For the drawing: estimate, limits and their unit, with 0 as no effect.
    measured
        Whether there is an effect to draw.
    good
        Which way is better: ``down`` or ``up``.
    cost
        What it cost and saved, in sentences.
    took
        What it took.
    unknown
        What is not known.
    source
        Data, design, and whether it was frozen.
    language
        Of the sentences; what somebody wrote in a design or a register stays as it was written.
    """

    title: str
    programme: str
    answer: str
    detail: str
    certainty: int
    reasons: tuple[str, ...]
    effect: float
    lower: float
    upper: float
    unit: str
    good: str
    cost: tuple[str, ...]
    took: tuple[str, ...]
    unknown: tuple[str, ...]
    source: tuple[str, ...]
    measured: bool = True
    language: str = "en"

    def row(self) -> dict[str, Any]:
        """Mapping for JSON."""
        return asdict(self)

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Card:
        """Card of a mapping that :meth:`row` made.

        Examples
        --------
        >>> card = Card("T", "P", "A.", "D.", 1, ("R.",), -5.0, -9.0, -1.0, "%", "down", (), (), (), ())
        >>> Card.of_row(card.row()) == card
        True
        """
        known = {item.name for item in fields(cls)}
        kept: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name in known
        }
        return cls(**kept)
