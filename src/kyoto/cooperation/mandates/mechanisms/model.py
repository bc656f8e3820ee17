"""A recommendation of a review mechanism to a State."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kyoto.cooperation.mandates.events import Event

__all__ = ["RESPONSES", "Recommendation"]

RESPONSES = ("pending", "accepted", "partly-accepted", "noted", "rejected")
"""What the State under review said to a recommendation."""

_ARTICLE = re.compile(r"(?:\barts?\b\.?|\barticles?\b)?\s*(\d{1,3})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One recommendation.

    Parameters
    ----------
    id
        Unique in the register, for example ``upr-3-FRA-12``.
    mechanism
        Id of a mechanism of ``data/mechanisms.toml``, or ``other:name``.
    cycle
        Number of the cycle or round, a phase after a dot: ``2``, ``1.2``.
    state
        State under review, ISO 3166 alpha-3.
    text
        What is recommended.
    provision
        Article or other provision it is about, as printed; empty if none.
    number
        As printed in the report of the review; empty if none.
    made_by
        Who recommends, such as States in a peer review.
    made_on
        Day of the review (ISO), from which “next session” counts; empty if not known.
    response
        One of :data:`RESPONSES`.
    status
        One of :data:`~kyoto.cooperation.mandates.events.STATUSES`.
    due
        When it is due, as for obligations: ``date:2027-06-30``, ``session:ccpcj-36``.
    units
        Who is responsible inside the State.
    history
        Changes, the oldest first; nothing is removed.
    fingerprint
        Of the row it was read from, so that the same table read again changes nothing.
    """

    id: str
    mechanism: str
    cycle: str
    state: str
    text: str
    provision: str = ""
    number: str = ""
    made_by: tuple[str, ...] = ()
    made_on: str = ""
    response: str = "pending"
    status: str = "not-started"
    due: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    history: tuple[Event, ...] = ()
    fingerprint: str = ""

    @property
    def evidence(self) -> tuple[Event, ...]:
        """Changes that gave evidence."""
        return tuple(event for event in self.history if event.evidence)

    @property
    def article(self) -> int | None:
        """Number of the article it is about, by which recommendations of a treaty's review are ordered.

        Examples
        --------
        >>> one = Recommendation("a", "uncac-irm", "1", "AUT", "To act.", provision="Art. 16 (2)")
        >>> one.article
        16
        """
        found = _ARTICLE.match(self.provision.strip())
        return int(found[1]) if found is not None else None

    @staticmethod
    def from_dict(row: dict[str, Any]) -> Recommendation:
        """Make one of its JSON-able form (``dataclasses.asdict``)."""
        lists = {name: tuple(row[name]) for name in ("made_by", "due", "units")}
        return Recommendation(**{**row, **lists, "history": tuple(Event(**event) for event in row["history"])})
