"""Linear and integer programs, solved by HiGHS through SciPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Program", "Solution", "solve"]

_WHOLE_TOLERANCE = 1e-6
_OPTIMAL, _INFEASIBLE, _UNBOUNDED, _UNCLEAR = 0, 2, 3, 4


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Minimise ``cost @ x`` where ``row_lowest <= matrix @ x <= row_highest`` and ``lowest <= x <= highest``."""

    cost: NDArray[np.float64]
    matrix: sparse.csr_array
    row_lowest: NDArray[np.float64]
    row_highest: NDArray[np.float64]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What the solver says.

    Parameters
    ----------
    verdict
        ``optimal``, ``infeasible``, ``unbounded`` or ``unsolved`` (a limit was reached).
    objective
        Cost of ``x``; a bound that no solution beats where a whole solution was asked for but not proved best.
    x
        The solution, empty if there is none.
    """

    verdict: str
    objective: float
    x: NDArray[np.float64]


def solve(program: Program, *, whole: bool = False, nodes: int = 20_000, gap: float = 0.0) -> Solution:
    """Solve a program.

    Parameters
    ----------
    program
        The program.
    whole
        Ask for whole numbers. The linear program is solved first, for most tables give whole solutions anyway.
    nodes
        Limit of the branch-and-bound tree; a count and not a time, so that the answer is the same on any machine.
    gap
        Relative distance from the best whole solution that will do.

    Returns
    -------
    Solution

    Examples
    --------
    >>> one = np.ones(1)
    >>> program = Program(-one, sparse.csr_array([[2.0]]), 0 * one, 3 * one, 0 * one, np.inf * one)
    >>> solve(program).objective, solve(program, whole=True).objective
    (-1.5, -1.0)
    """
    relaxed = _milp(program, whole=False)
    if not whole or relaxed.verdict != "optimal" or _is_whole(relaxed.x):
        return relaxed
    return _milp(program, whole=True, nodes=nodes, gap=gap)


def _is_whole(x: NDArray[np.float64]) -> bool:
    return bool(np.abs(x - np.rint(x)).max(initial=0.0) < _WHOLE_TOLERANCE)


def _milp(program: Program, *, whole: bool, nodes: int = 0, gap: float = 0.0) -> Solution:
    from scipy.optimize import Bounds, LinearConstraint, milp

    constraints = []
    if program.matrix.shape[0]:
        constraints.append(LinearConstraint(program.matrix, program.row_lowest, program.row_highest))
    found = milp(
        program.cost,
        constraints=constraints,
        bounds=Bounds(program.lowest, program.highest),
        integrality=np.full(len(program.cost), int(whole)),
        options={"node_limit": nodes, "mip_rel_gap": gap} if whole else {},
    )
    if found.status == _OPTIMAL:
        return Solution("optimal", float(found.fun), np.asarray(found.x))
    if found.status == _INFEASIBLE:
        return Solution("infeasible", np.inf, np.array([]))
    if found.status == _UNBOUNDED or (found.status == _UNCLEAR and _has_ray(program)):
        return Solution("unbounded", -np.inf, np.array([]))
    bound = getattr(found, "mip_dual_bound", None)
    x = np.array([]) if found.x is None else np.asarray(found.x)
    return Solution("unsolved", -np.inf if bound is None else float(bound), x)


def _has_ray(program: Program) -> bool:
    """Whether a program that the solver calls unbounded or infeasible has a solution, and so is unbounded."""
    no_cost = Program(
        np.zeros_like(program.cost),
        program.matrix,
        program.row_lowest,
        program.row_highest,
        program.lowest,
        program.highest,
    )
    return _milp(no_cost, whole=False).verdict == "optimal"
