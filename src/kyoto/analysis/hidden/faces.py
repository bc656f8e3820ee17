"""Existence of the maximum likelihood estimate, compiled: rank first, a small simplex only where rank is not enough.

A Poisson log-linear fit exists exactly when the vector of sufficient statistics lies in the relative interior of the
cone of the design (Fienberg and Rinaldo 2012, theorem 3.2). Equivalently there is no direction ``d`` of recession: no
``d`` with ``A d = 0`` on the histories with people, ``A d <= 0`` on those without, and ``A d < 0`` on one of them.
Where the rows of ``A`` with people already have full column rank, ``A d = 0`` leaves ``d = 0`` alone and the fit
exists; that settles almost every model at the cost of one elimination. Otherwise the search for ``d`` is a linear
program in the few dimensions that the elimination left free, solved here by the simplex method with Bland's rule. The
slower test in :mod:`kyoto.analysis.hidden.existence` solves Fienberg and Rinaldo's program with HiGHS; both are
tested to agree.
"""

from __future__ import annotations

import numpy as np

from kyoto.analysis.hidden.arrays import Booleans, Floats, Integers
from kyoto.analysis.hidden.compiled import compiled
from kyoto.analysis.hidden.kernels import superset_sums

__all__ = ["existence_code", "null_space", "recession_exists", "split_model"]

SMALL = 1e-9


@compiled
def split_model(counts: Floats, terms: Integers, cells: Booleans) -> Integers:
    """Drop parameters at minus infinity with their histories.

    Parameters
    ----------
    counts
        Counts by history.
    terms
        Masks of all parameters of the model, the intercept first.
    cells
        Receives which histories remain: observable, and in no interaction whose total is zero.

    Returns
    -------
    numpy.ndarray
        Masks of the finite parameters: those whose sufficient statistic is positive.
    """
    totals = counts.copy()
    totals[0] = 0.0
    superset_sums(totals)
    cells[:] = True
    cells[0] = False
    finite = np.empty(terms.shape[0], dtype=np.int64)
    kept = 0
    for term in terms:
        if totals[term] > 0.0 or term == 0:
            finite[kept] = term
            kept += 1
        else:
            for cell in range(cells.shape[0]):
                if cell & term == term:
                    cells[cell] = False
    return finite[:kept]


@compiled
def largest_pivot(rows: Floats, first: int, column: int) -> int:
    """Row from ``first`` on with the largest entry in a column."""
    best = first
    for row in range(first, rows.shape[0]):
        if abs(rows[row, column]) > abs(rows[best, column]):
            best = row
    return best


@compiled
def reduce_rows(rows: Floats, pivots: Integers) -> int:
    """Gauss-Jordan elimination in place; ``pivots`` receives each column's row or -1. Returns the rank."""
    count, size = rows.shape
    pivots[:] = -1
    rank = 0
    for column in range(size):
        if rank >= count:
            break
        best = largest_pivot(rows, rank, column)
        if abs(rows[best, column]) < SMALL:
            continue
        for other in range(size):
            rows[rank, other], rows[best, other] = rows[best, other], rows[rank, other]
        pivot = rows[rank, column]
        for other in range(column, size):
            rows[rank, other] /= pivot
        for row in range(count):
            factor = rows[row, column]
            if row != rank and factor != 0.0:
                for other in range(column, size):
                    rows[row, other] -= factor * rows[rank, other]
        pivots[column] = rank
        rank += 1
    return rank


@compiled
def has_full_column_rank(rows: Floats) -> bool:
    """Forward elimination alone, which stops at the first column without a pivot; ``rows`` is destroyed."""
    count, size = rows.shape
    if count < size:
        return False
    for column in range(size):
        best = largest_pivot(rows, column, column)
        if abs(rows[best, column]) < SMALL:
            return False
        for other in range(column, size):
            rows[column, other], rows[best, other] = rows[best, other], rows[column, other]
        for row in range(column + 1, count):
            factor = rows[row, column] / rows[column, column]
            if factor != 0.0:
                for other in range(column + 1, size):
                    rows[row, other] -= factor * rows[column, other]
    return True


@compiled
def null_space(rows: Floats) -> Floats:
    """Basis of the null space, one vector a column; ``rows`` is destroyed."""
    size = rows.shape[1]
    pivots = np.empty(size, dtype=np.int64)
    rank = reduce_rows(rows, pivots)
    basis = np.zeros((size, size - rank))
    free = 0
    for column in range(size):
        if pivots[column] < 0:
            basis[column, free] = 1.0
            for other in range(size):
                if pivots[other] >= 0:
                    basis[other, free] = -rows[pivots[other], column]
            free += 1
    return basis


@compiled
def entering(table: Floats) -> int:
    """Column with a negative reduced cost of lowest index (Bland), or -1."""
    for column in range(table.shape[1] - 1):
        if table[-1, column] < -SMALL:
            return column
    return -1


@compiled
def leaving(table: Floats, basis: Integers, column: int) -> int:
    """Row of the smallest ratio, ties by the lowest basic variable (Bland), or -1."""
    row = -1
    for candidate in range(table.shape[0] - 1):
        if table[candidate, column] > SMALL:
            if row < 0:
                row = candidate
                continue
            here = table[candidate, -1] * table[row, column]
            best = table[row, -1] * table[candidate, column]
            if here < best - SMALL or (here <= best + SMALL and basis[candidate] < basis[row]):
                row = candidate
    return row


@compiled
def pivot_on(table: Floats, row: int, column: int) -> None:
    """Gauss-Jordan step of the simplex tableau."""
    table[row] /= table[row, column]
    for other in range(table.shape[0]):
        if other != row and table[other, column] != 0.0:
            table[other] -= table[other, column] * table[row]


@compiled
def recession_exists(rows: Floats) -> bool:
    """Whether some ``d`` has ``rows d <= 0`` and not ``rows d = 0``.

    Maximises ``-sum(rows d)`` under ``-1 <= rows d <= 0``; the origin is feasible, so the slack basis starts.
    """
    count, size = rows.shape
    table = np.zeros((2 * count + 1, 2 * size + 2 * count + 1))
    basis = np.empty(2 * count, dtype=np.int64)
    for row in range(count):
        for column in range(size):
            value = rows[row, column]
            table[row, column] = value
            table[row, size + column] = -value
            table[count + row, column] = -value
            table[count + row, size + column] = value
            table[2 * count, column] += value
            table[2 * count, size + column] -= value
        table[count + row, -1] = 1.0
    for row in range(2 * count):
        table[row, 2 * size + row] = 1.0
        basis[row] = 2 * size + row
    for _ in range(10000):
        column = entering(table)
        if column < 0:
            break
        row = leaving(table, basis, column)
        if row < 0:
            return True
        pivot_on(table, row, column)
        basis[row] = column
        if table[-1, -1] > 1e-6:
            return True
    return bool(table[-1, -1] > 1e-6)


@compiled
def design_rows(counts: Floats, terms: Integers, cells: Booleans, positive: bool) -> Floats:
    """Rows of the design for the histories with people, or for those without."""
    wanted = 0
    for cell in range(cells.shape[0]):
        if cells[cell] and (counts[cell] > 0.0) == positive:
            wanted += 1
    rows = np.zeros((wanted, terms.shape[0]))
    filled = 0
    for cell in range(cells.shape[0]):
        if cells[cell] and (counts[cell] > 0.0) == positive:
            for index in range(terms.shape[0]):
                if cell & terms[index] == terms[index]:
                    rows[filled, index] = 1.0
            filled += 1
    return rows


@compiled
def existence_code(counts: Floats, terms: Integers, cells: Booleans) -> int:
    """Verdict on finite parameters ``terms`` over ``cells`` (both from :func:`split_model`).

    Returns
    -------
    int
        0 the estimate exists and is identifiable; 1 it does not exist; 2 it is not identifiable; 3 neither.
    """
    seen = design_rows(counts, terms, cells, True)
    if has_full_column_rank(seen.copy()):
        return 0
    deficient = terms.shape[0] > cells.sum()
    basis = null_space(seen)
    zeros = design_rows(counts, terms, cells, False) @ basis
    if zeros.shape[0] == 0:
        return 2
    if not deficient:
        deficient = null_space(zeros.copy()).shape[1] > 0
    missing = recession_exists(zeros)
    return (1 if missing else 0) + (2 if deficient else 0)
