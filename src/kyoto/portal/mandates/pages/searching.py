"""Search over the paragraphs of all documents, and searches that somebody keeps."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from kyoto.core.database.records import Kept, kept_record, save_record
from kyoto.core.errors import KyotoError
from kyoto.portal.mandates.choosing import PAGE, facets_of, read_choice
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.rendering import page, redirect

__all__ = ["FACETS", "remove", "save", "saved", "search"]

FACETS = ("document", "kind", "body", "year", "status", "force", "addressee", "topic", "sdg", "cites")
"""Facets of paragraphs."""

_SEARCHES = "saved-searches"
_MOST = 100
_PAGES = ("obligations", "search")


def search(visit: Visit) -> Reply:
    """Paragraphs that fit, of every document."""
    choice = read_choice(visit, FACETS)
    with visit.work() as work:
        found = visit.desk.shelf.search_paragraphs(work, choice.words, choice.where, limit=PAGE, offset=choice.offset)
        visit.log_reading(work, "paragraph", "*", {"search": choice.words, **choice.where})
    return page(
        visit,
        "search",
        visit.words("site.search"),
        choice=choice,
        total=found.total,
        hits=found.hits,
        facets=facets_of(choice, found, FACETS),
        pages=-(-found.total // PAGE),
    )


def saved(visit: Visit) -> Reply:
    """Searches that who visits keeps."""
    with visit.work() as work:
        kept = kept_record(work, _SEARCHES, visit.name)
    rows = kept.content["searches"] if kept is not None else []
    shown = [
        (row["name"], visit.to(row["page"]) + f"?{row['query']}", visit.words(f"site.{row['page']}")) for row in rows
    ]
    return page(visit, "searches", visit.words("searches.title"), rows=shown)


def save(visit: Visit) -> Reply:
    """Keep a search under a name; one of the same name is replaced."""
    name, where, query = visit.sent("name")[:120], visit.sent("page"), visit.sent("query")[:4000]
    if not name or where not in _PAGES:
        raise KyotoError("A search is kept under a name", code="mandates.no-search-name")
    clean = urlencode([(key, value) for key, value in parse_qsl(query) if key not in ("page", "said")])
    _change(visit, name, {"name": name, "page": where, "query": clean})
    return redirect(visit.to("searches", said="search_saved"))


def remove(visit: Visit) -> Reply:
    """Keep a search no longer."""
    _change(visit, visit.sent("name"), None)
    return redirect(visit.to("searches", said="search_removed"))


def _change(visit: Visit, name: str, row: dict[str, str] | None) -> None:
    with visit.work() as work:
        kept = kept_record(work, _SEARCHES, visit.name) or Kept(visit.name, 0, {"searches": []})
        rows = [one for one in kept.content["searches"] if one["name"] != name]
        rows += [row] if row is not None else []
        if len(rows) > _MOST:
            raise KyotoError(
                "Too many searches are kept", code="mandates.too-many-searches", expected=f"{_MOST} at most"
            )
        save_record(work, _SEARCHES, Kept(visit.name, kept.revision, {"searches": rows}))
