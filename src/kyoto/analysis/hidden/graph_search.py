"""Decomposable graphs: what they are made of, all of them for few lists, and a walk over them for many.

Sources: Tarjan, R. E. and Yannakakis, M. (1984), SIAM Journal on Computing 13, 566-579 (maximum cardinality search);
Madigan and York (1997, section 3) for the walk.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kyoto.analysis.hidden.arrays import Floats, Integers
from kyoto.analysis.hidden.hierarchy import format_model
from kyoto.core.errors import KyotoError

__all__ = ["ENUMERATED", "Graph", "PackedGraphs", "decomposable_graphs", "explore_graphs", "junction"]

ENUMERATED = 6
Adjacency = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """A decomposable graph by its cliques and separators.

    Parameters
    ----------
    cliques, separators
        Bit masks of lists; separators with their multiplicity, the empty ones left out.
    """

    cliques: tuple[int, ...]
    separators: tuple[int, ...]

    @property
    def model(self) -> str:
        """Notation of the model that the graph stands for."""
        return format_model(self.cliques)


def junction(adjacency: Adjacency) -> Graph | None:
    """Cliques and separators by maximum cardinality search; None if the graph is not decomposable.

    Parameters
    ----------
    adjacency
        For each list, the mask of its neighbours.

    Examples
    --------
    >>> junction((0b010, 0b101, 0b010))
    Graph(cliques=(3, 6), separators=(2,))
    >>> junction((0b1010, 0b0101, 0b1010, 0b0101)) is None
    True
    """
    size = len(adjacency)
    done = 0
    cliques: list[int] = []
    separators: list[int] = []
    for _ in range(size):
        left = [vertex for vertex in range(size) if not done >> vertex & 1]
        vertex = max(left, key=lambda at: (adjacency[at] & done).bit_count())
        before = adjacency[vertex] & done
        if any((adjacency[other] | 1 << other) & before != before for other in range(size) if before >> other & 1):
            return None
        if cliques and before == cliques[-1]:
            cliques[-1] |= 1 << vertex
        else:
            if cliques and before:
                separators.append(before)
            cliques.append(before | 1 << vertex)
        done |= 1 << vertex
    return Graph(tuple(cliques), tuple(separators))


def _adjacency(edges: Iterable[tuple[int, int]], k: int) -> Adjacency:
    masks = [0] * k
    for first, second in edges:
        masks[first] |= 1 << second
        masks[second] |= 1 << first
    return tuple(masks)


@lru_cache(maxsize=8)
def decomposable_graphs(k: int) -> tuple[Graph, ...]:
    """All decomposable graphs on ``k`` labelled lists.

    Examples
    --------
    >>> [len(decomposable_graphs(k)) for k in (2, 3, 4, 5)]
    [2, 8, 61, 822]
    """
    if k > ENUMERATED:
        raise KyotoError(
            "Too many graphs to enumerate", code="hidden.too-many-models", got=f"{k} lists", expected=f"{ENUMERATED}"
        )
    edges = list(itertools.combinations(range(k), 2))
    found = []
    for choice in range(1 << len(edges)):
        chosen = [edge for index, edge in enumerate(edges) if choice >> index & 1]
        graph = junction(_adjacency(chosen, k))
        if graph is not None:
            found.append(graph)
    return tuple(found)


class PackedGraphs:
    """Cliques (sign 1) and separators (sign -1) of many graphs in flat arrays, for the compiled sum.

    Parameters
    ----------
    graphs
        The graphs; those of position ``i`` are ``sets[starts[i]:starts[i + 1]]``.
    """

    __slots__ = ("sets", "signs", "starts")

    def __init__(self, graphs: Sequence[Graph]) -> None:
        sizes = [len(graph.cliques) + len(graph.separators) for graph in graphs]
        self.starts: Integers = np.cumsum([0, *sizes]).astype(np.int64)
        self.sets: Integers = np.array([part for graph in graphs for part in graph.cliques + graph.separators])
        signs = [sign for graph in graphs for sign in [1.0] * len(graph.cliques) + [-1.0] * len(graph.separators)]
        self.signs: Floats = np.array(signs)

    def __len__(self) -> int:
        return len(self.starts) - 1


def explore_graphs(k: int, curves: Floats, common: Floats, *, steps: int, seed: int) -> tuple[Graph, ...]:
    """Graphs met by a Markov chain that adds or removes one edge and keeps the graph decomposable.

    Parameters
    ----------
    k
        Number of lists.
    curves, common
        Logarithms of the marginal likelihoods and of the common factor on the grid of unobserved people.
    steps
        Proposals, spread over four chains: from the empty graph, the complete one and two random ones.
    seed
        Seed.

    Returns
    -------
    tuple of Graph
        Every graph a chain stood on or was offered; :func:`average_graphs` weighs them exactly.
    """
    coarse = np.unique(np.linspace(0, common.size - 1, 200).astype(int))
    thin_curves, thin_common = curves[:, coarse], common[coarse]
    edges = list(itertools.combinations(range(k), 2))
    seen: dict[Adjacency, tuple[Graph, float]] = {}

    def value_of(adjacency: Adjacency) -> float | None:
        if adjacency not in seen:
            graph = junction(adjacency)
            if graph is None:
                return None
            total = thin_common + thin_curves[list(graph.cliques)].sum(axis=0)
            if graph.separators:
                total = total - thin_curves[list(graph.separators)].sum(axis=0)
            seen[adjacency] = (graph, float(np.logaddexp.reduce(total)))
        return seen[adjacency][1]

    generator = np.random.default_rng(seed)
    complete = _adjacency(edges, k)
    starts = [_adjacency([], k), complete, _adjacency([], k), complete]
    for start in starts:
        _walk(start, edges, value_of, generator, steps // len(starts))
    return tuple(graph for graph, _ in seen.values())


def _walk(
    start: Adjacency,
    edges: list[tuple[int, int]],
    value_of: Callable[[Adjacency], float | None],
    generator: np.random.Generator,
    steps: int,
) -> None:
    here, value = start, value_of(start)
    for choice, uniform in zip(generator.integers(len(edges), size=steps), generator.random(steps), strict=True):
        first, second = edges[int(choice)]
        masks = list(here)
        masks[first] ^= 1 << second
        masks[second] ^= 1 << first
        there = tuple(masks)
        offered = value_of(there)
        if offered is not None and value is not None and np.log(uniform) < offered - value:
            here, value = there, offered
