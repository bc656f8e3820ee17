"""Downhill search: from independent lists to the best neighbouring hierarchical model, until none is better.

It looks at a few dozen models where the full search looks at thousands, so it works beyond six lists; it may stop at a
model that is only locally best.

Source: Silverman, B. W., Chan, L. and Vincent, K. (2024), Statistics and Computing 34, 44, section 5.2.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from kyoto.analysis.hidden.arrays import Floats, Integers
from kyoto.analysis.hidden.hierarchy import Catalogue, main_effects
from kyoto.analysis.hidden.loglinear import LogLinearFit, fit_loglinear
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.searching import fit_catalogue
from kyoto.analysis.hidden.selection import penalties_of

__all__ = ["downhill_terms", "neighbours", "search_downhill"]

Interactions = frozenset[int]


def neighbours(interactions: Interactions, k: int, order: int) -> Iterator[Interactions]:
    """Hierarchical models with one interaction more or one less.

    Examples
    --------
    >>> sorted(sorted(model) for model in neighbours(frozenset({3, 5, 6}), 3, 2))
    [[3, 5], [3, 6], [5, 6]]
    """
    for interaction in interactions:
        if not any(other != interaction and other & interaction == interaction for other in interactions):
            yield interactions - {interaction}
    for size in range(2, order + 1):
        for positions in itertools.combinations(range(k), size):
            mask = sum(1 << position for position in positions)
            faces = (mask ^ (1 << position) for position in positions)
            if mask not in interactions and (size == 2 or all(face in interactions for face in faces)):
                yield interactions | {mask}


def downhill_terms(counts: Floats, k: int, criterion: str, order: int) -> tuple[Integers, float]:
    """Terms of the model that the search ends at, and its expected unobserved people.

    Parameters
    ----------
    counts
        Counts by history.
    k
        Number of lists.
    criterion
        ``aic``, ``aicc`` or ``bic``.
    order
        Largest interaction.

    Returns
    -------
    tuple
        Terms; unobserved people, infinite where not even main effects have an estimate.
    """
    here: Interactions = frozenset()
    value, hidden = _values(counts, k, criterion, [here])
    if not np.isfinite(value[0]):
        return main_effects(k), np.inf
    best, unseen = float(value[0]), float(hidden[0])
    while True:
        around = list(neighbours(here, k, order))
        value, hidden = _values(counts, k, criterion, around)
        step = int(np.argmin(value)) if around else -1
        if step < 0 or not value[step] < best - 1e-9:
            return _terms(here, k), unseen
        here, best, unseen = around[step], float(value[step]), float(hidden[step])


def _terms(interactions: Interactions, k: int) -> Integers:
    ordered = sorted(interactions, key=lambda mask: (mask.bit_count(), mask))
    return np.concatenate([main_effects(k), np.array(ordered, dtype=np.int64)])


def _values(counts: Floats, k: int, criterion: str, models: list[Interactions]) -> tuple[Floats, Floats]:
    packed = Catalogue(k, (_terms(model, k).tolist() for model in models))
    codes = np.zeros(len(packed), dtype=np.int64)
    hidden, values = np.empty(len(packed)), np.empty(len(packed))
    fit_catalogue(counts, packed.terms, packed.starts, codes, hidden, values)
    criteria = penalties_of(criterion, np.diff(packed.starts), float(counts.sum())) - 2.0 * values
    return np.where(codes == 0, criteria, np.inf), hidden


def search_downhill(
    table: CaptureTable, criterion: str = "bic", *, order: int | None = None, level: float = 0.95
) -> LogLinearFit:
    """Fit the model at which the downhill search ends.

    Parameters
    ----------
    table
        The lists.
    criterion
        ``aic``, ``aicc`` or ``bic``.
    order
        Largest interaction; 2 by default.
    level
        Confidence of the (conditional) profile interval.

    Examples
    --------
    >>> korea = CaptureTable.from_histories(
    ...     "bcd", {(2,): 41, (1,): 5, (0,): 5, (0, 1): 54, (0, 2): 6, (0, 1, 2): 12})
    >>> search_downhill(korea).model
    '[12,23]'
    """
    terms, _ = downhill_terms(table.counts, table.k, criterion, min(order or 2, table.k - 1))
    return fit_loglinear(table, terms, level=level)
