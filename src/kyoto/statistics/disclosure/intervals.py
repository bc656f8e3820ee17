"""What a reader can work out: the smallest and largest value of each withheld cell that fit everything published."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kyoto.core.errors import KyotoError
from kyoto.statistics.disclosure.controlled import components
from kyoto.statistics.disclosure.linear import Program, solve
from kyoto.statistics.disclosure.structure import System

__all__ = ["feasible_intervals"]

_ROUND_OFF = 1e-6


def feasible_intervals(
    system: System,
    published: NDArray[np.float64],
    targets: NDArray[np.bool_],
    *,
    whole: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Feasible interval of withheld cells.

    Parameters
    ----------
    system
        Cells and what a reader knows to hold between them.
    published
        Published values, shape ``(cells,)``; NaN where withheld. The reader knows that no cell is negative.
    targets
        Withheld cells whose interval is asked for.
    whole
        The reader knows that the values are whole numbers.

    Returns
    -------
    lower, upper
        Shape ``(cells,)``; NaN for cells that are no target, infinity where nothing bounds a cell.

    Raises
    ------
    KyotoError
        ``disclosure.contradictory-tables``: no table at all fits what is published.
    """
    lower, upper = np.full(len(published), np.nan), np.full(len(published), np.nan)
    hidden = np.isnan(published)
    known = np.where(hidden, 0.0, published)
    pattern = sparse.csr_array(system.relations)
    numbers = np.flatnonzero(hidden)
    for part in components(sparse.csr_array(pattern[:, numbers])):
        cells = numbers[part]
        if targets[cells].any():
            program = _program(system, pattern, known, cells)
            for place in np.flatnonzero(targets[cells]).tolist():
                lower[cells[place]] = _extreme(program, place, 1.0, whole)
                upper[cells[place]] = -_extreme(program, place, -1.0, whole)
    return lower, upper


def _program(
    system: System, pattern: sparse.csr_array, known: NDArray[np.float64], cells: NDArray[np.int64]
) -> Program:
    """All that is known about some withheld cells."""
    block = sparse.csc_array(pattern[:, cells])
    rows = np.unique(block.indices)
    fixed = pattern[rows] @ known
    return Program(
        cost=np.zeros(len(cells)),
        matrix=sparse.csr_array(sparse.csr_array(block)[rows]),
        row_lowest=system.lowest[rows] - fixed,
        row_highest=system.highest[rows] - fixed,
        lowest=np.zeros(len(cells)),
        highest=np.full(len(cells), np.inf),
    )


def _extreme(program: Program, place: int, sign: float, whole: bool) -> float:
    """Smallest value of ``sign`` times one cell."""
    cost = np.zeros(len(program.cost))
    cost[place] = sign
    asked = Program(cost, program.matrix, program.row_lowest, program.row_highest, program.lowest, program.highest)
    solution = solve(asked, whole=whole)
    if solution.verdict == "infeasible":
        raise KyotoError(
            "The published tables contradict each other",
            code="disclosure.contradictory-tables",
            detail="No values of the withheld cells make all sums hold.",
            hint="Pass the true cells too, so that only sums that hold are assumed, or attack unlike tables apart.",
        )
    if solution.verdict == "unbounded":
        return -np.inf
    nearest = np.rint(solution.objective)
    return float(nearest) if abs(solution.objective - nearest) < _ROUND_OFF else solution.objective
