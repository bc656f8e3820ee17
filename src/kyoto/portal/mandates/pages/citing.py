"""The graph of citations: a picture of the most frequent links, and a table of all."""

from __future__ import annotations

from kyoto.cooperation.mandates.followup.views import act_label
from kyoto.cooperation.mandates.links import Edge
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.network import draw, links_of
from kyoto.portal.mandates.rendering import page

__all__ = ["graph"]

_TARGETS = 40
_ROWS = 400


def graph(visit: Visit) -> Reply:
    """Links of a document, of one of its acts, or of all documents to one target."""
    name, act, target = visit.asked("document"), visit.asked("act"), visit.asked("target")
    with visit.work() as work:
        names = list(visit.desk.shelf.documents(work))
        name = name or ("" if target or not names else names[0])
        edges: list[Edge] = []
        for one in [name] if name else names:
            held = visit.desk.shelf.held(work, one[:200])
            if held is None:
                raise NotFound(one)
            edges += held.edges
        visit.log_reading(work, "document", name or "*", {"part": "graph"})
    kept = [
        edge for edge in edges if (not act or edge.source == f"{name}#{act}") and (not target or edge.target == target)
    ]
    links = links_of(kept)
    often: dict[str, int] = {}
    for link in links:
        often[link.target] = often.get(link.target, 0) + 1
    first = sorted(often, key=lambda one: (-often[one], one))[:_TARGETS]
    drawn = [link for link in links if link.target in set(first)]
    labels = {link.source: act_label(link.source.partition("#")[2] or link.source) for link in links}
    words = visit.words("graph.alt", links=len(drawn), sources=len({link.source for link in drawn}), targets=len(first))
    return page(
        visit,
        "graph",
        visit.words("graph.title"),
        names=names,
        name=name,
        act=act,
        target=target,
        links=links[:_ROWS],
        total=len(links),
        picture=draw(drawn, labels, words) if drawn else None,
        shown=len(first),
        targets=len(often),
        labels=labels,
    )
