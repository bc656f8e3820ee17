"""The obligations of the register, found by words and facets that are counted exactly."""

from __future__ import annotations

from kyoto.portal.mandates.choosing import PAGE, facets_of, read_choice
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.rendering import page

__all__ = ["FACETS", "listed"]

FACETS = ("kind", "status", "body", "year", "force", "addressee", "topic", "sdg", "cites", "document")
"""Facets of obligations; ``kind`` is what a person made of the suggestion."""


def listed(visit: Visit) -> Reply:
    """List of obligations that fit."""
    choice = read_choice(visit, FACETS)
    shelf = visit.desk.shelf
    with visit.work() as work:
        found = shelf.search_obligations(work, choice.words, choice.where, limit=PAGE, offset=choice.offset)
        entries = shelf.register(work).entries
        visit.log_reading(work, "obligation", "*", {"search": choice.words, **choice.where})
    return page(
        visit,
        "obligations",
        visit.words("site.obligations"),
        choice=choice,
        total=found.total,
        entries=[entries[hit.paragraph] for hit in found.hits if hit.paragraph in entries],
        facets=facets_of(choice, found, FACETS),
        pages=-(-found.total // PAGE),
        any=bool(entries),
    )
