"""Which protected numbers everything published together tells: linear and integer programs, as few as will do.

A number is *told* if all true counts that fit what is known keep it between one and the largest small count. To show
that it is not, one fitting table in which it is zero or not small is enough, and one table serves for many numbers: two
programs ask for tables in which as many numbers as possible are not small, and as many as possible are zero. What is
left is asked for one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kyoto.statistics.disclosure.controlled import components
from kyoto.statistics.disclosure.deviation import Neighbourhoods
from kyoto.statistics.disclosure.linear import Program, solve
from kyoto.statistics.disclosure.narrowing import narrowed
from kyoto.statistics.disclosure.reader import Reader
from kyoto.statistics.disclosure.structure import System

__all__ = ["Told", "feasible_ranges", "tell"]

_ROUND_OFF = 1e-6
_ROUNDS = 1
_NEAR = 150
_COST = 0.01
_NODES = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What was found out of each protected number.

    Parameters
    ----------
    told
        It is proved to be small; shape ``(numbers,)``.
    examined
        False where the work allowed was not enough to say.
    lower, upper
        Feasible interval, NaN where a table was found that shows the number not to be told, and no more was asked.
    """

    told: NDArray[np.bool_]
    examined: NDArray[np.bool_]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def tell(reader: Reader, numbers: sparse.csr_array, small: int, *, largest_part: int, work: int) -> Told:
    """Find the numbers that are told.

    Parameters
    ----------
    reader
        What is known.
    numbers
        Each a sum or difference of unknowns, shape ``(numbers, unknowns)``; in truth from 1 to ``small - 1``.
    small
        Counts from this on are not small.
    largest_part
        Unknowns that are tied together, up to which programs are solved; of larger parts only what single relations
        tell, taken one after the other, is found out.
    work
        Programs that ask for one number alone, times the unknowns of each, that are solved.

    Returns
    -------
    Told
    """
    count = numbers.shape[0]
    found = Told(
        np.zeros(count, dtype=bool), np.zeros(count, dtype=bool), np.full(count, np.nan), np.full(count, np.nan)
    )
    least, most = narrowed(reader)
    known = replace(reader, least=least, most=most)
    low, high = _ends(numbers, least, most)
    proved = (low > _ROUND_OFF) & (high < small - _ROUND_OFF)
    found.told[proved] = found.examined[proved] = True
    found.lower[proved], found.upper[proved] = low[proved], high[proved]
    ties = sparse.csr_array(sparse.vstack([reader.relations, numbers]))
    left = np.flatnonzero(~proved)
    home = numbers.indices[numbers.indptr[:-1]]
    label = np.zeros(len(reader.values), dtype=np.int64)
    parts = components(ties)
    for place, part in enumerate(parts):
        label[part] = place
    for place in np.unique(label[home[left]]).tolist():
        own = left[label[home[left]] == place]
        if len(parts[place]) <= largest_part:
            work = _Part(known, parts[place], numbers[own], small).examine(found, own, work)
    return found


def feasible_ranges(reader: Reader, numbers: sparse.csr_array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest value of every number, each by programs of its own.

    Parameters
    ----------
    reader, numbers
        As in :func:`tell`.

    Returns
    -------
    lower, upper
        Shape ``(numbers,)``.
    """
    least, most = narrowed(reader)
    known = replace(reader, least=least, most=most)
    whole = _Part(known, np.arange(len(reader.values)), numbers, 1)
    ends = [(whole.end(place, 1.0), -whole.end(place, -1.0)) for place in range(numbers.shape[0])]
    lower, upper = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    return lower, upper


def _ends(
    numbers: sparse.csr_array, least: NDArray[np.float64], most: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the bounds of the unknowns alone say of each number."""
    plus, minus = sparse.csr_array(numbers.maximum(0)), sparse.csr_array((-numbers).maximum(0))
    endless = np.where(np.isinf(most), 1.0, 0.0)
    top = np.where(np.isinf(most), 0.0, most)
    low = plus @ least - minus @ top
    high = plus @ top - minus @ least
    return np.where(minus @ endless > 0, -np.inf, low), np.where(plus @ endless > 0, np.inf, high)


@dataclass(frozen=True, slots=True, eq=False)
class _More:
    """Rows, and columns behind those of the deviations, that a question adds to what is known."""

    rows: sparse.csr_array | None = None
    row_lowest: NDArray[np.float64] = field(default_factory=lambda: np.array([]))
    row_highest: NDArray[np.float64] = field(default_factory=lambda: np.array([]))
    lowest: NDArray[np.float64] = field(default_factory=lambda: np.array([]))
    highest: NDArray[np.float64] = field(default_factory=lambda: np.array([]))


_NO_MORE = _More()
_Cells = NDArray[np.int64] | None


class _Part:
    """Unknowns that are tied together, and the protected numbers among them.

    Programs are written in deviations from the true counts, which fit all that is known.
    """

    def __init__(self, reader: Reader, unknowns: NDArray[np.int64], numbers: sparse.csr_array, small: int) -> None:
        columns = sparse.csc_array(reader.relations)[:, unknowns]
        rows = np.unique(columns.indices)
        self.relations = sparse.csr_array(sparse.csr_array(columns)[rows])
        self.numbers = sparse.csr_array(sparse.csc_array(numbers)[:, unknowns])
        self.small = small
        self.whole = reader.whole
        self.values = reader.values[unknowns]
        true = self.relations @ self.values
        self.row_room = reader.lowest[rows] - true, reader.highest[rows] - true
        self.room = np.array([reader.most[unknowns] - self.values, self.values - reader.least[unknowns]])
        self.lowest = _ends(self.numbers, reader.least[unknowns], reader.most[unknowns])[0]
        every = np.ones(len(unknowns), dtype=bool)
        system = System(reader.cells.iloc[unknowns], self.values, every, self.relations, *self.row_room, ())
        self.around = Neighbourhoods(system, every)
        self.price = 1.0 / (1.0 + self.room.sum(axis=0))

    def examine(self, found: Told, own: NDArray[np.int64], work: int) -> int:
        """Settle every number as far as the work goes; what is left of the work."""
        left = np.ones(len(own), dtype=bool)
        for largest in (True, False) * _ROUNDS:
            if left.any():
                left &= ~self._open_in(self._deviation(self._many(np.flatnonzero(left), largest=largest)))
        for place in np.flatnonzero(left).tolist():
            if left[place] and work >= _NEAR:
                work -= _NEAR
                left &= ~self._open_in(self._nearby(place))
        for place in np.flatnonzero(left).tolist():
            if left[place] and work >= len(self.values):
                work -= len(self.values)
                left &= ~self._settle(found, own, place)
        found.examined[own[~left]] = True
        return work

    def _settle(self, found: Told, own: NDArray[np.int64], place: int) -> NDArray[np.bool_]:
        """Ask for one number; the numbers that are settled by the way, and this one unless the solver gives up."""
        settled = np.zeros(self.numbers.shape[0], dtype=bool)
        verdicts = []
        for goal in self._goals(place):
            solution = solve(self._one(place, goal), whole=self.whole, nodes=_NODES, gap=1.0)
            verdicts.append(solution.verdict)
            if len(solution.x):
                settled |= self._open_in(self._split(solution.x))
                settled[place] = True
                return settled
        if set(verdicts) == {"infeasible"}:
            number = own[place]
            found.told[number] = settled[place] = True
            found.lower[number], found.upper[number] = self.end(place, 1.0), -self.end(place, -1.0)
        return settled

    def end(self, place: int, sign: float) -> float:
        """Smallest value of ``sign`` times one number."""
        number = sign * self.numbers[[place]].toarray().ravel()
        program = self._program(np.concatenate([number, -number]))
        solution = solve(program, whole=self.whole)
        if solution.verdict == "unbounded":
            return -np.inf
        value = float(number @ self.values) + solution.objective
        nearest = np.rint(value)
        # between two whole numbers a bound tells the next one
        rounded = np.ceil(value - _ROUND_OFF) if self.whole else value
        return float(nearest if abs(nearest - value) < _ROUND_OFF else rounded)

    def _program(self, cost: NDArray[np.float64], more: _More = _NO_MORE, near: _Cells = None) -> Program:
        """All that is known, as a program over rises and falls (of some unknowns, if not all) and what is asked."""
        relations, (lowest, highest), room = self.relations, self.row_room, self.room
        if near is not None:
            block = sparse.csc_array(relations)[:, near]
            rows = np.unique(block.indices)
            relations, lowest, highest = sparse.csr_array(block)[rows], lowest[rows], highest[rows]
            room = room[:, near]
        nothing = sparse.csr_array((relations.shape[0], len(more.lowest)))
        known = sparse.hstack([relations, -relations, nothing])
        return Program(
            cost=cost,
            matrix=sparse.csr_array(known if more.rows is None else sparse.vstack([known, more.rows])),
            row_lowest=np.concatenate([lowest, more.row_lowest]),
            row_highest=np.concatenate([highest, more.row_highest]),
            lowest=np.concatenate([np.zeros(room.size), more.lowest]),
            highest=np.concatenate([room.ravel(), more.highest]),
        )

    def _one(self, place: int, goal: tuple[float, float], near: _Cells = None) -> Program:
        """The nearest fitting table in which one number reaches a goal."""
        number = self.numbers[[place]]
        true = float((number @ self.values)[0])
        if near is not None:
            number = sparse.csr_array(sparse.csc_array(number)[:, near])
        rows = sparse.csr_array(sparse.hstack([number, -number]))
        more = _More(rows, np.array([goal[0] - true]), np.array([goal[1] - true]))
        return self._program(np.ones(rows.shape[1]), more, near)

    def _goals(self, place: int) -> list[tuple[float, float]]:
        """What a number must reach not to be told: not small, or zero where its unknowns alone allow that."""
        goals = [(float(self.small), np.inf), (-np.inf, 0.0)]
        return goals if self.lowest[place] < _ROUND_OFF else goals[:1]

    def _nearby(self, place: int) -> NDArray[np.float64]:
        """Deviation of a table that differs from the true one near a number alone, and in which it is not told."""
        cells = [self.around.around(int(cell), _NEAR, self.price) for cell in self.numbers[[place]].indices]
        near = np.unique(np.concatenate(cells))
        deviation = np.zeros(len(self.values))
        for goal in self._goals(place):
            solution = solve(self._one(place, goal, near))
            if len(solution.x):
                deviation[near] = self._split(solution.x, near)
                break
        return deviation

    def _many(self, chosen: NDArray[np.int64], *, largest: bool) -> Program:
        """A near table in which many of the numbers are as large as they must be not to be small, or zero."""
        numbers, count = self.numbers[chosen], len(chosen)
        true = numbers @ self.values
        # beside the deviations stands what each number counts: no more than is asked for
        rows = sparse.csr_array(sparse.hstack([numbers, -numbers, -sparse.eye_array(count)]))
        endless = np.full(count, np.inf)
        if largest:
            more = _More(rows, -true, endless, -endless, np.full(count, float(self.small)))
        else:
            more = _More(rows, -endless, -true, np.zeros(count), endless)
        cost = np.concatenate([np.full(self.room.size, _COST), np.full(count, -1.0 if largest else 1.0)])
        return self._program(cost, more)

    def _deviation(self, program: Program) -> NDArray[np.float64]:
        """Deviation of the best table, without the separate parts of it that are not whole."""
        solution = solve(program)
        return self._split(solution.x) if len(solution.x) else np.zeros(len(self.values))

    def _split(self, x: NDArray[np.float64], near: _Cells = None) -> NDArray[np.float64]:
        """Rises less falls, without the separate parts that are not whole."""
        cells = np.arange(len(self.values)) if near is None else near
        deviation = x[: len(cells)] - x[len(cells) : 2 * len(cells)]
        if not self.whole:
            return deviation
        uneven = np.abs(deviation - np.rint(deviation)) > _ROUND_OFF
        moved = np.flatnonzero(np.abs(deviation) > _ROUND_OFF)
        if uneven.any():
            # deviations that share no relation are tables of their own
            for part in components(sparse.csr_array(sparse.csc_array(self.relations)[:, cells[moved]])):
                if uneven[moved[part]].any():
                    deviation[moved[part]] = 0.0
        return np.rint(deviation)

    def _open_in(self, deviation: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Numbers that a fitting table shows not to be small."""
        value = self.numbers @ (self.values + deviation)
        return np.asarray((value < _ROUND_OFF) | (value > self.small - _ROUND_OFF))
