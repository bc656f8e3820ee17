"""What cites what, drawn on the server: acts on the left, what they cite on the right, a table beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from kyoto.cooperation.mandates.links import Edge

__all__ = ["Link", "draw", "links_of"]

_RELATIONS = ("cites", "recalls", "supersedes")
_ROW = 26
_WIDTH, _LEFT, _RIGHT = 960, 300, 620
_LONGEST = 38


@dataclass(frozen=True, slots=True)
class Link:
    """An act and what it cites.

    Parameters
    ----------
    source, target, name, kind
        From the edges; ``name`` is that of a treaty, or the target again.
    relation
        The strongest: ``supersedes`` before ``recalls`` before ``cites``.
    count
        How often.
    """

    source: str
    target: str
    name: str
    kind: str
    relation: str
    count: int


def links_of(edges: Iterable[Edge]) -> list[Link]:
    """Join edges between the same two, the most frequent first.

    Examples
    --------
    >>> edge = Edge("a#1", "p", "cites", "resolution", "A/RES/70/1", "", "", 0, 1)
    >>> links_of([edge, edge])
    [Link(source='a#1', target='A/RES/70/1', name='A/RES/70/1', kind='resolution', relation='cites', count=2)]
    """
    counts: Counter[tuple[str, str]] = Counter()
    seen: dict[tuple[str, str], tuple[int, Edge]] = {}
    for edge in edges:
        key = (edge.source, edge.target)
        counts[key] += 1
        rank = _RELATIONS.index(edge.relation) if edge.relation in _RELATIONS else 0
        if key not in seen or rank > seen[key][0]:
            seen[key] = (rank, edge)
    found = [
        Link(source, target, edge.name or target, edge.kind, edge.relation, counts[source, target])
        for (source, target), (_, edge) in seen.items()
    ]
    return sorted(found, key=lambda link: (-link.count, link.source, link.target))


def draw(links: Sequence[Link], labels: dict[str, str], title: str) -> Markup:
    """Draw links as SVG: each act once on the left, each target once on the right, in the order of their centres.

    Parameters
    ----------
    links
        What to draw.
    labels
        Label by source.
    title
        Read aloud in place of the picture; the table holds the same.
    """
    sources = list(dict.fromkeys(link.source for link in sorted(links, key=lambda link: link.source)))
    place = {source: number for number, source in enumerate(sources)}
    weights: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    for link in links:
        weights.setdefault(link.target, []).append(place[link.source])
        names[link.target] = link.name
    targets = sorted(weights, key=lambda target: (sum(weights[target]) / len(weights[target]), target))
    height = max(len(sources), len(targets)) * _ROW + 20
    left = _heights(len(sources), height)
    right = dict(zip(targets, _heights(len(targets), height), strict=True))
    parts = [f'<svg class="network" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}">']
    parts += [_curve(link, left[place[link.source]], right[link.target]) for link in links]
    parts += [_label(labels.get(source, source), _LEFT - 8, left[place[source]], "end") for source in sources]
    parts += [_label(names[target], _RIGHT + 8, right[target], "start") for target in targets]
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 (every text in it went through escape)


def _heights(count: int, height: int) -> list[float]:
    step = height / max(count, 1)
    return [step * (number + 0.5) for number in range(count)]


def _curve(link: Link, start: float, end: float) -> str:
    middle = (_LEFT + _RIGHT) / 2
    width = min(1 + link.count * 0.6, 5)
    return (
        f'<path class="{escape(link.relation)}" stroke-width="{width:.1f}" '
        f'd="M{_LEFT} {start:.1f}C{middle:.0f} {start:.1f} {middle:.0f} {end:.1f} {_RIGHT} {end:.1f}"/>'
    )


def _label(text: str, x: float, y: float, anchor: str) -> str:
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f'<text x="{x:.0f}" y="{y + 5:.1f}" text-anchor="{anchor}">{escape(short)}</text>'
