"""Alternative tables: the cheapest way in which a cell could be larger or smaller without a reader noticing.

A cell is protected from below and above exactly when there are tables, equal to the true one in every published cell
and obeying every sum, in which the cell takes the values that must stay possible. Such a table is found as a
linear program over deviations from the true values; withholding the cells in which it differs makes it possible.
Source: Kelly, Golden and Assad (1992), *Cell suppression: disclosure protection for sensitive tabular data*,
Networks 22; Fischetti and Salazar-González (2001), *Solving the cell suppression problem on tabular data with linear
constraints*, Management Science 47(7), section 4 (heuristic).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kyoto.statistics.disclosure.linear import Program, solve
from kyoto.statistics.disclosure.structure import System

__all__ = ["Deviation", "Neighbourhoods", "cheapest_deviation"]

_NEGLIGIBLE = 1e-7
_GROWTH = 4
_MEMBERS_SHARE = 12
_GAP = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Deviation:
    """An alternative table, as differences from the true one.

    Parameters
    ----------
    cells
        Numbers of the cells that differ, increasing.
    amounts
        By how much, same shape.
    """

    cells: NDArray[np.int64]
    amounts: NDArray[np.float64]


class Neighbourhoods:
    """Cells near a cell: those that share a sum, those that share a sum with these, and so on.

    A protecting deviation is nearly always found among a few hundred cells around its target, so a large
    table is never solved as a whole.

    Parameters
    ----------
    system
        Cells and relations.
    usable
        Cells that may deviate.
    """

    def __init__(self, system: System, usable: NDArray[np.bool_]) -> None:
        self._usable = usable
        self._by_relation = sparse.csr_array(system.relations)
        self._by_cell = sparse.csr_array(system.relations.T)

    def around(self, cell: int, size: int, price: NDArray[np.float64]) -> NDArray[np.int64]:
        """Numbers of the nearest usable cells, layer by layer until there are ``size`` of them or no more.

        Of each sum only the cheapest members are taken, more of them for a larger size.
        """
        inside = np.zeros(len(self._usable), dtype=bool)
        inside[cell] = True
        frontier, missing = np.array([cell]), size
        while len(frontier) and missing > 0:
            relations = np.unique(_members(self._by_cell, frontier))
            reached = np.unique(self._cheapest(relations, price, size // _MEMBERS_SHARE))
            frontier = reached[~inside[reached]]
            inside[frontier] = True
            missing -= len(frontier)
        return np.flatnonzero(inside)

    def _cheapest(self, relations: NDArray[np.int64], price: NDArray[np.float64], most: int) -> NDArray[np.int64]:
        """The cheapest members of each relation that may deviate."""
        block = self._by_relation[relations]
        relation = np.repeat(np.arange(len(relations)), np.diff(block.indptr))
        member = block.indices.astype(np.int64)
        usable = self._usable[member] & np.isfinite(price[member])
        relation, member = relation[usable], member[usable]
        order = np.lexsort((member, price[member], relation))
        relation, member = relation[order], member[order]
        first = np.searchsorted(relation, relation)
        cheapest: NDArray[np.int64] = member[np.arange(len(member)) - first < most]
        return cheapest

    def relations_of(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the relations in which any of the cells stands."""
        return np.unique(_members(self._by_cell, cells))


def _members(matrix: sparse.csr_array, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    members: NDArray[np.int64] = matrix[rows].indices.astype(np.int64)
    return members


def cheapest_deviation(
    system: System,
    neighbourhoods: Neighbourhoods,
    price: NDArray[np.float64],
    cell: int,
    amount: float,
    *,
    whole: bool,
    size: int,
    largest: int | None = None,
) -> Deviation | None:
    """Cheapest alternative table in which one cell differs by a given amount.

    Parameters
    ----------
    system
        Cells and relations.
    neighbourhoods
        Where to look; cells that it leaves out do not deviate.
    price
        Cost of one unit of deviation of each cell; infinite for cells that must not deviate.
    cell
        Number of the cell.
    amount
        Deviation that it must have, of either sign.
    whole
        Counts: only whole deviations are possible.
    size
        Number of cells to start with; grown until a deviation is found or all are in.
    largest
        Size at which to give up.

    Returns
    -------
    Deviation or None
        None if no table at all has this deviation, or none was found up to ``largest``.
    """
    last = len(system.values) * _MEMBERS_SHARE if largest is None else largest
    while True:
        near = neighbourhoods.around(cell, size, price)
        found = _within(system, neighbourhoods, price, near, cell, amount, whole=whole)
        if found is not None or size >= last:
            return found
        size *= _GROWTH


def _within(
    system: System,
    neighbourhoods: Neighbourhoods,
    price: NDArray[np.float64],
    near: NDArray[np.int64],
    cell: int,
    amount: float,
    *,
    whole: bool,
) -> Deviation | None:
    """Cheapest deviation among some cells: rises first, falls second among the variables of the program."""
    rows = neighbourhoods.relations_of(near)
    block = system.relations[rows][:, near]
    rest = system.relations[rows] @ system.values
    equal = (system.lowest[rows] == 0) & (system.highest[rows] == 0)
    rest[equal] = 0.0
    own = near == cell
    cost = np.where(own, 0.0, price[near])
    program = Program(
        cost=np.concatenate([cost, cost]),
        matrix=sparse.csr_array(sparse.hstack([block, -block])),
        row_lowest=system.lowest[rows] - rest,
        row_highest=system.highest[rows] - rest,
        lowest=np.concatenate([np.where(own, max(amount, 0.0), 0.0), np.where(own, max(-amount, 0.0), 0.0)]),
        highest=np.concatenate(
            [
                np.where(own, max(amount, 0.0), np.inf),
                np.where(own, max(-amount, 0.0), system.values[near]),
            ]
        ),
    )
    solution = solve(program, whole=whole, gap=_GAP)
    if not len(solution.x):
        return None
    difference = solution.x[: len(near)] - solution.x[len(near) :]
    if whole:
        difference = np.rint(difference)
    moved = np.abs(difference) > _NEGLIGIBLE
    return Deviation(near[moved], difference[moved])
