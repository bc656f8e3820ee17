"""Totals, means, ratios and shares in one form: sums over sums, so that one piece of arithmetic serves them all.

A :class:`Statistic` says what each row adds to the numerator and the denominator of each figure. Its rows may be
people, or clusters in which people were already summed up (by DuckDB, for big files): the arithmetic is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kyoto.analysis.surveys.arrays import Floats, Ints
from kyoto.analysis.surveys.choices import Kind

__all__ = ["Entries", "Moments", "Statistic", "linearized", "ratio_of", "share_statistic", "value_statistic"]


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """A sparse matrix of rows by figures.

    Parameters
    ----------
    row, term, value
        Row ``row[i]`` adds ``value[i]`` to figure ``term[i]``.
    """

    row: Ints
    term: Ints
    value: Floats

    def sums(self, weights: Floats, terms: int) -> Floats:
        """Weighted sums of each figure, shape (terms,)."""
        return np.asarray(np.bincount(self.term, weights=self.value * weights[self.row], minlength=terms))

    def weighted_sums(self, weights: Floats, terms: int) -> Floats:
        """Sums under several sets of weights.

        Parameters
        ----------
        weights
            Shape (rows, sets).
        terms
            Number of figures.

        Returns
        -------
        numpy.ndarray
            Shape (terms, sets).
        """
        from scipy import sparse

        shape = (terms, weights.shape[0])
        matrix = sparse.csr_matrix((self.value, (self.term, self.row)), shape=shape)
        return np.asarray(matrix @ weights)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """What the variance under simple random sampling needs, by figure; each array has shape (terms,).

    Parameters
    ----------
    n
        Rows with a weight.
    base
        Those among them that count below the line: all but for ratios.
    cases
        Those among them that add something above the line: the victims among the people asked.
    weight
        Sum of weights.
    yy, xy, xx
        Weighted sums of squares and products of numerator and denominator values (means and shares: denominator 1).
    """

    n: Floats
    base: Floats
    cases: Floats
    weight: Floats
    yy: Floats
    xy: Floats
    xx: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Statistic:
    """Figures as sums over sums.

    Parameters
    ----------
    kind
        What they are.
    numerator
        What each row adds above the line.
    denominator
        What each row adds below it; None for totals.
    terms
        Number of figures.
    """

    kind: Kind
    numerator: Entries
    denominator: Entries | None
    terms: int


def value_statistic(kind: Kind, domain: Ints, domains: int, numerator: Floats, denominator: Floats | None) -> Statistic:
    """Total, mean or ratio of a value in each domain.

    Parameters
    ----------
    kind
        ``total``, ``mean`` or ``ratio``.
    domain
        Domain of each row; -1 for rows that belong to none.
    domains
        Number of domains.
    numerator
        Value of each row.
    denominator
        Value below the line of each row; None for totals.
    """
    inside = np.flatnonzero(domain >= 0)
    term = domain[inside]
    below = None if denominator is None else Entries(inside, term, denominator[inside])
    return Statistic(kind, Entries(inside, term, numerator[inside]), below, domains)


def share_statistic(domain: Ints, domains: int, level: Ints, levels: int, size: Floats) -> Statistic:
    """Share of each level of a category in each domain; figure ``domain × levels + level``.

    Parameters
    ----------
    domain, domains
        As in :func:`value_statistic`.
    level
        Level of each row.
    levels
        Number of levels.
    size
        What a row counts: 1, or its weight where rows are sums.
    """
    inside = np.flatnonzero((domain >= 0) & (level >= 0))
    above = Entries(inside, domain[inside] * levels + level[inside], size[inside])
    row = np.repeat(inside, levels)
    term = np.repeat(domain[inside] * levels, levels) + np.tile(np.arange(levels), len(inside))
    return Statistic("proportion", above, Entries(row, term, size[row]), domains * levels)


def ratio_of(above: Floats, below: Floats | None) -> Floats:
    """Figures from their sums; not a number where there is nothing below the line."""
    if below is None:
        return above
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below == 0, np.nan, above / below)


def linearized(statistic: Statistic, weights: Floats) -> tuple[Floats, Entries]:
    """Figures and what each row contributes to their sampling error.

    Parameters
    ----------
    statistic
        What is estimated.
    weights
        Sampling weights, shape (rows,).

    Returns
    -------
    tuple
        Estimates, shape (terms,), and weighted linearized values (Särndal, Swensson & Wretman 1992, section 5.5).
    """
    above = statistic.numerator.sums(weights, statistic.terms)
    if statistic.denominator is None:
        row, term = statistic.numerator.row, statistic.numerator.term
        return above, Entries(row, term, statistic.numerator.value * weights[row])
    below = statistic.denominator.sums(weights, statistic.terms)
    estimate = ratio_of(above, below)
    safe = np.where(below == 0, 1.0, below)
    known = np.nan_to_num(estimate)
    parts: Sequence[tuple[Entries, Floats]] = (
        (statistic.numerator, 1.0 / safe),
        (statistic.denominator, -known / safe),
    )
    row = np.concatenate([entries.row for entries, _ in parts])
    term = np.concatenate([entries.term for entries, _ in parts])
    value = np.concatenate([entries.value * factor[entries.term] for entries, factor in parts])
    return estimate, Entries(row, term, value * weights[row])
