"""From links to persons: connected records, one person a cluster.

Links join records into connected components. A component in which a constraint is broken, two records of a source in
which a person stands once, or a pair that a reviewer refused, is built again link by link, the surest first, leaving
out every link that would break one (Kruskal's order with refusals).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Edges", "cluster_records"]


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Pairs of records with the strength of their link.

    Parameters
    ----------
    left, right
        Record positions, shape (pairs,).
    weight
        What decides which link comes first, shape (pairs,).
    """

    left: Any
    right: Any
    weight: Any

    def chosen(self, mask: Any) -> Edges:
        """Only the pairs where ``mask`` holds."""
        return Edges(self.left[mask], self.right[mask], self.weight[mask])


def cluster_records(records: int, links: Edges, *, once: Any = None, refused: Edges | None = None) -> Any:
    """Number of the cluster of each record.

    Parameters
    ----------
    records
        How many there are.
    links
        Pairs taken as links.
    once
        Number of the source of each record where a person stands in it once, else -1; shape (records,).
    refused
        Pairs that must not be one person.

    Returns
    -------
    numpy.ndarray of int64
        Clusters numbered in the order of their first record.

    Examples
    --------
    >>> import numpy as np
    >>> links = Edges(np.array([0, 1]), np.array([1, 2]), np.array([9.0, 5.0]))
    >>> cluster_records(4, links).tolist()
    [0, 0, 0, 1]
    >>> cluster_records(4, links, once=np.array([7, -1, 7, -1])).tolist()
    [0, 0, 1, 2]
    """
    labels = _components(records, links)
    broken = _broken(labels, once, refused)
    if broken.size:
        inside = np.isin(labels[links.left], broken)
        labels = _rebuilt(labels, links.chosen(inside), np.isin(labels, broken), once, refused)
    return _in_order(labels)


def _components(records: int, links: Edges) -> Any:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(links.left), dtype=np.int8)
    graph = coo_matrix((ones, (links.left, links.right)), shape=(records, records))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _broken(labels: Any, once: Any, refused: Edges | None) -> Any:
    """Clusters that break a constraint."""
    found = [np.empty(0, dtype=np.int64)]
    if once is not None:
        bound = np.flatnonzero(once >= 0)
        pairs = labels[bound] * (int(once.max(initial=0)) + 1) + once[bound]
        values, counts = np.unique(pairs, return_counts=True)
        found.append(values[counts > 1] // (int(once.max(initial=0)) + 1))
    if refused is not None and len(refused.left):
        found.append(labels[refused.left[labels[refused.left] == labels[refused.right]]])
    return np.unique(np.concatenate(found))


def _rebuilt(labels: Any, links: Edges, inside: Any, once: Any, refused: Edges | None) -> Any:
    """Labels with the broken clusters built again, link by link."""
    members = np.flatnonzero(inside)
    parent = {int(record): int(record) for record in members}
    sources = {record: {int(once[record])} - {-1} if once is not None else set() for record in parent}
    enemies: dict[int, set[int]] = {record: set() for record in parent}
    if refused is not None:
        for left, right in zip(refused.left.tolist(), refused.right.tolist(), strict=True):
            if left in enemies and right in enemies:
                enemies[left].add(right)
                enemies[right].add(left)

    def root(record: int) -> int:
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    order = np.lexsort((links.right, links.left, -links.weight))
    for left, right in zip(links.left[order].tolist(), links.right[order].tolist(), strict=True):
        first, second = root(left), root(right)
        if first == second or sources[first] & sources[second]:
            continue
        if second in {root(enemy) for enemy in enemies[first]}:
            continue
        parent[second] = first
        sources[first] |= sources[second]
        enemies[first] |= enemies[second]
    result = labels.copy()
    beyond = int(labels.max()) + 1
    for record in parent:
        result[record] = beyond + root(record)
    return result


def _in_order(labels: Any) -> Any:
    """Clusters renumbered by their first record."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[inverse]
