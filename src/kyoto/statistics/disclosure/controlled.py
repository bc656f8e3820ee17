"""Controlled rounding: every cell goes to a multiple of the base, and all sums still add up.

Source: Cox and Ernst (1982), *Controlled rounding*, INFOR 20(4): in two dimensions a rounding to neighbouring multiples
that adds up always exists; Causey, Cox and Ernst (1985), JASA 80(392): in three dimensions it need not. There, a few
cells go one multiple further.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from kyoto.statistics.disclosure.linear import Program, solve
from kyoto.statistics.disclosure.rounding import round_conventionally
from kyoto.statistics.disclosure.structure import System

__all__ = ["ControlledRounding", "components", "round_with_totals"]

_FAR = 1000.0
_FURTHER_STEPS = 2


@dataclass(frozen=True, slots=True, eq=False)
class ControlledRounding:
    """Rounded cells.

    Parameters
    ----------
    values
        Multiples of the base, shape ``(cells,)``.
    further
        Number of cells that are not one of the two neighbouring multiples.
    apart
        Number of cells in parts of the table that were too large or too hard, and were rounded cell by cell.
    """

    values: NDArray[np.float64]
    further: int
    apart: int


def round_with_totals(system: System, base: int, *, largest_part: int) -> ControlledRounding:
    """Round all cells so that every sum that held still holds.

    Parameters
    ----------
    system
        Cells and relations.
    base
        2 or more.
    largest_part
        Cells of a connected part (cells tied by sums) up to which it is solved; a larger part is rounded
        cell by cell to the nearest multiple.

    Returns
    -------
    ControlledRounding

    Examples
    --------
    >>> import pandas as pd
    >>> from kyoto.statistics.disclosure.structure import build_system
    >>> frame = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [15.0, 7.0, 8.0]})
    >>> round_with_totals(build_system([frame], [["sex"]], {}), 5, largest_part=100).values.tolist()
    [5.0, 10.0, 15.0]
    """
    rounded = round_conventionally(system.values, base)
    apart = 0
    for part in components(system.relations):
        if len(part) == 1:
            continue
        solved = _round_part(system, base, part) if len(part) <= largest_part else None
        if solved is None:
            apart += len(part)
        else:
            rounded[part] = solved
    further = int(np.sum(np.abs(rounded - system.values) >= base))
    return ControlledRounding(rounded, further, apart)


def components(relations: sparse.csr_array) -> list[NDArray[np.int64]]:
    """Cells that are tied by sums, directly or through others, as lists of cell numbers.

    Examples
    --------
    >>> [part.tolist() for part in components(sparse.csr_array([[1.0, -1.0, 0.0]]))]
    [[0, 1], [2]]
    """
    # cells and sums as the two sides of one graph: a sum of many cells ties them without a tie for every pair
    sums, cells = relations.shape
    if not cells:
        return []
    nothing = sparse.csr_array((cells, cells)), sparse.csr_array((sums, sums))
    graph = sparse.block_array([[nothing[0], abs(relations).T], [None, nothing[1]]])
    label = connected_components(graph, directed=False)[1][:cells]
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)


def _round_part(system: System, base: int, part: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Neighbouring multiples if they can add up, else the fewest steps further; None where the solver gives up."""
    for further in range(_FURTHER_STEPS + 1):
        solution = solve(_program(system, base, part, further), whole=True)
        if len(solution.x):
            steps = np.rint(solution.x[: len(part)])
            below = np.floor(system.values[part] / base)
            return (below + steps) * base
    return None


def _program(system: System, base: int, part: NDArray[np.int64], further: int) -> Program:
    """Steps up from the lower neighbour, and how many of them lead beyond the neighbours."""
    values = system.values[part]
    below = np.floor(values / base)
    exact = values == below * base
    touching = np.unique(system.relations.T.tocsr()[part].indices)
    block = system.relations[touching][:, part]
    cells = len(part)
    beyond = sparse.hstack([sparse.eye_array(cells), -sparse.eye_array(cells)])
    short = sparse.hstack([sparse.eye_array(cells), sparse.eye_array(cells)])
    sums = sparse.hstack([block, sparse.csr_array((len(touching), cells))])
    # a step costs the distance it adds: base - 2 (value - lower neighbour), negative where up is nearer
    nearness = np.where(exact, base, base - 2 * (values - below * base))
    return Program(
        cost=np.concatenate([nearness, np.full(cells, _FAR * base)]),
        matrix=sparse.csr_array(sparse.vstack([sums, beyond, short])),
        row_lowest=np.concatenate(
            [system.lowest[touching] / base - block @ below, np.full(cells, -np.inf), np.zeros(cells)]
        ),
        row_highest=np.concatenate(
            [system.highest[touching] / base - block @ below, np.where(exact, 0.0, 1.0), np.full(cells, np.inf)]
        ),
        lowest=np.concatenate([np.maximum(-further, -below), np.zeros(cells)]),
        highest=np.concatenate([np.where(exact, 0.0, 1.0) + further, np.full(cells, float(further))]),
    )
