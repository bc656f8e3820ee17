"""First page: what waits, what is late, what is due next, and how much there is."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any

from kyoto.cooperation.mandates.events import CLOSED
from kyoto.cooperation.mandates.followup import STATUSES, Register
from kyoto.cooperation.mandates.review import open_proposals
from kyoto.core.database.permissions import Role
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.rendering import page

__all__ = ["start"]

_NEXT = 8


def start(visit: Visit) -> Reply:
    """First page, for each role what it came for."""
    shelf = visit.desk.shelf
    with visit.work() as work:
        documents, found = shelf.documents(work), shelf.register(work)
        waiting = open_proposals(work) if visit.may(Role.EDITOR) else []
        visit.log_reading(work, "page", "start")
    about = visit.desk.remembered("start", found.register, visit.today, lambda _: _about(visit, found.register))
    return page(visit, "start", visit.words("start.title"), documents=len(documents), waiting=waiting, **about)


def _about(visit: Visit, register: Register) -> dict[str, Any]:
    """What the page says of the register; rejected suggestions do not count."""
    kept = [entry for entry in register.entries if entry.state != "rejected"]
    due = [one for one in visit.desk.due(register, visit.today) if one.entry.status not in CLOSED]
    ahead = (one for one in due if one.day is not None and one.day >= visit.today)
    counts = Counter(entry.status for entry in kept)
    return {
        "obligations": len(kept),
        "suggested": sum(entry.state == "suggested" for entry in kept),
        "counts": [(status, counts[status]) for status in STATUSES],
        "late": sum(one.late for one in due),
        "ahead": list(islice(ahead, _NEXT)),
    }
