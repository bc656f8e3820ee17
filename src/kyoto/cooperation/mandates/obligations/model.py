"""What an obligation is: who is asked, how strongly, to do what, on which conditions, by when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kyoto.cooperation.mandates.model import Span

__all__ = ["Due", "Found", "Obligation"]


@dataclass(frozen=True, slots=True)
class Found:
    """Something found in the text: its identifier, the words, and their span in the source."""

    id: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due.

    Parameters
    ----------
    kind
        ``session`` (of a body), ``event``, ``date``, ``before`` (so long before something) or ``recurrence``.
    value
        ``ccpcj-27``, ``congress-14``, ``2019`` or ``2019-06-30``, ``10-working-days``, ``annual``.
    """

    kind: str
    value: str
    text: str
    span: Span

    @property
    def id(self) -> str:
        """Kind and value in one word, such as ``session:ccpcj-27``."""
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True)
class Obligation:
    """What one verb of an operative paragraph says. A suggestion until a person accepts or edits it.

    Parameters
    ----------
    id
        ``document#paragraph:place``, stable for the same text.
    document, act, paragraph
        Where it stands.
    place
        Which verb of the paragraph, from 1.
    verb
        As printed; ``force`` is its class (``data/verbs.toml``), ``strong`` whether an adverb strengthens it.
    asks
        Whether somebody is asked to do something, or the body decides; else it is noted, valued or recalled.
    addressees
        Who is asked.
    action
        What they are to do.
    conditions
        Under which conditions (``data/conditions.toml``).
    due
        When; empty if the text says nothing.
    partners, beneficiaries, report_to
        With whom, for whom, and to whom a report goes.
    clause
        The words from the verb to the next one, with ``span`` in the source.
    """

    id: str
    document: str
    act: str
    paragraph: str
    place: int
    verb: str
    force: str
    strong: bool
    asks: bool
    addressees: tuple[Found, ...]
    action: Found | None
    conditions: tuple[Found, ...]
    due: tuple[Due, ...]
    partners: tuple[Found, ...]
    beneficiaries: tuple[Found, ...]
    report_to: tuple[Found, ...]
    clause: str
    span: Span
    state: str = "suggested"

    def row(self) -> dict[str, Any]:
        """Row of plain values, lists joined by commas."""

        def joined(found: tuple[Found, ...]) -> str:
            return ",".join(dict.fromkeys(entry.id for entry in found))

        return {
            "id": self.id,
            "document": self.document,
            "act": self.act,
            "paragraph": self.paragraph,
            "place": self.place,
            "force": self.force,
            "verb": self.verb,
            "asks": self.asks,
            "addressees": joined(self.addressees),
            "action": self.action.text if self.action is not None else "",
            "conditions": joined(self.conditions),
            "due": ",".join(dict.fromkeys(entry.id for entry in self.due)),
            "report_to": joined(self.report_to),
            "partners": joined(self.partners),
            "beneficiaries": joined(self.beneficiaries),
            "start": self.span[0],
            "end": self.span[1],
            "state": self.state,
        }
